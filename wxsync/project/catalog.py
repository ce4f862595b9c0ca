"""Reads what consumers may use: the manifest's materials, as far as the lock holds them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from wxsync.errors import WxsyncError
from wxsync.lockfile import read_lock
from wxsync.model import Asset, Lock, Problem, Record
from wxsync.planner.naming import utc
from wxsync.project.folder import Choice, Project, open_project
from wxsync.project.recovery import read_state
from wxsync.project.survey import refuse_errors
from wxsync.words import https, text


class Catalog(Struct, frozen=True):
    """The assets of a manifest and, by name, the records of those that are at WeChat; their urls are https."""

    project: Project
    assets: tuple[Asset, ...]
    records: Mapping[str, Record]

    @property
    def missing(self) -> tuple[Asset, ...]:
        """The assets that have no record yet."""
        return tuple(asset for asset in self.assets if asset.name not in self.records)

    @property
    def only_in_sandbox(self) -> tuple[Asset, ...]:
        """Those of the missing assets that the sandbox's lock holds; a broken one holds none."""
        file = self.project.sandbox_lock_file
        if file == self.project.lock_file:
            return ()
        try:
            lock = read_lock(file)
        except WxsyncError:
            return ()
        held = dict(_held(self.missing, lock))
        return tuple(asset for asset in self.missing if asset.name in held)


def read_catalog(choice: Choice) -> Catalog:
    """Read manifest and lock, what a run that was cut off left included, and write nothing.

    Raises InvalidInput with every problem, and what open_project and read_state raise.
    """
    project = open_project(choice)
    refuse_errors(project.problems)
    lock = read_state(project, now=utc(time.time())).lock
    assets = project.manifest.assets
    return Catalog(project, assets, dict(_held(assets, lock)))


def not_uploaded(catalog: Catalog, asset: Asset) -> Problem:
    """Say that an asset has no record yet, or has one only in the sandbox's lock."""
    if asset in catalog.only_in_sandbox:
        lock = str(catalog.project.sandbox_lock_file)
        message = text(
            "{name} is only in {lock}, the sandbox's lock, and not at WeChat yet", name=asset.name, lock=lock
        )
        hint = text("for the sandbox's ids run the same with --sandbox, for WeChat's `wxsync apply`")
        return Problem("only-in-sandbox", message, hint, name=asset.name, path=asset.path)
    message = text("{name} is in the manifest and not in the lock: it is not at WeChat yet", name=asset.name)
    return Problem("not-in-lock", message, text("run `wxsync apply`"), name=asset.name, path=asset.path)


def _held(assets: Iterable[Asset], lock: Lock | None) -> Iterator[tuple[str, Record]]:
    for asset in assets if lock else ():
        record = lock.records.get(asset.name) if lock else None
        # Under the same name another type is what the next apply replaces.
        if record and record.type is asset.type:
            yield asset.name, replace(record, url=https(record.url))
