"""Reads PNG, JPEG, GIF and BMP headers: is there a picture, and is all of it there; no pixel is ever decoded.

Damage is judged as the decoders in use judge it (libjpeg, libpng, Pillow, browsers): what they show is never refused.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator

from wxsync.media.formats import Defect, Format, Reading, broken, stray, truncated, unread
from wxsync.words import text

# Real pictures have some ten thousand parts at most; more is made to keep a reader busy.
_MOST_PARTS = 200_000

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_FOR_IPHONES = text("take the file from before Xcode packed it, or open this one on a Mac and export it as PNG")

_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_SCAN = 0xDA
_JPEG_END = b"\xff\xd9"
_JPEG_ALONE = frozenset({0xD8, 0xD9})
# What stands within image data is left out: FF 00, the restart markers, and FF 01, none of which begins a segment.
_JPEG_MARKER = rb"\xff[\x02-\xcf\xd8-\xfe]"

_GIF_IMAGE, _GIF_EXTENSION, _GIF_TRAILER = b",!;"
_GIF_BLOCK = rb"[,!;]"
_GIF_SPLIT = stray(
    text("stray bytes stand before an image of the GIF, and browsers show nothing behind them"),
    text("open it in a program for pictures and save it anew"),
)
_BMP_UNCOMPRESSED = (0, 3, 6)


class _TooManyParts(Exception):
    """Ends the reading of a file whose parts are more than are looked at."""


def read_png(content: bytes) -> Reading:
    """Reads a file that begins with "\\x89PNG" (W3C PNG, 5 Datastream structure)."""
    return _read(Format.PNG, content, _png_defect)


def read_jpeg(content: bytes) -> Reading:
    """Reads a file that begins with FF D8 FF (ITU T.81, annex B)."""
    return _read(Format.JPEG, content, _jpeg_defect)


def read_gif(content: bytes) -> Reading:
    """Reads a file that begins with GIF87a or GIF89a."""
    return _read(Format.GIF, content, _gif_defect)


def read_bmp(content: bytes) -> Reading:
    """Reads a Windows bitmap of any header generation."""
    return _read(Format.BMP, content, _bmp_defect)


def _read(format_: Format, content: bytes, find: Callable[[bytes], Defect | None]) -> Reading:
    try:
        return Reading(format_, defect=find(content))
    except _TooManyParts:
        return Reading(format_, defect=unread(format_))


def _parts() -> Iterator[int]:
    yield from range(_MOST_PARTS)
    raise _TooManyParts


def _png_defect(content: bytes) -> Defect | None:
    if not content.startswith(_PNG_SIGNATURE):
        return broken(text("the PNG signature is damaged, as a conversion of line ends does it"))
    if content[12:16] == b"CgBI":
        return broken(
            text("the PNG is packed for iPhone apps (CgBI), which other programs cannot show"), _PNG_FOR_IPHONES
        )
    chunks = _png_chunks(content)
    # Programs read on where another chunk stands before the header.
    header = next((start for kind, start, _ in chunks if kind in (b"IHDR", b"IDAT")), len(content))
    if content[header - 4 : header] != b"IHDR" or header + 17 > len(content):
        return broken(text("the PNG has no complete header"))
    width, height = struct.unpack_from(">II", content, header)
    if not width or not height:
        return broken(text("the PNG measures {width} x {height} pixels", width=width, height=height))
    has_data = False
    for kind, start, end in chunks:
        has_data = has_data or (kind == b"IDAT" and end > start and start < len(content))
        if kind == b"IEND" and has_data:
            return None
    return (
        truncated(text("the PNG is cut short or damaged: no end was found"))
        if has_data
        else broken(text("the PNG holds no image data"))
    )


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Gives kind, start and end of what each chunk holds; the end of the last may lie behind that of the file."""
    at = len(_PNG_SIGNATURE)
    for _ in _parts():
        if at + 8 > len(content):
            return
        length, kind = struct.unpack_from(">I4s", content, at)
        yield kind, at + 8, at + 8 + length
        at += 12 + length


def _jpeg_defect(content: bytes) -> Defect | None:
    framed = False
    for marker, start, end in _jpeg_markers(content):
        if marker in _JPEG_FRAMES:
            # The size follows the length of the segment and the bits of a sample.
            if len(content) < start + 10 or content[start + 7 : start + 9] == b"\0\0":
                return broken(text("the JPEG's frame header holds no size"))
            framed = True
        if marker == _JPEG_SCAN and framed:
            return _jpeg_scan_defect(content, start=end)
    return broken(text("the JPEG holds no image data"))


def _jpeg_scan_defect(content: bytes, *, start: int) -> Defect | None:
    end = content.find(_JPEG_END, start)
    if start >= len(content) or end == start:
        return broken(text("the JPEG holds no image data"))
    return truncated(text("the JPEG is cut short: it has no end")) if end < 0 else None


def _jpeg_markers(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Gives each marker with its place and the end of its segment, and goes on from there as libjpeg does.

    What stands before the next marker is passed over, be it fill bytes, stray bytes or the data of a scan.
    """
    markers, at = re.compile(_JPEG_MARKER), 2
    for _ in _parts():
        found = markers.search(content, at)
        if found is None:
            return
        start, marker = found.start(), content[found.start() + 1]
        at = start + 2
        if marker not in _JPEG_ALONE:
            # A length that does not even count itself is passed over all the same.
            at += max(int.from_bytes(content[at : at + 2], "big"), 2)
        yield marker, start, at


def _gif_defect(content: bytes) -> Defect | None:
    """Looks for an image with data and for the trailer.

    What begins no block is passed over, as GIF87a asks for and Pillow does; browsers end there.
    """
    if len(content) < 13:
        return broken(text("the GIF has no complete header"))
    at = 13 + _gif_colours(content[10])
    has_image, is_stray, is_split = False, False, False
    blocks, parts = re.compile(_GIF_BLOCK), _parts()
    for _ in parts:
        found = blocks.search(content, at)
        if found is None or (content[found.start()] == _GIF_TRAILER and not has_image):
            break
        block, is_stray, at = content[found.start()], is_stray or found.start() > at, found.start()
        if block == _GIF_TRAILER:
            return _GIF_SPLIT if is_split else None
        if block == _GIF_EXTENSION:
            at, _size = _gif_data(content, at + 2, parts)
        elif at + 10 >= len(content):
            break
        else:
            at, size = _gif_data(content, at + 11 + _gif_colours(content[at + 9]), parts)
            # Pillow takes an empty first block for one of several, and what follows it for the next.
            has_image = has_image or size > 0 or content[at : at + 1] not in (b"", b",", b"!", b";")
            is_split = is_split or is_stray
    return (
        truncated(text("the GIF is cut short or damaged: no end was found"))
        if has_image
        else broken(text("the GIF holds no image data"))
    )


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
        return broken(text("the BMP has no complete header"))
    if needed == 0:
        return broken(text("the BMP's header gives no size"))
    present = len(content) - int.from_bytes(content[10:14], "little")
    if present <= 0:
        return broken(text("the BMP holds no pixels"))
    if present >= needed:
        return None
    return truncated(
        text("the BMP is cut short: {present} of {needed} bytes of pixels are there", present=present, needed=needed)
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
