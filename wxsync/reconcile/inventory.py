"""What is known of WeChat's library when a plan is made."""

from __future__ import annotations

from msgspec import Struct

from wxsync.model import Capacity, Material


class Inventory(Struct, frozen=True):
    """What WeChat has: its listing, and which ids of the lock it has no more."""

    observed: tuple[Material, ...] = ()
    gone: frozenset[str] = frozenset()
    capacity: Capacity | None = None
