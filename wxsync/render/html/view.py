"""Holds what the page shows, as values; pictures come by the sha256 of what they show."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath

from msgspec import Struct

from wxsync.model import Drift, Failure, MaterialType, Record, Usage
from wxsync.words import Text


@dataclass(frozen=True, slots=True)
class Preview:
    """What a browser can show of a file: the file itself where there is room for it, or a small picture of it.

    `content` is empty where only the measures of the file are known.
    """

    mime: str
    content: bytes = field(repr=False)
    width: int = 0
    """Of the file, in pixels; 0 where it has none."""
    height: int = 0
    """Of the file, in pixels; 0 where it has none."""
    seconds: float = 0.0
    """How long it plays; 0 where that is not known."""
    silence: Text | None = None
    """Why a recording that is here does not play in the page."""

    @property
    def medium(self) -> str:
        """Name what shows it: image, audio, video, or "" where there is nothing to show."""
        return self.mime.partition("/")[0] if self.content else ""

    @property
    def url(self) -> str:
        """Give a url that holds the content itself."""
        return f"data:{self.mime};base64,{base64.b64encode(self.content).decode()}"

    @property
    def length(self) -> str:
        """Write how long it plays as players write it, 1:05 or 1:00:05, but nothing that plays as 0:00."""
        minutes, seconds = divmod(max(1, round(self.seconds)), 60)
        hours, minutes = divmod(minutes, 60)
        written = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
        return written if self.seconds else ""


Previews = Mapping[str, Preview]


class Side(Struct, frozen=True):
    """A material as it is, or as it was or will be, which `label` says: before, after or "" for neither."""

    record: Record
    preview: Preview | None
    label: str = ""


class Card(Struct, frozen=True):
    """One material of the page; `marks` are the words by which it can be filtered, the first of them in colour.

    `reason` says why, `uses` where it is used.
    """

    name: str
    type: MaterialType
    marks: tuple[str, ...]
    sides: tuple[Side, ...]
    reason: str = ""
    error: Failure | None = None
    uses: tuple[str, ...] = ()
    is_line: bool = False
    """Whether one line says it all: nothing but a name or a path changes."""

    @property
    def record(self) -> Record:
        """The material as it is last."""
        return self.sides[-1].record

    @property
    def folder(self) -> str:
        """The folder of its file, "" for that of the manifest."""
        return str(PurePosixPath(self.record.path).parent).removeprefix(".")

    @property
    def names(self) -> tuple[str, ...]:
        """The titles of a video, the old one first where it changes."""
        return tuple(dict.fromkeys(side.record.title for side in self.sides if side.record.title))


class Order(StrEnum):
    """How a page is divided, and what it can be sorted by."""

    FOLDER = "folder"
    CHANGE = "change"


class LibraryUsage(Struct, frozen=True):
    """How many places of a library are taken, by what stands there; `source` says who counted."""

    shelves: Mapping[Text, Usage]
    source: Text


class View(Struct, frozen=True):
    """A whole page: `kind` is its heading, `says` are the sentences below it, `facts` pairs of a word and a moment.

    `empty` is said where there are no cards, `advice` says what is left for a person to do.
    """

    kind: Text
    account: str | None
    cards: tuple[Card, ...]
    empty: tuple[Text, Text]
    says: tuple[Text, ...] = ()
    facts: tuple[tuple[Text, str], ...] = ()
    library: LibraryUsage | None = None
    drift: tuple[Drift, ...] = ()
    advice: tuple[Text, ...] = ()
    order: Order = Order.FOLDER

    @property
    def marks(self) -> list[tuple[str, int]]:
        """Count the cards by what became or is to become of them; what wants to be looked at stands first."""
        return _counted(MARKS, (mark for card in self.cards for mark in card.marks))

    @property
    def types(self) -> list[tuple[str, int]]:
        """Count the cards by type."""
        return _counted(tuple(MaterialType), (card.type for card in self.cards))

    @property
    def folders(self) -> list[tuple[str, int]]:
        """Count the cards by folder."""
        counts = Counter(card.folder for card in self.cards)
        return sorted(counts.items())


MARKS = (
    "gone", "failed", "unknown", "replace", "retire", "create", "share", "adopt", "rename",
    "retired", "skipped", "done", "in step",
)  # fmt: skip
"""What can be said of a material, by weight."""


def _counted(order: Iterable[str], found: Iterable[str]) -> list[tuple[str, int]]:
    counts = Counter(found)
    return [(word, counts[word]) for word in order if counts[word]]
