"""Turns a Record into the plain values that the lock and the plan show, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wxsync.model import MaterialType, Origin, Record


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
    if record.type is MaterialType.VIDEO:
        document |= {"introduction": record.introduction, "title": record.title}
    return document


def record_from(document: Mapping[str, Any]) -> Record:
    """Reads a record as record_document gives it; the document must fit its schema."""
    material_type = MaterialType(document["type"])
    about = document if material_type is MaterialType.VIDEO else {}
    return Record(
        type=material_type,
        path=document["path"],
        sha256=document["sha256"],
        size=int(document["size"]),
        media_id=document["media_id"],
        url=document["url"],
        uploaded_as=document["uploaded_as"],
        uploaded_at=document["uploaded_at"],
        origin=Origin(document["origin"]),
        title=about.get("title", ""),
        introduction=about.get("introduction", ""),
    )
