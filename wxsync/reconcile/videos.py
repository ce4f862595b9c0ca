"""Tells whether a listed video is an upload of ours whose answer was lost: of a video only the title is listed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from math import inf
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from wxsync.errors import Refused
from wxsync.model import Change, Failure, Lock, Material, MaterialType, Outcome, Plan, Remedy, Unconfirmed
from wxsync.reconcile.look import SKEW_SECONDS, unconfirmed_uploads, unix_seconds
from wxsync.results import Result
from wxsync.wechat.answers import Article, FileContent, VideoDetails
from wxsync.wechat.interface import NO_SUCH_ID
from wxsync.words import listing, text


class Source(Protocol):
    """What recognising needs of WeChat."""

    def get(self, media_id: str) -> FileContent | VideoDetails | Article:
        """Get a material."""


class Recognised(Struct, frozen=True):
    """A listing in which our videos bear the names they were sent under, as all others do.

    `contested` are the ids of which nobody but a person can say which one is the upload of that name. Those of `older`
    have its title and are older than the doubt: while ours may still show they are waited by, then a person is asked.
    """

    observed: tuple[Material, ...]
    contested: Mapping[str, tuple[str, ...]]
    older: Mapping[str, tuple[str, ...]]


def recognise(remote: Source, observed: Iterable[Material], plan: Plan, lock: Lock | None) -> Recognised:
    """Look for videos in doubt: one id that the lock does not know, of the time, with the title and introduction.

    WeChat may give an introduction back empty (reported). An id may also be that of a doubt about a video that nobody
    wants any more, of which not even the title is known. Raises Refused where WeChat does not say what a video is.
    """
    materials = tuple(observed)
    unknown = _unknown_videos(materials, lock)
    unconfirmed = unconfirmed_uploads(plan, lock)
    found = {
        change.name: tuple(_candidates(remote, change, unknown, since=unix_seconds(unconfirmed[change.name].sent_at)))
        for change in plan.uploads
        if change.type is MaterialType.VIDEO and change.name in unconfirmed
    }
    claims = Counter(media_id for ids in found.values() for media_id in ids)
    older = _older_than_what_is_left(unknown, lock, unconfirmed.values())
    sure = {name: ids for name, ids in found.items() if len(ids) == 1 and claims[ids[0]] == 1 and ids[0] in older}
    sent_as = {ids[0]: unconfirmed[name].uploaded_as for name, ids in sure.items()}
    named = (replace(one, name=sent_as[one.media_id]) if one.media_id in sent_as else one for one in materials)
    contested = {name: ids for name, ids in found.items() if ids and name not in sure}
    titles = {change.name: change.after.title for change in plan.uploads if change.after}
    older_ones = {
        name: tuple(one.media_id for one in unknown if one.name == titles[name])
        for name, ids in found.items()
        if not ids
    }
    return Recognised(tuple(named), contested, older_ones)


def held_for_person(plan: Plan, lock: Lock | None, seen: Recognised, forced: Collection[str]) -> list[Result]:
    """Hold back the videos of which only a person can tell whether the library has them already."""
    unknown = _unknown_videos(seen.observed, lock)
    held_back = list[Result]()
    for change in plan.uploads:
        if change.type is not MaterialType.VIDEO or change.after is None:
            continue
        titled = tuple(one.media_id for one in unknown if one.name == change.after.title)
        older = () if change.name in forced else seen.older.get(change.name, titled)
        candidates = seen.contested.get(change.name, older)
        if candidates:
            held_back.append(Result(change, Outcome.FAILED, error=_ask(change, candidates)))
    return held_back


def _unknown_videos(observed: Iterable[Material], lock: Lock | None) -> tuple[Material, ...]:
    known = lock.media_ids if lock else frozenset()
    return tuple(one for one in observed if one.type is MaterialType.VIDEO and one.media_id not in known)


def _older_than_what_is_left(
    unknown: Iterable[Material], lock: Lock | None, planned: Collection[Unconfirmed]
) -> Collection[str]:
    left = [one for one in (lock.unconfirmed if lock else ()) if one.type is MaterialType.VIDEO and one not in planned]
    first = min((unix_seconds(one.sent_at) for one in left), default=inf) - SKEW_SECONDS
    return {one.media_id for one in unknown if one.updated_at < first}


def _candidates(remote: Source, change: Change, unknown: Iterable[Material], *, since: float) -> Iterable[str]:
    assert change.after is not None
    for one in unknown:
        if one.name == change.after.title and one.updated_at >= since - SKEW_SECONDS:
            details = _details(remote, one.media_id)
            if details and details.introduction in {"", change.after.introduction}:
                yield one.media_id


def _details(remote: Source, media_id: str) -> VideoDetails | None:
    try:
        found = remote.get(media_id)
    except Refused as error:
        if error.errcode == NO_SUCH_ID:
            return None  # deleted since it was listed
        raise
    return found if isinstance(found, VideoDetails) else None


def _ask(change: Change, candidates: Collection[str]) -> Failure:
    title = change.after.title if change.after else ""
    first, *others = sorted(candidates)
    return Failure(
        "video-in-doubt",
        text(
            "the library has a video with the title {title} already, and WeChat lists nothing else to tell it by",
            title=title,
        ),
        text(
            "look in the material library on mp.weixin.qq.com whether it is {path}; if so: wxsync import {name} "
            "{media_id}; if not, to upload this one: wxsync apply --replace {name}",
            path=change.path,
            name=repr(change.name),
            media_id=listing([first, *others], last="or"),
        ),
        Remedy.PERSON,
    )
