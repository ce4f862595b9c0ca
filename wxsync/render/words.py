"""Makes text from outside safe to show, and numbers pleasant to read."""

from __future__ import annotations

import re
import unicodedata

_UNITS = ("B", "KiB", "MiB", "GiB")
_BINARY_STEP = 1024
_WIDE = ("W", "F")


def visible(text: str) -> str:
    """Escapes whatever could move the cursor, change the direction of writing, break a line or hide in it.

    GitHub's runner takes `##[` for the start of a command wherever it stands in a line, so that is broken up too.
    """
    if not (text.isascii() and text.isprintable()):
        text = "".join(char if char == " " or char.isprintable() else _escape(char) for char in text)
    return text.replace("##[", "#\\x23[") if "##[" in text else text


def human_size(size: int) -> str:
    """Writes a size in bytes as people read it: 812 B, 12.1 KiB, 3.2 MiB."""
    amount, unit = float(size), 0
    while amount >= _BINARY_STEP and unit < len(_UNITS) - 1:
        amount, unit = amount / _BINARY_STEP, unit + 1
    return f"{size} B" if unit == 0 else f"{amount:.1f} {_UNITS[unit]}"


def moment(at: str) -> str:
    """Writes a time of the lock as people read it: 2026-11-23 10:00 UTC."""
    parted = re.fullmatch(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\dZ", at)
    return f"{parted[1]} {parted[2]} UTC" if parted else at


def width(text: str) -> int:
    """Counts the terminal columns of a text; a Chinese character takes two."""
    if text.isascii():
        return len(text)
    columns = (
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in _WIDE else 1 for char in text
    )
    return sum(columns)


def paint(text: str, code: str, *, color: bool) -> str:
    """Wraps a text in an ANSI code where colours are wanted."""
    return f"\x1b[{code}m{text}\x1b[0m" if color else text


def plural(count: int, noun: str) -> str:
    """Writes a count with its noun."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
