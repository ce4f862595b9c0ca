"""Names uploads so that any machine can tell whose they are, and reads the names back."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import PurePosixPath

from wxsync.model import Desired, MaterialType
from wxsync.upload_names import tag_in, upload_name

__all__ = ["filename_for", "listed_name", "tag_in", "utc"]

_VOICE_EXTENSION = re.compile(r"\.(?:mp3|wma|wav|amr)$", re.IGNORECASE)


def filename_for(account: str, wanted: Desired) -> str:
    """Name an upload: a slug for people, the tag for machines, the extension of the probed format for WeChat.

    WeChat lists the name as it was sent, a voice's without its extension, and refuses one without (40113; reported).
    """
    named = wanted.asset.name
    if named == wanted.asset.path:
        named = PurePosixPath(named).stem
    return upload_name(named, wanted.fingerprint.tag(account), wanted.extension)


def listed_name(material_type: MaterialType, filename: str) -> str:
    """Return the name under which a file is listed: that of a voice without its extension (seen in 2024).

    What is given may be a listed name already, of today or of before.
    """
    return _VOICE_EXTENSION.sub("", filename) if material_type is MaterialType.VOICE else filename


def utc(seconds: float) -> str:
    """Write a moment, in Unix seconds, as the lock does."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
