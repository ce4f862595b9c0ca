"""Prints problems the way a compiler does: the place, the words, the line itself with a caret, and a hint."""

from __future__ import annotations

from collections.abc import Iterable

from wxsync.model import Problem, Severity
from wxsync.words import listing, paint, plural, say, text, visible, width

_EXCERPT_COLUMNS = 160
_SEVERITIES = {Severity.ERROR: text("error"), Severity.WARNING: text("warning")}


def render_problems(problems: Iterable[Problem], *, color: bool) -> str:
    """Writes every problem and a count below them; an empty text where there is none."""
    shown = list(problems)
    if not shown:
        return ""
    errors = sum(problem.is_error for problem in shown)
    count = listing(
        [
            plural("{count:,} error", "{count:,} errors", errors),
            plural("{count:,} warning", "{count:,} warnings", len(shown) - errors),
        ]
    )
    return "\n".join(_problem(problem, color=color) for problem in shown) + f"\n{say(count)}\n"


def _problem(problem: Problem, *, color: bool) -> str:
    severity = paint(
        say(_SEVERITIES[problem.severity]), "1;31" if problem.severity is Severity.ERROR else "1;33", color=color
    )
    place = f"{visible(str(problem.location))}: " if problem.location else ""
    lines = [f"{place}{severity}: {visible(say(problem.message))} [{problem.code}]"]
    if problem.excerpt.strip() and problem.location:
        lines += _excerpt(problem.excerpt, problem.location.column)
    if problem.hint:
        lines.append(visible(say(text("    hint: {hint}", hint=problem.hint))))
    return "\n".join(lines)


def _excerpt(excerpt: str, column: int) -> list[str]:
    start = max(0, column - 1 - _EXCERPT_COLUMNS // 2)
    cut = excerpt[start : start + _EXCERPT_COLUMNS]
    # A bar before it, for GitHub's runner takes a line that begins with `::` for a command, blanks before it or not.
    return [f"    | {visible(cut)}", "    | " + " " * width(visible(cut[: column - 1 - start])) + "^"]
