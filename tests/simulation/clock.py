"""A clock that moves only when somebody waits."""

from __future__ import annotations


class Clock:
    """Tells Unix seconds."""

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        self.now = start

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds
