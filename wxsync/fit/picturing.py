"""Converts one picture in memory: what it is decides whether an animation, a drawing or a photograph comes out."""

from __future__ import annotations

from wxsync.fit.animations import Animation, fit_animation
from wxsync.fit.made import FIRST_FRAME, Made, Note
from wxsync.fit.pictures import Opened, frames_of, open_picture, upright
from wxsync.fit.stills import fit_still
from wxsync.media import LIMITS, Format
from wxsync.model import MaterialType

_PHOTOGRAPHS = frozenset({Format.JPEG, Format.HEIC})


def fit_picture(content: bytes, found: Format, material_type: MaterialType) -> Made:
    """Gives a picture of a probed format as that type takes it; raises Unfit, and whatever a decoder raises."""
    limit = LIMITS[material_type]
    opened = open_picture(content, found)
    if opened.frames > 1 and Format.GIF in limit.formats:
        return Made(Format.GIF, fit_animation(_animation(opened), limit.max_bytes), opened.left_out, opened.notes)
    notes = opened.notes
    if opened.frames > 1:
        notes += (Note(FIRST_FRAME, opened.frames),)
    is_photo = found in _PHOTOGRAPHS
    format_, made = fit_still(upright(opened.picture), material_type, limit, is_photo=is_photo)
    return Made(format_, made, opened.left_out, notes)


def _animation(opened: Opened) -> Animation:
    loops = opened.picture.info.get("loop")
    frames, durations = zip(*frames_of(opened), strict=True)
    return Animation(frames, durations, None if loops is None else int(loops))
