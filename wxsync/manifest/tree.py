"""The names below the manifest's folder: each folder is listed once, no file is opened."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, MutableMapping
from enum import StrEnum
from pathlib import Path

from wxsync import STATE_FOLDER
from wxsync.near import near_names
from wxsync.states import FILE, FOLDER, LINK, OTHER, Names, names_in
from wxsync.words import casefolded

MAX_STEPS = 20_000_000
LISTED_NAME_STEPS = 10
MAX_COMPARED = 20_000

# What git and wxsync keep for themselves; a checkout's .git may even hold a token.
KEPT_BACK = frozenset({".git", STATE_FOLDER})


class PathKind(StrEnum):
    """What a path is."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    OTHER = "other"
    OUTSIDE = "outside"
    BROKEN = "broken"
    UNREADABLE = "unreadable"
    MISSING = "missing"


_KINDS = {FILE: PathKind.FILE, FOLDER: PathKind.FOLDER, LINK: PathKind.LINK, OTHER: PathKind.OTHER}
# To look a member up takes longer than whatever is asked of a name.
_FILE, _LINK, _MISSING = PathKind.FILE, PathKind.LINK, PathKind.MISSING


class TooMuchWork(Exception):
    """Says that patterns and files together are more than a run should spend its time on."""


class Tree:
    """Remembers what each folder holds, so that fifty globs list it once, and counts the work that patterns make.

    Names are compared with what the folder lists and not by asking the system for them: so `Logo.PNG`, `logo.png.` and
    `CON` are on Windows and macOS what they are on Linux.

    `seen` is what folders hold, by their path from here, of those that were listed already, and after it of all.
    """

    def __init__(self, root: Path, seen: MutableMapping[str, Names] | None = None) -> None:
        self._root = Path(os.path.realpath(root))
        self._seen = {} if seen is None else seen
        self._listings: dict[str, dict[str, PathKind] | OSError] = {}
        self._folders: dict[str, PathKind] = {"": PathKind.FOLDER}
        self._followed = False
        self._steps = 0
        self._compared = 0

    @property
    def folders(self) -> tuple[str, ...] | None:
        """Gives the folders that were listed; None where a link was followed, or one of them could not be listed."""
        refused = any(isinstance(found, OSError) for found in self._listings.values())
        return None if self._followed or refused else tuple(self._listings)

    @property
    def steps(self) -> int:
        """Counts the work done so far: names tested and names listed."""
        return self._steps

    def begin_again(self) -> None:
        """Counts the work from the beginning; what was listed stays."""
        self._steps = 0

    def spend(self, steps: int) -> None:
        """Counts work. Raises TooMuchWork where it is more than 20 million steps, some seconds."""
        self._steps += steps
        if self._steps > MAX_STEPS:
            raise TooMuchWork

    def listing(self, folder: str) -> Mapping[str, PathKind]:
        """Lists a folder ("" is the root), sorted by name, links not followed. Raises OSError and TooMuchWork."""
        found = self._listings.get(folder)
        if found is None:
            found = self._listed(folder)
        if isinstance(found, OSError):
            raise found
        return found

    def kind(self, path: str) -> PathKind:
        """Tells what a path is, links followed where they stay inside; never LINK."""
        folder, _, name = path.rpartition("/")
        names = self._listings.get(folder)
        if names is None:
            above = self._folders.get(folder)
            if above is None:
                above = self._folders[folder] = self.kind(folder)
            if above is not PathKind.FOLDER:
                return above if above in {PathKind.OUTSIDE, PathKind.BROKEN, PathKind.UNREADABLE} else _MISSING
            names = self._listed(folder)
        if isinstance(names, OSError):
            return PathKind.UNREADABLE
        kind = names.get(name, _MISSING)
        return self.follow(path) if kind is _LINK else kind

    def follow(self, path: str) -> PathKind:
        """Tells what a link leads to; never LINK. Nothing is opened."""
        self._followed = True
        real = Path(os.path.realpath(self._root / path))
        if not real.is_relative_to(self._root):
            return PathKind.OUTSIDE
        if not KEPT_BACK.isdisjoint(part.lower() for part in real.relative_to(self._root).parts):
            return PathKind.OUTSIDE
        try:
            mode = real.lstat().st_mode
        except OSError:
            return PathKind.BROKEN
        if stat.S_ISDIR(mode):
            return PathKind.FOLDER
        if stat.S_ISLNK(mode):
            return PathKind.BROKEN
        return PathKind.FILE if stat.S_ISREG(mode) else PathKind.OTHER

    def near(self, path: str) -> list[str]:
        """Gives up to three existing paths that somebody who wrote this one may have meant, the likeliest first."""
        known, missing = self._split(path)
        try:
            names = self.listing(known)
        except (OSError, TooMuchWork):
            return []
        first = missing[0]
        same = [name for name in names if casefolded(name) == casefolded(first)]
        found = same or self._alike(first, list(names))
        return ["/".join(filter(None, (known, name, *missing[1:]))) for name in found]

    def _alike(self, name: str, names: list[str]) -> list[str]:
        self._compared += len(names)
        # Comparing is slow; where many thousand paths are missing, the first ones tell enough.
        return [*near_names(name, names, alike=0.7)] if self._compared <= MAX_COMPARED else []

    def _split(self, path: str) -> tuple[str, list[str]]:
        parts = path.split("/")
        known = 0
        while known < len(parts) - 1 and self.kind("/".join(parts[: known + 1])) is PathKind.FOLDER:
            known += 1
        return "/".join(parts[:known]), parts[known:]

    def _listed(self, folder: str) -> dict[str, PathKind] | OSError:
        found = self._listings[folder] = self._list(folder)
        self.spend(LISTED_NAME_STEPS * len(found) if isinstance(found, dict) else LISTED_NAME_STEPS)
        return found

    def _list(self, folder: str) -> dict[str, PathKind] | OSError:
        names = self._seen.get(folder)
        if names is None:
            try:
                names = self._seen[folder] = names_in(f"{self._root}/{folder}")
            except OSError as error:
                return error
        return {
            name: _KINDS.get(names[name], _FILE)  # what has a state is a file
            for name in sorted(names)
            if name[0] != "." or name.lower() not in KEPT_BACK
        }
