"""What a manifest says once its YAML is read: plain values, which can be kept and read again."""

from __future__ import annotations

from msgspec import Struct

from wxsync.model import Account


class Word(Struct, frozen=True, array_like=True, gc=False):
    """Holds a text of the manifest, and its spot: line and column count from 0."""

    text: str
    line: int
    column: int


class Entry(Struct, frozen=True, array_like=True, gc=False):
    """Holds one entry of the list; only a sound one gives assets, but any that names a file takes it from the globs.

    `exclude` are the patterns that its glob leaves out; `excluding` and `naming` are the keys `exclude` and `name`.
    """

    path: Word
    sound: bool
    type: str = ""
    name: Word | None = None
    title: Word | None = None
    introduction: str = ""
    fit: bool = False
    exclude: tuple[Word, ...] = ()
    excluding: Word | None = None
    naming: Word | None = None


class Said(Struct, frozen=True, array_like=True):
    """Holds all that a manifest says."""

    accounts: tuple[Account, ...] = ()
    entries: tuple[Entry, ...] = ()
