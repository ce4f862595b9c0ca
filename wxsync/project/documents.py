"""Reads the documents of a repository for what they mention of materials: by a path, by a url, by an id.

A repository may be hostile: hidden folders are passed over, no link is followed, and all of it is read within bounds.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path, PurePosixPath

from msgspec import Struct

from wxsync.errors import InvalidInput
from wxsync.files import Inside
from wxsync.links import Form, Lines, Link, NotADocument, find_links, is_absolute, kind_of, local_paths, read_text
from wxsync.model import Holder, Mention, Part, Problem, Use
from wxsync.planner import text_mentions
from wxsync.results import UsedMaterial
from wxsync.words import Text, plural, reason_of, some_of, text

_COVER_KEYS = ("cover", "thumb", "thumbnail", "image", "banner", "cover_image", "coverImage", "featured_image")
_MOST_DOCUMENTS = 10_000
_MOST_BYTES = 64 * 1024 * 1024
_LARGEST = 4 * 1024 * 1024
_MOST_ENTRIES = 200_000
_MOST_MENTIONS = 100_000
_PASSED_OVER = "node_modules"
# Our own pages and lists tell of ids and urls, and use none of them.
_OURS = ('<meta name="generator" content="wxsync">', "### wxsync ")
_HEAD = 2_000
_SHOWN = 3
_FEW = 200


class Documents(Struct, frozen=True):
    """What was read: how many documents, what they mention, and in sentences what was not read of them."""

    count: int = 0
    mentions: tuple[Mention, ...] = ()
    unread: tuple[Text, ...] = ()


def read_documents(root: Path, materials: Iterable[UsedMaterial], named: Sequence[Path] = ()) -> Documents:
    """Read the documents below a manifest's folder, or those that are named, for what they mention of some materials.

    Raises InvalidInput where one that is named is not there, or is no document.
    """
    listed = tuple(materials)
    reader = _Reader(
        os.path.realpath(root),
        frozenset(one.media_id for one in listed if one.media_id),
        frozenset(path for one in listed for path in one.paths),
    )
    walk = _Walk()
    for file, shown in walk.files(root) if not named else chain.from_iterable(map(walk.named, named)):
        if len(reader.mentions) >= _MOST_MENTIONS or reader.count >= _MOST_DOCUMENTS or reader.size > _MOST_BYTES:
            walk.is_cut = True
            break
        reader.read(file, shown)
    return Documents(reader.count, tuple(reader.mentions), tuple(_unread(reader.failed, is_cut=walk.is_cut)))


@dataclass(slots=True)
class _Walk:
    """Finds documents, the names of each folder in order."""

    entries: int = 0
    is_cut: bool = False

    def named(self, path: Path) -> Iterator[tuple[Path, str]]:
        if path.is_dir():
            yield from self.files(path)
        elif not path.exists():
            raise InvalidInput([Problem("unreadable", text("{file} is not there", file=str(path)), path=str(path))])
        elif kind_of(path.name) is None:
            message = text("{file} is neither Markdown nor HTML by its name", file=str(path))
            raise InvalidInput([Problem("not-a-document", message, text("name a document or a folder"))])
        else:
            yield path, str(path)

    def files(self, folder: Path) -> Iterator[tuple[Path, str]]:
        for entry in self._sorted(folder):
            if entry.name.startswith(".") or entry.name == _PASSED_OVER:
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from self.files(folder / entry.name)
            elif kind_of(entry.name) and entry.is_file(follow_symlinks=False):
                path = folder / entry.name
                yield path, str(path)

    def _sorted(self, folder: Path) -> list[os.DirEntry[str]]:
        found = list[os.DirEntry[str]]()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    self.entries += 1
                    if self.entries > _MOST_ENTRIES:
                        self.is_cut = True
                        break
                    found.append(entry)
        except OSError:
            return []
        return sorted(found, key=lambda entry: entry.name)


@dataclass(slots=True)
class _Reader:
    """Reads one document after the other; `root` is the real path of the manifest's folder."""

    root: str
    ids: Collection[str]
    paths: Collection[str]
    mentions: list[Mention] = field(default_factory=list)
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
        try:
            content, _ = Inside(file.parent).read(file.name, most=_LARGEST)
            self.size += len(content)
            written = read_text(file.name, content)
            if any(mark in written[:_HEAD] for mark in _OURS):
                return
            self.mentions += self._mentions(written, file, shown)
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


def _unread(failed: Sequence[str], *, is_cut: bool) -> Iterator[Text]:
    if failed:
        yield plural(
            "{count:,} document that cannot be read: {which}",
            "{count:,} documents that cannot be read: {which}",
            len(failed),
            which=some_of(failed, most=_SHOWN),
        )
    if is_cut:
        yield text("documents beyond those: only so much is read; name what matters with --documents PATH")
