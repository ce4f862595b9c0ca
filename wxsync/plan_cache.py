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
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from itertools import chain
from typing import NamedTuple

from wxsync.states import FILE, Seen, is_fresh, names_in, state_of

_MOST_BYTES = 1 << 27
_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOFOLLOW", "O_BINARY", "O_CLOEXEC"))


class InStep(NamedTuple):
    """A plan that has nothing to do: the account it was made for, None where nothing names one, and what it keeps."""

    account: str | None
    kept: int


def lookup(entry: str, question: str, *, root: str) -> tuple[InStep | None, Seen]:
    """Return what was found for the same question, or None where anything has changed since; and what was seen.

    A question holds the state of a file, which nobody can know who did not run here: so nobody else can answer it.
    """
    seen = Seen()
    try:
        asked, *kept, answer, again = _read(entry).decode("utf-8", "surrogatepass").split("\0")
        known = dict(zip(kept[::2], kept[1::2], strict=True))
        count, _, account = answer.partition(" ")
        found = InStep(account or None, int(count))
        files = {path: state for path, state in known.items() if not path.endswith("/")}
        if not (asked == question == again and all(state_of(f"{root}/{path}") == files[path] for path in files)):
            return None, seen
        folders = {path[:-1]: names for path, names in known.items() if path not in files}
        for folder, names in folders.items():
            _look(root, folder, names, seen)
    except (OSError, ValueError):
        return None, seen
    if len(seen.in_step) == len(folders):
        return found, Seen()
    for folder in seen.in_step:
        # Of what is as it was no state is asked for any more.
        held = _names(folders[folder])
        seen.names[folder] = {name: FILE if " " in what else what for name, what in held.items()}
    return None, seen


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
        listed = {folder: names_in(f"{root}/{folder}", read) for folder, read in folders.items()}
        of_folders = (state_of(f"{root}/{folder}") for folder in folders)
        of_files = (names[name] for folder, names in listed.items() for name in folders[folder])
        if any(is_fresh(state, since) for state in (*states.values(), *of_folders, *of_files)):
            return
        known = states | {f"{folder}/": "/".join(chain(*names.items())) for folder, names in listed.items()}
        answer = f"{found.kept} {found.account or ''}"
        content = "\0".join((question, *chain(*known.items()), answer, question))
        write_atomic(Path(entry), content.encode("utf-8", "surrogatepass"), disk=UNSYNCED_DISK)


def _look(root: str, folder: str, known: str, seen: Seen) -> None:
    """Looks whether a folder is what it was; a plan that must be made again knows what each holds."""
    before = _names(known)
    # As is_state says, but without a call for each name.
    now = names_in(f"{root}/{folder}", {name for name, what in before.items() if " " in what})
    if now == before:
        seen.in_step.add(folder)
    else:
        seen.names[folder] = now


def _names(known: str) -> dict[str, str]:
    parts = known.split("/") if known else []
    return dict(zip(parts[::2], parts[1::2], strict=True))
