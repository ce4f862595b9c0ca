"""Converts what a manifest asks to have converted: each content once, side by side, and never twice on one machine."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self

from msgspec import Struct

from wxsync.files import state_folder
from wxsync.model import Asset, MaterialType, Severity
from wxsync.words import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wxsync.fit import Converters, Kept, Made
    from wxsync.media import Finding, Format

_Content = tuple[str, MaterialType]


class Conversion(Struct, frozen=True):
    """An event: a file is being converted, or it is done."""

    path: str
    is_done: bool


Converts = Callable[[Conversion], None]
"""Hears of conversions, from any thread."""


class Fitting:
    """What converts the files of one survey, from any of its threads; nothing is started before the first of them."""

    def __init__(self, root: Path, hears: Converts) -> None:
        self._root = root
        self._hears = hears
        self._converters: Converters | None = None
        self._guard = threading.Lock()
        self._turns = defaultdict[_Content, threading.Lock](threading.Lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End the converters at once; what they were at is refused."""
        if self._converters:
            self._converters.stop()

    def fit(self, asset: Asset, content: bytes, found: Format, sha256: str) -> Kept | Finding:
        """Give what a file is converted to, or the problem that it has."""
        from wxsync.fit import Unfit, keep, recall

        with self._turn((sha256, asset.type)):
            try:
                folder = fitted_folder(state_folder(self._root))
                kept = recall(folder, sha256, asset.type)
                if kept is None:
                    with self._heard(asset.path):
                        made = self._convert(asset.type, content, found, folder)
                    kept = keep(folder, sha256, asset.type, made)
            except Unfit as error:
                return error.finding
            except OSError as error:
                reason = error.strerror or str(error)
                message = text("what it was converted to cannot be kept: {reason}", reason=reason)
                hint = text("free some space, or make .wxsync beside the manifest writable")
                from wxsync.media import Finding

                return Finding("fit-not-kept", Severity.ERROR, message, hint)
        return kept

    @contextmanager
    def _heard(self, path: str) -> Iterator[None]:
        self._hears(Conversion(path, is_done=False))
        try:
            yield
        finally:
            self._hears(Conversion(path, is_done=True))

    def _convert(self, material_type: MaterialType, content: bytes, found: Format, folder: Path) -> Made:
        converters = self._started()
        if material_type.is_picture:
            return converters.fit_picture(content, found, material_type)
        with _scratch(folder) as scratch:
            copy = scratch / "source"
            copy.write_bytes(content)
            del content
            return converters.fit_recording(copy, found, material_type)

    def _started(self) -> Converters:
        from wxsync.fit import Converters

        with self._guard:
            self._converters = self._converters or Converters()
            return self._converters

    def _turn(self, content: _Content) -> threading.Lock:
        with self._guard:
            return self._turns[content]


def kept_for(root: Path, sha256: str, material_type: MaterialType) -> bytes | None:
    """Give the converted bytes of a source, or None where they are not here any more."""
    from wxsync.fit import recall

    kept = recall(fitted_folder(root / ".wxsync"), sha256, material_type)
    return kept.content if kept else None


def forget_unused(root: Path, used: Iterable[_Content]) -> None:
    """Remove what was converted long ago from files that are named no more."""
    folder = fitted_folder(root / ".wxsync")
    if folder.is_dir():
        from wxsync.fit import sweep

        sweep(folder, set(used))


def fitted_folder(state: Path) -> Path:
    """Name the folder for converted files within a state folder."""
    return state / "fitted"


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """Make a folder for one conversion; of those that a killed run left behind, `forget_unused` takes care."""
    import shutil
    import tempfile

    folder.mkdir(exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="scratch.", dir=folder))
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
