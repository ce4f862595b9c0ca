"""Looks at the files that a manifest names: what they are, and whether WeChat would take those that are to be sent."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from wxsync.digest import Digest, Remembered, read_cache, remember, write_cache
from wxsync.errors import InvalidInput
from wxsync.files import read_inside, state_folder
from wxsync.media import Finding, Media, check, check_description, check_size, probe
from wxsync.model import Asset, Desired, Fingerprint, Lock, Manifest, MaterialType, Problem, Record, Severity
from wxsync.workflow.project import Project

# The Git LFS specification: "Pointer files must be less than 1024 bytes in size."
_POINTER_BOUND = 1024


@dataclass(frozen=True, slots=True)
class Known:
    """Holds what need not be judged, because WeChat has it: whole materials, or for validate what pointers point to."""

    fingerprints: Collection[Fingerprint] = frozenset()
    pointed_to: Collection[tuple[MaterialType, str]] = frozenset()
    sizes: Collection[tuple[MaterialType, int]] = frozenset()
    renew: Collection[str] = ()

    def is_sent(self, wanted: Desired, size_here: int) -> bool:
        """Tells whether the content of this file is needed; a Git LFS pointer is smaller than what it stands for."""
        if wanted.asset.name not in self.renew and wanted.fingerprint in self.fingerprints:
            return False
        return wanted.size == size_here or (wanted.asset.type, wanted.sha256) not in self.pointed_to


@dataclass(frozen=True, slots=True)
class Survey:
    """Holds what should exist, and every problem of the files that would be sent."""

    desired: tuple[Desired, ...]
    problems: tuple[Problem, ...]


@dataclass(slots=True)
class _Files:
    """Reads each file at most once and remembers digests."""

    manifest: Manifest
    remembered: dict[str, Remembered]
    learnt: dict[str, Remembered] = field(default_factory=dict)


def sent_beyond(lock: Lock | None, *, renew: Collection[str] = (), gone: Collection[str] = ()) -> Known:
    """Spares what a lock holds and WeChat has; whatever else the manifest names would be sent.

    What is uploaded anew may go up under any name that has the same content.
    """
    held = lock.records if lock else {}
    records = [record for record in _records(lock) if record.media_id not in gone]
    renew = {*renew, *(name for name, record in held.items() if record.media_id in gone)}
    fingerprints = frozenset(record.fingerprint for record in records)
    fingerprints -= {record.fingerprint for name, record in held.items() if name in renew}
    return Known(fingerprints, sizes=frozenset((record.type, record.size) for record in records), renew=renew)


def everything_but_pointers(locks: Iterable[Lock]) -> Known:
    """Spares nothing but Git LFS pointers to what a lock holds."""
    return Known(pointed_to=frozenset((record.type, record.sha256) for lock in locks for record in _records(lock)))


def survey(project: Project, known: Known, *, use_cache: bool = True) -> Survey:
    """Hashes every file, and judges the content of those that would be sent."""
    files = _Files(project.manifest, read_cache(project.cache_file) if use_cache else {})
    desired, problems = list[Desired](), list[Problem]()
    for asset in project.manifest.assets:
        try:
            wanted, findings = _look(asset, files, known)
        except OSError as error:
            problems.append(_problem(asset, _unreadable(error)))
            continue
        problems += [_problem(asset, finding) for finding in findings]
        if wanted:
            desired.append(wanted)
    if files.learnt:
        _keep(project, files)
    return Survey(tuple(desired), tuple(problems))


def all_problems(project: Project, found: Survey) -> tuple[Problem, ...]:
    """Joins the problems of the manifest and of the media, sorted by place."""
    return tuple(sorted((*project.problems, *found.problems), key=_by_place))


def refuse_errors(problems: Collection[Problem]) -> None:
    """Raises InvalidInput with all problems where one of them is an error."""
    if any(problem.is_error for problem in problems):
        raise InvalidInput(problems)


def judge(content: bytes, asset: Asset) -> tuple[Media, tuple[Finding, ...]]:
    """Judges a file's bytes as WeChat would."""
    media = probe(content)
    findings = check(media, asset.type, filename=asset.path)
    if asset.type is MaterialType.VIDEO:
        findings += check_description(asset.title, asset.introduction)
    return media, findings


def digest_of(content: bytes) -> Digest:
    """Gives the identity of a content; that of a Git LFS pointer is the identity of what it points to."""
    pointer = probe(content).lfs if len(content) < _POINTER_BOUND else None
    if pointer:
        return Digest(pointer.sha256, pointer.size)
    return Digest(hashlib.sha256(content).hexdigest(), len(content))


def _look(asset: Asset, files: _Files, known: Known) -> tuple[Desired | None, tuple[Finding, ...]]:
    root = files.manifest.root
    status = os.stat(root / asset.path)  # noqa: PTH116 - a Path of its own for each file costs more than the stat
    remembered = files.remembered.get(asset.path)
    if remembered and remembered.fits(status):
        wanted = Desired(asset, remembered.digest.sha256, remembered.digest.size)
        if not known.is_sent(wanted, status.st_size):
            return wanted, ()
    too_large = check_size(status.st_size, asset.type)
    if too_large and (asset.type, status.st_size) not in known.sizes:
        return None, too_large  # so large a file need not be read to be refused
    content, status = read_inside(root, asset.path)
    digest = digest_of(content)
    entry = remember(status, digest)
    if entry:
        files.learnt[asset.path] = entry
    wanted = Desired(asset, digest.sha256, digest.size)
    if not known.is_sent(wanted, len(content)):
        return wanted, ()
    media, findings = judge(content, asset)
    return replace(wanted, extension=media.extension), findings


def _records(lock: Lock | None) -> list[Record]:
    return [*lock.records.values(), *(one.record for one in lock.retired)] if lock else []


def _keep(project: Project, files: _Files) -> None:
    try:
        state_folder(project.manifest.root)
    except OSError:
        return  # a folder that cannot be written still can be planned
    named = {asset.path for asset in project.manifest.assets}
    merged = files.remembered | files.learnt
    write_cache(project.cache_file, {path: entry for path, entry in merged.items() if path in named})


def _unreadable(error: OSError) -> Finding:
    if isinstance(error, FileNotFoundError):
        return Finding("missing", Severity.ERROR, "the file does not exist any more", "run the command again")
    reason = error.strerror or str(error)
    hint = "check its permissions" if isinstance(error, PermissionError) else "run the command again"
    return Finding("unreadable", Severity.ERROR, f"the file cannot be read: {reason}", hint)


def _problem(asset: Asset, finding: Finding) -> Problem:
    return Problem(
        finding.code,
        f"{asset.path}: {finding.message}",
        finding.hint,
        finding.severity,
        asset.place,
        name=asset.name,
        path=asset.path,
    )


def _by_place(problem: Problem) -> tuple[str, int, int, str]:
    place = problem.place
    return (place.file, place.line, place.column, problem.message) if place else ("", 0, 0, problem.message)
