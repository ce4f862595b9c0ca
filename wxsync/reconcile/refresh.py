"""Compares the lock with the whole library: what is gone at WeChat, and uploads of ours that nobody claims."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from wxsync.errors import Conflict, Refused
from wxsync.model import Lock, MaterialType
from wxsync.reconcile.capacity import ask_capacity, count, say_what_today_has_not
from wxsync.reconcile.giving import Giving, NotGiven
from wxsync.reconcile.inventory import Inventory
from wxsync.reconcile.look import MANY_CALLS, Look, look, unix_seconds
from wxsync.reconcile.renamed import without_renamed
from wxsync.reconcile.watcher import Watcher
from wxsync.wechat.interface import NO_SUCH_ID, PAGE_SIZE
from wxsync.words import text

if TYPE_CHECKING:
    from wxsync.wechat.client import WeChat

# Ids of the same hour were seen to be answered 40007, and so were listed ones, for a moment.
_YOUNG_SECONDS = 3600
_SECOND_LOOK_SECONDS = 3.0
# Beyond this share of a lock, WeChat's count must bear out that so much is gone.
_BRAKE_SHARE = 0.1
_BRAKE_FROM = 10


def refresh(remote: WeChat, lock: Lock | None, watcher: Watcher, *, force: bool = False) -> Inventory:
    """List the whole library, and ask for each id of the lock that is not listed; say so first where it is much.

    Only what is neither listed nor to be had, twice, is gone: listings may lack thumbs and skip items (reported).
    Raises Conflict where so much is gone that it is hard to believe, unless `force` says that it is to be believed.
    """
    counts = count(remote, watcher.says)
    announce_listing("--refresh", counts or {}, watcher.says)
    observed = look(remote, lock, MaterialType.shelves(), Look.ALL)
    capacity = ask_capacity(remote, counts) if counts is not None else None
    listed = {one.media_id for one in observed}
    unlisted = lock.media_ids - listed if lock else frozenset()
    asked = sorted(unlisted - _young(lock, now=remote.now() or watcher.clock())) if lock else []
    if len(asked) > MANY_CALLS:
        watcher.says(
            text(
                "{asked:,} ids of the lock are not in the listing: each is asked for by a call of its own",
                asked=len(asked),
            )
        )
        say_what_today_has_not(remote, len(asked), watcher.says)
    known = next((one for one in (lock.media_ids if lock else ()) if one in listed), None)
    gone = _gone(Giving(remote, known), asked, watcher)
    if lock and not force:
        _hold_the_brake(lock, gone, alive=len(listed) + len(unlisted) - len(gone), counts=counts)
    return Inventory(without_renamed(remote, observed, lock, gone=gone), gone, capacity)


def announce_listing(command: str, counts: Mapping[str, int], says: Callable[[str], None]) -> None:
    """Say what listing a whole library will take, where that is much."""
    listed = MaterialType.shelves()
    calls = sum(-(-number // PAGE_SIZE) for kind, number in counts.items() if kind in listed)
    if calls > MANY_CALLS:
        says(
            text(
                "{command} lists the whole library: {calls:,} calls of batchget_material, a page of {page_size} each",
                command=command,
                calls=calls,
                page_size=PAGE_SIZE,
            )
        )


def _young(lock: Lock, *, now: float) -> frozenset[str]:
    """Return the ids that are so young that no answer about them counts."""
    uploads = ((one.media_id, one.uploaded_at) for one in lock.every_record if one.media_id and one.uploaded_at)
    return frozenset(media_id for media_id, at in uploads if now - unix_seconds(at) < _YOUNG_SECONDS)


def _gone(giving: Giving, media_ids: Sequence[str], watcher: Watcher) -> frozenset[str]:
    """Ask for each id, and some seconds later once more for those that WeChat does not know."""
    gone = [one for one in media_ids if _is_unknown(giving, one, watcher)]
    if not gone or watcher.waits(_SECOND_LOOK_SECONDS):
        return frozenset()
    return frozenset(one for one in gone if _is_unknown(giving, one, watcher))


def _is_unknown(giving: Giving, media_id: str, watcher: Watcher) -> bool:
    try:
        giving.get(media_id)
    except Refused as error:
        return error.errcode == NO_SUCH_ID
    except NotGiven as never:
        watcher.says(text("{media_id}: nobody can tell whether it is gone. {why}", media_id=media_id, why=str(never)))
    return False


def _hold_the_brake(lock: Lock, gone: Collection[str], *, alive: int, counts: Mapping[str, int] | None) -> None:
    """Raise Conflict where more than a tenth of a lock is gone, and WeChat still counts what it does not give."""
    held = len(lock.media_ids)
    if held < _BRAKE_FROM or len(gone) <= held * _BRAKE_SHARE:
        return
    counted = sum(counts.get(kind, 0) for kind in MaterialType.shelves()) if counts else None
    if counted is not None and counted <= alive:
        return
    raise Conflict(
        text(
            "WeChat does not know {gone:,} of the {held:,} ids of the lock, and yet its count of materials did not "
            "fall by as many; nothing was planned and nothing sent",
            gone=len(gone),
            held=held,
        ),
        hint=text("try again later; if they were deleted, say so with --force"),
    )
