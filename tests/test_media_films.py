"""How long films play: what their index says or their fragments hold, and nothing where neither can be true."""

from __future__ import annotations

import re
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imageio_ffmpeg import get_ffmpeg_exe

from tests.test_media_probe import ZEROS, box, sample
from wxsync.media import Format, check, probe
from wxsync.model import MaterialType

ONES, LONG_ONES = 2**32 - 1, 2**64 - 1


def header(length: int, scale: int = 1000, *, version: int = 0) -> bytes:
    times = struct.pack(">QQIQ" if version else ">IIII", 0, 0, scale, length)
    return bytes((version, 0, 0, 0)) + times + bytes(16)


def track(length: int = 0, scale: int = 1000, *, number: int = 1) -> bytes:
    handler = box(b"hdlr", ZEROS[:8] + b"vide" + ZEROS[:12])
    pictures = box(b"minf", box(b"stbl", box(b"stsz", struct.pack(">III", 0, 0, 5))))
    head = box(b"tkhd", struct.pack(">IIII", 0, 0, 0, number) + bytes(64))
    return box(b"trak", head + box(b"mdia", box(b"mdhd", header(length, scale)) + handler + pictures))


def film(*inside: bytes, behind: bytes = b"") -> bytes:
    return box(b"ftyp", b"isom" + ZEROS[:4]) + box(b"moov", b"".join(inside)) + behind + box(b"mdat", ZEROS)


def extends(usual: int, *more: bytes, number: int = 1) -> bytes:
    return box(b"mvex", b"".join(more) + box(b"trex", struct.pack(">IIIIII", 0, number, 1, usual, 0, 0)))


def fragment(run: bytes, head: bytes = b"\0\0\0\0", *, number: int = 1) -> bytes:
    inside = box(b"tfhd", head[:4] + struct.pack(">I", number) + head[4:]) + box(b"trun", run)
    return box(b"moof", box(b"mfhd", ZEROS[:8]) + box(b"traf", inside))


RUN_OF_FOUR = struct.pack(">II", 0x001, 4) + ZEROS[:4]
RUN_WITH_LENGTHS = struct.pack(">II", 0x305, 2) + ZEROS[:8] + struct.pack(">IIII", 300, 9, 500, 9)


@pytest.mark.parametrize(
    ("path", "seconds"),
    [("intro.mp4", 2.4), ("index-last.mp4", 1.2), ("fragmented.mp4", 17 / 15)],
)
def test_a_real_film_plays_as_long_as_its_player_says(path: str, seconds: float) -> None:
    assert probe(sample(f"video/{path}")).seconds == pytest.approx(seconds)


@pytest.mark.parametrize(
    "how",
    [
        "-c copy",
        "-c copy -movflags +faststart",
        "-c copy -an -movie_timescale 90000",
        "-c copy -movflags +frag_keyframe",
        "-c copy -movflags +frag_keyframe+empty_moov",
        "-c copy -movflags +cmaf",
        "-c copy -frag_duration 500000",
        "-c copy -f ismv -brand isom",
        "-ss 0.8 -c:v mpeg4 -c:a copy",
        "-af apad=pad_dur=1 -c:v copy",
    ],
)
def test_a_film_that_ffmpeg_made_plays_as_long_as_ffmpeg_says(tmp_path: Path, how: str) -> None:
    source = Path(__file__).parent / "media/video/intro.mp4"
    made, ffmpeg = str(tmp_path / "made.mp4"), [get_ffmpeg_exe(), "-hide_banner", "-nostdin"]
    subprocess.run([*ffmpeg, "-i", source, *how.split(), made], check=True, capture_output=True)

    said = subprocess.run([*ffmpeg, "-i", made], check=False, capture_output=True, text=True).stderr

    [(hours, minutes, seconds)] = re.findall(r"Duration: (\d+):(\d+):([\d.]+)", said)
    wanted = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    # Without an edit ffmpeg counts two pictures more, for these are shown in another order than they are stored.
    assert probe(Path(made).read_bytes()).seconds == pytest.approx(wanted, abs=0.15)


