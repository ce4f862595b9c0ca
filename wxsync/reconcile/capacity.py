"""Asks how much room there is before anything is sent, and refuses what cannot fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from wxsync.errors import CallFailed, HaltedForNow, HaltedForPerson, PersonNeeded
from wxsync.media import LIBRARY_LIMITS
from wxsync.model import Capacity, MaterialType, Plan, Usage
from wxsync.wechat.errcodes import Kind
from wxsync.wechat.interface import ADD_MATERIAL, GET_MATERIAL
from wxsync.words import Text, listing, plural, text

if TYPE_CHECKING:
    from wxsync.wechat.client import WeChat

_IN_THE_WAY = frozenset({Kind.CREDENTIALS, Kind.ALLOWLIST, Kind.CONFIRMATION, Kind.TOKEN})


def count(remote: WeChat, says: Callable[[str], None]) -> Mapping[str, int] | None:
    """Count the library, or return None where WeChat does not tell; raises CallFailed where it does not answer."""
    try:
        return remote.count()
    except CallFailed as error:
        # What a person must put right is in the way of everything that follows.
        if error.errcode is None or (isinstance(error, HaltedForPerson) and error.code in _IN_THE_WAY):
            raise
        says(text("WeChat does not count the library, so nobody knows how full it is: {why}", why=error.message))
        return None


def ask_capacity(remote: WeChat, counts: Mapping[str, int]) -> Capacity:
    """Add today's uploads to the counts of a library; not every way of calling is told a quota."""
    taken = {"image": counts.get("image", 0) + counts.get("news", 0)}
    library = {kind: Usage(taken.get(kind, counts.get(kind, 0)), limit) for kind, limit in LIBRARY_LIMITS.items()}
    return Capacity(library, ask_today(remote, ADD_MATERIAL))


def refuse_what_today_has_not(remote: WeChat, wanted: int, says: Callable[[str], None]) -> None:
    """Raise HaltedForNow where today's calls of get_material are used up; say so where they do not suffice."""
    today = say_what_today_has_not(remote, wanted, says)
    if today and wanted and not today.left:
        days = -(-wanted // today.limit)
        raise HaltedForNow(
            text(
                "all {limit:,} calls of get_material of today are used, and {wanted:,} materials are to be fetched",
                limit=today.limit,
                wanted=wanted,
            ),
            code="quota",
            hint=plural(
                "Run the same command again after 00:00 Beijing time: the rest takes {count:,} day.",
                "Run the same command again after 00:00 Beijing time: the rest takes {count:,} days.",
                days,
            ),
        )


def say_what_today_has_not(remote: WeChat, wanted: int, says: Callable[[str], None]) -> Usage | None:
    """Ask for today's calls of get_material, of which each material takes one, and say where they do not suffice.

    Accounts were seen to have about 500 of them a day.
    """
    today = ask_today(remote, GET_MATERIAL) if wanted else None
    if today is None or wanted <= today.left or not today.left:
        return today
    days = -(-(wanted - today.left) // today.limit)
    says(
        text(
            "get_material: {left:,} of the {wanted:,} calls fit into today's quota of {limit:,}. All of them take "
            "{days:,} days: run the same command again on each, after 00:00 Beijing time",
            left=today.left,
            wanted=wanted,
            limit=today.limit,
            days=days + 1,
        )
    )
    return today


def ask_today(remote: WeChat, path: str) -> Usage | None:
    """Ask what is left of today's calls of a path; None where WeChat tells no limit, or nothing at all."""
    try:
        quota = remote.quota(path)
    except CallFailed:
        return None
    return Usage(quota.used, quota.daily_limit) if quota.daily_limit > 0 else None


def refuse_what_cannot_fit(plan: Plan, *, bound: int | None, says: Callable[[str], None]) -> None:
    """Raise PersonNeeded where the library has too little room, HaltedForNow where today's uploads are used up.

    `bound` is the most that the run may send; what today's quota takes only a part of is begun, with a word.
    """
    if plan.capacity is None:
        return
    sent = plan.uploads if bound is None else plan.uploads[:bound]
    wanted = Counter(change.type.shelf.value for change in sent if change.type.shelf)
    full = [
        _beyond(MaterialType(kind), wanted[kind], places)
        for kind, places in plan.capacity.library.items()
        if wanted[kind] > places.left
    ]
    if full:
        raise PersonNeeded(
            text("the library cannot take them all, so nothing was sent: {why}", why=listing(full)),
            hint=text("Make room (`wxsync prune`, or 素材库 on mp.weixin.qq.com), or send a part with --max-uploads."),
        )
    _refuse_beyond_today(plan.capacity.today, sum(change.type.has_media_id for change in sent), says)


def _beyond(shelf: MaterialType, wanted: int, places: Usage) -> Text:
    facts = {"wanted": wanted, "left": places.left, "limit": places.limit}
    if shelf is MaterialType.VOICE:
        return text("{wanted:,} voices are to be uploaded, and {left:,} of {limit:,} places are free", **facts)
    if shelf is MaterialType.VIDEO:
        return text("{wanted:,} videos are to be uploaded, and {left:,} of {limit:,} places are free", **facts)
    return text("{wanted:,} images are to be uploaded, and {left:,} of {limit:,} places are free", **facts)


def _refuse_beyond_today(today: Usage | None, wanted: int, says: Callable[[str], None]) -> None:
    if today is None or wanted <= today.left:
        return
    if not today.left:
        raise HaltedForNow(
            text("all {limit:,} uploads of today are used; nothing was sent", limit=today.limit),
            code="quota",
            hint=text("Run apply again after 00:00 Beijing time."),
        )
    says(
        text(
            "only {left:,} of the {wanted:,} uploads fit into today's quota; the rest is for tomorrow",
            left=today.left,
            wanted=wanted,
        )
    )
