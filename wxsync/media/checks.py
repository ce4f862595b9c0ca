"""Judges what a file is against what WeChat takes; every finding names what was found, the limit, and what to do."""

from __future__ import annotations

import shlex
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath

from wxsync.media.formats import Format, Media
from wxsync.media.limits import LIMITS
from wxsync.model import MaterialType, Severity

_TITLE_REPORTED = 64
_INTRODUCTION_REPORTED = 120
_REPORTED = "reported by users; WeChat's page of addMaterial names no length"

_EXTENSIONS = {
    Format.JPEG: ("jpg", "jpeg", "jpe", "jfif"),
    Format.BMP: ("bmp", "dib"),
    Format.WAV: ("wav", "wave"),
    Format.AMR: ("amr", "awb"),
    Format.MP4: ("mp4", "m4v"),
}
_NAMES = {
    Format.TEXT: "a plain text",
    Format.HTML: "an HTML page",
    Format.JSON: "a JSON document",
    Format.XML: "an XML document",
    Format.ZIP: "a ZIP archive",
    Format.GZIP: "a gzip archive",
    Format.M4A: "M4A or an MP4 with sound only",
    Format.ASF: "a Windows Media video",
    Format.MATROSKA: "Matroska (MKV)",
    Format.SILK: "SILK, the format of WeChat's own chat voices",
    Format.MOV: "QuickTime (MOV)",
    Format.UNKNOWN: "of no known format",
}
_NOT_MEDIA = frozenset({Format.HTML, Format.JSON, Format.XML, Format.TEXT, Format.UNKNOWN})
_PICTURES = frozenset({*LIMITS[MaterialType.IMAGE].formats, Format.WEBP, Format.HEIC, Format.AVIF, Format.TIFF,
                       Format.ICO, Format.PSD, Format.JPEG_XL, Format.JPEG_2000, Format.SVG})  # fmt: skip
_FILMS = frozenset({Format.MP4, Format.MOV, Format.THREE_GP, Format.WEBM, Format.MATROSKA, Format.ASF, Format.AVI,
                    Format.FLV, Format.MPEG})  # fmt: skip
_SOUNDS = frozenset({*LIMITS[MaterialType.VOICE].formats, Format.OGG, Format.M4A, Format.AAC, Format.FLAC, Format.AIFF})


@dataclass(frozen=True, slots=True)
class Finding:
    """Holds one thing that is wrong with a file; `code` is a stable word for programs, `hint` says what to do."""

    code: str
    severity: Severity
    message: str
    hint: str


def check(media: Media, material_type: MaterialType, *, filename: str) -> tuple[Finding, ...]:
    """Judges a probed file as WeChat would judge it as that type; `filename` is its path as the user wrote it.

    A Git LFS pointer and an empty file give that one finding. The local extension is only a warning, because what is
    uploaded carries the extension of its content.
    """
    if media.format is Format.EMPTY:
        return (_error("empty", "the file is empty (0 bytes)", "export or download it again"),)
    if media.format is Format.LFS_POINTER:
        return (_pointer(media, filename),)
    findings = [*check_size(media.size, material_type)]
    if media.format in LIMITS[material_type].formats:
        findings += [*_duration(media, material_type, filename), *_extension(media, filename), *_defect(media)]
    else:
        findings.append(_format(media, material_type, filename))
    return tuple(findings)


def check_size(size: int, material_type: MaterialType) -> tuple[Finding, ...]:
    """Judges a size in bytes alone, so that a huge file need not be read to be refused."""
    limit = LIMITS[material_type]
    if size <= limit.max_bytes:
        return ()
    message = (
        f"the file has {size:,} bytes; WeChat takes at most {limit.max_bytes:,} ({_round(limit.max_bytes)}) for "
        f"{material_type}"
    )
    return (_error("size", message, f"{_SMALLER[material_type]}; source: {limit.source}"),)


def check_description(title: str, introduction: str) -> tuple[Finding, ...]:
    """Judges the texts of a video: WeChat answers 40062 to a blank title; lengths are only reported, so they warn.

    Lengths count characters.
    """
    texts = (("title", title.strip()), ("introduction", introduction.replace("\n", "")))
    findings = [_control(what) for what, text in texts if any(unicodedata.category(char) == "Cc" for char in text)]
    if not title.strip():
        message = "the video's title is blank; WeChat refuses it (40062 invalid title size)"
        findings.append(_error("title", message, "give the video a title"))
    if len(title) > _TITLE_REPORTED:
        findings.append(_long("title", title, _TITLE_REPORTED))
    if len(introduction) > _INTRODUCTION_REPORTED:
        findings.append(_long("introduction", introduction, _INTRODUCTION_REPORTED))
    return tuple(findings)


def _control(what: str) -> Finding:
    # JSON can only escape it, and whether WeChat undoes escapes like \u0007 is not known.
    return _error(what, f"the video's {what} holds a control character", "write it without: WeChat may show its escape")


_SMALLER = {
    MaterialType.IMAGE: "save it with fewer pixels, or as JPEG",
    MaterialType.VOICE: "save it as mono MP3 at 64 kbit/s",
    MaterialType.VIDEO: "save it with fewer pixels or a lower bit rate",
    MaterialType.THUMB: "save it with fewer pixels, such as 300 x 300, or a lower quality",
    MaterialType.ARTICLE_IMAGE: "save it with fewer pixels, or as JPEG",
}
_CONVERT = {
    MaterialType.IMAGE: ("", "png"),
    MaterialType.VOICE: ("-t 60 -vn -ac 1 -b:a 64k ", "mp3"),
    MaterialType.VIDEO: ("-c:v libx264 -pix_fmt yuv420p -c:a aac -movflags +faststart ", "mp4"),
    MaterialType.THUMB: ("-frames:v 1 -vf scale=300:-2 ", "jpg"),
    MaterialType.ARTICLE_IMAGE: ("-frames:v 1 ", "jpg"),
}


