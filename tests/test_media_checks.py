"""What WeChat takes and what it does not: formats, sizes to the byte, names, and the texts of a video."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wxsync.media import LIMITS, Finding, Format, Media, check, check_description, check_size, probe
from wxsync.model import MaterialType, Severity

MEDIA = Path(__file__).parent / "media"
MIB = 1024 * 1024
IMAGE, VOICE, VIDEO = MaterialType.IMAGE, MaterialType.VOICE, MaterialType.VIDEO
THUMB, ARTICLE = MaterialType.THUMB, MaterialType.ARTICLE_IMAGE


def judge(path: str, material_type: MaterialType, name: str | None = None) -> tuple[Finding, ...]:
    return check(probe((MEDIA / path).read_bytes()), material_type, filename=name or path)


@pytest.mark.parametrize(
    ("path", "material_type"),
    [
        ("images/logo.png", IMAGE),
        ("images/posts/spring.jpg", IMAGE),
        ("images/banner.gif", IMAGE),
        ("images/icon.bmp", IMAGE),
        ("audio/welcome.mp3", VOICE),
        ("voices/pcm.wav", VOICE),
        ("voices/narrow.amr", VOICE),
        ("voices/wide.amr", VOICE),
        ("voices/speech.wma", VOICE),
        ("video/intro.mp4", VIDEO),
        ("covers/intro.jpg", THUMB),
        ("articles/step-1.png", ARTICLE),
        ("articles/photo.jpg", ARTICLE),
    ],
)
def test_a_good_file_gives_no_finding(path: str, material_type: MaterialType) -> None:
    assert judge(path, material_type) == ()


@pytest.mark.parametrize(
    ("path", "material_type", "says", "advises"),
    [
        ("refused/picture.webp", IMAGE, "WEBP", "ffmpeg -i refused/picture.webp"),
        ("refused/picture.heic", IMAGE, "HEIC", "convert"),
        ("refused/picture.svg", IMAGE, "SVG", "export it as PNG"),
        ("images/banner.gif", ARTICLE, "GIF", "convert"),
        ("images/icon.bmp", ARTICLE, "BMP", "convert"),
        ("images/logo.png", THUMB, "PNG", "logo.jpg"),
        ("video/intro.mp4", IMAGE, "MP4", "type: video"),
        ("images/logo.png", VOICE, "PNG", "type: image"),
        ("audio/welcome.mp3", VIDEO, "MP3", "type: voice"),
        ("refused/film.mov", VIDEO, "QuickTime", "-movflags +faststart"),
        ("refused/sound-only.mp4", VIDEO, "sound only", "made for video"),
        ("refused/film.wmv", VOICE, "Windows Media video", "made for voice"),
        ("refused/speech.ogg", VOICE, "OGG", "speech.mp3"),
        ("refused/page.html", IMAGE, "HTML", "error page"),
        ("refused/answer.json", IMAGE, "JSON", "error page"),
    ],
)
def test_a_refused_format_is_named_with_the_way_out(
    path: str, material_type: MaterialType, says: str, advises: str
) -> None:
    (found,) = judge(path, material_type)
    assert (found.code, found.severity) == ("format", Severity.ERROR)
    assert says in found.message
    assert advises in found.hint


def test_a_refused_format_under_an_accepted_name_is_still_refused() -> None:
    (found,) = judge("refused/picture.webp", IMAGE, "photo's.png")
    assert "the name says .png" in found.message
    assert "'photo'\"'\"'s-converted.png'" in found.hint


@pytest.mark.parametrize(
    ("path", "name", "codes"),
    [
        ("images/logo.png", "logo.jpg", ["extension"]),
        ("images/logo.png", "logo", ["extension"]),
        ("images/logo.png", "LOGO.PNG", []),
        ("images/posts/spring.jpg", "spring.jpeg", []),
        ("images/posts/spring.jpg", "v1.2/spring", ["extension"]),
    ],
)
def test_a_name_that_contradicts_accepted_content_is_a_warning(path: str, name: str, codes: list[str]) -> None:
    found = judge(path, IMAGE, name)
    assert [finding.code for finding in found] == codes
    assert all(finding.severity is Severity.WARNING for finding in found)


@pytest.mark.parametrize(
    ("material_type", "most"),
    [(IMAGE, 10 * MIB), (VOICE, 2 * MIB), (VIDEO, 10 * MIB), (THUMB, 64 * 1024), (ARTICLE, MIB - 1)],
)
def test_the_size_is_judged_to_the_byte(material_type: MaterialType, most: int) -> None:
    assert check_size(most, material_type) == ()
    (found,) = check_size(most + 1, material_type)
    assert (found.code, found.severity) == ("size", Severity.ERROR)
    assert f"{most + 1:,} bytes" in found.message
    assert f"{most:,}" in found.message


@pytest.mark.parametrize(
    ("path", "material_type"),
    [
        ("images/logo.png", IMAGE),
        ("voices/pcm.wav", VOICE),
        ("video/intro.mp4", VIDEO),
        ("covers/intro.jpg", THUMB),
        ("articles/step-1.png", ARTICLE),
    ],
)
def test_a_real_file_of_the_full_size_is_taken_and_one_more_byte_is_not(path: str, material_type: MaterialType) -> None:
    content = (MEDIA / path).read_bytes()
    full = content + b"\0" * (LIMITS[material_type].max_bytes - len(content))
    assert check(probe(full), material_type, filename=path) == ()
    assert [finding.code for finding in check(probe(full + b"\0"), material_type, filename=path)] == ["size"]


@pytest.mark.parametrize("material_type", MaterialType)
def test_every_limit_quotes_the_page_it_stands_on(material_type: MaterialType) -> None:
    assert re.search(r"https://developers\.weixin\.qq\.com/\S+: “.+”", LIMITS[material_type].source)


@pytest.mark.parametrize("material_type", MaterialType)
def test_an_empty_file_and_a_git_lfs_pointer_are_told_once_and_alone(material_type: MaterialType) -> None:
    (empty,) = judge("refused/empty.png", material_type)
    (pointer,) = judge("refused/pointer.jpg", material_type, "images/a b.jpg")
    assert (empty.code, pointer.code) == ("empty", "lfs-pointer")
    assert "git lfs pull --include='images/a b.jpg'" in pointer.hint


def test_a_voice_too_long_says_how_long_and_how_to_cut_it() -> None:
    (found,) = check(Media(Format.MP3, 1000, "mp3", 61.3), VOICE, filename="talk.mp3")
    assert found.message == "the voice plays 61.3 s; WeChat takes at most 60 s"
    assert "ffmpeg -i talk.mp3 -t 59.9" in found.hint
    (close,) = check(Media(Format.WAV, 1000, "wav", 60.000125), VOICE, filename="talk.wav")
    assert "60.000125 s" in close.message


def test_several_things_wrong_are_told_together() -> None:
    content = (MEDIA / "images/logo.png").read_bytes()[:-200]
    found = check(probe(content), IMAGE, filename="logo.gif")
    assert {finding.code: finding.severity for finding in found} == {
        "extension": Severity.WARNING,
        "truncated": Severity.WARNING,
    }


@pytest.mark.parametrize(
    ("title", "introduction", "expected"),
    [
        ("产品介绍", "三分钟了解我们", []),
        ("", "", [("title", Severity.ERROR)]),
        (" \u3000\t", "", [("title", Severity.ERROR)]),
        ("好\a", "", [("title", Severity.ERROR)]),
        ("好\n好", "", [("title", Severity.ERROR)]),
        ("好", "一\n二", []),
        ("好", "一\t二", [("introduction", Severity.ERROR)]),
        ("好" * 64, "好" * 120, []),
        ("好" * 65, "", [("title", Severity.WARNING)]),
        ("好", "好" * 121, [("introduction", Severity.WARNING)]),
    ],
)
def test_a_video_needs_a_title_and_long_texts_only_warn(
    title: str, introduction: str, expected: list[tuple[str, Severity]]
) -> None:
    assert [(finding.code, finding.severity) for finding in check_description(title, introduction)] == expected
