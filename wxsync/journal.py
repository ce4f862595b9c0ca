"""Remembers what a run is doing, line by line and synced, so that a crash at any point loses no media_id.

A line is `crc32 JSON`. An intent stands before each request, an end after each answer; what has an intent and no end is
a doubt. Zeros follow the last line: the space for the answers is taken before anything is sent, so that a disk that
fills up loses none. What a loss of power kept from the disk reads as zeros, and so is told from other damage: it never
was synced, nothing was sent or counted on its behalf, and it is passed over. A line broken otherwise stops the run.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from msgspec import Struct
from msgspec.structs import asdict

from wxsync.errors import InvalidInput, PersonNeeded
from wxsync.files import DISK, Disk, write_all
from wxsync.model import Location, Problem, Record, Unconfirmed
from wxsync.records import is_account, is_name, record_document, record_from, unconfirmed_from
from wxsync.words import reason_of, text

# An end takes some hundred bytes, several thousand with a long introduction; at most 64 are awaited at once.
_ROOM = 1 << 19


class Replay(Struct, frozen=True):
    """Holds what a journal tells: whose it is, the uploads that were done, in their order, and those in doubt."""

    account: str | None = None
    done: tuple[tuple[str, Record], ...] = ()
    unconfirmed: tuple[Unconfirmed, ...] = ()
    seals: frozenset[str] = frozenset()

    def is_by(self, seal: str) -> bool:
        """Tells whether every run that wrote into it proved to be of this user and this folder."""
        return self.seals == {seal}


class Journal:
    """Appends to a journal from many threads; when a method returns, its line is on the disk.

    Raises OSError where the disk refuses, PersonNeeded where it does so at the very beginning.
    """

    def __init__(self, file: Path, *, account: str, disk: Disk = DISK) -> None:
        self._disk = disk
        self._writing = disk.mutex()
        self._syncing = disk.mutex()
        self._written = 0
        self._synced = 0
        self._failed: OSError | None = None
        try:
            self._descriptor = disk.open(file)
            content = disk.read(file)
            self._end, self._size = content.rfind(b"\n") + 1, len(content)
            disk.sync_folder(file.parent)
            self._append({"account": account, "seal": disk.seal(file.parent)})
        except OSError as error:
            raise PersonNeeded(
                text("{file} cannot be written: {why}", file=file, why=reason_of(error)),
                hint=text("nothing is sent without it: free some space or make the folder writable, then run it again"),
            ) from None

    def intend(self, intent: Unconfirmed) -> None:
        """Says that an upload is about to be sent."""
        self._append({"intent": asdict(intent)}, room=_ROOM)

    def done(self, name: str, record: Record) -> None:
        """Says that an upload was answered, with the record that the lock will hold."""
        self._append({"done": record_document(record), "name": name})

    def refused(self, intent: Unconfirmed) -> None:
        """Says that an upload certainly did not happen."""
        self._append({"refused": intent.uploaded_as})

    def close(self) -> None:
        """Lets go of the file."""
        self._disk.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _append(self, said: dict[str, Any], *, room: int = 0) -> None:
        line = _line(said)
        with self._writing:
            if room:
                self._reserve(len(line) + room)
            write_all(self._disk, self._descriptor, line, self._end)
            self._end += len(line)  # not reached by half a line, which the next one then overwrites
            self._written += 1
            ticket = self._written
        # One sync serves every line that was written before it began, so sixteen workers do not wait for sixteen syncs.
        with self._syncing:
            if self._synced < ticket:
                reached = self._written
                self._sync()
                self._synced = reached

    def _sync(self) -> None:
        # A sync that failed may have dropped what it was to write, and the next one says nothing of it.
        if self._failed:
            raise OSError(self._failed.errno, self._failed.strerror)
        try:
            self._disk.sync(self._descriptor)
        except OSError as error:
            self._failed = error
            raise

    def _reserve(self, room: int) -> None:
        start, wanted = max(self._end, self._size), self._end + room
        if wanted > start:
            write_all(self._disk, self._descriptor, bytes(wanted + _ROOM - start), start)
            self._size = wanted + _ROOM


def read_journal(file: Path, *, disk: Disk = DISK) -> Replay:
    """Reads what an earlier run left behind; no journal means that nothing is open.

    Raises PersonNeeded where the journal cannot be read, InvalidInput where a line says what cannot be, or was broken
    by something else than a loss of power.
    """
    try:
        content = disk.read(file)
    except FileNotFoundError:
        return Replay()
    except OSError as error:
        raise PersonNeeded(
            text("{file} cannot be read: {why}", file=file, why=reason_of(error)),
            hint=text("it may hold ids of uploads"),
        ) from None
    try:
        return replay(content.split(b"\n"))
    except Damaged as error:
        message = text("the journal of an earlier run is damaged: {error}", error=error)
        hint = text("it may hold ids of uploads: look at this line, then move the file away to go on")
        at = Location(str(file), error.line, 1)
        raise InvalidInput([Problem("journal-damaged", message, hint, location=at, path=str(file))]) from None


class Damaged(ValueError):
    """Says which line of a journal cannot be, counting from 1."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line


