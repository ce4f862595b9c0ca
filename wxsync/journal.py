"""Remembers what a run is doing, line by line and synced, so that a crash at any point loses no media_id.

A line is `crc32 JSON`. An intent stands before each request, an end after each answer; what has an intent and no end is
a doubt. A last line that was torn by a crash is dropped; a broken line anywhere else stops the run.
"""

from __future__ import annotations

import json
import os
import threading
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from wxsync.errors import PersonNeeded
from wxsync.files import sync_folder
from wxsync.model import MaterialType, Origin, Record, Unconfirmed


@dataclass(frozen=True, slots=True)
class Replay:
    """Holds what a journal tells: whose it is, the uploads that were done, in their order, and those in doubt."""

    account: str | None = None
    done: tuple[tuple[str, Record], ...] = ()
    doubts: tuple[Unconfirmed, ...] = ()


class Journal:
    """Appends to a journal from many threads; when a method returns, its line is on the disk."""

    def __init__(self, file: Path, *, account: str) -> None:
        self._descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        sync_folder(file.parent)
        self._writing = threading.Lock()
        self._syncing = threading.Lock()
        self._written = 0
        self._synced = 0
        self._append({"account": account})

    def intend(self, doubt: Unconfirmed) -> None:
        """Says that an upload is about to be sent."""
        self._append({"intent": asdict(doubt)})

    def done(self, name: str, record: Record) -> None:
        """Says that an upload was answered, with the record that the lock will hold."""
        self._append({"done": asdict(record), "name": name})

    def refused(self, doubt: Unconfirmed) -> None:
        """Says that an upload certainly did not happen."""
        self._append({"refused": doubt.uploaded_as})

    def close(self) -> None:
        """Lets go of the file."""
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _append(self, said: dict[str, Any]) -> None:
        line = _line(said)
        with self._writing:
            self._write(line)
            self._written += 1
            ticket = self._written
        # One sync serves every line that was written before it began, so sixteen workers do not wait for sixteen syncs.
        with self._syncing:
            if self._synced < ticket:
                reached = self._written
                os.fsync(self._descriptor)
                self._synced = reached

    def _write(self, line: bytes) -> None:
        start = os.fstat(self._descriptor).st_size
        try:
            _write_all(self._descriptor, line)
        except OSError:
            os.ftruncate(self._descriptor, start)  # half a line must not stand before whole ones
            raise


def read_journal(file: Path) -> Replay:
    """Reads what an earlier run left behind; no journal means that nothing is open.

    Raises PersonNeeded where the journal cannot be read or a line other than the last is broken.
    """
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return Replay()
    except OSError as error:
        raise PersonNeeded(f"{file} cannot be read: {error.strerror}", hint="it may hold ids of uploads") from None
    try:
        return replay(content.split(b"\n"))
    except (ValueError, KeyError, TypeError):
        raise PersonNeeded(
            f"{file} is damaged",
            hint="it may hold ids of uploads: look at its lines, then move it away to go on",
        ) from None


def replay(lines: Iterable[bytes]) -> Replay:
    """Reads journal lines, the text after the last line feed as a line of its own; ValueError where one is broken."""
    *whole, torn = lines
    account: str | None = None
    done: list[tuple[str, Record]] = []
    open_intents: dict[str, Unconfirmed] = {}
    for said in map(_said, whole):
        if "intent" in said:
            doubt = Unconfirmed(**said["intent"] | {"type": MaterialType(said["intent"]["type"])})
            open_intents[doubt.uploaded_as] = doubt
        elif "done" in said:
            record = _record(said["done"])
            done.append((said["name"], record))
            open_intents.pop(record.uploaded_as or "", None)
        elif "refused" in said:
            open_intents.pop(said["refused"], None)
        else:
            account = said["account"]
    del torn  # a line without its line feed was never synced, so nothing was sent or counted on its behalf
    return Replay(account, tuple(done), tuple(open_intents.values()))


def clear_journal(file: Path) -> None:
    """Forgets a run; only to be called when the lock that holds its ends is on the disk."""
    file.unlink(missing_ok=True)
    sync_folder(file.parent)


def _line(said: dict[str, Any]) -> bytes:
    text = json.dumps(said, ensure_ascii=True, separators=(",", ":")).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def _said(line: bytes) -> dict[str, Any]:
    checksum, _, text = line.partition(b" ")
    if checksum != b"%08x" % zlib.crc32(text):
        raise ValueError("the checksum does not fit")
    said: dict[str, Any] = json.loads(text)
    return said


def _record(said: dict[str, Any]) -> Record:
    return Record(**said | {"type": MaterialType(said["type"]), "origin": Origin(said["origin"])})


def _write_all(descriptor: int, content: bytes) -> None:
    # A full disk or a size limit may take a part of a line without an error.
    while content:
        content = content[os.write(descriptor, content) :]
