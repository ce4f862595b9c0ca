"""Converts films to the video that WeChat takes: H.264 and AAC in MP4, within its bytes and never cut."""

from __future__ import annotations

from wxsync.fit.ffmpeg import Source, Tracks, run, tracks_of
from wxsync.fit.made import Made, unfit
from wxsync.media import LIMITS, Format
from wxsync.model import MaterialType
from wxsync.words import text

LEAST_KILOBITS = 300
"""Of sound and pictures together; a film that must do with less does not read well on a phone."""
LEAST_EDGE = 360
"""Pixels of a film's shorter side below which it is not scaled."""

_MOST_BYTES = LIMITS[MaterialType.VIDEO].max_bytes
# The index and the packing of an MP4 take a little, and the encoder's buffer may hold a second.
_USED = 0.97
_SOUND_KILOBITS = (96, 64)
_MOST_RATE = 30.0
# x264 shows few blocks from about this many bits for a pixel on.
_BITS_A_PIXEL = 0.06
_EDGES = (2160, 1440, 1080, 720, 540, 432, LEAST_EDGE)
_TRIES = 3


def fit_film(source: Source) -> Made:
    """Gives an MP4 of H.264 and AAC; raises Unfit, also for what is too long to look well in so few bytes."""
    said = run(source, "-map", "0:v:0", "-c", "copy")
    tracks = tracks_of(said)
    if tracks is None or said.seconds <= 0:
        raise unfit(
            "fit-failed",
            text("the video holds no pictures that can be played"),
            text("play it to the end, and save it anew"),
        )
    left_out = ("GPS",) if tracks.has_place else ()
    content = _copied(source, tracks) or _encoded(source, tracks, said.seconds)
    return Made(Format.MP4, content, left_out)


def _copied(source: Source, tracks: Tracks) -> bytes | None:
    """Packs the very tracks anew, where they already are what WeChat takes: nothing is lost by that."""
    if tracks.video != "h264" or not tracks.pixels.startswith("yuv420p") or tracks.sound not in (None, "aac"):
        return None
    if source.file.stat().st_size > _MOST_BYTES * 1.1:
        return None
    made = source.file.with_name("copied.mp4")
    run(source, *_TRACKS, "-c", "copy", *_PLAIN, made=made)
    content = made.read_bytes()
    return content if len(content) <= _MOST_BYTES else None


def _encoded(source: Source, tracks: Tracks, seconds: float) -> bytes:
    kilobits = _MOST_BYTES * 8 * _USED / seconds / 1000
    if kilobits < LEAST_KILOBITS:
        most = int(_MOST_BYTES * 8 * _USED / LEAST_KILOBITS / 1000)
        message = text(
            "the video plays {seconds:.0f} s, which leaves {kilobits:.0f} kbit/s; less than {least} look bad",
            seconds=seconds,
            kilobits=kilobits,
            least=LEAST_KILOBITS,
        )
        hint = text("cut it to {most} s or less, or publish it in Channels (视频号)", most=most)
        raise unfit("fit-too-long", message, hint)
    sound = 0 if tracks.sound is None else _SOUND_KILOBITS[kilobits < 2 * LEAST_KILOBITS]
    edges = _edges(tracks, kilobits - sound)
    for share in range(_TRIES):
        made = _encode(source, edges[0], kilobits=int((kilobits - sound) * 0.94**share), sound=sound)
        if len(made) <= _MOST_BYTES:
            break
    else:
        raise unfit(
            "fit-failed",
            text("it does not get below {most:,} bytes", most=_MOST_BYTES),
            text("save it with a lower bit rate"),
        )
    for edge in edges[1:]:
        if 2 * len(made) >= _MOST_BYTES:
            break
        larger = _encode(source, edge, kilobits=int((kilobits - sound) * 0.94), sound=sound)
        made = larger if len(larger) <= _MOST_BYTES else made
    return made


def _edges(tracks: Tracks, kilobits: float) -> list[int]:
    """Gives shorter sides, ascending: the one that suits a bit rate, and all that are larger, up to the film's own."""
    short = min(tracks.width, tracks.height)
    rate = min(tracks.rate, _MOST_RATE) or _MOST_RATE
    affordable = kilobits * 1000 / (_BITS_A_PIXEL * rate)
    all_ = sorted({short, *(edge for edge in _EDGES if edge < short)})
    shape = max(tracks.width, tracks.height) / short
    fitting = [edge for edge in all_ if edge * edge * shape <= affordable]
    return all_[all_.index(fitting[-1]) :] if fitting else all_


# Pixels become square, where they are not so nearly that only an old encoder's rounding tells.
_SQUARE = "scale='iw*if(between(sar,0.98,1.02),1,sar)':ih"
_TRACKS = ("-map", "0:v:0", "-map", "0:a:0?")
_PLAIN = ("-map_metadata", "-1", "-map_chapters", "-1", "-movflags", "+faststart", "-fflags", "+bitexact")


def _encode(source: Source, edge: int, *, kilobits: int, sound: int) -> bytes:
    made = source.file.with_name("encoded.mp4")
    # The shorter side gets its number of pixels, and both become even, which H.264 asks for.
    scale = f"scale='if(gt(iw,ih),-2,trunc(min(iw,{edge})/2)*2)':'if(gt(iw,ih),trunc(min(ih,{edge})/2)*2,-2)'"
    run(
        source, *_TRACKS, "-vf", f"{_SQUARE},{scale},setsar=1,format=yuv420p", "-fpsmax", f"{_MOST_RATE:g}",
        "-c:v", "libx264", "-preset", "fast", "-crf", "20", "-maxrate", f"{kilobits}k", "-bufsize", f"{kilobits}k",
        *(("-c:a", "aac", "-b:a", f"{sound}k", "-ac", "2") if sound else ()), *_PLAIN, made=made,
    )  # fmt: skip
    return made.read_bytes()
