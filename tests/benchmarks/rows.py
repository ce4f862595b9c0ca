"""The rows of the table: what is measured, beside what, and the largest ratio that is aimed at."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

from tests.benchmarks import peers
from tests.benchmarks.distance import distant
from tests.benchmarks.world import Spent, library, python, sandbox, wxsync
from tests.project import png

Measure = Callable[[], Spent]
Way = Callable[[Mapping[str, str]], AbstractContextManager[Mapping[str, str]]]
"""Leads to a sandbox: from the variables that say where it is, to those that say by which way."""

_SLOW = ("--fault", "add_material:latency=50")
_FAR_MILLISECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Row:
    """Holds one comparison; `most` and `mebibytes` are what the ratio of seconds and our memory should not exceed."""

    work: str
    ours: Measure
    peer: str
    theirs: Measure
    most: float | None = None
    mebibytes: float | None = None


def starting(place: Path, _files: int) -> Iterator[Row]:
    """Compares the start alone."""
    place.mkdir()
    theirs = python(place, "import click").run
    for option in ("--version", "--help"):
        yield Row(f"`wxsync {option}`", wxsync(place, option).run, "`python -c 'import click'`", theirs, 1.5)


def in_step(place: Path, files: int) -> Iterator[Row]:
    """Compares a plan with nothing to do, and one after a file has changed, by a glob."""
    root = _planned(library(place, files))
    most = {1_000: 12.0, 10_000: 5.0, 100_000: 4.0}.get(files)
    work = f"{files:,} files by a glob"
    yield Row(f"`plan`, nothing changed, {work}", wxsync(root, "plan").run, "`git status`", peers.git(root), most)
    most, room = {1_000: (20.0, None), 10_000: (12.0, 45.0), 100_000: (10.0, 200.0)}.get(files, (None, None))
    yield Row(f"`plan`, one file changed, {work}", _changed(root), "`git status`", peers.git(root), most, room)
    for name, theirs in peers.of_a_tree(root):
        yield Row(f"{name}, {files:,} files, beside git", theirs, "`git status`", peers.git(root))


def listed(place: Path, files: int) -> Iterator[Row]:
    """Compares the same where each file is listed by itself."""
    root = _planned(library(place, files, listed=True))
    work = f"{files:,} files listed one by one"
    yield Row(f"`plan`, nothing changed, {work}", wxsync(root, "plan").run, "`git status`", peers.git(root), 6)
    yield Row(f"`plan`, one file changed, {work}", _changed(root), "`git status`", peers.git(root), 15)


def judged(place: Path, files: int) -> Iterator[Row]:
    """Compares judging files that were judged before."""
    root = library(place, files)
    wxsync(root, "validate").run()
    work = f"`validate`, nothing changed, {files:,} files by a glob"
    yield Row(work, wxsync(root, "validate").run, "`git status`", peers.git(root), 12)


def small(place: Path, files: int) -> Iterator[Row]:
    """Compares hashing many small files."""
    root = library(place, files)
    ours = wxsync(root, "plan", "--no-cache").run
    yield Row(f"first `plan`, hashing {files:,} small files", ours, "a loop in Python", peers.loop(root), 2)


def large(place: Path, files: int) -> Iterator[Row]:
    """Compares hashing large files."""
    root = library(place, files, size=10_000_000 - 200)
    ours = wxsync(root, "plan", "--no-cache").run
    work = f"first `plan`, hashing {files:,} files of 10 MB"
    yield from (Row(work, ours, name, theirs, 1.05) for name, theirs in peers.openssl(root))


def pages(place: Path, files: int) -> Iterator[Row]:
    """Compares a page of pictures with making small ones of them, and with the same page once more."""
    root = library(place, files, photographs=True)
    first = wxsync(root, "report", "-o", "page.html", before=lambda: shutil.rmtree(root / ".wxsync/pictures", True)).run
    again = wxsync(root, "report", "-o", "page.html").run
    work = f"`report` of {files:,} photographs of a megapixel"
    yield Row(f"{work}, first", first, "Pillow alone, two processes", peers.small_pictures(root))
    yield Row(f"{work}, again", again, "first", first, 0.2)


def waiting(place: Path, files: int) -> Iterator[Row]:
    """Compares uploads of which each takes 50 ms with the least that they can take."""
    root = library(place, files, locked=False)
    ideal = Spent(files * 0.05 / 16, 0)
    work = f"`apply` of {files:,} files at 50 ms an answer, 16 jobs"
    most = 1.25 if files < 5_000 else 1.1
    yield Row(work, partial(_applied, root, *_SLOW), "files x 50 ms / 16", lambda: ideal, most)
    yield Row(
        f"16 threads of `requests`, {files:,} files", peers.requests_pool(root, *_SLOW), "the same", lambda: ideal
    )
    if files < 5_000:
        yield Row(f"wechatpy's loop over {files:,} files", peers.wechatpy(root, *_SLOW), "the same", lambda: ideal)


def quick(place: Path, files: int) -> Iterator[Row]:
    """Compares uploads that are answered at once with posts that promise nothing."""
    root = library(place, files, locked=False)
    work = f"`apply` of {files:,} files without latency, 16 jobs"
    yield Row(work, partial(_applied, root), "16 threads of `requests`", peers.requests_pool(root), 1.5)


def far(place: Path, files: int) -> Iterator[Row]:
    """Compares uploads over TLS to a server that keeps connections with those to one that closes each."""
    root = library(place, files, locked=False)
    kept, closed = (partial(_applied, root, *_SLOW, over=partial(_far, place / "ca", keeps)) for keeps in (True, False))
    ideal = Spent(files * (0.05 + _FAR_MILLISECONDS / 1000) / 16, 0)
    work = f"`apply` of {files:,} files over TLS, 20 ms there and back, 50 ms an answer, 16 jobs"
    yield Row(f"{work}, connections kept", kept, "files x 70 ms / 16", lambda: ideal)
    yield Row(f"{work}, each closed", closed, "connections kept", kept)


def many(place: Path, files: int) -> Iterator[Row]:
    """Compares ten times as many uploads with so many; it takes some minutes."""
    few, most = (library(place / name, times * files, locked=False) for name, times in (("few", 1), ("many", 10)))
    work = f"`apply` of {10 * files:,} files without latency, 16 jobs"
    yield Row(work, partial(_applied, most), f"{files:,} files", partial(_applied, few), 11, 350)


def growth(place: Path, files: int) -> Iterator[Row]:
    """Compares ten times as many files with so many."""
    few, many = _planned(library(place / "few", files)), _planned(library(place / "many", 10 * files))
    peer = f"{files:,} files"
    yield Row(
        f"`plan`, nothing changed, {10 * files:,} files", wxsync(many, "plan").run, peer, wxsync(few, "plan").run, 11
    )
    yield Row("the same, one file changed", _changed(many), peer, _changed(few), 11)


def _planned(root: Path) -> Path:
    """Plans once, so that what was read is remembered."""
    wxsync(root, "plan").run()
    return root


def _changed(root: Path) -> Measure:
    """Plans after one file was given another content, each time anew."""
    contents = count()

    def change() -> None:
        (root / "images/000/picture-000007.png").write_bytes(png(f"changed {next(contents)}"))

    return wxsync(root, "plan", before=change).run


def _applied(root: Path, *faults: str, over: Way = nullcontext) -> Spent:
    """Uploads everything to an empty WeChat."""
    shutil.rmtree(root / ".wxsync", ignore_errors=True)
    (root / "materials.lock.json").unlink(missing_ok=True)
    with sandbox(*faults) as there, over(there) as environ:
        return wxsync(root, "apply", "--yes", "--jobs", "16", environ=environ).run()


def _far(place: Path, keeps: bool, environ: Mapping[str, str]) -> AbstractContextManager[Mapping[str, str]]:
    return distant(environ, place, milliseconds=_FAR_MILLISECONDS, keeps=keeps)
