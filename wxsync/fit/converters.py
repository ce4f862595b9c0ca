"""Chooses the converter for a file, and lets as many work side by side as the machine can bear."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from pathlib import Path

from wxsync.fit.ffmpeg import Source, find_ffmpeg
from wxsync.fit.films import fit_film
from wxsync.fit.made import Made
from wxsync.fit.sounds import fit_sound
from wxsync.fit.workers import Job, Workers
from wxsync.media import Format
from wxsync.model import MaterialType

MOST_AT_ONCE = 4
"""Conversions side by side: each may need a gigabyte."""


@dataclass(slots=True)
class Converters:
    """Represents what converts files for as long as it is entered; threads may call it side by side."""

    count: int = min(MOST_AT_ONCE, os.cpu_count() or 1)
    _pictures: Workers = field(init=False)
    # ffmpeg is busy on every core by itself.
    _ffmpeg: threading.Lock = field(default_factory=threading.Lock)
    _stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._pictures = Workers(self.count)

    def stop(self) -> None:
        """Ends at once whatever is converting."""
        self._stop.set()
        self._pictures.stop()

    def fit_picture(self, content: bytes, found: Format, material_type: MaterialType) -> Made:
        """Converts a picture; raises Unfit."""
        return self._pictures.fit(Job(content, found, material_type))

    def fit_recording(self, copy: Path, found: Format, material_type: MaterialType) -> Made:
        """Converts a voice or a video: a copy of it, alone in a folder that is the converter's own. Raises Unfit."""
        source = Source(find_ffmpeg(), copy, found, self._stop)
        with self._ffmpeg:
            return fit_sound(source) if material_type is MaterialType.VOICE else fit_film(source)
