"""Finds what a page can show of voices and videos: how long each of them plays, and what plays in the page itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from wxsync.media import Format, probe
from wxsync.model import Record
from wxsync.project.contents import from_git, sent, sent_size, stands
from wxsync.project.small_pictures import Small, SmallPictures
from wxsync.render.html import Preview
from wxsync.words import text

ALL_PLAYERS_BYTES = 16 * 1024 * 1024
"""What all voices and videos of one page may take together."""

_PLAYED = {Format.MP3: "audio/mpeg", Format.WAV: "audio/wav", Format.MP4: "video/mp4"}
# What is kept of a recording has no picture, so it has no edge either.
_NO_EDGE = 0
_UNPLAYED = text("browsers do not play this format")
_LEFT_OUT = text("left out to keep this page small")


class _Recording(Struct, frozen=True):
    """What is shown of one content: the records that tell of it, and how many times the page shows it."""

    sha256: str
    records: tuple[Record, ...]
    times: int

    @property
    def weight(self) -> int:
        """Tell the bytes that it takes in a page, as its records say."""
        return sent_size(self.records[0]) * self.times

    def content(self, root: Path) -> bytes | None:
        return next(filter(None, (sent(root, record) for record in self.records)), None)

    def stands(self, root: Path) -> bool:
        return any(stands(root, record) for record in self.records)


def recordings(
    root: Path, records: Iterable[Record], kept: SmallPictures, environ: Mapping[str, str]
) -> dict[str, Preview]:
    """Return by sha256 what can be shown of the voices and videos among some materials.

    The smallest play in the page, as many as it holds. Of all others only the length is told, and where that is known
    already their files are not even opened.
    """
    found: dict[str, Preview] = {}
    lost: list[Record] = []
    left = ALL_PLAYERS_BYTES
    for one in sorted(_grouped(records), key=lambda one: one.weight):
        known, fits = kept.get(one.sha256, _NO_EDGE), one.weight <= left
        content = one.content(root) if known is None or (known.mime and fits) else None
        if known is None and content:
            known = _heard(content)
            kept.put(one.sha256, _NO_EDGE, known)
        if known is None:
            lost.append(one.records[0])
        elif content and known.mime and len(content) * one.times <= left:
            left -= len(content) * one.times
            found[one.sha256] = Preview(known.mime, content, seconds=known.seconds)
        else:
            silence = _UNPLAYED if not known.mime else _LEFT_OUT if not fits else None
            found[one.sha256] = Preview("", b"", seconds=known.seconds, silence=silence if one.stands(root) else None)
    for record, content in from_git(root, lost, environ):
        known = _heard(content)
        kept.put(record.sha256, _NO_EDGE, known)
        found[record.sha256] = Preview("", b"", seconds=known.seconds)
    return found


def keep_lengths(root: Path, records: Iterable[Record], kept: SmallPictures) -> None:
    """Keep how long some voices and videos play, which is told when their files have changed."""
    for record in records:
        content = None if kept.get(record.sha256, _NO_EDGE) else sent(root, record)
        if content:
            kept.put(record.sha256, _NO_EDGE, _heard(content))


def _grouped(records: Iterable[Record]) -> Iterator[_Recording]:
    """Bring together what shows the same content; a page holds it as often as it is shown."""
    shown = [record for record in records if not record.type.is_picture]
    times = Counter(record.sha256 for record in shown)
    groups: dict[str, dict[str, Record]] = {}
    for record in shown:
        groups.setdefault(record.sha256, {})[record.path] = record
    for sha256, by_path in groups.items():
        some = tuple(by_path.values())
        yield _Recording(sha256, some, times[sha256])


def _heard(content: bytes) -> Small:
    media = probe(content)
    return Small(_PLAYED.get(media.format, ""), b"", seconds=media.seconds or 0.0)
