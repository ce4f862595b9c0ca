"""Prints a page for a terminal, in columns, with colours where they are wanted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from wxsync.render.rows import Page, Row, what_happens
from wxsync.render.table import columns_of, padded
from wxsync.words import hanging, paint, say, text, visible, width

_COLORS = {"+": "32", "✓": "32", "±": "33", "?": "33", "→": "36", "&": "36", "=": "36", "-": "31", "✗": "31"}
_LEAST_ROOM = 24  # columns for what happens; a terminal that has fewer left shows it on lines of its own
_LEAST_NAME = 16
_INDENT = "      "


def terminal(page: Page, *, color: bool, columns: int | None = None) -> str:
    """Writes a page as text; every line ends with a line feed.

    `columns` are those of a terminal, within which lines are broken between words; a file or a pipe has none.
    """
    head = visible(say(text("{kind} for {account}", kind=page.kind, account=page.account)))
    lines = [head, ""] if page.rows or page.drift else []
    widths = _narrowed(columns_of(map(_cells, page.rows)), columns)
    for row in page.rows:
        lines += _row(row, widths, columns, color=color)
    lines += [""] if page.rows else []
    if page.drift:
        drift = (f"  ! {visible(say(one))}" for one in page.drift)
        lines += [say(text("Drift at WeChat:")), *(line for one in drift for line in hanging(one, 4, columns)), ""]
    summary = (line for one in page.summary for line in hanging(visible(say(one)), 0, columns))
    lines += [paint(line, "1", color=color) for line in summary]
    return "".join(f"{line}\n" for line in lines)


def _narrowed(widths: list[int], columns: int | None) -> list[int]:
    """Leave room for what happens beside the names."""
    if not widths or columns is None:
        return widths
    name, *others = widths
    left = columns - _LEAST_ROOM - sum(others) - len("  + ") - 2 * len(widths)
    return [min(name, max(_LEAST_NAME, left)), *others]


def _row(row: Row, widths: Sequence[int], columns: int | None, *, color: bool) -> Iterator[str]:
    (name, kind, size), said = _cells(row), visible(say(what_happens(row)))
    mark = paint(row.mark, _COLORS.get(row.mark, "2"), color=color)
    if columns and width(name) > widths[0]:
        yield f"  {mark} {name}"
        mark, name = " ", ""
    cells = f"{padded(name, widths[0])}  {padded(kind, widths[1])}  {size:>{widths[2]}}"
    indent = len("  + ") + width(cells) + 2
    if columns is None or indent + width(said) <= columns:
        yield f"  {mark} {cells}  {said}"
    elif max(_LEAST_ROOM, *map(width, said.split())) <= columns - indent:
        first, *more = hanging(" " * indent + said, indent, columns)
        yield f"  {mark} {cells}  {first.lstrip()}"
        yield from more
    else:
        yield f"  {mark} {cells}".rstrip()
        yield from hanging(_INDENT + said, len(_INDENT), columns)
    # GitHub's runner takes a line that begins with `::` for a command, blanks before it or not.
    yield from _notes(row.notes, columns)


def _notes(notes: Iterable[str], columns: int | None) -> Iterator[str]:
    for note in notes:
        yield from hanging(f"    · {visible(say(note))}", len(_INDENT), columns)


def _cells(row: Row) -> tuple[str, str, str]:
    return visible(say(row.name)), row.type, row.size
