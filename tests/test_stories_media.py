"""A wrong file is found before anything is sent: formats, sizes, play times, and what WeChat says itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.project import MEDIA, Project, Server, png
from tests.sandbox_world import Answer, OverHttp
from wxsync.media import check, probe
from wxsync.model import MaterialType, Severity

KIB = 1024
MIB = 1024 * KIB
TYPES = ("image", "voice", "video", "thumb", "article_image")
HTML = b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>"


def sample(path: str) -> bytes:
    return (MEDIA / path).read_bytes()


def entry(path: str, material_type: str, more: str = "") -> str:
    title = ", title: film" if material_type == "video" and "title" not in more else ""
    return f"  - {{path: {json.dumps(path)}, type: {material_type}{title}{more}}}\n"


def problems(project: Project) -> list[dict[str, Any]]:
    ran = project.run("validate", "--format", "json")
    found = list(ran.json["problems"])
    assert ran.code == (4 if any(one["severity"] == "error" for one in found) else 0)
    return found


def said(project: Project) -> list[tuple[str, str]]:
    return [(one["code"], one["severity"]) for one in problems(project)]


@pytest.mark.parametrize(
    ("material_type", "source", "most"),
    [
        ("image", "images/logo.png", 10 * MIB),
        ("voice", "voices/pcm.wav", 2 * MIB),
        ("video", "video/intro.mp4", 10 * MIB),
        ("thumb", "covers/intro.jpg", 64 * KIB),
        ("article_image", "articles/step-1.png", MIB - 1),
    ],
)
def test_a_file_of_the_full_size_is_taken_and_one_more_byte_is_not(
    offline: Project, material_type: str, source: str, most: int
) -> None:
    path = Path(source).name
    offline.manifest("materials:\n" + entry(path, material_type))

    offline.add(path, sample(source).ljust(most, b"\0"))
    assert problems(offline) == []
    assert offline.run("plan").code == 0

    offline.add(path, sample(source).ljust(most + 1, b"\0"))
    (found,) = problems(offline)
    assert (found["code"], found["severity"]) == ("size", "error")
    assert f"{most + 1:,} bytes" in found["message"]
    assert offline.run("plan").code == 4


def wav(milliseconds: int) -> bytes:
    """Makes a voice of silence, 8,000 bytes for each second."""
    sound = bytes(8 * milliseconds)
    return (
        b"RIFF"
        + (36 + len(sound)).to_bytes(4, "little")
        + b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data"
        + len(sound).to_bytes(4, "little")
        + sound
    )


def amr(milliseconds: int) -> bytes:
    """Makes a voice of frames without data, 20 ms each."""
    return b"#!AMR\n" + b"\x7c" * (milliseconds // 20)


def mp3(milliseconds: int) -> bytes:
    """Makes a voice of the smallest frames, 24 ms each."""
    return b"\xff\xf3\x14\xc0".ljust(24, b"\0") * (milliseconds // 24)


@pytest.mark.parametrize(
    ("make", "next_longer"), [(wav, 60_100), (amr, 60_100), (wav, 60_001), (amr, 60_020), (mp3, 60_024)]
)
def test_a_voice_plays_for_a_minute_and_no_longer(
    offline: Project, make: Callable[[int], bytes], next_longer: int
) -> None:
    path = f"talk.{make.__name__}"
    offline.manifest("materials:\n" + entry(path, "voice"))

    offline.add(path, make(60_000))
    assert problems(offline) == []

    offline.add(path, make(next_longer))
    (found,) = problems(offline)
    assert (found["code"], found["severity"]) == ("duration", "error")
    assert f"{next_longer / 1000:g} s" in found["message"]


LOGO = sample("images/logo.png")


@pytest.mark.parametrize(
    ("content", "path", "material_type", "code", "severity", "says", "advises"),
    [
        (sample("refused/picture.webp"), "a.jpg", "image", "format", "error", "WEBP", "ffmpeg -i a.jpg"),
        (sample("refused/picture.webp"), "a.png", "image", "format", "error", "the name says .png", "a-converted.png"),
        (HTML, "a.png", "image", "format", "error", "an HTML page", "an error page may have been saved"),
        (sample("refused/answer.json"), "a.mp3", "voice", "format", "error", "a JSON document", "an error page"),
        (sample("images/logo.png"), "a.png", "thumb", "format", "error", "PNG; for thumb WeChat takes JPEG", "a.jpg"),
        (sample("images/banner.gif"), "a.gif", "article_image", "format", "error", "JPEG, PNG", "ffmpeg -i a.gif"),
        (sample("audio/welcome.mp3"), "a.mp3", "video", "format", "error", "MP3", "type: voice"),
        (sample("refused/film.mov"), "a.mp4", "video", "format", "error", "QuickTime", "ffmpeg -i a.mp4"),
        (sample("images/logo.png"), "a.jpg", "image", "extension", "warning", "PNG, but", "end in .png"),
        (LOGO[:-40], "a.png", "image", "truncated", "warning", "cut short", "download it again"),
        (LOGO[:33], "a.png", "image", "broken", "error", "no image data", "download it again"),
        (sample("video/intro.mp4")[:-500], "a.mp4", "video", "truncated", "warning", "500 bytes", "download it again"),
        (sample("video/index-last.mp4")[:3000], "a.mp4", "video", "broken", "error", "moov", "download it again"),
        (wav(1000)[:44], "a.wav", "voice", "broken", "error", "no sound", "download it again"),
        (b"#!AMR\n", "a.amr", "voice", "broken", "error", "no frame", "download it again"),
        (b"", "a.png", "image", "empty", "error", "0 bytes", "export or download it again"),
    ],
)
def test_validate_names_what_a_file_is_and_the_way_out(
    offline: Project, content: bytes, path: str, material_type: str, code: str, severity: str, says: str, advises: str
) -> None:
    offline.add(path, content)
    offline.manifest("materials:\n" + entry(path, material_type))

    (found,) = problems(offline)

    assert (found["code"], found["severity"], found["path"]) == (code, severity, path)
    assert (found["line"], found["column"]) == (3, 12)
    assert says in found["message"]
    assert advises in found["hint"]
    assert offline.run("plan").code == (4 if severity == "error" else 0)


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("", ["error"]),
        (", title: ''", ["error"]),
        (", title: '  '", ["error"]),
        (f", title: {'好' * 64}", []),
        (f", title: {'好' * 65}", ["warning"]),
        (f", title: film, introduction: {'好' * 121}", ["warning"]),
    ],
)
def test_a_video_needs_a_title_and_long_texts_only_warn(offline: Project, title: str, expected: list[str]) -> None:
    offline.sample("video/intro.mp4", "a.mp4")
    offline.manifest(f"materials:\n  - {{path: a.mp4, type: video{title}}}\n")

    found = problems(offline)

    assert [one["severity"] for one in found] == expected
    assert all("title" in one["message"] or "introduction" in one["message"] for one in found)


def test_warnings_are_shown_and_do_not_stop_apply(project: Project, server: Server) -> None:
    project.add("named.jpg", png("named"))
    project.add("cut.png", LOGO[:-40])
    project.manifest("materials:\n" + entry("named.jpg", "image") + entry("cut.png", "image"))

    applied = project.apply()

    assert applied.code == 0
    assert "[extension]" in applied.err
    assert "[truncated]" in applied.err
    assert len(server.ids()) == 2
    assert all(name.endswith(".png") for name in server.names())


def test_a_glob_names_each_bad_file_at_its_own_place(offline: Project) -> None:
    offline.add("images/good.png", png("good"))
    offline.add("images/page.png", HTML)
    offline.add("images/deep/empty.gif", b"")
    offline.sample("refused/picture.webp", "images/photo.jpg")
    offline.manifest("materials:\n" + entry("images/good.png", "image", ", name: logo") + entry("images/**", "image"))

    found = problems(offline)

    assert {one["path"]: one["code"] for one in found} == {
        "images/page.png": "format",
        "images/deep/empty.gif": "empty",
        "images/photo.jpg": "format",
    }
    assert {(one["line"], one["column"]) for one in found} == {(4, 12)}
    assert {one["name"] for one in found} == {one["path"] for one in found}


def test_plan_judges_only_what_it_would_upload(project: Project, server: Server) -> None:
    project.images("old.png", "new.png")
    assert project.apply().code == 0
    lock = project.lock()
    content = HTML.ljust(11 * MIB)
    project.add("old.png", content)
    lock["materials"]["old.png"] |= {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    project.add("materials.lock.json", json.dumps(lock).encode())
    calls = server.calls()

    assert project.run("plan", "--detailed-exitcode").code == 0
    assert project.apply().code == 0
    assert sorted(code for code, _ in said(project)) == ["format", "size"]
    assert project.run("plan", "--replace", "old.png").code == 4
    assert server.calls() == calls


COMMITTED = ("refused", "images", "voices", "video", "covers", "articles")
USUAL = {"image": "png", "thumb": "jpg", "article_image": "jpg", "voice": "mp3", "video": "mp4"}
CODES = {
    "empty": {44001},
    "lfs-pointer": {40113, 40137},
    "format": {40113, 40005, 40137},
    "size": {45001, 40012, 40009},
    "duration": {45007},
}


@pytest.mark.parametrize("material_type", TYPES)
def test_the_sandbox_refuses_what_validate_refuses(project: Project, server: Server, material_type: str) -> None:
    files = {**committed(), **broken(), **large()}
    for path, content in files.items():
        project.add(path, content)
    project.manifest("materials:\n" + "".join(entry(path, material_type) for path in files))
    refused = {one["path"] for one in problems(project) if one["severity"] == "error"}

    wechat = OverHttp(server.sandbox)
    for path, content in files.items():
        found = check(probe(content), MaterialType(material_type), filename=path)
        errors = {one.code for one in found if one.severity is Severity.ERROR}
        told = {code for error in errors - {"broken"} for code in CODES[error]}
        assert upload(wechat, material_type, content).get("errcode", 0) in (told or {0}), path
        assert (path in refused) == bool(errors), path


def committed() -> dict[str, bytes]:
    files = (file for folder in COMMITTED for file in sorted((MEDIA / folder).glob("*.*")))
    return {file.relative_to(MEDIA).as_posix(): file.read_bytes() for file in files}


def broken() -> dict[str, bytes]:
    """Gives what plays or shows nothing: its format is right, so the sandbox takes it and validate does not."""
    return {
        "broken/cut.png": LOGO[:33],
        "broken/cut.jpg": sample("covers/intro.jpg")[:100],
        "broken/cut.gif": sample("images/banner.gif")[:13],
        "broken/cut.mp4": sample("video/index-last.mp4")[:3000],
        "broken/cut.wav": wav(1000)[:44],
        "broken/cut.amr": amr(0),
    }


def large() -> dict[str, bytes]:
    """Gives what is as large or as long as a type lets it be, and what is a little more."""
    cover, film = sample("covers/intro.jpg"), sample("video/intro.mp4")
    return {
        "full/image.png": LOGO.ljust(10 * MIB, b"\0"),
        "much/image.png": LOGO.ljust(10 * MIB + 1, b"\0"),
        "full/article.png": LOGO.ljust(MIB - 1, b"\0"),
        "much/article.png": LOGO.ljust(MIB, b"\0"),
        "full/cover.jpg": cover.ljust(64 * KIB, b"\0"),
        "much/cover.jpg": cover.ljust(64 * KIB + 1, b"\0"),
        "full/film.mp4": film.ljust(10 * MIB, b"\0"),
        "much/film.mp4": film.ljust(10 * MIB + 1, b"\0"),
        "full/voice.wav": wav(1000).ljust(2 * MIB, b"\0"),
        "much/voice.wav": wav(1000).ljust(2 * MIB + 1, b"\0"),
        "full/talk.wav": wav(60_000),
        "much/talk.wav": wav(60_100),
        "much/talk.amr": amr(60_100),
    }


def upload(wechat: OverHttp, material_type: str, content: bytes) -> Answer:
    """Uploads under a name that suits the type, so that only the content is judged."""
    name = f"file.{USUAL[material_type]}"
    if material_type == "article_image":
        return wechat.image(name, content)
    return wechat.add(material_type, name, content, '{"title": "film", "introduction": ""}')
