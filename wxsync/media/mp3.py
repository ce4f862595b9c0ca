"""Counts every MPEG audio frame: all versions, layers and bit rates, constant or variable, tagged or torn."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from itertools import islice

from msgspec import Struct

from wxsync.media.formats import Defect, Format, Reading, broken, truncated
from wxsync.media.tags import begins_with_tag, behind_end_tag, skip_tags
from wxsync.words import text

# A header begins with eleven ones; then neither the reserved version, layer, bit rate nor sampling rate may follow.
_HEADER = re.compile(rb"\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff][\x00-\xef]", re.DOTALL)

# How far sound may begin in a file that does not begin with a tag, and how much torn sound is searched at all.
_SEARCH_BYTES = 65_536
_MOST_SEARCHES = 200_000
# Files joined with their tags are few; a tag costs as much time as this many places that are searched for sound.
_TAG_SEARCHES = 20
_LONGEST_FREE_FRAME = 8_192
# Sound has a few bytes in each kilobyte that look like a header.
_MOST_FALSE_HEADERS = 64

_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_KILOBITS = {
    (1, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}


class _Kind(Struct, frozen=True):
    """Holds what two header bytes say of a frame; `size` is 0 where the bit rate is free, padding is included."""

    stream: int
    layer: int
    rate: int
    samples: int
    size: int
    padding: int


@dataclass(slots=True)
class _Walk:
    """Counts while walking; `samples` by sampling rate, so that nothing is rounded on the way."""

    samples: dict[int, int] = field(default_factory=dict)
    frames: int = 0
    searches: int = 0
    free_size: int = 0
    left: int = 0


class _Stated(Struct, frozen=True):
    """Holds what a Xing, Info or VBRI header frame states; `trimmed` counts the encoder's own silent samples."""

    frames: int | None
    trimmed: int


def read_mp3(content: bytes, at: int = 0) -> Reading:
    """Reads a file whose MPEG audio frames begin at a place or behind it; `seconds` adds up every complete frame.

    A header frame (Xing, Info, VBRI) carries no sound and is left out. The silence that an encoder says it added to
    fill its frames is taken off where its count of frames is true, so that 60 s of sound are 60 s.
    """
    start = _first_frame(content, at, within=len(content))
    if start is None:
        return Reading(Format.MP3, defect=broken(text("the MP3 holds no sound")))
    stated = _stated(content, start)
    walk = _walk(content, start)
    frames = walk.frames - (1 if stated else 0)
    if frames <= 0:
        return Reading(Format.MP3, defect=broken(text("the MP3 holds no sound")))
    first = _kind(content, start)
    trimmed = 0
    if stated and first:
        trimmed = first.samples + (stated.trimmed if stated.frames == frames else 0)
        walk.samples[first.rate] = max(walk.samples[first.rate] - trimmed, 0)
    seconds = sum(samples / rate for rate, samples in walk.samples.items())
    return Reading(Format.MP3, seconds, _defect(walk, frames, stated))


def begins_with_mp3(content: bytes) -> bool:
    """Tells whether MPEG audio frames begin within the first 64 KiB, after nothing worse than padding or torn sound."""
    start = len(content) - len(content.lstrip(b"\0"))
    return _first_frame(content, start, within=_SEARCH_BYTES) is not None


def begins_with_frame(content: bytes, at: int) -> bool:
    """Tells whether a MPEG audio frame begins at a place, and another one or nothing behind it."""
    kind = _kind(content, at)
    if kind is None:
        return False
    size = kind.size or _free_size(content, at)
    after = _kind(content, at + size)
    return size > 0 and (at + size >= len(content) or (after is not None and after.stream == kind.stream))


def _kind(content: bytes, at: int) -> _Kind | None:
    header = content[at : at + 3]
    return _kinds().get(header[1] << 8 | header[2]) if len(header) == 3 and header[0] == 0xFF else None


@cache
def _kinds() -> dict[int, _Kind]:
    kinds = {}
    for key in range(0xE000, 0x10000):
        version, layer, bits, rate = key >> 11 & 3, 4 - (key >> 9 & 3), key >> 4 & 15, key >> 2 & 3
        if version != 1 and layer != 4 and bits != 15 and rate != 3:
            kinds[key] = _make_kind(key, version=version, layer=layer, hertz=_RATES[version][rate])
    return kinds


def _make_kind(key: int, *, version: int, layer: int, hertz: int) -> _Kind:
    samples = 384 if layer == 1 else 576 if layer == 3 and version != 3 else 1152
    bits = 1000 * _KILOBITS[1 if version == 3 else 2, layer][key >> 4 & 15]
    slot = 4 if layer == 1 else 1
    padding = slot * (key >> 1 & 1)
    size = samples // 8 // slot * bits // hertz * slot + padding if bits else 0
    return _Kind(key & 0xFE0C, layer, hertz, samples, size, padding)


