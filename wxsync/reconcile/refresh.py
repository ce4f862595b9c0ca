"""Compares the lock with the whole library: what is gone at WeChat, and uploads of ours that nobody claims."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wxsync.errors import Refused
from wxsync.model import Capacity, Lock, Material, MaterialType
from wxsync.reconcile.capacity import ask_capacity, count
from wxsync.reconcile.look import MANY_CALLS, Look, look
from wxsync.wechat.interface import NO_SUCH_ID, PAGE_SIZE

if TYPE_CHECKING:
    from wxsync.wechat.client import WeChat


@dataclass(frozen=True, slots=True)
class Inventory:
    """Holds what WeChat has: its listing, and which ids of the lock it has no more."""

    observed: tuple[Material, ...] = ()
    gone: frozenset[str] = frozenset()
    capacity: Capacity | None = None


def refresh(remote: WeChat, lock: Lock | None, says: Callable[[str], None]) -> Inventory:
    """Lists the whole library, and asks for each id of the lock that is not listed; says so first where it is much.

    Only what is neither listed nor to be had is gone: listings may lack thumbs and skip items (reported).
    """
    counts = count(remote, says)
    announce_listing("--refresh", counts or {}, says)
    observed = look(remote, lock, MaterialType.shelves(), Look.ALL)
    listed = {one.media_id for one in observed}
    asked = sorted(one for one in (lock.media_ids if lock else ()) if one not in listed)
    if len(asked) > MANY_CALLS:
        says(f"{len(asked):,} ids of the lock are not in the listing: each is asked for by a call of its own")
    capacity = ask_capacity(remote, counts) if counts is not None else None
    return Inventory(observed, frozenset(_gone(remote, asked)), capacity)


def announce_listing(command: str, counts: Mapping[str, int], says: Callable[[str], None]) -> None:
    """Says what listing a whole library will take, where that is much."""
    listed = MaterialType.shelves()
    calls = sum(-(-number // PAGE_SIZE) for kind, number in counts.items() if kind in listed)
    if calls > MANY_CALLS:
        says(f"{command} lists the whole library: {calls:,} calls of batchget_material, a page of {PAGE_SIZE} each")


def _gone(remote: WeChat, media_ids: Iterable[str]) -> Iterable[str]:
    for media_id in media_ids:
        try:
            remote.get(media_id)
        except Refused as error:
            if error.errcode == NO_SUCH_ID:
                yield media_id
