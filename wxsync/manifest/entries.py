"""The entries of a manifest to assets: the files that are named, then what the globs find beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from operator import itemgetter

from msgspec import Struct

from wxsync.manifest.globs import Pattern, is_glob, matches, parse_pattern, walk
from wxsync.manifest.paths import (
    Fault,
    fault_in_default_name,
    fault_in_file_name,
    fault_in_kind,
    fault_in_name,
    fault_in_path,
    fault_in_pattern,
    fault_in_title,
    is_plain,
    nothing_matches,
)
from wxsync.manifest.said import Entry, Word
from wxsync.manifest.source import Source, brief
from wxsync.manifest.tree import PathKind, TooMuchWork, Tree
from wxsync.model import Asset, MaterialType, Problem
from wxsync.words import casefolded, plural, text

PATTERN_CHARACTER_STEPS = 100

_FILE = PathKind.FILE
_TYPES = {one.value: one for one in MaterialType}


class Taken(Struct, frozen=True, gc=False):
    """Holds an asset, and the text that gave it its name."""

    asset: Asset
    named_by: Word


def read_entries(entries: Sequence[Entry], source: Source, tree: Tree) -> tuple[list[Asset], list[Problem]]:
    """Turns entries into assets, with a problem for each path, pattern or name that cannot be."""
    results = _read_all(entries, source, tree)
    taken = [result for result in results if isinstance(result, Taken)]
    problems = [result for result in results if isinstance(result, Problem)]
    problems += [*_name_twins(taken, source), *_case_twins(taken, source)]
    return [each.asset for each in taken], problems


def _read_all(entries: Sequence[Entry], source: Source, tree: Tree) -> list[Taken | Problem]:
    results: list[Taken | Problem] = []
    explicit: set[str] = set()
    globs: list[Entry] = []
    try:
        for entry in entries:
            path = entry.path.text
            if fault := fault_in_path(path):
                results.append(_problem(fault, entry.path, source, path))
                continue
            kind = tree.kind(path)
            if kind is _FILE or not is_glob(path):
                explicit.add(path)
                results += _read_explicit(entry, kind, source, tree)
            else:
                globs.append(entry)
        for found in _read_globs(globs, explicit, source, tree):
            results += found
    except TooMuchWork:
        hint = text("write a folder before `**`, and fewer patterns")
        message = text("the patterns of this manifest and the files below it are too many to compare")
        results.append(source.problem(entries[0].path, "too-much-work", message, hint))
    return results


def _read_explicit(entry: Entry, kind: PathKind, source: Source, tree: Tree) -> Sequence[Taken | Problem]:
    path = entry.path.text
    is_bare = not (entry.name or entry.title or entry.excluding)  # as most are: a file that is there, and its type
    sought = () if is_bare and kind is _FILE and is_plain(path) else _faults_in_explicit(entry, kind, tree)
    faults = [(at, fault) for at, fault in sought if fault]
    if faults or not entry.sound:
        return [_problem(fault, at, source, path) for at, fault in faults]
    return _taken(entry, [path], source)


def _faults_in_explicit(entry: Entry, kind: PathKind, tree: Tree) -> Iterator[tuple[Word, Fault | None]]:
    path = entry.path.text
    yield entry.path, fault_in_kind(path, kind, tree) or (fault_in_default_name(path) if entry.name is None else None)
    if entry.name is not None:
        yield entry.name, fault_in_name(entry.name.text)
    if entry.title and entry.title.text:
        yield entry.title, fault_in_title(entry.title.text)
    if entry.excluding:
        hint = text("take it out; `exclude` leaves files out of a glob")
        message = text("`{path}` is one file", path=brief(path))
        yield entry.excluding, Fault("exclude-without-glob", message, hint)


def _read_globs(
    globs: Sequence[Entry], explicit: Set[str], source: Source, tree: Tree
) -> Iterator[Sequence[Taken | Problem]]:
    """Expands one glob after the other; of a file that two of them match the first has it."""
    claimed: dict[str, Word] = {}
    for entry in globs:
        tree.spend(PATTERN_CHARACTER_STEPS * sum(len(each.text) for each in (entry.path, *entry.exclude)))
        faults = list(_faults_in_glob(entry, tree))
        if faults:
            yield [_problem(fault, at, source, entry.path.text) for at, fault in faults]
            continue
        taken, problems = _expand(entry, explicit, source, tree)
        if len(globs) > 1:
            firsts = [claimed.setdefault(each.asset.path, entry.path) for each in taken]
            problems += _overlaps(entry.path, taken, firsts, source)
            taken = [each for each, first in zip(taken, firsts, strict=True) if first is entry.path]
        yield taken
        yield problems


def _faults_in_glob(entry: Entry, tree: Tree) -> Iterator[tuple[Word, Fault]]:
    for pattern in (entry.path, *entry.exclude):
        if fault := fault_in_pattern(pattern.text):
            yield pattern, fault
        elif pattern is not entry.path and tree.kind(pattern.text) is PathKind.FOLDER:
            folder = brief(pattern.text)
            message = text("`{pattern}` is a folder and leaves nothing out", pattern=folder)
            hint = text("write `{pattern}/**` for all files in it", pattern=folder)
            yield pattern, Fault("exclude-is-a-folder", message, hint)
    if entry.title and entry.title.text and (fault := fault_in_title(entry.title.text)):
        yield entry.title, fault
    if entry.naming:
        hint = text("take the name out: each file of a glob is named by its path; or write an entry for one file")
        message = text("`{path}` is a glob and cannot have one name", path=brief(entry.path.text))
        yield entry.naming, Fault("name-on-glob", message, hint)


def _expand(entry: Entry, explicit: Set[str], source: Source, tree: Tree) -> tuple[list[Taken], list[Problem]]:
    """Finds the files of a glob; what explicit entries and `exclude` take away still counts as matched."""
    glob = entry.path
    met = sorted(walk(parse_pattern(glob.text), tree), key=itemgetter(0))
    problems = [] if met else [_problem(nothing_matches(glob.text, tree), glob, source, glob.text)]
    patterns = [each.text for each in entry.exclude]
    named = {pattern for pattern in patterns if tree.kind(pattern) is PathKind.FILE}
    exclude = [parse_pattern(pattern, hidden=True) for pattern in patterns if pattern not in named]
    tree.spend(len(met) * sum(len(pattern.segments) for pattern in exclude))
    if explicit or named or exclude:
        left = explicit | named
        met = [(path, kind) for path, kind in met if path not in left and not _is_excluded(path, kind, exclude)]
    if {kind for _path, kind in met} - {PathKind.FILE} or not is_plain("".join([path for path, _kind in met])):
        faults = [fault_in_file_name(path) or fault_in_kind(path, kind, tree) for path, kind in met]
        problems += [_problem(fault, glob, source, path) for (path, _), fault in zip(met, faults, strict=True) if fault]
        met = [one for one, fault in zip(met, faults, strict=True) if not fault]
    return _taken(entry, [path for path, _kind in met], source) if entry.sound else [], problems


def _is_excluded(path: str, kind: PathKind, exclude: Sequence[Pattern]) -> bool:
    # What lies in a folder that cannot be listed is left out where anything in it would be.
    probe = f"{path}/-" if kind is PathKind.UNREADABLE else path
    return any(matches(pattern, probe) for pattern in exclude)


def _taken(entry: Entry, paths: Iterable[str], source: Source) -> list[Taken]:
    """Gives the assets of an entry, each named by its path where the entry gives no name."""
    material_type, location, named_by = _TYPES[entry.type], source.location(entry.path), entry.name or entry.path
    name, title = entry.name.text if entry.name else "", entry.title.text if entry.title else ""
    introduction, fit = entry.introduction, entry.fit
    return [
        Taken(Asset(name or path, path, material_type, location, title, introduction, fit), named_by) for path in paths
    ]


def _problem(fault: Fault, at: Word, source: Source, path: str) -> Problem:
    return source.problem(at, fault.code, fault.message, fault.hint, path=path.encode("utf-8", "replace").decode())


def _overlaps(glob: Word, taken: Sequence[Taken], firsts: Sequence[Word], source: Source) -> list[Problem]:
    shared: dict[Word, list[str]] = {}
    for each, first in zip(taken, firsts, strict=True):
        if first is not glob:
            shared.setdefault(first, []).append(each.asset.path)
    return [_overlap(glob, first, files, source) for first, files in shared.items()]


def _overlap(glob: Word, first: Word, files: Sequence[str], source: Source) -> Problem:
    message = plural(
        "`{glob}` and `{first}` (line {line}) both match a file, `{file}`",
        "`{glob}` and `{first}` (line {line}) both match {count:,} files, the first is `{file}`",
        len(files),
        glob=brief(glob.text),
        first=brief(first.text),
        line=first.line + 1,
        file=brief(files[0]),
    )
    hint = text("leave it out of one of them with `exclude`, or write an entry for the file alone")
    return source.problem(glob, "globs-overlap", message, hint, path=files[0])


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
                line=first.named_by.line + 1,
            )
            hint = text("give one of the two another `name`")
            name, path = each.asset.name, each.asset.path
            yield source.problem(each.named_by, "duplicate-name", message, hint, name=name, path=path)


def _case_twins(taken: Sequence[Taken], source: Source) -> Iterator[Problem]:
    paths: dict[str, str] = {}
    distinct = {each.asset.path for each in taken}
    if len(_casefolded_all(distinct)) == len(distinct):
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
            yield source.problem(each.named_by, "path-twins", message, text("rename one of the two files"), path=path)


def _casefolded_all(paths: Set[str]) -> Set[str]:
    # All at once where that is the same, which it is for most.
    joined = "\0".join(paths)
    return {*joined.lower().split("\0")} if joined.isascii() else {*map(casefolded, paths)}


def _where(each: Taken) -> tuple[int, int, str]:
    return each.named_by.line, each.named_by.column, each.asset.path
