"""Merges the locks of two branches that both uploaded, so that no id is lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import MappingProxyType

from wxsync.errors import Conflict
from wxsync.model import Lock, Origin, Record, Retired, Unconfirmed
from wxsync.planner.fold import content_sent, material_of
from wxsync.words import text

_Material = tuple[str | None, str | None]


def merge(base: Lock | None, ours: Lock, theirs: Lock) -> Lock:
    """Join what both sides did since the base; raises Conflict where they are of different accounts.

    Where both sides gave one name an upload, one stays and the other is retired: the older of two uploads of the same
    content, else the newer. What one side pruned or forgot stays away. The order of the sides makes no difference.
    """
    if ours.account != theirs.account:
        raise Conflict(
            text("these are locks of two accounts, {ours} and {theirs}", ours=ours.account, theirs=theirs.account),
            hint=text("keep the lock of the account that this branch is for"),
        )
    base = base or Lock(ours.account)
    dropped = _dropped(base, ours) | _dropped(base, theirs)
    records = _records(base, ours, theirs, dropped)
    gone = dropped | {material_of(record) for record in records.values()}
    retired = {
        material: one
        for side in (_lost_names((ours, theirs), records), _retired((ours, theirs)))
        for material, one in side
        if material not in gone
    }
    return Lock(ours.account, MappingProxyType(records), tuple(retired.values()), _unconfirmed(base, ours, theirs))


def _records(base: Lock, ours: Lock, theirs: Lock, dropped: set[_Material]) -> dict[str, Record]:
    def alive(side: Lock, name: str) -> Record | None:
        record = side.records.get(name)
        # What the other side pruned is deleted at WeChat; an imported material only left the lock there.
        is_gone = record and record.origin is Origin.UPLOADED and material_of(record) in dropped
        return None if is_gone else record

    names = sorted({*ours.records, *theirs.records})
    chosen = ((name, _choose(base.records.get(name), alive(ours, name), alive(theirs, name))) for name in names)
    return {name: record for name, record in chosen if record}


def _choose(base: Record | None, ours: Record | None, theirs: Record | None) -> Record | None:
    if theirs in (ours, base):
        return ours
    if ours == base:
        return theirs
    if ours is None or theirs is None:
        return ours or theirs  # one side removed what the other changed: the change is news, the removal is not
    return min(ours, theirs, key=_age) if ours.fingerprint == theirs.fingerprint else max(ours, theirs, key=_age)


def _age(record: Record) -> tuple[str, ...]:
    return record.uploaded_at or "", record.media_id or "", record.url or "", record.path


def _lost_names(sides: Iterable[Lock], kept: dict[str, Record]) -> Iterator[tuple[_Material, Retired]]:
    """Return what would be retired of each record, should no name keep its material."""
    held = {(name, record) for side in sides for name, record in side.records.items()}
    for name, record in sorted(held, key=lambda one: (one[0], _age(one[1]))):
        if record.origin is Origin.UPLOADED:
            successor = kept.get(name)
            moment = max((successor and successor.uploaded_at) or "", record.uploaded_at or "")
            yield material_of(record), Retired(name, record, moment, successor.media_id if successor else None)


def _retired(sides: Iterable[Lock]) -> Iterator[tuple[_Material, Retired]]:
    """Return what the sides retired, the later moment last: it is the one that prune counts its days from."""
    retired = {one for side in sides for one in side.retired}
    for one in sorted(retired, key=lambda one: (one.retired_at, one.name, one.replaced_by or "", _age(one.record))):
        yield material_of(one.record), one


def _dropped(base: Lock, side: Lock) -> set[_Material]:
    return _materials(base) - _materials(side)


def _materials(lock: Lock) -> set[_Material]:
    return {material_of(record) for record in lock.every_record}


def _unconfirmed(base: Lock, ours: Lock, theirs: Lock) -> tuple[Unconfirmed, ...]:
    doubts = sorted({*ours.unconfirmed, *theirs.unconfirmed}, key=lambda one: (one.sent_at, one.uploaded_as))
    latest = {content_sent(one.uploaded_as): one for one in doubts}
    settled = _unconfirmed_contents(base) - (_unconfirmed_contents(ours) & _unconfirmed_contents(theirs))
    answered = {
        content_sent(record.uploaded_as): record.uploaded_at or ""
        for record in sorted((*ours.records.values(), *theirs.records.values()), key=_age)
        if record.uploaded_as
    }
    return tuple(one for sent, one in latest.items() if sent not in settled and answered.get(sent, "") <= one.sent_at)


def _unconfirmed_contents(lock: Lock) -> set[str]:
    return {content_sent(one.uploaded_as) for one in lock.unconfirmed}
