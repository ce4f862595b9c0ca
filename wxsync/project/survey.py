"""Looks at the files that a manifest names: what they are, and whether WeChat would take those that are to be sent."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec import Struct, field

from wxsync.digest import Digests, Remembered, read_cache, write_cache
from wxsync.errors import InvalidInput
from wxsync.files import Inside, state_folder
from wxsync.model import Asset, Desired, Fingerprint, Lock, MaterialType, Problem, Record
from wxsync.project.fitting import Converts, Fitting, forget_unused
from wxsync.project.folder import Project
from wxsync.states import Names, is_state, size_in, state_in
from wxsync.words import text

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

    from wxsync.media import Finding
    from wxsync.project.reading import Files, Verdict

# Reading and hashing let go of Python's lock, which pays for large files and costs on small ones.
_LARGE_BYTES = 1 << 20
_UNSEEN: Names = {}
_READERS = min(4, os.cpu_count() or 1)


class Known(Struct, frozen=True, dict=True):
    """What need not be judged, because WeChat has it: whole materials, or for validate what pointers point to."""

    records: Collection[Record] = ()
    """What WeChat has."""
    held: Mapping[str, Record] = field(default_factory=lambda: MappingProxyType({}))
    """By name, what the lock holds."""
    forced: Collection[str] = ()
    """Names of what is sent whatever WeChat has."""
    pointers: Collection[Record] = ()
    """What the pointers of Git LFS may point to."""

    def keeps(self, wanted: Desired) -> bool:
        """Tell whether the lock has just that under its name, as most have, and nothing is sent whatever it has."""
        record = self.held.get(wanted.asset.name)
        return record is not None and not self.forced and record.has_content_of(wanted)

    def is_sent(self, wanted: Desired, size_here: int) -> bool:
        """Tell whether the content of this file is needed; a Git LFS pointer is smaller than what it stands for."""
        name = wanted.asset.name
        if self.keeps(wanted):
            return False
        if name not in self.forced and self._has(wanted):
            return False
        return wanted.size == size_here or (wanted.asset.type, wanted.sha256) not in self._pointed_to

    def has_size(self, material_type: MaterialType, size: int) -> bool:
        """Tell whether WeChat has anything of a type that has so many bytes."""
        return (material_type, size) in self._sizes

    def _has(self, wanted: Desired) -> bool:
        # What is uploaded anew may go up under any name that has the same content.
        if wanted.sha256 not in self._digests or wanted.fingerprint in self._anew:
            return False
        return wanted.fingerprint in self._fingerprints

    @cached_property
    def _anew(self) -> frozenset[Fingerprint]:
        return frozenset(self.held[name].fingerprint for name in self.forced if name in self.held)

    @cached_property
    def _digests(self) -> frozenset[str]:
        # Most of what is not its name's is nobody's: then this is all that need be known of a library.
        return frozenset(record.sha256 for record in self.records)

    @cached_property
    def _fingerprints(self) -> frozenset[Fingerprint]:
        return frozenset(record.fingerprint for record in self.records)

    @cached_property
    def _sizes(self) -> frozenset[tuple[MaterialType, int]]:
        return frozenset((record.type, record.size) for record in self.records)

    @cached_property
    def _pointed_to(self) -> frozenset[tuple[MaterialType, str]]:
        return frozenset((record.type, record.sha256) for record in self.pointers)


class Survey(Struct, frozen=True):
    """What should exist, and every problem of the files that would be sent."""

    desired: tuple[Desired, ...]
    problems: tuple[Problem, ...]


def sent_beyond(lock: Lock | None, *, forced: Collection[str] = (), gone: Collection[str] = ()) -> Known:
    """Spare what a lock holds and WeChat has; whatever else the manifest names would be sent."""
    if lock is None:
        return Known(forced=forced)
    anew = {*forced, *(name for name, record in lock.records.items() if record.media_id in gone)} if gone else forced
    records = lock.every_record
    if gone:
        records = tuple([record for record in records if record.media_id not in gone])
    return Known(records, lock.records, anew)


def everything_but_pointers(locks: Iterable[Lock]) -> Known:
    """Spare nothing but Git LFS pointers to what a lock holds."""
    return Known(pointers=[record for lock in locks for record in lock.every_record])


def survey(
    project: Project, known: Known, *, use_cache: bool = True, converts: Converts = lambda _conversion: None
) -> Survey:
    """Hash every file, judge the content of those that would be sent, and convert what is to fit.

    What is remembered of a file that has not changed is not looked at again. `converts` hears of each conversion.
    """
    desired, problems = list[Desired](), list[Problem]()
    with Fitting(project.manifest.root, converts) as fitting:
        look = _Look(project, known, fitting, None if use_cache else Digests())
        for asset, seen in zip(project.manifest.assets, look.at_all(), strict=True):
            if isinstance(seen, Desired):
                desired.append(seen)
                continue
            wanted, findings = seen
            problems += [_problem(asset, finding) for finding in findings]
            desired += [wanted] if wanted else []
    if look.files and look.files.learnt:
        _keep(project, look.digests(), look.files.learnt)
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


class _Look(Struct):
    """Looks at the files of a manifest; `files` reads those of which too little is remembered, and is not made before.

    So a command that reads none neither loads what judges media, nor starts a thread. Nor is `remembered` read before
    it is needed.
    """

    project: Project
    known: Known
    fitting: Fitting
    remembered: Digests | None
    files: Files | None = None

    def at_all(self) -> Iterator[Desired | Verdict]:
        """Look at small files one after the other, and at large ones side by side, in the order of the manifest."""
        root = str(self.project.manifest.root)
        looks: list[Desired | Verdict | Future[Verdict]] = []
        readers: ThreadPoolExecutor | None = None
        try:
            for asset in self.project.manifest.assets:
                seen = self._glance(asset, root)
                if not isinstance(seen, int):
                    looks.append(seen)
                elif asset.fit or seen >= _LARGE_BYTES:
                    readers = readers or _readers()
                    looks.append(readers.submit(self._files().read, asset, seen))
                else:
                    looks.append(self._files().read(asset, seen))
            for look in looks:
                yield look if isinstance(look, (Desired, tuple)) else look.result()
        except BaseException:
            self.fitting.stop()  # whoever interrupts does not want to wait for a film to be converted
            if readers:
                readers.shutdown(wait=False, cancel_futures=True)
            raise
        if readers:
            readers.shutdown()

    def _glance(self, asset: Asset, root: str) -> Desired | Verdict | int:
        """Say what a file is and that it is in order, or what is wrong with it, or how many bytes are to be read."""
        path = asset.path
        seen, held = self.project.seen, self.known.held
        folder, _, name = path.rpartition("/")
        if folder in seen.in_step and (record := held.get(asset.name)) and record.path == path:
            return Desired(asset, record.sha256, record.size)
        state = seen.names.get(folder, _UNSEEN).get(name, "")
        try:
            if not is_state(state):
                state = state_in(os.stat(f"{root}/{path}"))  # noqa: PTH116 - a Path costs more than the stat
        except OSError as error:
            from wxsync.project.reading import unreadable

            return None, (unreadable(error),)
        remembered = self.digests().of(folder, name)
        if remembered and remembered.state == state:
            said = self._recalled(asset, remembered)
            if said:
                return said
        size = size_in(state)
        if size >= _LARGE_BYTES and not self.known.has_size(asset.type, size):
            from wxsync.project.reading import too_large_to_read

            if too_large := too_large_to_read(asset, size):
                return None, too_large
        return size

    def _recalled(self, asset: Asset, remembered: Remembered) -> Desired | Verdict | None:
        """Say again what was said of a file that has not changed; None where too little is remembered of it."""
        is_fine = remembered.fine_as == asset.type
        extension = remembered.extension if is_fine else ""
        wanted = Desired(asset, remembered.sha256, remembered.content_size, extension)
        if is_fine and not asset.type.has_description:
            return wanted  # whether it is sent or not
        if self.known.keeps(wanted) or not self.known.is_sent(wanted, size_in(remembered.state)):
            return wanted
        return _described(wanted) if is_fine else None

    def digests(self) -> Digests:
        """Give what earlier commands learnt of files."""
        if self.remembered is None:
            self.remembered = read_cache(self.project.cache_file)
        return self.remembered

    def _files(self) -> Files:
        if self.files is None:
            from wxsync.project.reading import Files

            self.files = Files(Inside(self.project.manifest.root), self.known.is_sent, self.fitting)
        return self.files


def _described(wanted: Desired) -> Verdict:
    """Judge the words about a file whose bytes are in order; they may be others now."""
    from wxsync.media import check_description

    return wanted, check_description(wanted.asset.title, wanted.asset.introduction)


def _readers() -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(_READERS)


def _keep(project: Project, digests: Digests, learnt: Mapping[str, Remembered]) -> None:
    try:
        state_folder(project.manifest.root)
    except OSError:
        return  # a folder that cannot be written still can be planned
    paths = (asset.path for asset in project.manifest.assets)
    write_cache(project.cache_file, digests.with_learnt(learnt, paths=paths))


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
