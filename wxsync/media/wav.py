"""Reads the play time of WAV voices from the bytes that are there, whatever the header promises."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from msgspec import Struct

from wxsync.media.formats import Defect, Format, Reading, broken, truncated
from wxsync.words import text

_MOST_CHUNKS = 10_000

_KNOWN_CHUNKS = frozenset(
    {b"fmt ", b"data", b"fact", b"LIST", b"JUNK", b"junk", b"bext", b"id3 ", b"ID3 ", b"cue ", b"smpl"}
)

# Every frame of these takes the same bytes, so that counting bytes counts frames: PCM, float, A-law, mu-law.
_FIXED_FRAMES = frozenset({1, 3, 6, 7})
# Every block of these holds as many samples as the format chunk says: MS ADPCM, IMA ADPCM, GSM 6.10.
_BLOCKS = frozenset({0x02, 0x11, 0x31})
_EXTENSIBLE = 0xFFFE

# Programs that write into a pipe leave a size out or write the largest they know; none of these is a promise.
_STREAMED_FROM = 0x7FFF0000


class _Chunk(Struct, frozen=True):
    kind: bytes
    start: int
    stated: int


class _Sound(Struct, frozen=True):
    codec: int
    rate: int
    bytes_per_second: int
    frame_bytes: int
    block_samples: int


def read_wav(content: bytes) -> Reading:
    """Reads a RIFF, RF64 or BW64 file of the form WAVE; `seconds` counts what is there, not what the header says."""
    chunks = {chunk.kind: chunk for chunk in reversed(tuple(_chunks(content)))}
    data = chunks.get(b"data")
    sound = _sound(content, chunks.get(b"fmt "))
    if sound is None:
        return Reading(Format.WAV, defect=broken(text("the WAV has no complete or no sensible format chunk")))
    if data is None:
        return Reading(Format.WAV, defect=broken(text("the WAV holds no sound")))
    present = min(len(content) - data.start, data.stated)
    if present < sound.frame_bytes:
        return Reading(Format.WAV, defect=broken(text("the WAV holds no sound")))
    return Reading(Format.WAV, _seconds(content, sound, present, data, chunks.get(b"fact")), _defect(data, present))


def _chunks(content: bytes) -> Iterator[_Chunk]:
    at, long_data = 12, None
    for _ in range(_MOST_CHUNKS):
        if at + 8 > len(content):
            return
        kind, stated = struct.unpack_from("<4sI", content, at)
        if kind == b"ds64" and at + 24 <= len(content):
            long_data = int.from_bytes(content[at + 16 : at + 24], "little")
        if kind == b"data":
            stated = _data_size(content, at + 8, stated, long_data)
        yield _Chunk(kind, at + 8, stated)
        at += 8 + stated
        # An odd chunk is followed by a byte of padding, which some programs forget.
        at += stated % 2 if content[at : at + 4] not in _KNOWN_CHUNKS else 0


def _data_size(content: bytes, start: int, stated: int, long_data: int | None) -> int:
    rest = len(content) - start
    if long_data is not None and stated == 0xFFFFFFFF:
        return long_data if long_data else rest
    finished = int.from_bytes(content[4:8], "little") + 8 == len(content)
    if (stated == 0 and not finished) or (stated >= _STREAMED_FROM and stated > rest):
        return rest
    return stated


def _sound(content: bytes, chunk: _Chunk | None) -> _Sound | None:
    if chunk is None or chunk.stated < 14 or chunk.start + 14 > len(content):
        return None
    codec, channels, rate, bytes_per_second, frame_bytes = struct.unpack_from("<HHIIH", content, chunk.start)
    if codec == _EXTENSIBLE and chunk.stated >= 26:
        codec = int.from_bytes(content[chunk.start + 24 : chunk.start + 26], "little")
    if not channels or not rate or not frame_bytes:
        return None
    block = content[chunk.start + 18 : chunk.start + 20] if codec in _BLOCKS and chunk.stated >= 20 else b""
    return _Sound(codec, rate, bytes_per_second, frame_bytes, int.from_bytes(block, "little"))


def _seconds(content: bytes, sound: _Sound, present: int, data: _Chunk, fact: _Chunk | None) -> float | None:
    if sound.codec in _FIXED_FRAMES:
        return present // sound.frame_bytes / sound.rate
    if sound.block_samples:
        counted: float | None = present // sound.frame_bytes * sound.block_samples / sound.rate
        allowance = sound.block_samples / sound.rate
    else:
        counted = present / sound.bytes_per_second if sound.bytes_per_second else None
        allowance = max(0.25, (counted or 0) / 10)
    if fact is None or fact.stated < 4:
        return counted
    # The fact chunk knows where the last block ends, but programs that streamed or cut the file leave it wrong.
    stated = int.from_bytes(content[fact.start : fact.start + 4], "little") / sound.rate
    if counted is None:
        return stated * present / data.stated if stated else None
    return stated if stated and abs(stated - counted) <= allowance else counted


def _defect(data: _Chunk, present: int) -> Defect | None:
    if present < data.stated:
        return truncated(
            text(
                "the WAV is cut short: {present} of {stated} bytes of sound are there",
                present=present,
                stated=data.stated,
            )
        )
    return None
