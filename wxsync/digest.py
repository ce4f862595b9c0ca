"""Tells the digest of a file, remembered as long as the file's size, time and inode stay the same."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from wxsync.files import write_atomic

# A file that is written twice within the clock's grain keeps its time; git calls such an entry racy.
_GRAIN_NS = 2_000_000_000
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Digest:
    """Holds the identity of a file's content; sha256 in hexadecimal, size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Remembered:
    """Holds a digest and the state of the file that it was computed from."""

    size: int
    mtime_ns: int
    inode: int
    digest: Digest

    def fits(self, status: os.stat_result) -> bool:
        """Tells whether the file still is what was hashed."""
        return (self.size, self.mtime_ns, self.inode) == (status.st_size, status.st_mtime_ns, status.st_ino)


def remember(status: os.stat_result, digest: Digest, *, clock: Callable[[], int] = time.time_ns) -> Remembered | None:
    """Binds a digest to the state of its file, or gives None where the file is too fresh to be told apart later."""
    if clock() - status.st_mtime_ns < _GRAIN_NS:
        return None
    return Remembered(status.st_size, status.st_mtime_ns, status.st_ino, digest)


def read_cache(file: Path) -> dict[str, Remembered]:
    """Reads what earlier runs remembered, by path; a missing or broken cache is an empty one."""
    try:
        return {path: _remembered(*row) for path, row in json.loads(file.read_bytes()).items()}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}


def write_cache(file: Path, remembered: Mapping[str, Remembered]) -> None:
    """Keeps what this run learnt; a cache that cannot be written is no loss."""
    rows = {
        path: (entry.size, entry.mtime_ns, entry.inode, entry.digest.sha256, entry.digest.size)
        for path, entry in sorted(remembered.items())
    }
    with suppress(OSError):
        write_atomic(file, json.dumps(rows, separators=(",", ":")).encode())


def _remembered(size: int, mtime_ns: int, inode: int, sha256: str, content: int) -> Remembered:
    if not _SHA256.fullmatch(sha256) or not all(isinstance(one, int) for one in (size, mtime_ns, inode, content)):
        raise ValueError("a row of the cache is not what was written")
    return Remembered(size, mtime_ns, inode, Digest(sha256, content))
