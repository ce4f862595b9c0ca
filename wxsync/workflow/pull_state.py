"""Remembers how far a pull has come, so that what was listed and downloaded once is not asked for again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from msgspec.structs import asdict

from wxsync.errors import Conflict, InvalidInput
from wxsync.files import DISK, read_own
from wxsync.model import ListingPage, Material, MaterialType, Problem, Record
from wxsync.records import record_document, record_from
from wxsync.words import text


@dataclass(slots=True)
class PullState:
    """What a pull has: the listing by type, the types that are listed to their end, the records of its files.

    Every word is appended to a file at once; a last line that a crash tore is dropped.
    """

    file: Path
    account: str | None = None
    seal: str = ""
    listed: dict[MaterialType, dict[str, Material]] = field(default_factory=dict)
    totals: dict[MaterialType, int] = field(default_factory=dict)
    complete: set[MaterialType] = field(default_factory=set)
    kept: dict[str, Record] = field(default_factory=dict)

    @classmethod
    def resume(cls, file: Path, *, account: str) -> Self:
        """Go on where a pull of this account ended, or begin one; raises Conflict, InvalidInput or OSError.

        Nothing is believed that this user did not write in this folder.
        """
        progress = cls(file)
        content = read_own(file) if file.exists() else b""
        whole = content[: content.rfind(b"\n") + 1]
        try:
            for line in whole.splitlines():
                progress._hear(json.loads(line))
        except (ValueError, KeyError, TypeError):
            hint = text("remove the folder and pull anew")
            raise InvalidInput(
                [Problem("pull-broken", text("{file} is damaged", file=file), hint, path=str(file))]
            ) from None
        if progress.account not in (None, account):
            message = f"{file.parent.parent} holds a pull of account {progress.account}, this one is of {account}"
            raise Conflict(message, hint="name another folder")
        seal = DISK.seal(file.parent)
        if content and progress.seal != seal:
            raise Conflict(
                text("{file} was not written by this user in this folder", file=str(file)),
                hint=text("name another folder, or remove that file where you know it"),
            )
        file.write_bytes(whole)
        if progress.account is None:
            progress._say({"account": account, "seal": seal})
        return progress

    def page(self, kind: MaterialType, page: ListingPage) -> None:
        """Takes a page of the listing."""
        self._say({"page": kind.value, "total": page.total, "items": list(map(asdict, page.items))})

    def ended(self, kind: MaterialType) -> None:
        """Takes that a type is listed to its end."""
        if kind not in self.complete:
            self._say({"ended": kind.value})

    def keep(self, record: Record) -> None:
        """Take the record of a file that is about to be written."""
        self._say({"kept": record_document(record)})

    def _say(self, said: Mapping[str, Any]) -> None:
        with self.file.open("ab") as file:
            file.write(json.dumps(said).encode() + b"\n")
        self._hear(said)

    def _hear(self, said: Mapping[str, Any]) -> None:
        if "kept" in said:
            record = record_from(said["kept"])
            self.kept[record.media_id or ""] = record
        elif "page" in said:
            kind = MaterialType(said["page"])
            materials = (Material(**one | {"type": kind}) for one in said["items"])
            self.listed.setdefault(kind, {}).update((one.media_id, one) for one in materials)
            self.totals[kind] = said["total"]
        elif "ended" in said:
            self.complete.add(MaterialType(said["ended"]))
        else:
            self.account, self.seal = said["account"], said.get("seal", "")
