"""The folder by which a job that applies hands its lock to the job that commits it.

`started/`, `taken/` and `ended/` hold a lock, under its path in the repository, as it was before the apply, with what
waited in a request, and after the apply; `told/` says which ids WeChat was proven not to have. Whatever is in it is
data: links are refused, and only locks are read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec import Struct

from wxsync.ci.proof import Tampered, is_lock_of
from wxsync.errors import InvalidInput, PersonNeeded
from wxsync.files import write_atomic
from wxsync.lockfile import read_lock, render_lock
from wxsync.model import Lock, Problem
from wxsync.words import reason_of, text

_STARTED, _TAKEN, _ENDED, _TOLD = "started", "taken", "ended", "told"
_MOST_BYTES = 16 * 1024 * 1024


class Left(Struct, frozen=True):
    """What the apply of one account left: its lock before and after; `gone` and `refused` are ids.

    `taken` is the lock from before with what waited in a request, where anything did; what of it WeChat did not list
    is `refused`.
    """

    started: Lock | None
    ended: Lock
    taken: Lock | None = None
    gone: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()


class Keep(Struct, frozen=True):
    """Where one account's lock is kept; `path` is that of the lock in the repository."""

    folder: Path
    path: str

    def started(self, lock: Lock | None) -> None:
        """Keep the lock from before, and forget what an earlier run left of this account."""
        for name in (_STARTED, _TAKEN, _ENDED, _TOLD):
            with suppress(OSError):  # a folder in its place is told by whoever writes there
                _file(self.folder, name, self.path).unlink(missing_ok=True)
        # There is always a file, so that a job whose artifact is empty shows that its lock is missing.
        self.told(gone=frozenset(), refused=frozenset())
        if lock:
            self._write(_STARTED, render_lock(lock))

    def taken(self, lock: Lock) -> None:
        """Keep the lock with what waited in a request."""
        self._write(_TAKEN, render_lock(lock))

    def ended(self, lock: Lock) -> None:
        """Keep the lock from after."""
        self._write(_ENDED, render_lock(lock))

    def told(self, *, gone: frozenset[str], refused: frozenset[str]) -> None:
        """Keep what WeChat was proven not to have: ids of the lock, and ids that waited."""
        said = {"gone": sorted(gone), "refused": sorted(refused)}
        self._write(_TOLD, (json.dumps(said, indent=2) + "\n").encode())

    def _write(self, name: str, content: bytes) -> None:
        file = _file(self.folder, name, self.path)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(file, content)
        except OSError as error:
            raise PersonNeeded(text("{file} cannot be written: {why}", file=str(file), why=reason_of(error))) from None


def read_kept(folder: Path, manifest: str) -> Mapping[str, Left]:
    """Read by its path what each apply left; raises Tampered where there is more than locks of this manifest."""
    started, taken, ended = (_locks(folder, name, manifest) for name in (_STARTED, _TAKEN, _ENDED))
    left: dict[str, Left] = {}
    for path, lock in ended.items():
        told = _told(_file(folder, _TOLD, path))
        left[path] = Left(started.get(path), lock, taken.get(path), *told)
    return left


def _locks(folder: Path, name: str, manifest: str) -> dict[str, Lock]:
    found: dict[str, Lock] = {}
    for path, file in _files(_file(folder, name, "")):
        if not is_lock_of(manifest, path):
            raise Tampered(text("{path} is not a lock of {manifest}", path=path, manifest=manifest))
        lock = read_lock(file)
        if lock:
            found[path] = lock
    return found


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for file in sorted(folder.rglob("*")):
        path = file.relative_to(folder).as_posix()
        if file.is_symlink() or not (file.is_file() or file.is_dir()):
            raise Tampered(text("{path} is not a regular file", path=path))
        if file.is_file():
            yield path, file


def _file(folder: Path, name: str, path: str) -> Path:
    """Give a file below the folder; raises Tampered where a link stands in the way."""
    file = folder
    for part in ("", name, *path.split("/")):
        file = file / part
        if file.is_symlink():
            raise Tampered(text("{path} is a link; nothing is kept there", path=str(file)))
    return file


def _told(file: Path) -> tuple[frozenset[str], frozenset[str]]:
    if not file.is_file():
        return frozenset(), frozenset()
    try:
        with file.open("rb") as stream:
            said: Any = json.loads(stream.read(_MOST_BYTES))
        return frozenset(map(str, said["gone"])), frozenset(map(str, said["refused"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        problem = Problem("not-kept", text("{path} is not what an apply leaves: {error}", path=str(file), error=error))
        raise InvalidInput([problem]) from None
