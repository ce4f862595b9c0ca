"""Looks at the files that a manifest names: what they are, and whether WeChat would take those that are to be sent."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field

from msgspec import Struct
from msgspec.structs import replace

from wxsync.digest import Digest, Remembered, read_cache, remember, write_cache
from wxsync.errors import InvalidInput
from wxsync.files import Inside, state_folder
from wxsync.media import (
    MOST_SOURCE_BYTES,
    Finding,
    Format,
    Media,
    check,
    check_description,
    check_size,
    extension_of,
    fit_helps,
    lfs_pointer,
    probe,
)
from wxsync.model import Asset, Desired, Fingerprint, Lock, Manifest, MaterialType, Problem, Severity
from wxsync.project.fitting import Converts, Fitting, forget_unused
from wxsync.project.folder import Project
from wxsync.words import text

# Reading and hashing let go of Python's lock, which pays for large files and costs on small ones.
_LARGE_BYTES = 1 << 20
# A file that is too large is still read up to here, to tell all that is wrong with it.
_MOST_READ_BYTES = 16 << 20
_READERS = min(4, os.cpu_count() or 1)
# Of files beyond this, only one at a time is in memory.
_HUGE_BYTES = 64 << 20


class Known(Struct, frozen=True):
    """What need not be judged, because WeChat has it: whole materials, or for validate what pointers point to."""

    fingerprints: Collection[Fingerprint] = frozenset()
    pointed_to: Collection[tuple[MaterialType, str]] = frozenset()
    sizes: Collection[tuple[MaterialType, int]] = frozenset()
    forced: Collection[str] = ()

    def is_sent(self, wanted: Desired, size_here: int) -> bool:
        """Tell whether the content of this file is needed; a Git LFS pointer is smaller than what it stands for."""
        if wanted.asset.name not in self.forced and wanted.fingerprint in self.fingerprints:
            return False
        return wanted.size == size_here or (wanted.asset.type, wanted.sha256) not in self.pointed_to


class Survey(Struct, frozen=True):
    """What should exist, and every problem of the files that would be sent."""

    desired: tuple[Desired, ...]
    problems: tuple[Problem, ...]


@dataclass(slots=True)
class _Files:
    """Reads each file at most once and remembers digests."""

    inside: Inside
    remembered: dict[str, Remembered]
    known: Known
    fitting: Fitting
    learnt: dict[str, Remembered] = field(default_factory=dict)
    huge: threading.Lock = field(default_factory=threading.Lock)


def sent_beyond(lock: Lock | None, *, forced: Collection[str] = (), gone: Collection[str] = ()) -> Known:
    """Spare what a lock holds and WeChat has; whatever else the manifest names would be sent.

    What is uploaded anew may go up under any name that has the same content.
    """
    held = lock.records if lock else {}
    records = [record for record in (lock.every_record if lock else ()) if record.media_id not in gone]
    forced = {*forced, *(name for name, record in held.items() if record.media_id in gone)}
    fingerprints = frozenset(record.fingerprint for record in records)
    fingerprints -= {record.fingerprint for name, record in held.items() if name in forced}
    return Known(fingerprints, sizes=frozenset((record.type, record.size) for record in records), forced=forced)


def everything_but_pointers(locks: Iterable[Lock]) -> Known:
    """Spare nothing but Git LFS pointers to what a lock holds."""
    return Known(pointed_to=frozenset((record.type, record.sha256) for lock in locks for record in lock.every_record))


def survey(
    project: Project, known: Known, *, use_cache: bool = True, converts: Converts = lambda _conversion: None
) -> Survey:
    """Hash every file, judge the content of those that would be sent, and convert what is to fit.

    `converts` hears of each conversion.
    """
    remembered = read_cache(project.cache_file) if use_cache else {}
    desired, problems = list[Desired](), list[Problem]()
    with Fitting(project.manifest.root, converts) as fitting:
        files = _Files(Inside(project.manifest.root), remembered, known, fitting)
        for asset, seen in _look_at_all(project.manifest, files):
            problems += [_problem(asset, finding) for finding in seen.findings]
            if seen.wanted:
                desired.append(seen.wanted)
    if files.learnt:
        _keep(project, files)
    if any(asset.fit for asset in project.manifest.assets):
        forget_unused(project.manifest.root, ((one.sha256, one.asset.type) for one in desired))
    return Survey(tuple(desired), tuple(problems))


def all_problems(project: Project, found: Survey) -> tuple[Problem, ...]:
    """Join the problems of the manifest and of the media, sorted by place."""
    return tuple(sorted((*project.problems, *found.problems), key=_by_place))


def refuse_errors(problems: Collection[Problem]) -> None:
    """Raise InvalidInput with all problems where one of them is an error."""
    if any(problem.is_error for problem in problems):
        raise InvalidInput(problems)


def judge(content: bytes, asset: Asset) -> tuple[Media, tuple[Finding, ...]]:
    """Judge a file's bytes as WeChat would."""
    media = probe(content)
    findings = check(media, asset.type, filename=asset.path)
    if asset.type.has_description:
        findings += check_description(asset.title, asset.introduction)
    return media, findings


