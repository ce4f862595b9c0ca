"""The entries of a manifest to assets: the files that are named, then what the globs find beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from msgspec import Struct

from wxsync.manifest.document import Items, Table, Text
from wxsync.manifest.globs import is_glob, matches, parse_pattern, walk
from wxsync.manifest.paths import (
    Fault,
    fault_in_default_name,
    fault_in_file_name,
    fault_in_kind,
    fault_in_name,
    fault_in_path,
    fault_in_pattern,
    fault_in_title,
    in_shortest_form,
    nothing_matches,
)
from wxsync.manifest.source import Source, brief
from wxsync.manifest.tree import PathKind, TooMuchWork, Tree
from wxsync.model import Asset, MaterialType, Problem
from wxsync.words import casefolded, plural, text

PATTERN_CHARACTER_STEPS = 100

_TYPES = {one.value: one for one in MaterialType}


class Entry(Struct, frozen=True):
    """Holds one entry of the list; only a sound one gives assets, but any that names a file takes it from the globs."""

    table: Table
    path: Text
    sound: bool

    def text(self, key: str) -> Text | None:
        """Gives the text of a key, or None."""
        value = self.table.value(key)
        return value if isinstance(value, Text) else None

    @property
    def exclude(self) -> list[Text]:
        """Gives the patterns that its glob leaves out."""
        value = self.table.value("exclude")
        return (
            [item.again(in_shortest_form(item)) for item in value if isinstance(item, Text)]
            if isinstance(value, Items)
            else []
        )


class Taken(Struct, frozen=True):
    """Holds an asset, and the text that gave it its name."""

    asset: Asset
    named_by: Text


def read_entries(entries: Sequence[Entry], source: Source, tree: Tree) -> tuple[list[Asset], list[Problem]]:
    """Turns entries into assets, with a problem for each path, pattern or name that cannot be."""
    results = list(_read_all(entries, source, tree))
    taken = [result for result in results if isinstance(result, Taken)]
    problems = [result for result in results if isinstance(result, Problem)]
    problems += [*_name_twins(taken, source), *_case_twins(taken, source)]
    return [each.asset for each in taken], problems


def _read_all(entries: Sequence[Entry], source: Source, tree: Tree) -> Iterator[Taken | Problem]:
    explicit: set[str] = set()
    globs: list[Entry] = []
    try:
        for entry in entries:
            if fault := fault_in_path(entry.path):
                yield _problem(fault, entry.path, source, entry.path)
                continue
            kind = tree.kind(entry.path)
            if kind is PathKind.FILE or not is_glob(entry.path):
                explicit.add(entry.path)
                yield from _read_explicit(entry, kind, source, tree)
            else:
                globs.append(entry)
        yield from _read_globs(globs, explicit, source, tree)
    except TooMuchWork:
        hint = text("write a folder before `**`, and fewer patterns")
        message = text("the patterns of this manifest and the files below it are too many to compare")
        yield source.problem(entries[0].path.spot, "too-much-work", message, hint)


def _read_explicit(entry: Entry, kind: PathKind, source: Source, tree: Tree) -> Iterator[Taken | Problem]:
    path, name = entry.path, entry.text("name")
    faults = [(path, fault_in_kind(path, kind, tree) or (fault_in_default_name(path) if name is None else None))]
    if name is not None:
        faults.append((name, fault_in_name(name)))
    if (title := entry.text("title")) and (fault := fault_in_title(title)):
        faults.append((title, fault))
    if "exclude" in entry.table:
        hint = text("take it out; `exclude` leaves files out of a glob")
        faults.append(
            (
                entry.table.key("exclude"),
                Fault("exclude-without-glob", text("`{path}` is one file", path=brief(path)), hint),
            )
        )
    problems = [_problem(fault, at, source, path) for at, fault in faults if fault]
    yield from problems
    if entry.sound and not problems:
        yield _take(entry, path, source, named_by=name)


def _read_globs(globs: Sequence[Entry], explicit: Set[str], source: Source, tree: Tree) -> Iterator[Taken | Problem]:
    claimed: dict[str, Text] = {}
    for entry in globs:
        tree.spend(PATTERN_CHARACTER_STEPS * sum(map(len, (entry.path, *entry.exclude))))
        faults = list(_faults_in_glob(entry, tree))
        yield from (_problem(fault, at, source, entry.path) for at, fault in faults)
        if faults:
            continue
        shared: dict[Text, list[str]] = {}
        for result in _expand(entry, explicit, source, tree):
            first = claimed.setdefault(result.asset.path, entry.path) if isinstance(result, Taken) else entry.path
            if first is entry.path:
                yield result
            elif isinstance(result, Taken):
                shared.setdefault(first, []).append(result.asset.path)
        yield from (_overlap(entry.path, first, files, source) for first, files in shared.items())


def _faults_in_glob(entry: Entry, tree: Tree) -> Iterator[tuple[Text, Fault]]:
    for pattern in (entry.path, *entry.exclude):
        if fault := fault_in_pattern(pattern):
            yield pattern, fault
        elif pattern is not entry.path and tree.kind(pattern) is PathKind.FOLDER:
            hint = text("write `{pattern}/**` for all files in it", pattern=brief(pattern))
            yield (
                pattern,
                Fault(
                    "exclude-is-a-folder",
                    text("`{pattern}` is a folder and leaves nothing out", pattern=brief(pattern)),
                    hint,
                ),
            )
    if (title := entry.text("title")) and (fault := fault_in_title(title)):
        yield title, fault
    if "name" in entry.table:
        hint = text("take the name out: each file of a glob is named by its path; or write an entry for one file")
        yield (
            entry.table.key("name"),
            Fault("name-on-glob", text("`{path}` is a glob and cannot have one name", path=brief(entry.path)), hint),
        )


def _expand(entry: Entry, explicit: Set[str], source: Source, tree: Tree) -> Iterator[Taken | Problem]:
    """Finds the files of a glob; what explicit entries and `exclude` take away still counts as matched."""
    met = sorted(walk(parse_pattern(entry.path), tree))
    if not met:
        yield _problem(nothing_matches(entry.path, tree), entry.path, source, entry.path)
    named = {pattern for pattern in entry.exclude if tree.kind(pattern) is PathKind.FILE}
    exclude = [parse_pattern(pattern, hidden=True) for pattern in entry.exclude if pattern not in named]
    tree.spend(len(met) * sum(len(pattern.segments) for pattern in exclude))
    for path, kind in met:
        # What lies in a folder that cannot be listed is left out where anything in it would be.
        probe = f"{path}/-" if kind is PathKind.UNREADABLE else path
        if path in explicit or path in named or any(matches(pattern, probe) for pattern in exclude):
            continue
        if fault := fault_in_file_name(path) or fault_in_kind(path, kind, tree):
            yield _problem(fault, entry.path, source, path)
        elif entry.sound:
            yield _take(entry, path, source)


def _take(entry: Entry, path: str, source: Source, *, named_by: Text | None = None) -> Taken:
    asset = Asset(
        name=str(named_by or path),
        path=str(path),
        type=_TYPES[str(entry.text("type"))],
        location=source.location(entry.path.spot),
        title=str(entry.text("title") or ""),
        introduction=str(entry.text("introduction") or ""),
        fit=entry.text("fit") == "true",
    )
    return Taken(asset, named_by or entry.path)


def _problem(fault: Fault, at: Text, source: Source, path: str) -> Problem:
    return source.problem(at.spot, fault.code, fault.message, fault.hint, path=path.encode("utf-8", "replace").decode())


def _overlap(glob: Text, first: Text, files: Sequence[str], source: Source) -> Problem:
    message = plural(
        "`{glob}` and `{first}` (line {line}) both match a file, `{file}`",
        "`{glob}` and `{first}` (line {line}) both match {count:,} files, the first is `{file}`",
        len(files),
        glob=brief(glob),
        first=brief(first),
        line=first.spot.line + 1,
        file=brief(files[0]),
    )
    hint = text("leave it out of one of them with `exclude`, or write an entry for the file alone")
    return source.problem(glob.spot, "globs-overlap", message, hint, path=files[0])


def _name_twins(taken: Sequence[Taken], source: Source) -> Iterator[Problem]:
    names: dict[str, Taken] = {}
    if len({each.asset.name for each in taken}) == len(taken):
        return
    for each in sorted(taken, key=_where):
        first = names.setdefault(each.asset.name, each)
        if first is not each:
            message = text(
                "the name `{name}` is already that of line {line}",
                name=brief(each.asset.name),
                line=first.named_by.spot.line + 1,
            )
            hint = text("give one of the two another `name`")
            name, path = each.asset.name, each.asset.path
            yield source.problem(each.named_by.spot, "duplicate-name", message, hint, name=name, path=path)


def _case_twins(taken: Sequence[Taken], source: Source) -> Iterator[Problem]:
    paths: dict[str, str] = {}
    distinct = {each.asset.path for each in taken}
    if len(set(map(casefolded, distinct))) == len(distinct):
        return
    for each in sorted(taken, key=_where):
        path = each.asset.path
        first = paths.setdefault(casefolded(path), path)
        if first != path:
            how = text("in case") if first.casefold() == path.casefold() else text("in Unicode form")
            message = text(
                "`{first}` and `{path}` differ only {how}: they are one file on macOS and Windows",
                first=brief(first),
                path=brief(path),
                how=how,
            )
            yield source.problem(
                each.named_by.spot, "path-twins", message, text("rename one of the two files"), path=path
            )


def _where(each: Taken) -> tuple[int, int, str]:
    return each.named_by.spot.line, each.named_by.spot.column, each.asset.path
