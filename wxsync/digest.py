"""Tells the digest of a file, remembered as long as the file's size, times and inode stay the same."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from wxsync.files import UNSYNCED_DISK, read_own, write_atomic
from wxsync.plan_cache import GRAIN_NS

# A file that is written twice within the clock's grain keeps its time; git calls such an entry racy.
_HEXADECIMAL = re.compile(r"[0-9a-f]*")


class Digest(NamedTuple):
    """Holds the identity of a file's content; sha256 in hexadecimal, size in bytes."""

    sha256: str
    size: int


class Remembered(NamedTuple):
    """Holds the state of a file, and the digest that was computed from it: of what it points to, where it does."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    sha256: str
    content_size: int

    def fits(self, status: os.stat_result) -> bool:
        """Tells whether the file still is what was hashed."""
        return self[:4] == _state(status)


def remember(status: os.stat_result, digest: Digest, *, clock: Callable[[], int] = time.time_ns) -> Remembered | None:
    """Binds a digest to the state of its file, or gives None where the file is too fresh to be told apart later."""
    if clock() - status.st_mtime_ns < GRAIN_NS:
        return None
    return Remembered(*_state(status), *digest)


# The time of change too: a program can put the time of writing back, and some do.
def _state(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def read_cache(file: Path) -> dict[str, Remembered]:
    """Reads what earlier runs remembered, by path; a missing or broken cache is an empty one."""
    try:
        paths, *columns = json.loads(read_own(file))
        _check_types(paths, columns)
        return dict(zip(paths, map(Remembered._make, zip(*columns, strict=True)), strict=True))
    except (OSError, ValueError, TypeError, RecursionError):
        return {}


def write_cache(file: Path, remembered: Mapping[str, Remembered]) -> None:
    """Keeps what this run learnt; a cache that cannot be written is no loss."""
    # A column of each kind is read several times as fast as a row for each file.
    table = [sorted(remembered), *zip(*(entry for _, entry in sorted(remembered.items())), strict=True)]
    with suppress(OSError):
        write_atomic(file, json.dumps(table, separators=(",", ":")).encode(), disk=UNSYNCED_DISK)


def _check_types(paths: list[object], columns: list[list[object]]) -> None:
    sizes, times, changes, inodes, digests, contents = columns
    kinds = [set(map(type, column)) for column in (paths, digests, sizes, times, changes, inodes, contents)]
    if any(kind - {str} for kind in kinds[:2]) or any(kind - {int} for kind in kinds[2:]):
        raise TypeError("a column of the cache is not what was written")
    if {len(str(digest)) for digest in digests} - {64} or not _HEXADECIMAL.fullmatch("".join(map(str, digests))):
        raise ValueError("not a sha256 digest")
