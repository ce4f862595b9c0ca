"""What a hostile file does to a converter happens to that file alone, within bounds of time and memory."""

from __future__ import annotations

import base64
import struct
import threading
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.grain import grain
from tests.project import MEDIA, until
from wxsync.fit.ffmpeg import Source, find_ffmpeg, run
from wxsync.fit.made import Made, Unfit
from wxsync.fit.sounds import fit_sound
from wxsync.fit.workers import Job, Workers
from wxsync.media import Format, probe
from wxsync.model import MaterialType

WEBP = (MEDIA / "refused" / "picture.webp").read_bytes()
SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {}</svg>'


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    pool = Workers(1)
    yield pool
    pool.stop()


def converted(workers: Workers, content: bytes, kind: MaterialType = MaterialType.ARTICLE_IMAGE) -> Made:
    return workers.fit(Job(content, probe(content).format, kind))


def refusal(workers: Workers, content: bytes) -> str:
    with pytest.raises(Unfit) as error:
        converted(workers, content)
    assert converted(workers, WEBP).format is Format.PNG, "the next picture is converted as ever"
    return str(error.value)


def png_head(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")
    )


def test_a_picture_of_too_many_pixels_is_not_decoded(workers: Workers) -> None:
    assert "60000 x 40000 pixels" in refusal(workers, png_head(60_000, 40_000))


def test_an_animation_of_too_many_pixels_is_not_decoded(workers: Workers) -> None:
    frames = [Image.new("L", (3_000, 3_000), shade) for shade in range(40)]
    out = BytesIO()
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], lossless=True, method=0)

    with pytest.raises(Unfit, match="40 frames of 3000 x 3000"):
        converted(workers, out.getvalue(), MaterialType.IMAGE)


def test_a_picture_that_is_cut_short_is_refused(workers: Workers) -> None:
    out = BytesIO()
    grain((300, 300), 90).save(out, "TIFF", compression="tiff_lzw")

    assert "cannot be decoded" in refusal(workers, out.getvalue()[:20_000])


def test_a_conversion_that_takes_too_long_ends_and_the_next_one_begins_anew() -> None:
    pool = Workers(1, seconds=0.0)
    try:
        with pytest.raises(Unfit, match="took more than 0 s"):
            converted(pool, WEBP)
        pool.seconds = 60.0
        assert converted(pool, WEBP).format is Format.PNG
    finally:
        pool.stop()


def test_whoever_waits_when_the_conversions_are_stopped_is_told() -> None:
    pool = Workers(1)
    drawing = SVG.format('width="4000" height="4000">' + '<circle r="9" filter="url(#f)"/>' * 60_000).encode()
    with ThreadPoolExecutor(3) as threads:
        waiting = [threads.submit(converted, pool, drawing) for _ in range(3)]
        until(lambda: any(worker.process for worker in pool._all))
        pool.stop()
        for one in waiting:
            with pytest.raises(Unfit, match=r"interrupted|broke off"):
                one.result(timeout=30)


@pytest.mark.parametrize("box", ['width="1e9" height="1e9">', 'width="1e30" height="1e30" viewBox="0 0 1 1">'])
def test_a_drawing_has_the_pixels_that_are_shown_and_no_more(workers: Workers, box: str) -> None:
    made = converted(workers, SVG.format(box + '<rect width="9" height="9"/>').encode())

    assert Image.open(BytesIO(made.content)).size == (4096, 4096)


def test_a_drawing_that_breaks_the_renderer_breaks_nothing_else(workers: Workers) -> None:
    filters = "".join(f'<feGaussianBlur stdDeviation="{n}00"/>' for n in range(1, 4))
    nested = "<g>" * 30_000 + "</g>" * 30_000
    body = f'width="2000" height="2000"><filter id="f">{filters}</filter>{nested}<rect filter="url(#f)"/>'

    assert "the converter broke off" in refusal(workers, SVG.format(body).encode())


