"""The way out that a hint gives is one: every command in a hint is run here on the format for which it is given."""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tests.grain import grain
from wxsync.media import LIMITS, Finding, Format, check, probe
from wxsync.model import MaterialType, Severity

MEDIA = Path(__file__).parent / "media"
IMAGE, VOICE, VIDEO = MaterialType.IMAGE, MaterialType.VOICE, MaterialType.VIDEO
THUMB, ARTICLE = MaterialType.THUMB, MaterialType.ARTICLE_IMAGE
PICTURES = (IMAGE, THUMB, ARTICLE)

# Another ffmpeg than that of the PATH, to try a new version beside the one of the system.
FFMPEG = os.environ.get("WXSYNC_TEST_FFMPEG") or shutil.which("ffmpeg")
needs_ffmpeg = pytest.mark.skipif(not FFMPEG, reason="NO FFMPEG ON THIS MACHINE: no command of a hint was run")


def sample(path: str) -> bytes:
    return (MEDIA / path).read_bytes()


def saved(picture: Image.Image, format_: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, format_, **options)
    return out.getvalue()


def noise(width: int, height: int) -> Image.Image:
    """Makes what compresses worst; the same on every day."""
    return grain((width, height), 200).convert("RGB")


FADING = Image.merge("RGBA", (*noise(90, 61).split(), Image.linear_gradient("L").resize((90, 61))))
FRAMES = [noise(90, 61).rotate(9 * step) for step in range(3)]


TURNED = Image.Exif()
TURNED[0x112] = 6


def webp(**options: object) -> bytes:
    return saved(FADING, "WEBP", **options)


def findings(content: bytes, kind: MaterialType, name: str, system: str = "linux") -> dict[str, Finding]:
    return {found.code: found for found in check(probe(content), kind, filename=name, system=system)}


@pytest.mark.parametrize("kind", PICTURES)
@pytest.mark.parametrize(
    ("content", "ways"),
    [
        pytest.param(sample("refused/picture.heic"), ("wxsync[heic]", "heif-convert a.bin a.jpg"), id="HEIC"),
        pytest.param(webp(save_all=True, append_images=FRAMES), ("fit: true",), id="animated WebP"),
        pytest.param(webp(exif=TURNED), ("fit: true", "export it as"), id="WebP that EXIF turns"),
        pytest.param(sample("refused/picture.avif"), ("fit: true", "export it as"), id="AVIF"),
        pytest.param(sample("refused/picture.tiff"), ("fit: true", "export it as"), id="TIFF"),
        pytest.param(b"II+\0\x08\0\0\0" + bytes(64), ("fit: true", "export it as"), id="BigTIFF"),
        pytest.param(sample("refused/picture.svg"), ("wxsync[svg]", "export it as"), id="SVG"),
        pytest.param(b"8BPS\0\1" + bytes(64), ("export it as",), id="PSD"),
        pytest.param(b"\xff\x0a" + bytes(range(64)), ("export it as",), id="JPEG XL"),
        pytest.param(webp(), ("fit: true", "ffmpeg -i a.bin -frames:v 1"), id="WebP"),
        pytest.param(sample("refused/picture.ico"), ("ffmpeg -i a.bin -frames:v 1",), id="ICO"),
    ],
)
def test_a_picture_that_is_refused_gets_the_ways_that_are_open(
    content: bytes, ways: tuple[str, ...], kind: MaterialType
) -> None:
    hint = findings(content, kind, "a.bin")["format"].hint
    assert all(way in hint for way in ways), hint
    assert ("ffmpeg -i" in hint) == any("ffmpeg -i" in way for way in ways)
    if ways[0] == "fit: true":
        assert hint.startswith("set `fit: true` on this entry")


def test_a_photo_of_an_iphone_is_told_what_its_owners_system_can_do() -> None:
    photo = sample("refused/picture.heic")
    ways = {
        system: findings(photo, IMAGE, "图 1.jpg", system)["format"].hint for system in ("linux", "darwin", "win32")
    }
    assert "heif-convert '图 1.jpg' '图 1-converted.jpg'" in ways["linux"]
    assert "sips -s format jpeg '图 1.jpg' --out '图 1-converted.jpg'" in ways["darwin"]
    assert "Photos" in ways["win32"]
    assert all("png" not in hint.partition("(source")[0].lower() for hint in ways.values())


def test_a_command_is_quoted_for_the_readers_system_and_keeps_off_the_file_itself() -> None:
    content = webp()
    assert 'ffmpeg -i "封面 1.png" ' in findings(content, IMAGE, "封面 1.png", "win32")["format"].hint
    assert '"封面 1-converted.png"' in findings(content, IMAGE, "封面 1.png", "win32")["format"].hint
    assert "-i FILE.png " in findings(content, IMAGE, "$(calc).png", "win32")["format"].hint
    assert "-i ./-y.png " in findings(content, IMAGE, "-y.png")["format"].hint
    assert "-i ./http:x.png " in findings(content, IMAGE, "http:x.png")["format"].hint
    pointer = sample("refused/pointer.jpg")
    assert findings(pointer, IMAGE, "图.jpg", "win32")["lfs-pointer"].hint.endswith('git lfs pull --include="图.jpg"')


