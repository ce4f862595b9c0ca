"""Prints the checks of the doctor, for people and for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence

from wxsync.results import Check, State
from wxsync.words import call_reference, counted, paint, say, visible, width

FORMAT_VERSION = 1


_MARKS = {State.OK: ("✓", "32"), State.WARNING: ("!", "33"), State.ERROR: ("✗", "31"), State.SKIPPED: ("…", "2")}


def checks_page(checks: Sequence[Check], *, account: str | None, host: str | None, color: bool) -> str:
    """Writes a line for each check, below it what to do, and at the end a count."""
    column = max((width(check.name) for check in checks), default=0)
    lines = [f"Doctor for {visible(account or 'no account yet')}" + (f" at {visible(host)}" if host else ""), ""]
    for check in checks:
        lines += _lines(check, column, color=color)
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


def _lines(check: Check, column: int, *, color: bool) -> Iterable[str]:
    mark, code = _MARKS[check.state]
    painted = paint(mark, code, color=color)
    padding = " " * (column - width(check.name))
    yield f"  {painted} {check.name}{padding}  {visible(say(check.found))}"
    reference = call_reference(check.errcode, check.rid)
    if reference:
        yield f"      {visible(say(reference))}"
    if check.todo:
        yield f"      → {visible(say(check.todo))}"


def _summary(checks: Iterable[Check]) -> str:
    states = Counter(check.state for check in checks)
    counts = [
        f"{states[State.ERROR]} not in order" if states[State.ERROR] else "",
        counted(states[State.WARNING], "warning") if states[State.WARNING] else "",
        f"{states[State.SKIPPED]} not checked" if states[State.SKIPPED] else "",
    ]
    said = ", ".join(count for count in counts if count)
    if states[State.ERROR]:
        return f"{said}."
    return f"All in order ({said})." if said else "All in order."
