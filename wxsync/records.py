"""Turns a Record into the plain values that the lock and the plan show, and back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from wxsync.model import MaterialType, Origin, Record, Unconfirmed


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
    return document


def record_from(document: Mapping[str, Any]) -> Record:
    """Reads a record as record_document gives it; raises ValueError, KeyError or TypeError where it is none.

    It takes what the schema of the lock takes, at a tenth of the time; the schema has the words for what is wrong.
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
    )
    if not _fits(record, title, introduction) or (is_video and not {"title", "introduction"} <= document.keys()):
        raise ValueError("it is not what a record is")
    return record


def unconfirmed_from(document: Mapping[str, Any]) -> Unconfirmed:
    """Reads an upload in doubt from its plain values; raises as record_from does."""
    name, sha256, uploaded_as, sent_at = (document[key] for key in ("name", "sha256", "uploaded_as", "sent_at"))
    if not (is_name(name) and is_sha256(sha256) and type(uploaded_as) is type(sent_at) is str):
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


_TYPES = {one.value: one for one in MaterialType}
_ORIGINS = {one.value: one for one in Origin}
_SHA256 = re.compile(r"[0-9a-f]{64}")


def _fits(record: Record, title: object, introduction: object) -> bool:
    return (
        is_name(record.path)
        and is_sha256(record.sha256)
        and type(record.size) is int
        and record.size >= 0
        and record.media_id != ""
        and is_text_or_null(record.media_id)
        and is_text_or_null(record.url)
        and is_text_or_null(record.uploaded_as)
        and is_text_or_null(record.uploaded_at)
        and type(title) is str
        and type(introduction) is str
    )
