"""How long voices play: every frame counted, whatever headers promise."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from wxsync.media import Format, check, probe
from wxsync.model import MaterialType, Severity

MEDIA = Path(__file__).parent / "media"


def sample(path: str) -> bytes:
    return (MEDIA / path).read_bytes()


# The spoken sound lasts 1.115 s; what an encoder without a header frame adds to fill its frames stays in.
REAL = {
    "voices/pcm.wav": 1.115,
    "voices/extensible.wav": 1.115,
    "voices/mulaw.wav": 1.115,
    "voices/rf64.wav": 1.115,
    "voices/streamed.wav": 1.115,
    "voices/streamed-by-sox.wav": 1.115,
    "voices/adpcm.wav": 5 * 2041 / 8000,
    "voices/narrow.amr": 56 * 0.02,
    "voices/wide.amr": 30 * 0.02,
    "voices/speech.wma": 1.12,
    "voices/speech-v1.wma": 1.16,
    "voices/average.mp3": 1.115,
    "voices/variable.mp3": 1.115,
    "voices/mpeg-2.5.mp3": 1.115,
    "voices/constant-no-header.mp3": 44 * 1152 / 44100,
    "voices/variable-no-header.mp3": 44 * 1152 / 44100,
    "voices/cover-art.mp3": 44 * 1152 / 44100,
    "voices/layer-2.mp3": 47 * 1152 / 48000,
    "audio/welcome.mp3": 2.435,
}


@pytest.mark.parametrize(("path", "seconds"), REAL.items())
def test_a_real_voice_plays_as_long_as_its_decoder_says(path: str, seconds: float) -> None:
    assert probe(sample(path)).seconds == pytest.approx(seconds, abs=0.0001)


def chunk(kind: bytes, content: bytes, size: int | None = None) -> bytes:
    return struct.pack("<4sI", kind, len(content) if size is None else size) + content + b"\0" * (len(content) % 2)


def wav(*chunks: bytes, size: int | None = None, form: bytes = b"RIFF") -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return form + struct.pack("<I", len(body) if size is None else size) + body


def fmt(codec: int = 1, rate: int = 1000, block: int = 1, more: bytes = b"") -> bytes:
    return chunk(b"fmt ", struct.pack("<HHIIHH", codec, 1, rate, rate * block, block, 8) + more)


# Blocks of 256 bytes that hold 505 samples each, at 1,000 Hz.
ADPCM = fmt(0x11, block=256, more=b"\2\0\xf9\x01")


def wav_lasting(seconds: float) -> bytes:
    return wav(fmt(), chunk(b"data", b"\x80" * round(seconds * 1000)))


def narrow_amr_lasting(seconds: float) -> bytes:
    one_second = (b"\x3c" + b"\0" * 31) * 10 + (b"\x44" + b"\0" * 5) * 10 + b"\x7c" * 30
    frames = round(seconds * 50)
    return b"#!AMR\n" + one_second * (frames // 50) + (b"\x04" + b"\0" * 12) * (frames % 50)


def wide_amr_lasting(seconds: float) -> bytes:
    return b"#!AMR-WB\n" + (b"\x44" + b"\0" * 60) * (round(seconds * 50) - 20) + b"\x4c\0\0\0\0\0" * 10 + b"\x74" * 10


def wma_lasting(seconds: float) -> bytes:
    whole = sample("voices/speech.wma")
    properties = whole.index(bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365"))
    play = struct.pack("<Q", round(seconds * 10_000_000) + 3_100 * 10_000)
    return whole[: properties + 64] + play + whole[properties + 72 :]


def mp3_frame(header: str, size: int) -> bytes:
    return bytes.fromhex(header).ljust(size, b"\0")


# At 24 kHz a frame lasts 0.024 s, so that 2,500 frames are 60 s to the sample.
LAYER_3 = mp3_frame("fff324c4", 72 * 16000 // 24000)


def mp3_lasting(seconds: float) -> bytes:
    return LAYER_3 * int(seconds / 0.024 + 0.5)


@pytest.mark.parametrize(
    "make",
    [wav_lasting, narrow_amr_lasting, wide_amr_lasting, wma_lasting, mp3_lasting],
    ids=lambda make: make.__name__,
)
@pytest.mark.parametrize(
    ("seconds", "taken"), [(59.9, True), (60.0, True), (60.04, False), (60.1, False), (75.0, False)]
)
def test_sixty_seconds_are_taken_and_not_a_moment_more(make: object, seconds: float, taken: bool) -> None:
    assert callable(make)
    media = probe(make(seconds))
    assert media.seconds == pytest.approx(seconds, abs=0.021)
    findings = check(media, MaterialType.VOICE, filename=f"voice.{media.extension}")
    assert [finding.code for finding in findings] == ([] if taken else ["duration"])


XING = mp3_frame("fff324c4", 13) + b"Xing" + b"\0\0\0\1"
ID3_WITH_COVER = b"ID3\x03\0\0\0\x04\0\0" + (b"\xff\xfb\x90\0" * 16 + b"\xff\xf3\x24\xc4" * 16) * 512


@pytest.mark.parametrize(
    ("content", "seconds"),
    [
        pytest.param(LAYER_3 * 100, 2.4, id="plain"),
        pytest.param(LAYER_3, 0.024, id="a single frame"),
        pytest.param(ID3_WITH_COVER + LAYER_3 * 100, 2.4, id="a big tag full of false headers"),
        pytest.param(b"\0" * 3000 + LAYER_3 * 100, 2.4, id="padding before"),
        pytest.param(LAYER_3 * 100 + b"TAG".ljust(128, b"\xff"), 2.4, id="ID3v1 behind"),
        pytest.param(LAYER_3 * 100 + b"APETAGEX" + LAYER_3 * 50, 2.4, id="APE tag behind"),
        pytest.param(LAYER_3[7:] + LAYER_3 * 100, 2.4, id="begins within a frame"),
        pytest.param(LAYER_3 * 50 + b"\xff\xfb\x90garbage\xff\xf3\x24" + LAYER_3 * 50, 2.4, id="garbage within"),
        pytest.param(LAYER_3 * 50 + ID3_WITH_COVER + LAYER_3 * 50, 2.4, id="two files joined"),
        pytest.param((XING + b"\0\0\0\x64").ljust(48, b"\0") + LAYER_3 * 100, 2.4, id="Xing frame"),
        pytest.param((XING + b"\0\0\0\x65").ljust(48, b"\0") + LAYER_3 * 100, 2.4, id="Xing counts itself"),
        pytest.param(mp3_frame("fff384c4", 36) + b"VBRI".ljust(156, b"\0") + LAYER_3 * 100, 2.4, id="VBRI frame"),
        pytest.param(mp3_frame("fffb9064", 417) * 50 + mp3_frame("fffbb064", 626) * 50, 100 * 1152 / 44100, id="VBR"),
        pytest.param(mp3_frame("fffb0064", 500) * 100, 100 * 1152 / 44100, id="free format"),
        pytest.param(
            (mp3_frame("fffb0064", 500) + mp3_frame("fffb0264", 501)) * 50, 100 * 1152 / 44100, id="free, padded"
        ),
        pytest.param(mp3_frame("ffe318c4", 72) * 100, 7.2, id="MPEG-2.5 at 8 kHz"),
        pytest.param(mp3_frame("ffff1400", 32) * 100, 100 * 384 / 48000, id="layer I"),
        pytest.param(mp3_frame("fffd1400", 96) * 100, 100 * 1152 / 48000, id="layer II"),
        pytest.param(mp3_frame("fff51400", 48) * 100, 100 * 1152 / 24000, id="MPEG-2 layer II"),
    ],
)
def test_every_mp3_frame_is_counted_and_nothing_else(content: bytes, seconds: float) -> None:
    media = probe(content)
    assert (media.format, media.defect) == (Format.MP3, None)
    assert media.seconds == pytest.approx(seconds, abs=1e-9)


def test_an_mp3_that_lacks_announced_frames_is_cut_short() -> None:
    media = probe((XING + b"\0\0\0\xc8").ljust(48, b"\0") + LAYER_3 * 100)
    assert media.seconds == pytest.approx(2.4)
    assert media.defect is not None
    assert "100 of 200 frames" in media.defect.message


@pytest.mark.parametrize(
    ("content", "seconds"),
    [
        pytest.param(wav(chunk(b"LIST", b"odd"), fmt(), chunk(b"data", b"\x80" * 2000)), 2.0, id="odd chunk"),
        pytest.param(wav(fmt(), chunk(b"data", b"\x80" * 2001), chunk(b"LIST", b"behind")), 2.001, id="odd data"),
        pytest.param(wav(chunk(b"data", b"\x80" * 2000), fmt()), 2.0, id="data first"),
        pytest.param(wav(fmt(), chunk(b"data", b"\x80" * 2000, 0), size=0), 2.0, id="streamed, size 0"),
        pytest.param(wav(fmt(), chunk(b"data", b"\x80" * 2000, 0), size=36), 2.0, id="never finished"),
        pytest.param(wav(fmt(), chunk(b"data", b"\x80" * 2000, 2**32 - 1), size=2**32 - 1), 2.0, id="streamed, -1"),
        pytest.param(wav(fmt(6), chunk(b"data", b"\x80" * 2000)), 2.0, id="A-law"),
        pytest.param(wav(fmt(85), chunk(b"fact", b"\xd0\7\0\0"), chunk(b"data", b"\0" * 1990)), 2.0, id="fact"),
        pytest.param(
            wav(fmt(85), chunk(b"fact", b"\xff\xff\xff\0"), chunk(b"data", b"\0" * 1990)), 1.99, id="wrong fact"
        ),
        pytest.param(wav(fmt(85), chunk(b"data", b"\0" * 1990)), 1.99, id="no fact"),
        pytest.param(wav(ADPCM, chunk(b"data", b"\0" * 1024)), 2.02, id="ADPCM blocks"),
        pytest.param(wav(ADPCM, chunk(b"fact", b"\xd0\7\0\0"), chunk(b"data", b"\0" * 1024)), 2.0, id="ADPCM fact"),
        pytest.param(wav(ADPCM, chunk(b"fact", b"\xd0\0\0\0"), chunk(b"data", b"\0" * 1024)), 2.02, id="ADPCM lie"),
    ],
)
def test_a_wav_plays_what_is_there(content: bytes, seconds: float) -> None:
    media = probe(content)
    assert (media.format, media.defect) == (Format.WAV, None)
    assert media.seconds == pytest.approx(seconds, abs=1e-9)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(wav(fmt()), id="WAV without data"),
        pytest.param(wav(chunk(b"data", b"\x80" * 2000)), id="WAV without format"),
        pytest.param(wav(fmt(rate=0), chunk(b"data", b"\x80" * 2000)), id="WAV at 0 Hz"),
        pytest.param(wav(fmt(), chunk(b"data", b"")), id="WAV with empty data"),
        pytest.param(b"#!AMR\n", id="AMR without frames"),
        pytest.param(b"#!AMR\n\x04\0\0", id="AMR with half a frame"),
        pytest.param(b"#!AMR\n\x54" + b"\0" * 100, id="AMR with a reserved frame type"),
        pytest.param(b"#!AMR_MC1.0\n\0\0\0\2\x7c", id="AMR with two channels"),
        pytest.param(ID3_WITH_COVER, id="MP3 with a tag and no sound"),
        pytest.param((XING + b"\0\0\0\x64").ljust(48, b"\0"), id="MP3 with a header frame and no sound"),
        pytest.param(sample("voices/speech.wma")[:300], id="WMA with half a header"),
    ],
)
def test_a_voice_that_plays_nothing_is_an_error(content: bytes) -> None:
    media = probe(content)
    assert media.defect is not None
    assert (media.defect.code, media.defect.severity) == ("broken", Severity.ERROR)
    assert media.format in (Format.WAV, Format.AMR, Format.MP3, Format.WMA)


def test_an_mp3_whose_end_is_no_sound_is_searched_within_bounds_and_called_damaged() -> None:
    media = probe(LAYER_3 * 100 + b"\xff\xfb\x90\0\0" * 300_000)
    assert media.seconds == pytest.approx(2.4)
    assert media.defect is not None
    assert "damaged" in media.defect.message


def test_damage_between_amr_frames_ends_the_count_and_is_told() -> None:
    media = probe(b"#!AMR\n" + b"\x7c" * 50 + b"\x54" * 50)
    assert media.seconds == 1.0
    assert media.defect is not None
    assert media.defect.severity is Severity.WARNING


def test_a_recorded_broadcast_does_not_tell_its_length_and_warns() -> None:
    whole = bytearray(wma_lasting(10))
    whole[whole.index(bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")) + 88] |= 1
    media = probe(bytes(whole))
    assert media.seconds is None
    found = check(media, MaterialType.VOICE, filename="voice.wma")
    assert [(finding.code, finding.severity) for finding in found] == [("duration", Severity.WARNING)]


def id3(size: int, *, plain: bool = False, filling: bytes = b" a cover \xff\xd8\xff\xe0") -> bytes:
    """Makes an ID3v2 tag with a cover; `plain` writes its size like any other number, as some programs do."""
    stated = size.to_bytes(4, "big") if plain else bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\0\0" + stated + (filling * (size // len(filling) + 1))[:size]


def ape(size: int, *, at_front: bool = True) -> bytes:
    header = b"APETAGEX\xd0\7\0\0" + struct.pack("<III", size, 1, 0xA0000000 if at_front else 0) + bytes(8)
    return header + (b"cover \xff\xfb\x90" * (size // 9 + 1))[:size]


SHORT_WAV = wav(fmt(), chunk(b"data", b"\x80" * 2000))
TAGS = [
    pytest.param(id3(30), id="a short tag"),
    pytest.param(id3(200_000), id="a cover of 200 KB"),
    pytest.param(id3(200_000, plain=True), id="a size that is not syncsafe"),
    pytest.param(id3(3_000) + bytes(100_000), id="padding behind a short tag"),
    pytest.param(ape(200_000), id="an APE tag"),
    pytest.param(id3(9_000) + ape(70_000) + id3(150_000), id="several tags"),
    pytest.param(id3(0) * 20, id="twenty empty tags"),
    pytest.param(id3(1_000, filling=LAYER_3[:5] + b"\0")[:-1] + b"\0" * 70_000, id="padding beyond its size"),
]


@pytest.mark.parametrize("tags", TAGS)
@pytest.mark.parametrize(
    ("sound", "format_", "seconds"),
    [
        pytest.param(LAYER_3 * 100, Format.MP3, 2.4, id="MP3"),
        pytest.param(mp3_frame("fffb0064", 500) * 100, Format.MP3, 100 * 1152 / 44100, id="MP3 of free bit rate"),
        pytest.param(SHORT_WAV, Format.WAV, 2.0, id="WAV"),
        pytest.param(b"#!AMR\n" + b"\x7c" * 100, Format.AMR, 2.0, id="AMR"),
        pytest.param(b"#!AMR-WB\n" + b"\x7c" * 100, Format.AMR, 2.0, id="AMR-WB"),
    ],
)
def test_a_voice_is_found_behind_tags_of_any_length(tags: bytes, sound: bytes, format_: Format, seconds: float) -> None:
    media = probe(tags + sound)
    assert (media.format, media.size) == (format_, len(tags) + len(sound))
    assert media.seconds == pytest.approx(seconds, abs=1e-9)


def test_tags_in_front_of_a_wav_are_named_and_its_name_stays_right() -> None:
    (found,) = check(probe(id3(90) + SHORT_WAV), MaterialType.VOICE, filename="a.wav", system="linux")
    assert (found.code, found.severity) == ("stray", Severity.WARNING)
    assert found.message == "100 bytes of tags stand in front of the WAV, which not every program skips"
    assert "tag editor" in found.hint
    named = check(probe(id3(90) + SHORT_WAV), MaterialType.VOICE, filename="a.mp3", system="linux")
    assert [finding.code for finding in named] == ["extension", "stray"]
    assert "end in .wav" in named[0].hint


def test_tags_hide_a_picture_and_only_name_what_is_refused_anyway() -> None:
    picture = probe(id3(90) + sample("images/logo.png"))
    assert picture.format is Format.PNG
    assert picture.defect is not None
    assert picture.defect.severity is Severity.ERROR
    for path, expected in (("speech.flac", Format.FLAC), ("speech.m4a", Format.M4A), ("speech.aac", Format.AAC)):
        assert probe(id3(70_000) + sample(f"refused/{path}")).format is expected


@pytest.mark.parametrize(
    ("joint", "seconds"),
    [
        pytest.param(b"TAG".ljust(128, b" "), 2.4, id="ID3v1"),
        pytest.param(ape(5_000, at_front=False), 2.4, id="APE"),
        pytest.param(b"LYRICSBEGIN" + b"la" * 500 + b"000999LYRICS200", 2.4, id="Lyrics3"),
        pytest.param(b"TAG".ljust(128, b" ") + id3(150_000, plain=True), 2.4, id="ID3v1, then ID3v2"),
        pytest.param(b"TAG".ljust(128, b" ") + b"and no sound at once ", 1.2, id="ID3v1, then something else"),
    ],
)
def test_sound_that_is_joined_behind_the_tags_of_an_end_is_counted(joint: bytes, seconds: float) -> None:
    assert probe(LAYER_3 * 50 + joint + LAYER_3 * 50).seconds == pytest.approx(seconds)


def test_a_size_is_read_in_the_usual_way_where_no_sound_begins_behind_either_reading() -> None:
    torn = LAYER_3[7:] + LAYER_3 * 50
    assert probe(id3(1_060) + torn + b"TAG".ljust(128, b"\0") + id3(1_060) + torn).seconds == pytest.approx(2.4)


def test_a_wav_of_a_codec_without_a_rate_that_is_cut_short_plays_its_share() -> None:
    mp3_inside = chunk(b"fmt ", struct.pack("<HHIIHH", 85, 1, 1000, 0, 1, 8))
    cut = wav(mp3_inside, chunk(b"fact", b"\xd0\7\0\0"), chunk(b"data", b"\0" * 500, 2000))
    assert probe(cut).seconds == pytest.approx(0.5)


def test_a_wav_that_forgot_the_padding_of_an_odd_chunk_still_plays() -> None:
    unpadded = struct.pack("<4sI", b"LIST", 3) + b"odd"
    assert probe(wav(fmt(), unpadded, chunk(b"data", b"\x80" * 2000))).seconds == 2.0


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(id3(300_000)[:200_000], id="a tag that is cut short"),
        pytest.param(id3(20) + b"\xff\xfb\x90\0" * 50_000, id="a tag and headers that nothing follows"),
        pytest.param(ape(100)[:60], id="half an APE tag"),
    ],
)
def test_tags_without_a_sound_are_an_error(content: bytes) -> None:
    media = probe(content)
    assert (media.format, media.seconds) == (Format.MP3, None)
    assert media.defect is not None
    assert media.defect.severity is Severity.ERROR


@pytest.mark.parametrize("content", [b"ID3 is a kind of tag", b"MAC addresses of the office", b"APETAGEX is another"])
def test_a_text_about_tags_is_a_text(content: bytes) -> None:
    assert probe(content).format is Format.TEXT
