"""Reads the documents of a repository for what they mention of materials: by a path, by a url, by an id.

A repository may be hostile: hidden folders are passed over, no link is followed, and all of it is read within bounds.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from wxsync.errors import InvalidInput
from wxsync.links.kinds import kind_of
from wxsync.model import Mention, Problem
from wxsync.states import FILE, FOLDER, Names, is_state, names_in
from wxsync.words import Text, plural, some_of, text

if TYPE_CHECKING:
    from wxsync.project.mentions import Mentions
    from wxsync.results import UsedMaterial

_MOST_DOCUMENTS = 10_000
_MOST_BYTES = 64 * 1024 * 1024
_MOST_ENTRIES = 200_000
_MOST_MENTIONS = 100_000
_PASSED_OVER = "node_modules"
_SHOWN = 3


class Documents(Struct, frozen=True):
    """What was read: how many documents, what they mention, and in sentences what was not read of them."""

    count: int = 0
    mentions: tuple[Mention, ...] = ()
    unread: tuple[Text, ...] = ()


def read_documents(
    root: Path,
    materials: Iterable[UsedMaterial],
    named: Sequence[Path] = (),
    *,
    seen: Mapping[str, Names] = MappingProxyType({}),
) -> Documents:
    """Read the documents below a manifest's folder, or those that are named, for what they mention of some materials.

    What the materials are is asked only where there is a document. `seen` is what some folders below the manifest's
    hold, which are not listed again. Raises InvalidInput where one that is named is not there, or is no document.
    """
    reader: Mentions | None = None
    walk = _Walk({} if named else seen)
    for file, shown in walk.files(root) if not named else chain.from_iterable(map(walk.named, named)):
        reader = reader or _reader(root, tuple(materials))
        if len(reader.found) >= _MOST_MENTIONS or reader.count >= _MOST_DOCUMENTS or reader.size > _MOST_BYTES:
            walk.is_cut = True
            break
        reader.read(file, shown)
    failed = reader.failed if reader else ()
    told = Documents(unread=tuple(_unread(failed, is_cut=walk.is_cut)))
    return replace(told, count=reader.count, mentions=tuple(reader.found)) if reader else told


def _reader(root: Path, materials: Sequence[UsedMaterial]) -> Mentions:
    from wxsync.project.mentions import Mentions  # many repositories have no document, and all of Markdown's rules load

    return Mentions(
        os.path.realpath(root),
        frozenset(one.media_id for one in materials if one.media_id),
        frozenset(path for one in materials for path in one.paths),
    )


class _Walk(Struct):
    """Finds documents, the names of each folder in order; of folders that were `seen` it is known what they hold."""

    seen: Mapping[str, Names]
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

    def files(self, folder: Path, below: str = "") -> Iterator[tuple[Path, str]]:
        names = self._names(folder, below)
        # Of a folder of media only what is no medium is worth sorting.
        for name in sorted([name for name, what in names.items() if what == FOLDER or kind_of(name)]):
            what = names[name]
            if name.startswith(".") or name == _PASSED_OVER:
                continue
            if what == FOLDER:
                yield from self.files(folder / name, f"{below}/{name}" if below else name)
            elif what == FILE or is_state(what):
                path = folder / name
                yield path, str(path)

    def _names(self, folder: Path, below: str) -> Names:
        left = max(0, _MOST_ENTRIES - self.entries)
        try:
            names = self.seen[below] if below in self.seen else names_in(str(folder), most=left + 1)
        except OSError:
            return {}
        self.entries += len(names)
        self.is_cut = self.is_cut or len(names) > left
        return names if len(names) <= left else dict(islice(names.items(), left))


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
