"""Tells where materials are used: in documents of the repository, in WeChat's drafts, and in the menu made by API."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from contextlib import nullcontext
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from wxsync.lockfile import read_lock
from wxsync.model import Lock, MaterialType
from wxsync.planner.naming import utc
from wxsync.planner.uses import library_materials, materials_of
from wxsync.project.folder import Choice, Project, open_project
from wxsync.project.names import is_meant, unknown_name
from wxsync.project.recovery import read_state
from wxsync.project.survey import refuse_errors
from wxsync.reconcile.capacity import count
from wxsync.reconcile.look import Look, look, under_known_ids
from wxsync.reconcile.refresh import announce_listing
from wxsync.reconcile.remote import open_remote
from wxsync.reconcile.uses import Progress, Search, search
from wxsync.reconcile.watcher import Watcher
from wxsync.results import Sightings, Standing, UsedMaterial, Uses
from wxsync.wechat.client import WeChat
from wxsync.words import text


class UsesOptions(Struct, frozen=True):
    """What to look for and where.

    `names` are names or globs, `retired` wants only what still holds an old id or url, `library` what no lock knows;
    `offline` reads documents only, which are those below the manifest's folder, or the ones that are named.
    """

    names: tuple[str, ...] = ()
    retired: bool = False
    library: bool = False
    offline: bool = False
    documents: tuple[Path, ...] = ()


def uses(
    choice: Choice, options: UsesOptions, watcher: Watcher, *, progress: Progress = lambda _seen, _total: None
) -> Uses:
    """Tell where materials are used; nothing is written anywhere.

    What WeChat refuses to show is told by the sightings. Raises InvalidInput where a name is not known, and what
    open_project and open_remote raise.
    """
    project = open_project(choice)
    refuse_errors(project.problems)
    lock = read_state(project, now=utc(time.time())).lock
    account = project.appid or (lock.account if lock else "")
    asks = not options.offline and (options.library or _has_any(lock, options))
    with open_remote(choice, project, jobs=1, watcher=watcher) if asks else nullcontext() as remote:
        if options.library and remote:
            materials, wanted = _in_library(project, lock, remote, watcher), _wanted(options.names)
        else:
            materials = materials_of(lock or Lock(account), project.manifest.assets)
            wanted = _known(materials, project, options)
        where = Search(project.manifest.root, options.documents, remote, progress, watcher.says)
        found, sightings = search(materials, where, wanted=wanted)
    if not asks:
        sightings = _not_asked(sightings, offline=options.offline)
    if options.retired:
        found = tuple(one for one in found if one.uses)
    return Uses(account, sightings, found)


def _has_any(lock: Lock | None, options: UsesOptions) -> bool:
    return lock is not None and bool(lock.retired if options.retired else lock.every_record)


def _not_asked(sightings: Sightings, *, offline: bool) -> Sightings:
    why = text("drafts and the menu: WeChat was not asked (--offline)")
    return replace(sightings, unseen=(*sightings.unseen, why)) if offline else sightings


def _known(
    materials: Collection[UsedMaterial], project: Project, options: UsesOptions
) -> Callable[[UsedMaterial], bool]:
    """Say which materials are wanted; raises InvalidInput where a name fits none."""
    known = {one.name for one in materials} | {asset.name for asset in project.manifest.assets}
    for name in options.names:
        if not any(is_meant(one, (name,)) for one in known):
            raise unknown_name(text("no material is called {name}", name=name), name, known)
    by_name = _wanted(options.names)
    if options.retired:
        return lambda one: one.state is Standing.RETIRED and by_name(one)
    return by_name


def _wanted(names: tuple[str, ...]) -> Callable[[UsedMaterial], bool]:
    return lambda one: not names or is_meant(one.name, names)


def _in_library(project: Project, lock: Lock | None, remote: WeChat, watcher: Watcher) -> tuple[UsedMaterial, ...]:
    """List what is at WeChat and in no lock beside the manifest."""
    announce_listing("--library", count(remote, watcher.says) or {}, watcher.says)
    listed = look(remote, None, MaterialType.shelves(), Look.ALL)
    files = [file for file in sorted(project.manifest.root.glob("*.lock.json")) if file != project.lock_file]
    known = frozenset[str]()
    for one in (lock, *map(read_lock, files)):
        if one:
            listed = under_known_ids(listed, one)
            known |= one.media_ids
    return library_materials(listed, known)
