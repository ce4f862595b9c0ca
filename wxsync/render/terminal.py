"""Prints a page for a terminal, in columns, with colours where they are wanted."""

from __future__ import annotations

from collections.abc import Iterable

from wxsync.render.rows import Page, Row
from wxsync.render.words import visible, width

_COLORS = {"+": "32", "✓": "32", "±": "33", "?": "33", "→": "36", "&": "36", "=": "36", "-": "31", "✗": "31"}
_NAME_COLUMNS = 48


def terminal(page: Page, *, color: bool) -> str:
    """Writes a page as text; every line ends with a line feed."""
    lines = [f"{page.kind} for {visible(page.account)}", ""] if page.rows or page.drift else []
    column = min(_NAME_COLUMNS, max((width(visible(row.name)) for row in page.rows), default=0))
    for row in page.rows:
        lines += _row(row, column, color=color)
    lines += [""] if page.rows else []
    if page.drift:
        lines += ["Drift at WeChat:", *(f"  ! {visible(one)}" for one in page.drift), ""]
    lines += [_paint(line, "1", color=color) for line in page.summary]
    return "".join(f"{line}\n" for line in lines)


def _row(row: Row, column: int, *, color: bool) -> Iterable[str]:
    name = visible(row.name)
    padding = " " * max(0, column - width(name))
    cells = [f"{row.type:<13}", f"{row.size:>10}", visible(f"{row.verb}: {row.why}" if row.why else row.verb)]
    yield f"  {_paint(row.mark, _COLORS.get(row.mark, '2'), color=color)} {name}{padding}  {'  '.join(cells)}"
    # GitHub's runner takes a line that begins with `::` for a command, blanks before it or not.
    yield from (f"    · {visible(note)}" for note in row.notes)


def _paint(text: str, code: str, *, color: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if color else text
