"""What files turn out to be, told from their bytes alone, on real media from real encoders."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from wxsync.media import Defect, Format, LfsPointer, Media, probe
from wxsync.model import Severity

MEDIA = Path(__file__).parent / "media"
ZEROS = b"\0" * 64


def sample(path: str) -> bytes:
    return (MEDIA / path).read_bytes()


def defect(media: Media) -> Defect:
    assert media.defect is not None
    return media.defect


ACCEPTED = {
    "images/logo.png": Format.PNG,
    "images/interlaced.png": Format.PNG,
    "images/posts/spring.jpg": Format.JPEG,
    "images/progressive.jpg": Format.JPEG,
    "images/banner.gif": Format.GIF,
    "images/icon.bmp": Format.BMP,
    "articles/step-1.png": Format.PNG,
    "articles/photo.jpg": Format.JPEG,
    "covers/intro.jpg": Format.JPEG,
    "audio/welcome.mp3": Format.MP3,
    "voices/pcm.wav": Format.WAV,
    "voices/narrow.amr": Format.AMR,
    "voices/wide.amr": Format.AMR,
    "voices/speech.wma": Format.WMA,
    "video/intro.mp4": Format.MP4,
    "video/index-last.mp4": Format.MP4,
    "video/fragmented.mp4": Format.MP4,
}

REFUSED = {
    "refused/picture.webp": Format.WEBP,
    "refused/picture.heic": Format.HEIC,
    "refused/picture.avif": Format.AVIF,
    "refused/picture.tiff": Format.TIFF,
    "refused/picture.ico": Format.ICO,
    "refused/picture.svg": Format.SVG,
    "refused/film.mov": Format.MOV,
    "refused/film.3gp": Format.THREE_GP,
    "refused/film.webm": Format.WEBM,
    "refused/film.mkv": Format.MATROSKA,
    "refused/film.wmv": Format.ASF,
    "refused/film.avi": Format.AVI,
    "refused/film.flv": Format.FLV,
    "refused/speech.ogg": Format.OGG,
    "refused/speech.m4a": Format.M4A,
    "refused/sound-only.mp4": Format.M4A,
    "refused/speech.aac": Format.AAC,
    "refused/speech.flac": Format.FLAC,
    "refused/page.html": Format.HTML,
    "refused/page.pdf": Format.PDF,
    "refused/answer.json": Format.JSON,
    "refused/pointer.jpg": Format.LFS_POINTER,
    "refused/empty.png": Format.EMPTY,
}


@pytest.mark.parametrize(("path", "expected"), [*ACCEPTED.items(), *REFUSED.items()])
def test_a_real_file_is_known_by_its_content_and_nothing_is_wrong_with_it(path: str, expected: Format) -> None:
    media = probe(sample(path))
    assert (media.format, media.defect) == (expected, None)
    assert media.size == len(sample(path))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\xef\xbb\xbf  <!DOCTYPE html><html>", Format.HTML),
        ("<html>".encode("utf-16"), Format.HTML),
        (b"<html><body><svg></svg>", Format.HTML),
        (b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>', Format.XML),
        (b"<!DOCTYPE svg PUBLIC><svg/>", Format.SVG),
        (b'\xef\xbb\xbf{"errcode": 40007}', Format.JSON),
        (b"[]", Format.JSON),
        ("这不是图片".encode(), Format.TEXT),
        (b"BMW is a car, not a bitmap", Format.TEXT),
        (b"\x02#!SILK_V3 and more", Format.SILK),
        (b"PK\x03\x04rest", Format.ZIP),
        (b"\0\0\0\x08wide\0\0\0\x08mdat", Format.MOV),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", Format.AVIF),
        (bytes(range(64)), Format.UNKNOWN),
        (b"\xff" * 5000, Format.UNKNOWN),
        (b"ID3\x04\0\0\0\0\0\0fLaC", Format.FLAC),
    ],
)
def test_what_is_no_media_at_all_is_still_named(content: bytes, expected: Format) -> None:
    assert probe(content).format is expected


@pytest.mark.parametrize(
    ("path", "extension"), [("images/posts/spring.jpg", "jpg"), ("voices/wide.amr", "amr"), ("refused/film.wmv", "wmv")]
)
def test_the_extension_is_that_of_the_content(path: str, extension: str) -> None:
    assert probe(sample(path)).extension == extension


OID = "ab" * 32
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{OID}\nsize 12345\n".encode()


def test_a_git_lfs_pointer_tells_the_digest_and_size_of_its_file() -> None:
    assert probe(POINTER).lfs == LfsPointer(sha256=OID, size=12345)
    assert probe(POINTER.replace(b"oid", b"ext-0-foo sha256:00\noid")).lfs == LfsPointer(sha256=OID, size=12345)


@pytest.mark.parametrize(
    "content",
    [
        POINTER.replace(b"size 12345", b"size -1"),
        POINTER.replace(b"sha256:ab", b"sha256:AB"),
        POINTER.replace(b"size 12345\n", b""),
        POINTER + b"more\n",
        POINTER.replace(b"\n", b"\r\n"),
    ],
)
def test_a_damaged_git_lfs_pointer_is_a_pointer_to_nothing(content: bytes) -> None:
    media = probe(content)
    assert (media.format, media.lfs, defect(media).code) == (Format.LFS_POINTER, None, "broken")


def test_a_long_text_that_begins_like_a_pointer_is_a_text() -> None:
    assert probe(POINTER + b"x" * 1024).format is Format.TEXT


CUT = [path for path, kind in ACCEPTED.items() if kind is not Format.MP4]


@pytest.mark.parametrize("path", [*CUT, "video/intro.mp4"])
def test_a_file_cut_short_keeps_its_name_and_is_never_called_whole(path: str) -> None:
    whole = sample(path)
    for length in (26, 40, 60, 100, *range(150, len(whole) - 13, max(len(whole) // 60, 1))):
        media = probe(whole[:length])
        assert media.format is ACCEPTED[path]
        assert media.defect is not None or path in _ENDLESS, length


# A cut between two frames leaves a shorter voice that is whole in itself.
_ENDLESS = ("voices/wide.amr", "voices/narrow.amr")


@pytest.mark.parametrize("path", ["images/logo.png", "images/posts/spring.jpg", "images/banner.gif", "images/icon.bmp"])
def test_a_picture_without_pixels_is_an_error_and_one_with_some_a_warning(path: str) -> None:
    whole = sample(path)
    assert defect(probe(whole[:36])).severity is Severity.ERROR
    assert defect(probe(whole[: len(whole) * 3 // 4])).severity is Severity.WARNING


def test_a_video_whose_index_is_missing_is_an_error_and_one_whose_end_is_missing_a_warning() -> None:
    index_first, index_last = sample("video/intro.mp4"), sample("video/index-last.mp4")
    assert defect(probe(index_last[: len(index_last) - 100])).severity is Severity.ERROR
    assert defect(probe(index_first[: len(index_first) - 100])).severity is Severity.WARNING
    assert "moov" in defect(probe(index_last[:3000])).message


def test_a_picture_mangled_by_line_end_conversion_says_so() -> None:
    mangled = sample("images/logo.png").replace(b"\r\n", b"\n")
    assert "line ends" in defect(probe(mangled)).message


def box(kind: bytes, content: bytes = b"", *, wide: bool = False, open_end: bool = False) -> bytes:
    if wide:
        return struct.pack(">I4sQ", 1, kind, 16 + len(content)) + content
    return struct.pack(">I4s", 0 if open_end else 8 + len(content), kind) + content


def film(handler: bytes = b"vide", pictures: int = 5, brand: bytes = b"isom", **moov: bool) -> bytes:
    table = box(b"stbl", box(b"stsz", struct.pack(">III", 0, 0, pictures)))
    media = box(b"mdia", box(b"hdlr", ZEROS[:8] + handler + ZEROS[:12]) + box(b"minf", table))
    return box(b"ftyp", brand + ZEROS[:4]) + box(b"moov", box(b"trak", media), **moov)


@pytest.mark.parametrize(
    ("content", "expected", "code"),
    [
        (film() + box(b"mdat", ZEROS), Format.MP4, None),
        (film(wide=True) + box(b"mdat", ZEROS), Format.MP4, None),
        (film() + box(b"mdat", ZEROS, wide=True), Format.MP4, None),
        (film() + box(b"mdat", ZEROS, open_end=True), Format.MP4, None),
        (film(pictures=0) + box(b"mdat", ZEROS), Format.MP4, "broken"),
        (film(pictures=0) + box(b"moof", ZEROS) + box(b"mdat", ZEROS), Format.MP4, None),
        (film() + box(b"mdat"), Format.MP4, "broken"),
        (film(), Format.MP4, "broken"),
        (film(handler=b"text") + box(b"mdat", ZEROS), Format.MP4, "broken"),
        (film(handler=b"soun") + box(b"mdat", ZEROS), Format.M4A, None),
        (film(brand=b"M4A ") + box(b"mdat", ZEROS), Format.M4A, None),
        (film(brand=b"qt  ") + box(b"mdat", ZEROS), Format.MOV, None),
        (film(brand=b"M4V ") + box(b"mdat", ZEROS), Format.MP4, None),
    ],
)
def test_an_mp4_needs_an_index_a_video_track_and_pictures(content: bytes, expected: Format, code: str | None) -> None:
    media = probe(content)
    assert (media.format, media.defect and media.defect.code) == (expected, code)


@pytest.mark.parametrize(
    ("behind", "code"),
    [
        pytest.param(b"the trailer of a dashcam" * 40, None, id="text"),
        pytest.param(b"\x7f\xff\xff\xf0\x89\x01\x02\x03" * 9, None, id="bytes that read like a huge box"),
        pytest.param(bytes(1000), None, id="padding"),
        pytest.param(struct.pack(">I4s", 9000, b"free") + bytes(50), None, id="filling that is cut off"),
        pytest.param(struct.pack(">I4s", 9000, b"mdat") + bytes(50), "truncated", id="pictures that are cut off"),
        pytest.param(struct.pack(">I4s", 9000, b"moof") + bytes(50), "truncated", id="a fragment that is cut off"),
    ],
)
@pytest.mark.parametrize("path", ["video/intro.mp4", "video/index-last.mp4"])
def test_bytes_behind_the_last_box_of_an_mp4_take_nothing_from_it(path: str, behind: bytes, code: str | None) -> None:
    media = probe(sample(path) + behind)
    assert (media.format, media.defect and media.defect.code) == (Format.MP4, code)


def test_an_mp4_may_name_its_brand_behind_empty_boxes() -> None:
    filled = box(b"free", ZEROS) + box(b"skip") + film() + box(b"mdat", ZEROS)
    assert probe(filled) == Media(Format.MP4, len(filled), "mp4")
    assert probe(box(b"wide") + film(brand=b"qt  ")).format is Format.MOV
