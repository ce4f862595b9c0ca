"""Remembers: the lock, together with what a run that was cut off left in its journal."""

from __future__ import annotations

from contextlib import suppress

from msgspec import Struct

from wxsync.errors import Conflict
from wxsync.model import Lock, Problem, Severity
from wxsync.project.folder import Project, lock_of
from wxsync.words import text

# Most commands find no journal: what reads one, and what it comes to, is imported where there is one.


class RecoveredState(Struct, frozen=True):
    """The lock as it is on the disk, and as it is with the journal folded in; `warnings` say what is odd."""

    on_disk: Lock | None
    lock: Lock | None
    warnings: tuple[Problem, ...] = ()


def read_state(project: Project, *, now: str, recalls: bool = False) -> RecoveredState:
    """Read what earlier runs remember, and write nothing; raises as lock_of and read_journal do.

    A journal is believed where it proves to be of this user and this folder. Of any other, what it tells is looked for
    at WeChat, and not used before. Raises Conflict too where the journal is that of another account. `recalls` is
    lock_of's.
    """
    on_disk = lock_of(project, recalls=recalls)
    if not project.disk.holds(project.journal_file):
        return RecoveredState(on_disk, on_disk)
    from wxsync.journal import read_journal
    from wxsync.planner.fold import fold_journal
    from wxsync.planner.recovered import doubts_from

    journal = read_journal(project.journal_file, disk=project.disk)
    account = project.appid or (on_disk.account if on_disk else None)
    if journal.account and account and journal.account != account:
        raise Conflict(
            text(
                "an earlier run for account {earlier} was cut off, this run is for {now}",
                earlier=journal.account,
                now=account,
            ),
            hint=text("run apply for that account first, so that its ids reach its lock"),
        )
    if journal.account is None or not (journal.done or journal.unconfirmed):
        return RecoveredState(on_disk, on_disk)
    lock = on_disk or Lock(journal.account)
    if journal.is_by(project.disk.seal(project.journal_file.parent)):
        return RecoveredState(on_disk, fold_journal(lock, journal.done, journal.unconfirmed, at=now))
    doubts = doubts_from(journal.done, journal.unconfirmed, lock, at=now)
    return RecoveredState(on_disk, fold_journal(lock, (), doubts, at=now), (_not_ours(project),))


def _not_ours(project: Project) -> Problem:
    return Problem(
        "journal-not-ours",
        text(
            "{file} was not written by this user in this folder: what it tells of is looked for at WeChat first",
            file=str(project.journal_file),
        ),
        text("remove the file if you do not know where it comes from"),
        Severity.WARNING,
        path=str(project.journal_file),
    )


def recover(project: Project, *, now: str) -> RecoveredState:
    """Bring what a run that was cut off left into the lock on the disk, and then forget its journal."""
    from wxsync.journal import clear_journal
    from wxsync.lockfile import remove_temporaries
    from wxsync.project.ledger import save_lock

    remove_temporaries(project.lock_file)
    state = read_state(project, now=now)
    if state.lock:
        # What the journal holds is written also where the lock shows it already: a run that was killed may have put
        # that lock in its place without waiting for the disk.
        before = state.on_disk if state.lock is state.on_disk else None
        save_lock(project.lock_file, state.lock, before=before, disk=project.disk)
        # Also where the journal of that run is gone, and nothing tells that its lock may not be on the disk.
        with suppress(OSError):
            project.disk.sync_folder(project.lock_file.parent)
    clear_journal(project.journal_file, disk=project.disk)
    return state
