"""Large pictures become small ones; whatever cannot or should not be decoded gives none."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.project import MEDIA, png
from wxsync.thumbnails import EDGE, quietly, thumbnail


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with quietly():
        yield


def drawn(kind: str, mode: str = "RGB", size: tuple[int, int] = (800, 600), **options: object) -> bytes:
    out = BytesIO()
    Image.effect_noise(size, 90).convert(mode).save(out, kind, **options)
    return out.getvalue()


def opened(content: bytes) -> Image.Image:
    small = thumbnail(content)
    assert small
    mime, made = small
    assert mime == "image/webp"
    return Image.open(BytesIO(made))


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
    assert thumbnail(png("small")) == ("image/png", png("small"))


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
