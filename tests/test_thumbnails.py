"""Large pictures become small ones; whatever cannot or should not be decoded gives none."""

from __future__ import annotations

import re
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.grain import grain
from tests.project import MEDIA, png
from wxsync.thumbnails import EDGE, quietly, thumbnail


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with quietly():
        yield


def drawn(kind: str, mode: str = "RGB", size: tuple[int, int] = (800, 600), **options: object) -> bytes:
    out = BytesIO()
    grain(size, 90).convert(mode).save(out, kind, **options)
    return out.getvalue()


def opened(content: bytes) -> Image.Image:
    small = thumbnail(content)
    assert small
    assert small.mime == "image/webp"
    return Image.open(BytesIO(small.content))


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("JPEG", "RGB"),
        ("JPEG", "L"),
        ("JPEG", "CMYK"),
        ("PNG", "RGB"),
        ("PNG", "1"),
        ("PNG", "P"),
        ("PNG", "I;16"),
        ("PNG", "LA"),
        ("GIF", "P"),
        ("BMP", "RGB"),
    ],
)
def test_a_large_picture_becomes_a_small_one_of_the_same_shape(kind: str, mode: str) -> None:
    assert opened(drawn(kind, mode)).size == (EDGE, EDGE * 3 // 4)


@pytest.mark.parametrize("path", ["images/logo.png", "images/banner.gif", "images/icon.bmp", "covers/intro.jpg"])
def test_a_real_picture_can_be_shown(path: str) -> None:
    content = (MEDIA / path).read_bytes()

    small = thumbnail(content)

    assert small
    assert len(small[1]) <= len(content)


def test_a_small_picture_comes_back_as_it_is() -> None:
    assert thumbnail(png("small")) == ("image/png", png("small"), 8, 8)


def test_a_small_file_that_unpacks_to_a_large_picture_is_made_small() -> None:
    out = BytesIO()
    Image.new("1", (4_000, 4_000)).save(out, "PNG")

    assert len(out.getvalue()) < 24 * 1024
    assert opened(out.getvalue()).size == (EDGE, EDGE)


def test_what_is_transparent_stays_so() -> None:
    out = BytesIO()
    Image.new("RGBA", (800, 800), (0, 200, 0, 0)).save(out, "PNG")

    assert opened(out.getvalue()).convert("RGBA").getpixel((9, 9))[3] == 0  # type: ignore[index]


def test_a_picture_that_was_taken_upright_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6

    small = opened(drawn("JPEG", exif=exif))

    assert small.size == (EDGE * 3 // 4, EDGE)
    assert not small.getexif(), "where a picture was taken is nobody's business"


def test_a_bomb_is_not_unpacked() -> None:
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 1, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(7_501 * 60_000 // 100))), (b"IEND", b"")]
    bomb = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )

    assert thumbnail(bomb) is None


@pytest.mark.parametrize(
    "size",
    [(1, 9_000), (9_000, 1), (447, 449), (4_031, 3_023), (225, 2_250)],
    ids=lambda size: "x".join(map(str, size)),
)
def test_no_edge_is_lost_when_a_picture_is_reduced(size: tuple[int, int]) -> None:
    out = BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(out, "PNG")

    small = opened(out.getvalue()).convert("RGB")

    assert max(small.size) <= EDGE
    width, height = small.size
    for corner in ((0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1)):
        colour = small.getpixel(corner)
        assert isinstance(colour, tuple)
        assert all(abs(one - other) < 12 for one, other in zip(colour, (200, 30, 30), strict=True))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def flat_png(width: int, height: int, *, colours: Literal["palette", "full"]) -> bytes:
    """Makes a PNG of one colour without holding its pixels."""
    kind, size = (3, width) if colours == "palette" else (2, 3 * width)
    squeezer, row = zlib.compressobj(1), bytes(size + 1)
    pixels = b"".join([*(squeezer.compress(row) for _ in range(height)), squeezer.flush()])
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    palette = ((b"PLTE", bytes(768)), (b"tRNS", bytes(256))) if colours == "palette" else ()
    parts = ((b"IHDR", header), *palette, (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, data) for kind, data in parts)


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def bitmap_of_runs(width: int, height: int, runs: bytes) -> bytes:
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(runs), 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", 1_078 + len(runs), 0, 0, 1_078) + header + bytes(1_024) + runs


def scanned_again(jpeg: bytes, times: int) -> bytes:
    return jpeg[:-2] + jpeg[jpeg.rfind(b"\xff\xda") : -2] * times + jpeg[-2:]


JPEG = saved(grain((64, 64), 90).convert("RGB"), "JPEG")
PNG = saved(Image.new("RGB", (300, 300)), "PNG")
GIF = saved(Image.new("P", (300, 300)), "GIF")
TOO_MUCH = {
    "a palette of 144 million pixels": lambda: flat_png(12_000, 12_000, colours="palette"),
    "full colour of 36 million pixels": lambda: flat_png(6_000, 6_000, colours="full"),
    "a progressive JPEG of 70 million pixels": lambda: saved(Image.new("L", (14_000, 5_000)), "JPEG", progressive=True),
    "nothing but fill bytes": lambda: JPEG[:2] + b"\xff" * 9_000_000 + JPEG[2:],
    "empty segments": lambda: JPEG[:2] + b"\xff\xfe\0\2" * 2_000_000 + JPEG[2:],
    "bytes between segments": lambda: JPEG[:2] + b"\0" * 9_000_000 + JPEG[2:],
    "scans without end": lambda: scanned_again(
        saved(Image.new("RGB", (4_000, 4_000)), "JPEG", progressive=True), 9_000
    ),
    "empty chunks": lambda: PNG[:33] + chunk(b"teXt", b"") * 500_000 + PNG[33:],
    "pieces of one byte": lambda: GIF[:19] + b"\x21\xfe" + b"\1a" * 1_000_000 + b"\0" + GIF[19:],
    "runs of one pixel": lambda: bitmap_of_runs(30_000, 4_000, b"\1\1" * 4_000_000),
}


@pytest.mark.parametrize("made", TOO_MUCH.values(), ids=TOO_MUCH.keys())
def test_what_would_take_too_much_memory_or_time_gives_none(made: Callable[[], bytes]) -> None:
    assert thumbnail(made()) is None


PEAK = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from wxsync.thumbnails import quietly, thumbnail
with quietly(), ThreadPoolExecutor(4) as threads:
    small = list(threads.map(lambda file: thumbnail(Path(file).read_bytes()), sys.argv[1:] * 3))
assert all(small)
print(Path("/proc/self/status").read_text())
"""
# The largest of each kind that is decoded at all.
LARGE = [
    flat_png(11_500, 11_400, colours="palette"),
    flat_png(5_700, 5_700, colours="full"),
    saved(Image.new("RGB", (4_600, 4_500)), "JPEG", progressive=True, subsampling=0),
]


@pytest.mark.skipif(sys.platform != "linux", reason="getrusage would count the parent's memory before exec as well")
def test_all_pictures_of_a_page_together_take_a_bounded_memory(tmp_path: Path) -> None:
    files = [tmp_path / str(number) for number in range(len(LARGE))]
    for file, content in zip(files, LARGE, strict=True):
        file.write_bytes(content)

    ran = subprocess.run(
        [sys.executable, "-c", PEAK, *files],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )

    [peak] = re.findall(r"VmHWM:\s+(\d+) kB", ran.stdout)
    assert int(peak) < 250 * 1024


@pytest.mark.parametrize(
    "name",
    [
        "picture.webp",
        "picture.tiff",
        "picture.ico",
        "picture.svg",
        "picture.avif",
        "page.pdf",
        "empty.png",
        "pointer.jpg",
    ],
)
def test_what_is_no_picture_that_wechat_takes_gives_none(name: str) -> None:
    assert thumbnail((MEDIA / "refused" / name).read_bytes()) is None


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP"])
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_a_damaged_picture_gives_a_small_one_or_none(kind: str, data: st.DataObject) -> None:
    content = bytearray(SOUND[kind])
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=6)):
        content[at] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(content)))

    small = thumbnail(bytes(content[:end]))

    assert small is None or small[0].startswith("image/")


SOUND = {kind: drawn(kind, size=(400, 300)) for kind in ("JPEG", "PNG", "GIF", "BMP")}


def test_the_same_picture_gives_the_same_bytes() -> None:
    picture = drawn("JPEG")

    assert thumbnail(picture) == thumbnail(picture)
