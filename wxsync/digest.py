"""Tells the digest of a file, remembered as long as the file's size, times and inode stay the same."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct, json

from wxsync import __version__
from wxsync.files import UNSYNCED_DISK, read_own, write_atomic
from wxsync.plan_cache import GRAIN_NS


class Digest(NamedTuple):
    """Holds the identity of a file's content; sha256 in hexadecimal, size in bytes."""

    sha256: str
    size: int


class Remembered(Struct, frozen=True, array_like=True, gc=False):
    """Holds the state of a file, and the digest that was computed from it: of what it points to, where it does.

    Where its bytes were judged too, and nothing was wrong with them, `fine_as` is the type as which they were, and
    `extension` that of the format that they are.
    """

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    sha256: str
    content_size: int
    fine_as: str = ""
    extension: str = ""

    def fits(self, status: os.stat_result) -> bool:
        """Tells whether the file still is what was hashed."""
        # The time of change too: a program can put the time of writing back, and some do.
        return (
            self.mtime_ns == status.st_mtime_ns
            and self.size == status.st_size
            and self.ctime_ns == status.st_ctime_ns
            and self.inode == status.st_ino
        )


def remember(status: os.stat_result, digest: Digest, *, clock: Callable[[], int] = time.time_ns) -> Remembered | None:
    """Binds a digest to the state of its file, or gives None where the file is too fresh to be told apart later."""
    # A file that is written twice within the clock's grain keeps its time; git calls such an entry racy.
    if clock() - status.st_mtime_ns < GRAIN_NS:
        return None
    return Remembered(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, *digest)


class _Cache(Struct, frozen=True):
    """Holds what a version of wxsync learnt, by path: another one may judge in another way."""

    version: str
    files: Mapping[str, Remembered]


def read_cache(file: Path) -> Mapping[str, Remembered]:
    """Reads what earlier runs remembered, by path; a missing or broken cache is an empty one."""
    try:
        cache = json.decode(read_own(file), type=_Cache)
        _check_digests(cache.files.values())
    except (OSError, ValueError, RecursionError):
        return {}
    return cache.files if cache.version == __version__ else {}


def write_cache(file: Path, remembered: Mapping[str, Remembered]) -> None:
    """Keeps what this run learnt; a cache that cannot be written is no loss."""
    # Where a file system counts its inodes in more than 64 bits nothing is kept.
    with suppress(OSError, OverflowError):
        write_atomic(file, json.encode(_Cache(__version__, remembered)), disk=UNSYNCED_DISK)


def _check_digests(entries: Collection[Remembered]) -> None:
    digests = [entry.sha256 for entry in entries]
    # All at once, which takes a tenth of the time that a pattern takes for each.
    if {*map(len, digests)} - {64} or "".join(digests).encode().translate(None, b"0123456789abcdef"):
        raise ValueError("not a sha256 digest")
