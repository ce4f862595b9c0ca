"""Damage is judged as the decoders in use judge it: what Pillow shows in full is never refused."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from PIL import Image

from tests.grain import grain
from wxsync.media import Format, Media, check, probe
from wxsync.model import MaterialType, Severity

FORMATS = {"PNG": Format.PNG, "JPEG": Format.JPEG, "GIF": Format.GIF, "BMP": Format.BMP}
PICTURE = grain((40, 30), 60).convert("RGB")
TURNED = [PICTURE.rotate(9 * step).convert("P") for step in range(3)]


def saved(picture: Image.Image, format_: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, format_, **options)
    return out.getvalue()


EXIF = b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"
JPEG = saved(PICTURE, "JPEG", quality=80, exif=EXIF, comment=b"a comment")
GIF = saved(PICTURE.convert("P"), "GIF", save_all=True, append_images=TURNED, duration=50, comment=b"words")
PNG = saved(PICTURE, "PNG", icc_profile=bytes(300))
WHOLE = (
    JPEG,
    saved(PICTURE, "JPEG", progressive=True, comment=b"a comment"),
    saved(PICTURE, "JPEG", restart_marker_blocks=1),
    saved(PICTURE.convert("CMYK"), "JPEG"),
    saved(PICTURE.convert("L"), "JPEG", icc_profile=bytes(500)),
    GIF,
    saved(PICTURE, "GIF"),
    PNG,
    saved(PICTURE.convert("P"), "PNG", bits=4),
    saved(PICTURE, "BMP"),
    saved(PICTURE.convert("1"), "BMP"),
)


def shown_by_pillow(content: bytes) -> Format | None:
    """Tells as what Pillow shows all of a picture."""
    try:
        with Image.open(io.BytesIO(content), formats=tuple(FORMATS)) as picture:
            if picture.width * picture.height > 1_000_000:
                return None
            picture.load()
            return FORMATS.get(picture.format or "")
    except Exception:
        return None


def is_refused(media: Media) -> bool:
    return media.defect is not None and media.defect.severity is Severity.ERROR


def segments(content: bytes) -> list[int]:
    """Finds where the parts of a picture begin, between which damage is likeliest to be survived."""
    if content.startswith(b"GIF"):
        return [at for at in range(13, len(content)) if content[at] in b"!,;" and content[at - 1] == 0]
    if content.startswith(b"BM"):
        return [14, 54]
    is_png = content.startswith(b"\x89PNG")
    found, at = list[int](), 8 if is_png else 2
    while at < len(content) and content[at - 1 : at] != b"\xda":
        found.append(at)
        size = content[at : at + 4] if is_png else content[at + 2 : at + 4]
        at += int.from_bytes(size, "big") + (12 if is_png else 2)
    return found


def inserted(content: bytearray, at: int, chance: random.Random) -> None:
    size = chance.choice((1, 2, 3, 20, 300))
    content[at:at] = chance.choice((bytes(size), b"\xff" * size, chance.randbytes(size)))


def dropped(content: bytearray, at: int, chance: random.Random) -> None:
    del content[at : at + chance.choice((1, 1, 2, 4))]


def flipped(content: bytearray, at: int, chance: random.Random) -> None:
    place = at + chance.randrange(5)
    if place < len(content):
        content[place] ^= 1 << chance.randrange(8)


def misjudged(content: bytearray, at: int, chance: random.Random) -> None:
    length = int.from_bytes(content[at + 2 : at + 4], "big") + chance.choice((-2, 2, -1, 1, 100))
    content[at + 2 : at + 4] = (length % 65536).to_bytes(2, "big")


def cut(content: bytearray, at: int, chance: random.Random) -> None:
    del content[chance.randrange(len(content) // 2, len(content)) :]


def padded(content: bytearray, at: int, chance: random.Random) -> None:
    content += chance.choice((bytes(100), b"\r\n", chance.randbytes(50)))


DAMAGE: tuple[Callable[[bytearray, int, random.Random], None], ...] = (
    inserted,
    dropped,
    flipped,
    misjudged,
    cut,
    padded,
)


def damaged(seed: int, how_many: int) -> Iterator[bytes]:
    chance = random.Random(seed)
    for _ in range(how_many):
        content = bytearray(chance.choice(WHOLE))
        for _ in range(chance.randint(1, 3)):
            places = segments(bytes(content)) if chance.random() < 0.7 else range(len(content) + 1)
            chance.choice(DAMAGE)(content, chance.choice(places or [0]), chance)
        yield bytes(content)


def test_no_damaged_picture_that_pillow_shows_in_full_is_refused() -> None:
    verdicts = Counter[tuple[bool, bool]]()
    for number, content in enumerate(damaged(19, 3_000)):
        shown, media = shown_by_pillow(content), probe(content)
        verdicts[shown is not None, is_refused(media)] += 1
        if shown:
            assert (media.format, is_refused(media)) == (shown, False), (number, media)
    # Damage that spares everything, or nothing, would compare nothing.
    assert verdicts[True, False] > 500
    assert verdicts[False, True] > 300


def jpeg_with(before: bytes, marker: int) -> bytes:
    at = JPEG.index(bytes((0xFF, marker)))
    return JPEG[:at] + before + JPEG[at:]


def short_comment(by: int) -> bytes:
    at = JPEG.index(b"\xff\xfe") + 2
    return JPEG[:at] + (int.from_bytes(JPEG[at : at + 2], "big") + by).to_bytes(2, "big") + JPEG[at + 2 :]


SOF, DHT, SOS, COM = 0xC0, 0xC4, 0xDA, 0xFE
STILL = saved(PICTURE, "GIF")
FIRST_DATA = STILL.rindex(b",\0\0\0\0") + 11
FIRST_BLOCK = GIF.index(b"!")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(jpeg_with(b"\0", SOF), None, id="JPEG with a NUL byte before its frame"),
        pytest.param(jpeg_with(b"garbage", DHT), None, id="JPEG with garbage between segments"),
        pytest.param(jpeg_with(b"\xff" * 5000, SOS), None, id="JPEG with fill bytes"),
        pytest.param(jpeg_with(b"\xff\xe5\0\0", SOF), None, id="JPEG with a segment that does not count its length"),
        pytest.param(jpeg_with(b"\xff\xd3", SOF), None, id="JPEG with a lone restart marker"),
        pytest.param(short_comment(-2), None, id="JPEG with a segment that leaves out two bytes"),
        pytest.param(JPEG.replace(b"\xff\xfe", b"\0\xfe", 1), None, id="JPEG that lost the FF of a marker"),
        pytest.param(JPEG[:-2] + bytes(9), "truncated", id="JPEG that lost its end"),
        pytest.param(jpeg_with(b"\0\0", SOF)[:-100], "truncated", id="JPEG with stray bytes, cut short"),
        pytest.param(GIF[:-1] + b"\0\0;", None, id="GIF with padding before its end"),
        pytest.param(GIF + b"\0" * 50, None, id="GIF with padding behind its end"),
        pytest.param(GIF[:FIRST_BLOCK] + b"\0" + GIF[FIRST_BLOCK:], "stray", id="GIF with padding before its images"),
        pytest.param(GIF[:-1], "truncated", id="GIF without an end"),
        pytest.param(
            STILL[:FIRST_DATA] + b"\0" + STILL[FIRST_DATA:], "truncated", id="GIF with an empty block before its data"
        ),
        pytest.param(PNG + b"more", None, id="PNG with bytes behind its end"),
        pytest.param(PNG[:-12], "truncated", id="PNG without an end"),
    ],
)
def test_what_decoders_show_is_taken_with_a_warning_at_most(content: bytes, code: str | None) -> None:
    media = probe(content)
    assert shown_by_pillow(content) is media.format or code == "truncated"
    assert (media.defect and media.defect.code) == code
    assert not is_refused(media)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(JPEG[: JPEG.index(b"\xff\xc0")] + JPEG[JPEG.index(b"\xff\xda") :], "no image data", id="no frame"),
        pytest.param(JPEG[: JPEG.index(b"\xff\xda")] + b"\xff\xd9", "no image data", id="no scan"),
        pytest.param(JPEG[: JPEG.index(b"\xff\xda") + 14], "no image data", id="nothing in the scan"),
        pytest.param(b"\xff\xd8\xff\xe0\xff\xff" + JPEG[6:], "no image data", id="a segment longer than the file"),
        pytest.param(b"\xff\xd8\xff" + bytes(3000), "no image data", id="nothing"),
        pytest.param(GIF[:13] + bytes(500) + b";", "no image data", id="GIF of padding"),
    ],
)
def test_what_no_decoder_shows_is_refused(content: bytes, says: str) -> None:
    media = probe(content)
    assert shown_by_pillow(content) is None
    assert media.defect is not None
    assert says in media.defect.message
    assert is_refused(media)


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def test_a_png_whose_header_comes_second_is_taken_and_one_for_iphones_is_named() -> None:
    second = PNG[:8] + chunk(b"tEXt", b"a\0b") + PNG[8:]
    assert shown_by_pillow(second) is Format.PNG
    assert probe(second).defect is None

    (found,) = check(probe(PNG[:8] + chunk(b"CgBI", b"P\0 \2") + PNG[8:]), MaterialType.IMAGE, filename="icon.png")
    assert found.code == "broken"
    assert "iPhone apps (CgBI)" in found.message
    assert "Xcode" in found.hint
    assert "again" not in found.hint


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xff\xd8" + b"\xff\xe0\0\2" * 300_000 + JPEG[2:], id="JPEG"),
        pytest.param(PNG[:33] + (bytes(4) + b"teXt" + bytes(4)) * 300_000 + PNG[33:], id="PNG"),
        pytest.param(GIF[:-1] + b"!\xf9\0" * 300_000 + b";", id="GIF"),
    ],
)
def test_a_picture_of_endless_parts_is_not_refused_unread(content: bytes) -> None:
    media = probe(content)
    assert media.defect is not None
    assert (media.defect.code, media.defect.severity) == ("unread", Severity.WARNING)