def digest_of(content: bytes) -> Digest:
    """Return the identity of a content; that of a Git LFS pointer is the identity of what it points to."""
    pointer = lfs_pointer(content)
    if pointer:
        return Digest(pointer.sha256, pointer.size)
    return Digest(hashlib.sha256(content).hexdigest(), len(content))


class _Seen(Struct, frozen=True):
    """What was learnt of one file; `wanted` is None where nothing can be said of its content."""

    wanted: Desired | None
    findings: tuple[Finding, ...] = ()


def _look_at_all(manifest: Manifest, files: _Files) -> Iterator[tuple[Asset, _Seen]]:
    """Look at small files one after the other, and at large ones side by side, in the order of the manifest."""
    looks: list[tuple[Asset, _Seen | Future[_Seen]]] = []
    with ThreadPoolExecutor(_READERS) as readers:
        try:
            looks += _begin(manifest, files, readers)
            for asset, look in looks:
                yield asset, look.result() if isinstance(look, Future) else look
        except BaseException:
            files.fitting.stop()  # whoever interrupts does not want to wait for a film to be converted
            readers.shutdown(wait=False, cancel_futures=True)
            raise


def _begin(
    manifest: Manifest, files: _Files, readers: ThreadPoolExecutor
) -> Iterator[tuple[Asset, _Seen | Future[_Seen]]]:
    root = str(manifest.root)
    for asset in manifest.assets:
        try:
            status = os.stat(f"{root}/{asset.path}")  # noqa: PTH116 - a Path for each costs more than the stat
        except OSError as error:
            yield asset, _Seen(None, (_unreadable(error),))
            continue
        seen = _glance(asset, status, files)
        if seen is None and (asset.fit or status.st_size >= _LARGE_BYTES):
            yield asset, readers.submit(_read, asset, status.st_size, files)
        else:
            yield asset, seen or _read(asset, status.st_size, files)


def _glance(asset: Asset, status: os.stat_result, files: _Files) -> _Seen | None:
    """Say what can be said of a file that is not opened."""
    remembered = files.remembered.get(asset.path)
    if remembered and remembered.fits(status):
        wanted = Desired(asset, remembered.sha256, remembered.content_size)
        if not files.known.is_sent(wanted, status.st_size):
            return _Seen(wanted)
    most = MOST_SOURCE_BYTES[asset.type] if asset.fit else _MOST_READ_BYTES
    too_large = check_size(status.st_size, asset.type) if status.st_size > most else ()
    if too_large and asset.fit:
        too_large = (_beyond_fit(status.st_size, most),)
    if too_large and (asset.type, status.st_size) not in files.known.sizes:
        return _Seen(None, too_large)  # so large a file need not be read to be refused
    return None


def _beyond_fit(size: int, most: int) -> Finding:
    message = text("the file has {size:,} bytes; {most:,} are converted at most", size=size, most=most)
    return Finding("size", Severity.ERROR, message, text("save it with fewer pixels or a lower bit rate"))


def _read(asset: Asset, size: int, files: _Files) -> _Seen:
    with files.huge if size > _HUGE_BYTES else nullcontext():
        try:
            content, status = files.inside.read(asset.path)
        except OSError as error:
            return _Seen(None, (_unreadable(error),))
        return _judged(asset, content, status, files)


def _judged(asset: Asset, content: bytes, status: os.stat_result, files: _Files) -> _Seen:
    digest = digest_of(content)
    entry = remember(status, digest)
    if entry:
        files.learnt[asset.path] = entry
    wanted = Desired(asset, digest.sha256, digest.size)
    if not files.known.is_sent(wanted, len(content)):
        return _Seen(wanted)
    media, findings = judge(content, asset)
    if asset.fit and fit_helps(media.format, media.size, asset.type):
        return _fitted(wanted, content, media, files.fitting)
    return _Seen(replace(wanted, extension=media.extension), findings)


def _fitted(wanted: Desired, content: bytes, media: Media, fitting: Fitting) -> _Seen:
    """Says what a file becomes that WeChat would refuse for its format or size."""
    asset = wanted.asset
    kept = fitting.fit(asset, content, media.format, wanted.sha256)
    about = check_description(asset.title, asset.introduction) if asset.type.has_description else ()
    if isinstance(kept, Finding):
        return _Seen(wanted, (kept, *about))
    findings = (*(note.finding for note in kept.notes), *about)
    extension = extension_of(Format(kept.fitted.format))
    return _Seen(replace(wanted, extension=extension, fitted=kept.fitted, left_out=kept.left_out), findings)


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
        return Finding(
            "missing", Severity.ERROR, text("the file does not exist any more"), text("run the command again")
        )
    reason = error.strerror or str(error)
    denied = isinstance(error, PermissionError)
    hint = text("check its permissions") if denied else text("run the command again")
    return Finding("unreadable", Severity.ERROR, text("the file cannot be read: {reason}", reason=reason), hint)


def _problem(asset: Asset, finding: Finding) -> Problem:
    return Problem(
        finding.code,
        text("{path}: {message}", path=asset.path, message=finding.message),
        finding.hint,
        finding.severity,
        asset.location,
        name=asset.name,
        path=asset.path,
        source=finding.source,
    )


def _by_place(problem: Problem) -> tuple[str, int, int, str]:
    place = problem.location
    return (place.file, place.line, place.column, problem.message) if place else ("", 0, 0, problem.message)
