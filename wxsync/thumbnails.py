"""Makes small pictures of large ones; the only place where a picture is decoded, and the one door to Pillow."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

EDGE = 224
"""Pixels of the longer side: what a page shows at 112, sharp on a screen of double density."""

# What WeChat takes; every other decoder of Pillow stays shut.
_FORMATS = ("PNG", "JPEG", "GIF", "BMP")
_KEPT_BYTES = 24 * 1024
# A picture of 10 MiB can unpack to gigabytes; the largest cameras make some 100 million pixels.
_MOST_PIXELS = 120_000_000


def thumbnail(content: bytes) -> tuple[str, bytes] | None:
    """Gives a small picture as its MIME type and bytes; one that is small already comes back as it is.

    None stands for what is no picture, is too large to be decoded, or fails in whatever way. Call it within `quietly`.
    """
    from PIL import Image

    try:
        with Image.open(BytesIO(content), formats=_FORMATS) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                return None
            if len(content) <= _KEPT_BYTES and max(picture.size) <= EDGE:
                return Image.MIME[picture.format or ""], content
            return "image/webp", _small(picture)
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


def _small(picture: Image) -> bytes:
    from PIL import Image, ImageOps

    picture.draft("RGB", (EDGE, EDGE))  # lets a JPEG be decoded at a fraction of its size
    drawn = "RGBA" if picture.has_transparency_data else "RGB"
    shown = picture if picture.mode == drawn else picture.convert(drawn)
    shown.thumbnail((EDGE, EDGE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    ImageOps.exif_transpose(shown, in_place=True)
    out = BytesIO()
    shown.save(out, "WEBP", quality=62, method=2, exif=b"", icc_profile=b"", xmp=b"")
    return out.getvalue()
