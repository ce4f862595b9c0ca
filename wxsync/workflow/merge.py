"""Merges lock files on behalf of git."""

from __future__ import annotations

import subprocess
from pathlib import Path

from wxsync.errors import InvalidInput, WxsyncError
from wxsync.lockfile import read_lock, write_lock
from wxsync.model import Lock, Problem
from wxsync.planner import merge


def merge_locks(base: Path, ours: Path, theirs: Path) -> None:
    """Writes the merged lock to OURS; raises WxsyncError for a conflict, and then OURS holds git's own markers.

    An empty BASE is what git gives where the branches have no common lock.
    """
    try:
        common = read_lock(base) if base.exists() and base.stat().st_size else None
        merged = merge(common, _side(ours), _side(theirs))
    except WxsyncError:
        command = ["git", "merge-file", str(ours), str(base), str(theirs)]
        subprocess.run(command, check=False, capture_output=True)  # noqa: S603 - our own words and git's own files
        raise
    write_lock(ours, merged)


def _side(file: Path) -> Lock:
    lock = read_lock(file)
    if lock is None:
        raise InvalidInput([Problem("lock-missing", f"{file} does not exist", "git names both sides", path=str(file))])
    return lock
