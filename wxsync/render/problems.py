"""Prints problems the way a compiler does: the place, the words, the line itself with a caret, and a hint."""

from __future__ import annotations

from collections.abc import Iterable

from wxsync.model import Problem, Severity
from wxsync.words import hanging, listing, paint, plural, say, text, visible, width

_EXCERPT_COLUMNS = 160
_SEVERITIES = {Severity.ERROR: text("error"), Severity.WARNING: text("warning")}


def render_problems(problems: Iterable[Problem], *, color: bool, columns: int | None = None) -> str:
    """Writes every problem, and below them each source once and a count; an empty text where there is none.

    `columns` are those of a terminal, within which lines are broken between words.
    """
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
    lines = [line for problem in shown for line in _problem(problem, columns, color=color)]
    for source in dict.fromkeys(problem.source for problem in shown if problem.source):
        lines += hanging(say(text("source: {source}", source=source), mark=visible), 4, columns)
    return "".join(f"{line}\n" for line in (*lines, say(count)))


def _problem(problem: Problem, columns: int | None, *, color: bool) -> list[str]:
    severity = say(_SEVERITIES[problem.severity])
    place = f"{visible(str(problem.location))}: " if problem.location else ""
    said = f"{place}{severity}: {visible(say(problem.message))} [{problem.code}]"
    first, *lines = hanging(said, 4, columns)
    painted = paint(severity, "1;31" if problem.severity is Severity.ERROR else "1;33", color=color)
    lines = [first.replace(f"{place}{severity}:", f"{place}{painted}:", 1), *lines]
    if problem.excerpt.strip() and problem.location:
        lines += _excerpt(problem.excerpt, problem.location.column)
    if problem.hint:
        lines += hanging(visible(say(text("    hint: {hint}", hint=problem.hint))), 10, columns)
    return lines


def _excerpt(excerpt: str, column: int) -> list[str]:
    start = max(0, column - 1 - _EXCERPT_COLUMNS // 2)
    cut = excerpt[start : start + _EXCERPT_COLUMNS]
    # A bar before it, for GitHub's runner takes a line that begins with `::` for a command, blanks before it or not.
    return [f"    | {visible(cut)}", "    | " + " " * width(visible(cut[: column - 1 - start])) + "^"]
