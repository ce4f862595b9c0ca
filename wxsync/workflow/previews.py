"""Fetches what a page can show of materials: small pictures, how long recordings play, and those that fit in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from wxsync.model import Record
from wxsync.project.contents import from_git, sent
from wxsync.project.folder import check_state
from wxsync.project.small_pictures import Small, SmallPictures
from wxsync.render.html import Preview
from wxsync.thumbnails import EDGE, quietly, thumbnail
from wxsync.workflow.recordings import recordings

ALL_PICTURES_BYTES = 18 * 1024 * 1024
"""What all small pictures of one page may take together."""

# How many pictures a page may have for each to have its longer side as long as that, in pixels.
_EDGES = ((20, 1_280), (120, 640), (1_200, EDGE), (3_500, 224), (10_000, 128), (16_000, 96))
_SMALLEST_EDGE = 64

THREADS = 2
"""How many small pictures are made side by side."""


def previews(root: Path, records: Iterable[Record], environ: Mapping[str, str]) -> dict[str, Preview]:
    """Return by sha256 what can be shown of some materials.

    A picture comes from the state folder, from the file itself, or from git's history; left out is what has other bytes
    now, lies outside the folder, or is no picture after all. Of what was converted the page shows what was sent.
    """
    check_state(root, environ)
    records, kept = list(records), SmallPictures(root)
    found = dict(_bounded_pictures(_pictures(root, records, kept, environ)))
    found |= recordings(root, records, kept, environ)
    kept.save()
    return found


def _pictures(
    root: Path, records: Iterable[Record], kept: SmallPictures, environ: Mapping[str, str]
) -> dict[str, Small]:
    wanted = {(record.sha256, record.path): record for record in records if record.type.is_picture}.values()
    edge = _edge_for(len({record.sha256 for record in wanted}))
    found = {one.sha256: small for one in wanted if (small := kept.get(one.sha256, edge))}
    for record, small in _made(root, [one for one in wanted if one.sha256 not in found], edge):
        found[record.sha256] = small
        kept.put(record.sha256, edge, small)
    found |= {one.sha256: small for one in wanted if one.sha256 not in found and (small := kept.largest(one.sha256))}
    for record, content in from_git(root, (one for one in wanted if one.sha256 not in found), environ):
        with quietly():
            small = small_of(content, edge)
        if small:
            found[record.sha256] = small
            kept.put(record.sha256, edge, small)
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
    with quietly(), ThreadPoolExecutor(THREADS) as threads:
        for record, small in zip(wanted, threads.map(lambda one: small_of(sent(root, one), edge), wanted), strict=True):
            if small:
                yield record, small


def small_of(content: bytes | None, edge: int) -> Small | None:
    """Make a small picture of a file; None where it is none. Call it within `quietly`."""
    made = thumbnail(content, edge) if content else None
    return Small(made.mime, made.content, made.width, made.height) if made else None
