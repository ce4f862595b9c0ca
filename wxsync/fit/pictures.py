"""Opens pictures of any kind within bounds: upright, in RGB and sRGB, without anything but their pixels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageCms, ImageSequence

from wxsync.fit.drawings import draw
from wxsync.fit.made import FIRST_PAGE, Note, unfit
from wxsync.media import Format
from wxsync.words import text

MOST_PIXELS = 120_000_000
"""What the largest cameras take, and what fits in memory several times."""
MOST_ANIMATED_PIXELS = 250_000_000
"""The most pixels of all frames of an animation together."""

_DECODERS = {
    Format.JPEG: ("JPEG",),
    Format.PNG: ("PNG",),
    Format.GIF: ("GIF",),
    Format.BMP: ("BMP", "DIB"),
    Format.WEBP: ("WEBP",),
    Format.AVIF: ("AVIF",),
    Format.TIFF: ("TIFF",),
    Format.HEIC: ("HEIF",),
}
# A photograph of a phone, too, can hold further pictures: a depth map, a small copy.
_ANIMATED = frozenset({Format.PNG, Format.GIF, Format.WEBP, Format.AVIF})
_ORIENTATION, _GPS = 0x0112, 0x8825
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SRGB = ImageCms.createProfile("sRGB")
_SPACES = {"RGB": "RGB", "RGBA": "RGB", "CMYK": "CMYK", "L": "GRAY", "LAB": "Lab"}


@dataclass(slots=True)
class Opened:
    """Represents an open picture: how many frames it plays, and what it holds beside its pixels."""

    picture: Image.Image
    frames: int
    left_out: tuple[str, ...]
    notes: tuple[Note, ...] = ()


def open_picture(content: bytes, found: Format) -> Opened:
    """Opens a picture of a probed format, without decoding it yet; raises Unfit, and whatever a decoder raises."""
    notes: tuple[Note, ...] = ()
    if found is Format.SVG:
        content, notes = draw(content)
        found = Format.PNG
    _prepare(found)
    picture = Image.open(BytesIO(content), formats=_DECODERS[found])
    width, height = picture.size
    if width * height > MOST_PIXELS:
        message = text(
            "it measures {width} x {height} pixels, more than the {most} million that are converted",
            width=width,
            height=height,
            most=MOST_PIXELS // 10**6,
        )
        raise unfit("fit-too-large", message, text("save it with fewer pixels"))
    frames = int(getattr(picture, "n_frames", 1))
    if found is Format.TIFF and frames > 1:
        notes += (Note(FIRST_PAGE, frames),)
    return Opened(picture, frames if found in _ANIMATED else 1, _left_out(picture), notes)


def upright(picture: Image.Image) -> Image.Image:
    """Gives the pixels as a screen shows them: turned as EXIF says, in sRGB; as RGBA where something shines through."""
    picture.load()  # a TIFF turns itself, and only then says that nothing is left to turn
    profile = picture.info.get("icc_profile")
    shown = _in_srgb(_plain(picture), profile)
    turn = _TURNS.get(picture.getexif().get(_ORIENTATION, 1))
    if turn is not None:
        shown = shown.transpose(turn)
    if shown.mode == "RGBA" and shown.getchannel("A").getextrema() == (255, 255):
        shown = shown.convert("RGB")
    shown.info.clear()
    return shown


def frames_of(opened: Opened) -> Iterator[tuple[Image.Image, int]]:
    """Gives each frame of an animation, upright, with its duration in milliseconds."""
    width, height = opened.picture.size
    if width * height * opened.frames > MOST_ANIMATED_PIXELS:
        message = text(
            "its {count} frames of {width} x {height} pixels are more than can be converted",
            count=opened.frames,
            width=width,
            height=height,
        )
        raise unfit("fit-too-large", message, text("save it with fewer frames or pixels"))
    for frame in ImageSequence.Iterator(opened.picture):
        yield upright(frame.copy()), int(frame.info.get("duration") or 100)


def _prepare(found: Format) -> None:
    if found is Format.HEIC:
        try:
            from pillow_heif import register_heif_opener
        except ImportError:
            raise unfit(
                "converter-missing", text("HEIC needs pillow-heif"), text("pip install 'wxsync[heic]'")
            ) from None
        register_heif_opener()
    elif found is Format.AVIF:
        from PIL import features

        if not features.check("avif"):
            raise unfit(
                "converter-missing", text("this Pillow was built without AVIF"), text("pip install --upgrade pillow")
            )


def _left_out(picture: Image.Image) -> tuple[str, ...]:
    exif = picture.getexif()
    held = {
        "GPS": _GPS in exif,
        "EXIF": bool(set(exif) - {_ORIENTATION}) and picture.format != "TIFF",
        "XMP": bool(picture.info.get("xmp") or picture.info.get("XML:com.adobe.xmp")),
    }
    return tuple(name for name, there in held.items() if there)


def _plain(picture: Image.Image) -> Image.Image:
    """Gives a picture of 8 bits a channel, in one of the modes that a profile can speak of."""
    if picture.mode.startswith(("I", "F")):
        return _narrowed(picture)
    if picture.has_transparency_data:
        mode = "RGBA"
    elif picture.mode in _SPACES:
        mode = picture.mode
    else:
        mode = "L" if picture.mode == "1" else "RGB"
    return _as(picture, mode)


def _as(picture: Image.Image, mode: str) -> Image.Image:
    """Gives a picture in a mode, and the very picture where it has that already: a copy of a large one is dear."""
    return picture if picture.mode == mode else picture.convert(mode)


def _narrowed(picture: Image.Image) -> Image.Image:
    """Brings grey of 16 or 32 bits to 8: by what its format can hold, and numbers without such an end by their own."""
    if picture.mode.startswith("I;16"):
        least, most = 0.0, 65535.0
    else:
        least, most = (float(end) for end in picture.getextrema())  # type: ignore[arg-type]
        ends = (1.0,) if picture.mode == "F" else (255.0, 65535.0)
        if least >= 0 and most <= ends[-1]:
            least, most = 0.0, next(end for end in ends if most <= end)
    wide = picture.convert("F")
    step = 255.0 / ((most - least) or 1.0)
    return wide.point(lambda value: value * step + (0.5 - least * step)).convert("L")


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    drawn = "RGBA" if picture.mode == "RGBA" else "RGB"
    if picture.mode == "LAB":
        return _converted(picture, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")), drawn)
    if profile:
        # A profile that is broken, or made for other colours, changes nothing: so do browsers.
        with suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            is_srgb = str(source.profile.profile_description or "").startswith("sRGB")
            if not is_srgb and source.profile.xcolor_space.strip() == _SPACES[picture.mode]:
                return _converted(picture, source, drawn)
    return _as(picture, drawn)


def _converted(picture: Image.Image, source: ImageCms.ImageCmsProfile, mode: str) -> Image.Image:
    converted = ImageCms.profileToProfile(picture, source, _SRGB, ImageCms.Intent.PERCEPTUAL, outputMode=mode)
    assert converted is not None
    return converted
