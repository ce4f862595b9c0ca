"""Judges what a file is against what WeChat takes; every finding names what was found, the limit, and what to do.

What to do is in `hints`, which is imported where something is wrong: mostly nothing is.
"""

from __future__ import annotations

import sys
import unicodedata

from msgspec import Struct

from wxsync.media.formats import Format, Media
from wxsync.media.limits import LIMITS
from wxsync.model import MaterialType, Severity
from wxsync.words import Text, listing, text

_TITLE_REPORTED = 64
_INTRODUCTION_REPORTED = 120

_EXTENSIONS = {
    Format.JPEG: ("jpg", "jpeg", "jpe", "jfif"),
    Format.BMP: ("bmp", "dib"),
    Format.WAV: ("wav", "wave"),
    Format.AMR: ("amr", "awb"),
    Format.MP4: ("mp4", "m4v"),
}
_NAMES = {
    Format.TEXT: text("a plain text"),
    Format.HTML: text("an HTML page"),
    Format.JSON: text("a JSON document"),
    Format.XML: text("an XML document"),
    Format.ZIP: text("a ZIP archive"),
    Format.GZIP: text("a gzip archive"),
    Format.M4A: text("M4A or an MP4 with sound only"),
    Format.ASF: text("a Windows Media video"),
    Format.MATROSKA: text("Matroska (MKV)"),
    Format.SILK: text("SILK, the format of WeChat's own chat voices"),
    Format.MOV: text("QuickTime (MOV)"),
    Format.MONKEYS_AUDIO: text("Monkey's Audio (APE)"),
    Format.UNKNOWN: text("of no known format"),
}


class Asked(Struct, frozen=True):
    """Holds what is judged: a file, by its path as the user wrote it, as a type, and the reader's system."""

    media: Media
    material_type: MaterialType
    filename: str
    system: str


class Finding(Struct, frozen=True):
    """Holds one thing that is wrong with a file; `code` is a stable word for programs, `hint` says what to do.

    `source` are the official words that a limit stands on.
    """

    code: str
    severity: Severity
    message: Text
    hint: Text
    source: str = ""


def check(
    media: Media, material_type: MaterialType, *, filename: str, system: str = sys.platform
) -> tuple[Finding, ...]:
    """Judges a probed file as WeChat would judge it as that type.

    `filename` is its path as the user wrote it, `system` that on which commands in hints are to be run. A Git LFS
    pointer and an empty file give that one finding. The local extension is only a warning, because what is uploaded
    carries the extension of its content.
    """
    asked = Asked(media, material_type, filename, system)
    if media.format is Format.EMPTY:
        return (_error("empty", text("the file is empty (0 bytes)"), text("export or download it again")),)
    if media.format is Format.LFS_POINTER:
        return (_pointer(asked),)
    if media.format not in LIMITS[material_type].formats:
        return (*check_size(media.size, material_type), _format(asked))
    findings = (_size(asked), _duration(asked), _extension(asked))
    return tuple(finding for finding in (*findings, _defect(media)) if finding)


def check_size(size: int, material_type: MaterialType) -> tuple[Finding, ...]:
    """Judges a size in bytes alone, so that a huge file need not be read to be refused."""
    if size <= LIMITS[material_type].max_bytes:
        return ()
    from wxsync.media import hints

    return (_too_large(size, material_type, hints.on_unread_size(material_type)),)


def check_description(title: str, introduction: str) -> tuple[Finding, ...]:
    """Judges the texts of a video: WeChat answers 40062 to a blank title; lengths are only reported, so they warn.

    Lengths count characters.
    """
    texts = (("title", title.strip()), ("introduction", introduction.replace("\n", "")))
    findings = [_control(what) for what, said in texts if any(unicodedata.category(char) == "Cc" for char in said)]
    if not title.strip():
        message = text("the video's title is blank; WeChat refuses it (40062 invalid title size)")
        findings.append(_error("title", message, text("give the video a title")))
    if len(title) > _TITLE_REPORTED:
        findings.append(_long("title", title, _TITLE_REPORTED))
    if len(introduction) > _INTRODUCTION_REPORTED:
        findings.append(_long("introduction", introduction, _INTRODUCTION_REPORTED))
    return tuple(findings)


def _control(what: str) -> Finding:
    # JSON can only escape it, and whether WeChat undoes escapes like \u0007 is not known.
    message = text("the video's {what} holds a control character", what=what)
    return _error(what, message, text("write it without: WeChat may show its escape"))


def _error(code: str, message: Text, hint: Text, source: str = "") -> Finding:
    return Finding(code, Severity.ERROR, message, hint, source)


