"""Keeps small pictures of materials by the digest of their files, and how long recordings play.

A page is made fast by them, and shows what was before.

They lie in sixteen files of the state folder, each a row of entries: a line of JSON, and as many bytes as that says.
What was not wanted for longest leaves first. Losing them loses speed, and what is told of files that are nowhere now.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import NamedTuple

from wxsync import STATE_FOLDER
from wxsync.files import UNSYNCED_DISK, own_folder, read_own, state_folder, write_atomic

# A later version that makes them in another way counts one up.
_RULES = 1
_MOST_SHARD_BYTES = 8 * 1024 * 1024
_MOST_LINE_BYTES = 1024
_DIGEST = re.compile(r"[0-9a-f]{64}")
# What a browser shows as a picture and in no case runs.
_SHOWN = frozenset({"image/webp", "image/png", "image/jpeg", "image/gif", "image/bmp"})
# What a recording is played as, which is never kept itself.
_PLAYED = frozenset({"audio/mpeg", "audio/wav", "video/mp4", ""})


class Small(NamedTuple):
    """Represents what is kept of a file: a small picture of it or none, and what the file itself measures."""

    mime: str
    """Of the small picture; of a recording what it is played as, or "" where browsers play it as nothing."""
    content: bytes
    """The small picture; nothing of a recording."""
    width: int = 0
    """Of the file, in pixels; 0 where it has none."""
    height: int = 0
    """Of the file, in pixels; 0 where it has none."""
    seconds: float = 0.0
    """How long it plays; 0 where that is not known."""


class _Key(NamedTuple):
    sha256: str
    edge: int


@dataclass(slots=True)
class SmallPictures:
    """The small pictures of one folder; what is put there is kept by `save`. It belongs to one thread."""

    root: Path
    _shards: dict[str, dict[_Key, Small]] = field(default_factory=dict)
    _changed: set[str] = field(default_factory=set)

    def get(self, sha256: str, edge: int) -> Small | None:
        """Give what is kept of a file in that size; the one that was wanted last stays longest."""
        shard = self._shard(sha256)
        found = shard.pop(_Key(sha256, edge), None)
        if found:
            shard[_Key(sha256, edge)] = found
        return found

    def largest(self, sha256: str) -> Small | None:
        """Give the largest that is kept of a file."""
        edges = [key.edge for key in self._shard(sha256) if key.sha256 == sha256]
        return self.get(sha256, max(edges)) if edges else None

    def put(self, sha256: str, edge: int, small: Small) -> None:
        """Keep something of a file."""
        if _DIGEST.fullmatch(sha256):
            self._shard(sha256)[_Key(sha256, edge)] = small
            self._changed.add(sha256[0])

    def save(self) -> None:
        """Write what is new; where that is impossible it is made again the next time. Raises Conflict."""
        if not self._changed:
            return
        with suppress(OSError):
            folder = state_folder(self.root) / _FOLDER
            folder.mkdir(exist_ok=True)
            for name in sorted(self._changed):
                write_atomic(folder / name, _written(self._shards[name]), disk=UNSYNCED_DISK)
        self._changed.clear()

    def _shard(self, sha256: str) -> dict[_Key, Small]:
        if not _DIGEST.fullmatch(sha256):
            return {}
        name = sha256[0]
        if name not in self._shards:
            self._shards[name] = _read(self.root / STATE_FOLDER, name)
        return self._shards[name]


_FOLDER = "pictures"


def _read(state: Path, name: str) -> dict[_Key, Small]:
    """Read a file of entries, or nothing where it is not as it was written; raises Conflict where it cannot be ours."""
    folder = state / _FOLDER
    if not (own_folder(state) and own_folder(folder)):
        return {}
    try:
        return dict(_entries(read_own(folder / name, most=_MOST_SHARD_BYTES)))
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return {}


def _entries(content: bytes) -> Iterator[tuple[_Key, Small]]:
    at = 0
    while at < len(content):
        end = content.index(b"\n", at, at + _MOST_LINE_BYTES)
        rules, sha256, edge, mime, width, height, seconds, size = json.loads(content[at:end])
        at = end + 1 + size
        known = _SHOWN if size else _PLAYED
        if (
            rules != _RULES
            or mime not in known
            or not _DIGEST.fullmatch(sha256)
            or size < 0
            or at > len(content)
            or not isfinite(seconds)
        ):
            raise ValueError("not what was kept")
        small = Small(mime, content[end + 1 : at], int(width), int(height), float(seconds))
        yield _Key(sha256, int(edge)), small


def _written(shard: dict[_Key, Small]) -> bytes:
    parts: list[bytes] = []
    left = _MOST_SHARD_BYTES
    for key, small in reversed(shard.items()):
        said = [_RULES, *key, small.mime, small.width, small.height, small.seconds, len(small.content)]
        entry = json.dumps(said).encode() + b"\n" + small.content
        left -= len(entry)
        if left < 0:
            break
        parts.append(entry)
    return b"".join(reversed(parts))
