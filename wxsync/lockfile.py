"""Turns a Lock into canonical bytes and back; the same state is always the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from glob import escape
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any

from wxsync.errors import InvalidInput
from wxsync.files import DISK, Disk, write_atomic
from wxsync.model import Location, Lock, Problem, Record, Retired, Unconfirmed
from wxsync.records import is_name, is_text_or_null, record_document, record_from, unconfirmed_from
from wxsync.schemas import violations

VERSION = 1

_CONFLICT_MARKERS = (b"<<<<<<< ", b"=======", b">>>>>>> ")


def read_lock(file: Path, *, disk: Disk = DISK) -> Lock | None:
    """Reads a lock, or gives None where there is none; nothing but "not found" means that there is none.

    Raises InvalidInput where it cannot be read, is no lock, or was written by a newer wxsync.
    """
    try:
        content = disk.read(file)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InvalidInput([_problem(file, "lock-unreadable", f"the lock cannot be read: {error.strerror}")]) from None
    return parse_lock(content, shown_as=str(file))


def write_lock(file: Path, lock: Lock, *, disk: Disk = DISK) -> None:
    """Puts a lock on the disk, whole or not at all; OSError where that cannot be."""
    write_atomic(file, render_lock(lock), disk=disk)


def prove_writable(file: Path, *, disk: Disk = DISK) -> None:
    """Writes a lock over itself, so that one that cannot be replaced is found out before anything depends on it."""
    with suppress(FileNotFoundError):
        write_atomic(file, disk.read(file), disk=disk)


def remove_temporaries(file: Path) -> None:
    """Removes what runs that were killed while they wrote a lock left beside it; nobody else may be writing it."""
    for left in file.parent.glob(f".{escape(file.name)}.*.new"):
        with suppress(OSError):
            left.unlink()


def parse_lock(content: bytes, *, shown_as: str) -> Lock:
    """Reads a lock's bytes, the version before all else; raises as read_lock does."""
    file = Path(shown_as)
    try:
        document = json.loads(content, object_pairs_hook=_without_twins)
        _must_be_text(content, document)
    except (ValueError, RecursionError) as error:
        raise _no_json(file, content, error) from None
    try:
        return _lock(document)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _no_lock(file, document) from None


def render_lock(lock: Lock) -> bytes:
    """Writes a lock canonically: UTF-8, two spaces, sorted keys, LF, a final newline."""
    content = BytesIO()  # piece by piece: the lock of a full library has 60 MB
    for piece in _pieces(lock):
        content.write(piece.encode())
    return content.getvalue()


def _pieces(lock: Lock) -> Iterator[str]:
    retired = sorted(
        lock.retired,
        key=lambda one: (one.name, one.retired_at, one.record.media_id or "", one.record.url or ""),
    )
    unconfirmed = sorted(lock.unconfirmed, key=lambda one: (one.name, one.uploaded_as))
    yield f'{{\n  "account": {_quoted(lock.account)},\n  "lock_version": {VERSION},\n  "materials": {{'
    yield from _lines(f"{_quoted(name)}: {_block(record)}" for name, record in sorted(lock.records.items()))
    yield '},\n  "retired": ['
    yield from _lines(map(_block, retired))
    yield '],\n  "unconfirmed": ['
    yield from _lines(map(_block, unconfirmed))
    yield "]\n}\n"


def _no_json(file: Path, content: bytes, error: ValueError | RecursionError) -> InvalidInput:
    for number, text in enumerate(content.split(b"\n"), start=1):
        if text.startswith(_CONFLICT_MARKERS):
            hint = "run `wxsync lock resolve`, which keeps what both sides uploaded"
            return InvalidInput(
                [_problem(file, "lock-conflict", "the lock holds merge conflict markers", number, hint)]
            )
    line = error.lineno if isinstance(error, json.JSONDecodeError) else 1
    hint = "restore it from git: `git checkout -- " + file.name + "`"
    return InvalidInput([_problem(file, "lock-broken", f"the lock is no JSON: {error}", line, hint)])


def _no_lock(file: Path, document: object) -> InvalidInput:
    version = document.get("lock_version") if isinstance(document, dict) else None
    if isinstance(version, int) and version > VERSION:
        message = f"the lock was written by a newer wxsync (lock_version {version})"
        return InvalidInput([_problem(file, "lock-newer", message, hint="upgrade wxsync")])
    broken = violations("lock", document) or ["$: holds what wxsync never writes"]
    return InvalidInput([_problem(file, "lock-invalid", f"the lock is not valid: {one}") for one in broken])


def _lock(document: Mapping[str, Any]) -> Lock:
    """Reads what fits the schema of the lock; raises ValueError, KeyError, TypeError or AttributeError elsewhere."""
    if type(document["lock_version"]) is not int or document["lock_version"] != VERSION:
        raise ValueError("it is another version")
    if not (is_name(document["account"]) and type(document["retired"]) is type(document["unconfirmed"]) is list):
        raise TypeError("it is not what a lock is")
    return Lock(
        account=document["account"],
        records=MappingProxyType({name: record_from(one) for name, one in sorted(document["materials"].items())}),
        retired=tuple(map(_retired, document["retired"])),
        unconfirmed=tuple(map(unconfirmed_from, document["unconfirmed"])),
    )


def _retired(one: Mapping[str, Any]) -> Retired:
    if not (is_name(one["name"]) and type(one["retired_at"]) is str and is_text_or_null(one["replaced_by"])):
        raise TypeError("it is not what a retired record is")
    return Retired(one["name"], record_from(one), one["retired_at"], one["replaced_by"])


def _lines(blocks: Iterable[str]) -> Iterator[str]:
    before, after = "\n    ", ""
    for block in blocks:
        yield before + block
        before, after = ",\n    ", "\n  "
    yield after


_ENTRY = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",\n      ", ": "))


def _block(entry: Record | Retired | Unconfirmed) -> str:
    # With an indent of its own the json module leaves its C code, which a lock written every two seconds would feel.
    return "{\n      " + _ENTRY.encode(_entry_document(entry))[1:-1] + "\n    }"


def _entry_document(entry: Record | Retired | Unconfirmed) -> dict[str, Any]:
    if isinstance(entry, Record):
        return record_document(entry)
    if isinstance(entry, Retired):
        own = {"name": entry.name, "retired_at": entry.retired_at, "replaced_by": entry.replaced_by}
        return record_document(entry.record) | own
    return {
        "name": entry.name,
        "sent_at": entry.sent_at,
        "sha256": entry.sha256,
        "type": entry.type.value,
        "uploaded_as": entry.uploaded_as,
    }


def _quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        seen: set[str] = set()
        twin = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {twin!r} stands twice")
    return document


def _must_be_text(content: bytes, document: object) -> None:
    # Half of a surrogate pair can be escaped in JSON, but never be written again as UTF-8.
    if b"\\u" in content:
        json.dumps(document, ensure_ascii=False).encode()


def _problem(file: Path, code: str, message: str, line: int = 1, hint: str = "") -> Problem:
    return Problem(code, message, hint or "nothing was sent", location=Location(str(file), line, 1), path=str(file))
