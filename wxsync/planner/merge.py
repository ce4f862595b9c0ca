"""Merges the locks of two branches that both uploaded, so that no id is lost."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from wxsync.errors import Conflict
from wxsync.model import Lock, Origin, Record, Retired, Unconfirmed
from wxsync.planner.fold import material_of

_Material = tuple[str | None, str | None]


def merge(base: Lock | None, ours: Lock, theirs: Lock) -> Lock:
    """Joins what both sides did since the base; raises Conflict where they are of different accounts.

    Where both sides gave one name an upload, one stays and the other is retired: the older of two uploads of the same
    content, else the newer. What one side pruned or forgot stays away.
    """
    if ours.account != theirs.account:
        raise Conflict(
            f"these are locks of two accounts, {ours.account} and {theirs.account}",
            hint="keep the lock of the account that this branch is for",
        )
    base = base or Lock(ours.account)
    records = {}
    for name in sorted({*ours.records, *theirs.records}):
        record = _choose(base.records.get(name), ours.records.get(name), theirs.records.get(name))
        if record:
            records[name] = record
    in_use = {material_of(record) for record in records.values()}
    dropped = _dropped(base, ours) | _dropped(base, theirs)
    retired = {
        material: one
        for side in (ours, theirs)
        for material, one in _retirable(side, records)
        if material not in in_use and material not in dropped
    }
    unconfirmed = _unconfirmed(base, ours, theirs)
    return Lock(ours.account, MappingProxyType(records), tuple(retired.values()), tuple(unconfirmed))


def _choose(base: Record | None, ours: Record | None, theirs: Record | None) -> Record | None:
    if theirs in (ours, base):
        return ours
    if ours == base:
        return theirs
    if ours is None or theirs is None:
        return ours or theirs  # one side removed what the other changed: the change is news, the removal is not

    def age(record: Record) -> tuple[str, str]:
        return record.uploaded_at or "", record.media_id or ""

    return min(ours, theirs, key=age) if ours.fingerprint == theirs.fingerprint else max(ours, theirs, key=age)


def _retirable(side: Lock, kept: dict[str, Record]) -> Iterator[tuple[_Material, Retired]]:
    for one in side.retired:
        yield material_of(one.record), one
    for name, record in side.records.items():
        if record.origin is Origin.UPLOADED:
            successor = kept.get(name)
            moment = (successor and successor.uploaded_at) or record.uploaded_at or ""
            yield material_of(record), Retired(name, record, moment, successor.media_id if successor else None)


def _dropped(base: Lock, side: Lock) -> set[_Material]:
    return _materials(base) - _materials(side)


def _materials(lock: Lock) -> set[_Material]:
    return {material_of(record) for record in (*lock.records.values(), *(one.record for one in lock.retired))}


def _unconfirmed(base: Lock, ours: Lock, theirs: Lock) -> Iterator[Unconfirmed]:
    sides = {one.uploaded_as: one for one in (*ours.unconfirmed, *theirs.unconfirmed)}
    known = {one.uploaded_as for one in base.unconfirmed}
    settled = {
        name for name in known for side in (ours, theirs) if name not in {o.uploaded_as for o in side.unconfirmed}
    }
    settled |= {record.uploaded_as or "" for side in (ours, theirs) for record in side.records.values()}
    return (one for name, one in sorted(sides.items()) if name not in settled)
