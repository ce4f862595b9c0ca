"""Judges what a history left behind by what wxsync promises (README, "Never twice, never lost")."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple

from tests.simulation.machine import Ended, Machine, Run
from tests.simulation.server import Item, Server
from tests.simulation.wire import APPID
from wxsync.errors import WxsyncError
from wxsync.model import Action, Lock, MaterialType, Outcome, Record, Remedy
from wxsync.planner.naming import tag_in

# Merging locks compares when answers came, which is a little later than when WeChat stored the uploads.
_TIE_SECONDS = 10
# So long before it sends, a run may have looked.
_LOOKED_BEFORE = 60


class Broken(NamedTuple):
    """Is a promise that was not kept: a kind to count by, and what happened."""

    kind: str
    what: str


@dataclass(slots=True)
class Excuses:
    """What one history is excused for: copies and losses that wxsync admits.

    `forgot`: a lock or a journal was lost, so what nobody wants any more may be unknown. `at_once`: two machines ran at
    the same time. `blind`: thumbs are not listed, so that a copy of one may arise. `renewed`: uploaded anew on demand.
    `left_behind`: ids that a prune deleted and could not take out of its lock, for it was cut off.
    """

    forgot: bool = False
    at_once: bool = False
    blind: bool = False
    renewed: set[str] = field(default_factory=set)
    left_behind: set[str] = field(default_factory=set)


def after_run(machine: Machine, run: Run, ended: Ended, before: Lock | None) -> Iterator[Broken]:
    """Judge a run by what the machine knew before it: what was replaced was gone, what was deleted was in no use."""
    for result in ended.report.results if ended.report else ():
        change = result.change
        is_same = change.before and change.after and change.before.fingerprint == change.after.fingerprint
        if change.action is Action.REPLACE and is_same and change.name not in run.forced:
            assert change.before
            if machine.server.find(change.before.media_id):
                yield Broken("replaced", f"{machine.name}: {change.name} was taken for gone, and it is there")
    used = {record.media_id for record in before.records.values()} if before else set()
    for media_id, (item, sender) in machine.server.deleted.items():
        if item.tag is None:
            yield Broken("deleted", f"{machine.name}: {media_id} was deleted, and it is not ours")
        if run.prune and sender == machine.name and item.ids & used:
            yield Broken("deleted", f"{machine.name}: {media_id} was deleted while it was in use")


def after_crash(machine: Machine, excuses: Excuses) -> Iterator[Broken]:
    """Judges a machine between a crash and the next run: the lock is whole, and no id that was told is forgotten."""
    if not machine.is_whole:
        yield Broken("torn locks", f"{machine.name}: the lock is neither the old nor the new one")
    try:
        machine.lock()
        lock = machine.recalled()
    except WxsyncError as error:
        yield Broken("unreadable", f"{machine.name}: what a crash left cannot be read: {error}")
        return
    if not machine.is_deaf_to_others():
        yield Broken("other accounts", f"{machine.name}: a run for another account took what this one left")
    known = machine.server.every_id((*(lock.media_ids if lock else ()), *machine.server.deleted))
    doubted = _doubts([lock])
    for media_id in sorted(machine.told - known):
        item = _item(machine.server, media_id)
        excused = item.tag in doubted or _is_unlisted(item, excuses) or _is_indistinct(item, machine.server, excuses)
        if not excused:
            yield Broken(
                "lost ids",
                f"{machine.name}: {media_id} was told, and neither the id nor a doubt is known after a crash",
            )
    for media_id in sorted(machine.confirmed - known):
        yield Broken("lost ids", f"{machine.name}: {media_id} was counted as done, and is not known after a crash")


def at_the_end(
    machines: Iterable[Machine], ends: Iterable[Ended], server: Server, excuses: Excuses
) -> Iterator[Broken]:
    """Judges a history after runs without faults: all is there once, and all that is there is known."""
    machines, ends = list(machines), list(ends)
    locks = [machine.lock() for machine in machines]
    held_back = {name for end in ends for name in end.open_names}
    for machine, lock in zip(machines, locks, strict=True):
        yield from _records_are_true(machine, lock, server, excuses)
        yield from _all_is_there(machine, lock, held_back)
        yield from _the_oldest_stay(machine, lock, server, excuses)
    known = server.every_id(frozenset(server.deleted).union(*(lock.media_ids for lock in locks if lock)))
    yield from _lost(machines, known, _doubts(locks), excuses)
    yield from _orphans(machines[0], server, known, _doubts(locks), held_back, excuses)
    yield from _duplicates(machines, server, excuses)
    for item in server.items:
        if item.name.endswith("."):
            yield Broken("names", f"{item.name} was sent without an extension, which WeChat refuses")


def only_persons_are_awaited(end: Ended) -> bool:
    """Tells whether nothing is left but videos that a person must tell."""
    return end.report is not None and all(
        result.outcome is Outcome.DONE
        or (
            result.change.type is MaterialType.VIDEO
            and result.error is not None
            and (result.error.remedy is Remedy.PERSON or result.error.code == "source-not-uploaded")
        )
        for result in end.report.results
    )


def _records_are_true(machine: Machine, lock: Lock | None, server: Server, excuses: Excuses) -> Iterator[Broken]:
    for name, record in lock.records.items() if lock else ():
        if record.type is MaterialType.ARTICLE_IMAGE:
            continue
        deleted = next((one for one in server.deleted.values() if record.media_id in one[0].ids), None)
        if record.media_id in excuses.left_behind or (deleted and deleted[1] != machine.name):
            continue
        item = server.find(record.media_id)
        if item is None:
            yield Broken("wrong ids", f"{machine.name}: {name} has an id that WeChat does not know")
        elif _is_other(item, record) and not _may_be_mistaken(item, machine, excuses):
            yield Broken("wrong ids", f"{machine.name}: {name} has the id of something else")


def _is_other(item: Item, record: Record) -> bool:
    return (item.type, item.sha256, item.title) != (record.type, record.sha256, record.title)


def _may_be_mistaken(item: Item, machine: Machine, excuses: Excuses) -> bool:
    """Tells whether a video is that of another, or of a lock that was lost: its title alone tells nobody."""
    return item.type is MaterialType.VIDEO and (excuses.forgot or item.sender != machine.name)


def _the_oldest_stay(machine: Machine, lock: Lock | None, server: Server, excuses: Excuses) -> Iterator[Broken]:
    ages = {media_id: item.at for item in server.items for media_id in item.ids}
    retired = [one.record for one in lock.retired if one.record.media_id] if lock else []
    for name, record in lock.records.items() if lock else ():
        if excuses.blind and record.type is MaterialType.THUMB:
            continue
        tag = tag_in(record.uploaded_as or "")
        for other in retired:
            older = ages.get(other.media_id or "", inf) < ages.get(record.media_id or "", 0) - _TIE_SECONDS
            if other.fingerprint == record.fingerprint and older and tag not in excuses.renewed:
                yield Broken("newer ones", f"{machine.name}: {name} uses a copy, and the older upload is retired")


def _all_is_there(machine: Machine, lock: Lock | None, held_back: Collection[str]) -> Iterator[Broken]:
    for asset in machine.project().manifest.assets:
        if asset.name not in (lock.records if lock else {}) and asset.name not in held_back:
            yield Broken("missing", f"{machine.name}: {asset.name} never came into the lock")


def _lost(
    machines: Iterable[Machine], known: Collection[str | None], doubted: Collection[str | None], excuses: Excuses
) -> Iterator[Broken]:
    for machine in machines:
        for media_id in sorted(machine.told - set(known)):
            item = _item(machine.server, media_id)
            excused = (
                item.tag in doubted or _is_unlisted(item, excuses) or _is_indistinct(item, machine.server, excuses)
            )
            if not excused:
                yield Broken("lost ids", f"{machine.name}: {media_id} was told and is lost")


def _orphans(
    machine: Machine,
    server: Server,
    known: Collection[str | None],
    doubted: Collection[str | None],
    held_back: Collection[str],
    excuses: Excuses,
) -> Iterator[Broken]:
    wanted = {asset.name: asset for asset in machine.project().manifest.assets}
    tags = _wanted_tags(machine)
    stored = Counter(item.tag for item in server.items)
    waiting = {wanted[name].title for name in held_back if name in wanted}
    for item in server.items:
        if item.tag is None or item.media_id in known:
            continue
        excused = (
            item.tag in doubted
            or (excuses.forgot and (item.tag not in tags or stored[item.tag] > 1))
            or (stored[item.tag] > 1 and (excuses.at_once or _came_unseen(item, server, excuses)))
            or _is_indistinct(item, server, excuses)
            or _is_unlisted(item, excuses)
            or (item.type is MaterialType.VIDEO and item.title in waiting)
        )
        if not excused:
            yield Broken("orphans", f"{item.media_id} ({item.name}, {item.title}) is at WeChat and nobody knows it")


def _duplicates(machines: Iterable[Machine], server: Server, excuses: Excuses) -> Iterator[Broken]:
    mistaken = _taken_for_another(machines)
    for item, count in _copied(server):
        if item.tag not in mistaken and not _admitted(item, server, excuses):
            yield Broken("copies", f"{item.name} ({item.title}) was stored {count} times")


def admitted_copies(machines: Iterable[Machine], server: Server, excuses: Excuses) -> int:
    """Counts the uploads that are at WeChat once more than they should be, and may be."""
    mistaken = _taken_for_another(machines)
    return sum(count - 1 for item, count in _copied(server) if item.tag in mistaken or _admitted(item, server, excuses))


def _taken_for_another(machines: Iterable[Machine]) -> set[str | None]:
    """Gives the tags of videos that another machine took for one of its own with the same title and introduction."""
    records = [
        (machine, record) for machine in machines if (lock := machine.lock()) for record in lock.records.values()
    ]
    return {
        item.tag
        for machine, record in records
        for item in machine.server.items
        if record.media_id in item.ids
        and item.type is MaterialType.VIDEO
        and item.sender != machine.name
        and item.tag != tag_in(record.uploaded_as or "")
    }


def _admitted(item: Item, server: Server, excuses: Excuses) -> bool:
    wanted = excuses.at_once or item.tag in excuses.renewed
    return wanted or _is_unlisted(item, excuses) or _came_unseen(item, server, excuses)


def _is_unlisted(item: Item, excuses: Excuses) -> bool:
    return excuses.blind and item.type is MaterialType.THUMB


def _is_indistinct(item: Item, server: Server, excuses: Excuses) -> bool:
    """Tells whether a copy was wanted of a video, or sent by two at once: no listing tells one from the other."""
    copies = sum(one.tag == item.tag for one in server.items) - 1
    return item.type is MaterialType.VIDEO and copies > 0 and (excuses.at_once or item.tag in excuses.renewed)


def _came_unseen(item: Item, server: Server, excuses: Excuses) -> bool:
    """Tells whether a copy was sent by one who could not know of the first: it was not there yet, nor any doubt."""
    same = [one for one in server.items if one.tag == item.tag]
    return any(
        first.sent <= second.sent < first.at + _LOOKED_BEFORE and (excuses.forgot or first.sender != second.sender)
        for first in same
        for second in same
        if first is not second
    )


def _copied(server: Server) -> Iterator[tuple[Item, int]]:
    ours = {item.tag: item for item in server.items if item.tag}
    counts = Counter(item.tag for item in server.items)
    return ((item, counts[tag]) for tag, item in ours.items() if counts[tag] > 1)


def _wanted_tags(machine: Machine) -> set[str]:
    return {one.tag(APPID) for one in machine.workshop.wanted}


def _doubts(locks: Iterable[Lock | None]) -> set[str | None]:
    return {tag_in(doubt.uploaded_as) for lock in locks if lock for doubt in lock.unconfirmed}


def _item(server: Server, media_id: str) -> Item:
    return next(one for one in server.items if one.media_id == media_id)
