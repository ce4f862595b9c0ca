"""Says why a plan does what it does, and knows these sentences again in a plan that was saved."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from itertools import combinations

from wxsync.words import Text, listing, text

EARLIER = text("an earlier upload of ours is at WeChat")
TWICE = text("uploaded by two runs at once, the older stays")
CUT_OFF = text("uploaded by a run that was cut off, as its journal says")
TAKEN_BACK = text("taken back from retired")
IN_STEP = text("in step")
NEW = text("new")
NEW_IN_DOUBT = text("new; an earlier upload is in doubt and is looked for first")
LEFT = text("no longer in the manifest")
ONLY_LEAVES = text("no longer in the manifest; imported, so it only leaves the lock")
ASKED = text("asked for")
GONE = text("gone at WeChat")

TYPE, FILE, TITLE, INTRODUCTION = text("type"), text("file"), text("title"), text("introduction")
"""What of a material can change, in this order."""


def changed(what: Collection[Text]) -> Text:
    """Say what of a material is another now."""
    return text("{what} changed", what=listing(what, last="and"))


def moved(path: str) -> Text:
    """Say where the file was before."""
    return text("moved from {path}", path=path)


def renamed(name: str) -> Text:
    """Say what the name was before."""
    return text("was {name}", name=name)


def shared(name: str) -> Text:
    """Say which name has the same content."""
    return text("same content as {name}", name=name)


def recognized(said: str) -> str:
    """Give a reason as the sentence that it is, or as it stands where it is none of these, as of another version."""
    if said in _whole():
        return _whole()[said]
    named = ((say, str(say(""))) for say in (moved, renamed, shared))
    return next((say(said.removeprefix(start)) for say, start in named if said.startswith(start)), said)


@cache
def _whole() -> Mapping[str, Text]:
    told = [EARLIER, TWICE, CUT_OFF, TAKEN_BACK, IN_STEP, NEW, NEW_IN_DOUBT, LEFT, ONLY_LEAVES, ASKED, GONE]
    parts = (TYPE, FILE, TITLE, INTRODUCTION)
    told += [changed(some) for count in range(1, len(parts) + 1) for some in combinations(parts, count)]
    return {str(one): one for one in told}