@pytest.mark.parametrize(
    ("content", "seconds"),
    [
        pytest.param(film(box(b"mvhd", header(2500)), track()), 2.5, id="header"),
        pytest.param(film(box(b"mvhd", header(2500, version=1)), track()), 2.5, id="later header"),
        pytest.param(film(box(b"mvhd", header(2**33, 2**20, version=1)), track()), 8192, id="long"),
        pytest.param(film(box(b"mvhd", header(2500)), track(9000)), 2.5, id="an edit leaves something out"),
        pytest.param(film(box(b"mvhd", header(0)), track(1200), track(3600, 2000)), 1.8, id="longest track"),
        pytest.param(film(box(b"mvhd", header(ONES)), track(1200)), 1.2, id="not known in the header"),
        pytest.param(film(box(b"mvhd", header(LONG_ONES, version=1)), track(1200)), 1.2, id="nor in a later one"),
        pytest.param(film(box(b"mvhd", header(2500, 0)), track(1200)), 1.2, id="no units"),
        pytest.param(film(box(b"mvhd", header(ONES - 1, 1)), track(1200)), 1.2, id="136 years"),
        pytest.param(film(box(b"mvhd", header(86_400, 1)), track()), 86_400, id="a day"),
        pytest.param(film(box(b"mvhd", header(86_401, 1)), track()), None, id="more than a day"),
        pytest.param(film(box(b"mvhd", header(ONES)), track(ONES), track(5, 0)), None, id="not known at all"),
        pytest.param(film(box(b"mvhd", header(2500)[:18]), track()), None, id="header that is cut off"),
        pytest.param(film(box(b"mvhd", b""), track()), None, id="empty header"),
        pytest.param(film(track()), None, id="no header"),
        pytest.param(
            film(box(b"mvhd", header(0)), extends(0, box(b"mehd", struct.pack(">II", 0, 4500))), track()),
            4.5,
            id="fragments, told",
        ),
        pytest.param(
            film(box(b"mvhd", header(0)), extends(0, box(b"mehd", b"\1\0\0\0" + struct.pack(">Q", 4500))), track()),
            4.5,
            id="fragments, told in a later box",
        ),
        pytest.param(
            film(box(b"mvhd", header(0)), extends(250), track(), behind=fragment(RUN_OF_FOUR) * 3),
            3.0,
            id="fragments, of one length for all",
        ),
        pytest.param(
            film(
                box(b"mvhd", header(1000)),
                extends(9),
                track(1000),
                behind=fragment(
                    RUN_OF_FOUR, struct.pack(">IQII", 0x02000B, 0, 1, 250)[:4] + struct.pack(">QII", 0, 1, 250)
                ),
            ),
            2.0,
            id="fragments behind a beginning, of a length of their own",
        ),
        pytest.param(
            film(box(b"mvhd", header(ONES)), extends(9), track(), behind=fragment(RUN_WITH_LENGTHS) * 2),
            1.6,
            id="fragments, of a length each",
        ),
        pytest.param(
            film(
                box(b"mvhd", header(0)),
                extends(9),
                track(),
                track(0, 500, number=2),
                behind=fragment(RUN_WITH_LENGTHS) + fragment(RUN_WITH_LENGTHS, number=2),
            ),
            1.6,
            id="fragments of two tracks",
        ),
        pytest.param(
            film(box(b"mvhd", header(700)), extends(9), track(), behind=fragment(RUN_WITH_LENGTHS, number=7)),
            0.7,
            id="fragments of no track",
        ),
        pytest.param(
            film(box(b"mvhd", header(0)), extends(ONES), track(), behind=fragment(struct.pack(">II", 0, ONES))),
            None,
            id="fragments without end",
        ),
        pytest.param(
            film(box(b"mvhd", header(0)), extends(0), track(), behind=fragment(RUN_WITH_LENGTHS[:26])),
            0.3,
            id="a fragment that is cut off",
        ),
        pytest.param(
            film(box(b"mvhd", header(0)), track(), behind=box(b"moof", ZEROS) + box(b"moof", box(b"traf"))),
            None,
            id="fragments of nothing",
        ),
    ],
)
def test_a_film_plays_as_long_as_what_can_be_believed_says(content: bytes, seconds: float | None) -> None:
    media = probe(content)

    assert (media.format, media.defect) == (Format.MP4, None)
    assert media.seconds == (seconds if seconds is None else pytest.approx(seconds))


def test_no_video_is_refused_for_its_length() -> None:
    for seconds in (61, 86_400, 4_000_000):
        media = probe(film(box(b"mvhd", header(seconds, 1)), track()))
        assert check(media, MaterialType.VIDEO, filename="film.mp4") == ()


numbers = st.sampled_from([0, 1, 8, 250, 1000, 90_000, 2**31, ONES - 1, ONES])


@given(st.lists(numbers, min_size=6, max_size=6), st.sampled_from([0, 1, 255]), st.binary(max_size=40), st.binary())
def test_whatever_a_film_says_of_its_length_it_is_taken_or_refused_as_before(
    said: list[int], version: int, run: bytes, behind: bytes
) -> None:
    length, scale, usual, count, flags, track_length = said
    content = film(
        box(b"mvhd", header(length, scale, version=version)),
        extends(usual, box(b"mehd", behind)),
        track(track_length, scale),
        behind=fragment(struct.pack(">II", flags & 0xFFFFFF, count) + run, behind.ljust(4, b"\0")),
    )

    media = probe(content)

    assert (media.format, media.defect) == (Format.MP4, None)
    assert media.seconds is None or 0 < media.seconds <= 86_400


def test_only_so_many_parts_of_a_film_are_looked_at() -> None:
    for behind, is_too_much in (
        (fragment(RUN_OF_FOUR) * 5_000, False),
        (fragment(RUN_OF_FOUR) * 20_000, True),
        (fragment(struct.pack(">II", 0x100, ONES) + b"\0\0\0\1" * 900_000), False),
        (fragment(struct.pack(">II", 0x100, ONES) + b"\0\0\0\1" * 1_100_000), True),
        (box(b"moof", box(b"traf", box(b"trun") * 60_000)), True),
    ):
        media = probe(film(box(b"mvhd", header(1)), extends(250), track(), behind=behind))
        assert (media.seconds is None) == is_too_much
        assert media.defect is None