def replay(lines: Iterable[bytes]) -> Replay:
    """Reads journal lines, the text after the last line feed as a line of its own; raises Damaged."""
    *ended, torn = lines
    heard = _Heard()
    for number, line in enumerate(ended, start=1):
        try:
            if not _is_torn(line):
                heard.hear(_said(line))
        except (ValueError, KeyError, TypeError, RecursionError):
            raise Damaged(number, "this line says what no run writes") from None
    del torn  # a line without its line feed was never synced, so nothing was sent or counted on its behalf
    if (heard.done or heard.doubts) and heard.account is None:
        raise Damaged(1, "it does not say whose it is")
    return Replay(heard.account, tuple(heard.done), tuple(heard.doubts.values()), frozenset(heard.seals))


@dataclass(slots=True)
class _Heard:
    """Collects what the lines of a journal say; an intent is a doubt until its end is heard."""

    account: str | None = None
    done: list[tuple[str, Record]] = field(default_factory=list)
    doubts: dict[str, Unconfirmed] = field(default_factory=dict)
    seals: set[str] = field(default_factory=set)

    def hear(self, said: dict[str, Any]) -> None:
        """Takes a line; raises ValueError, KeyError or TypeError where it says nonsense."""
        if "intent" in said:
            doubt = unconfirmed_from(said["intent"])
            self.doubts[doubt.uploaded_as] = doubt
        elif "done" in said:
            record = record_from(said["done"])
            self.done.append((_name(said["name"]), record))
            self.doubts.pop(record.uploaded_as or "", None)
        elif "refused" in said:
            del self.doubts[said["refused"]]
        elif is_account(said["account"]):
            self.account = said["account"]
            self.seals.add(str(said.get("seal", "")))
        else:
            raise ValueError("no account is called so")


def clear_journal(file: Path, *, disk: Disk = DISK) -> None:
    """Forgets a run; only to be called when the lock that holds its ends is on the disk.

    Raises PersonNeeded where the disk refuses; to read the same journal once more does no harm.
    """
    try:
        with suppress(FileNotFoundError):
            disk.unlink(file)
        disk.sync_folder(file.parent)
    except OSError as error:
        raise PersonNeeded(
            text("{file} cannot be removed: {why}", file=file, why=reason_of(error)),
            hint=text("nothing is lost and everything is in the lock: make the folder writable, then run it again"),
        ) from None


def _line(said: dict[str, Any]) -> bytes:
    text = _written(said).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


_written = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


def _is_torn(line: bytes) -> bool:
    return b"\0" in line and not _fits(*_parts(line))


def _said(line: bytes) -> dict[str, Any]:
    checksum, text = _parts(line)
    if not _fits(checksum, text):
        raise ValueError("the checksum does not fit")
    said: dict[str, Any] = json.loads(text)
    json.dumps(said, ensure_ascii=False).encode()  # half a character can be escaped, but never be written into a lock
    return said


def _name(value: object) -> str:
    if not is_name(value):
        raise ValueError("a name must be text")
    return str(value)


def _parts(line: bytes) -> tuple[bytes, bytes]:
    # The zeros of a torn line, which has no line feed, stand before the next one.
    checksum, _, text = line.rpartition(b"\0")[2].partition(b" ")
    return checksum, text


def _fits(checksum: bytes, text: bytes) -> bool:
    return checksum == b"%08x" % zlib.crc32(text)
