"""Keeps all workers at WeChat's pace: at most so many requests at once, and one pause that all of them share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Pause = Callable[[float], bool]
"""Waits that many seconds; True says that the run is being interrupted (`threading.Event().wait` fits)."""

PAUSES = (5.0, 15.0, 60.0)


class InterruptedWait(Exception):
    """Says that the user ended a wait."""


class Pace:
    """Hands out places to send; after WeChat said "too fast" half as many, and none before the pause is over."""

    def __init__(self, places: int, *, pause: Pause, clock: Callable[[], float]) -> None:
        self._pause = pause
        self._clock = clock
        self._changed = threading.Condition()
        self._places = max(1, places)
        self._taken = 0
        self._round = 0
        self._strikes = 0
        self._until = clock()

    @contextmanager
    def place(self) -> Iterator[int]:
        """Waits for a place and for the end of the pause, or raises InterruptedWait.

        Gives the number of the round, which `slow_down` and `went_well` ask for.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._taken < self._places)
            self._taken += 1
        try:
            self._sit_out()
            yield self._round
        finally:
            with self._changed:
                self._taken -= 1
                self._changed.notify_all()

    def slow_down(self, round_: int) -> float:
        """Begins a pause and gives its length in seconds; many workers told so in one round make one pause."""
        with self._changed:
            if round_ == self._round:
                self._round += 1
                self._places = max(1, self._places // 2)
                self._until = self._clock() + PAUSES[min(self._strikes, len(PAUSES) - 1)]
                self._strikes += 1
            return max(0.0, self._until - self._clock())

    def went_well(self, round_: int) -> None:
        """Makes the next pause a short one again."""
        with self._changed:
            if round_ == self._round:
                self._strikes = 0

    def wait(self, seconds: float) -> None:
        """Waits for one worker alone; raises InterruptedWait."""
        if self._pause(seconds):
            raise InterruptedWait

    def _sit_out(self) -> None:
        # Each pause is waited for once, also where the clock of a test stands still; another one may begin meanwhile.
        waited_for = None
        while (until := self._until) != waited_for and (left := until - self._clock()) > 0:
            self.wait(left)
            waited_for = until
