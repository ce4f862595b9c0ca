"""Tells how long an MP4 plays (ISO/IEC 14496-12): what its index says, or its fragments."""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from wxsync.media.boxes import Box, Boxes

# Not even still pictures play for longer in the ten megabytes that WeChat takes.
_MOST_SECONDS = 24 * 60 * 60
# The samples whose lengths are added up one by one; more of them are made to keep a reader busy.
_MOST_SAMPLES = 1_000_000

# What stands in front of a default length in the header of a fragment's track (tfhd), with its flag and its bytes.
_BEFORE_LENGTH = ((0x1, 8), (0x2, 4))
_HAS_LENGTH = 0x8
# The same of a run of samples (trun), and what each of its samples has, four bytes each and its length first.
_BEFORE_SAMPLES = ((0x1, 4), (0x4, 4))
_OF_SAMPLES = (0x100, 0x200, 0x400, 0x800)
_SAMPLES_HAVE_LENGTHS = 0x100


class _Times(NamedTuple):
    """How long something plays, in units of which a second has `scale`; None where it is not told."""

    scale: int | None
    length: int | None

    @property
    def seconds(self) -> float | None:
        if not (self.scale and self.length):
            return None
        return self.length / self.scale if self.length <= _MOST_SECONDS * self.scale else None


def film_seconds(file: Boxes, moov: Box, fragments: Iterable[Box]) -> float | None:
    """Gives the play time of a film, None where nothing in it tells a possible one.

    The number in the header comes before those of the tracks, for it leaves out what an edit cuts off; but where a film
    is in fragments it tells of the first of them at most.
    """
    header = _header(file, file.inside(moov, b"mvhd"))
    overall = file.inside(moov, b"mvex", b"mehd")
    tracks = {_track_id(file, track): _track_times(file, track) for track in file.every(moov, b"trak")}
    whole = _with_fragments(file, moov, tracks, fragments)
    if whole is None:
        return None
    told = (
        _Times(header.scale, _versioned(file, overall, short=4, long=4)),
        _longest(whole),
        header,
        _longest(tracks.values()),
    )
    return next((times.seconds for times in told if times.seconds), None)


def _longest(several: Iterable[_Times]) -> _Times:
    return max(several, key=lambda times: times.seconds or 0, default=_Times(None, None))


def _header(file: Boxes, box: Box | None) -> _Times:
    """Reads the header of a film (mvhd) or of a track's media (mdhd), whose times stand at the same places."""
    scale = _number(file, box, 20 if _version(file, box) else 12)
    return _Times(scale, _versioned(file, box, short=16, long=24))


def _track_times(file: Boxes, track: Box) -> _Times:
    return _header(file, file.inside(track, b"mdia", b"mdhd"))


def _track_id(file: Boxes, track: Box) -> int | None:
    head = file.inside(track, b"tkhd")
    return _number(file, head, 20 if _version(file, head) else 12)


def _with_fragments(
    file: Boxes, moov: Box, tracks: Mapping[int | None, _Times], fragments: Iterable[Box]
) -> list[_Times] | None:
    """Adds to what stands in the index of each track what its fragments hold; None where they are too many."""
    usual = {_number(file, box, 4): _number(file, box, 12) for box in _every(file, moov, b"mvex", b"trex")}
    lengths: defaultdict[int | None, int] = defaultdict(int)
    left = _MOST_SAMPLES
    for part in (part for fragment in fragments for part in file.every(fragment, b"traf")):
        head = file.inside(part, b"tfhd")
        track = _number(file, head, 4)
        each = _usual_length(file, head) or usual.get(track) or 0
        for run in file.every(part, b"trun"):
            looked_at, length = _run(file, run, each, left)
            left -= looked_at
            lengths[track] += length
    if left <= 0 or next(file.steps, None) is None:
        return None
    known = ((tracks[track], length) for track, length in lengths.items() if track in tracks)
    return [_Times(times.scale, (times.length or 0) + length) for times, length in known]


def _every(file: Boxes, outer: Box, path: bytes, kind: bytes) -> Iterable[Box]:
    found = file.inside(outer, path)
    return file.every(found, kind) if found else ()


def _usual_length(file: Boxes, head: Box | None) -> int | None:
    flags = _number(file, head, 1, size=3) or 0
    before = sum(size for flag, size in _BEFORE_LENGTH if flags & flag)
    return _number(file, head, 8 + before) if flags & _HAS_LENGTH else None


def _run(file: Boxes, run: Box, each: int, most: int) -> tuple[int, int]:
    """Adds up the lengths of at most so many samples; gives how many were looked at one by one, and the sum."""
    flags, count = _number(file, run, 1, size=3) or 0, _number(file, run, 4) or 0
    if not flags & _SAMPLES_HAVE_LENGTHS:
        return 0, count * each
    start = run.start + 8 + sum(size for flag, size in _BEFORE_SAMPLES if flags & flag)
    stride = 4 * sum(1 for flag in _OF_SAMPLES if flags & flag)
    count = max(0, min(count, most, (run.end - start) // stride))
    samples = struct.iter_unpack(f">I{stride - 4}x", file.content[start : start + count * stride])
    return count, sum(length for (length,) in samples)


def _version(file: Boxes, box: Box | None) -> int | None:
    return _number(file, box, 0, size=1)


def _versioned(file: Boxes, box: Box | None, *, short: int, long: int) -> int | None:
    """Reads a length that stands in four bytes, or in eight in the later version; all ones say that it is not known."""
    at, size = (long, 8) if _version(file, box) else (short, 4)
    found = _number(file, box, at, size=size)
    return None if found == (1 << 8 * size) - 1 else found


def _number(file: Boxes, box: Box | None, at: int, *, size: int = 4) -> int | None:
    """Reads a number that stands so many bytes behind the beginning of a box, None where the box is shorter."""
    if box is None or box.start + at + size > box.end:
        return None
    return int.from_bytes(file.content[box.start + at : box.start + at + size], "big")
