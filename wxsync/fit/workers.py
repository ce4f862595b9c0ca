"""Converts pictures in processes of their own: what a hostile file does to a decoder happens to that file alone."""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, NamedTuple

from wxsync.fit.made import Made, Unfit, unfit
from wxsync.media import Format
from wxsync.model import MaterialType
from wxsync.words import text

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

MOST_SECONDS = 120.0
"""What one picture may take; the largest photograph takes some ten seconds."""
MOST_MEMORY = 4 << 30
"""Bytes of address space of one process, where the system can bound it."""


class Job(NamedTuple):
    """Represents one picture to convert."""

    content: bytes
    found: Format
    material_type: MaterialType


@dataclass(slots=True)
class Workers:
    """Represents a few processes that convert pictures, from any number of threads; each is started when needed."""

    count: int
    seconds: float = MOST_SECONDS
    _idle: queue.SimpleQueue[_Worker] = field(default_factory=queue.SimpleQueue)

    def __post_init__(self) -> None:
        for _ in range(self.count):
            self._idle.put(_Worker())

    def stop(self) -> None:
        """Ends the processes, each as soon as it is idle."""
        for _ in range(self.count):
            self._idle.get().stop()

    def fit(self, job: Job) -> Made:
        """Converts a picture as soon as a process is idle; raises Unfit."""
        worker = self._idle.get()
        try:
            answer = worker.fit(job, self.seconds)
        finally:
            self._idle.put(worker)
        if isinstance(answer, Unfit):
            raise answer
        return answer


@dataclass(slots=True)
class _Worker:
    process: SpawnProcess | None = None
    pipe: Connection | None = None

    def fit(self, job: Job, seconds: float) -> Made | Unfit:
        pipe = self.pipe if self.pipe and self.process and self.process.is_alive() else self._start()
        try:
            pipe.send(job)
            if pipe.poll(seconds):
                answer: Made | Unfit = pipe.recv()
                return answer
            why = text("the conversion took more than {seconds:g} s", seconds=seconds)
        except (EOFError, OSError):
            why = text("the converter broke off: the file is damaged, or needs too much memory")
        except BaseException:
            self.stop()  # what is on its way would be taken for the answer to the next job
            raise
        self.stop()
        return unfit("fit-failed", why, _ODD)

    def stop(self) -> None:
        if self.process and self.pipe:
            self.pipe.close()
            self.process.kill()
            self.process.join()
        self.process = self.pipe = None

    def _start(self) -> Connection:
        self.stop()
        spawning = multiprocessing.get_context("spawn")
        here, there = spawning.Pipe()
        self.process = spawning.Process(target=_serve, args=(there,), name="fit", daemon=True)
        self.process.start()
        there.close()
        self.pipe = here
        return here


_ODD = text("open it in the program that made it, and save it anew")


def _serve(pipe: Connection) -> None:
    """Converts what comes through the pipe until it is closed, in a process that has nothing else to do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _bound_memory()
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - the libraries' own complaints, as numbers of a descriptor
        os.dup2(nowhere.fileno(), 2)
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # the bound of open_picture stands in its place
    with suppress(EOFError, OSError):
        while True:
            job: Job = pipe.recv()
            pipe.send(_answer(job))


def _answer(job: Job) -> Made | Unfit:
    from wxsync.fit.picturing import fit_picture

    try:
        return fit_picture(*job)
    except Unfit as error:
        return error
    except MemoryError:
        return unfit("fit-failed", text("the conversion needs too much memory"), text("save it with fewer pixels"))
    except Exception as error:  # noqa: BLE001 - a decoder fails in many ways on bytes from anywhere
        reason = " ".join(str(error).split())[:200]
        return unfit("fit-failed", text("the picture cannot be decoded: {reason}", reason=reason), _ODD)


def _bound_memory() -> None:
    if sys.platform != "win32":
        import resource

        with suppress(ValueError, OSError):
            _soft, hard = resource.getrlimit(resource.RLIMIT_AS)
            most = MOST_MEMORY if hard == resource.RLIM_INFINITY else min(MOST_MEMORY, hard)
            resource.setrlimit(resource.RLIMIT_AS, (most, hard))
