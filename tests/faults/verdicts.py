"""Says how thorough the tests of faults are, and passes judgement on many stories at once.

By default they take samples; `WXSYNC_FAULTS=all python -m pytest tests/faults` takes every step, and
`python -m tests.faults --table` runs everything in full and prints the figures.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import count

from tests.faults.sweeps import Story

THOROUGH = os.environ.get("WXSYNC_FAULTS") == "all"


def stride(usual: int) -> int:
    """Gives how far apart the places of a sweep lie."""
    return 1 if THOROUGH else usual


def every_step(usual: int, *, first: int = 1) -> Iterable[int]:
    """Counts steps without an end, for sweeps that stop when a run ends before its step."""
    return count(first, stride(usual))


def steps_until(last: int, usual: int, *, first: int = 1) -> range:
    """Counts steps up to one that most runs come to."""
    return range(first, last + 1, stride(usual))


def all_well(stories: Iterable[Story]) -> list[Story]:
    """Gives the stories back; fails where anything was lost, went up twice, or is not in step in the end."""
    told = list(stories)
    assert "".join(story.wrong for story in told) == ""
    return told
