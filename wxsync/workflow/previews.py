"""Fetches what a page can show of materials: small pictures, and voices and videos that are small themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from pathlib import Path

from wxsync.errors import PersonNeeded, WxsyncError
from wxsync.files import read_inside
from wxsync.git import Repository, open_repository
from wxsync.media import LIMITS, Format, probe
from wxsync.model import Outcome, Record
from wxsync.project.fitting import kept_for
from wxsync.project.folder import check_state
from wxsync.project.small_pictures import Small, SmallPictures
from wxsync.render.html import Preview
from wxsync.results import Report
from wxsync.thumbnails import EDGE, quietly, thumbnail

PLAYER_BYTES = 1024 * 1024
"""The largest voice or video that a page can play."""
ALL_PLAYERS_BYTES = 16 * 1024 * 1024
"""What all voices and videos of one page may take together."""
ALL_PICTURES_BYTES = 18 * 1024 * 1024
"""What all small pictures of one page may take together."""

# How many pictures a page may have for each to have its longer side as long as that, in pixels.
_EDGES = ((120, 640), (1_200, EDGE), (3_500, 224), (10_000, 128), (16_000, 96))
_SMALLEST_EDGE = 64
_PLAYED = {Format.MP3: "audio/mpeg", Format.WAV: "audio/wav", Format.MP4: "video/mp4"}
_THREADS = 2
# How many pictures an apply keeps, which is half a second's work: a page that is made later keeps all that it shows,
# and what many files held is in git's history before long.
_MOST_KEPT = 60
# Pictures that are nowhere but in git are looked up one by one.
_MOST_FROM_GIT = 100
_MOST_COMMITS = 20


def previews(root: Path, records: Iterable[Record], environ: Mapping[str, str]) -> dict[str, Preview]:
    """Return by sha256 what can be shown of some materials.

    A picture comes from the state folder, from the file itself, or from git's history; left out is what has other bytes
    now, lies outside the folder, or is no picture after all. Of what was converted the page shows what was sent.
    """
    check_state(root, environ)
    records = list(records)
    return dict(_bounded_pictures(_pictures(root, records, environ))) | _players(root, records)


def keep_pictures(root: Path, report: Report) -> None:
    """Keep a small picture of what an apply uploaded, which shows what was there once its file has changed."""
    done = (one.record for one in report.results if one.outcome is Outcome.DONE and one.change.action.uploads)
    pictures = islice((record for record in done if record and record.type.is_picture), _MOST_KEPT)
    kept = SmallPictures(root)
    # What was uploaded is told, whatever becomes of its pictures.
    with suppress(WxsyncError):
        missing = [record for record in pictures if not kept.get(record.sha256, EDGE)]
        for record, small in _made(root, missing, EDGE):
            kept.put(record.sha256, EDGE, small)
        kept.save()


def _pictures(root: Path, records: Iterable[Record], environ: Mapping[str, str]) -> dict[str, Small]:
    wanted = {(record.sha256, record.path): record for record in records if record.type.is_picture}.values()
    edge = _edge_for(len({record.sha256 for record in wanted}))
    kept = SmallPictures(root)
    found = {one.sha256: small for one in wanted if (small := kept.get(one.sha256, edge))}
    for record, small in _made(root, [one for one in wanted if one.sha256 not in found], edge):
        found[record.sha256] = small
        kept.put(record.sha256, edge, small)
    found |= {one.sha256: small for one in wanted if one.sha256 not in found and (small := kept.largest(one.sha256))}
    lost = [one for one in wanted if one.sha256 not in found and not one.fitted]
    for record, small in _from_git(root, lost[:_MOST_FROM_GIT], environ, edge):
        found[record.sha256] = small
        kept.put(record.sha256, edge, small)
    kept.save()
    return {one.sha256: found[one.sha256] for one in wanted if one.sha256 in found}


def _edge_for(count: int) -> int:
    return next((edge for most, edge in _EDGES if count <= most), _SMALLEST_EDGE)


def _bounded_pictures(pictures: Mapping[str, Small]) -> Iterator[tuple[str, Preview]]:
    left = ALL_PICTURES_BYTES
    for sha256, small in pictures.items():
        left -= len(small.content)
        is_shown = left >= 0
        yield sha256, Preview(small.mime, small.content if is_shown else b"", small.width, small.height)


def _made(root: Path, records: Iterable[Record], edge: int) -> Iterator[tuple[Record, Small]]:
    """Make small pictures of files, side by side."""
    wanted = list(records)
    if not wanted:
        return
    with quietly(), ThreadPoolExecutor(_THREADS) as threads:
        for record, small in zip(wanted, threads.map(lambda one: _small(_sent(root, one), edge), wanted), strict=True):
            if small:
                yield record, small


def _small(content: bytes | None, edge: int) -> Small | None:
    made = thumbnail(content, edge) if content else None
    return Small(made.mime, made.content, made.width, made.height) if made else None


def _from_git(
    root: Path, records: Iterable[Record], environ: Mapping[str, str], edge: int
) -> Iterator[tuple[Record, Small]]:
    """Make small pictures of what lies in git's history and nowhere else; nothing is fetched for it."""
    records = list(records)
    repository = open_repository(root, {**environ, "GIT_NO_LAZY_FETCH": "1"}) if records else None
    if repository is None:
        return
    with quietly():
        for record in records:
            small = _small(_committed(repository, root, record), edge)
            if small:
                yield record, small


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


def _players(root: Path, records: Iterable[Record]) -> dict[str, Preview]:
    """Take what can be played, and no more of it than a page should hold."""
    found: dict[str, Preview] = {}
    left = ALL_PLAYERS_BYTES
    for record in {(record.sha256, record.path): record for record in records}.values():
        size = record.fitted.size if record.fitted else record.size
        if record.type.is_picture or size > min(left, PLAYER_BYTES) or record.sha256 in found:
            continue
        content = _sent(root, record)
        media = probe(content) if content else None
        mime = _PLAYED.get(media.format) if media else None
        if content and media and mime:
            left -= size
            found[record.sha256] = Preview(mime, content, seconds=media.seconds or 0.0)
    return found


def _sent(root: Path, record: Record) -> bytes | None:
    """Read what was or would be sent of a material."""
    return kept_for(root, record.sha256, record.type) if record.fitted else _as_it_is(root, record)


def _as_it_is(root: Path, record: Record) -> bytes | None:
    try:
        # A plan from elsewhere can name any file: only what has the very size is read at all.
        if not (root / record.path).stat().st_size == record.size <= LIMITS[record.type].max_bytes:
            return None
        content, _status = read_inside(root, record.path)
    except (OSError, ValueError):
        return None
    return content if _is(content, record) else None


def _is(content: bytes, record: Record) -> bool:
    return hashlib.sha256(content).hexdigest() == record.sha256
