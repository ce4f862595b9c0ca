"""Says how a file becomes one that WeChat takes.

A test runs every command here on the formats for which it is given, from ffmpeg 5.1 (Debian 12) to 9.0. Where they do
not agree, or where one of them spoils the file without a word, no command is given: a HEIC photo becomes one of its
tiles, an animated WebP cannot be read, and before 9.0 a WebP stays as it lies where EXIF says to turn it.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from wxsync.media.formats import Format
from wxsync.media.limits import LIMITS
from wxsync.model import MaterialType
from wxsync.shell import quoted
from wxsync.words import Text, text

if TYPE_CHECKING:
    from wxsync.media.checks import Asked

NOT_MEDIA = frozenset({Format.HTML, Format.JSON, Format.XML, Format.TEXT, Format.UNKNOWN})
_PICTURES = frozenset({*LIMITS[MaterialType.IMAGE].formats, Format.WEBP, Format.HEIC, Format.AVIF, Format.TIFF,
                       Format.ICO, Format.PSD, Format.JPEG_XL, Format.JPEG_2000, Format.SVG})  # fmt: skip
_FILMS = frozenset({Format.MP4, Format.MOV, Format.THREE_GP, Format.WEBM, Format.MATROSKA, Format.ASF, Format.AVI,
                    Format.FLV, Format.MPEG})  # fmt: skip
_RARE_SOUNDS = frozenset({Format.MONKEYS_AUDIO, Format.WAVPACK, Format.MUSEPACK, Format.TRUE_AUDIO})
_SOUNDS = frozenset({*LIMITS[MaterialType.VOICE].formats, Format.OGG, Format.M4A, Format.AAC, Format.FLAC, Format.AIFF,
                     Format.SILK, *_RARE_SOUNDS})  # fmt: skip
_FAMILIES = {
    MaterialType.IMAGE: _PICTURES,
    MaterialType.VOICE: _SOUNDS,
    MaterialType.VIDEO: _FILMS,
    MaterialType.THUMB: _PICTURES,
    MaterialType.ARTICLE_IMAGE: _PICTURES,
}
_SUGGESTED = (MaterialType.IMAGE, MaterialType.VOICE, MaterialType.VIDEO)

# What ffmpeg reads whole and upright in every version; the second kind is none of what `fit` converts.
_FIT_OR_COMMAND = frozenset({Format.PNG, Format.JPEG, Format.GIF, Format.BMP, Format.WEBP})
_COMMAND = frozenset({Format.ICO, Format.JPEG_2000, *_RARE_SOUNDS})
_FIT_OR_EXPORT = frozenset({Format.AVIF, Format.TIFF, Format.WEBP})

# Noise of so many pixels, in the quality given, still is within the limit of the type.
_PIXELS_AND_QUALITY = {
    MaterialType.IMAGE: (6_000_000, 3),
    MaterialType.THUMB: (90_000, 6),
    MaterialType.ARTICLE_IMAGE: (1_200_000, 5),
}
_ONE_PICTURE = "-frames:v 1 -update 1"
# White behind what is transparent: the negative, times its opacity, and back.
_WHITE = "format=gbrap,negate,premultiply=inplace=1,negate"
_EVEN = '-vf "scale=trunc(iw/2)*2:trunc(ih/2)*2"'
_FILM = f"{_EVEN} -c:v libx264 -pix_fmt yuv420p -c:a aac -movflags +faststart"
_VOICE = "-vn -ac 1 -b:a 64k"
# A moment less than the limit, for encoders fill up their last frame.
_CUT = f"-t 59.9 {_VOICE}"


def on_format(asked: Asked) -> Text:
    """Says what to do with a file of a format that WeChat does not take for its type."""
    found, material_type = asked.media.format, asked.material_type
    if found in NOT_MEDIA:
        return text("download or export it again; an error page may have been saved under this name")
    family = next((family for family in (_PICTURES, _FILMS, _SOUNDS) if found in family), frozenset())
    if family != _FAMILIES[material_type]:
        fitting = next((kind for kind in _SUGGESTED if found in LIMITS[kind].formats), None)
        if fitting:
            return text("write `type: {fitting}`, or another path", fitting=fitting)
        return text("name a file that is made for {material_type}", material_type=material_type)
    if family == _PICTURES:
        return _on_picture(asked)
    if found is Format.SILK:
        return text("decode it with silk-v3-decoder or another SILK decoder, and take the MP3")
    options, extension = (_FILM, "mp4") if material_type is MaterialType.VIDEO else (_VOICE, "mp3")
    command = _command(asked, options, extension)
    return text("convert it with: {command}", command=command) if found in _COMMAND else _fit_or(command)


def on_size(asked: Asked) -> Text:
    """Says what to do with a file whose format is right, and which is too large."""
    if asked.media.format in (Format.PNG, Format.JPEG, Format.BMP):
        return _fit_or(_command(asked, _smaller(asked), "jpg"))
    if asked.material_type is MaterialType.VOICE:
        return _fit_or(_command(asked, _VOICE, "mp3"))
    return on_unread_size(asked.material_type)


def on_unread_size(material_type: MaterialType) -> Text:
    """Says what to do with a file that is too large, whatever it holds."""
    return _SMALLER[material_type]


def on_long_voice(asked: Asked) -> Text:
    """Says what to do with a voice that plays too long: `fit` would not cut it."""
    return text("cut it with: {command}", command=_command(asked, _CUT, "mp3"))


def on_unknown_length(asked: Asked) -> Text:
    """Says what to do with a voice that does not tell how long it plays."""
    return text("to be sure, write it anew with: {command}", command=_command(asked, _VOICE, "mp3"))


_SMALLER = {
    MaterialType.IMAGE: text("set `fit: true` on this entry, or save it with fewer pixels, colours or frames"),
    MaterialType.VOICE: text("set `fit: true` on this entry, or save it as mono MP3 at 64 kbit/s"),
    MaterialType.VIDEO: text("set `fit: true` on this entry, or save it with fewer pixels or a lower bit rate"),
    MaterialType.THUMB: text("set `fit: true` on this entry, or save it as a JPEG of about 300 x 300 pixels"),
    MaterialType.ARTICLE_IMAGE: text("set `fit: true` on this entry, or save it as a JPEG of fewer pixels"),
}


def _fit_or(command: str) -> Text:
    return text("set `fit: true` on this entry, or convert it with: {command}", command=command)


def _on_picture(asked: Asked) -> Text:
    found, format_ = asked.media.format, "PNG" if asked.material_type is MaterialType.IMAGE else "JPEG"
    if found is Format.HEIC:
        return _on_heic(asked)
    if asked.media.is_animated:
        return _on_animation(asked)
    if found in _FIT_OR_COMMAND and not asked.media.has_exif:
        return _fit_or(_picture_command(asked))
    if found in _COMMAND:
        return text("convert it with: {command}", command=_picture_command(asked))
    return _export(found, format_)


def _export(found: Format, format_: str) -> Text:
    if found is Format.SVG:
        return text(
            "set `fit: true` on this entry, with the extra wxsync[svg], or export it as {format} from the program that "
            "drew it",
            format=format_,
        )
    if found in _FIT_OR_EXPORT:
        return text(
            "set `fit: true` on this entry, or export it as {format} from the program that made it", format=format_
        )
    return text("export it as {format} from the program that made it", format=format_)


def _on_animation(asked: Asked) -> Text:
    if asked.material_type is MaterialType.IMAGE:
        return text("set `fit: true` on this entry, or export it as GIF; ffmpeg before 9.0 cannot read it")
    return text("set `fit: true` on this entry, or export its first picture as JPEG")


def _on_heic(asked: Asked) -> Text:
    source, target = _arguments(asked, "jpg")
    if asked.system == "win32":
        return text(
            "set `fit: true` on this entry, with the extra wxsync[heic], or open it in Photos and save it as JPEG"
        )
    command = f"heif-convert {source} {target}"
    if asked.system == "darwin":
        command = f"sips -s format jpeg {source} --out {target}"
    return text(
        "set `fit: true` on this entry, with the extra wxsync[heic], or convert it with: {command}; iPhones take JPEG "
        "where Settings, Camera, Formats says Most Compatible",
        command=command,
    )


def _picture_command(asked: Asked) -> str:
    if asked.material_type is MaterialType.IMAGE:
        return _command(asked, _ONE_PICTURE, "png")
    return _command(asked, _smaller(asked), "jpg")


def _smaller(asked: Asked) -> str:
    pixels, quality = _PIXELS_AND_QUALITY[asked.material_type]
    scale = f"scale='trunc(iw*min(1,sqrt({pixels}/(iw*ih))))':-1"
    filters = scale if asked.media.format is Format.JPEG else f"{_WHITE},{scale}"
    return f'{_ONE_PICTURE} -vf "{filters}" -q:v {quality}'


def _command(asked: Asked, options: str, extension: str) -> str:
    """Writes an ffmpeg command that leaves the file itself alone."""
    source, target = _arguments(asked, extension)
    return f"ffmpeg -i {source} {options} {target}"


def _arguments(asked: Asked, extension: str) -> tuple[str, str]:
    """Gives the file and what it becomes, both quoted."""
    target = PurePosixPath(asked.filename or "file").with_suffix(f".{extension}")
    if str(target) == asked.filename:
        target = target.with_stem(f"{target.stem}-converted")
    return quoted(_safe(asked.filename), system=asked.system), quoted(_safe(str(target)), system=asked.system)


def _safe(path: str) -> str:
    """Keeps a program from reading a name as an option or, up to the first colon, as a protocol."""
    return f"./{path}" if path.startswith("-") or ":" in path.partition("/")[0] else path
