"""Makes small pictures of large ones; the one door to Pillow for pages.

What a picture says of itself is believed only within bounds: all that is decoded at one time, in whatever threads,
takes no more memory than `_MOST_MEMORY`, and a file of too many parts to be walked through in time is left out.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from PIL.Image import Image

EDGE = 400
"""Pixels of the longer side, unless others are asked for: what a page shows at 200, sharp on a dense screen."""

# What WeChat takes; every other decoder of Pillow stays shut.
_FORMATS = ("PNG", "JPEG", "GIF", "BMP")
_MIB = 1024 * 1024
# A picture of 10 MiB can unpack to gigabytes; this is one of 134 million pixels with a palette, or 33 in full colour.
_MOST_MEMORY = 128 * _MIB
_BAND_PIXELS = _MIB
# Pillow walks through chunks, segments and filling in Python, with a read or more for each.
_MOST_READS = 100_000
# Each scan of a progressive JPEG goes over all of its pixels; cameras and editors make ten of them.
_MOST_SCANNED_PIXELS = 800_000_000
# Pillow unpacks these runs in Python.
_MOST_RUNS = 2 * _MIB

# Quarters of the size that is wanted, which a draft of a JPEG has at least.
_DRAFT = 5

_BYTES_PER_PIXEL = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2}
# A file that takes a byte for so many pixels of a thumbnail needs no thumbnail.
_BYTES_OF_PIXELS = 2
_SIDEWAYS = frozenset({5, 6, 7, 8})
_ORIENTED = ("exif", "Raw profile type exif", "xmp", "XML:com.adobe.xmp")


class Thumbnail(NamedTuple):
    """Represents a small picture of a large one."""

    mime: str
    content: bytes
    width: int
    """Of the large one as it is shown, in pixels."""
    height: int
    """Of the large one as it is shown, in pixels."""


def thumbnail(content: bytes, edge: int = EDGE) -> Thumbnail | None:
    """Gives a small picture, its longer side no longer than `edge`; one that is small already comes back as it is.

    None stands for what is no picture, is too large to be decoded, or fails in whatever way. Call it within `quietly`.
    """
    from PIL import Image

    try:
        file = _Bounded(content)
        # A picture in one piece goes back to the system when it is closed; smaller pieces stay in each thread's heap.
        Image.core.set_block_size(_MOST_MEMORY)  # type: ignore[attr-defined]
        with Image.open(file, formats=_FORMATS) as picture:
            size = picture.size
            if max(size) <= edge and len(content) <= edge * edge // _BYTES_OF_PIXELS:
                return Thumbnail(Image.MIME[picture.format or ""], content, *_turned(picture, size))
            memory = _memory(picture, content, file.tell(), edge)
            if memory > _MOST_MEMORY:
                return None
            with _memory_left.taken(memory):
                return Thumbnail("image/webp", _small(picture, edge), *_turned(picture, size))
    except Exception:  # noqa: BLE001 - a decoder fails in many ways on bytes from anywhere, and a page goes on without
        return None


@contextmanager
def quietly() -> Iterator[None]:
    """Keeps Pillow's warnings from standard error; they are of all threads, so one thread alone may say this."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="PIL")
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        yield


class _Bounded(BytesIO):
    """Represents a file that is read a bounded number of times."""

    _reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self._reads += 1
        if self._reads > _MOST_READS:
            raise OSError("the file has too many parts")
        return super().read(size)


class _Memory:
    """Represents the memory that pictures may take, shared by all threads; who asks for more than is left waits."""

    def __init__(self, size: int) -> None:
        self._left = size
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, size: int) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: self._left >= size)
            self._left -= size
        try:
            yield
        finally:
            with self._changed:
                self._left += size
                self._changed.notify_all()


_memory_left = _Memory(_MOST_MEMORY)


