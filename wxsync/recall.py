"""Remembers what a file said, for as long as the file has not changed, in a form that is read faster than the file.

Changed means what it means to git: another size, time or inode. Whoever puts a memo into a folder that somebody else
unpacks cannot know those, so nobody can make us believe what a file does not say. Nothing is kept of a file that is
so fresh that it could change once more and show the same time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from msgspec import msgpack

from wxsync import STATE_FOLDER, __version__
from wxsync.files import UNSYNCED_DISK, own_folder, read_own, state_folder, write_atomic
from wxsync.states import is_fresh, state_of

T = TypeVar("T")


class Memo:
    """What is remembered of one file, in a file of the state folder beside the manifest."""

    def __init__(self, root: Path, file: Path, *, clock: Callable[[], int] = time.time_ns) -> None:
        self._root = root
        self._file = file
        self._since = clock()
        self._state = self._state_now()

    def recall(self, kind: type[T]) -> T | None:
        """Give what was kept of the file as it is, or None. Raises Conflict where no file of ours lies there."""
        if is_fresh(self._state, self._since):
            return None  # of what is so fresh nothing is kept
        try:
            content, key = memoryview(read_own(self._place)), self._key(kind)
            # A view, for what is remembered of a full library has 40 MB.
            return msgpack.decode(content[len(key) :], type=kind) if key and content[: len(key)] == key else None
        except (OSError, ValueError, RecursionError):
            return None

    def keep(self, said: object) -> None:
        """Keep what was read since this memo was made; where that is impossible it is read again the next time."""
        if not self._state or is_fresh(self._state, self._since) or self._state != self._state_now():
            return
        with suppress(OSError, ValueError, OverflowError):
            if not own_folder(self._place.parent):
                state_folder(self._root)
            # What is a mapping that nobody can change is kept as one that its reader could.
            content = self._key(type(said)) + msgpack.encode(said, enc_hook=dict)
            write_atomic(self._place, content, disk=UNSYNCED_DISK)

    @property
    def _place(self) -> Path:
        return self._root / STATE_FOLDER / f"{self._file.name}.read"

    def _key(self, kind: type[object]) -> bytes:
        return f"{__version__} {kind.__name__} {self._state}\n".encode() if self._state else b""

    def _state_now(self) -> str:
        try:
            return state_of(str(self._file), follow_links=False)
        except OSError:
            return ""
