"""Reads the header of ASF files: Windows Media voices (WMA), and videos that are to be told from them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from uuid import UUID

from wxsync.media.formats import Defect, Format, Reading, broken, truncated
from wxsync.words import text

_MOST_OBJECTS = 10_000
_HEADER_BYTES = 30
_DATA_HEADER_BYTES = 50
_BROADCAST = 1


def _guid(text: str) -> bytes:
    return UUID(text).bytes_le


_DATA = _guid("75B22636-668E-11CF-A6D9-00AA0062CE6C")
_FILE_PROPERTIES = _guid("8CABDCA1-A947-11CF-8EE4-00C00C205365")
_STREAM_PROPERTIES = _guid("B7DC0791-A9B7-11CF-8EE6-00C00C205365")
_EXTENSION = _guid("5FBF03B5-A92E-11CF-8EE3-00C00C205365")
_AUDIO = _guid("F8699E40-5B4D-11CF-A8FD-00805F5C442B")
_VIDEO = _guid("BC19EFC0-5B4D-11CF-A8FD-00805F5C442B")


def read_asf(content: bytes) -> Reading:
    """Reads a file that begins with the ASF header object (Advanced Systems Format, revision 01.20.05, chapter 3).

    The format is WMA where the only streams are audio. `seconds` is the play duration of the File Properties less the
    preroll; None where the file is a recorded broadcast, which does not state it.
    """
    header_end = int.from_bytes(content[16:24], "little")
    if header_end < _HEADER_BYTES or header_end > len(content):
        return Reading(Format.WMA, defect=broken(text("the WMA has no complete header")))
    objects = {(kind, start): end for kind, start, end in _objects(content, _HEADER_BYTES, header_end)}
    streams = {content[start : start + 16] for kind, start in objects if kind == _STREAM_PROPERTIES}
    hidden = [content.find(_VIDEO, start, end) >= 0 for (kind, start), end in objects.items() if kind == _EXTENSION]
    if _VIDEO in streams or any(hidden):
        return Reading(Format.ASF)
    if _AUDIO not in streams:
        return Reading(Format.WMA, defect=broken(text("the WMA holds no sound")))
    properties = next((start for kind, start in objects if kind == _FILE_PROPERTIES), None)
    return Reading(Format.WMA, _seconds(content, properties, header_end), _data_defect(content, header_end))


def _objects(content: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    for _ in range(_MOST_OBJECTS):
        if at + 24 > end:
            return
        size = int.from_bytes(content[at + 16 : at + 24], "little")
        if size < 24 or at + size > end:
            return
        yield content[at : at + 16], at + 24, at + size
        at += size


def _seconds(content: bytes, properties: int | None, end: int) -> float | None:
    if properties is None or properties + 68 > end:
        return None
    play, _send, preroll, flags = struct.unpack_from("<QQQI", content, properties + 40)
    if flags & _BROADCAST or not play:
        return None
    return float(max(play - preroll * 10_000, 0) / 10_000_000)


def _data_defect(content: bytes, at: int) -> Defect | None:
    if content[at : at + 16] != _DATA or len(content) <= at + _DATA_HEADER_BYTES:
        return broken(text("the WMA holds no sound"))
    size = int.from_bytes(content[at + 16 : at + 24], "little")
    if size > len(content) - at:
        return truncated(
            text(
                "the WMA is cut short: {present} of {stated} bytes of sound are there",
                present=len(content) - at,
                stated=size,
            )
        )
    return None