@pytest.mark.parametrize(
    "reference",
    [
        '<image href="{}" width="9" height="9"/>',
        '<image xlink:href="{}" width="9" height="9"/>',
        '<x:image xmlns:x="http://www.w3.org/2000/svg" xmlns:y="http://www.w3.org/1999/xlink" y:href="{}"/>',
        '<filter id="f"><feImage href="{}"/></filter><rect width="9" height="9" filter="url(#f)"/>',
        '<use href="{}#part"/>',
    ],
)
@pytest.mark.parametrize("there", ["secret.png", "/etc/hostname", "file:///etc/hostname", "https://example.com/a.png"])
def test_a_drawing_that_shows_what_is_outside_it_is_refused(workers: Workers, reference: str, there: str) -> None:
    drawing = SVG.format('width="9" height="9">' + reference.format(there)).encode()

    assert f"outside itself: {there}" in refusal(workers, drawing)


def test_what_an_entity_spells_is_what_is_refused(workers: Workers) -> None:
    declared = '<!DOCTYPE svg [<!ENTITY a "/etc/"><!ENTITY b "&a;hostname">]>'
    drawing = declared + SVG.format('width="9" height="9"><image xlink:href="&b;"/>')

    assert "outside itself: /etc/hostname" in refusal(workers, drawing.encode())


def test_a_bomb_of_entities_is_refused(workers: Workers) -> None:
    entities = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(12))
    drawing = f'<!DOCTYPE svg [<!ENTITY e0 "ha">{entities}]>' + SVG.format(">&e12;")

    assert "SVG" in refusal(workers, drawing.encode())


def test_links_and_pictures_inside_a_drawing_are_no_reference_outside(workers: Workers) -> None:
    out = BytesIO()
    Image.new("RGB", (4, 4), "red").save(out, "PNG")
    inside = base64.b64encode(out.getvalue()).decode()
    drawing = SVG.format(
        f'width="400" height="300"><a href="https://example.com"><circle id="c" r="9"/></a><use href="#c"/>'
        f'<image width="400" height="300" href="data:image/png;base64,{inside}"/>'
    )

    made = converted(workers, drawing.encode("utf-16"))

    assert Image.open(BytesIO(made.content)).convert("RGB").getpixel((540, 405)) == (255, 0, 0)


SOURCES = {
    name: (MEDIA / "refused" / f"picture.{name}").read_bytes() for name in ("webp", "avif", "tiff", "heic", "svg")
}


@pytest.mark.parametrize("name", sorted(SOURCES))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_picture_is_converted_or_refused(workers: Workers, name: str, data: st.DataObject) -> None:
    content = bytearray(SOURCES[name])
    for at in data.draw(st.lists(st.integers(12, len(content) - 1), max_size=6)):
        content[at] = data.draw(st.integers(0, 255))
    found = probe(SOURCES[name]).format
    end = data.draw(st.integers(len(content) // 2, len(content)))

    try:
        made = workers.fit(Job(bytes(content[:end]), found, MaterialType.THUMB))
    except Unfit:
        return
    assert probe(made.content).format is Format.JPEG


@pytest.fixture
def copy(tmp_path: Path) -> Source:
    file = tmp_path / "source"
    file.write_bytes((MEDIA / "refused" / "speech.ogg").read_bytes())
    return Source(find_ffmpeg(), file, Format.OGG, threading.Event())


@pytest.mark.parametrize(
    "content",
    [
        b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1,\nfile:///etc/hostname\n",
        b"ffconcat version 1.0\nfile /etc/hostname\n",
        b"OggS" + bytes(60),
        b"",
    ],
)
def test_a_playlist_under_another_name_is_not_played(copy: Source, content: bytes) -> None:
    copy.file.write_bytes(content)

    with pytest.raises(Unfit, match="ffmpeg cannot convert it"):
        fit_sound(copy)


def test_ffmpeg_is_ended_when_the_conversions_are_stopped(copy: Source) -> None:
    copy.stop.set()

    with pytest.raises(Unfit, match="interrupted"):
        run(copy, "-filter_complex", "aevalsrc=0:d=100000", "-map", "0:a:0")


def test_ffmpeg_that_takes_too_long_is_ended(copy: Source) -> None:
    with pytest.raises(Unfit, match="took more than 0 s"):
        run(copy, seconds=0.0)
