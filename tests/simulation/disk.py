"""A disk that forgets: what was not synced may be kept, dropped or torn when the power fails."""

from __future__ import annotations

import errno
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.simulation.process import Crash, Process
from wxsync.files import Disk

_SECTOR = 512
_LONG = 1 << 16
_TAIL = 4096


@dataclass(slots=True)
class _Bytes:
    """Holds content without the zeros that end it."""

    said: bytearray = field(default_factory=bytearray)
    size: int = 0

    def put(self, content: bytes, place: int) -> None:
        self.size = max(self.size, place + len(content))
        if len(content) >= _LONG and not any(content[::_SECTOR]):
            del self.said[place:]  # only the journal's reservation is as long: zeros, at the end
            return
        if len(self.said) < place:
            self.said.extend(bytes(place - len(self.said)))
        self.said[place : place + len(content)] = content

    def copy(self) -> _Bytes:
        return _Bytes(bytearray(self.said), self.size)

    def read(self) -> bytes:
        # No reader can tell how long the zeros at the end are, and short ones are read faster.
        return bytes(self.said) + bytes(min(self.size - len(self.said), _TAIL))


@dataclass(slots=True)
class _File:
    cached: _Bytes = field(default_factory=_Bytes)
    kept: _Bytes = field(default_factory=_Bytes)
    unsynced: list[tuple[int, bytes]] = field(default_factory=list)
    doomed: list[tuple[int, bytes]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Naming:
    """Is one unsynced change of a folder: a name appears, goes, or both at once."""

    gone: Path | None = None
    new: Path | None = None
    file: _File | None = None


@dataclass(slots=True)
class Troubles:
    """Says what goes wrong on a disk during one run: chances of short writes and failing syncs, and the bytes left."""

    short: float = 0.0
    failing: float = 0.0
    room: int | None = None


class SimulatedDisk(Disk):
    """Keeps apart what programs see and what would survive; after SQLite's crash tests (test6.c)."""

    def __init__(self, rng: Random, tell: Callable[[str], None], *, key: str) -> None:
        self.key = key
        self.process: Process | None = None
        self.troubles = Troubles()
        self._rng = rng
        self._tell = tell
        self._names: dict[Path, _File] = {}
        self._kept_names: dict[Path, _File] = {}
        self._unsynced: list[_Naming] = []
        self._open: dict[int, _File] = {}
        self._next = 3

    def holds(self, file: Path) -> bool:
        self._step(f"look for {file.name}")
        return file in self._names

    def read(self, file: Path) -> bytes:
        self._step(f"read {file.name}")
        return self._file(file).cached.read()

    def seal(self, folder: Path) -> str:
        return f"{folder}, by {self.key}"

    def create(self, file: Path) -> int:
        self._step(f"create {file.name}")
        if file in self._names:
            raise FileExistsError(errno.EEXIST, "File exists", str(file))
        return self._opened(self._made(file))

    def open(self, file: Path) -> int:
        self._step(f"open {file.name}")
        return self._opened(self._names.get(file) or self._made(file))

    def write(self, descriptor: int, content: bytes, place: int) -> int:
        file = self._open[descriptor]
        try:
            self._step(f"write {len(content)} bytes at {place}")
        except Crash:
            self._put(file, content[: self._rng.randrange(len(content) + 1)], place)
            raise
        taken = self._taken(file, len(content), place)
        self._put(file, content[:taken], place)
        return taken

    def sync(self, descriptor: int) -> None:
        self._step("sync")
        file = self._open[descriptor]
        if self._rng.random() < self.troubles.failing:
            self._tell("the sync fails")
            file.doomed += file.unsynced  # the system drops its dirty pages, and the next sync says that all is well
            file.unsynced.clear()
            raise OSError(errno.EIO, "Input/output error")
        for place, content in file.unsynced:
            file.kept.put(content, place)
        file.unsynced.clear()

    def close(self, descriptor: int) -> None:
        self._open.pop(descriptor, None)

    def copy_mode(self, source: Path, target: Path) -> None:
        self._file(source)
        self._file(target)

    def replace(self, source: Path, target: Path) -> None:
        self._step(f"replace {target.name}")
        file = self._file(source)
        self._rename(_Naming(source, target, file))

    def unlink(self, file: Path) -> None:
        self._step(f"unlink {file.name}")
        self._file(file)
        self._rename(_Naming(gone=file))

    def sync_folder(self, folder: Path) -> None:
        self._step(f"sync folder {folder.name}")
        for naming in self._unsynced:
            if _folder_of(naming) == folder:
                _apply(naming, self._kept_names)
        self._unsynced = [naming for naming in self._unsynced if _folder_of(naming) != folder]

    def mutex(self) -> AbstractContextManager[object]:
        return self.process.mutex() if self.process else nullcontext()

    def states(self, file: Path) -> list[bytes | None]:
        """Gives every content that a file may have after a crash: that which is on the disk, and each newer one."""
        files = [self._kept_names.get(file), *(one.file for one in self._unsynced if one.new == file)]
        if any(one.gone == file for one in self._unsynced):
            files.append(None)
        return [one.cached.read() if one else None for one in files]

    def fail_power(self) -> None:
        """Loses what was not synced, or a part of it."""
        for file in {id(one): one for one in (*self._names.values(), *self._kept_names.values())}.values():
            self._lose_writes(file)
        for naming in self._unsynced:
            if self._rng.random() < 0.5:
                _apply(naming, self._kept_names)
        self._unsynced.clear()  # what did not reach the disk by now never will
        self._names = dict(self._kept_names)
        self.restart()

    def restart(self) -> None:
        """Closes what a process that ended had open."""
        self._open.clear()

    def settle(self) -> None:
        """Puts everything on the disk, as time does."""
        for file in self._names.values():
            file.kept = file.cached.copy()
            file.unsynced.clear()
            file.doomed.clear()
        self._kept_names = dict(self._names)
        self._unsynced.clear()

    def set(self, file: Path, content: bytes | None) -> None:
        """Puts a file there, or takes it away, as somebody else does, for good."""
        self._names.pop(file, None)
        self._kept_names.pop(file, None)
        self._unsynced = [one for one in self._unsynced if file not in (one.gone, one.new)]
        if content is not None:
            new = _File(_Bytes(bytearray(content), len(content)), _Bytes(bytearray(content), len(content)))
            self._names[file] = self._kept_names[file] = new

    def peek(self, file: Path) -> bytes | None:
        """Reads without a step."""
        found = self._names.get(file)
        return found.cached.read() if found else None

    def _step(self, what: str) -> None:
        if self.process:
            self.process.step(what)

    def _file(self, file: Path) -> _File:
        if file not in self._names:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", str(file))
        return self._names[file]

    def _made(self, name: Path) -> _File:
        if self.troubles.room is not None and self.troubles.room <= 0 and self._rng.random() < 0.3:
            raise OSError(errno.ENOSPC, "No space left on device")
        file = _File()
        self._rename(_Naming(new=name, file=file))
        return file

    def _opened(self, file: _File) -> int:
        self._next += 1
        self._open[self._next] = file
        return self._next

    def _rename(self, naming: _Naming) -> None:
        self._unsynced.append(naming)
        _apply(naming, self._names)

    def _taken(self, file: _File, size: int, place: int) -> int:
        taken = size
        if self._rng.random() < self.troubles.short:
            taken = self._rng.randrange(1, size + 1)
        if self.troubles.room is not None:
            grown = max(0, place + taken - file.cached.size)
            fits = min(grown, max(0, self.troubles.room))
            taken -= grown - fits
            self.troubles.room -= fits
            if size and taken <= 0:
                self._tell("the disk is full")
                raise OSError(errno.ENOSPC, "No space left on device")
        return taken

    def _put(self, file: _File, content: bytes, place: int) -> None:
        file.cached.put(content, place)
        file.unsynced.append((place, content))

    def _lose_writes(self, file: _File) -> None:
        for place, content in (*file.doomed, *file.unsynced):
            fate = self._rng.random()
            if fate < 0.35:
                file.kept.put(content, place)
            elif fate < 0.7:
                self._tear(file.kept, content, place)
        file.doomed.clear()
        file.unsynced.clear()
        file.cached = file.kept.copy()

    def _tear(self, kept: _Bytes, content: bytes, place: int) -> None:
        if len(content) >= _LONG or self._rng.random() < 0.5:
            kept.put(content[: self._rng.randrange(len(content) + 1)], place)
            return
        start = 0
        while start < len(content):
            end = start + _SECTOR - (place + start) % _SECTOR
            if self._rng.random() < 0.5:
                kept.put(content[start:end], place + start)
            start = end


def _apply(naming: _Naming, names: dict[Path, _File]) -> None:
    if naming.gone:
        names.pop(naming.gone, None)
    if naming.new and naming.file:
        names[naming.new] = naming.file


def _folder_of(naming: _Naming) -> Path:
    name = naming.new or naming.gone
    assert name is not None
    return name.parent
