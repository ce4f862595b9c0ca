"""Tells whether a clone merges locks by itself, which each clone has to be told once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from wxsync import STATE_FOLDER
from wxsync.files import state_folder, write_atomic

DRIVER = "wxsync"
_ASKED = "merges"


def first_time_without_driver(root: Path, environ: Mapping[str, str]) -> bool:
    """Tell, once for each clone, that it has locks and does not merge them by itself."""
    if (root / STATE_FOLDER / _ASKED).exists() or not _may_be_a_clone(root):
        return False
    from wxsync.git import GitFailed, open_repository  # once for each clone

    locks, repository = sorted(root.glob("*.lock.json")), open_repository(root, environ)
    if not locks or repository is None:
        return False
    try:
        is_named = all(repository.attribute("merge", repository.inside(lock)) == DRIVER for lock in locks)
        is_told = is_named and repository.configured(f"merge.{DRIVER}.driver") is not None
        write_atomic(state_folder(root) / _ASKED, b"")
    except (GitFailed, OSError):
        return False
    return not is_told


def _may_be_a_clone(root: Path) -> bool:
    # To start git costs more than the rest of a plan.
    return any((folder / ".git").exists() for folder in (root.resolve(), *root.resolve().parents))
