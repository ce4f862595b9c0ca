"""Shows what the journal of a run that was cut off brings into the lock, as lines of a plan and of a result."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from msgspec.structs import replace

from wxsync.model import Action, Change, Lock, MaterialType, Plan, Record, Unconfirmed
from wxsync.planner.naming import tag_in
from wxsync.reasons import CUT_OFF


def recovered_changes(before: Lock | None, after: Lock | None) -> tuple[Change, ...]:
    """Return a change for each record that a journal brings."""
    if before is after:
        return ()
    known = before.records if before else {}
    records = after.records.items() if after else ()
    return tuple(_change(name, known.get(name), record) for name, record in records if known.get(name) != record)


def with_recovered(plan: Plan, recovered: Collection[Change]) -> Plan:
    """Put what a journal brings into a plan, where it has nothing else to say of that name."""
    if not recovered:
        return plan
    pending = {change.name for change in plan.pending}
    brought = {change.name: change for change in recovered if change.name not in pending}
    changes = [change for change in plan.changes if change.name not in brought]
    return replace(plan, changes=tuple(sorted((*changes, *brought.values()), key=lambda change: change.name)))


def doubts_from(
    done: Iterable[tuple[str, Record]], intents: Iterable[Unconfirmed], lock: Lock, *, at: str
) -> tuple[Unconfirmed, ...]:
    """Return what a journal that anybody can have written is worth: uploads to look for, by tags that are theirs.

    What the lock has already, and an article image, which no listing shows, leave nothing to look for.
    """
    had = {tag_in(record.uploaded_as or "") for record in lock.every_record}
    told = [
        Unconfirmed(name, record.type, record.sha256, record.uploaded_as or "", record.uploaded_at or at)
        for name, record in done
        if tag_in(record.uploaded_as or "") == record.fingerprint.tag(lock.account)
    ]
    return tuple(
        one
        for one in (*told, *intents)
        if one.type is not MaterialType.ARTICLE_IMAGE and (tag := tag_in(one.uploaded_as)) and tag not in had
    )


def _change(name: str, before: Record | None, record: Record) -> Change:
    return Change(name, Action.ADOPT, CUT_OFF, record.type, record.path, record.sha256, record.size, before, record)
