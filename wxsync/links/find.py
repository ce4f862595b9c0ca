"""Reads documents: their bytes as text, their links by the parser of their kind, and where a link stands."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePath

from wxsync.links.html import html_links
from wxsync.links.link import Link
from wxsync.model import Location

_MARKDOWN = (".md", ".markdown")
_HTML = (".html", ".htm")
_BYTE_ORDER_MARK = "\ufeff"
_LINE_END = re.compile(r"\r\n?|\n")


class NotADocument(ValueError):
    """Says why a file cannot be rendered."""


def read_text(name: str, content: bytes) -> str:
    """Decodes a document, every character kept; raises NotADocument where its name or its bytes are of no kind known.

    Markdown is `.md` and `.markdown`, HTML is `.html` and `.htm`; both are UTF-8.
    """
    if PurePath(name).suffix.lower() not in (*_MARKDOWN, *_HTML):
        raise NotADocument(f"is neither Markdown nor HTML by its name: {', '.join((*_MARKDOWN, *_HTML))}")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise NotADocument(f"is not UTF-8: line {line} holds the byte 0x{content[error.start]:02x}") from None


def find_links(name: str, text: str) -> list[Link]:
    """Finds what a document points at, in the order written."""
    body = text.removeprefix(_BYTE_ORDER_MARK)
    shift = len(text) - len(body)
    if PurePath(name).suffix.lower() in _MARKDOWN:
        from wxsync.links.markdown import markdown_links

        found = markdown_links(body)
    else:
        found = html_links(body)
    return [replace(link, start=link.start + shift, end=link.end + shift) for link in found]


def location_of(link: Link, text: str, *, shown_as: str) -> tuple[Location, str]:
    """Gives the place of a link, and its whole line."""
    lines = [0, *(match.end() for match in _LINE_END.finditer(text, 0, link.start))]
    end = _LINE_END.search(text, link.start)
    return Location(shown_as, len(lines), link.start - lines[-1] + 1), text[
        lines[-1] : end.start() if end else len(text)
    ]
