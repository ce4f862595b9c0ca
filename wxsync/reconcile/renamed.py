"""Keeps an upload that is listed under another id than it was answered from being taken for a second one.

A picture is known by its address (`look.under_known_ids`). A voice has none in the list, only its name with our tag.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from wxsync.errors import HaltedForNow, Refused
from wxsync.model import Lock, Material
from wxsync.planner.naming import tag_in
from wxsync.reconcile.videos import Source
from wxsync.wechat.errcodes import Kind
from wxsync.wechat.interface import NO_SUCH_ID


def without_renamed(
    remote: Source, observed: Iterable[Material], lock: Lock | None, *, gone: Collection[str] = ()
) -> tuple[Material, ...]:
    """Leave out uploads of ours that the lock does not know, but for those that are a second one of their content.

    Of two uploads both are listed; where only the unknown one is, WeChat is asked whether the known one is there, and
    then the two are one. An upload in doubt is never left out, for it may be the one that is looked for. Raises
    CallFailed where WeChat stops.
    """
    materials = tuple(observed)
    if lock is None:
        return materials
    known, listed = lock.media_ids, {one.media_id for one in materials}
    in_doubt = {tag_in(one.uploaded_as) for one in lock.unconfirmed}
    unknown = {tag_in(one.name) for one in materials if one.media_id not in known} - in_doubt - {None}
    missed = {
        one.media_id: tag_in(one.uploaded_as or "")
        for one in lock.every_record
        if one.media_id and one.media_id not in listed and one.media_id not in gone
        if tag_in(one.uploaded_as or "") in unknown
    }
    there = {tag for media_id, tag in missed.items() if _is_there(remote, media_id)}
    return tuple(one for one in materials if one.media_id in known or tag_in(one.name) not in there)


def _is_there(remote: Source, media_id: str) -> bool:
    """Tell whether a material may be there; only an unknown id is not."""
    try:
        remote.get(media_id)
    except Refused as error:
        return error.errcode != NO_SUCH_ID
    except HaltedForNow as error:
        if error.code != Kind.BUSY:
            raise
    return True
