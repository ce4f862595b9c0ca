"""The manifest: YAML to assets, with every problem where it stands; the only room that knows YAML."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Set
from pathlib import Path

from wxsync.manifest.accounts import read_accounts
from wxsync.manifest.document import Items, Reading, Table, Text, is_sound, read_document
from wxsync.manifest.entries import Entry, read_entries
from wxsync.manifest.globs import is_glob, parse_pattern, walk
from wxsync.manifest.lookalikes import Lines, Slip, explain_slip, look_over
from wxsync.manifest.paths import fault_in_file_name, fault_in_path
from wxsync.manifest.shape import check_shape
from wxsync.manifest.source import At, NotReadable, Source, brief, read_source
from wxsync.manifest.tree import PathKind, TooMuchWork, Tree
from wxsync.model import Account, Asset, Location, Manifest, Problem
from wxsync.words import text

__all__ = ["PathKind", "TooMuchWork", "Tree", "can_be_named", "files_of", "is_glob", "manifest_stem", "read_manifest"]

MAX_PROBLEMS = 1000

_NAME = re.compile(r"([^.]+)\.(yaml|yml|yaml\.example)")


def read_manifest(
    file: Path, *, shown_as: str | None = None, tree: Tree | None = None, content: bytes | None = None
) -> tuple[Manifest, tuple[Problem, ...]]:
    """Reads a manifest and looks up its files; nothing but the manifest itself is opened.

    Gives the sound accounts and assets even where others are broken, and all problems sorted by place. Whatever a
    manifest, a file tree or a disk can do becomes a problem, nothing is raised. `shown_as` is its name in
    places, `tree` remembers what was listed for it, `content` is read instead of the file.
    """
    shown = str(file) if shown_as is None else shown_as
    wrong_name = [] if manifest_stem(file) else [_wrong_name(file, shown)]
    try:
        source = read_source(file, shown, content)
    except NotReadable as error:
        is_folder = error.problem.code == "manifest-is-a-folder"
        return Manifest(file, (), ()), _in_order([*([] if is_folder else wrong_name), error.problem])
    tree = tree or Tree(file.parent)
    accounts, assets, problems = _read(source, tree)
    assets.sort(key=lambda asset: (asset.name, asset.location))
    manifest = Manifest(file, tuple(accounts), tuple(assets))
    return manifest, _in_order([*wrong_name, *problems])


def manifest_stem(file: Path) -> str | None:
    """Gives NAME of NAME.yaml, NAME.yml or NAME.yaml.example, which lock files begin with; None for any other name."""
    found = _NAME.fullmatch(file.name)
    return found[1] if found else None


def files_of(pattern: str, tree: Tree) -> dict[str, PathKind]:
    """Gives what a glob matches, by path. Raises TooMuchWork."""
    return dict(walk(parse_pattern(pattern), tree))


def can_be_named(path: str) -> bool:
    """Tells whether a path of the tree can stand in a manifest, and be the name of its material."""
    return fault_in_path(path) is None and fault_in_file_name(path) is None


def _read(source: Source, tree: Tree) -> tuple[list[Account], list[Asset], list[Problem]]:
    reading = read_document(source)
    accounts, assets, problems = _understand(reading, source, tree)
    return accounts, assets, _with_slips(problems, reading, source)


def _understand(reading: Reading, source: Source, tree: Tree) -> tuple[list[Account], list[Asset], list[Problem]]:
    document, problems = reading.document, reading.problems
    if document is None:
        return [], [], problems
    problems = problems + _elsewhere(problems, check_shape(document, source))
    if not isinstance(document, Table) or any(problem.code == "newer-version" for problem in problems):
        return [], [], problems
    broken = {(each.location.line - 1, each.location.column - 1) for each in problems if each.location}
    accounts, of_accounts = read_accounts(document, broken, source)
    assets, of_entries = read_entries(_entries(document, broken), source, tree)
    return accounts, assets, problems + _elsewhere(problems, [*of_accounts, *of_entries])


def _with_slips(problems: list[Problem], reading: Reading, source: Source) -> list[Problem]:
    """Names the characters that only look like YAML's, before anything that follows from them."""
    if not problems or source.text.isascii():
        return problems
    lines = Lines(source.text)
    spots = [(slip, lines.at(slip.index)) for slip in look_over(source.text, most=MAX_PROBLEMS).slips]
    slips = [explain_slip(slip, spot, source) for slip, spot in _in_structure(spots, problems, reading)]
    wrong = {slip.location.line for slip in slips if slip.location}
    gave_up = reading.broken.line + 1 if reading.broken and reading.document is None else None
    # A parser that gave up blames what stands behind the first of them.
    follow_up = problems[-1:] if gave_up is not None and wrong and min(wrong) <= gave_up else []
    follow_up += _hidden(problems, wrong)
    left = [each for each in problems if each not in follow_up and each.location and each.location.line not in wrong]
    return [*slips, *left]


