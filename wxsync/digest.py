"""Tells the digest of a file, remembered as long as the file's size, times and inode stay the same."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from msgspec import Raw, Struct, json

from wxsync import __version__
from wxsync.files import UNSYNCED_DISK, read_own, write_atomic
from wxsync.states import GRAIN_NS, state_in


class Digest(NamedTuple):
    """Holds the identity of a file's content; sha256 in hexadecimal, size in bytes."""

    sha256: str
    size: int


class Remembered(Struct, frozen=True, array_like=True, gc=False):
    """Holds the state of a file, and the digest that was computed from it: of what it points to, where it does.

    Where its bytes were judged too, and nothing was wrong with them, `fine_as` is the type as which they were, and
    `extension` that of the format that they are.
    """

    state: str
    sha256: str
    content_size: int
    fine_as: str = ""
    extension: str = ""


def remember(status: os.stat_result, digest: Digest, *, clock: Callable[[], int] = time.time_ns) -> Remembered | None:
    """Binds a digest to the state of its file, or gives None where the file is too fresh to be told apart later."""
    # A file that is written twice within the clock's grain keeps its time; git calls such an entry racy.
    if clock() - status.st_mtime_ns < GRAIN_NS:
        return None
    return Remembered(state_in(status), *digest)


class Digests:
    """What was learnt of files, by folder and name; of a folder it is read when it is first asked for."""

    def __init__(self, folders: Mapping[str, Raw] | None = None) -> None:
        self._unread = folders or {}
        self._read: dict[str, Mapping[str, Remembered]] = {}

    def of(self, folder: str, name: str) -> Remembered | None:
        """Gives what is remembered of a file in a folder ("" is that of the manifest)."""
        known = self._read.get(folder)
        if known is None:
            known = self._read[folder] = _files(self._unread.get(folder))
        return known.get(name)

    def with_learnt(self, learnt: Mapping[str, Remembered], *, paths: Iterable[str]) -> Digests:
        """Adds what was learnt, by path, and forgets what is not among these paths, in folders of which it is known."""
        changed, folders = {_folder_and_name(path)[0] for path in learnt}, dict[str, Raw]()
        left: dict[str, dict[str, Remembered]] = {folder: {} for folder in changed}
        for path in paths:
            folder, name = _folder_and_name(path)
            if folder not in changed:
                if folder not in folders and folder in self._unread:
                    folders[folder] = self._unread[folder]
            elif known := learnt.get(path) or self.of(folder, name):
                left[folder][name] = known
        return Digests(folders | {folder: Raw(json.encode(files)) for folder, files in left.items()})

    def encoded(self) -> bytes:
        """Gives it as it is kept."""
        return json.encode(_Cache(__version__, self._unread))


class _Cache(Struct, frozen=True):
    """Holds what a version of wxsync learnt, by folder: another one may judge in another way."""

    version: str
    folders: Mapping[str, Raw]


def _folder_and_name(path: str) -> tuple[str, str]:
    folder, _, name = path.rpartition("/")
    return folder, name


def read_cache(file: Path) -> Digests:
    """Reads what earlier runs remembered; a missing or broken cache is an empty one."""
    try:
        cache = json.decode(read_own(file), type=_Cache)
    except (OSError, ValueError, RecursionError):
        return Digests()
    return Digests(cache.folders if cache.version == __version__ else {})


def write_cache(file: Path, digests: Digests) -> None:
    """Keeps what is remembered; a cache that cannot be written is no loss."""
    with suppress(OSError):
        write_atomic(file, digests.encoded(), disk=UNSYNCED_DISK)


def _files(content: Raw | None) -> Mapping[str, Remembered]:
    try:
        files = json.decode(content, type=dict[str, Remembered]) if content else {}
        _check_digests(files.values())
    except (ValueError, RecursionError):
        return {}
    return files


def _check_digests(entries: Collection[Remembered]) -> None:
    digests = [entry.sha256 for entry in entries]
    # All at once, which takes a tenth of the time that a pattern takes for each.
    if {*map(len, digests)} - {64} or "".join(digests).encode().translate(None, b"0123456789abcdef"):
        raise ValueError("not a sha256 digest")
