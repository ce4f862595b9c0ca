"""Remembers that a plan had nothing to do, for as long as nothing has changed that it was made from.

Changed means what it means to git: another size, time or inode of a file, another name in a folder. Nothing is
remembered while a file or folder is so fresh that it could change once more and show the same time.

An entry is text between zeros, which no name holds: the question, then each file with its state and each folder, a "/"
behind it, with its names and what they stand for between slashes, then what was found, and the question again as a sign
that all is there. Plain text, because importing json alone would cost more than the whole lookup.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from functools import partial
from itertools import chain
from typing import NamedTuple

GRAIN_NS = 2_000_000_000
"""What was touched so short a time ago could change once more and show the same time."""

_MOST_BYTES = 1 << 27
_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOFOLLOW", "O_BINARY", "O_CLOEXEC"))

# On Windows the listing of a folder tells no inodes.
_status: Callable[[os.DirEntry[str]], os.stat_result] = (
    os.lstat if os.name == "nt" else partial(os.DirEntry.stat, follow_symlinks=False)
)


def state_of(path: str, *, follow_links: bool = True) -> str:
    """Gives what tells a file from its next version; "" where there is none. Raises OSError."""
    try:
        return _state(os.stat(path, follow_symlinks=follow_links))  # noqa: PTH116 - as below
    except FileNotFoundError:
        return ""


class InStep(NamedTuple):
    """A plan that has nothing to do: the account it was made for, None where nothing names one, and what it keeps."""

    account: str | None
    kept: int


def lookup(entry: str, question: str, *, root: str) -> InStep | None:
    """Return what was found for the same question, or None where anything has changed since.

    A question holds the state of a file, which nobody can know who did not run here: so nobody else can answer it.
    """
    try:
        asked, *kept, answer, again = _read(entry).decode("utf-8", "surrogatepass").split("\0")
        known = zip(kept[::2], kept[1::2], strict=True)
        is_same = asked == question == again and all(_holds(f"{root}/{path}", state) for path, state in known)
        count, _, account = answer.partition(" ")
        return InStep(account or None, int(count)) if is_same else None
    except (OSError, ValueError):
        return None


def _read(entry: str) -> bytes:
    """Reads an entry that is a regular file in a real folder, as files.read_own does; importing that takes longer."""
    folder, status = os.lstat(os.path.dirname(entry)), os.lstat(entry)  # noqa: PTH120
    if not (stat.S_ISDIR(folder.st_mode) and stat.S_ISREG(status.st_mode) and status.st_size <= _MOST_BYTES):
        raise OSError(f"{entry} does not belong to wxsync")
    descriptor = os.open(entry, _FLAGS)
    try:
        return os.read(descriptor, status.st_size)
    finally:
        os.close(descriptor)


def store(
    entry: str,
    question: str,
    found: InStep,
    *,
    root: str,
    files: Iterable[str],
    folders: Mapping[str, Collection[str]],
    since: int,
) -> None:
    """Keep what was found with the states of what it was made from; an entry that cannot be written is no loss.

    `files` were read or are not there; in `folders` the names were listed and some files read. `since` is when the
    command began, in nanoseconds: what was touched later than two seconds before it may not be what the command saw.
    """
    from pathlib import Path

    from wxsync.files import UNSYNCED_DISK, write_atomic

    with suppress(OSError):
        states = {path: state_of(f"{root}/{path}") for path in files}
        listed = {folder: _names(f"{root}/{folder}", read) for folder, read in folders.items()}
        of_folders = (state_of(f"{root}/{folder}") for folder in folders)
        of_files = (names[name] for folder, names in listed.items() for name in folders[folder])
        if any(is_fresh(state, since) for state in (*states.values(), *of_folders, *of_files)):
            return
        known = states | {f"{folder}/": "/".join(chain(*names.items())) for folder, names in listed.items()}
        answer = f"{found.kept} {found.account or ''}"
        content = "\0".join((question, *chain(*known.items()), answer, question))
        write_atomic(Path(entry), content.encode("utf-8", "surrogatepass"), disk=UNSYNCED_DISK)


def _holds(path: str, known: str) -> bool:
    """Tells whether a file, or a folder with a "/" behind its name, is what it was."""
    if not path.endswith("/"):
        return state_of(path) == known
    parts = known.split("/") if known else []
    names = dict(zip(parts[::2], parts[1::2], strict=True))
    return _names(path, {name for name, state in names.items() if " " in state}) == names


def _names(folder: str, files: Collection[str]) -> dict[str, str]:
    """Lists a folder: what each name stands for, and of some files their states."""
    with os.scandir(folder) as entries:
        return {entry.name: _state(_status(entry)) if entry.name in files else _kind(entry) for entry in entries}


def _state(status: os.stat_result) -> str:
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"


def _kind(entry: os.DirEntry[str]) -> str:
    if entry.is_symlink():
        return "link"
    return "folder" if entry.is_dir() else "file" if entry.is_file() else "other"


def is_fresh(state: str, since: int) -> bool:
    """Tells whether a file could have changed after a moment (in Unix nanoseconds) and still show the same state."""
    return any(int(time) > since - GRAIN_NS for time in state.split()[1:3])
