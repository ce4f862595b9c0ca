"""Brings what was done into the lock while a run goes on: at least every two seconds, and at its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Generic, TypeVar

from wxsync.errors import PersonNeeded
from wxsync.files import DISK, Disk
from wxsync.lockfile import prove_writable, write_lock
from wxsync.model import Lock
from wxsync.words import reason_of, text

T = TypeVar("T")

_EVERY_SECONDS = 2.0
_IN_THE_JOURNAL = text(
    "no id is lost: they are in the journal, and the next apply brings them into the lock. "
    "Free some space or make the folder writable, then run apply again"
)


def save_lock(file: Path, lock: Lock, *, before: Lock | None, hint: str = _IN_THE_JOURNAL, disk: Disk = DISK) -> None:
    """Write a lock where it says something else than the one before; raises PersonNeeded where the disk refuses."""
    try:
        if lock != (before or Lock(lock.account)):
            write_lock(file, lock, disk=disk)
    except OSError as error:
        raise PersonNeeded(
            text("{file} cannot be written: {why}", file=str(file), why=reason_of(error)), hint=hint
        ) from None


def must_be_writable(file: Path, *, disk: Disk = DISK) -> None:
    """Raise PersonNeeded where a lock cannot be replaced, before anything is sent whose id it is to hold."""
    try:
        prove_writable(file, disk=disk)
    except OSError as error:
        raise PersonNeeded(
            text("{file} cannot be written: {why}; nothing was sent", file=str(file), why=reason_of(error)),
            hint=text("free some space or make the folder writable, then run it again"),
        ) from None


class Ledger(Generic[T]):
    """The lock of a run that is under way, to which `fold` adds what is done; only one thread may use it."""

    def __init__(
        self,
        file: Path,
        lock: Lock,
        fold: Callable[[Lock, Iterable[T]], Lock],
        *,
        clock: Callable[[], float] = time.time,
        hint: str = _IN_THE_JOURNAL,
        disk: Disk = DISK,
    ) -> None:
        self._file = file
        self._disk = disk
        self._on_disk: Lock = lock
        self._lock = lock
        self._fold = fold
        self._done: list[T] = []
        self._clock = clock
        self._hint = hint
        self._written_at = clock()

    def add(self, done: T) -> None:
        """Take what was done, to be in the lock at the next writing."""
        self._done.append(done)

    def write_if_due(self) -> None:
        """Write the lock where the last writing is long enough ago; a failure waits for the next one."""
        if self._done and self._clock() - self._written_at >= _EVERY_SECONDS:
            self._written_at = self._clock()
            with suppress(PersonNeeded):
                self.write()

    def write(self) -> Lock:
        """Write the lock for good; raises PersonNeeded where the disk refuses."""
        self._lock = self._fold(self._lock, self._done)
        self._done.clear()
        save_lock(self._file, self._lock, before=self._on_disk, hint=self._hint, disk=self._disk)
        self._on_disk = self._lock
        return self._lock
