"""Brings results into the lock while a run goes on: at least every two seconds, and at its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path

from wxsync.errors import PersonNeeded
from wxsync.files import DISK, Disk
from wxsync.lockfile import write_lock
from wxsync.model import Lock, Result
from wxsync.planner import fold, utc

_EVERY_SECONDS = 2.0


class Ledger:
    """Holds the lock of a run that is under way; only one thread may use it."""

    def __init__(
        self,
        file: Path,
        lock: Lock | None,
        account: str,
        *,
        gone: Collection[str] = (),
        clock: Callable[[], float] = time.time,
        disk: Disk = DISK,
    ) -> None:
        self._file = file
        self._disk = disk
        self._on_disk = lock
        self._lock = lock or Lock(account)
        self._results: list[Result] = []
        self._loose: list[Result] = []
        self._gone = gone
        self._clock = clock
        self._written_at = clock()

    def add(self, result: Result) -> None:
        """Takes a result, to be in the lock at the next writing."""
        self._results.append(result)
        if result.record and result.error:
            self._loose.append(result)  # the journal could not be written, so until the lock is, nothing else knows it

    def write_if_due(self) -> None:
        """Writes the lock where the last writing is long enough ago; a failure waits for the next one."""
        if self._results and self._clock() - self._written_at >= _EVERY_SECONDS:
            self._written_at = self._clock()
            with suppress(OSError):
                self._write(self._folded())

    def write(self, lock: Lock | None = None) -> Lock:
        """Writes the lock for good, or one that was folded elsewhere; raises PersonNeeded where the disk refuses."""
        lock = lock or self._folded()
        try:
            self._write(lock)
        except OSError as error:
            raise PersonNeeded(
                "\n".join([f"{self._file} cannot be written: {error.strerror}", *map(_told, self._loose)]),
                hint="no id is lost: they are in the journal, and the next apply brings them into the lock. "
                "Free some space or make the folder writable, then run apply again",
            ) from None
        return lock

    def _folded(self) -> Lock:
        self._lock = fold(self._lock, self._results, at=utc(self._clock()), gone=self._gone)
        self._results.clear()
        return self._lock

    def _write(self, lock: Lock) -> None:
        if lock != (self._on_disk or Lock(lock.account)):
            write_lock(self._file, lock, disk=self._disk)
            self._on_disk = lock


def _told(result: Result) -> str:
    record = result.record
    known = (record.media_id or record.url) if record else None
    return f"  {result.change.name} was uploaded as {known}; the journal is full too, so keep this line"
