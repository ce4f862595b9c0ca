"""Patterns and what they match: segment by segment, every folder visited once, so that no pattern is slow."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterator, Set
from functools import partial
from operator import eq

from msgspec import Struct

from wxsync.manifest.tree import PathKind, Tree

_MAGIC = re.compile(r"[*?]|\[!?+.[^\]]*\]", re.DOTALL)


_FILE = PathKind.FILE


class Segment(Struct, frozen=True):
    """Holds what stands between two slashes: `**`, a plain name, or a pattern for one name.

    `fits` gives something true for a name that matches; a hidden one matches only where the segment itself begins with
    a dot, or everything hidden may.
    """

    text: str
    fits: Callable[[str], object]
    hidden: bool

    @property
    def deep(self) -> bool:
        """Tells whether it stands for any number of folders."""
        return self.text == "**"


class Pattern(Struct, frozen=True):
    """Holds a glob as its segments; the last is never `**` and no two `**` follow each other."""

    text: str
    segments: tuple[Segment, ...]


def is_glob(text: str) -> bool:
    """Tells whether a path holds `*`, `?` or `[…]`."""
    return _MAGIC.search(text) is not None


def parse_pattern(text: str, *, hidden: bool = False, any_case: bool = False) -> Pattern:
    """Reads a glob; a closing `**` means every file below.

    `hidden` lets every segment match names that begin with a dot, as an `exclude` does.
    """
    words: list[str] = []
    for word in text.split("/"):
        if word != "**" or words[-1:] != ["**"]:
            words.append(word)
    if words[-1] == "**":
        words.append("*")
    return Pattern(text, tuple(_segment(word, hidden=hidden, any_case=any_case) for word in words))


def walk(pattern: Pattern, tree: Tree) -> Iterator[tuple[str, PathKind]]:
    """Yields each path that a glob matches and what it is: FILE, or what cannot be taken and must be said.

    Folders are no match. A link to a file is followed; a link to a folder only where the pattern writes its name, so
    that no circle of links can be entered. Raises TooMuchWork.
    """
    last = len(pattern.segments)
    pending: list[tuple[str, Set[int]]] = [("", {0})]
    while pending:
        folder, states = pending.pop()
        try:
            names = tree.listing(folder)
        except OSError:
            yield folder or ".", PathKind.UNREADABLE
            continue
        states = _spread(pattern, states)
        tree.spend(len(names) * len(states))
        closing = pattern.segments[-1] if last - 1 in states else None
        prefix = f"{folder}/" if folder else ""
        for name, kind in names.items():
            fits = closing is not None and closing.fits(name)
            if kind is _FILE:
                if fits:
                    yield prefix + name, kind
                continue
            deeper = _onward(pattern, states, name, is_link=kind is PathKind.LINK)
            if not (fits or deeper):
                continue
            found = tree.follow(prefix + name) if kind is PathKind.LINK else kind
            if found is PathKind.FOLDER:
                pending += [(prefix + name, deeper)] if deeper else []
            elif fits or found is PathKind.OUTSIDE:
                yield prefix + name, found


def matches(pattern: Pattern, path: str) -> bool:
    """Tells whether a glob matches a whole path."""
    states: Set[int] = {0}
    for name in path.split("/"):
        states = _step(pattern, _spread(pattern, states), name)
    return len(pattern.segments) in states


def _segment(word: str, *, hidden: bool, any_case: bool) -> Segment:
    hidden = hidden or word.startswith(".")
    if word == "**" or not (any_case or is_glob(word)):
        return Segment(word, partial(eq, word), hidden)
    begin = "" if hidden else r"(?!\.)"
    regex = re.compile(begin + fnmatch.translate(word), re.IGNORECASE if any_case else 0)
    return Segment(word, regex.match, hidden)


def _spread(pattern: Pattern, states: Set[int]) -> Set[int]:
    """Adds what a `**` that stands for no folder at all leads to."""
    last = len(pattern.segments)
    return states | {state + 1 for state in states if state < last and pattern.segments[state].deep}


def _onward(pattern: Pattern, states: Set[int], name: str, *, is_link: bool) -> Set[int]:
    """Gives the segments that can follow inside a folder; into a link only where the pattern writes out its name."""
    if is_link:
        reached: Set[int] = {state + 1 for state in states if pattern.segments[state].text == name}
    else:
        reached = _step(pattern, states, name)
    return reached - {len(pattern.segments)}


def _step(pattern: Pattern, states: Set[int], name: str) -> Set[int]:
    """Gives the segments that can follow after one more name; the number of segments means a match."""
    reached = set()
    for state in states:
        if state == len(pattern.segments):
            continue
        segment = pattern.segments[state]
        if segment.deep:
            if segment.hidden or not name.startswith("."):
                reached.add(state)
        elif segment.fits(name):
            reached.add(state + 1)
    return reached
