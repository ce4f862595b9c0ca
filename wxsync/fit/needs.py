"""Says which converter a file would need that is not installed."""

from __future__ import annotations

from importlib.util import find_spec

from wxsync.fit.ffmpeg import find_ffmpeg
from wxsync.fit.made import Unfit
from wxsync.media import Format
from wxsync.model import MaterialType
from wxsync.words import Text, text

_MODULES = {Format.HEIC: ("pillow_heif", "heic"), Format.SVG: ("resvg_py", "svg")}


def missing_converter(found: Format, material_type: MaterialType) -> Text | None:
    """Say what to install before a format can be converted; None where nothing is missing."""
    if not material_type.is_picture:
        try:
            find_ffmpeg()
        except Unfit as error:
            return error.finding.hint
        return None
    module, extra = _MODULES.get(found, ("", ""))
    if module and find_spec(module) is None:
        return text("pip install 'wxsync[{extra}]'", extra=extra)
    return None
