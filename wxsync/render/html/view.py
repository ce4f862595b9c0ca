"""Holds what the page shows, as values; pictures come by the sha256 of what they show."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from wxsync.model import Drift, Failure, MaterialType, Record, Usage


@dataclass(frozen=True, slots=True)
class Preview:
    """Holds what a browser can show of a file: the file itself where it is small, or a small picture of it."""

    mime: str
    content: bytes = field(repr=False)

    @property
    def medium(self) -> str:
        """Names the element that shows it: image, audio or video."""
        return self.mime.partition("/")[0]

    @property
    def url(self) -> str:
        """Gives a url that holds the content itself."""
        return f"data:{self.mime};base64,{base64.b64encode(self.content).decode()}"


Previews = Mapping[str, Preview]


@dataclass(frozen=True, slots=True)
class Side:
    """Holds a material as it is, or as it was or will be, which `label` says."""

    record: Record
    preview: Preview | None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """Holds one material of the page; `marks` are the words by which it can be filtered, the first of them in colour.

    `words` and `rest` say why: the words are ours and are translated, what follows them is not.
    `uses` are places where it is used.
    """

    name: str
    type: MaterialType
    marks: tuple[str, ...]
    sides: tuple[Side, ...]
    words: str = ""
    rest: str = ""
    error: Failure | None = None
    uses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LibraryUsage:
    """Holds how many places of a library are taken, by words for a kind; `source` says who counted."""

    shelves: Mapping[str, Usage]
    source: str


@dataclass(frozen=True, slots=True)
class View:
    """Holds a whole page: `kind` is its heading, `facts` are pairs of our word and a value.

    `empty` is said where there are no cards, `advice` says what is left for a person to do.
    """

    kind: str
    account: str | None
    cards: tuple[Card, ...]
    empty: tuple[str, ...]
    facts: tuple[tuple[str, str], ...] = ()
    library: LibraryUsage | None = None
    drift: tuple[Drift, ...] = ()
    advice: str = ""

    @property
    def marks(self) -> list[tuple[str, int]]:
        """Counts the cards by what became or is to become of them, in the order of first sight of the words."""
        return _counted(_MARKS, (mark for card in self.cards for mark in card.marks))

    @property
    def types(self) -> list[tuple[str, int]]:
        """Counts the cards by type."""
        return _counted(tuple(MaterialType), (card.type for card in self.cards))


# In the order in which they are offered: what wants to be looked at stands first.
_MARKS = (
    "gone", "failed", "unknown", "new", "changed", "create", "replace", "rename", "share", "adopt", "retire",
    "retired", "skipped", "done", "keep", "in step",
)  # fmt: skip


def _counted(order: Iterable[str], found: Iterable[str]) -> list[tuple[str, int]]:
    counts = Counter(found)
    return [(word, counts[word]) for word in order if counts[word]]
