"""Finds how large a picture may stay; the arithmetic only, whoever asks does the encoding."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log
from typing import NamedTuple

# Bytes grow nearly as pixels do, so that aiming a little below the limit mostly hits it at the second try.
_AIM = 0.9
_GOOD = 0.75
_ENOUGH = 0.5
_MOST_TRIES = 12

Size = tuple[int, int]


class _Tried(NamedTuple):
    """Represents a measurement: a part of width and height, and the bytes that a picture takes at it."""

    scale: float
    taken: int


def largest(size: Size, *, taken: int, limit: int, floor: float, encode: Callable[[Size], bytes]) -> bytes | None:
    """Encodes at smaller and smaller sizes and gives the largest result found that has at most `limit` bytes.

    `taken` is what the picture takes at its whole size, which is too much, and `floor` the smallest part of its width
    and height that is still good enough. None stands for a picture that takes too much even there. What is given uses
    at least half of the limit, unless one pixel more would exceed it.
    """
    above, below = _Tried(1.0, taken), None
    best: bytes | None = None
    growth = 1.0
    for step in range(_MOST_TRIES):
        scale = max(_guess(above, below, growth, limit * _AIM), floor)
        content = encode(scaled(size, scale))
        tried = _Tried(scale, len(content))
        growth = _growth(above, tried)
        if tried.taken > limit:
            if scale <= floor:
                return None
            above = tried
            continue
        best, below = content, tried
        if tried.taken >= limit * (_GOOD if step < _MOST_TRIES // 2 else _ENOUGH):
            break
    if best is None and above.scale > floor:
        content = encode(scaled(size, floor))
        return content if len(content) <= limit else None
    return best


def scaled(size: Size, scale: float) -> Size:
    """Gives a size at a part of its width and height, whole pixels and at least one."""
    width, height = size
    return max(1, round(width * scale)), max(1, round(height * scale))


def _growth(larger: _Tried, smaller: _Tried) -> float:
    """Tells the power of the area with which bytes grow between two measurements, within what is sensible."""
    pixels = 2 * log(larger.scale / smaller.scale) if larger.scale > smaller.scale else 0.0
    grown = log(larger.taken / smaller.taken) if larger.taken > smaller.taken else 0.0
    return min(max(grown / pixels, 0.5), 2.0) if pixels else 1.0


def _guess(above: _Tried, below: _Tried | None, growth: float, aim: float) -> float:
    """Estimates the scale that takes `aim` bytes, strictly between what is too much and what is too little."""
    known = below or above
    scale = known.scale * exp(log(aim / known.taken) / (2 * growth))
    low = below.scale if below else 0.0
    edge = (above.scale - low) / 8
    return min(max(scale, low + edge), above.scale - (edge if below else above.scale / 200))
