"""Adds what is done to a lock: the old lock plus results, and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Iterable, MutableMapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from wxsync.model import Lock, Origin, Outcome, Record, Retired, Unconfirmed
from wxsync.planner.naming import tag_in

if TYPE_CHECKING:
    from wxsync.results import Result

_Material = tuple[str | None, str | None]


def fold(lock: Lock, results: Iterable[Result], *, at: str, gone: Collection[str] = ()) -> Lock:
    """Add what is done, and what is in doubt, to a lock; everything else stays exactly as it was.

    A record that is replaced or leaves goes to `retired`, stamped with `at`, unless it was imported, another name still
    uses its material, or WeChat does not have it any more (`gone`).
    """
    records, displaced = dict(lock.records), list[_Displaced]()
    # What the lock had already, such as a retired record that is taken back, tells nothing of a later upload.
    known = {material_of(record) for record in lock.every_record if record.origin is Origin.UPLOADED}
    doubts = {content_sent(one.uploaded_as): one for one in lock.unconfirmed}
    for result in results:
        if result.unconfirmed:
            doubts.pop(content_sent(result.unconfirmed.uploaded_as), None)
            if result.outcome is Outcome.UNKNOWN:
                doubts[content_sent(result.unconfirmed.uploaded_as)] = result.unconfirmed
        if result.outcome is Outcome.DONE:
            displaced += _settle(records, result)
            if _shows_an_upload(result, known):
                doubts.pop(_content_of(result.record), None)
    folded = replace(lock, records=_frozen(records), unconfirmed=tuple(doubts.values()))
    return _with_retired(folded, [one for one in displaced if one.record.media_id not in gone], at)


def fold_journal(lock: Lock, done: Iterable[tuple[str, Record]], doubts: Iterable[Unconfirmed], *, at: str) -> Lock:
    """Add what a journal tells of a run that ended before its lock was written."""
    records, displaced = dict(lock.records), list[_Displaced]()
    unconfirmed = {content_sent(one.uploaded_as): one for one in (*lock.unconfirmed, *doubts)}
    for name, record in done:
        displaced += _put(records, name, record)
        unconfirmed.pop(_content_of(record), None)
    return _with_retired(
        replace(lock, records=_frozen(records), unconfirmed=tuple(unconfirmed.values())), displaced, at
    )


class _Displaced(Struct, frozen=True):
    """A record that lost its name."""

    name: str
    record: Record
    replaced_by: str | None


def _settle(records: MutableMapping[str, Record], result: Result) -> list[_Displaced]:
    change, record = result.change, result.record
    new_id = record.media_id if record else None
    displaced = [_Displaced(change.name, duplicate, new_id) for duplicate in change.duplicates]
    if change.renamed_from:
        records.pop(change.renamed_from, None)
    if record:
        return displaced + _put(records, change.name, record)
    old = records.pop(change.name, None)
    return [*displaced, _Displaced(change.name, old, None)] if old else displaced


def _shows_an_upload(result: Result, known: Collection[_Material]) -> bool:
    """Tell whether a result shows an upload of ours that the lock did not know, and so the one in doubt."""
    record = result.record
    if record is None or record.origin is Origin.IMPORTED:
        return False
    found = {_content_of(one) for one in result.change.duplicates}
    return material_of(record) not in known or _content_of(record) in found


def _put(records: MutableMapping[str, Record], name: str, record: Record) -> list[_Displaced]:
    old = records.get(name)
    records[name] = record
    return [_Displaced(name, old, record.media_id)] if old else []


def _with_retired(lock: Lock, displaced: Iterable[_Displaced], at: str) -> Lock:
    in_use = {material_of(record) for record in lock.records.values()}
    retired = {material_of(one.record): one for one in lock.retired}
    # The last name that a material lost is the one it is retired under, in however many steps the results come.
    left = {
        material_of(one.record): Retired(one.name, one.record, at, one.replaced_by)
        for one in displaced
        if one.record.origin is Origin.UPLOADED
    }
    return replace(lock, retired=tuple(one for key, one in (left | retired).items() if key not in in_use))


def material_of(record: Record) -> _Material:
    """Tell one place in WeChat's library from another."""
    # An article image has no media_id; its url is all that tells it from another.
    return (record.media_id, None if record.media_id else record.url)


def content_sent(uploaded_as: str) -> str:
    """Tell by the name of an upload what was sent, whatever name the material had then."""
    return tag_in(uploaded_as) or uploaded_as


def _content_of(record: Record | None) -> str:
    return content_sent((record.uploaded_as if record else None) or "")


def _frozen(records: dict[str, Record]) -> MappingProxyType[str, Record]:
    return MappingProxyType(dict(sorted(records.items())))
