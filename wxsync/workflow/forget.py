"""Drops a record from the lock and touches nothing at WeChat."""

from __future__ import annotations

import time

from wxsync.errors import PersonNeeded
from wxsync.lockfile import drop_unreadable
from wxsync.planner.dispose import forget as without
from wxsync.planner.naming import utc
from wxsync.project.folder import Choice, Project, open_project
from wxsync.project.ledger import save_lock
from wxsync.project.names import unknown_name
from wxsync.project.recovery import recover
from wxsync.project.survey import refuse_errors
from wxsync.project.turn import exclusive_run
from wxsync.results import Forgotten
from wxsync.words import reason_of, text

_UNWRITTEN = text("nothing was forgotten: make the folder writable or free some space, then run it again")


def forget(choice: Choice, name: str) -> Forgotten:
    """Drop the record of a name from the lock, or what is retired under it; raises InvalidInput for no such name."""
    project = open_project(choice)
    refuse_errors(project.problems)
    wanted = any(asset.name == name for asset in project.manifest.assets)
    with exclusive_run(project, "forget"):
        if unreadable := _drop_unreadable(project, name):
            return Forgotten((), unreadable, (), wanted)
        lock = recover(project, now=utc(time.time())).lock
        known = {*lock.records, *(one.name for one in lock.retired)} if lock else set()
        if lock is None or name not in known:
            raise unknown_name(
                text("{lock} holds no material called {name}", lock=project.lock_file.name, name=name), name, known
            )
        left, dropped = without(lock, name)
        save_lock(project.lock_file, left, before=lock, hint=_UNWRITTEN)
    ids = {record.media_id for record in dropped}
    shared = tuple(other for other, record in left.records.items() if record.media_id and record.media_id in ids)
    return Forgotten(dropped, (), shared, wanted and name in lock.records)


def _drop_unreadable(project: Project, name: str) -> tuple[str, ...]:
    try:
        return drop_unreadable(project.lock_file, name, disk=project.disk)
    except OSError as error:
        raise PersonNeeded(
            text("{file} cannot be written: {why}", file=str(project.lock_file), why=reason_of(error)), hint=_UNWRITTEN
        ) from None
