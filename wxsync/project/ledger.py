"""Brings what was done into the lock while a run goes on, every two seconds or less often, and at its end."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Generic, TypeVar

from wxsync.errors import Conflict, InvalidInput, PersonNeeded
from wxsync.files import DISK, Disk
from wxsync.lockfile import prove_writable, read_lock, write_lock
from wxsync.model import Lock
from wxsync.planner.merge import merge
from wxsync.words import reason_of, text

T = TypeVar("T")

_EVERY_SECONDS = 2.0
_LONGEST_SECONDS = 60.0
# Writing may take one part in so many of a run's time, by what the last one took, which the next one exceeds: until it
# is done again, the journal holds every id.
_ONE_PART_IN = 30
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
        self._pause = _EVERY_SECONDS
        self._first = lock
        self._all: list[T] = []
        self._seen = b"nothing yet"

    def add(self, done: T) -> None:
        """Take what was done, to be in the lock at the next writing."""
        self._done.append(done)

    def write_if_due(self) -> None:
        """Write the lock where the last writing is long enough ago; a failure waits for the next one."""
        began = self._clock()
        # A clock that was set back meanwhile ends the wait too.
        if self._done and abs(began - self._written_at) >= self._pause:
            with suppress(PersonNeeded, Conflict, InvalidInput):
                self.write()
            self._written_at = self._clock()
            self._pause = _pause_after(self._written_at - began)

    def write(self) -> Lock:
        """Write the lock for good; raises PersonNeeded where the disk refuses.

        What somebody else put in its place meanwhile, such as a checkout, is joined with it, so that no id of either is
        lost; where that is impossible it raises InvalidInput or Conflict, and the ids stay in the journal.
        """
        self._lock = self._fold(self._lock, self._done)
        self._all += self._done
        self._done.clear()
        before: Lock | None = self._on_disk
        if self._digest() != self._seen:
            before = read_lock(self._file, disk=self._disk)
            if before != self._on_disk:
                self._lock = self._fold(self._joined_with(before), self._all)
        save_lock(self._file, self._lock, before=before, hint=self._hint, disk=self._disk)
        self._on_disk, self._seen = self._lock, self._digest()
        return self._lock

    def _joined_with(self, theirs: Lock | None) -> Lock:
        """Join the lock from before this run with what was put in its place; each id of the two stays."""
        return self._first if theirs is None else merge(None, self._first, theirs)

    def _digest(self) -> bytes:
        try:
            return hashlib.sha256(self._disk.read(self._file)).digest()
        except FileNotFoundError:
            return b""
        except OSError as error:
            message = text("{file} cannot be read: {reason}", file=str(self._file), reason=error.strerror)
            raise PersonNeeded(message, hint=self._hint) from None


def _pause_after(cost: float) -> float:
    """Tell how many seconds to let pass after a writing that took so many."""
    return min(max(_EVERY_SECONDS, cost * _ONE_PART_IN), _LONGEST_SECONDS)