def _hidden(problems: Iterable[Problem], lines: Iterable[int]) -> list[Problem]:
    """Gives the keys that are missing above these lines: they stand in them, and are not what they look like."""
    missing = [each for each in problems if each.code == "missing-key" and each.location]
    starts = sorted({each.location.line for each in missing if each.location})
    nearest = {starts[found - 1] for line in lines if (found := bisect_right(starts, line))}
    return [each for each in missing if each.location and each.location.line in nearest]


def _in_structure(
    slips: Iterable[tuple[Slip, At]], problems: Iterable[Problem], reading: Reading
) -> Iterator[tuple[Slip, At]]:
    """Leaves out what stands in a text that YAML read and nothing is wrong with."""
    bad = {(each.location.line - 1, each.location.column - 1) for each in problems if each.location}
    before = reading.broken.line if reading.broken else None
    sound = [
        ((start.line, start.column), (end.line, end.column))
        for start, end in reading.texts
        if (start.line, start.column) not in bad and (before is None or end.line < before)
    ]
    starts = [start for start, _ in sound]
    for slip, spot in slips:
        at = spot.line, spot.column
        nearest = bisect_right(starts, at) - 1
        if nearest < 0 or at >= sound[nearest][1]:
            yield slip, spot


def _elsewhere(known: Iterable[Problem], more: Iterable[Problem]) -> list[Problem]:
    """Leaves out what only follows from a problem that is known at the same place."""
    places = {problem.location for problem in known}
    return [problem for problem in more if problem.location not in places]


def _entries(document: Table, broken: Set[tuple[int, int]]) -> list[Entry]:
    materials = document.value("materials")
    tables = [entry for entry in materials if isinstance(entry, Table)] if isinstance(materials, Items) else []
    paths = [(table, table.value("path")) for table in tables]
    return [
        Entry.of(table, path, sound=is_sound(table, broken))
        for table, path in paths
        if isinstance(path, Text) and path.strip()
    ]


def _in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    ordered = sorted(
        problems, key=lambda problem: (problem.location or Location("", 0, 0), problem.code, problem.message)
    )
    if len(ordered) <= MAX_PROBLEMS:
        return tuple(ordered)
    left = len(ordered) - MAX_PROBLEMS
    more = Problem(
        "more-problems",
        text("{left:,} more problems are not shown", left=left),
        text("mend these first"),
        location=ordered[-1].location,
    )
    return (*ordered[:MAX_PROBLEMS], more)


def _wrong_name(file: Path, shown: str) -> Problem:
    message = text("a manifest cannot be called `{name}`", name=brief(file.name))
    hint = text(
        "call it NAME.yaml, NAME.yml or NAME.yaml.example, without a dot in NAME; its lock is then NAME.lock.json"
    )
    return Problem("manifest-name", message, hint, location=Location(shown, 1, 1))
