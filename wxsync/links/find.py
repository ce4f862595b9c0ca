"""Reads documents: their bytes as text, their links by the parser of their kind, and where a link stands."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection

from wxsync.links.front_matter import front_matter_links
from wxsync.links.html import html_links, lazy_links
from wxsync.links.kinds import KINDS, Kind, kind_of
from wxsync.links.link import Link
from wxsync.model import Location
from wxsync.words import Text, text

_BYTE_ORDER_MARK = "\ufeff"
_LINE_END = re.compile(r"\r\n?|\n")


class NotADocument(ValueError):
    """Says why a file cannot be rendered, as a whole sentence."""


def read_text(name: str, content: bytes) -> str:
    """Decodes a document, every character kept; raises NotADocument where its name or its bytes are of no kind known.

    Markdown is `.md` and `.markdown`, HTML is `.html` and `.htm`; both are UTF-8.
    """
    if not kind_of(name):
        raise NotADocument(
            text("{file} is neither Markdown nor HTML by its name: {suffixes}", file=name, suffixes=", ".join(KINDS))
        )
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = f"0x{content[error.start]:02x}"
        raise NotADocument(
            text("{file} is not UTF-8: line {line} holds the byte {byte}", file=name, line=line, byte=byte)
        ) from None


def find_links(name: str, text: str, *, dialects: bool = False, keys: Collection[str] = ()) -> list[Link]:
    """Finds what a document points at, in the order written.

    With `dialects` also what only some editor or generator shows as a picture; with `keys` also what these keys of its
    front matter say. Raises NotADocument where reading it would take too long.
    """
    body = text.removeprefix(_BYTE_ORDER_MARK)
    shift = len(text) - len(body)
    if kind_of(name) is Kind.MARKDOWN:
        from wxsync.links.markdown import TooDeep, markdown_links

        try:
            found = markdown_links(body, dialects=dialects)
        except TooDeep:
            raise NotADocument(_too_deep(name)) from None
    else:
        found = sorted([*html_links(body), *(lazy_links(body) if dialects else ())])
    found = sorted({*front_matter_links(body, keys), *found}) if keys else found
    return [link.moved(shift) for link in found]


def _too_deep(name: str) -> Text:
    return text("{file} holds quotations or lists within each other, deeper than can be read in time", file=name)


class Lines:
    """Knows the lines of a text: where each begins, and what it says."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
        self._said: dict[int, str] = {}

    def location_of(self, link: Link, *, shown_as: str) -> tuple[Location, str]:
        """Gives the place of a link, and its whole line."""
        number = self.number_at(link.start)
        start = self._starts[number - 1]
        if number not in self._said:
            end = self._starts[number] if number < len(self._starts) else len(self._text)
            self._said[number] = self._text[start:end].rstrip("\r\n")
        return Location(shown_as, number, link.start - start + 1), self._said[number]

    def number_at(self, place: int) -> int:
        """Gives the number of the line that holds a character, counted from 1."""
        return bisect_right(self._starts, place)
