"""Finds the very bytes that a record tells of: in its file, as they were converted, or in git's history."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from wxsync.errors import PersonNeeded
from wxsync.files import read_inside
from wxsync.git import Repository, open_repository
from wxsync.media import LIMITS
from wxsync.model import Record
from wxsync.project.fitting import kept_for

# What is nowhere but in git is looked up one by one.
_MOST_FROM_GIT = 100
_MOST_COMMITS = 20


def stands(root: Path, record: Record) -> bool:
    """Tell without opening it whether the file of a material is there in its size, and WeChat takes what is sent."""
    try:
        size = (root / record.path).stat().st_size
    except (OSError, ValueError):
        return False
    return size == record.size and sent_size(record) <= LIMITS[record.type].max_bytes


def sent_size(record: Record) -> int:
    """Tell how many bytes of a material were or would be sent."""
    return record.fitted.size if record.fitted else record.size


def sent(root: Path, record: Record) -> bytes | None:
    """Read what was or would be sent of a material."""
    return kept_for(root, record.sha256, record.type) if record.fitted else _as_it_is(root, record)


def from_git(root: Path, records: Iterable[Record], environ: Mapping[str, str]) -> Iterator[tuple[Record, bytes]]:
    """Read what lies in git's history and nowhere else, of the first hundred; nothing is fetched for it."""
    lost = [record for record in records if not record.fitted][:_MOST_FROM_GIT]
    repository = open_repository(root, {**environ, "GIT_NO_LAZY_FETCH": "1"}) if lost else None
    if repository is None:
        return
    for record in lost:
        content = _committed(repository, root, record)
        if content:
            yield record, content


def _as_it_is(root: Path, record: Record) -> bytes | None:
    # A plan from elsewhere can name any file: only what has the very size is read at all.
    if not stands(root, record):
        return None
    try:
        content, _status = read_inside(root, record.path)
    except (OSError, ValueError):
        return None
    return content if _is(content, record) else None


def _committed(repository: Repository, root: Path, record: Record) -> bytes | None:
    if record.size > LIMITS[record.type].max_bytes:
        return None
    try:
        # A plan from elsewhere can name any file.
        if not (root / record.path).parent.resolve().is_relative_to(root.resolve()):
            return None
        contents = repository.earlier_contents(
            repository.inside(root / record.path), size=record.size, most=_MOST_COMMITS
        )
        return next((each for each in contents if _is(each, record)), None)
    except (PersonNeeded, OSError, ValueError):
        return None


def _is(content: bytes, record: Record) -> bool:
    return hashlib.sha256(content).hexdigest() == record.sha256
