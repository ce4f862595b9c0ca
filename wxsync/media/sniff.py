"""Tells a file's format by its first bytes and hands it to the reader of that format.

The readers of sounds and films are imported for the first of them: most commands judge a few files, mostly pictures.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable

from msgspec.structs import replace

from wxsync.media.formats import Defect, Format, LfsPointer, Media, Reading, broken, extension_of, stray
from wxsync.media.images import read_bmp, read_gif, read_jpeg, read_png
from wxsync.media.tags import begins_with_tag, skip_tags
from wxsync.words import text

_TEXT_HEAD = 4_096
_POINTER_BYTES = 1_024

ASF_HEADER = bytes.fromhex("3026B275 8E66 CF11 A6D9 00AA0062CE6C")
"""The GUID of the object that an ASF file begins with, 75B22630-668E-11CF-A6D9-00AA0062CE6C."""


def _amr(content: bytes) -> Reading:
    from wxsync.media.amr import read_amr

    return read_amr(content)


def _wav(content: bytes) -> Reading:
    from wxsync.media.wav import read_wav

    return read_wav(content)


def _asf(content: bytes) -> Reading:
    from wxsync.media.asf import read_asf

    return read_asf(content)


_READERS: tuple[tuple[bytes, Callable[[bytes], Reading]], ...] = (
    (b"\x89PNG", read_png),
    (b"\xff\xd8\xff", read_jpeg),
    (b"GIF87a", read_gif),
    (b"GIF89a", read_gif),
    (b"#!AMR", _amr),
    (ASF_HEADER, _asf),
)
_RIFFS = (b"RIFF", b"RF64", b"BW64")
_RIFF_FORMATS = {b"WAVE": Format.WAV, b"WEBP": Format.WEBP, b"AVI ": Format.AVI}
_SIGNATURES = (
    (b"OggS", Format.OGG),
    (b"fLaC", Format.FLAC),
    (b"MAC \x96\x0f", Format.MONKEYS_AUDIO),
    (b"wvpk", Format.WAVPACK),
    (b"MPCK", Format.MUSEPACK),
    (b"MP+\x07", Format.MUSEPACK),
    (b"MP+\x17", Format.MUSEPACK),
    (b"TTA1", Format.TRUE_AUDIO),
    (b"#!SILK_V3", Format.SILK),
    (b"\x02#!SILK_V3", Format.SILK),
    (b"II*\0", Format.TIFF),
    (b"MM\0*", Format.TIFF),
    (b"II+\0", Format.TIFF),
    (b"MM\0+", Format.TIFF),
    (b"8BPS", Format.PSD),
    (b"\0\0\0\x0cJXL \r\n", Format.JPEG_XL),
    (b"\xff\x0a", Format.JPEG_XL),
    (b"\0\0\0\x0cjP  \r\n", Format.JPEG_2000),
    (b"FLV\x01", Format.FLV),
    (b"\0\0\x01\xba", Format.MPEG),
    (b"\0\0\x01\xb3", Format.MPEG),
    (b"ADIF", Format.AAC),
    (b"%PDF-", Format.PDF),
    (b"PK\x03\x04", Format.ZIP),
    (b"PK\x05\x06", Format.ZIP),
    (b"\x1f\x8b\x08", Format.GZIP),
)
_WEBP_ANIMATED, _WEBP_EXIF = 2, 8
_BEGINNINGS = (*_RIFFS, *(mark for mark, _ in _READERS), *(mark for mark, _ in _SIGNATURES))
# What is not made for tags in front of it: players mostly skip them, browsers and picture programs do not.
_UNTAGGED_SOUNDS = frozenset({Format.WAV, Format.AMR, Format.WMA})
_UNTAG = text("remove them with a tag editor, or export it again without tags")
_UNTAGGED = frozenset({Format.PNG, Format.JPEG, Format.GIF, Format.BMP, Format.MP4})
_BMP_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)

_LFS_VERSION = b"version https://git-lfs.github.com/spec/v1\n"
_LFS_POINTER = (
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:ext-\d-[^\n]+\n)*"
    rb"oid sha256:(?P<oid>[0-9a-f]{64})\nsize (?P<size>0|[1-9][0-9]{0,18})\n?"
)
_MARKUP = r"(?i)<(?:!doctype )?(svg|html|head|body|title|meta|script|div|h1|p)\b"
_JSON = r'\{\s*(?:"|\}|$)|\[\s*[\[{"\d\]]'
_ENCODINGS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def probe(content: bytes) -> Media:
    """Tells what a file's bytes are: format, play time of a voice or a video, and what is missing in it.

    Looks at the content only, decodes nothing, and takes time that grows at most with the size. Never raises.
    """
    if content.startswith(_LFS_VERSION.rstrip()) and len(content) < _POINTER_BYTES:
        return _pointer(content)
    reading = _read(content)
    return Media(
        reading.format,
        len(content),
        extension_of(reading.format),
        reading.seconds,
        reading.defect,
        reading.is_animated,
        reading.has_exif,
    )


def lfs_pointer(content: bytes) -> LfsPointer | None:
    """Reads a Git LFS pointer; None for whatever is not exactly one."""
    if len(content) >= _POINTER_BYTES or not content.startswith(_LFS_VERSION):
        return None
    found = re.fullmatch(_LFS_POINTER, content)
    return LfsPointer(found["oid"].decode(), int(found["size"])) if found else None


def _pointer(content: bytes) -> Media:
    lfs = lfs_pointer(content)
    defect: Defect | None = None if lfs else broken(text("the Git LFS pointer is damaged"))
    return Media(Format.LFS_POINTER, len(content), "", defect=defect, lfs=lfs)


def _read(content: bytes) -> Reading:
    if not content:
        return Reading(Format.EMPTY)
    if begins_with_tag(content):
        return _tagged(content)
    return _by_reader(content) or _by_structure(content) or _by_signature(content) or _by_look(content)


def _by_reader(content: bytes) -> Reading | None:
    reader = next((reader for signature, reader in _READERS if content.startswith(signature)), None)
    return reader(content) if reader else None


def _by_structure(content: bytes) -> Reading | None:
    from wxsync.media.mp4 import is_iso, read_iso

    if content.startswith(_RIFFS) and content[8:12] in _RIFF_FORMATS:
        return _read_riff(content)
    if content.startswith(b"BM") and int.from_bytes(content[14:18], "little") in _BMP_HEADERS:
        return read_bmp(content)
    return read_iso(content) if is_iso(content) else None


def _read_riff(content: bytes) -> Reading:
    format_ = _RIFF_FORMATS[content[8:12]]
    if format_ is Format.WAV:
        return _wav(content)
    # The flags of an extended WebP (RFC 9649, 2.7).
    flags = int.from_bytes(content[20:21], "big") if content[12:16] == b"VP8X" else 0
    return Reading(format_, is_animated=bool(flags & _WEBP_ANIMATED), has_exif=bool(flags & _WEBP_EXIF))


def _tagged(content: bytes) -> Reading:
    """Reads what stands behind a tag: mostly an MP3, but some programs write ID3 tags in front of anything."""
    from wxsync.media.mp3 import begins_with_frame, read_mp3

    start = skip_tags(content, begins=_begins)
    if begins_with_frame(content, start):
        return Reading(Format.AAC) if _is_aac(content, start) else read_mp3(content, start)
    rest = content[start:]
    reading = _by_reader(rest) or _by_structure(rest) or _by_signature(rest)
    if reading is None:
        return Reading(Format.AAC) if _is_aac(content, start) else read_mp3(content, start)
    return replace(reading, defect=reading.defect or _tag_defect(reading.format, start))


def _tag_defect(format_: Format, size: int) -> Defect | None:
    facts = {"size": size, "format": format_.upper()}
    if format_ in _UNTAGGED_SOUNDS:
        return stray(
            text("{size:,} bytes of tags stand in front of the {format}, which not every program skips", **facts),
            _UNTAG,
        )
    if format_ in _UNTAGGED:
        return broken(
            text("{size:,} bytes of tags stand in front of the {format} and hide it from programs", **facts), _UNTAG
        )
    return None


def _begins(content: bytes, at: int) -> bool:
    """Tells whether a tag or a known file begins at a place."""
    from wxsync.media.mp3 import begins_with_frame
    from wxsync.media.mp4 import is_iso

    head = content[at : at + 16]
    return head.startswith(_BEGINNINGS) or is_iso(head) or begins_with_tag(head) or begins_with_frame(content, at)


def _by_signature(content: bytes) -> Reading | None:
    found = next((format_ for signature, format_ in _SIGNATURES if content.startswith(signature)), None)
    if found is None and content.startswith(b"\x1aE\xdf\xa3"):
        found = Format.WEBM if b"webm" in content[:64] else Format.MATROSKA
    if found is None and content.startswith(b"FORM") and content[8:12] in (b"AIFF", b"AIFC"):
        found = Format.AIFF
    if found is None and content.startswith(b"\0\0\x01\0") and content[4:6] not in (b"", b"\0\0"):
        found = Format.ICO
    if found is None and _is_old_quicktime(content):
        found = Format.MOV
    return Reading(found) if found else None


def _is_old_quicktime(content: bytes) -> bool:
    from wxsync.media.mp4 import is_old_quicktime

    return is_old_quicktime(content)


def _by_look(content: bytes) -> Reading:
    text = _text(content)
    if text:
        return Reading(text)
    if _is_aac(content, 0):
        return Reading(Format.AAC)
    from wxsync.media.mp3 import begins_with_mp3, read_mp3

    return read_mp3(content) if begins_with_mp3(content) else Reading(Format.UNKNOWN)


def _is_aac(content: bytes, at: int) -> bool:
    """Tells whether two ADTS headers follow each other (ISO/IEC 13818-7, 6.2)."""
    header = content[at : at + 7]
    if len(header) < 7 or header[0] != 0xFF or header[1] & 0xF6 != 0xF0:
        return False
    size = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    after = content[at + size : at + size + 2]
    return size >= 7 and (not after or (after[0] == 0xFF and after[-1] & 0xF6 == 0xF0))


def _text(content: bytes) -> Format | None:
    head = content[:_TEXT_HEAD]
    mark, encoding = next((pair for pair in _ENCODINGS if head.startswith(pair[0])), (b"", "utf-8"))
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(head[len(mark) :]).lstrip()
    except UnicodeDecodeError:
        return None
    if any(character < " " and character not in "\t\n\r\f\x1b" for character in text):
        return None
    return _language(text)


def _language(text: str) -> Format:
    if text.startswith("<"):
        found = re.search(_MARKUP, text)
        if found and (found.start() == 0 or text.startswith(("<?xml", "<!"))):
            return Format.SVG if found[1].lower() == "svg" else Format.HTML
        return Format.XML if text.startswith("<?xml") else Format.TEXT
    return Format.JSON if re.match(_JSON, text) else Format.TEXT
