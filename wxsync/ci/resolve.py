"""Mends a lock in conflict so that no id of either side is lost: from git's index, from a merge, or from its text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from wxsync.ci.proof import key_of
from wxsync.errors import InvalidInput, PersonNeeded
from wxsync.files import write_atomic
from wxsync.git import Repository
from wxsync.lockfile import parse_lock, read_lock, render_lock
from wxsync.model import Location, Lock, Problem
from wxsync.planner.merge import merge
from wxsync.words import reason_of, text

_MOST_COMMITS = 50
_IN_PROGRESS = ("MERGE_HEAD", "REBASE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD")
_START, _BASE, _MIDDLE, _END = b"<<<<<<<", b"|||||||", b"=======", b">>>>>>>"
_IDS = re.compile(rb'"(?:media_id|url)"\s*:\s*"((?:[^"\\]|\\.)*)"')


class Sides(Struct, frozen=True):
    """Both sides of a conflict and what they came from; a side that deleted the lock is None."""

    base: Lock | None
    ours: Lock | None
    theirs: Lock | None
    source: str


class Resolved(Struct, frozen=True):
    """A lock that is whole again; `sides` is None where it was not in conflict."""

    path: str
    lock: Lock
    sides: Sides | None

    @property
    def only_ours(self) -> int:
        """Count the uploads that only our side knew."""
        return len(self._known(0) - self._known(1))

    @property
    def only_theirs(self) -> int:
        """Count the uploads that only their side knew."""
        return len(self._known(1) - self._known(0))

    @property
    def kept(self) -> int:
        """Count the uploads that the lock knows now."""
        return len(_ids(self.lock))

    def _known(self, side: int) -> set[str]:
        lock = (self.sides.ours, self.sides.theirs)[side] if self.sides else None
        return _ids(lock) if lock else set()


def in_conflict(repository: Repository | None, files: list[Path]) -> list[Path]:
    """Choose, of some locks, those that git or markers show to be in conflict."""
    unmerged = repository.unmerged() if repository else set()
    return [file for file in files if (repository and repository.inside(file) in unmerged) or _has_markers(file)]


def resolve(repository: Repository | None, file: Path) -> Resolved:
    """Write a lock with all ids of both sides and stage it; raises InvalidInput, and leaves the file untouched then.

    Raises Conflict where the sides are locks of two accounts.
    """
    sides = (_from_index(repository, file) or _from_history(repository, file)) if repository else None
    sides = sides or _from_text(file)
    if sides is None:
        lock = read_lock(file)
        if lock is None:
            raise InvalidInput([_problem(file, "lock-missing", text("{path} does not exist", path=str(file)))])
        return Resolved(str(file), lock, None)
    merged = merge(sides.base, sides.ours, sides.theirs) if sides.ours and sides.theirs else sides.ours or sides.theirs
    if merged is None:
        raise InvalidInput([_problem(file, "lock-missing", text("both sides deleted {path}", path=str(file)))])
    try:
        write_atomic(file, render_lock(merged))
    except OSError as error:
        raise PersonNeeded(text("{file} cannot be written: {why}", file=str(file), why=reason_of(error))) from None
    if repository:
        repository.stage(repository.inside(file))
    return Resolved(str(file), merged, sides)


def _from_index(repository: Repository, file: Path) -> Sides | None:
    stages = repository.stages(repository.inside(file))
    if not stages:
        return None
    read = {stage: _parse(content) for stage, content in stages.items()}
    if any(read[stage] is None for stage in read if stage != 1):
        return None  # a side had markers of its own
    return Sides(read.get(1), read.get(2), read.get(3), text("git's index"))


def _from_history(repository: Repository, file: Path) -> Sides | None:
    """Find the merge whose markers a file holds: the one under way, or the one that was committed with them."""
    if not _has_markers(file):
        return None
    path = repository.inside(file)
    pairs = _pairs(repository, path)
    for ours, theirs in pairs:
        first, second = (_at(repository, commit, path) for commit in (ours, theirs))
        if first and second:
            base = repository.merge_base(ours, theirs)
            common = _at(repository, base, path) if base else None
            sides = Sides(common, first, second, text("the two parents of the merge"))
            if _knows_all(sides, file):
                return sides
    return None


def _pairs(repository: Repository, path: str) -> Iterator[tuple[str, str]]:
    for name in _IN_PROGRESS:
        commit = repository.find_commit(name)
        if commit:
            yield repository.commit_of("HEAD"), commit
    for commit in repository.commits_of(path, most=_MOST_COMMITS):
        parents = repository.parents(commit)
        if len(parents) == 2:
            yield parents[0], parents[1]


def _knows_all(sides: Sides, file: Path) -> bool:
    # A merge of long ago is not the one whose markers these are.
    known = {key.encode() for lock in (sides.base, sides.ours, sides.theirs) if lock for key in _said(lock)}
    return set(_IDS.findall(_bytes(file))) <= known


def _from_text(file: Path) -> Sides | None:
    """Read both sides from a text with markers; raises InvalidInput where one of them is broken."""
    content = _bytes(file)
    if not _has_markers(file):
        return None
    base, ours, theirs = (_parse(side) for side in _split(content))
    if ours is None or theirs is None:
        message = text("what the conflict markers leave of each side is not a lock, so ids would be lost")
        hint = text(
            "take the merge anew (`git checkout --merge -- {path}`, or from a clone that has both branches) and run "
            "`wxsync lock resolve`",
            path=str(file),
        )
        raise InvalidInput([_problem(file, "lock-conflict", message, hint, _line_of_marker(content))])
    sides = Sides(base, ours, theirs, text("the markers in its text"))
    if not _knows_all(sides, file):
        message = text("the text holds ids that neither side has")
        raise InvalidInput([_problem(file, "lock-conflict", message, line=_line_of_marker(content))])
    return sides


def _split(content: bytes) -> tuple[bytes, bytes, bytes]:
    """Give the base, ours and theirs of a text with markers; without a base among them, that one is empty."""
    sides: dict[str, list[bytes]] = {"base": [], "ours": [], "theirs": []}
    where = ""
    for line in content.splitlines(keepends=True):
        if line.startswith(_START):
            where = "ours"
        elif where and line.startswith(_BASE):
            where = "base"
        elif where and line.startswith(_MIDDLE):
            where = "theirs"
        elif where and line.startswith(_END):
            where = ""
        else:
            for name in [where] if where else sides:
                sides[name].append(line)
    return b"".join(sides["base"]), b"".join(sides["ours"]), b"".join(sides["theirs"])


def _at(repository: Repository, commit: str, path: str) -> Lock | None:
    content = repository.content(commit, path)
    return None if content is None else _parse(content)


def _parse(content: bytes) -> Lock | None:
    try:
        return parse_lock(content, shown_as="lock")
    except InvalidInput:
        return None


def _has_markers(file: Path) -> bool:
    return any(line.startswith(_START) for line in _bytes(file).splitlines())


def _line_of_marker(content: bytes) -> int:
    return next(number for number, line in enumerate(content.splitlines(), 1) if line.startswith(_START))


def _bytes(file: Path) -> bytes:
    if file.is_symlink() or not file.exists():
        return b""
    if not file.is_file():
        raise InvalidInput([_problem(file, "lock-unreadable", text("{path} is not a regular file", path=str(file)))])
    try:
        return file.read_bytes()
    except OSError as error:
        message = text("{path} cannot be read: {error}", path=str(file), error=error.strerror)
        raise InvalidInput([_problem(file, "lock-unreadable", message)]) from None


def _ids(lock: Lock) -> set[str]:
    records = (*lock.records.values(), *(one.record for one in lock.retired))
    return {key_of(record) for record in records}


def _said(lock: Lock) -> Iterator[str]:
    for record in (*lock.records.values(), *(one.record for one in lock.retired)):
        yield record.media_id or ""
        yield record.url or ""


def _problem(file: Path, code: str, message: str, hint: str = "", line: int = 1) -> Problem:
    return Problem(code, message, hint, location=Location(str(file), line, 1), path=str(file))