@pytest.mark.parametrize("kind", MaterialType)
def test_a_file_that_is_too_large_is_told_how_it_becomes_smaller(kind: MaterialType) -> None:
    content = {VOICE: sample("voices/pcm.wav"), VIDEO: sample("video/intro.mp4")}.get(kind, saved(noise(9, 9), "JPEG"))
    hint = findings(content.ljust(LIMITS[kind].max_bytes + 1, b"\0"), kind, "a.bin")["size"].hint
    assert hint.startswith("set `fit: true` on this entry, or ")
    assert ("ffmpeg" in hint) == (kind is not VIDEO)


def test_a_voice_that_is_too_long_is_not_told_to_fit() -> None:
    long = sample("voices/pcm.wav")[:40] + (61 * 16_000).to_bytes(4, "little") + bytes(61 * 16_000)
    assert "fit" not in findings(long, VOICE, "a.wav")["duration"].hint


def run(hint: str, folder: Path) -> Path:
    """Runs the command of a hint in a folder, as its reader would, and gives the file that it made."""
    command = re.split(r" \(source: |; iPhones", hint.partition(" with: ")[2])[0]
    words = shlex.split(command)
    if words[0] == "ffmpeg":
        words[:1] = [str(FFMPEG), "-v", "error", "-nostdin", "-n"]
    ran = subprocess.run(words, check=False, cwd=folder, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, (command, ran.stderr)
    return folder / words[-1]


def becomes_taken(content: bytes, kind: MaterialType, name: str, code: str, folder: Path) -> bytes:
    """Follows a hint, and gives the file that came of it, with which nothing is wrong."""
    (folder / name).parent.mkdir(exist_ok=True, parents=True)
    (folder / name).write_bytes(content)
    made = run(findings(content, kind, name)[code].hint, folder)
    result = made.read_bytes()
    assert check(probe(result), kind, filename=made.name) == ()
    assert (folder / name).read_bytes() == content
    return result


def size_of(content: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(content)) as picture:
        picture.load()
        return picture.size


TO_PICTURES: dict[str, Callable[[], bytes]] = {
    "WebP": lambda: webp(quality=80),
    "lossless WebP": lambda: webp(lossless=True),
    "opaque WebP": lambda: saved(FADING.convert("RGB"), "WEBP"),
    "ICO": lambda: saved(FADING, "ICO", sizes=[(90, 61)]),
    "JPEG 2000": lambda: saved(FADING.convert("RGB"), "JPEG2000"),
}
TO_JPEG: dict[str, Callable[[], bytes]] = {
    "PNG": lambda: saved(FADING, "PNG"),
    "PNG of a palette": lambda: saved(FADING.convert("P"), "PNG"),
    "PNG in grey": lambda: saved(FADING.convert("LA"), "PNG"),
    "GIF": lambda: saved(FADING, "GIF"),
    "animated GIF": lambda: saved(FRAMES[0], "GIF", save_all=True, append_images=FRAMES[1:]),
    "BMP": lambda: saved(FADING.convert("RGB"), "BMP"),
}
CASES = [(make, kind) for make in TO_PICTURES for kind in PICTURES]
CASES += [(make, THUMB) for make in TO_JPEG]
CASES += [(make, ARTICLE) for make in ("GIF", "animated GIF", "BMP")]


@needs_ffmpeg
@pytest.mark.parametrize(("make", "kind"), CASES)
def test_the_command_for_a_picture_makes_the_whole_picture(make: str, kind: MaterialType, tmp_path: Path) -> None:
    content = {**TO_PICTURES, **TO_JPEG}[make]()
    # The wrong name is what brings most people here, and no pattern of a name may be taken for one.
    made = becomes_taken(content, kind, "图 1%20b [x].jpg", "format", tmp_path)
    width, height = size_of(content)
    assert size_of(made) == (width, height)
    if kind is not IMAGE and make in ("PNG", "lossless WebP", "ICO"):
        with Image.open(io.BytesIO(made)) as shown:
            assert min(shown.convert("L").crop((0, 0, width, 2)).tobytes()) > 215, "not white where transparent"


@needs_ffmpeg
@pytest.mark.parametrize(
    ("kind", "content"),
    [
        pytest.param(THUMB, lambda: saved(noise(500, 400), "JPEG", quality=98), id="thumb"),
        pytest.param(THUMB, lambda: saved(noise(150, 1800), "JPEG", quality=98), id="tall thumb"),
        pytest.param(THUMB, lambda: saved(noise(300, 300), "JPEG", quality=100, subsampling=0), id="a small thumb"),
        pytest.param(ARTICLE, lambda: saved(noise(1400, 1000), "PNG"), id="article image, PNG"),
        pytest.param(ARTICLE, lambda: saved(noise(1500, 1200), "JPEG", quality=98), id="article image, JPEG"),
        pytest.param(IMAGE, lambda: saved(noise(2900, 2400), "BMP"), id="image, BMP"),
    ],
)
def test_the_command_for_a_picture_that_is_too_large_makes_it_small_enough(
    kind: MaterialType, content: Callable[[], bytes], tmp_path: Path
) -> None:
    made = content()
    width, height = size_of(made)
    smaller = size_of(becomes_taken(made, kind, "a picture", "size", tmp_path))
    assert smaller[0] <= width
    assert smaller[0] / smaller[1] == pytest.approx(width / height, rel=0.02)


@needs_ffmpeg
def test_the_command_keeps_a_photo_upright(tmp_path: Path) -> None:
    photo = saved(noise(500, 300), "JPEG", quality=98, exif=TURNED)
    width, height = size_of(becomes_taken(photo, THUMB, "photo.jpg", "size", tmp_path))
    assert height > width


@needs_ffmpeg
@pytest.mark.parametrize("path", ["speech.ogg", "speech.m4a", "speech.aac", "speech.flac", "sound-only.mp4"])
def test_the_command_for_a_sound_makes_a_voice_of_the_same_length(path: str, tmp_path: Path) -> None:
    made = becomes_taken(sample(f"refused/{path}"), VOICE, path, "format", tmp_path)
    assert probe(made).format is Format.MP3
    assert probe(made).seconds == pytest.approx(1.115, abs=0.11)


@needs_ffmpeg
@pytest.mark.parametrize("path", ["film.mov", "film.3gp", "film.webm", "film.mkv", "film.wmv", "film.avi", "film.flv"])
def test_the_command_for_a_film_makes_a_video(path: str, tmp_path: Path) -> None:
    made = becomes_taken(sample(f"refused/{path}"), VIDEO, path.replace(".", " ") + ".mp4", "format", tmp_path)
    assert probe(made).format is Format.MP4


def made(source: str, name: str, folder: Path) -> bytes:
    """Makes what no sample is committed of."""
    words = [str(FFMPEG), "-v", "error", "-nostdin", "-f", "lavfi", "-i", source, f"made-{name}"]
    subprocess.run(words, cwd=folder, check=True, timeout=60)
    return (folder / f"made-{name}").read_bytes()


@needs_ffmpeg
@pytest.mark.parametrize(("size", "name"), [("101x57", "odd.avi"), ("101x57", "odd.mkv"), ("64x48", "old.mpg")])
def test_the_command_for_a_film_of_any_measures_makes_a_video(size: str, name: str, tmp_path: Path) -> None:
    film = made(f"color=red:size={size}:duration=1", name, tmp_path)
    assert probe(becomes_taken(film, VIDEO, name, "format", tmp_path)).format is Format.MP4


@needs_ffmpeg
@pytest.mark.parametrize(
    ("name", "expected"), [("a.wv", Format.WAVPACK), ("a.tta", Format.TRUE_AUDIO), ("a.aiff", Format.AIFF)]
)
def test_the_command_for_a_rare_sound_makes_a_voice(name: str, expected: Format, tmp_path: Path) -> None:
    sound = made("sine=duration=1", name, tmp_path)
    assert probe(sound).format is expected
    voice = probe(becomes_taken(sound, VOICE, name, "format", tmp_path))
    assert voice.seconds == pytest.approx(1, abs=0.06)


def long_wav(seconds: int, rate: int) -> bytes:
    data = bytes(seconds * rate)
    header = b"WAVEfmt \x10\0\0\0\x01\0\x01\0" + rate.to_bytes(4, "little") * 2 + b"\x01\0\x08\0data"
    return b"RIFF" + (len(data) + 36).to_bytes(4, "little") + header + len(data).to_bytes(4, "little") + data


@needs_ffmpeg
@pytest.mark.parametrize(("seconds", "rate"), [(75, 8_000), (61, 11_025), (61, 22_050)])
def test_the_command_for_a_long_voice_cuts_it_to_what_is_taken(seconds: int, rate: int, tmp_path: Path) -> None:
    made = becomes_taken(long_wav(seconds, rate), VOICE, "talk.wav", "duration", tmp_path)
    assert probe(made).seconds == pytest.approx(59.9, abs=0.1)


@needs_ffmpeg
def test_the_command_for_a_large_voice_keeps_its_length(tmp_path: Path) -> None:
    made = becomes_taken(long_wav(50, 44_100), VOICE, "talk.wav", "size", tmp_path)
    assert probe(made).seconds == pytest.approx(50, abs=0.1)


@pytest.mark.skipif(not shutil.which("heif-convert"), reason="NO heif-convert ON THIS MACHINE: its hint was not run")
def test_the_command_for_a_photo_of_an_iphone_makes_all_of_it(tmp_path: Path) -> None:
    made = becomes_taken(sample("refused/picture.heic"), IMAGE, "图 1.jpg", "format", tmp_path)
    assert probe(made).format is Format.JPEG


def test_every_error_has_a_hint() -> None:
    for path in sorted((MEDIA / "refused").iterdir()):
        for kind in MaterialType:
            found = check(probe(path.read_bytes()), kind, filename=path.name)
            assert any(one.severity is Severity.ERROR for one in found)
            assert all(one.hint for one in found)
