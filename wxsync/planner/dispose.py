"""Decides what may leave: the retired materials that prune may delete, and the records that forget drops."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from msgspec.structs import replace

from wxsync.model import Lock, Origin, Record, Retired, picture_token
from wxsync.planner.fold import material_of
from wxsync.words import text


def reasons_to_keep(lock: Lock, others: Mapping[str, Lock], *, until: str | None) -> Mapping[Retired, str]:
    """Tell of each retired material that must not be deleted why that is so.

    `others` are the locks of this folder by their file names; what one of them uses stays, whatever account it is of.
    What was retired after `until` stays too.
    """
    locks = {text("this lock"): lock} | dict(others)
    users, shown = _users(locks), _shown(locks)
    reasons = ((one, _reason(one, users, shown, until)) for one in lock.retired)
    return MappingProxyType({one: reason for one, reason in reasons if reason})


def without_retired(lock: Lock, gone: Iterable[Retired]) -> Lock:
    """Take what is gone out of `retired`; everything else stays exactly as it was."""
    away = set(gone)
    return replace(lock, retired=tuple(one for one in lock.retired if one not in away))


def forget(lock: Lock, name: str) -> tuple[Lock, tuple[Record, ...]]:
    """Drop the record of a name, or what is retired under it where no record has it; return what was dropped."""
    if name in lock.records:
        records = {other: record for other, record in lock.records.items() if other != name}
        return replace(lock, records=MappingProxyType(records)), (lock.records[name],)
    dropped = tuple(one for one in lock.retired if one.name == name)
    return without_retired(lock, dropped), tuple(one.record for one in dropped)


def _users(locks: Mapping[str, Lock]) -> Mapping[tuple[str | None, str | None], str]:
    return {
        material_of(record): text("{name} in {file}", name=name, file=file)
        for file, lock in locks.items()
        for name, record in lock.records.items()
    }


def _shown(locks: Mapping[str, Lock]) -> Mapping[str, str]:
    """Tell which pictures are in use by the tokens of their urls: what has such a url is that very picture."""
    return {
        token: text("{name} in {file}", name=name, file=file)
        for file, lock in locks.items()
        for name, record in lock.records.items()
        if (token := picture_token(record.url))
    }


def _reason(
    one: Retired,
    users: Mapping[tuple[str | None, str | None], str],
    shown: Mapping[str, str],
    until: str | None,
) -> str:
    if one.record.origin is not Origin.UPLOADED:
        return text("imported: prune deletes only what wxsync uploaded")
    user = users.get(material_of(one.record))
    if user:
        return text("used by {user}", user=user)
    user = shown.get(picture_token(one.record.url) or "")
    if user:
        return text("its url is that of {user}", user=user)
    if until and one.retired_at > until:
        return text("retired at {at}, not long enough ago", at=one.retired_at)
    return ""
