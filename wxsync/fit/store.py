"""Keeps converted files by the digest of their source and their type, and believes only what is whole."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from wxsync.files import UNSYNCED_DISK, read_inside, write_together
from wxsync.fit.made import Made, Note
from wxsync.media import LIMITS, Format
from wxsync.model import Fitted, MaterialType

# A later version that converts in another way counts one up, so that what an earlier one made is made anew.
_RULES = 1
_MOST_BYTES = max(limit.max_bytes for limit in LIMITS.values())
_DAY = 86_400
_MONTH = 30 * _DAY
_MOST_NOTE_BYTES = 16 * 1024
_KEPT = re.compile(r"([0-9a-f]{64})\.([a-z_]+)\.(?:json|fitted)")


class Kept(NamedTuple):
    """Represents a converted file that is kept: what was made of the source, and what there is to say about that."""

    fitted: Fitted
    content: bytes
    left_out: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()


def recall(folder: Path, sha256: str, material_type: MaterialType) -> Kept | None:
    """Gives what a source was converted to, or None where that is not here, not whole, or made by other rules."""
    stem = f"{sha256}.{material_type}"
    try:
        note, _ = read_inside(folder, f"{stem}.json", most=_MOST_NOTE_BYTES)
        content, _ = read_inside(folder, f"{stem}.fitted", most=_MOST_BYTES)
        kept = _read(json.loads(note), content)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    limit = LIMITS[material_type]
    is_taken = Format(kept.fitted.format) in limit.formats and len(content) <= limit.max_bytes
    return kept if is_taken else None


def keep(folder: Path, sha256: str, material_type: MaterialType, made: Made) -> Kept:
    """Keeps a converted file; raises OSError, and then nothing of it is believed."""
    fitted = Fitted(made.format.value, hashlib.sha256(made.content).hexdigest(), len(made.content))
    note = {
        "rules": _RULES,
        "fitted": fitted._asdict(),
        "left_out": made.left_out,
        "notes": made.notes,
    }
    folder.mkdir(exist_ok=True)
    stem = f"{sha256}.{material_type}"
    contents = {folder / f"{stem}.fitted": made.content, folder / f"{stem}.json": json.dumps(note).encode()}
    # What was lost is converted again, and what was torn is told by its digest: nobody need wait for the disk.
    write_together(contents, disk=UNSYNCED_DISK)
    return Kept(fitted, made.content, made.left_out, made.notes)


def sweep(folder: Path, wanted: Collection[tuple[str, MaterialType]]) -> None:
    """Removes what was converted a month ago from sources that are not wanted, and a day ago what a run left half done.

    Another manifest in the same folder may want what this one does not.
    """
    now = time.time()
    with suppress(OSError):
        for entry in folder.iterdir():
            age = now - entry.lstat().st_mtime
            found = _KEPT.fullmatch(entry.name)
            if found and age > _MONTH and (found[1], found[2]) not in wanted:
                entry.unlink(missing_ok=True)
            elif not found and age > _DAY:
                shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink(missing_ok=True)


def _read(note: dict[str, object], content: bytes) -> Kept:
    if note["rules"] != _RULES:
        raise ValueError("made by other rules")
    said = note["fitted"]
    assert isinstance(said, dict)
    fitted = Fitted(Format(said["format"]).value, str(said["sha256"]), int(said["size"]))
    if (hashlib.sha256(content).hexdigest(), len(content)) != (fitted.sha256, fitted.size):
        raise ValueError("not what was kept")
    left_out, notes = note["left_out"], note["notes"]
    assert isinstance(left_out, list)
    assert isinstance(notes, list)
    return Kept(fitted, content, tuple(map(str, left_out)), tuple(Note(str(code), int(count)) for code, count in notes))
