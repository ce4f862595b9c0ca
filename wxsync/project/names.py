"""Answers a name that nothing has with the names that come near."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from unicodedata import normalize

from wxsync.errors import InvalidInput
from wxsync.model import Problem
from wxsync.near import did_you_mean, near_names
from wxsync.words import Text, plural, text


def is_meant(name: str, wanted: Iterable[str]) -> bool:
    """Tell whether a name is one of those that are wanted, or fits a glob among them."""
    return any(name == one or fnmatchcase(name, one) for one in wanted)


def unknown_name(message: str, name: str, known: Iterable[str]) -> InvalidInput:
    """Build the error for a name that is not known, with the nearest names as its hint."""
    return InvalidInput([unknown_name_problem(message, name, known)])


def unknown_name_problem(message: str, name: str, known: Iterable[str]) -> Problem:
    """Build the problem of a name that is not known, with the nearest names as its hint."""
    return Problem("unknown-name", message, _hint(name, sorted(known)), name=name)


def _hint(name: str, known: list[str]) -> Text:
    near = near_names(name, known)
    if near and normalize("NFC", near[0]) == normalize("NFC", name):
        return text("{name} has another Unicode form (NFC or NFD): copy it from `wxsync list`", name=near[0])
    if near:
        return did_you_mean(near)
    if not known:
        return text("there are no names yet")
    return plural("the only name is {first}", "there are {count:,} names, such as {first}", len(known), first=known[0])
