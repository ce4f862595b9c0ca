"""Turns a Lock into canonical bytes and back; the same state is always the same bytes."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from glob import escape
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from wxsync.errors import InvalidInput
from wxsync.files import DISK, Disk, write_atomic
from wxsync.lockwords import explain_lock, explain_twin
from wxsync.model import Location, Lock, Problem, Record, Retired, Unconfirmed
from wxsync.records import (
    is_account,
    is_media_id,
    is_moment,
    is_name,
    record_document,
    record_from,
    unconfirmed_from,
)
from wxsync.words import reason_of, text

VERSION = 1

_CONFLICT_MARKERS = (b"<<<<<<< ", b"=======", b">>>>>>> ")


def read_lock(file: Path, *, disk: Disk = DISK, without: str | None = None) -> Lock | None:
    """Reads a lock, or gives None where there is none; nothing but "not found" means that there is none.

    Raises InvalidInput where it cannot be read, is no lock, or was written by a newer wxsync.
    """
    try:
        content = disk.read(file)
    except FileNotFoundError:
        return None
    except OSError as error:
        message = text("the lock cannot be read: {why}", why=reason_of(error))
        hint = text("look at the file's permissions and at the disk")
        raise InvalidInput([_problem(str(file), "lock-unreadable", message, hint=hint)]) from None
    return parse_lock(content, shown_as=str(file), without=without)


def write_lock(file: Path, lock: Lock, *, disk: Disk = DISK) -> None:
    """Puts a lock on the disk, whole or not at all; OSError where that cannot be."""
    write_atomic(file, render_lock(lock), disk=disk)


def drop_unreadable(file: Path, name: str, *, disk: Disk = DISK) -> tuple[str, ...]:
    """Takes what stands under a name out of a lock that is sound but for it, and gives its text; () where all is sound.

    Raises as read_lock does where more than that is broken, and OSError where it cannot be written.
    """
    try:
        read_lock(file, disk=disk)
    except InvalidInput as error:
        if {problem.name for problem in error.problems} != {name}:
            raise
    else:
        return ()
    document = _document(disk.read(file), str(file))
    held = [document["materials"].get(name), *(one for one in document["retired"] if one.get("name") == name)]
    sound = read_lock(file, disk=disk, without=name)
    if sound is not None:
        write_lock(file, sound, disk=disk)
    return tuple(json.dumps(one, ensure_ascii=False) for one in held if one is not None)


def prove_writable(file: Path, *, disk: Disk = DISK) -> None:
    """Writes a lock over itself, so that one that cannot be replaced is found out before anything depends on it."""
    with suppress(FileNotFoundError):
        write_atomic(file, disk.read(file), disk=disk)


def remove_temporaries(file: Path) -> None:
    """Removes what runs that were killed while they wrote a lock left beside it; nobody else may be writing it."""
    for left in file.parent.glob(f".{escape(file.name)}.*.new"):
        with suppress(OSError):
            left.unlink()


def parse_lock(content: bytes, *, shown_as: str, without: str | None = None) -> Lock:
    """Reads a lock's bytes, the version before all else; raises as read_lock does.

    Of what stands under the name `without` nothing is read, so that a record which cannot be can be dropped.
    """
    document = _document(content, shown_as)
    if without is not None:
        _leave_out(document, without)
    try:
        return _lock(document)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _no_lock(content, document, shown_as) from None


def _document(content: bytes, shown_as: str) -> Any:
    try:
        document = json.loads(content, object_pairs_hook=_without_twins)
        _must_be_text(content, document)
    except (ValueError, RecursionError) as error:
        raise _no_json(content, error, shown_as) from None
    return document


def _leave_out(document: Any, name: str) -> None:
    with suppress(TypeError, KeyError, AttributeError):
        document["materials"].pop(name, None)
        document["retired"] = [one for one in document["retired"] if one.get("name") != name]


def render_lock(lock: Lock) -> bytes:
    """Writes a lock canonically: UTF-8, two spaces, sorted keys, LF, a final newline."""
    content = BytesIO()  # piece by piece: the lock of a full library has 60 MB
    for piece in _pieces(lock):
        content.write(piece)
    return content.getvalue()


def _pieces(lock: Lock) -> Iterator[bytes]:
    retired = sorted(
        lock.retired,
        key=lambda one: (one.name, one.retired_at, one.record.media_id or "", one.record.url or ""),
    )
    unconfirmed = sorted(lock.unconfirmed, key=lambda one: (one.name, one.uploaded_as))
    yield b'{\n  "account": %b,\n  "lock_version": %d,\n  "materials": {' % (_encode(lock.account), VERSION)
    yield from _lines(b"%b: %b" % (_encode(name), _block(record)) for name, record in sorted(lock.records.items()))
    yield b'},\n  "retired": ['
    yield from _lines(map(_block, retired))
    yield b'],\n  "unconfirmed": ['
    yield from _lines(map(_block, unconfirmed))
    yield b"]\n}\n"


def _no_json(content: bytes, error: ValueError | RecursionError, shown_as: str) -> InvalidInput:
    for number, line in enumerate(content.split(b"\n"), start=1):
        if line.startswith(_CONFLICT_MARKERS):
            hint = text("run `wxsync lock resolve`, which keeps what both sides uploaded")
            return InvalidInput(
                [_problem(shown_as, "lock-conflict", text("the lock holds merge conflict markers"), number, hint)]
            )
    # A number of ten thousand digits, half a character and a key that stands twice are JSON, and no lock's.
    with suppress(ValueError, RecursionError):
        document = json.loads(content, parse_int=_bounded)
        twin = explain_twin(content.decode("utf-8-sig"), shown_as=shown_as)
        return InvalidInput([twin]) if twin else _no_lock(content, document, shown_as)
    at = error.lineno if isinstance(error, json.JSONDecodeError) else 1
    hint = text("restore it from git: `git checkout -- {shown_as}`", shown_as=shlex.quote(shown_as))
    return InvalidInput(
        [_problem(shown_as, "lock-broken", text("the lock is not valid JSON: {why}", why=str(error)), at, hint)]
    )


def _bounded(digits: str) -> int:
    return int(digits) if len(digits) < 40 else 10**40


def _no_lock(content: bytes, document: object, shown_as: str) -> InvalidInput:
    version = document.get("lock_version") if isinstance(document, dict) else None
    if isinstance(version, int) and version > VERSION:
        message = text("the lock was written by a newer wxsync (lock_version {version})", version=version)
        return InvalidInput([_problem(shown_as, "lock-newer", message, hint="upgrade wxsync")])
    return InvalidInput(explain_lock(content.decode("utf-8-sig", "replace"), document, shown_as=shown_as))


def _lock(document: Mapping[str, Any]) -> Lock:
    """Reads what fits the schema of the lock; raises ValueError, KeyError, TypeError or AttributeError elsewhere."""
    if type(document["lock_version"]) is not int or document["lock_version"] != VERSION:
        raise ValueError("it is another version")
    if not (is_account(document["account"]) and type(document["retired"]) is type(document["unconfirmed"]) is list):
        raise TypeError("it is not what a lock is")
    return Lock(
        account=document["account"],
        records=MappingProxyType({name: _held(one) for name, one in sorted(document["materials"].items())}),
        retired=tuple(map(_retired, document["retired"])),
        unconfirmed=tuple(map(unconfirmed_from, document["unconfirmed"])),
    )


def _held(one: Mapping[str, Any]) -> Record:
    record = record_from(one)
    if record.media_id is None and record.type.has_media_id:
        raise ValueError("it has no id")
    return record


def _retired(one: Mapping[str, Any]) -> Retired:
    replaced_by = one["replaced_by"]
    if not (
        is_name(one["name"]) and is_moment(one["retired_at"]) and (replaced_by is None or is_media_id(replaced_by))
    ):
        raise TypeError("it is not what a retired record is")
    return Retired(one["name"], _held(one), one["retired_at"], replaced_by)


def _lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    before, after = b"\n    ", b""
    for block in blocks:
        yield before + block
        before, after = b",\n    ", b"\n  "
    yield after


_encode = msgspec.json.Encoder(order="sorted").encode


def _block(entry: Record | Retired | Unconfirmed) -> bytes:
    # Line feeds stand between what is written only: within a text they are escaped.
    return msgspec.json.format(_encode(_entry_document(entry)), indent=2).replace(b"\n", b"\n    ")


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


def _problem(shown_as: str, code: str, message: str, line: int = 1, hint: str = "") -> Problem:
    return Problem(code, message, hint, location=Location(shown_as, line, 1), path=shown_as)
