"""Looks at the media that lie in a folder, and drafts the entries of a manifest that names them."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path, PurePosixPath

from msgspec import Struct, field

from wxsync.files import Inside
from wxsync.links.find import NotADocument, find_links, read_text
from wxsync.links.kinds import kind_of
from wxsync.manifest import PathKind, TooMuchWork, Tree, can_be_named, files_of, is_glob
from wxsync.manifest.writing import Draft
from wxsync.media import FITTABLE, LIMITS, MOST_SOURCE_BYTES, Format, Media, check, fit_helps, probe
from wxsync.model import MaterialType
from wxsync.words import Text, text

MOST_FILES = 20_000
MOST_BYTES = 1 << 30
_MOST_OF_ONE = max(MOST_SOURCE_BYTES.values())
_HEAD = 64 * 1024
_MOST_DOCUMENTS = 500
_MOST_OF_A_DOCUMENT = 1 << 20
_MOST_FOLDERS = 4  # of one kind below a folder, before one `**` is easier to read than an entry for each
_MOST_EXCLUDED = 8
_NOT_MEDIA = frozenset({Format.TEXT, Format.HTML, Format.JSON, Format.XML, Format.PDF, Format.ZIP, Format.GZIP,
                        Format.EMPTY, Format.UNKNOWN})  # fmt: skip
# What other programs fill, and nobody means to publish.
_FOREIGN = frozenset({"node_modules", "venv", "__pycache__", "site-packages"})
# A picture is most often one that goes into the library; which of them are not, only people know.
_USUAL = (MaterialType.IMAGE, MaterialType.VOICE, MaterialType.VIDEO)


class Sight(Struct, frozen=True):
    """A file of media: the types that take it as it is, those that take it converted, and why the others refuse it."""

    path: str
    format: Format
    taken: frozenset[MaterialType]
    fitted: frozenset[MaterialType]
    refused: Mapping[MaterialType, Text] = field(default_factory=dict)

    @property
    def usual(self) -> MaterialType | None:
        """The type that a file of its format usually is."""
        return next((kind for kind in _USUAL if _is_a(self.format, kind)), None)

    def fits(self, kind: MaterialType) -> bool:
        """Tell whether a type takes it, converted or not."""
        return kind in self.taken or kind in self.fitted


class Surroundings(Struct, frozen=True):
    """The media of a folder; `is_whole` is false where there was more than could be looked at."""

    sights: tuple[Sight, ...]
    is_whole: bool


def look_around(tree: Tree, root: Path, *, below: str = "") -> Surroundings:
    """Look at the files of a folder and of those below it; hidden ones and links are passed over."""
    inside, sights, left = Inside(root), list[Sight](), MOST_BYTES
    is_whole = True
    for number, path in enumerate(_paths(tree, below)):
        if number >= MOST_FILES or left <= 0:
            is_whole = False
            break
        sight, size = _look(inside, path)
        left -= size
        sights += [sight] if sight else []
    return Surroundings(tuple(sights), is_whole)


def look_at(root: Path, path: str) -> Sight | None:
    """Look at one file; None where it is of no kind that WeChat could ever take. Raises OSError."""
    inside = Inside(root)
    inside.head(path, 0)
    return _look(inside, path)[0]


def embedded_pictures(tree: Tree, root: Path) -> frozenset[str]:
    """Give the paths that documents here show as pictures, whether there is such a file or not."""
    inside, found = Inside(root), set[str]()
    documents = (path for path in _paths(tree, "") if kind_of(path))
    for path in islice(documents, _MOST_DOCUMENTS):
        try:
            content, _ = inside.read(path, most=_MOST_OF_A_DOCUMENT)
            links = find_links(path, read_text(path, content), dialects=True)
        except (OSError, NotADocument):
            continue
        found.update(posixpath.normpath(posixpath.join(posixpath.dirname(path), link.target)) for link in links)
    return frozenset(found)


def usual_type(sight: Sight) -> MaterialType | None:
    """Give the usual type of a file that the type takes; None for a film, whose title only a person knows."""
    kind = sight.usual
    return kind if kind and not kind.has_description and sight.fits(kind) else None


def drafts_of(
    sights: Iterable[Sight], tree: Tree, *, type_of: Callable[[Sight], MaterialType | None] = usual_type
) -> Iterator[Draft]:
    """Draft entries for what is told by its bytes: globs by folder and type, or the files where no glob is exact.

    `type_of` says what a file is to be; what it gives no type is left out.
    """
    groups = defaultdict[tuple[str, str, MaterialType], list[Sight]](list)
    for sight in sights:
        kind = type_of(sight)
        if kind:
            pure = PurePosixPath(sight.path)
            groups[str(pure.parent), pure.suffix, kind].append(sight)
    order = [*MaterialType]
    for (folder, suffix, kind), group in sorted(
        _joined(groups).items(), key=lambda one: (order.index(one[0][2]), one[0])
    ):
        yield from _drafts(folder, suffix, kind, group, tree)


def files_named(draft: Draft, tree: Tree) -> set[str]:
    """Give the files that an entry names."""
    if not is_glob(draft.path) or tree.kind(draft.path) is PathKind.FILE:
        return {draft.path}
    return set(files_of(draft.path, tree)).difference(draft.exclude)


def _joined(
    groups: Mapping[tuple[str, str, MaterialType], list[Sight]],
) -> dict[tuple[str, str, MaterialType], list[Sight]]:
    """Gather what lies in many folders below one of the first level."""
    folders = defaultdict[tuple[str, str, MaterialType], set[str]](set)
    for folder, suffix, kind in groups:
        folders[_first(folder), suffix, kind].add(folder)
    joined: dict[tuple[str, str, MaterialType], list[Sight]] = {}
    for (folder, suffix, kind), group in groups.items():
        first = _first(folder)
        is_many = first != "." and len(folders[first, suffix, kind]) > _MOST_FOLDERS
        joined.setdefault((f"{first}/**" if is_many else folder, suffix, kind), []).extend(group)
    return joined


def _drafts(folder: str, suffix: str, kind: MaterialType, group: Sequence[Sight], tree: Tree) -> Iterator[Draft]:
    if len(group) > 1 and suffix:
        deep = folder.endswith("/**")
        plain = _escaped(folder.removesuffix("/**"))
        prefix = "" if plain == "." else f"{plain}/**/" if deep else f"{plain}/"
        glob = f"{prefix}*{_escaped(suffix)}"
        excluded = _beside(glob, {sight.path for sight in group}, tree)
        if excluded is not None:
            fit = any(kind in sight.fitted for sight in group)
            yield Draft(glob, kind, exclude=tuple(sorted(excluded)), fit=fit)
            return
    for sight in group:
        yield Draft(sight.path, kind, fit=kind in sight.fitted)


def _beside(glob: str, wanted: set[str], tree: Tree) -> set[str] | None:
    """Give the files that a glob matches beside those that are wanted; None where they are too many, or no files."""
    if tree.kind(glob) is PathKind.FILE:
        return None  # a path that names a file is that file, whatever characters it holds
    try:
        met = files_of(glob, tree)
    except TooMuchWork:
        return None
    more = met.keys() - wanted
    is_exact = wanted <= met.keys() and all(kind is PathKind.FILE for kind in met.values())
    return more if is_exact and len(more) <= _MOST_EXCLUDED and all(map(can_be_named, more)) else None


def _paths(tree: Tree, below: str) -> Iterator[str]:
    pending = [below]
    while pending:
        folder = pending.pop()
        try:
            names = tree.listing(folder)
        except (OSError, TooMuchWork):
            continue
        prefix = f"{folder}/" if folder else ""
        for name, kind in names.items():
            if name.startswith(".") or not can_be_named(prefix + name):
                continue
            if kind is PathKind.FILE:
                yield prefix + name
            elif kind is PathKind.FOLDER and name not in _FOREIGN:
                pending.append(prefix + name)


def _look(inside: Inside, path: str) -> tuple[Sight | None, int]:
    try:
        head = inside.head(path, _HEAD)
        if not head.startswith(b"ID3") and probe(head).format in _NOT_MEDIA:
            return None, len(head)
        content, _ = inside.read(path, most=_MOST_OF_ONE)
    except OSError:
        return None, 0
    media = probe(content)
    return (None if media.format in _NOT_MEDIA else _judged(path, media)), len(content)


def _judged(path: str, media: Media) -> Sight:
    from wxsync.fit import missing_converter

    taken, fitted, refused = set[MaterialType](), set[MaterialType](), dict[MaterialType, Text]()
    for kind in MaterialType:
        errors = [finding for finding in check(media, kind, filename=path) if finding.severity.value == "error"]
        if not errors:
            taken.add(kind)
        elif _is_too_long(media, kind) or not fit_helps(media.format, media.size, kind):
            refused[kind] = errors[0].message
        elif needed := missing_converter(media.format, kind):
            refused[kind] = text(
                "{message}; fit: true needs this first: {needed}", message=errors[0].message, needed=needed
            )
        else:
            fitted.add(kind)
    return Sight(path, media.format, frozenset(taken), frozenset(fitted), refused)


def _is_too_long(media: Media, kind: MaterialType) -> bool:
    most = LIMITS[kind].max_seconds
    return most is not None and media.seconds is not None and media.seconds > most


def _is_a(found: Format, kind: MaterialType) -> bool:
    return found in LIMITS[kind].formats or found in FITTABLE[kind]


def _first(folder: str) -> str:
    return folder.partition("/")[0]


def _escaped(plain: str) -> str:
    return re.sub(r"[*?\[]", r"[\g<0>]", plain)
