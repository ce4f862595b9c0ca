"""Prints a page for a terminal, in columns, with colours where they are wanted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wxsync.render.rows import Page, Row, what_happens
from wxsync.words import paint, say, text, visible, width

_COLORS = {"+": "32", "✓": "32", "±": "33", "?": "33", "→": "36", "&": "36", "=": "36", "-": "31", "✗": "31"}
_MOST_COLUMNS = 48


def terminal(page: Page, *, color: bool) -> str:
    """Writes a page as text; every line ends with a line feed."""
    head = visible(say(text("{kind} for {account}", kind=page.kind, account=page.account)))
    lines = [head, ""] if page.rows or page.drift else []
    columns = [min(_MOST_COLUMNS, max(map(width, cells))) for cells in zip(*map(_cells, page.rows), strict=True)]
    for row in page.rows:
        lines += _row(row, columns, color=color)
    lines += [""] if page.rows else []
    if page.drift:
        lines += [say(text("Drift at WeChat:")), *(f"  ! {visible(say(one))}" for one in page.drift), ""]
    lines += [paint(visible(say(line)), "1", color=color) for line in page.summary]
    return "".join(f"{line}\n" for line in lines)


def _row(row: Row, columns: Sequence[int], *, color: bool) -> Iterable[str]:
    (name, kind, size), said = _cells(row), visible(say(what_happens(row)))
    padded = name + " " * max(0, columns[0] - width(name))
    mark = paint(row.mark, _COLORS.get(row.mark, "2"), color=color)
    yield f"  {mark} {padded}  {kind:<{columns[1]}}  {size:>{columns[2]}}  {said}"
    # GitHub's runner takes a line that begins with `::` for a command, blanks before it or not.
    yield from (f"    · {visible(say(note))}" for note in row.notes)


def _cells(row: Row) -> tuple[str, str, str]:
    return visible(row.name), row.type, row.size
