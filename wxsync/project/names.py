"""Answers a name that nothing has with the names that come near."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from wxsync.errors import InvalidInput
from wxsync.model import Problem


def unknown_name(message: str, name: str, known: Iterable[str]) -> InvalidInput:
    """Builds the error for a name that is not known, with the nearest names as its hint."""
    names = sorted(known)
    near = get_close_matches(name, names, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "there are no names at all"
    if names and not near:
        hint = f"there are {len(names):,}, such as {names[0]}"
    return InvalidInput([Problem("unknown-name", message, hint, name=name)])