def _error(code: str, message: str, hint: str) -> Finding:
    return Finding(code, Severity.ERROR, message, hint)


def _round(size: int) -> str:
    if size % 1024:
        return f"under {(size + 1) // 1024:,} KiB"
    return f"{size // 1024} KiB" if size < 1 << 20 else f"{size >> 20} MiB"


def _long(code: str, text: str, most: int) -> Finding:
    message = f"the video's {code} has {len(text)} characters; more than {most} may be refused"
    return Finding(code, Severity.WARNING, message, f"shorten it to {most} ({_REPORTED})")


def _pointer(media: Media, filename: str) -> Finding:
    pull = f"fetch the content with: git lfs pull --include={shlex.quote(filename)}"
    if media.lfs is None:
        return _error("lfs-pointer", "the file is a damaged Git LFS pointer", f"restore it, then {pull}")
    return _error(
        "lfs-pointer", f"the file is a Git LFS pointer to {media.lfs.size:,} bytes, not the media itself", pull
    )


def _format(media: Media, material_type: MaterialType, filename: str) -> Finding:
    limit = LIMITS[material_type]
    taken = ", ".join(format_.upper() for format_ in limit.formats)
    found = _NAMES.get(media.format, media.format.upper())
    message = f"the content is {found}; for {material_type} WeChat takes {taken}"
    if _claims(media, filename):
        message += f" (the name says .{_suffix(filename)})"
    return _error("format", message, f"{_mend(media.format, material_type, filename)}; source: {limit.source}")


def _mend(found: Format, material_type: MaterialType, filename: str) -> str:
    if found in _NOT_MEDIA:
        return "download or export it again; an error page may have been saved under this name"
    fitting = next((kind for kind in _SUGGESTED if found in LIMITS[kind].formats), None)
    if fitting and _family(found) != _FAMILIES[material_type]:
        return f"write `type: {fitting}`, or another path"
    if _family(found) != _FAMILIES[material_type]:
        return f"name a file that is made for {material_type}"
    if found is Format.SVG:
        return "export it as PNG from the program that drew it"
    return f"convert it with: {_convert(material_type, filename)}"


_SUGGESTED = (MaterialType.IMAGE, MaterialType.VOICE, MaterialType.VIDEO)
_FAMILIES = {
    MaterialType.IMAGE: _PICTURES,
    MaterialType.VOICE: _SOUNDS,
    MaterialType.VIDEO: _FILMS,
    MaterialType.THUMB: _PICTURES,
    MaterialType.ARTICLE_IMAGE: _PICTURES,
}


def _family(found: Format) -> frozenset[Format]:
    return next((family for family in (_PICTURES, _FILMS, _SOUNDS) if found in family), frozenset())


def _convert(material_type: MaterialType, filename: str) -> str:
    options, extension = _CONVERT[material_type]
    target = PurePosixPath(filename or "file").with_suffix(f".{extension}")
    if str(target) == filename:
        target = target.with_stem(f"{target.stem}-converted")
    return f"ffmpeg -i {shlex.quote(filename)} {options}{shlex.quote(str(target))}"


def _duration(media: Media, material_type: MaterialType, filename: str) -> tuple[Finding, ...]:
    most = LIMITS[material_type].max_seconds
    if most is None or (media.defect and media.defect.severity is Severity.ERROR):
        return ()
    if media.seconds is None:
        message = f"the {media.format.upper()} does not tell how long it plays; WeChat takes at most {most:g} s"
        hint = f"to be sure, write it anew with: {_convert(material_type, filename)}"
        return (Finding("duration", Severity.WARNING, message, hint),)
    if media.seconds <= most:
        return ()
    message = f"the voice plays {_seconds(media.seconds, most)} s; WeChat takes at most {most:g} s"
    hint = f"cut it with: {_convert(material_type, filename)}; source: {LIMITS[material_type].source}"
    return (_error("duration", message, hint),)


def _seconds(seconds: float, most: float) -> str:
    # 60.02 must not be shown as 60.0.
    return f"{seconds:.1f}" if seconds - most >= 0.1 else f"{seconds:.6f}".rstrip("0")


def _suffix(filename: str) -> str:
    stem, _, suffix = filename.rpartition("/")[2].rpartition(".")
    return suffix.lower() if stem else ""


def _claims(media: Media, filename: str) -> bool:
    return _suffix(filename) not in ("", media.extension)


def _extension(media: Media, filename: str) -> tuple[Finding, ...]:
    suffix = _suffix(filename)
    if suffix in _EXTENSIONS.get(media.format, (media.extension,)):
        return ()
    found = f"is named .{suffix}" if suffix else "has no extension"
    message = f"the content is {media.format.upper()}, but the file {found}"
    hint = f"rename it to end in .{media.extension}; wxsync uploads it under that extension in any case"
    return (Finding("extension", Severity.WARNING, message, hint),)


def _defect(media: Media) -> tuple[Finding, ...]:
    if media.defect is None:
        return ()
    return (Finding(media.defect.code, media.defect.severity, media.defect.message, "export or download it again"),)
