"""Reads a form as WeChat's naive parser does: what RFC 7578 allows and WeChat does not understand is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from wxsync.sandbox.errors import ApiError

MOST_PARTS = 100
BREAK = rb"(?:\r\n|\n|\r)"
# Two line breaks of one kind, of which the second may be the one that leads to the next boundary.
BLANK_LINE = re.compile(rb"(\r\n(?=\r\n)|\n(?=\n)|\r(?=\r))%s" % BREAK)
CONTINUED = re.compile(BREAK + rb"[ \t]")
# After a boundary: `--` where it is the last one, and perhaps spaces.
BORDER_END = re.compile(rb"(--)[^\S\r\n]*%s?|[^\S\r\n]*%s" % (BREAK, BREAK))


class Part(Struct, frozen=True):
    """Holds one part of a form; name and filename are None where they are not written `name="…"`, with quotes."""

    headers: tuple[tuple[str, str], ...]
    content: bytes
    name: str | None = None
    filename: str | None = None


def read_parts(content_type: str, body: bytes) -> tuple[Part, ...]:
    """Reads the parts of a form-data body.

    Another content type is 47001 (JSON sent to add_material: easywechat#162), no boundary 44001 (WxJava ac257dd31), a
    quoted boundary 41005 (.NET's default); a body that ends too soon has the parts that were complete.
    """
    if not content_type.lower().startswith("multipart/form-data"):
        raise ApiError(47001)
    found = re.search(r"boundary=([^;]*)", content_type, re.IGNORECASE)
    boundary = found.group(1).strip() if found else ""
    if not boundary:
        raise ApiError(44001)
    if boundary.startswith('"'):
        raise ApiError(41005)
    return tuple(_decode(boundary.encode("latin-1", "replace"), body))


def find_media(parts: tuple[Part, ...], *names: str) -> tuple[str, bytes]:
    """Gives file name and bytes of the media part; raises 41005 where none has such a name and a file name."""
    for part in parts:
        if part.name in names and part.filename:
            return part.filename, part.content
    raise ApiError(41005)


def find_text(parts: tuple[Part, ...], name: str) -> str | None:
    """Gives the text of a field, None where there is none; what is not UTF-8 comes out garbled, as at WeChat."""
    for part in parts:
        if part.name == name and part.filename is None:
            return part.content.decode(errors="replace")
    return None


def _decode(boundary: bytes, body: bytes) -> Iterator[Part]:
    # What Werkzeug's decoder reads too, which compiles two expressions for each new boundary: a third of an upload.
    mark = b"--" + boundary
    border = _border(mark, body, 0, is_first=True)
    for _ in range(MOST_PARTS):
        if border is None or border.is_last or not (blank := BLANK_LINE.search(body, border.end)):
            return
        headers = _headers(body[border.end : blank.end(1)])
        border = _border(mark, body, blank.end(1))
        disposition = next((value for name, value in headers if name.lower() == "content-disposition"), None)
        if border is None or disposition is None:
            return
        content = body[blank.end() : border.start]
        yield Part(headers, content, _quoted(disposition, "name"), _quoted(disposition, "filename"))


class Border(Struct, frozen=True):
    """Says where the line lies that ends a part: from the line break before it to the one after it."""

    start: int
    end: int
    is_last: bool


def _border(mark: bytes, body: bytes, start: int, *, is_first: bool = False) -> Border | None:
    """Finds the next boundary that has a line to itself; before the first one no line break is needed."""
    at = body.find(mark, start)
    while at >= 0:
        ended = BORDER_END.match(body, at + len(mark))
        before = 2 if body.endswith(b"\r\n", start, at) else int(body.endswith((b"\r", b"\n"), start, at))
        if ended and (before or is_first):
            return Border(at - before, ended.end(), is_last=ended[1] is not None)
        at = body.find(mark, at + 1)
    return None


def _headers(head: bytes) -> tuple[tuple[str, str], ...]:
    """Reads the headers of a part, each with its further lines; none where they are not UTF-8."""
    try:
        lines = CONTINUED.sub(b" ", head).decode()
    except ValueError:
        return ()
    named = (line.partition(":") for line in re.split("[\r\n]+", lines) if line.strip(" \t"))
    return tuple((name.strip(" \t"), value.strip(" \t")) for name, _, value in named)


def _quoted(disposition: str, parameter: str) -> str | None:
    found = re.search(rf';\s*{parameter}="([^"]*)"', disposition, re.IGNORECASE)
    return found.group(1) if found else None
