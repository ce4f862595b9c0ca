"""Looks at WeChat's listing, so that no upload of ours that is there already is made again."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from itertools import chain, count, repeat
from math import inf
from typing import Protocol, TypeVar

from msgspec.structs import replace

from wxsync.errors import HaltedForNow
from wxsync.model import ListingPage, Lock, Material, MaterialType, Plan, Unconfirmed, picture_token
from wxsync.planner.naming import tag_in
from wxsync.wechat.interface import PAGE_SIZE
from wxsync.words import text

T = TypeVar("T")

# An interactive command looks at no more of the newest materials than these pages hold.
NEWEST_PAGES = 50
# More calls than these are worth a word before they are made.
MANY_CALLS = 50
_RESTARTS = 3
_SPARE_PAGES = 50
_LARGEST_LIBRARY = 200_000
_OLD_SECONDS = 7 * 24 * 3600
# The clocks of WeChat and of this machine may differ by so much.
SKEW_SECONDS = 600
_SETTLE_WAITS = (2.0, 8.0, 20.0, 60.0)


class Look(StrEnum):
    """How far to look for earlier uploads of ours: until all is known, to the end, or not at all."""

    AUTO = "auto"
    ALL = "all"
    NONE = "none"


class Listing(Protocol):
    """What looking needs of WeChat."""

    def list_page(self, material_type: MaterialType, offset: int, count: int = PAGE_SIZE) -> ListingPage:
        """List materials, newest first."""


def look(
    remote: Listing, lock: Lock | None, types: Collection[MaterialType], how: Look, *, new: Collection[str] = ()
) -> tuple[Material, ...]:
    """List some types, each until nothing that the lock does not know is to be expected further back.

    While uploads of ours are found that the lock does not know, looking goes on past pages that are known or old: to
    the end where the lock has no upload at all, else until a good number of pages showed no more of them. What is in
    doubt is looked for back to the time when it was sent, however much went up since. The ids in `new` are those of
    this run: a page that holds one was not known before.
    """
    if how is Look.NONE:
        return ()
    listed = sorted({one.shelf for one in types if one.shelf})
    return tuple(material for one in listed for material in _whole_list(remote, lock, one, how, new))


def pages_of(remote: Listing, listed: MaterialType, *, start: int = 0) -> Iterator[ListingPage]:
    """Lists a type page by page to its end; raises HaltedForNow where the listing has none, and its total moves on."""
    offset, most, repeated = start, 0, 0
    seen: set[str] = set()
    for number in count(1):
        page = remote.list_page(listed, offset)
        # Pages may be shorter than asked for, and the library may grow while it is listed.
        most = most or _SPARE_PAGES + 2 * min(page.total, _LARGEST_LIBRARY) // PAGE_SIZE
        yield page
        offset += page.length
        if not page.length or offset >= page.total:
            return
        ids = {one.media_id for one in page.items}
        repeated = repeated + 1 if ids <= seen else 0
        seen |= ids
        if number >= most or repeated >= _SPARE_PAGES:
            raise HaltedForNow(
                text(
                    "the listing of the type {type} does not end: {count:,} pages were read", type=listed, count=number
                ),
                code="endless-listing",
                hint=text("run it again later; nothing was sent"),
            )


def under_known_ids(materials: Iterable[Material], lock: Lock | None) -> tuple[Material, ...]:
    """Give listed materials the ids by which a lock knows them.

    Listings were seen to show another id than an upload was answered, and both work. A picture's address tells that the
    two are one, which is then neither adopted as a second one nor retired.
    """
    known = lock.media_ids if lock else frozenset()
    records = (*(one.record for one in lock.retired), *lock.records.values()) if lock else ()
    ids = {token: one.media_id for one in records if one.media_id and (token := picture_token(one.url))}
    return tuple(
        replace(one, media_id=ids[token])
        if one.media_id not in known and (token := picture_token(one.url)) in ids
        else one
        for one in materials
    )


def settle(
    again: Callable[[], T],
    unanswered: Callable[[T], Collection[float]],
    *,
    seconds: float,
    clock: Callable[[], float],
    pause: Callable[[float], bool],
    monotonic: Callable[[], float] = time.monotonic,
) -> T:
    """Look again until every doubt is found or as old as `seconds`; WeChat may show an upload later than it took it.

    `unanswered` gives the Unix times at which the uploads were sent that a listing does not show. Whatever a lock or a
    clock says of these times, no more than `seconds` are waited for.
    """
    # What was stored since a look began may not be in it, and a look may take long: it counts from its beginning.
    began, start, waited = clock(), monotonic(), 0.0
    observed = again()
    patience = min(seconds, max(unanswered(observed), default=-inf) + seconds - began)
    last = start
    for wait in chain(_SETTLE_WAITS, repeat(_SETTLE_WAITS[-1])):
        left = patience - max(waited, last - start)
        if left <= 0 or not unanswered(observed) or pause(min(wait, left)):
            break
        waited += min(wait, left)
        last, observed = monotonic(), again()
    return observed


def unconfirmed_uploads(plan: Plan, lock: Lock | None) -> Mapping[str, Unconfirmed]:
    """Gives, by name, the doubts about what a plan would upload and WeChat could list."""
    sent = {tag_in(one.uploaded_as): one for one in lock.unconfirmed} if lock else {}
    # By the tag, for the material may have been renamed since.
    tags = {
        change.name: tag_in(change.after.uploaded_as or "")
        for change in plan.uploads
        if change.after and change.type.shelf
    }
    return {name: sent[tag] for name, tag in tags.items() if tag and tag in sent}


def unix_seconds(moment: str) -> float:
    """Read a moment as the lock writes it."""
    return datetime.fromisoformat(moment).timestamp()


def _whole_list(
    remote: Listing, lock: Lock | None, listed: MaterialType, how: Look, new: Collection[str]
) -> Collection[Material]:
    # What is stored or deleted between two pages moves others across their edge, where they would be missed.
    found: dict[str, Material] = {}
    for _ in range(_RESTARTS):
        pages = list(_pages(remote, lock, listed, how, new))
        listing = {one.media_id: one for page in pages for one in page.items}
        if len({page.total for page in pages}) == 1:
            return listing.values()
        found |= listing
    return found.values()


def _pages(
    remote: Listing, lock: Lock | None, listed: MaterialType, how: Look, new: Collection[str]
) -> Iterator[ListingPage]:
    known, newest, since = lock.media_ids if lock else frozenset(), _newest(lock), _since(lock, listed)
    has_strays, quiet_pages = False, 0
    for listing in pages_of(remote, listed):
        page = replace(listing, items=under_known_ids(listing.items, lock))
        yield page
        # Uploads of ours that the lock does not know: it was lost, in whole or in part, so all of them are wanted.
        is_stray = any(tag_in(one.name) and one.media_id not in known for one in page.items)
        has_strays, quiet_pages = has_strays or is_stray, 0 if is_stray else quiet_pages + 1
        if has_strays:
            is_enough = newest is not None and quiet_pages >= NEWEST_PAGES
        else:
            is_enough = _is_enough(page, known - frozenset(new), newest) or quiet_pages >= NEWEST_PAGES
        if how is Look.AUTO and is_enough and all(one.updated_at < since for one in page.items):
            return


def _is_enough(page: ListingPage, known: Collection[str], newest: float | None) -> bool:
    """Tell whether nothing of ours that the lock does not know is to be expected behind a page."""
    is_old = newest is not None and all(one.updated_at < newest - _OLD_SECONDS for one in page.items)
    return is_old or all(one.media_id in known for one in page.items)


def _since(lock: Lock | None, listed: MaterialType) -> float:
    unconfirmed = lock.unconfirmed if lock else ()
    sent = [unix_seconds(one.sent_at) for one in unconfirmed if one.type.shelf is listed]
    return min(sent) - SKEW_SECONDS if sent else inf


def _newest(lock: Lock | None) -> float | None:
    times = [record.uploaded_at for record in lock.records.values() if record.uploaded_at] if lock else []
    return unix_seconds(max(times)) if times else None
