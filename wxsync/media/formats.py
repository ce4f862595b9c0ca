"""What a file can turn out to be; values only, nothing is read here."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from wxsync.model import Severity
from wxsync.words import Text, text


class Format(StrEnum):
    """Names a file format by its content; the first nine WeChat takes, the others are known only to be named."""

    PNG = "png"
    JPEG = "jpeg"
    GIF = "gif"
    BMP = "bmp"
    MP3 = "mp3"
    WMA = "wma"
    WAV = "wav"
    AMR = "amr"
    MP4 = "mp4"

    WEBP = "webp"
    HEIC = "heic"
    AVIF = "avif"
    TIFF = "tiff"
    ICO = "ico"
    PSD = "psd"
    JPEG_XL = "jpeg-xl"
    JPEG_2000 = "jpeg-2000"
    SVG = "svg"
    MOV = "mov"
    THREE_GP = "3gp"
    WEBM = "webm"
    MATROSKA = "matroska"
    ASF = "asf"
    AVI = "avi"
    FLV = "flv"
    MPEG = "mpeg"
    OGG = "ogg"
    M4A = "m4a"
    AAC = "aac"
    FLAC = "flac"
    AIFF = "aiff"
    MONKEYS_AUDIO = "monkeys-audio"
    WAVPACK = "wavpack"
    MUSEPACK = "musepack"
    TRUE_AUDIO = "true-audio"
    SILK = "silk"
    HTML = "html"
    JSON = "json"
    XML = "xml"
    TEXT = "text"
    PDF = "pdf"
    ZIP = "zip"
    GZIP = "gzip"
    LFS_POINTER = "lfs-pointer"
    EMPTY = "empty"
    UNKNOWN = "unknown"


_EXTENSIONS = {
    Format.JPEG: "jpg",
    Format.JPEG_XL: "jxl",
    Format.JPEG_2000: "jp2",
    Format.MATROSKA: "mkv",
    Format.ASF: "wmv",
    Format.MONKEYS_AUDIO: "ape",
    Format.WAVPACK: "wv",
    Format.MUSEPACK: "mpc",
    Format.TRUE_AUDIO: "tta",
    Format.MPEG: "mpg",
    Format.TEXT: "txt",
    Format.GZIP: "gz",
    Format.LFS_POINTER: "",
    Format.EMPTY: "",
    Format.UNKNOWN: "",
}


ANEW = text("export or download it again")


def extension_of(format_: Format) -> str:
    """Gives the usual file name extension of a format, without a dot; "" where there is none."""
    return _EXTENSIONS.get(format_, format_.value)


class LfsPointer(Struct, frozen=True):
    """Holds what a Git LFS pointer says about the file that it stands for; `size` in bytes."""

    sha256: str
    size: int


class Defect(Struct, frozen=True):
    """Says what is wrong within a file, and what to do about it.

    The code "broken" is that of a file that plays or shows nothing; "truncated" lacks a part of the whole; "stray" has
    bytes where none belong, at which some programs stop; "unread" has more parts than are looked at.
    """

    code: str
    severity: Severity
    message: Text
    remedy: Text = ANEW


class Reading(Struct, frozen=True):
    """Holds what a header reader found out; `seconds` is the play time, None where it cannot be told."""

    format: Format
    seconds: float | None = None
    defect: Defect | None = None
    is_animated: bool = False
    has_exif: bool = False


class Media(Struct, frozen=True):
    """Holds what a file's bytes are: `size` in bytes, `extension` the canonical one of its format without a dot.

    `seconds` is the play time, of a voice counted from its frames, of an MP4 as it says itself; None for everything
    else and where nothing in the file tells it. `is_animated` is told of WebP and AVIF alone, `has_exif` of WebP.
    `lfs` is set only for a well-formed Git LFS pointer.
    """

    format: Format
    size: int
    extension: str
    seconds: float | None = None
    defect: Defect | None = None
    is_animated: bool = False
    has_exif: bool = False
    lfs: LfsPointer | None = None


def broken(message: Text, remedy: Text = ANEW) -> Defect:
    """Makes the defect of a file that plays or shows nothing."""
    return Defect("broken", Severity.ERROR, message, remedy)


def truncated(message: Text) -> Defect:
    """Makes the defect of a file that plays or shows only in part."""
    return Defect("truncated", Severity.WARNING, message)


def stray(message: Text, remedy: Text = ANEW) -> Defect:
    """Makes the defect of a file with bytes where none belong, which not every program skips."""
    return Defect("stray", Severity.WARNING, message, remedy)


def unread(format_: Format) -> Defect:
    """Makes the defect of a file whose parts are too many to be looked at."""
    message = text("the {format} has so many parts that it was not read to the end", format=format_.upper())
    return Defect("unread", Severity.WARNING, message)
