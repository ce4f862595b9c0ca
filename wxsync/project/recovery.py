"""Remembers: the lock, together with what a run that was cut off left in its journal."""

from __future__ import annotations

from dataclasses import dataclass

from wxsync.errors import Conflict
from wxsync.journal import clear_journal, read_journal
from wxsync.lockfile import remove_temporaries
from wxsync.model import Lock
from wxsync.planner import fold_journal
from wxsync.project.folder import Project, lock_of
from wxsync.project.ledger import save_lock


@dataclass(frozen=True, slots=True)
class RecoveredState:
    """Holds the lock as it is on the disk, and as it is with the journal folded in."""

    on_disk: Lock | None
    lock: Lock | None


def read_state(project: Project, *, now: str) -> RecoveredState:
    """Reads what earlier runs remember, and writes nothing; raises as lock_of and read_journal do.

    Raises Conflict too where the journal is that of another account.
    """
    on_disk = lock_of(project)
    journal = read_journal(project.journal_file, disk=project.disk)
    account = project.appid or (on_disk.account if on_disk else None)
    if journal.account and account and journal.account != account:
        raise Conflict(
            f"an earlier run for account {journal.account} was cut off, this run is for {account}",
            hint="run apply for that account first, so that its ids reach its lock",
        )
    if journal.account is None or not (journal.done or journal.unconfirmed):
        return RecoveredState(on_disk, on_disk)
    return RecoveredState(
        on_disk, fold_journal(on_disk or Lock(journal.account), journal.done, journal.unconfirmed, at=now)
    )


def recover(project: Project, *, now: str) -> Lock | None:
    """Brings what a run that was cut off left into the lock on the disk, and then forgets its journal."""
    remove_temporaries(project.lock_file)
    state = read_state(project, now=now)
    if state.lock:
        # What the journal holds is written also where the lock shows it already: a run that was killed may have put
        # that lock in its place without waiting for the disk.
        before = state.on_disk if state.lock is state.on_disk else None
        save_lock(project.lock_file, state.lock, before=before, disk=project.disk)
    clear_journal(project.journal_file, disk=project.disk)
    return state.lock
