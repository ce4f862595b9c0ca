"""Prints rows in columns of a terminal, of which a Chinese character takes two."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wxsync.words import say, visible, width

MOST_COLUMNS = 48
"""What a column takes at most; what is longer pushes the rest of its row."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Give a line for the head, in the reader's language, and one for each row."""
    lines = [tuple(visible(say(cell)) for cell in row) for row in (head, *rows)]
    widths = columns_of(lines)
    return ["  ".join(map(padded, line, widths)).rstrip() for line in lines]


def columns_of(rows: Iterable[Sequence[str]]) -> list[int]:
    """Tell how wide each column is."""
    return [min(MOST_COLUMNS, max(map(width, cells))) for cells in zip(*rows, strict=True)]


def padded(cell: str, columns: int) -> str:
    """Write a cell as wide as its column."""
    return cell + " " * max(0, columns - width(cell))