def _first_frame(content: bytes, start: int, *, within: int) -> int | None:
    """Finds the first frame that others follow, or that stands alone and whole; a free bit rate only at the start."""
    first = _kind(content, start)
    if first and first.size and start + first.size == len(content):
        return start
    if first and _follows(content, start, followers=1, free_size=_free_size(content, start)):
        return start
    headers = _HEADER.finditer(content, start + 1, min(len(content), start + within))
    for found in islice(headers, _MOST_SEARCHES):
        if _follows(content, found.start(), followers=3, free_size=0):
            return found.start()
    return None


def _follows(content: bytes, at: int, *, followers: int, free_size: int) -> bool:
    kind = first = _kind(content, at)
    for _ in range(followers):
        size = _size(kind, free_size) if kind else 0
        at += size
        kind = _kind(content, at)
        if not size or kind is None or first is None or kind.stream != first.stream:
            return False
    return True


def _size(kind: _Kind, free_size: int) -> int:
    return kind.size or (free_size + kind.padding if free_size else 0)


def _free_size(content: bytes, at: int) -> int:
    """Measures a frame of free bit rate, without padding, up to the next header like it; 0 where there is none."""
    kind = _kind(content, at)
    if kind is None or kind.size:
        return 0
    headers = _HEADER.finditer(content, at + 24, min(len(content), at + _LONGEST_FREE_FRAME))
    for found in islice(headers, _MOST_FALSE_HEADERS):
        after = _kind(content, found.start())
        if after and after.stream == kind.stream and not after.size:
            base = found.start() - at - kind.padding
            third = _kind(content, found.start() + base + after.padding)
            if third is None or (third.stream == kind.stream and not third.size):
                return base
    return 0


def _walk(content: bytes, at: int) -> _Walk:
    walk = _Walk(free_size=_free_size(content, at))
    stream = -1
    while at < len(content):
        kind = _kind(content, at)
        if kind is None or (stream >= 0 and kind.stream != stream) or not _size(kind, walk.free_size):
            found = _again(content, at, walk)
            if found is None:
                break
            at, stream = found, -1
            continue
        size = _size(kind, walk.free_size)
        if at + size > len(content):
            walk.left = len(content) - at
            break
        stream = kind.stream
        walk.samples[kind.rate] = walk.samples.get(kind.rate, 0) + kind.samples
        walk.frames += 1
        at += size
    return walk


def _again(content: bytes, at: int, walk: _Walk) -> int | None:
    """Finds where sound goes on behind what is no frame; behind a tag of the end it goes on only if it does at once."""
    joined = behind_end_tag(content, at)
    if joined is not None:
        return joined if _begins(content, joined) else None
    # The pictures in a tag between two joined files are full of false headers.
    behind = skip_tags(content, at, begins=_begins)
    walk.searches += _TAG_SEARCHES if behind > at else 0
    for found in _HEADER.finditer(content, max(behind, at + 1)):
        walk.searches += 1
        if walk.searches > _MOST_SEARCHES:
            walk.left = len(content) - at
            return None
        if _follows(content, found.start(), followers=2, free_size=walk.free_size):
            return found.start()
    return None


def _begins(content: bytes, at: int) -> bool:
    return begins_with_tag(content, at) or content.startswith(b"TAG", at) or begins_with_frame(content, at)


def _stated(content: bytes, start: int) -> _Stated | None:
    kind = _kind(content, start)
    if kind is None or kind.layer != 3:
        return None
    mono = content[start + 3 : start + 4] >= b"\xc0"
    side = {(1152, False): 32, (1152, True): 17, (576, False): 17, (576, True): 9}[kind.samples, mono]
    xing = start + 4 + side
    if content[xing : xing + 4] in (b"Xing", b"Info"):
        return _xing(content[xing : xing + 148])
    if content[start + 36 : start + 40] == b"VBRI":
        return _Stated(int.from_bytes(content[start + 50 : start + 54], "big"), 0)
    return None


def _xing(header: bytes) -> _Stated:
    flags = header[7] if len(header) > 7 else 0
    if not flags & 1:
        return _Stated(None, 0)
    frames = int.from_bytes(header[8:12], "big")
    after = 8 + 4 + (4 if flags & 2 else 0) + (100 if flags & 4 else 0) + (4 if flags & 8 else 0)
    lame = header[after : after + 24]
    if len(lame) < 24 or not lame[:4].isalnum():
        return _Stated(frames, 0)
    delay_and_padding = int.from_bytes(lame[21:24], "big")
    return _Stated(frames, (delay_and_padding >> 12) + (delay_and_padding & 0xFFF))


def _defect(walk: _Walk, frames: int, stated: _Stated | None) -> Defect | None:
    # Some encoders count their header frame too.
    if stated and stated.frames and stated.frames > frames + 1:
        return truncated(
            text("the MP3 is cut short: {frames} of {stated} frames are there", frames=frames, stated=stated.frames)
        )
    if walk.searches > _MOST_SEARCHES:
        return truncated(text("the MP3 is damaged: most of its last {left} bytes is no sound", left=walk.left))
    if walk.left:
        return truncated(text("the MP3 is cut short: its last frame is incomplete ({left} bytes)", left=walk.left))
    return None
