"""Reads the tags of an HTML text in one pass, as the standard's tokenizer does (WHATWG HTML, 13.2.5).

Python's own parser starts anew behind every tag that never ends, which takes hours on what is made for that.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from functools import cache

from msgspec import Struct

from wxsync.links.link import Dialect, Form, Link
from wxsync.links.plain import blanked

_MARKUP = re.compile(r"<(?:(?P<slash>/?)(?P<name>[A-Za-z][^ \t\n\r\f/>]*+)|(?P<comment>!--)|[!?/])")
_BEFORE_NAME = re.compile(r"[ \t\n\r\f/]*+")
_NAME = re.compile(r"[^ \t\n\r\f/>][^ \t\n\r\f/>=]*+")
_EQUALS = re.compile(r"[ \t\n\r\f]*+=[ \t\n\r\f]*+")
_BARE = re.compile(r"[^ \t\n\r\f>]++")
_COMMENT_END = re.compile(r"--!?>")

# Markup inside these is text, up to their end tag.
_RAW = frozenset({"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "plaintext"})

_CODE = frozenset({"pre", "code", "kbd", "samp"})

# Where scripts and sites keep the address of a picture that is to be loaded later, or in another size.
_LAZY = frozenset({"data-src", "data-original", "data-lazy-src", "data-lazy", "data-actualsrc", "data-echo"})

# What a browser drops from an address before it looks at it (WHATWG URL, "basic URL parser").
_BLANKS = " \t\n\r\f"
_BREAKS = str.maketrans("", "", "\t\n\r")

# No character has such a number, and Python reads no number of thousands of digits.
_NO_CHARACTER = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9A-Fa-f]{8,});?")


class Attribute(Struct, frozen=True):
    """Holds an attribute: its name in small letters, and where its value stands, within quotes or without any."""

    name: str
    start: int
    end: int
    form: Form


class Tag(Struct, frozen=True):
    """Holds a tag: its name in small letters, where it stands, and its attributes; an end tag has `is_end`.

    A comment, and what is raw text, is a tag without a name.
    """

    name: str
    start: int
    end: int
    attributes: tuple[Attribute, ...]
    is_end: bool = False


def read_tags(text: str) -> Iterator[Tag]:
    """Reads the tags of an HTML text in their order; what stands between them is text for its reader."""
    at = 0
    while match := _MARKUP.search(text, at):
        if not match["name"]:
            at = _after_comment(text, match.end()) if match["comment"] else _after(text, ">", match.end())
            yield Tag("", match.start(), at, ())
            continue
        attributes = list[Attribute]()
        at = _read_attributes(text, match.end(), attributes)
        if not at:
            return  # the text ends within the tag, which therefore is none
        tag = Tag(match["name"].lower(), match.start(), at, tuple(attributes), bool(match["slash"]))
        yield tag
        if tag.name in _RAW and not tag.is_end:
            end = _end_of(tag.name).search(text, at)
            at = end.start() if end else len(text)
            yield Tag("", tag.end, at, ())


def html_links(text: str) -> list[Link]:
    """Finds the links of an HTML text, in their order; of an attribute that stands twice the first counts."""
    return [link for tag in read_tags(text) if not tag.is_end for link in _link(text, tag, _SRC, dialect=None)]


def lazy_links(text: str) -> list[Link]:
    """Finds the pictures whose address stands where only a script looks for it."""
    tags = (tag for tag in read_tags(text) if tag.name in ("img", "source") and not tag.is_end)
    return [link for tag in tags for link in _link(text, tag, _LAZY, dialect=Dialect.LAZY)]


def plain_text(text: str) -> str:
    """Gives an HTML text with everything blanked out but what its reader reads as prose."""
    spans, code = list[tuple[int, int]](), list[Tag]()
    for tag in read_tags(text):
        spans.append((tag.start, tag.end))
        if tag.name in _CODE and not tag.is_end:
            code.append(tag)
        elif code and tag.name == code[-1].name:
            spans.append((code.pop().start, tag.end))
    return blanked(text, [*spans, *((tag.start, len(text)) for tag in code)])


_SRC = frozenset({"src"})


def _link(text: str, tag: Tag, names: Iterable[str], *, dialect: Dialect | None) -> Iterator[Link]:
    found = next((one for one in tag.attributes if one.name in names), None)
    if found and (target := _address(text[found.start : found.end])):
        yield Link(found.start, found.end, target, found.form, tag.name == "img", dialect)


def _address(value: str) -> str:
    resolved = html.unescape(_NO_CHARACTER.sub("\ufffd", value)) if "&" in value else value
    return resolved.strip(_BLANKS).translate(_BREAKS)


def _read_attributes(text: str, at: int, found: list[Attribute]) -> int:
    """Reads attributes up to the end of their tag and gives the place behind it, or 0 where the text ends before."""
    while True:
        at = _end(_BEFORE_NAME, text, at)
        if text.startswith(">", at):
            return at + 1
        name = _NAME.match(text, at)
        if not name:
            return 0
        at = name.end()
        equals = _EQUALS.match(text, at)
        if not equals:
            found.append(Attribute(name[0].lower(), at, at, Form.BARE))
            continue
        start = equals.end()
        quote = text[start : start + 1]
        if quote in ('"', "'"):
            end = text.find(quote, start + 1)
            if end < 0:
                return 0
            found.append(Attribute(name[0].lower(), start + 1, end, Form.QUOTED))
            at = end + 1
        else:
            at = _end(_BARE, text, start)
            found.append(Attribute(name[0].lower(), start, at, Form.BARE))


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def _after(text: str, closing: str, at: int) -> int:
    end = text.find(closing, at)
    return end + len(closing) if end >= 0 else len(text)


def _after_comment(text: str, at: int) -> int:
    if text.startswith((">", "->"), at):
        return text.index(">", at) + 1
    end = _COMMENT_END.search(text, at)
    return end.end() if end else len(text)


@cache
def _end_of(name: str) -> re.Pattern[str]:
    return re.compile(rf"</{name}(?=[ \t\n\r\f/>])", re.IGNORECASE) if name != "plaintext" else re.compile(r"(?!)")
