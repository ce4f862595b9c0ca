"""Reads PNG, JPEG, GIF and BMP headers: is there a picture, and is all of it there; no pixel is ever decoded."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from wxsync.media.formats import Defect, Format, Reading, broken, truncated

# Real pictures have some ten thousand parts at most; more is made to keep a reader busy.
_MOST_PARTS = 200_000

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_SCAN = 0xDA
_JPEG_END = b"\xff\xd9"
_JPEG_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_GIF_IMAGE, _GIF_EXTENSION, _GIF_TRAILER = 0x2C, 0x21, 0x3B
_BMP_UNCOMPRESSED = (0, 3, 6)


def read_png(content: bytes) -> Reading:
    """Reads a file that begins with "\\x89PNG" (W3C PNG, 5 Datastream structure)."""
    return Reading(Format.PNG, defect=_png_defect(content))


def read_jpeg(content: bytes) -> Reading:
    """Reads a file that begins with FF D8 FF (ITU T.81, annex B)."""
    return Reading(Format.JPEG, defect=_jpeg_defect(content))


def read_gif(content: bytes) -> Reading:
    """Reads a file that begins with GIF87a or GIF89a."""
    return Reading(Format.GIF, defect=_gif_defect(content))


def read_bmp(content: bytes) -> Reading:
    """Reads a Windows bitmap of any header generation."""
    return Reading(Format.BMP, defect=_bmp_defect(content))


def _png_defect(content: bytes) -> Defect | None:
    if not content.startswith(_PNG_SIGNATURE):
        return broken("the PNG signature is damaged, as a conversion of line ends does it")
    if content[12:16] != b"IHDR" or len(content) < 33:
        return broken("the PNG has no complete header")
    width, height = struct.unpack_from(">II", content, 16)
    if not width or not height:
        return broken(f"the PNG measures {width} x {height} pixels")
    has_data = False
    for kind, present, length in _png_chunks(content):
        has_data = has_data or (kind == b"IDAT" and present > 0)
        if kind == b"IEND" and has_data:
            return None
        if present < length:
            break
    return truncated("the PNG is cut short: it has no end") if has_data else broken("the PNG holds no image data")


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    at = len(_PNG_SIGNATURE)
    for _ in range(_MOST_PARTS):
        if at + 8 > len(content):
            return
        length, kind = struct.unpack_from(">I4s", content, at)
        yield kind, min(length, len(content) - at - 8), length
        at += 12 + length


def _jpeg_defect(content: bytes) -> Defect | None:
    framed = False
    for marker, start, end in _jpeg_segments(content):
        if marker in _JPEG_FRAMES:
            if start + 6 > end or content[start + 3 : start + 5] == b"\0\0":
                return broken("the JPEG's frame header holds no size")
            framed = True
        if marker == _JPEG_SCAN:
            return _jpeg_scan_defect(content, framed=framed, start=end)
    return broken("the JPEG holds no image data")


def _jpeg_scan_defect(content: bytes, *, framed: bool, start: int) -> Defect | None:
    end = content.find(_JPEG_END, start)
    if not framed or start >= len(content) or end == start:
        return broken("the JPEG holds no image data")
    return truncated("the JPEG is cut short: it has no end") if end < 0 else None


def _jpeg_segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    at = 2
    for _ in range(_MOST_PARTS):
        if at + 4 > len(content) or content[at] != 0xFF:
            return
        marker = content[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _JPEG_ALONE:
            at += 2
        else:
            end = at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
            if end < at + 4 or end > len(content):
                return
            yield marker, at + 4, end
            at = end


def _gif_defect(content: bytes) -> Defect | None:
    if len(content) < 13:
        return broken("the GIF has no complete header")
    at = 13 + _gif_colours(content[10])
    has_image = False
    steps = iter(range(_MOST_PARTS))
    for _ in steps:
        block = content[at] if at < len(content) else None
        if block == _GIF_TRAILER and has_image:
            return None
        if block == _GIF_EXTENSION:
            at, _size = _gif_data(content, at + 2, steps)
        elif block == _GIF_IMAGE and at + 10 < len(content):
            at, size = _gif_data(content, at + 11 + _gif_colours(content[at + 9]), steps)
            has_image = has_image or size > 0
        else:
            break
    return truncated("the GIF is cut short: it has no end") if has_image else broken("the GIF holds no image data")


def _gif_colours(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _gif_data(content: bytes, at: int, steps: Iterator[int]) -> tuple[int, int]:
    start = at
    for _ in steps:
        if at >= len(content) or content[at] == 0:
            break
        at += 1 + content[at]
    return at + 1, min(at, len(content)) - start


def _bmp_defect(content: bytes) -> Defect | None:
    needed = _bmp_pixel_bytes(content)
    if needed is None:
        return broken("the BMP has no complete header")
    if needed == 0:
        return broken("the BMP's header gives no size")
    present = len(content) - int.from_bytes(content[10:14], "little")
    if present <= 0:
        return broken("the BMP holds no pixels")
    return (
        truncated(f"the BMP is cut short: {present} of {needed} bytes of pixels are there")
        if present < needed
        else None
    )


def _bmp_pixel_bytes(content: bytes) -> int | None:
    if content[14:18] == b"\x0c\0\0\0":
        if len(content) < 26:
            return None
        width, height, _planes, depth = struct.unpack_from("<HHHH", content, 18)
        return _bmp_rows(width, height, depth)
    if len(content) < 38:
        return None
    width, height, _planes, depth, compression, stated = struct.unpack_from("<iiHHII", content, 18)
    rows = _bmp_rows(abs(width), abs(height), depth)
    # The size of compressed pixels is known only from the header, and may be left out there.
    return rows if compression in _BMP_UNCOMPRESSED or not rows else max(stated, 1)


def _bmp_rows(width: int, height: int, depth: int) -> int:
    return (width * depth + 31) // 32 * 4 * height
