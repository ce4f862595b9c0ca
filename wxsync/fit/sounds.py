"""Converts sound to the voice that WeChat takes; nothing is ever cut."""

from __future__ import annotations

from wxsync.fit.ffmpeg import Said, Source, has_place, run
from wxsync.fit.made import Made, unfit
from wxsync.media import LIMITS, Format, probe
from wxsync.model import MaterialType
from wxsync.words import text

KILOBITS = 128
"""The bit rate of a voice: good for music, and half of the bytes that WeChat takes of a minute."""

_LIMIT = LIMITS[MaterialType.VOICE]
# Sound that is longer than this need not be converted to its end to be refused.
_ENOUGH_SECONDS = 75


# Codecs fill their last frame with silence, and some of them do not tell that they did.
_FILLED_SECONDS = 0.1
_FILLING = frozenset({Format.AAC, Format.M4A, Format.MP3, Format.WMA, Format.OGG, Format.AMR})


def fit_sound(source: Source) -> Made:
    """Gives mono MP3; raises Unfit, also for what plays longer than a voice may."""
    most = _LIMIT.max_seconds
    assert most
    content, said = _encode(source, _ENOUGH_SECONDS)
    seconds = probe(content).seconds or 0.0
    if most < seconds <= most + _FILLED_SECONDS and source.found in _FILLING:
        content, said = _encode(source, most)
    elif seconds > most:
        message = (
            text("the voice plays {seconds:.2f} s; WeChat takes at most {most:g} s", seconds=seconds, most=most)
            if seconds < _ENOUGH_SECONDS - 1
            else text("the voice plays far longer than a minute; WeChat takes at most {most:g} s", most=most)
        )
        raise unfit("duration", message, text("cut it yourself: fit never leaves anything out"))
    return Made(Format.MP3, content, ("GPS",) if has_place(said) else ())


def _encode(source: Source, seconds: float) -> tuple[bytes, Said]:
    made = source.file.with_name("made.mp3")
    said = run(
        source, "-t", f"{seconds:g}", "-map", "0:a:0", "-map_metadata", "-1", "-fflags", "+bitexact",
        "-ac", "1", "-ar", "44100", "-c:a", "libmp3lame", "-b:a", f"{KILOBITS}k", "-id3v2_version", "0", made=made,
    )  # fmt: skip
    return made.read_bytes(), said
