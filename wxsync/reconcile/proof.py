"""Proves that a retired material is an upload of ours, before it is deleted: by its tag, and by WeChat's own listing.

A lock is a file that a pull request can change; what stands in it as uploaded may be anybody's material.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

from wxsync.errors import Refused
from wxsync.model import ListingPage, Lock, Material, MaterialType, Record, Retired, picture_token
from wxsync.planner import tag_in
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


def unproven(retired: Iterable[Retired], lock: Lock, remote: Library) -> Mapping[Retired, str]:
    """Tells of each retired material why nothing proves that it is an upload of ours; the proven ones are left out.

    What WeChat does not have any more needs no proof. Raises CallFailed where WeChat does not tell.
    """
    reasons: dict[Retired, str] = {}
    tagged: list[Retired] = []
    for one in retired:
        if _tag(one.record) == one.record.fingerprint.tag(lock.account):
            tagged.append(one)
        else:
            reasons[one] = text("its name bears no tag of its content, so it is no upload of wxsync")
    listed = _listed(tagged, remote)
    in_use = {token for record in lock.records.values() if (token := picture_token(record.url))}
    for one in tagged:
        found = listed.get(one.record.media_id or "")
        reason = _doubt(one.record, found, remote)
        if found and picture_token(found.url) in in_use:
            reason = text("WeChat lists it with the url of a material that is in use")
        if reason:
            reasons[one] = reason
    return reasons


def _tag(record: Record) -> str | None:
    return tag_in(record.uploaded_as or "")


def _listed(retired: Collection[Retired], remote: Library) -> Mapping[str, Material]:
    """Lists each shelf until all that is asked for was seen."""
    found: dict[str, Material] = {}
    for shelf in sorted({one.record.type.shelf for one in retired if one.record.type.shelf}):
        wanted = {one.record.media_id for one in retired if one.record.type.shelf is shelf}
        for page in pages_of(remote, shelf):
            # By the ids alone: an address that a lock shows proves nothing of the id beside it.
            found |= {one.media_id: one for one in page.items if one.media_id in wanted}
            if wanted <= found.keys():
                break
    return found


def _doubt(record: Record, listed: Material | None, remote: Library) -> str:
    if listed is None:
        # Listings may lack thumbs, and show other ids: what WeChat gives for this one is its word too.
        given = _given(record, remote)
        if given is None or (isinstance(given, FileContent) and tag_in(given.filename or "") == _tag(record)):
            return ""
        return text("WeChat does not list it, so nothing proves that it is ours")
    if record.type is not MaterialType.VIDEO:
        if tag_in(listed.name) == _tag(record):
            return ""
        return text("WeChat lists it as {name}, without the tag of its content", name=listed.name)
    if listed.name == record.title:
        return _doubt_about_video(record, remote)
    return text("WeChat lists it as {name}, and the record has another title", name=listed.name)


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
