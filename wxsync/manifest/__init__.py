"""The manifest: YAML to assets, with every problem where it stands; the only room that knows YAML."""

from __future__ import annotations

import re
from collections.abc import Iterable
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

from wxsync.manifest.entries import read_entries
from wxsync.manifest.globs import is_glob, parse_pattern, walk
from wxsync.manifest.paths import fault_in_file_name, fault_in_path
from wxsync.manifest.said import Said
from wxsync.manifest.source import MAX_PROBLEMS, NotReadable, Source, brief, read_source
from wxsync.manifest.tree import PathKind, TooMuchWork, Tree
from wxsync.model import Asset, Location, Manifest, Problem
from wxsync.words import text

if TYPE_CHECKING:
    from wxsync.recall import Memo

__all__ = ["PathKind", "TooMuchWork", "Tree", "can_be_named", "files_of", "is_glob", "manifest_stem", "read_manifest"]

_NAME = re.compile(r"([^.]+)\.(yaml|yml|yaml\.example)")


def read_manifest(
    file: Path,
    *,
    shown_as: str | None = None,
    tree: Tree | None = None,
    content: bytes | None = None,
    memo: Memo | None = None,
) -> tuple[Manifest, tuple[Problem, ...]]:
    """Reads a manifest and looks up its files; nothing but the manifest itself is opened.

    Gives the sound accounts and assets even where others are broken, and all problems sorted by place. Whatever a
    manifest, a file tree or a disk can do becomes a problem, nothing is raised. `shown_as` is its name in
    places, `tree` remembers what was listed for it, `content` is read instead of the file, `memo` is of the file.
    """
    shown = str(file) if shown_as is None else shown_as
    tree = tree or Tree(file.parent)
    known = memo.recall(Said) if memo else None
    if known and manifest_stem(file):
        # What is remembered has no text to show, but none is needed where its files are in order too.
        assets, problems = read_entries(known.entries, Source(shown, "", ()), tree)
        if not problems:
            return _manifest(file, known, assets), ()
        tree.begin_again()
    wrong_name = [] if manifest_stem(file) else [_wrong_name(file, shown)]
    try:
        source = read_source(file, shown, content)
    except NotReadable as error:
        is_folder = error.problem.code == "manifest-is-a-folder"
        return Manifest(file, (), ()), _in_order([*([] if is_folder else wrong_name), error.problem])
    said, assets, problems = _read(source, tree, memo)
    return _manifest(file, said, assets), _in_order([*wrong_name, *problems])


def _read(source: Source, tree: Tree, memo: Memo | None) -> tuple[Said, list[Asset], list[Problem]]:
    from wxsync.manifest.parse import elsewhere, parse, with_slips

    parsed = parse(source)
    if memo and not parsed.problems:
        memo.keep(parsed.said)
    assets, of_files = read_entries(parsed.said.entries, source, tree)
    problems = parsed.problems + elsewhere(parsed.problems, of_files)
    return parsed.said, assets, with_slips(problems, parsed.reading, source)


def _manifest(file: Path, said: Said, assets: Iterable[Asset]) -> Manifest:
    return Manifest(file, said.accounts, tuple(sorted(assets, key=attrgetter("name"))))


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