def _turned(picture: Image, size: tuple[int, int]) -> tuple[int, int]:
    """Gives width and height as they are once the picture is turned the way EXIF says."""
    from PIL.ExifTags import Base

    width, height = size
    return (height, width) if picture.getexif().get(Base.Orientation) in _SIDEWAYS else (width, height)


def _memory(picture: Image, content: bytes, header: int, edge: int) -> int:
    """Estimates the bytes that decoding a picture takes, or more than there are where it would take too long."""
    pixels = picture.width * picture.height
    if picture.format in ("JPEG", "MPO"):
        return _memory_of_jpeg(picture, content, header, edge)
    if picture.format != "BMP":
        return pixels * _BYTES_PER_PIXEL.get(picture.mode, 4)
    # A bitmap of runs is unpacked beside the picture.
    return pixels * 2 * _BYTES_PER_PIXEL.get(picture.mode, 4) if len(content) <= _MOST_RUNS else len(content)


def _memory_of_jpeg(picture: Image, content: bytes, header: int, edge: int) -> int:
    pixels, colours = picture.width * picture.height, len(picture.getbands())
    scans = 1 + content.count(b"\xff\xda", header)
    first = content.rfind(b"\xff\xda", 0, header)
    longest = max(picture.size)
    # Lets it be decoded at a fraction of its size, which libjpeg takes the mean for.
    picture.draft(
        "RGB", (picture.width * _DRAFT * edge // longest // 4, picture.height * _DRAFT * edge // longest // 4)
    )
    drawn = picture.width * picture.height * 4
    if scans == 1 and content[first + 4] == colours:
        return drawn
    # The coefficients of all pixels are kept until the last scan has refined them.
    return drawn + pixels * 2 * colours if pixels * scans <= _MOST_SCANNED_PIXELS else _MOST_MEMORY + 1


def _small(picture: Image, edge: int) -> bytes:
    from PIL import Image, ImageOps

    shown = _reduced(picture, edge)
    longest = max(shown.size)
    if longest > edge:
        size = max(1, round(shown.width * edge / longest)), max(1, round(shown.height * edge / longest))
        shown = shown.resize(size, Image.Resampling.BICUBIC)
    shown.info.update({key: picture.info[key] for key in _ORIENTED if key in picture.info})
    ImageOps.exif_transpose(shown, in_place=True)
    out = BytesIO()
    shown.save(out, "WEBP", quality=62, method=1, exif=b"", icc_profile=b"", xmp=b"")
    return out.getvalue()


def _reduced(picture: Image, edge: int) -> Image:
    """Gives a picture in full colour, at least twice as large as it will be shown, where it is that large.

    Band by band, for colours take four times what a palette takes; of very many pixels, every second or so is enough.
    """
    from PIL import Image

    mode = "RGBA" if picture.has_transparency_data else "RGB"
    factor = max(1, max(picture.size) // (2 * edge))
    step = max(1, factor // 8)
    factor = factor // step * step
    height = max(1, _BAND_PIXELS // (picture.width * factor)) * factor
    if height >= picture.height:
        picture.load()
        return _reduced_band(picture, mode, step, factor)
    shown = Image.new(mode, (-(-picture.width // factor), -(-picture.height // factor)))
    for top in range(0, picture.height, height):
        band = picture.crop((0, top, picture.width, min(top + height, picture.height)))
        shown.paste(_reduced_band(band, mode, step, factor), (0, top // factor))
    return shown


def _reduced_band(band: Image, mode: str, step: int, factor: int) -> Image:
    """Takes every so many pixels of a band, and then the mean of so many; each step only where it changes something."""
    from PIL import Image

    some = band
    if step > 1:
        some = some.resize((-(-band.width // step), -(-band.height // step)), Image.Resampling.NEAREST)
    if some.mode != mode:
        some = some.convert(mode)
    mean = min(factor // step, some.width), min(factor // step, some.height)
    return some.reduce(mean) if max(mean) > 1 else some
