"""Encodes an animation as GIF so that it fits: fewer colours first, then smaller frames."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from msgspec import Struct
from PIL import Image

from wxsync.fit.made import unfit
from wxsync.fit.shrinking import Size, largest
from wxsync.fit.stills import floor_of, resized
from wxsync.words import text

COLOURS = (256, 128, 64)
"""The sizes of a frame's palette that are tried before the frames are scaled."""
LEAST_WIDTH = 240
"""Pixels of an animation's width below which it is not scaled: stickers are that wide."""

# Browsers play what claims to be faster at a tenth of a second.
_SHORTEST_MS = 20


class Animation(Struct, frozen=True):
    """Represents frames of one size with their durations in milliseconds; `loops` counts plays, 0 without end."""

    frames: Sequence[Image.Image]
    durations: Sequence[int]
    loops: int | None


def fit_animation(animation: Animation, most: int) -> bytes:
    """Gives a GIF of at most so many bytes; raises Unfit where its frames would have to be too small."""
    for colours in COLOURS:
        made = _save(animation, animation.frames[0].size, colours)
        if len(made) <= most:
            return made

    def encode(size: Size) -> bytes:
        return _save(animation, size, COLOURS[-1])

    size = animation.frames[0].size
    floor = floor_of(size, LEAST_WIDTH)
    found = largest(size, taken=len(made), limit=most, floor=floor, encode=encode) if floor < 1 else None
    if found is None:
        message = text(
            "even at a width of {width} pixels the animation takes more than {most:,} bytes",
            width=LEAST_WIDTH,
            most=most,
        )
        raise unfit("fit-too-small", message, text("save it with fewer frames"))
    return found


def _save(animation: Animation, size: Size, colours: int) -> bytes:
    first, *others = (_indexed(resized(frame, size), colours) for frame in animation.frames)
    out = BytesIO()
    durations = [max(_SHORTEST_MS, duration) for duration in animation.durations]
    loop = {} if animation.loops is None else {"loop": animation.loops}
    shines = any("transparency" in frame.info for frame in (first, *others))
    first.save(out, "GIF", save_all=True, append_images=others, duration=durations, disposal=2 if shines else 0, **loop)
    return out.getvalue()


def _indexed(frame: Image.Image, colours: int) -> Image.Image:
    """Gives a frame with a palette, the last colour of which stands for what is more transparent than not."""
    if frame.mode != "RGBA":
        return frame.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    indexed = frame.convert("RGB").quantize(colours - 1, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    clear = colours - 1
    palette = indexed.getpalette() or []
    indexed.putpalette(palette + [0] * (3 * colours - len(palette)))
    indexed.paste(clear, mask=frame.getchannel("A").point(lambda alpha: 255 if alpha < 128 else 0))
    indexed.info["transparency"] = clear
    return indexed
