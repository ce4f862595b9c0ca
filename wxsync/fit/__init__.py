"""Converts media that WeChat would refuse for their format or size; identity stays with the source."""

from wxsync.fit.converters import Converters
from wxsync.fit.made import Made, Note, Unfit
from wxsync.fit.needs import missing_converter
from wxsync.fit.store import Kept, keep, recall, sweep

__all__ = ["Converters", "Kept", "Made", "Note", "Unfit", "keep", "missing_converter", "recall", "sweep"]
