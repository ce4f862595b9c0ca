"""Counts the frames of AMR voices, narrow and wide band, silence included (RFC 4867, section 5)."""

from __future__ import annotations

from wxsync.media.formats import Defect, Format, Reading, broken, truncated
from wxsync.words import text

_FRAME_MILLISECONDS = 20

# Bytes of a stored frame by its type, header included; 0 is a type that no file may hold. Silence descriptors and
# frames without data last 20 ms like any other.
_NARROW = (13, 14, 16, 18, 20, 21, 27, 32, 6, 0, 0, 0, 0, 0, 0, 1)
_WIDE = (18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 0, 0, 0, 0, 1, 1)

# Over two hours, far past what a voice may last: counting on would only cost time.
_MOST_FRAMES = 400_000


def read_amr(content: bytes) -> Reading:
    """Reads a file that begins with "#!AMR"; `seconds` counts every complete frame."""
    if content.startswith(b"#!AMR\n"):
        return _read_frames(content, start=6, sizes=_NARROW)
    if content.startswith(b"#!AMR-WB\n"):
        return _read_frames(content, start=9, sizes=_WIDE)
    if b"_MC1.0\n" in content[:20]:
        return Reading(Format.AMR, defect=broken(text("the AMR has several channels, which phones do not play")))
    return Reading(Format.AMR, defect=broken(text("the AMR has no complete header")))


def _read_frames(content: bytes, *, start: int, sizes: tuple[int, ...]) -> Reading:
    by_header = tuple(sizes[header >> 3 & 15] for header in range(256))
    at, frames, length = start, 0, len(content)
    while at < length and frames < _MOST_FRAMES:
        size = by_header[content[at]]
        if not size or at + size > length:
            break
        at += size
        frames += 1
    seconds = frames * _FRAME_MILLISECONDS / 1000
    return Reading(Format.AMR, seconds, _defect(frames, seconds, left=length - at))


def _defect(frames: int, seconds: float, *, left: int) -> Defect | None:
    if not frames:
        return broken(text("the AMR holds no frame"))
    if left and frames < _MOST_FRAMES:
        return truncated(
            text(
                "the AMR is cut short or damaged: {left} bytes after {seconds:.2f} s are no frame",
                left=left,
                seconds=seconds,
            )
        )
    return None
