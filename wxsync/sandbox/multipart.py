"""Reads a form as WeChat's naive parser does: what RFC 7578 allows and WeChat does not understand is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct
from werkzeug.exceptions import HTTPException
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder

from wxsync.sandbox.errors import ApiError

MOST_PARTS = 100


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
    decoder = MultipartDecoder(boundary, max_parts=MOST_PARTS)
    decoder.receive_data(body)
    decoder.receive_data(None)
    headers: tuple[tuple[str, str], ...] = ()
    content = b""
    try:
        while not isinstance(event := decoder.next_event(), Epilogue):
            if isinstance(event, (Field, File)):
                headers, content = tuple(event.headers), b""
            elif isinstance(event, Data):
                content += event.data
                if not event.more_data:
                    yield _part(headers, content)
    except (ValueError, HTTPException):
        return


def _part(headers: tuple[tuple[str, str], ...], content: bytes) -> Part:
    disposition = next(value for name, value in headers if name.lower() == "content-disposition")
    return Part(headers, content, _quoted(disposition, "name"), _quoted(disposition, "filename"))


def _quoted(disposition: str, parameter: str) -> str | None:
    found = re.search(rf';\s*{parameter}="([^"]*)"', disposition, re.IGNORECASE)
    return found.group(1) if found else None
