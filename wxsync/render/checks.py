"""Prints the checks of the doctor, for people and for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from wxsync.errors import CallFailed, InvalidInput, WxsyncError
from wxsync.render.words import paint, plural, visible, width

FORMAT_VERSION = 1


class State(StrEnum):
    """Says how a check ended."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """Holds what was found at one place and what to do; where `state` is an error, `error` is that error."""

    name: str
    state: State
    found: str
    todo: str = ""
    error: WxsyncError | None = None

    @property
    def errcode(self) -> int | None:
        """Gives WeChat's errcode, where it told one."""
        return self.error.errcode if isinstance(self.error, CallFailed) else None

    @property
    def rid(self) -> str | None:
        """Gives WeChat's id of the request, where it told one."""
        return self.error.rid if isinstance(self.error, CallFailed) else None


def passed(name: str, found: str) -> Check:
    """Builds a check where all is well."""
    return Check(name, State.OK, found)


def warned(name: str, found: str, todo: str, error: WxsyncError | None = None) -> Check:
    """Builds a check with something to know, which keeps nothing from working."""
    return Check(name, State.WARNING, found, todo, error)


def failed(name: str, error: WxsyncError) -> Check:
    """Builds a check that found why something cannot work."""
    hint = error.hint
    if isinstance(error, InvalidInput) and not hint:
        hint = next((problem.hint for problem in error.problems if problem.hint), "")
    return Check(name, State.ERROR, error.message, hint, error)


def skipped(name: str, found: str) -> Check:
    """Builds a check that was not made, and why."""
    return Check(name, State.SKIPPED, found)


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
    yield f"  {painted} {check.name}{padding}  {visible(check.found)}"
    if check.errcode is not None:
        yield f"      errcode {check.errcode}" + (f", rid {check.rid}" if check.rid else "")
    for number, words in enumerate(check.todo.split(" · ") if check.todo else ()):
        yield f"      {'  ' if number else '→ '}{visible(words)}"


def _summary(checks: Iterable[Check]) -> str:
    states = Counter(check.state for check in checks)
    counts = [
        f"{states[State.ERROR]} not in order" if states[State.ERROR] else "",
        plural(states[State.WARNING], "warning") if states[State.WARNING] else "",
        f"{states[State.SKIPPED]} not checked" if states[State.SKIPPED] else "",
    ]
    said = ", ".join(count for count in counts if count)
    if states[State.ERROR]:
        return f"{said}."
    return f"All in order ({said})." if said else "All in order."
