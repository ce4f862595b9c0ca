"""One run of wxsync as the simulation sees it: steps, between any two of which it can end, and workers taking turns."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from random import Random
from types import TracebackType

import greenlet

from wxsync.executor import Event, Tick, Work


class Crash(BaseException):
    """Says that the process is no more; whatever it still tries, raises this again."""


class _Worker(greenlet.greenlet):
    """Marks a greenlet that gives way at every step."""


@dataclass(slots=True)
class Process:
    """Counts steps, ends at the one it is told to, and lets one worker at a time go on, chosen by the seed.

    `hub` is where to go between steps while another machine runs at the same time. At the step `jumps_at` somebody sets
    the clock, which is what `jump` does.
    """

    rng: Random
    tell: Callable[[str], None]
    crash_at: int | None = None
    interrupt_at: int | None = None
    hub: greenlet.greenlet | None = None
    jumps_at: int | None = None
    jump: Callable[[], None] = lambda: None
    stop: threading.Event = field(default_factory=threading.Event)
    steps: int = 0
    is_dead: bool = False

    def step(self, what: str, *, alone: bool = False) -> None:
        """Takes a step; `alone` keeps the turn, for steps under a lock of the real code."""
        if self.is_dead:
            raise Crash
        self.steps += 1
        self.tell(what)
        if self.steps == self.jumps_at:
            self.jump()
        if self.steps == self.interrupt_at:
            self.tell("interrupted")
            self.stop.set()
        if self.steps == self.crash_at:
            self.tell("the process ends here")
            self.is_dead = True
            raise Crash
        if not alone:
            self.give_way()

    def give_way(self) -> None:
        """Lets others go on first."""
        current = greenlet.getcurrent()
        if isinstance(current, _Worker) and current.parent:
            current.parent.switch()
        elif self.hub:
            self.hub.switch()
        if self.is_dead:
            raise Crash

    def pool(self, works: Iterable[Work], *, jobs: int, tick: float) -> Iterator[Event]:
        """Does works as the executor's Pool says, one step of one worker at a time."""
        del tick
        waiting, running, said = deque(works), list[_Worker](), deque[Event]()
        try:
            while waiting or running:
                while waiting and len(running) < jobs:
                    running.append(_Worker(waiting.popleft()))
                worker = self.rng.choice(running)
                worker.switch(said.append, nullcontext()) if not worker else worker.switch()
                if worker.dead:
                    running.remove(worker)
                while said:
                    yield said.popleft()
                if self.hub:
                    self.hub.switch()
                if self.rng.random() < 0.02:
                    yield Tick()
        finally:
            self._end(running)

    def mutex(self) -> AbstractContextManager[object]:
        """Makes a lock that lets others go on while it is waited for."""
        return _Mutex(self)

    def _end(self, running: Sequence[_Worker]) -> None:
        for worker in running:
            while worker and not self.is_dead:
                worker.switch()
            if worker:
                with suppress(Crash):
                    worker.throw(greenlet.GreenletExit)


class _Mutex:
    def __init__(self, process: Process) -> None:
        self._process = process
        self._held = False

    def __enter__(self) -> None:
        while self._held:
            self._process.give_way()
        self._held = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held = False
