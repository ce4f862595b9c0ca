"""Looks at WeChat's listing before anything is sent, so that no upload of ours that is there already is made again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from typing import Protocol

from wxsync.model import Change, Failure, Lock, Material, MaterialType, Outcome, Page, Plan, Remedy, Result
from wxsync.planner import tag_in
from wxsync.workflow.options import Look

PAGE = 20  # the most that batchget_material gives at once
_PAGES = 50
_OLD_SECONDS = 7 * 24 * 3600
_SETTLE_WAITS = (2.0, 8.0, 20.0, 60.0)

# A thumb has no listing of its own; it is counted, and so inferred to be listed, among the images. An article image
# cannot be listed at all, and takes no place: after a lost answer it is simply sent again.
_LISTED_AS = {
    MaterialType.IMAGE: MaterialType.IMAGE,
    MaterialType.THUMB: MaterialType.IMAGE,
    MaterialType.VOICE: MaterialType.VOICE,
    MaterialType.VIDEO: MaterialType.VIDEO,
}


class Listing(Protocol):
    """Is what looking needs of WeChat."""

    def list_page(self, material_type: MaterialType, offset: int, count: int = PAGE) -> Page:
        """Lists materials, newest first."""


def look(remote: Listing, lock: Lock | None, plan: Plan, how: Look) -> tuple[Material, ...]:
    """Lists the types that a plan uploads, each until nothing unknown is to be expected further back."""
    if how is Look.NONE:
        return ()
    types = sorted({_LISTED_AS[change.type] for change in plan.uploads if change.type in _LISTED_AS})
    return tuple(material for listed in types for material in _list(remote, lock, listed, how))


def settle(
    again: Callable[[], tuple[Material, ...]],
    doubted: Callable[[tuple[Material, ...]], Collection[float]],
    *,
    seconds: float,
    clock: Callable[[], float],
    pause: Callable[[float], bool],
) -> tuple[Material, ...]:
    """Looks again until every doubt is found or as old as `seconds`; WeChat may show an upload later than it took it.

    `doubted` gives the Unix times at which the uploads were sent that a listing does not show.
    """
    observed = again()
    for wait in (*_SETTLE_WAITS, *[_SETTLE_WAITS[-1]] * 1000):
        sent = doubted(observed)
        left = max(sent, default=0.0) + seconds - clock()
        if not sent or left <= 0 or pause(min(wait, left)):
            break
        observed = again()
    return observed


def sent_times(plan: Plan, lock: Lock | None) -> list[float]:
    """Gives when the uploads were sent that are in doubt and that a plan would send again."""
    sent = {tag_in(one.uploaded_as): one.sent_at for one in lock.unconfirmed} if lock else {}
    names = (change.after.uploaded_as for change in plan.uploads if change.after and change.type in _LISTED_AS)
    # By the tag, for the material may have been renamed since.
    return [_seconds(sent[tag]) for tag in map(tag_in, filter(None, names)) if tag in sent]


def for_a_person(plan: Plan, lock: Lock | None, observed: Iterable[Material], renew: Collection[str]) -> list[Result]:
    """Holds back videos whose title already stands in the library: a listing shows no more of a video than that."""
    known = lock.media_ids if lock else frozenset()
    titles = {one.name for one in observed if one.type is MaterialType.VIDEO and one.media_id not in known}
    return [
        Result(change, Outcome.FAILED, error=_ask(change))
        for change in plan.uploads
        if change.after and change.type is MaterialType.VIDEO and change.name not in renew
        if change.after.title in titles
    ]


def _ask(change: Change) -> Failure:
    title = change.after.title if change.after else ""
    return Failure(
        "video-in-doubt",
        f"a video with the title {title!r} is in the library already, and WeChat lists nothing else to tell it by",
        f"look at mp.weixin.qq.com whether it is this file; to upload it anew: wxsync apply --replace {change.name!r}",
        Remedy.PERSON,
    )


def _list(remote: Listing, lock: Lock | None, listed: MaterialType, how: Look) -> Iterator[Material]:
    known, newest = lock.media_ids if lock else frozenset(), _newest(lock)
    pages, offset = 0, 0
    while True:
        page = remote.list_page(listed, offset)
        pages, offset = pages + 1, offset + len(page.items)
        yield from page.items
        if not page.items or offset >= page.total:
            return
        if how is Look.AUTO and _is_enough(page, known, newest, pages):
            return


def _is_enough(page: Page, known: Collection[str | None], newest: float | None, pages: int) -> bool:
    unknown = [one for one in page.items if one.media_id not in known]
    if any(tag_in(one.name) for one in unknown):
        return False  # uploads of ours that the lock does not know: it was lost, so all of them are wanted
    is_old = newest is not None and all(one.updated_at < newest - _OLD_SECONDS for one in page.items)
    return not unknown or is_old or pages >= _PAGES


def _newest(lock: Lock | None) -> float | None:
    times = [record.uploaded_at for record in lock.records.values() if record.uploaded_at] if lock else []
    return _seconds(max(times)) if times else None


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
