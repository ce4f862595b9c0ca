"""Pictures of noise that are the same in every run: Pillow's own come from the C library's dice."""

from __future__ import annotations

import random

from PIL import Image

_EVEN_SPREAD = 74  # the standard deviation of bytes that are all equally likely


def grain(size: tuple[int, int], spread: float) -> Image.Image:
    """Makes grey noise around the middle; `spread` is about its standard deviation, of 255."""
    width, height = size
    grains = Image.frombytes("L", size, random.Random(f"{size} {spread}").randbytes(width * height))
    return grains.point([min(255, max(0, round(128 + (byte - 128) * spread / _EVEN_SPREAD))) for byte in range(256)])
