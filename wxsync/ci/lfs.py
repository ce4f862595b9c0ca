"""Fetches from Git LFS only what must be looked at or uploaded; whatever the lock holds stays a pointer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from wxsync.git import Repository
from wxsync.model import Problem

_AT_ONCE = 200
# Git LFS takes patterns with commas between them and knows no escape that holds for all of these.
_PATTERN = re.compile(r"[,*?\[\]\\!#]")


def pointers(problems: Iterable[Problem]) -> list[str]:
    """Name the pointers whose content is asked for, relative to the manifest's folder."""
    return sorted({problem.path for problem in problems if problem.code == "lfs-pointer" and problem.path})


def fetch_content(repository: Repository, root: Path, paths: Iterable[str]) -> None:
    """Put in place of pointers what they point to; `root` is the manifest's folder. Raises GitFailed."""
    inside = root.resolve().relative_to(repository.folder)
    patterns = [_PATTERN.sub("?", (inside / path).as_posix()) for path in paths]
    for start in range(0, len(patterns), _AT_ONCE):
        repository.pull_from_lfs(patterns[start : start + _AT_ONCE])
