"""Names uploads so that any machine can tell whose they are, and reads the names back."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import PurePosixPath

from wxsync.model import Desired, MaterialType

_TAG = re.compile(r"(?:^|\.)(wx[a-z2-7]{16})(?=\.|$)")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_SLUG_LENGTH = 40
_VOICE_EXTENSION = re.compile(r"\.(?:mp3|wma|wav|amr)$", re.IGNORECASE)


def filename_for(account: str, wanted: Desired) -> str:
    """Name an upload: a slug for people, the tag for machines, the extension of the probed format for WeChat.

    WeChat lists the name as it was sent, a voice's without its extension, and refuses one without (40113; reported).
    """
    named = wanted.asset.name
    if named == wanted.asset.path:
        named = PurePosixPath(named).stem
    slug = _NOT_SLUG.sub("-", named.lower()).strip("-")[:_SLUG_LENGTH].strip("-") or "material"
    return f"{slug}.{wanted.fingerprint.tag(account)}.{wanted.extension}"


def tag_in(name: str) -> str | None:
    """Find our tag in a name that WeChat lists."""
    found = _TAG.findall(name)
    return found[-1] if found else None  # a slug, which stands before it, may look like a tag


def listed_name(material_type: MaterialType, filename: str) -> str:
    """Return the name under which a file is listed: that of a voice without its extension (seen in 2024).

    What is given may be a listed name already, of today or of before.
    """
    return _VOICE_EXTENSION.sub("", filename) if material_type is MaterialType.VOICE else filename


def utc(seconds: float) -> str:
    """Write a moment, in Unix seconds, as the lock does."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
