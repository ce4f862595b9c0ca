"""Tells what `fit: true` can convert, so that whoever refuses a file can say so."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from wxsync.media.formats import Format
from wxsync.media.limits import LIMITS
from wxsync.model import MaterialType

_PICTURES = frozenset({Format.PNG, Format.JPEG, Format.GIF, Format.BMP, Format.WEBP, Format.HEIC, Format.AVIF,
                       Format.TIFF, Format.SVG})  # fmt: skip
_SOUNDS = frozenset({Format.MP3, Format.WMA, Format.WAV, Format.AMR, Format.OGG, Format.M4A, Format.AAC, Format.FLAC,
                     Format.AIFF})  # fmt: skip
_FILMS = frozenset({Format.MP4, Format.MOV, Format.THREE_GP, Format.WEBM, Format.MATROSKA, Format.ASF, Format.AVI,
                    Format.FLV, Format.MPEG})  # fmt: skip

_MIB = 1 << 20

FITTABLE: Mapping[MaterialType, frozenset[Format]] = MappingProxyType(
    {
        MaterialType.IMAGE: _PICTURES,
        MaterialType.VOICE: _SOUNDS,
        MaterialType.VIDEO: _FILMS,
        MaterialType.THUMB: _PICTURES,
        MaterialType.ARTICLE_IMAGE: _PICTURES,
    }
)
"""The formats that can be made into one that WeChat takes, by type."""

MOST_SOURCE_BYTES: Mapping[MaterialType, int] = MappingProxyType(
    {
        MaterialType.IMAGE: 64 * _MIB,
        MaterialType.VOICE: 128 * _MIB,
        MaterialType.VIDEO: 512 * _MIB,
        MaterialType.THUMB: 64 * _MIB,
        MaterialType.ARTICLE_IMAGE: 64 * _MIB,
    }
)
"""The largest file that is converted, by type; what is larger is not even read."""


def fit_helps(found: Format, size: int, material_type: MaterialType) -> bool:
    """Tells whether a file would be refused only for its format or its size in bytes, and `fit` can mend that."""
    limit = LIMITS[material_type]
    is_taken = found in limit.formats and size <= limit.max_bytes
    return not is_taken and found in FITTABLE[material_type] and size <= MOST_SOURCE_BYTES[material_type]
