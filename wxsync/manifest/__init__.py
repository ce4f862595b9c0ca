"""The manifest: YAML to assets, with every problem where it stands; the only room that knows YAML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from pathlib import Path

from wxsync.manifest.accounts import read_accounts
from wxsync.manifest.document import Items, Table, Text, is_sound, read_document
from wxsync.manifest.entries import Entry, read_entries
from wxsync.manifest.shape import check_shape
from wxsync.manifest.source import NotReadable, Source, brief, read_source
from wxsync.manifest.tree import Tree
from wxsync.model import Account, Asset, Location, Manifest, Problem

__all__ = ["Tree", "manifest_stem", "read_manifest"]

MAX_PROBLEMS = 1000

_NAME = re.compile(r"([^.]+)\.(yaml|yml|yaml\.example)")


def read_manifest(
    file: Path, *, shown_as: str | None = None, tree: Tree | None = None
) -> tuple[Manifest, tuple[Problem, ...]]:
    """Reads a manifest and looks up its files; nothing but the manifest itself is opened.

    Gives the sound accounts and assets even where others are broken, and all problems sorted by place. Whatever a
    manifest, a file tree or a disk can do becomes a problem, nothing is raised. `shown_as` is its name in
    places, `tree` remembers what was listed for it.
    """
    shown = str(file) if shown_as is None else shown_as
    wrong_name = [] if manifest_stem(file) else [_wrong_name(file, shown)]
    try:
        source = read_source(file, shown)
    except NotReadable as error:
        return Manifest(file, (), ()), _in_order([*wrong_name, error.problem])
    tree = tree or Tree(file.parent)
    accounts, assets, problems = _read(source, tree)
    assets.sort(key=lambda asset: (asset.name, asset.location))
    manifest = Manifest(file, tuple(accounts), tuple(assets))
    return manifest, _in_order([*wrong_name, *problems])


def manifest_stem(file: Path) -> str | None:
    """Gives NAME of NAME.yaml, NAME.yml or NAME.yaml.example, which lock files begin with; None for any other name."""
    found = _NAME.fullmatch(file.name)
    return found[1] if found else None


def _read(source: Source, tree: Tree) -> tuple[list[Account], list[Asset], list[Problem]]:
    document, problems = read_document(source)
    if document is None:
        return [], [], problems
    problems += _elsewhere(problems, check_shape(document, source))
    if not isinstance(document, Table) or any(problem.code == "newer-version" for problem in problems):
        return [], [], problems
    broken = {(each.location.line - 1, each.location.column - 1) for each in problems if each.location}
    accounts, of_accounts = read_accounts(document, broken, source)
    assets, of_entries = read_entries(_entries(document, broken), source, tree)
    return accounts, assets, problems + _elsewhere(problems, [*of_accounts, *of_entries])


def _elsewhere(known: Iterable[Problem], more: Iterable[Problem]) -> list[Problem]:
    """Leaves out what only follows from a problem that is known at the same place."""
    places = {problem.location for problem in known}
    return [problem for problem in more if problem.location not in places]


def _entries(document: Table, broken: Set[tuple[int, int]]) -> list[Entry]:
    materials = document.value("materials")
    tables = [entry for entry in materials if isinstance(entry, Table)] if isinstance(materials, Items) else []
    paths = [(table, table.value("path")) for table in tables]
    return [
        Entry(table, path, sound=is_sound(table, broken))
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
        "more-problems", f"{left:,} more problems are not shown", "mend these first", location=ordered[-1].location
    )
    return (*ordered[:MAX_PROBLEMS], more)


def _wrong_name(file: Path, shown: str) -> Problem:
    message = f"a manifest cannot be called `{brief(file.name)}`"
    hint = "call it NAME.yaml, NAME.yml or NAME.yaml.example, without a dot in NAME; its lock is then NAME.lock.json"
    return Problem("manifest-name", message, hint, location=Location(shown, 1, 1))
