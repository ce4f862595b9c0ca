"""Plays many histories, in as many processes as are wanted."""

from __future__ import annotations

import multiprocessing
import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from tests.simulation.history import Told, play

_PORTION = 50
_MEMORY = Path("/dev/shm")  # the media alone lie in real files


def many(first: int, histories: int, *, jobs: int = 1) -> Iterator[Told]:
    """Plays the histories of consecutive seeds; what comes first depends on the processes, what is told does not."""
    portions = [range(start, min(start + _PORTION, first + histories)) for start in _starts(first, histories)]
    if jobs == 1:
        yield from chain.from_iterable(map(_portion, portions))
        return
    # Neither threads nor open files are handed on: a fork of a process that has some may stand still.
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        for told in pool.imap(_portion, portions):
            yield from told


def _starts(first: int, histories: int) -> range:
    return range(first, first + histories, _PORTION)


def _portion(seeds: range) -> list[Told]:
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        return [play(seed, Path(folder)) for seed in seeds]
