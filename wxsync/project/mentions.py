"""Reads one document after the other for what it mentions of materials: by a path, by a url, by an id."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from wxsync.files import Inside
from wxsync.links.find import Lines, NotADocument, find_links, read_text
from wxsync.links.link import Form, Link
from wxsync.links.target import is_absolute, local_paths
from wxsync.model import Holder, Mention, Part, Use
from wxsync.planner.uses import text_mentions
from wxsync.words import reason_of, text

_COVER_KEYS = ("cover", "thumb", "thumbnail", "image", "banner", "cover_image", "coverImage", "featured_image")
_LARGEST = 4 * 1024 * 1024
# Our own pages and lists tell of ids and urls, and use none of them.
_OURS = ('<meta name="generator" content="wxsync">', "### wxsync ")
_HEAD = 2_000
_FEW = 200


@dataclass(slots=True)
class Mentions:
    """What documents mention, read one after the other; `root` is the real path of the manifest's folder."""

    root: str
    ids: Collection[str]
    paths: Collection[str]
    found: list[Mention] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    count: int = 0
    size: int = 0
    endings: tuple[str, ...] = ()
    needles: tuple[str, ...] = ()
    tails: dict[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.endings = tuple({PurePosixPath(path).suffix.lower() for path in self.paths})
        for path in self.paths:
            tail = PurePosixPath(path).name
            self.tails[tail] = None if tail in self.tails else path
        self.needles = tuple(map(str.lower, self.tails)) if len(self.tails) <= _FEW else self.endings

    def read(self, file: Path, shown: str) -> None:
        """Read a document that is called so when it is told of."""
        try:
            content, _ = Inside(file.parent).read(file.name, most=_LARGEST)
            self.size += len(content)
            written = read_text(file.name, content)
            if any(mark in written[:_HEAD] for mark in _OURS):
                return
            self.found += self._mentions(written, file, shown)
        except NotADocument as error:
            self.failed.append(text("{file} {reason}", file=shown, reason=error.args[0]))
        except OSError as error:
            self.failed.append(text("{file}: {reason}", file=shown, reason=reason_of(error)))
        else:
            self.count += 1

    def _mentions(self, written: str, file: Path, shown: str) -> Iterator[Mention]:
        is_parsed = self._may_mention(written.lower())
        links = find_links(file.name, written, dialects=True, keys=_COVER_KEYS) if is_parsed else []
        lines = Lines(written)
        parts = _Parts(links)

        def use(at: int) -> Use:
            return Use(Holder.DOCUMENT, f"{shown}:{lines.number_at(at)}", parts.at(at))

        yield from text_mentions(written, self.ids, use)
        folder = os.path.realpath(file.parent)
        for link in links:
            path = self._path(link, folder)
            if path:
                yield Mention(use(link.start), path=path)

    def _may_mention(self, lowered: str) -> bool:
        """Tell whether a document is worth parsing, which takes long: most of a repository show no picture of ours."""
        if "mmbiz" in lowered or any(needle in lowered for needle in self.needles):
            return True
        is_escaped = any(sign in lowered for sign in "%&\\")
        return is_escaped and any(ending in lowered for ending in self.endings)

    def _path(self, link: Link, folder: str) -> str | None:
        """Give the path of a material that a link means, or None."""
        start = self.root if is_absolute(link.target) else folder
        target = link.target.lstrip("/") if is_absolute(link.target) else link.target
        candidates = local_paths(target)
        for path in candidates:
            below = self._below(start, path)
            if below in self.paths:
                return below
        if link.form is Form.EMBED and candidates:
            # Obsidian finds a picture by its name alone, wherever it lies.
            return self.tails.get(PurePosixPath(candidates[0]).name)
        return None

    def _below(self, folder: str, path: str) -> str:
        if "\0" in path:
            return ""
        whole = os.path.normpath(f"{folder}/{path}")
        return Path(whole).relative_to(self.root).as_posix() if Path(whole).is_relative_to(self.root) else ""


class _Parts:
    """Tells which part of its document a place belongs to."""

    def __init__(self, links: Iterable[Link]) -> None:
        self._links = sorted(links)
        self._starts = [link.start for link in self._links]

    def at(self, place: int) -> Part:
        number = bisect_right(self._starts, place)
        link = self._links[number - 1] if number else None
        if link is None or place >= link.end:
            return Part.LINK
        return Part.COVER if link.form is Form.SCALAR else Part.BODY
