"""Encodes a picture so that it fits: the format by its content, then quality, then colours, then size."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from wxsync.fit.made import unfit
from wxsync.fit.shrinking import Size, largest
from wxsync.media import Format, Limit
from wxsync.model import MaterialType
from wxsync.words import text

QUALITIES = (90, 82, 75)
"""The qualities of a JPEG that are tried before it is scaled; at the last of them a photograph still looks whole."""

LEAST_WIDTH = {MaterialType.THUMB: 200}
"""Pixels of a picture's width below which nothing is scaled, by type."""
_LEAST_WIDTH = 640
# Lines and letters of a drawing are sharp on a phone as long as there is a pixel for each of the screen's.
_SHARP_WIDTH = 1080

_COLOURS = 256
_TILE = 128
_TILES = 4
# A PNG of lines and even areas takes fewer bytes than a JPEG of them, even where a lossy format has blurred them up to
# 2.6 times as many (measured); one of a photograph four to seven times as many.
_DRAWN = 3
# What samples say of the whole is hardly wrong by more.
_HOPELESS = 2


def fit_still(
    picture: Image.Image, material_type: MaterialType, limit: Limit, *, is_photo: bool
) -> tuple[Format, bytes]:
    """Gives the format and the bytes of a picture within a limit; raises Unfit where it would have to be too small.

    `is_photo` says that the source was a JPEG or the like, which a PNG would only blow up.
    """
    least = LEAST_WIDTH.get(material_type, _LEAST_WIDTH)
    is_transparent = picture.mode == "RGBA"
    if Format.PNG in limit.formats and (is_transparent or (not is_photo and is_drawn(picture))):
        made = _png(picture, limit.max_bytes, least if is_transparent else _SHARP_WIDTH)
        if made:
            return Format.PNG, made
    made = _jpeg(on_white(picture), limit.max_bytes, least)
    if made:
        return Format.JPEG, made
    message = text(
        "it measures {width} x {height} pixels, and takes more than {most:,} bytes even at a width of {least}",
        width=picture.width,
        height=picture.height,
        most=limit.max_bytes,
        least=least,
    )
    raise unfit("fit-too-small", message, text("cut it into several pictures, or choose another type"))


def is_drawn(picture: Image.Image) -> bool:
    """Tells a drawing or a screenshot from a photograph: by which of two formats holds samples of it in fewer bytes."""
    sample = _samples(on_white(picture))
    as_png, as_jpeg = BytesIO(), BytesIO()
    sample.save(as_png, "PNG")
    sample.save(as_jpeg, "JPEG", quality=QUALITIES[0])
    return len(as_png.getvalue()) <= _DRAWN * len(as_jpeg.getvalue())


def on_white(picture: Image.Image) -> Image.Image:
    """Gives a picture without transparency."""
    if picture.mode != "RGBA":
        return picture
    white = Image.new("RGB", picture.size, "white")
    white.paste(picture, mask=picture.getchannel("A"))
    return white


def resized(picture: Image.Image, size: Size) -> Image.Image:
    """Gives a picture at a smaller size."""
    if size == picture.size:
        return picture
    return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def floor_of(size: Size, least_width: int) -> float:
    """Gives the smallest part of a size that is still wide enough; what is narrower is never scaled."""
    return min(1.0, least_width / size[0])


def _jpeg(picture: Image.Image, most: int, least_width: int) -> bytes | None:
    def encode(size: Size) -> bytes:
        return _save_jpeg(resized(picture, size), QUALITIES[-1])

    made = b""
    for quality in QUALITIES:
        if quality != QUALITIES[-1] and _estimate(picture, quality) > _HOPELESS * most:
            continue
        made = _save_jpeg(picture, quality)
        if len(made) <= most:
            return made
    floor = floor_of(picture.size, least_width)
    return largest(picture.size, taken=len(made), limit=most, floor=floor, encode=encode) if floor < 1 else None


def _estimate(picture: Image.Image, quality: int) -> int:
    """Tells about how many bytes a JPEG will take, from samples."""
    sample = _samples(picture)
    return len(_save_jpeg(sample, quality)) * picture.width * picture.height // (sample.width * sample.height)


def _save_jpeg(picture: Image.Image, quality: int) -> bytes:
    out = BytesIO()
    picture.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


def _png(picture: Image.Image, most: int, least_width: int) -> bytes | None:
    def encode(size: Size) -> bytes:
        return _save_png(_quantised(resized(picture, size)))

    for step in (picture, _quantised(picture)):
        made = _save_png(step)
        if len(made) <= most:
            return made
    floor = floor_of(picture.size, least_width)
    return largest(picture.size, taken=len(made), limit=most, floor=floor, encode=encode) if floor < 1 else None


def _save_png(picture: Image.Image) -> bytes:
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _quantised(picture: Image.Image) -> Image.Image:
    method = Image.Quantize.FASTOCTREE if picture.mode == "RGBA" else Image.Quantize.MEDIANCUT
    return picture.quantize(_COLOURS, method=method, dither=Image.Dither.NONE)


def _samples(picture: Image.Image) -> Image.Image:
    """Gives tiles from all over a picture as one small one, each pixel as it is."""
    width, height = picture.size
    if width * height <= (_TILES * _TILE) ** 2:
        return picture
    edges = (min(_TILE, width), min(_TILE, height))
    sheet = Image.new("RGB", (_TILES * edges[0], _TILES * edges[1]))
    for row in range(_TILES):
        for column in range(_TILES):
            left = (width - edges[0]) * column // (_TILES - 1)
            top = (height - edges[1]) * row // (_TILES - 1)
            sheet.paste(picture.crop((left, top, left + edges[0], top + edges[1])), (column * edges[0], row * edges[1]))
    return sheet
