"""Merges lock files on behalf of git."""

from __future__ import annotations

from pathlib import Path

from wxsync.errors import InvalidInput, WxsyncError
from wxsync.files import write_atomic
from wxsync.lockfile import read_lock, write_lock
from wxsync.model import Lock, Problem
from wxsync.planner.merge import merge
from wxsync.words import text


def merge_locks(base: Path, ours: Path, theirs: Path) -> None:
    """Write the merged lock to OURS; raises WxsyncError for a conflict, and then OURS holds both sides.

    An empty BASE is what git gives where the branches have no common lock.
    """
    try:
        common = read_lock(base) if base.exists() and base.stat().st_size else None
        merged = merge(common, _side(ours), _side(theirs))
    except WxsyncError:
        # Line by line, git could put the ids of one account under the name of the other without a conflict.
        write_atomic(ours, _both_sides(ours, theirs))
        raise
    write_lock(ours, merged)


def _side(file: Path) -> Lock:
    lock = read_lock(file)
    if lock is None:
        raise InvalidInput(
            [
                Problem(
                    "lock-missing",
                    text("{file} does not exist", file=str(file)),
                    text("git names both sides"),
                    path=str(file),
                )
            ]
        )
    return lock


def _both_sides(ours: Path, theirs: Path) -> bytes:
    first, second = (content if content.endswith(b"\n") else content + b"\n" for content in map(_bytes, (ours, theirs)))
    return b"<<<<<<< ours\n" + first + b"=======\n" + second + b">>>>>>> theirs\n"


def _bytes(file: Path) -> bytes:
    return file.read_bytes() if file.is_file() else b""
