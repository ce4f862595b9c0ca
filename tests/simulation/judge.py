"""Holds the promises of the design against what a history left behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from tests.simulation.machine import Ended, Machine
from tests.simulation.server import Item, Server
from tests.simulation.wire import APPID
from wxsync.errors import WxsyncError
from wxsync.model import Lock, MaterialType, Outcome, Remedy
from wxsync.planner import tag_in

TAKES_NO_PLACE = MaterialType.ARTICLE_IMAGE


@dataclass(slots=True)
class Excuses:
    """Holds what the design admits in one history.

    `forgot`: a lock or a journal was lost, so what nobody wants any more may be unknown. `at_once`: two machines ran at
    the same time. `blind`: thumbs are not listed, so that a copy of one may arise.
    """

    forgot: bool = False
    at_once: bool = False
    blind: bool = False
    tags: set[str] = field(default_factory=set)


def after_crash(machine: Machine) -> Iterator[str]:
    """Judges a machine between a crash and the next run: the lock is whole, and no id that was told is forgotten."""
    if not machine.is_whole:
        yield f"{machine.name}: the lock is neither the old nor the new one"
    try:
        machine.lock()
        lock = machine.recalled()
    except WxsyncError as error:
        yield f"{machine.name}: what a crash left cannot be read: {error}"
        return
    known = lock.media_ids if lock else frozenset()
    doubted = _doubts([lock])
    for media_id in sorted(machine.told - known):
        if _item(machine.server, media_id).tag not in doubted:
            yield f"{machine.name}: {media_id} was told, and neither the id nor a doubt is known after a crash"
    for media_id in sorted(machine.confirmed - known):
        yield f"{machine.name}: {media_id} was counted as done, and is not known after a crash"


def at_the_end(machines: Iterable[Machine], ends: Iterable[Ended], server: Server, excuses: Excuses) -> Iterator[str]:
    """Judges a history after runs without faults: all is there once, and all that is there is known."""
    machines, ends = list(machines), list(ends)
    locks = [machine.lock() for machine in machines]
    held_back = {result.change.name for end in ends for result in (end.report.results if end.report else ())}
    for machine, lock in zip(machines, locks, strict=True):
        yield from _records_are_true(machine, lock, server)
        yield from _all_is_there(machine, lock, held_back)
    known = frozenset[str | None]().union(*(lock.media_ids for lock in locks if lock))
    yield from _lost(machines, known, _doubts(locks))
    yield from _orphans(machines[0], server, known, _doubts(locks), held_back, excuses)
    yield from _duplicates(server, excuses)
    if "del_material" in server.asked:
        yield "something was deleted"


def only_persons_are_awaited(end: Ended) -> bool:
    """Tells whether nothing is left but videos that a person must tell."""
    return end.report is not None and all(
        result.outcome is Outcome.FAILED
        and result.change.type is MaterialType.VIDEO
        and result.error is not None
        and result.error.remedy is Remedy.PERSON
        for result in end.report.results
    )


def _records_are_true(machine: Machine, lock: Lock | None, server: Server) -> Iterator[str]:
    for name, record in lock.records.items() if lock else ():
        if record.type is TAKES_NO_PLACE:
            continue
        item = next((one for one in server.items if one.media_id == record.media_id), None)
        if item is None:
            yield f"{machine.name}: {name} has an id that WeChat does not know"
        elif (item.type, item.sha256, item.title) != (record.type, record.sha256, record.title):
            yield f"{machine.name}: {name} has the id of something else"


def _all_is_there(machine: Machine, lock: Lock | None, held_back: Collection[str]) -> Iterator[str]:
    for asset in machine.project().manifest.assets:
        if asset.name not in (lock.records if lock else {}) and asset.name not in held_back:
            yield f"{machine.name}: {asset.name} never came into the lock"


def _lost(machines: Iterable[Machine], known: Collection[str | None], doubted: Collection[str | None]) -> Iterator[str]:
    for machine in machines:
        for media_id in sorted(machine.told - set(known)):
            if _item(machine.server, media_id).tag not in doubted:
                yield f"{machine.name}: {media_id} was told and is lost"


def _orphans(
    machine: Machine,
    server: Server,
    known: Collection[str | None],
    doubted: Collection[str | None],
    held_back: Collection[str],
    excuses: Excuses,
) -> Iterator[str]:
    wanted = {asset.name: asset for asset in machine.project().manifest.assets}
    tags = _wanted_tags(machine)
    waiting = {wanted[name].title for name in held_back if name in wanted}
    for item in server.items:
        if item.tag is None or item.media_id in known:
            continue
        excused = (
            item.tag in doubted
            or item.tag in excuses.tags
            or (excuses.forgot and item.tag not in tags)
            or (excuses.blind and item.type is MaterialType.THUMB)
            or (item.type is MaterialType.VIDEO and item.title in waiting)
        )
        if not excused:
            yield f"{item.media_id} ({item.name}, {item.title}) is at WeChat and nobody knows it"


def _duplicates(server: Server, excuses: Excuses) -> Iterator[str]:
    for tag, count in _copies(server.items).items():
        item = next(one for one in server.items if one.tag == tag)
        excused = excuses.at_once or tag in excuses.tags or (excuses.blind and item.type is MaterialType.THUMB)
        if not excused:
            yield f"{item.name} ({item.title}) was stored {count} times"


def _copies(items: Iterable[Item]) -> dict[str, int]:
    counts = Counter(item.tag for item in items if item.tag)
    return {tag: count for tag, count in counts.items() if count > 1}


def copies(server: Server) -> int:
    """Counts the uploads that are at WeChat more than once."""
    return sum(count - 1 for count in _copies(server.items).values())


def _wanted_tags(machine: Machine) -> set[str]:
    return {one.tag(APPID) for one in machine.workshop.wanted}


def _doubts(locks: Iterable[Lock | None]) -> set[str | None]:
    return {tag_in(doubt.uploaded_as) for lock in locks if lock for doubt in lock.unconfirmed}


def _item(server: Server, media_id: str) -> Item:
    return next(one for one in server.items if one.media_id == media_id)
