"""What WeChat would refuse goes up converted, judged by decoding what the server got; the source is its identity."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pillow_heif
import pytest
import requests
from PIL import Image, ImageChops, ImageCms, ImageDraw

from tests.grain import grain
from tests.project import MEDIA, Project, Server, png, serving
from wxsync.media import LIMITS, Format, probe
from wxsync.model import MaterialType

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
CORNERS = {(0.1, 0.1): (220, 30, 30), (0.9, 0.1): (30, 160, 60), (0.1, 0.9): (40, 60, 200), (0.9, 0.9): (240, 220, 40)}


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


@pytest.fixture
def project(tmp_path: Path, server: Server) -> Project:
    return Project(tmp_path, server.environ)


def compass(size: tuple[int, int] = (600, 400)) -> Image.Image:
    """Draws a picture with a colour of its own in each corner."""
    picture = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(picture)
    width, height = size
    for (x, y), colour in CORNERS.items():
        left, top = (0 if x < 0.5 else width * 2 // 3), (0 if y < 0.5 else height * 2 // 3)
        pen.rectangle((left, top, left + width // 3, top + height // 3), fill=colour)
    return picture


def photograph(size: tuple[int, int], *, noise: float = 40) -> Image.Image:
    """Draws what no format packs well: colours that run into each other, under the noise of a sensor."""
    sensor = grain(size, noise).convert("RGB")
    hills = Image.radial_gradient("L").resize(size)
    colours = Image.merge("RGB", (hills, hills.transpose(Image.Transpose.FLIP_LEFT_RIGHT), ImageChops.invert(hills)))
    return ImageChops.add(colours, sensor, scale=2)


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    out = BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def heic(picture: Image.Image, **options: Any) -> bytes:
    out = BytesIO()
    pillow_heif.from_pillow(picture).save(out, format="HEIF", **options)
    return out.getvalue()


def with_exif(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Maker"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (31.0, 14.0, 0.0)
    return exif.tobytes()


def p3_profile() -> bytes:
    """Gives a profile whose red and green change places, so that whoever ignores it is found out."""
    swapped = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    tags = {bytes(swapped[at : at + 4]): at for at in range(132, 132 + 12 * int.from_bytes(swapped[128:132]), 12)}
    red, green = tags[b"rXYZ"], tags[b"gXYZ"]
    swapped[red + 4 : red + 12], swapped[green + 4 : green + 12] = (
        swapped[green + 4 : green + 12],
        swapped[red + 4 : red + 12],
    )
    name = swapped.find("sRGB".encode("utf-16-be"))
    if name >= 0:
        swapped[name : name + 8] = "Swap".encode("utf-16-be")
    return bytes(swapped)


def turned(picture: Image.Image, orientation: int) -> Image.Image:
    """Gives the pixels that a camera stores when it says that the picture is to be shown turned."""
    back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    return picture.transpose(back[orientation]) if orientation in back else picture


def swapped(picture: Image.Image) -> Image.Image:
    red, green, blue = picture.split()
    return Image.merge("RGB", (green, red, blue))


def grey16(picture: Image.Image) -> Image.Image:
    return picture.convert("L").convert("I").point(lambda value: value * 257).convert("I;16")


def turned_webp(orientation: int) -> bytes:
    return saved(turned(compass(), orientation), "WEBP", quality=90, exif=with_exif(orientation))


def turned_tiff(orientation: int) -> bytes:
    return saved(turned(compass(), orientation), "TIFF", tiffinfo={274: orientation})


PICTURES: dict[str, Callable[[], bytes]] = {
    "lossy.webp": lambda: saved(compass(), "WEBP", quality=90),
    "lossless.webp": lambda: saved(compass(), "WEBP", lossless=True),
    "photo.avif": lambda: saved(compass(), "AVIF", quality=90),
    "turned.avif": lambda: saved(turned(compass(), 6), "AVIF", quality=90, exif=with_exif(6)),
    "photo.heic": lambda: heic(compass(), quality=90),
    "plain.tiff": lambda: saved(compass(), "TIFF"),
    "packed.tiff": lambda: saved(compass(), "TIFF", compression="tiff_lzw"),
    "print.tiff": lambda: saved(compass().convert("CMYK"), "TIFF", compression="tiff_deflate"),
    "palette.tiff": lambda: saved(compass().quantize(16), "TIFF"),
    "lab.tiff": lambda: saved(
        ImageCms.profileToProfile(  # type: ignore[arg-type]
            compass(), ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
        ),
        "TIFF",
    ),
    "bits.bmp": lambda: saved(compass(), "BMP"),
    "palette.gif": lambda: saved(compass(), "GIF"),
    "profile.webp": lambda: saved(swapped(compass()), "WEBP", lossless=True, icc_profile=p3_profile()),
    **{f"turned-{n}.webp": partial(turned_webp, n) for n in range(1, 9)},
    **{f"turned-{n}.tiff": partial(turned_tiff, n) for n in (3, 6, 8)},
}


@dataclass(frozen=True, slots=True)
class Received:
    """Everything of one apply: the lock, and what the server got by name."""

    project: Project
    server: Server
    plan: Any

    def content(self, name: str) -> bytes:
        record = self.project.materials()[name]
        kept = self.project.root / ".wxsync" / "fitted" / f"{record['sha256']}.{record['type']}.fitted"
        content = download(self.server, record["media_id"])
        assert content == kept.read_bytes(), "what was measured is what was sent"
        assert record["fitted"] == {
            "format": probe(content).format.value,
            "sha256": hashlib.sha256(content).hexdigest(),
            "size": len(content),
        }
        return content


def download(server: Server, media_id: str) -> bytes:
    asked = {"grant_type": "client_credential", "appid": server.sandbox.appid, "secret": server.sandbox.secret}
    url = server.sandbox.url
    token = requests.post(f"{url}/cgi-bin/stable_token", json=asked, timeout=10).json()["access_token"]
    answer = requests.post(
        f"{url}/cgi-bin/material/get_material",
        params={"access_token": token},
        json={"media_id": media_id},
        timeout=10,
    )
    if answer.headers["Content-Type"].startswith(("application/json", "text/plain")):
        return requests.get(answer.json()["down_url"], timeout=10).content
    return answer.content


@pytest.fixture(scope="module")
def received(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Received]:
    with serving() as server:
        project = Project(tmp_path_factory.mktemp("pictures"), server.environ)
        for name, make in PICTURES.items():
            project.add(f"p/{name}", make())
        # As thumbs all of them must become JPEG; whatever is no JPEG is converted.
        project.manifest('materials:\n  - {path: "p/*", type: thumb, fit: true}\n')
        plan = project.run("plan", "--format", "json")
        assert plan.code == 0, plan.err
        applied = project.apply()
        assert applied.code == 0, applied.err
        yield Received(project, server, plan.json)


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_a_picture_arrives_upright_in_its_shape_and_colours(received: Received, name: str) -> None:
    picture = Image.open(BytesIO(received.content(f"p/{name}")))

    assert picture.format == "JPEG"
    assert picture.mode == "RGB"
    assert picture.size == (600, 400)
    assert not picture.getexif()
    assert "icc_profile" not in picture.info
    for (x, y), colour in CORNERS.items():
        seen = picture.getpixel((int(x * 600), int(y * 400)))
        assert isinstance(seen, tuple)
        tolerance = 40 if name == "print.tiff" else 12
        assert max(abs(one - other) for one, other in zip(seen, colour, strict=True)) <= tolerance, (name, x, y, seen)


def test_the_plan_says_what_is_sent_and_what_is_left_out(received: Received) -> None:
    changes = {change["name"]: change for change in received.plan["changes"]}

    turned_one = changes["p/turned-6.webp"]
    source = (received.project.root / "p/turned-6.webp").read_bytes()
    assert (turned_one["sha256"], turned_one["size"]) == (hashlib.sha256(source).hexdigest(), len(source))
    assert turned_one["fitted"] == received.project.materials()["p/turned-6.webp"]["fitted"]
    assert turned_one["left_out"] == ["GPS", "EXIF"]
    assert "left_out" not in changes["p/lossless.webp"]
    assert received.project.materials()["p/turned-6.webp"]["uploaded_as"].endswith(".jpg")


def test_grey_of_sixteen_bits_keeps_its_shades(project: Project, server: Server) -> None:
    project.add("deep.tiff", saved(grey16(compass()), "TIFF"))
    project.manifest("materials:\n  - {path: deep.tiff, type: image, fit: true}\n")

    assert project.apply().code == 0

    seen = Image.open(BytesIO(download(server, project.materials()["deep.tiff"]["media_id"]))).convert("L")
    wanted = compass().convert("L")
    assert all(
        abs(int(seen.getpixel((int(x * 600), int(y * 400)))) - int(wanted.getpixel((int(x * 600), int(y * 400))))) <= 3  # type: ignore[arg-type]
        for x, y in CORNERS
    )


def cutout(size: tuple[int, int] = (600, 400)) -> Image.Image:
    picture = compass(size).convert("RGBA")
    picture.paste((0, 0, 0, 0), (size[0] * 2 // 5, 0, size[0] * 3 // 5, size[1]))
    return picture


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cutout.webp", saved(cutout(), "WEBP", lossless=True)),
        ("cutout.avif", saved(cutout(), "AVIF", quality=95)),
        ("cutout.tiff", saved(cutout(), "TIFF", compression="tiff_lzw")),
        (
            "cutout.svg",
            b'<svg xmlns="http://www.w3.org/2000/svg" width="600" height="400">'
            b'<rect width="200" height="133" fill="#dc1e1e"/></svg>',
        ),
    ],
)
def test_what_is_transparent_stays_so_where_png_fits_and_is_white_elsewhere(
    project: Project, server: Server, name: str, content: bytes
) -> None:
    project.add(name, content)
    project.manifest(
        f"materials:\n  - {{path: {name}, type: image, name: a, fit: true}}\n"
        f"  - {{path: {name}, type: thumb, name: b, fit: true}}\n"
    )

    assert project.apply().code == 0

    for key, mode in (("a", "PNG"), ("b", "JPEG")):
        picture = Image.open(BytesIO(download(server, project.materials()[key]["media_id"])))
        assert picture.format == mode
        middle = picture.convert("RGBA").getpixel((picture.width // 2, picture.height // 20))
        corner = picture.convert("RGB").getpixel((picture.width // 10, picture.height // 10))
        assert isinstance(middle, tuple)
        assert isinstance(corner, tuple)
        assert middle[3] == 0 if key == "a" else min(middle) >= 250
        assert max(abs(one - other) for one, other in zip(corner, CORNERS[0.1, 0.1], strict=True)) <= 12


@pytest.mark.parametrize(
    ("kind", "picture", "wanted"),
    [
        ("article_image", photograph((3_000, 2_000)), Format.JPEG),
        ("article_image", photograph((2_000, 3_000)), Format.JPEG),
        ("thumb", photograph((1_600, 1_200)), Format.JPEG),
        ("image", photograph((4_000, 3_000), noise=110), Format.JPEG),
        (
            "article_image",
            Image.blend(compass((4_800, 3_200)), Image.radial_gradient("L").resize((4_800, 3_200)).convert("RGB"), 0.2),
            Format.PNG,
        ),
    ],
)
def test_what_is_too_large_shrinks_no_further_than_it_must(
    project: Project, server: Server, kind: str, picture: Image.Image, wanted: Format
) -> None:
    project.add("large.bmp", saved(picture, "BMP"))
    project.manifest(f"materials:\n  - {{path: large.bmp, type: {kind}, fit: true}}\n")

    run = project.run("plan", "--format", "json")

    assert run.code == 0, run.err
    fitted = run.json["changes"][0]["fitted"]
    limit = LIMITS[MaterialType(kind)].max_bytes
    made = next((project.root / ".wxsync" / "fitted").glob("*.fitted")).read_bytes()
    seen = Image.open(BytesIO(made))
    assert Format(fitted["format"]) is wanted
    assert fitted["size"] <= limit
    assert fitted["size"] >= limit / 2 or seen.size == picture.size
    assert abs(seen.width / seen.height - picture.width / picture.height) < 0.01
    assert seen.width <= picture.width


def test_a_long_screenshot_that_would_be_unreadable_is_a_problem(project: Project) -> None:
    project.add("long.bmp", saved(photograph((700, 25_000), noise=120), "BMP"))
    project.manifest("materials:\n  - {path: long.bmp, type: article_image, fit: true}\n")

    run = project.run("validate", "--format", "json")

    assert run.code == 4
    assert [problem["code"] for problem in run.json["problems"]] == ["fit-too-small"]
    assert "even at a width of 640" in run.json["problems"][0]["message"]


def frames(size: tuple[int, int] = (300, 200), count: int = 5) -> list[Image.Image]:
    pictures = []
    for n in range(count):
        picture = Image.new("RGB", size, "white")
        ImageDraw.Draw(picture).rectangle((n * 20, 20, n * 20 + 40, 80), fill=(200, 20 * n, 40))
        pictures.append(picture)
    return pictures


@pytest.mark.parametrize("kind", ["WEBP", "AVIF", "PNG"])
def test_an_animation_stays_one_where_the_type_takes_gif(project: Project, server: Server, kind: str) -> None:
    first, *rest = frames()
    content = saved(first, kind, save_all=True, append_images=rest, duration=150)
    if kind == "PNG":  # WeChat takes that as it is, unless it is too large
        content = saved(
            photograph((900, 900), noise=120),
            "PNG",
            save_all=True,
            append_images=[photograph((900, 900), noise=120 + n) for n in range(1, 6)],
            duration=150,
        )
    project.add("moving.bin", content)
    project.manifest("materials:\n  - {path: moving.bin, type: image, fit: true}\n")

    run = project.apply()

    assert run.code == 0, run.err
    seen = Image.open(BytesIO(download(server, project.materials()["moving.bin"]["media_id"])))
    assert seen.format == "GIF"
    assert seen.n_frames == (6 if kind == "PNG" else 5)  # type: ignore[attr-defined]
    assert seen.info["duration"] == 150
    if kind != "PNG":
        seen.seek(4)
        red = seen.convert("RGB").getpixel((100, 50))
        assert isinstance(red, tuple)
        assert max(abs(one - other) for one, other in zip(red, (200, 80, 40), strict=True)) <= 12


def test_of_an_animation_a_type_without_gif_gets_the_first_frame_and_a_warning(project: Project) -> None:
    first, *rest = frames()
    project.add("moving.webp", saved(first, "WEBP", save_all=True, append_images=rest, duration=150))
    project.manifest("materials:\n  - {path: moving.webp, type: article_image, fit: true}\n")

    for _again in range(2):
        run = project.run("plan")
        assert run.code == 0
        assert "the first of its 5 frames is taken" in run.err


def film(path: Path, *options: str) -> bytes:
    subprocess.run([FFMPEG, "-loglevel", "error", "-y", *options, str(path)], check=True, timeout=120)
    return path.read_bytes()


def heard(content: bytes, path: Path) -> str:
    path.write_bytes(content)
    run = subprocess.run(
        [FFMPEG, "-i", str(path), "-f", "null", "-"], capture_output=True, check=False, text=True, timeout=120
    )
    return run.stderr


def seconds_of(said: str) -> float:
    hours, minutes, seconds = re.findall(r"time=(\d+):(\d+):(\d+\.\d+)", said)[-1]
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


@pytest.mark.parametrize("name", ["speech.ogg", "speech.flac", "speech.m4a", "speech.aac"])
def test_a_voice_arrives_as_mono_mp3_of_its_length(
    project: Project, server: Server, tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    project.sample(f"refused/{name}", name)
    project.manifest(f"materials:\n  - {{path: {name}, type: voice, fit: true}}\n")

    assert project.apply().code == 0

    content = download(server, project.materials()[name]["media_id"])
    elsewhere = tmp_path_factory.mktemp("heard")
    said, source = heard(content, elsewhere / "a"), heard((MEDIA / "refused" / name).read_bytes(), elsewhere / "b")
    assert probe(content).format is Format.MP3
    assert re.search(r"Audio: mp3.*mono", said)
    assert abs(seconds_of(said) - seconds_of(source)) < 0.15


@pytest.mark.parametrize(("seconds", "is_taken"), [(60, True), (60.5, False), (200, False)])
def test_a_voice_over_a_minute_stays_an_error_and_nothing_is_cut(
    project: Project, tmp_path: Path, seconds: float, is_taken: bool
) -> None:
    sound = film(tmp_path / "long.m4a", "-f", "lavfi", "-i", "sine=frequency=440", "-t", str(seconds), "-b:a", "32k")
    project.add("long.m4a", sound)
    project.manifest("materials:\n  - {path: long.m4a, type: voice, fit: true}\n")

    run = project.run("validate", "--format", "json")

    assert [problem["code"] for problem in run.json["problems"]] == ([] if is_taken else ["duration"])


@pytest.mark.parametrize("name", ["film.mov", "film.webm", "film.mkv", "film.avi", "film.wmv", "film.flv", "film.3gp"])
def test_a_film_arrives_as_mp4_of_its_length_and_shape(
    project: Project, server: Server, tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    project.sample(f"refused/{name}", name)
    project.manifest(f"materials:\n  - {{path: {name}, type: video, title: 短片, fit: true}}\n")

    assert project.apply().code == 0

    content = download(server, project.materials()[name]["media_id"])
    elsewhere = tmp_path_factory.mktemp("seen")
    said, source = heard(content, elsewhere / "a"), heard((MEDIA / "refused" / name).read_bytes(), elsewhere / "b")
    assert probe(content).format is Format.MP4
    assert re.search(r"Video: h264.*yuv420p.* 320x212", said)
    assert abs(seconds_of(said) - seconds_of(source)) < 0.15


def test_a_film_that_is_too_large_gets_below_ten_mebibytes_upright_and_whole(project: Project, tmp_path: Path) -> None:
    picture = ("-f", "lavfi", "-i", "testsrc2=size=640x360:rate=50,noise=alls=60:allf=t", "-t", "12")
    flat = tmp_path / "flat.mov"
    film(flat, *picture, "-f", "lavfi", "-i", "sine=frequency=440", "-shortest", "-c:v", "mpeg4", "-b:v", "12M")
    content = film(tmp_path / "turned.mov", "-display_rotation", "90", "-i", str(flat), "-c", "copy", "-metadata",
                   "location=+31.2304+121.4737/")  # fmt: skip
    project.add("large.mov", content)
    project.manifest("materials:\n  - {path: large.mov, type: video, title: 长片, fit: true}\n")

    run = project.run("plan", "--format", "json")

    assert run.code == 0, run.err
    change = run.json["changes"][0]
    made = next((project.root / ".wxsync" / "fitted").glob("*.fitted")).read_bytes()
    said = heard(made, tmp_path / "seen")
    assert len(content) > 10 << 20
    assert 5 << 20 <= change["fitted"]["size"] == len(made) <= 10 << 20
    assert re.search(r"Video: h264.* 360x640", said)
    assert re.search(r"Audio: aac", said)
    assert abs(seconds_of(said) - 12) < 0.2
    assert change["left_out"] == ["GPS"]
    assert b"+31.2304" not in made


def test_a_film_that_would_look_bad_is_refused(project: Project, tmp_path: Path) -> None:
    long = film(tmp_path / "long.avi", "-f", "lavfi", "-i", "color=size=64x64:rate=5", "-t", "300", "-c:v", "mpeg4")
    project.add("long.avi", long)
    project.manifest("materials:\n  - {path: long.avi, type: video, title: 长片, fit: true}\n")

    run = project.run("validate", "--format", "json")

    assert [problem["code"] for problem in run.json["problems"]] == ["fit-too-long"]


def fitted_folder(project: Project) -> Path:
    return project.root / ".wxsync" / "fitted"


def three(project: Project) -> None:
    project.sample("refused/picture.webp", "a.webp")
    project.sample("images/logo.png", "b.png")
    project.manifest('materials:\n  - {path: "*.*p*", exclude: ["*.yaml"], type: image, fit: true}\n')


def test_what_wechat_takes_goes_up_byte_for_byte(project: Project, server: Server) -> None:
    three(project)

    assert project.apply().code == 0

    record = project.materials()["b.png"]
    assert "fitted" not in record
    assert download(server, record["media_id"]) == (MEDIA / "images" / "logo.png").read_bytes()


@pytest.mark.parametrize("kind", [MaterialType.IMAGE, MaterialType.ARTICLE_IMAGE])
@pytest.mark.parametrize("over", [-1, 0, 1])
def test_what_is_one_byte_too_large_is_converted_and_what_is_not_is_not(
    project: Project, kind: MaterialType, over: int
) -> None:
    size = LIMITS[kind].max_bytes + over
    small = len(png("a"))
    project.add("a.png", png("a", padding=size - small))
    project.manifest(f"materials:\n  - {{path: a.png, type: {kind}, fit: true}}\n")

    run = project.run("plan", "--format", "json")

    (change,) = run.json["changes"]
    assert change["size"] == size
    assert ("fitted" in change) == (over > 0)
    if over > 0:
        made = next(fitted_folder(project).glob("*.fitted")).read_bytes()
        assert Image.open(BytesIO(made)).size == (8, 8), "all its pixels are there"
        assert Image.open(BytesIO(made)).convert("RGB").getpixel((4, 4)) == Image.open(project.root / "a.png").convert(
            "RGB"
        ).getpixel((4, 4))


def test_where_nothing_can_be_kept_that_is_the_problem_of_each_file(project: Project) -> None:
    three(project)
    project.add(".wxsync/fitted", b"in the way")

    run = project.run("plan")

    assert run.code == 4
    assert "cannot be kept" in run.err
    assert "b.png" not in run.err, "what needs no conversion is in order"


def test_a_second_plan_converts_nothing(project: Project) -> None:
    three(project)
    first = project.run("plan", "--format", "json")
    states = {file: file.stat().st_mtime_ns for file in fitted_folder(project).iterdir()}

    again = project.run("plan", "--format", "json")

    assert again.json == first.json
    assert {file: file.stat().st_mtime_ns for file in fitted_folder(project).iterdir()} == states
    assert len(states) == 2


@pytest.mark.parametrize(
    "spoil",
    [
        lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(file.read_bytes() + b"x"),
        lambda file: file.unlink(),
    ],
)
@pytest.mark.parametrize("suffix", ["fitted", "json"])
def test_half_a_file_is_never_believed(
    project: Project, server: Server, spoil: Callable[[Path], object], suffix: str
) -> None:
    three(project)
    assert project.run("plan").code == 0
    spoil(next(fitted_folder(project).glob(f"*.{suffix}")))

    assert project.apply().code == 0

    record = project.materials()["a.webp"]
    content = download(server, record["media_id"])
    assert hashlib.sha256(content).hexdigest() == record["fitted"]["sha256"]
    assert Image.open(BytesIO(content)).size == (64, 64)


def test_the_source_is_the_identity_whatever_an_encoder_makes_of_it(project: Project, server: Server) -> None:
    three(project)
    assert project.apply().code == 0
    lock = project.lock()
    lock["materials"]["a.webp"]["fitted"] = {"format": "jpeg", "sha256": "0" * 64, "size": 7}
    (project.root / "materials.lock.json").write_text(json.dumps(lock), encoding="utf-8")
    shutil.rmtree(fitted_folder(project))

    run = project.run("plan", "--detailed-exitcode")

    assert run.code == 0
    assert not fitted_folder(project).exists(), "what is at WeChat need not be converted"
    project.manifest('materials:\n  - {path: "*.*p*", exclude: ["*.yaml"], type: image}\n')
    assert project.run("plan", "--detailed-exitcode").code == 0, "`fit` itself is no part of the identity"


def test_without_fit_the_lock_of_one_with_it_is_kept_and_a_new_file_is_refused(project: Project) -> None:
    three(project)
    project.manifest('materials:\n  - {path: "*.webp", type: image}\n')

    run = project.run("plan")

    assert run.code == 4
    assert "fit: true" in run.err


def test_a_saved_plan_is_applied_where_the_converted_file_is_gone(project: Project) -> None:
    three(project)
    assert project.run("plan", "-o", str(project.root / "plan.json")).code == 0
    shutil.rmtree(fitted_folder(project))

    run = project.apply(str(project.root / "plan.json"))

    assert run.code == 0, run.err
    assert project.materials()["a.webp"]["fitted"]["format"] == "png"


def test_two_names_of_one_content_share_what_it_becomes(project: Project, server: Server) -> None:
    project.sample("refused/picture.webp", "a.webp")
    project.sample("refused/picture.webp", "b.webp")
    project.manifest('materials:\n  - {path: "*.webp", type: image, fit: true}\n')

    assert project.apply().code == 0

    records = project.materials()
    assert records["a.webp"]["media_id"] == records["b.webp"]["media_id"]
    assert records["a.webp"]["fitted"] == records["b.webp"]["fitted"]
    assert len(server.ids()) == 1


def test_a_lost_answer_is_adopted_with_what_was_sent(project: Project, server: Server) -> None:
    three(project)
    server.fault("add_material:reset-after*1")

    run = project.apply("--jobs", "1")

    assert run.code == 0, run.err
    assert len(server.ids()) == 2
    assert project.materials()["a.webp"]["fitted"]["format"] == "png"


def test_the_lock_stays_canonical(project: Project) -> None:
    three(project)
    assert project.apply().code == 0

    text = json.dumps(project.lock(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"

    assert project.lock_bytes().decode() == text


def test_a_picture_without_its_converter_says_what_to_install(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("imageio_ffmpeg.get_ffmpeg_exe", _raise)
    project.sample("refused/speech.ogg", "a.ogg")
    project.manifest("materials:\n  - {path: a.ogg, type: voice, fit: true}\n")

    run = project.run("validate", "--format", "json")

    (problem,) = run.json["problems"]
    assert problem["code"] == "converter-missing"
    assert "wxsync[ffmpeg]" in problem["hint"]


def _raise() -> str:
    raise RuntimeError("no ffmpeg")


@pytest.mark.parametrize(
    ("word", "code"), [("yes", "wrong-fit"), ("1", "wrong-fit"), ("[]", "wrong-type"), ("", "wrong-fit")]
)
def test_fit_is_true_or_false(project: Project, word: str, code: str) -> None:
    project.sample("images/logo.png", "a.png")
    project.manifest(f"materials:\n  - path: a.png\n    type: image\n    fit: {word}\n")

    run = project.run("validate", "--format", "json")

    assert [problem["code"] for problem in run.json["problems"]] == [code]
    assert run.json["problems"][0]["line"] == 5


def test_a_page_shows_what_was_converted(project: Project) -> None:
    project.sample("refused/picture.heic", "a.heic")
    project.manifest("materials:\n  - {path: a.heic, type: image, fit: true}\n")
    assert project.apply().code == 0

    assert project.run("report", "-o", str(project.root / "page.html")).code == 0

    page = (project.root / "page.html").read_text(encoding="utf-8")
    assert "Sent as" in page
    assert "data:image/" in page
