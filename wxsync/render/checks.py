"""Prints the checks of the doctor, for people and for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence

from wxsync.results import Check, State
from wxsync.words import call_reference, hanging, listing, paint, plural, say, text, visible, width

FORMAT_VERSION = 1


_MARKS = {State.OK: ("✓", "32"), State.WARNING: ("!", "33"), State.ERROR: ("✗", "31"), State.SKIPPED: ("…", "2")}


def checks_page(
    checks: Sequence[Check], *, account: str | None, host: str | None, color: bool, columns: int | None = None
) -> str:
    """Writes a line for each check, below it what to do, and at the end a count.

    `columns` are those of a terminal, within which lines are broken between words.
    """
    column = max((width(check.name) for check in checks), default=0)
    whom = account or text("no account yet")
    head = (
        text("Doctor for {account} at {host}", account=whom, host=host)
        if host
        else text("Doctor for {account}", account=whom)
    )
    lines = [visible(say(head)), ""]
    for check in checks:
        lines += _lines(check, column, columns, color=color)
    return "".join(f"{line}\n" for line in [*lines, "", _summary(checks)])


def checks_text(checks: Iterable[Check], *, account: str | None, host: str | None) -> str:
    """Writes the checks as JSON."""
    document = {
        "format_version": FORMAT_VERSION,
        "account": account,
        "host": host,
        "checks": [
            {
                "check": check.name,
                "state": check.state,
                "found": check.found,
                "todo": check.todo,
                "errcode": check.errcode,
                "rid": check.rid,
            }
            for check in checks
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _lines(check: Check, column: int, columns: int | None, *, color: bool) -> Iterable[str]:
    mark, code = _MARKS[check.state]
    padding = " " * (column - width(check.name))
    start = f"  {mark} {check.name}{padding}  "
    first, *more = hanging(start + visible(say(check.found)), width(start), columns)
    yield first.replace(mark, paint(mark, code, color=color), 1)
    yield from more
    reference = call_reference(check.errcode, check.rid)
    if reference:
        yield from hanging(f"      {visible(say(reference))}", 6, columns)
    if check.todo:
        yield from hanging(f"      → {visible(say(check.todo))}", 8, columns)


def _summary(checks: Iterable[Check]) -> str:
    states = Counter(check.state for check in checks)
    counts = (
        (State.ERROR, text("{count:,} not in order", count=states[State.ERROR])),
        (State.WARNING, plural("{count:,} warning", "{count:,} warnings", states[State.WARNING])),
        (State.SKIPPED, text("{count:,} not checked", count=states[State.SKIPPED])),
    )
    told = [words for state, words in counts if states[state]]
    if states[State.ERROR]:
        return say(text("{counts}.", counts=listing(told)))
    return say(text("All in order ({counts}).", counts=listing(told)) if told else text("All in order."))
