"""Deletes retired materials at WeChat; the only command that deletes anything there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from wxsync.errors import Halted, NotAgreed, Refused
from wxsync.git import open_repository
from wxsync.lockfile import parse_lock, read_lock
from wxsync.model import Failure, Lock, Origin, Record, Remedy, Retired
from wxsync.planner.dispose import reasons_to_keep, without_retired
from wxsync.planner.naming import utc
from wxsync.planner.uses import materials_of
from wxsync.project.folder import Choice, Project, open_project
from wxsync.project.ledger import Ledger
from wxsync.project.recovery import recover
from wxsync.project.survey import refuse_errors
from wxsync.project.turn import exclusive_run
from wxsync.reconcile.proof import unproven
from wxsync.reconcile.remote import open_remote
from wxsync.reconcile.uses import Progress, Search, search
from wxsync.reconcile.watcher import Watcher
from wxsync.render.uses import use_said
from wxsync.results import Disposable, Disposal, Disposals, Fate, Standing, UsedMaterial
from wxsync.wechat.client import WeChat
from wxsync.wechat.interface import ID_WITHOUT_MATERIAL
from wxsync.words import some_of, text

_DAY = 24 * 3600
_MOST_PLACES = 3
_OUT_OF_THE_LOCK = frozenset({Fate.DELETED, Fate.GONE, Fate.DROPPED})
_BOUND = Failure("max-delete", text("--max-delete is reached"), text("run prune again for the rest"), Remedy.TIME)
_INTERRUPTED = Failure(
    "interrupted", text("the run was interrupted"), text("run prune again for the rest"), Remedy.TIME
)
_UNWRITTEN = text(
    "what was deleted is still listed as retired: the next prune finds it gone and goes on. Free some space or make "
    "the folder writable, then run prune again"
)


class PruneOptions(Struct, frozen=True):
    """How a prune is to be done: what to leave for so many days, and how much to delete at most.

    `looks`: what documents, drafts or the menu still use is kept. `dry_run`: nothing is deleted.
    """

    keep_days: int = 0
    max_delete: int | None = None
    looks: bool = True
    dry_run: bool = False


def prune(
    choice: Choice,
    options: PruneOptions,
    watcher: Watcher,
    *,
    agrees: Callable[[Disposable], bool],
    sees: Callable[[Disposal], None],
    progress: Progress = lambda _seen, _total: None,
) -> Disposals:
    """Delete what is retired, proven to be ours and used nowhere that can be seen; return what became of each.

    The locks are those of this folder, and those of the branch that this clone follows, as it was last fetched.
    `agrees` is asked once, before anything is deleted, and is told where uses could not be looked for. The lock never
    holds less than the truth: what is deleted leaves it afterwards. Raises InvalidInput, Conflict and NotAgreed, and
    then nothing was deleted.
    """
    project = open_project(choice)
    refuse_errors(project.problems)
    connect = partial(open_remote, choice, project, jobs=1, watcher=watcher)
    with exclusive_run(project, "prune"):
        followed = _followed_locks(project, choice.environ)
        return prune_in(
            project,
            options,
            watcher,
            connect,
            agrees=agrees,
            sees=sees,
            progress=progress,
            followed=followed,
        )


def prune_in(
    project: Project,
    options: PruneOptions,
    watcher: Watcher,
    connect: Callable[[], AbstractContextManager[WeChat]],
    *,
    agrees: Callable[[Disposable], bool] = lambda _found: True,
    sees: Callable[[Disposal], None] = lambda _disposal: None,
    progress: Progress = lambda _seen, _total: None,
    followed: Mapping[str, Lock] = MappingProxyType({}),
) -> Disposals:
    """Do a prune in a project whose folder is held; WeChat is called only where something is to be deleted."""
    lock = recover(project, now=utc(watcher.clock())).lock
    if lock is None:
        return Disposals(project.appid or "", ())
    others = {**_other_locks(project), **followed}
    found = _disposable(lock, others, options, now=watcher.clock())
    if not (found.delete or found.drop):
        return Disposals(lock.account, found.kept)
    with connect() if found.delete else nullcontext() as remote:
        if remote is not None:
            found = _with_proof(found, lock, remote, others.values())
        if options.looks and (found.delete or found.drop):
            where = Search(project.manifest.root, (), remote, progress, watcher.says)
            found = _without_used(found, materials_of(lock, project.manifest.assets), where)
        if not (found.delete or found.drop):
            return Disposals(lock.account, found.kept, found.sightings)
        if options.dry_run:
            return Disposals(lock.account, (*_due(found, options), *found.kept), found.sightings)
        if watcher.stop.is_set() or not agrees(found):
            raise NotAgreed
        ledger = Ledger[Retired](
            project.lock_file, lock, without_retired, clock=watcher.clock, hint=_UNWRITTEN, disk=project.disk
        )
        disposals = []
        for disposal in _dispose(found, options, watcher, remote):
            disposals.append(disposal)
            if disposal.fate in _OUT_OF_THE_LOCK:
                ledger.add(disposal.retired)
            ledger.write_if_due()
            sees(disposal)
        ledger.write()
    return Disposals(lock.account, (*disposals, *found.kept), found.sightings)


def _with_proof(found: Disposable, lock: Lock, remote: WeChat, others: Iterable[Lock]) -> Disposable:
    reasons = unproven(found.delete, lock, remote, others=others)
    kept = tuple(Disposal(one, Fate.KEPT, reason, is_ours=False) for one, reason in reasons.items())
    proven = tuple(one for one in found.delete if one not in reasons)
    return replace(found, delete=proven, kept=(*found.kept, *kept))


def _without_used(found: Disposable, materials: Iterable[UsedMaterial], where: Search) -> Disposable:
    """Keep what documents, drafts or the menu still use, with the places as the reason."""
    going = {_key(one.name, one.record): one for one in (*found.delete, *found.drop)}
    looked_for, sightings = search(
        materials,
        where,
        wanted=lambda one: one.state is Standing.RETIRED and (one.name, one.media_id, one.url) in going,
    )
    used = {
        going[one.name, one.media_id, one.url]: text(
            "still used: {places}", places=some_of([use_said(use) for use in one.uses], most=_MOST_PLACES)
        )
        for one in looked_for
        if one.uses
    }
    return replace(
        found,
        delete=tuple(one for one in found.delete if one not in used),
        drop=tuple(one for one in found.drop if one not in used),
        kept=(*found.kept, *(Disposal(one, Fate.KEPT, reason) for one, reason in used.items())),
        sightings=sightings,
    )


def _key(name: str, record: Record) -> tuple[str, str | None, str | None]:
    return name, record.media_id, record.url


def _due(found: Disposable, options: PruneOptions) -> Iterator[Disposal]:
    most = len(found.delete) if options.max_delete is None else options.max_delete
    yield from (Disposal(one, Fate.DUE) for one in (*found.delete[:most], *found.drop))
    yield from (Disposal(one, Fate.LEFT, error=_BOUND) for one in found.delete[most:])


def _disposable(lock: Lock, others: Mapping[str, Lock], options: PruneOptions, *, now: float) -> Disposable:
    until = utc(now - options.keep_days * _DAY) if options.keep_days else None
    reasons = reasons_to_keep(lock, others, until=until)
    free = sorted((one for one in lock.retired if one not in reasons), key=lambda one: (one.retired_at, one.name))
    return Disposable(
        lock.account,
        tuple(one for one in free if one.record.media_id),
        tuple(one for one in free if not one.record.media_id),
        tuple(
            Disposal(one, Fate.KEPT, reason, is_ours=one.record.origin is Origin.UPLOADED)
            for one, reason in reasons.items()
        ),
    )


def _other_locks(project: Project) -> dict[str, Lock]:
    """Read every other lock beside the manifest, also those of other manifests; raises InvalidInput."""
    files = sorted(project.manifest.root.glob("*.lock.json"))
    locks = {file.name: read_lock(file) for file in files if file.name != project.lock_file.name}
    return {name: lock for name, lock in locks.items() if lock}


def _followed_locks(project: Project, environ: Mapping[str, str]) -> dict[str, Lock]:
    """Reads the locks of the branch that this clone follows: what somebody else took back from `retired` stays."""
    root = project.manifest.root
    repository = open_repository(root, environ)
    commit = repository.followed() if repository else None
    if repository is None or commit is None:
        return {}
    folder = repository.inside(root / "x").removesuffix("x")
    paths = [path for path in repository.files_of(commit) if path.startswith(folder) and path.endswith(".lock.json")]
    locks: dict[str, Lock] = {}
    for path in sorted(paths):
        content = repository.content(commit, path) if "/" not in path.removeprefix(folder) else None
        if content is not None:
            name = text("{file} of the branch that this clone follows", file=path)
            locks[name] = parse_lock(content, shown_as=name)
    return locks


def _dispose(
    found: Disposable,
    options: PruneOptions,
    watcher: Watcher,
    remote: WeChat | None,
) -> Iterator[Disposal]:
    most = len(found.delete) if options.max_delete is None else options.max_delete
    if remote is not None:
        yield from _delete(found.delete[:most], remote, watcher)
    yield from (Disposal(one, Fate.LEFT, error=_BOUND) for one in found.delete[most:])
    yield from (Disposal(one, Fate.DROPPED) for one in found.drop)


def _delete(retired: Iterable[Retired], remote: WeChat, watcher: Watcher) -> Iterator[Disposal]:
    halted: Failure | None = None
    for one in retired:
        halted = halted or (_INTERRUPTED if watcher.stop.is_set() else None)
        if halted:
            yield Disposal(one, Fate.LEFT, error=halted)
            continue
        disposal = _deleted(one, remote)
        if disposal.fate is Fate.LEFT:
            halted = disposal.error
        yield disposal


def _deleted(one: Retired, remote: WeChat) -> Disposal:
    try:
        remote.delete(one.record.media_id or "")
    except Refused as error:
        if error.errcode in ID_WITHOUT_MATERIAL:
            return Disposal(one, Fate.GONE)
        return Disposal(one, Fate.REFUSED, error=error.failure)
    except Halted as error:
        return Disposal(one, Fate.LEFT, error=error.failure)
    return Disposal(one, Fate.DELETED)