def _size(asked: Asked) -> Finding | None:
    size, material_type = asked.media.size, asked.material_type
    if size <= LIMITS[material_type].max_bytes:
        return None
    from wxsync.media import hints

    return _too_large(size, material_type, hints.on_size(asked))


def _too_large(size: int, material_type: MaterialType, hint: Text) -> Finding:
    most = LIMITS[material_type].max_bytes
    message = text(
        "the file has {size:,} bytes; WeChat takes at most {most:,} ({rounded}) for {material_type}",
        size=size,
        most=most,
        rounded=_round(most),
        material_type=material_type,
    )
    return _error("size", message, hint, LIMITS[material_type].source)


def _round(size: int) -> Text:
    if size % 1024:
        return text("under {size:,} KiB", size=(size + 1) // 1024)
    return text("{size} KiB", size=size // 1024) if size < 1 << 20 else text("{size} MiB", size=size >> 20)


def _long(code: str, said: str, most: int) -> Finding:
    message = text(
        "the video's {what} has {length} characters; more than {most} may be refused",
        what=code,
        length=len(said),
        most=most,
    )
    hint = text("shorten it to {most} (reported by users; WeChat's page of addMaterial names no length)", most=most)
    return Finding(code, Severity.WARNING, message, hint)


def _pointer(asked: Asked) -> Finding:
    from wxsync.shell import quoted

    pull = f"git lfs pull --include={quoted(asked.filename, system=asked.system)}"
    if asked.media.lfs is None:
        hint = text("restore it, then fetch the content with: {command}", command=pull)
        return _error("lfs-pointer", text("the file is a damaged Git LFS pointer"), hint)
    message = text("the file is a Git LFS pointer to {size:,} bytes, not the media itself", size=asked.media.lfs.size)
    return _error("lfs-pointer", message, text("fetch the content with: {command}", command=pull))


def _format(asked: Asked) -> Finding:
    from wxsync.media import hints

    found = asked.media.format
    facts = {
        "found": _NAMES.get(found, found.upper()),
        "material_type": asked.material_type,
        "taken": listing(format_.upper() for format_ in LIMITS[asked.material_type].formats),
    }
    message = text("the content is {found}; for {material_type} WeChat takes {taken}", **facts)
    suffix = _suffix(asked.filename)
    if suffix not in ("", asked.media.extension):
        message = text("{message} (the name says .{suffix})", message=message, suffix=suffix)
    return _error("format", message, hints.on_format(asked), LIMITS[asked.material_type].source)


def _duration(asked: Asked) -> Finding | None:
    media, most = asked.media, LIMITS[asked.material_type].max_seconds
    if most is None or (media.defect and media.defect.severity is Severity.ERROR):
        return None
    if media.seconds is not None and media.seconds <= most:
        return None
    from wxsync.media import hints

    if media.seconds is None:
        message = text(
            "the {format} does not tell how long it plays; WeChat takes at most {most:g} s",
            format=media.format.upper(),
            most=most,
        )
        return Finding("duration", Severity.WARNING, message, hints.on_unknown_length(asked))
    seconds = _seconds(media.seconds, most)
    message = text("the voice plays {seconds} s; WeChat takes at most {most:g} s", seconds=seconds, most=most)
    return _error("duration", message, hints.on_long_voice(asked), LIMITS[asked.material_type].source)


def _seconds(seconds: float, most: float) -> str:
    # 60.02 must not be shown as 60.0.
    return f"{seconds:.1f}" if seconds - most >= 0.1 else f"{seconds:.6f}".rstrip("0")


def _suffix(filename: str) -> str:
    stem, _, suffix = filename.rpartition("/")[2].rpartition(".")
    return suffix.lower() if stem else ""


def _extension(asked: Asked) -> Finding | None:
    media, suffix = asked.media, _suffix(asked.filename)
    if suffix in _EXTENSIONS.get(media.format, (media.extension,)):
        return None
    message = text("the content is {format}, but the file has no extension", format=media.format.upper())
    if suffix:
        message = text(
            "the content is {format}, but the file is named .{suffix}", format=media.format.upper(), suffix=suffix
        )
    hint = text(
        "rename it to end in .{extension}; wxsync uploads it under that extension in any case",
        extension=media.extension,
    )
    return Finding("extension", Severity.WARNING, message, hint)


def _defect(media: Media) -> Finding | None:
    defect = media.defect
    if defect is None:
        return None
    return Finding(defect.code, defect.severity, defect.message, defect.remedy)
