"""Fetches what a page can show of local files: small pictures, and voices and videos that are small themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from wxsync.files import read_inside
from wxsync.media import LIMITS, Format, probe
from wxsync.model import Record
from wxsync.project.fitting import kept_for
from wxsync.render.html import Preview
from wxsync.thumbnails import quietly, thumbnail

PLAYER_BYTES = 1024 * 1024
"""The largest voice or video that a page can play."""
ALL_PLAYERS_BYTES = 16 * 1024 * 1024
"""What all voices and videos of one page may take together."""

_PLAYED = {Format.MP3: "audio/mpeg", Format.WAV: "audio/wav", Format.MP4: "video/mp4"}
_THREADS = 2


def previews(root: Path, records: Iterable[Record]) -> dict[str, Preview]:
    """Return by sha256 what can be shown of some materials.

    Left out is what is not there any more, has other bytes now, lies outside the folder, or is no picture after all. Of
    what was converted the page shows what was sent.
    """
    wanted = list(_bounded(records))
    with quietly(), ThreadPoolExecutor(_THREADS) as threads:
        found = threads.map(lambda record: _preview(root, record), wanted)
        return {record.sha256: preview for record, preview in zip(wanted, found, strict=True) if preview}


def _bounded(records: Iterable[Record]) -> Iterator[Record]:
    """Take each file once, and no more of what is played than a page should hold."""
    left = ALL_PLAYERS_BYTES
    for record in {(record.sha256, record.path): record for record in records}.values():
        if not record.type.is_picture:
            size = record.fitted.size if record.fitted else record.size
            if size > min(left, PLAYER_BYTES):
                continue
            left -= size
        yield record


def _preview(root: Path, record: Record) -> Preview | None:
    content = kept_for(root, record.sha256, record.type) if record.fitted else _as_it_is(root, record)
    if content is None:
        return None
    if not record.type.is_picture:
        mime = _PLAYED.get(probe(content).format)
        return Preview(mime, content) if mime else None
    small = thumbnail(content)
    return Preview(*small) if small else None


def _as_it_is(root: Path, record: Record) -> bytes | None:
    try:
        # A plan from elsewhere can name any file: only what has the very size is read at all.
        if not (root / record.path).stat().st_size == record.size <= LIMITS[record.type].max_bytes:
            return None
        content, _status = read_inside(root, record.path)
    except (OSError, ValueError):
        return None
    return content if hashlib.sha256(content).hexdigest() == record.sha256 else None
