"""The state of a file, which tells it from its next version as it does for git: its size, its times and its inode.

A state is text, for it is kept and compared and nothing else. Whoever makes a repository cannot know it, so what is
remembered under a state was remembered here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from functools import partial
from itertools import islice

GRAIN_NS = 2_000_000_000
"""What was touched so short a time ago could change once more and show the same time."""

FILE, FOLDER, LINK, OTHER = "file", "folder", "link", "other"
"""What a name of a folder stands for; for a file its state may stand instead, which holds blanks."""

Names = Mapping[str, str]
"""What each name of a folder stands for."""


class Seen:
    """What was seen of folders, by their path from the manifest's; at first nothing.

    `names` is what each holds; those `in_step` hold the files that they held when the lock had the material of each.
    """

    __slots__ = ("in_step", "names")  # what is told of a class in another way takes longer than to look at a folder

    def __init__(self) -> None:
        self.names: dict[str, Names] = {}
        self.in_step: set[str] = set()


# stat.IO_REPARSE_TAG_MOUNT_POINT, which the stat module has on Windows only.
_MOUNT_POINT = 0xA0000003

# On Windows the listing of a folder tells no inodes.
_status: Callable[[os.DirEntry[str]], os.stat_result] = (
    os.lstat if os.name == "nt" else partial(os.DirEntry.stat, follow_symlinks=False)
)


def state_in(status: os.stat_result) -> str:
    """Gives the state that a file showed."""
    # The time of change too: a program can put the time of writing back, and some do.
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"


def state_of(path: str, *, follow_links: bool = True) -> str:
    """Gives the state of a file; "" where there is none. Raises OSError."""
    try:
        return state_in(os.stat(path, follow_symlinks=follow_links))  # noqa: PTH116 - a Path costs more than the stat
    except FileNotFoundError:
        return ""


def size_in(state: str) -> int:
    """Gives the size of a file in a state, in bytes."""
    return int(state.partition(" ")[0])


def is_state(what: str) -> bool:
    """Tells a state from what else a name can stand for."""
    return " " in what


def is_fresh(state: str, since: int) -> bool:
    """Tells whether a file could have changed after a moment (in Unix nanoseconds) and still show the same state."""
    return any(int(time) > since - GRAIN_NS for time in state.split()[1:3])


def names_in(folder: str, files: Collection[str] = (), *, most: int | None = None) -> dict[str, str]:
    """Lists a folder, no link followed, or so much of it; of some files it gives the states. Raises OSError."""
    with os.scandir(folder) as entries:
        return {
            entry.name: _kind(entry)
            if not entry.is_file(follow_symlinks=False)
            else state_in(_status(entry))
            if entry.name in files
            else FILE
            for entry in islice(entries, most)
        }


def is_junction(status: os.stat_result) -> bool:
    """Tells whether what was looked at without following links is a junction, the other link that Windows has."""
    tag: int = getattr(status, "st_reparse_tag", 0)
    return tag == _MOUNT_POINT


def _kind(entry: os.DirEntry[str]) -> str:
    """Tells what a name stands for that is no file."""
    if entry.is_symlink() or (os.name == "nt" and is_junction(entry.stat(follow_symlinks=False))):
        return LINK
    return FOLDER if entry.is_dir(follow_symlinks=False) else OTHER
