"""Turns a Record into the plain values that the lock and the plan show, and back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from wxsync.model import Fitted, MaterialType, Origin, Record, Unconfirmed

MOST_BYTES = 2**53 - 1  # what every reader of JSON takes for the number that it is


def record_document(record: Record) -> dict[str, Any]:
    """Gives a record as the lock and the plan show it; only a video has a title and an introduction."""
    document: dict[str, Any] = {
        "media_id": record.media_id,
        "origin": record.origin.value,
        "path": record.path,
        "sha256": record.sha256,
        "size": record.size,
        "type": record.type.value,
        "uploaded_as": record.uploaded_as,
        "uploaded_at": record.uploaded_at,
        "url": record.url,
    }
    if record.type.has_description:
        document |= {"introduction": record.introduction, "title": record.title}
    if record.fitted:
        document["fitted"] = record.fitted._asdict()
    return document


def record_from(document: Mapping[str, Any]) -> Record:
    """Reads a record as record_document gives it.

    Raises ValueError, KeyError or TypeError where it is something else, or holds what cannot be. It takes what the
    schema of the lock takes, at a tenth of the time; the schema has the words for what is wrong.
    """
    material_type = _TYPES[document["type"]]
    is_video = material_type.has_description
    title, introduction = document.get("title", ""), document.get("introduction", "")
    record = Record(
        type=material_type,
        path=document["path"],
        sha256=document["sha256"],
        size=document["size"],
        media_id=document["media_id"],
        url=document["url"],
        uploaded_as=document["uploaded_as"],
        uploaded_at=document["uploaded_at"],
        origin=_ORIGINS[document["origin"]],
        title=title if is_video else "",
        introduction=introduction if is_video else "",
        fitted=fitted_from(document["fitted"]) if "fitted" in document else None,
    )
    if not _fits(record, title, introduction) or (is_video and not {"title", "introduction"} <= document.keys()):
        raise ValueError("it is not what a record is")
    return record


def fitted_from(document: Mapping[str, Any]) -> Fitted:
    """Reads what was sent instead of a file; raises as record_from does."""
    fitted = Fitted(document["format"], document["sha256"], document["size"])
    if not (is_name(fitted.format) and is_sha256(fitted.sha256) and _is_size(fitted.size)):
        raise ValueError("it is not what a converted file is")
    return fitted


def unconfirmed_from(document: Mapping[str, Any]) -> Unconfirmed:
    """Reads an upload in doubt from its plain values; raises as record_from does."""
    name, sha256, uploaded_as, sent_at = (document[key] for key in ("name", "sha256", "uploaded_as", "sent_at"))
    if not (is_name(name) and is_sha256(sha256) and type(uploaded_as) is str and is_moment(sent_at)):
        raise TypeError("it is not what an upload in doubt is")
    return Unconfirmed(name, _TYPES[document["type"]], sha256, uploaded_as, sent_at)


def is_name(value: object) -> bool:
    """Tells whether a value of a document is a text that is not empty."""
    return type(value) is str and value != ""


def is_text_or_null(value: object) -> bool:
    """Tells whether a value of a document is a text or null."""
    return value is None or type(value) is str


def is_sha256(value: object) -> bool:
    """Tells whether a value of a document is a digest in hexadecimal."""
    return type(value) is str and _SHA256.fullmatch(value) is not None


def is_moment(value: object) -> bool:
    """Tells whether a value of a document is a time in UTC as the lock writes it."""
    if type(value) is not str or not _MOMENT.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def is_media_id(value: object) -> bool:
    """Tells whether a value can be an id of WeChat's, which programs and shells take without quotes."""
    return type(value) is str and _MEDIA_ID.fullmatch(value) is not None


def is_url(value: object) -> bool:
    """Tells whether a value can be an address of WeChat's."""
    return type(value) is str and _URL.fullmatch(value) is not None


def is_account(value: object) -> bool:
    """Tells whether a value can be an appid."""
    return type(value) is str and _ACCOUNT.fullmatch(value) is not None


def unfit(document: object) -> Iterator[tuple[tuple[str | int, ...], object]]:
    """Finds what no schema can tell: times that look like times and are none, and texts with half a character."""
    parts = document if isinstance(document, dict) else {}
    for part in ("materials", "retired", "unconfirmed"):
        entries = parts.get(part)
        pairs = (
            entries.items() if isinstance(entries, dict) else enumerate(entries if isinstance(entries, list) else ())
        )
        for key, entry in pairs:
            for field, value in entry.items() if isinstance(entry, dict) else ():
                if isinstance(value, str) and _is_unfit(value):
                    yield (part, key, field), value


def _is_unfit(text: str) -> bool:
    return _HALF.search(text) is not None or (_MOMENT.fullmatch(text) is not None and not is_moment(text))


_TYPES = {one.value: one for one in MaterialType}
_ORIGINS = {one.value: one for one in Origin}
_MEDIA_ID = re.compile(r"[!-~]{1,256}")
_URL = re.compile(r"https?://[!-~]{1,2000}")
_ACCOUNT = re.compile(r"[!-~]{1,64}")
_HALF = re.compile("[\ud800-\udfff]")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def _is_size(value: object) -> bool:
    return type(value) is int and 0 <= value <= MOST_BYTES


def _fits(record: Record, title: object, introduction: object) -> bool:
    return (
        is_name(record.path)
        and is_sha256(record.sha256)
        and _is_size(record.size)
        and (record.media_id is None or is_media_id(record.media_id))
        and (record.url is None or is_url(record.url))
        and is_text_or_null(record.uploaded_as)
        and (record.uploaded_at is None or is_moment(record.uploaded_at))
        and type(title) is str
        and type(introduction) is str
    )
