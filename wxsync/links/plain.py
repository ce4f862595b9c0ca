"""Blanks out what is no text for a reader: code, tags, what was understood already; every place stays what it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

BLANK = "\0"
"""Stands for each character that was blanked out; no document holds one, for Markdown makes another of it."""


def blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Gives a text of the same length in which nothing of some spans is left."""
    return "".join(_parts(text, sorted(spans)))


def _parts(text: str, spans: Iterable[tuple[int, int]]) -> Iterator[str]:
    after = 0
    for start, end in spans:
        yield text[after:start]
        yield BLANK * (end - max(start, after))
        after = max(end, after)
    yield text[after:]
