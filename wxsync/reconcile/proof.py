"""Proves that a retired material is an upload of ours, before it is deleted: by its tag, and by WeChat's own listing.

A lock is a file that a pull request can change; what stands in it as uploaded may be anybody's material.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

from wxsync.errors import Refused
from wxsync.model import ListingPage, Lock, Material, MaterialType, Record, Retired, picture_token
from wxsync.planner.naming import tag_in
from wxsync.reconcile.look import pages_of
from wxsync.wechat.answers import Article, FileContent, VideoDetails
from wxsync.wechat.interface import NO_SUCH_ID, PAGE_SIZE
from wxsync.words import text


class Library(Protocol):
    """Is what proving needs of WeChat."""

    def list_page(self, material_type: MaterialType, offset: int, count: int = PAGE_SIZE) -> ListingPage:
        """Lists materials, newest first."""

    def get(self, media_id: str) -> FileContent | VideoDetails | Article:
        """Gets a material."""


def unproven(
    retired: Iterable[Retired], lock: Lock, remote: Library, *, others: Iterable[Lock] = ()
) -> Mapping[Retired, str]:
    """Tells of each retired material why nothing proves that it is an upload of ours; the proven ones are left out.

    Of two ids of one content, of which `lock` or one of `others` uses the other one, nothing but the listing of both
    proves that they are two materials: listings were seen to show other ids than uploads were answered. What WeChat
    does not have any more needs no proof. Raises CallFailed where WeChat does not tell.
    """
    reasons: dict[Retired, str] = {}
    tagged: list[Retired] = []
    for one in retired:
        if _tag(one.record) == one.record.fingerprint.tag(lock.account):
            tagged.append(one)
        else:
            reasons[one] = text("its name bears no tag of its content, so it is no upload of wxsync")
    in_use = [record for one in (lock, *others) for record in one.records.values() if record.media_id]
    tokens, by_tag = {token for one in in_use if (token := picture_token(one.url))}, _by_tag(in_use)
    listed = _listed([record for one in tagged for record in (one.record, *by_tag.get(_tag(one.record), ()))], remote)
    for one in tagged:
        found = listed.get(one.record.media_id or "")
        reason = _doubt(one.record, listed, remote, by_tag.get(_tag(one.record), ()))
        if found and picture_token(found.url) in tokens:
            reason = text("WeChat lists it with the url of a material that is in use")
        if reason:
            reasons[one] = reason
    return reasons


def _tag(record: Record) -> str | None:
    return tag_in(record.uploaded_as or "")


def _by_tag(records: Iterable[Record]) -> Mapping[str | None, list[Record]]:
    found = defaultdict[str | None, list[Record]](list)
    for record in records:
        found[_tag(record)].append(record)
    return found


def _listed(records: Collection[Record], remote: Library) -> Mapping[str, Material]:
    """Lists each shelf until all that is asked for was seen."""
    found: dict[str, Material] = {}
    for shelf in sorted({one.type.shelf for one in records if one.type.shelf}):
        wanted = {one.media_id for one in records if one.type.shelf is shelf}
        for page in pages_of(remote, shelf):
            # By the ids alone: an address that a lock shows proves nothing of the id beside it.
            found |= {one.media_id: one for one in page.items if one.media_id in wanted}
            if wanted <= found.keys():
                break
    return found


def _doubt(record: Record, listing: Mapping[str, Material], remote: Library, used: Iterable[Record]) -> str:
    listed = listing.get(record.media_id or "")
    if listed is None:
        # Listings may lack thumbs, and show other ids: what WeChat gives for this one is its word too.
        given = _given(record, remote)
        if given is None:
            return ""
        if not (isinstance(given, FileContent) and tag_in(given.filename or "") == _tag(record)):
            return text("WeChat does not list it, so nothing proves that it is ours")
    elif record.type is MaterialType.VIDEO:
        if listed.name != record.title:
            return text("WeChat lists it as {name}, and the record has another title", name=listed.name)
        if reason := _doubt_about_video(record, remote):
            return reason
    elif tag_in(listed.name) != _tag(record):
        return text("WeChat lists it as {name}, without the tag of its content", name=listed.name)
    return next((_in_use_as(one) for one in used if not _are_two(record, one, listing)), "")


def _are_two(record: Record, used: Record, listing: Mapping[str, Material]) -> bool:
    """Tell whether two ids of one content are proven to be of two materials."""
    if record.media_id in listing and used.media_id in listing:
        return True
    one, other = (_token(each, listing) for each in (record, used))
    return one is not None and other is not None and one != other


def _token(record: Record, listing: Mapping[str, Material]) -> str | None:
    listed = listing.get(record.media_id or "")
    return picture_token(listed.url if listed else record.url)


def _in_use_as(record: Record) -> str:
    return text(
        "nothing proves that it is not the same material as {media_id}, which is in use", media_id=record.media_id
    )


def _doubt_about_video(record: Record, remote: Library) -> str:
    details = _given(record, remote)
    if details is None or (isinstance(details, VideoDetails) and details.introduction == record.introduction):
        return ""
    return text("the video at WeChat has another introduction than the record")


def _given(record: Record, remote: Library) -> FileContent | VideoDetails | Article | None:
    """Gets a material, or None where WeChat does not have it any more."""
    try:
        return remote.get(record.media_id or "")
    except Refused as error:
        if error.errcode != NO_SUCH_ID:
            raise
        return None
