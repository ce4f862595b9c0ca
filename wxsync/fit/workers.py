"""Converts pictures in processes of their own: what a hostile file does to a decoder happens to that file alone."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from wxsync.fit.made import Made, Unfit, unfit
from wxsync.fit.serving import ODD, answer_from, read_message, write_message
from wxsync.media import Format
from wxsync.model import MaterialType
from wxsync.words import Text, text

MOST_SECONDS = 120.0
"""What one picture may take; the largest photograph takes some ten seconds."""

# It imports from where this process does, and never from the folder that it runs in, which is anybody's.
_START = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from wxsync.fit.serving import serve; serve()"


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
    _all: tuple[_Worker, ...] = ()
    _is_stopped: bool = False

    def __post_init__(self) -> None:
        self._all = tuple(_Worker() for _ in range(self.count))
        for worker in self._all:
            self._idle.put(worker)

    def stop(self) -> None:
        """Ends the processes at once; what they were at is refused, and nothing more is converted."""
        self._is_stopped = True
        for worker in self._all:
            worker.kill()
        for worker in [self._idle.get() for _ in self._all]:
            worker.end()
            self._idle.put(worker)

    def fit(self, job: Job) -> Made:
        """Converts a picture as soon as a process is idle; raises Unfit."""
        worker = self._idle.get()
        try:
            answer = worker.fit(job, self.seconds) if not self._is_stopped else _STOPPED
        finally:
            self._idle.put(worker)
        if isinstance(answer, Unfit):
            raise answer
        return answer


_STOPPED = unfit("fit-failed", text("the conversion was interrupted"), text("run the command again"))


@dataclass(slots=True)
class _Worker:
    """Holds a process; it belongs to one thread at a time, but for `kill`."""

    process: subprocess.Popen[bytes] | None = None

    def fit(self, job: Job, seconds: float) -> Made | Unfit:
        process = self.process or self._start()
        is_late = threading.Event()

        def ring() -> None:
            is_late.set()
            process.kill()

        clock = threading.Timer(seconds, ring)
        clock.daemon = True
        clock.start()
        try:
            assert process.stdin
            assert process.stdout
            write_message(process.stdin, {"found": job.found, "type": job.material_type}, job.content)  # type: ignore[arg-type]
            return answer_from(*read_message(process.stdout))  # type: ignore[arg-type]
        except (EOFError, OSError, ValueError, KeyError, TypeError):
            self.end()
            return unfit("fit-failed", _why(seconds, is_late=is_late.is_set()), ODD)
        finally:
            clock.cancel()

    def kill(self) -> None:
        """Ends the process, from any thread; whoever waits for it learns that it broke off."""
        process = self.process
        if process:
            process.kill()
            process.wait()

    def end(self) -> None:
        """Lets go of the process."""
        process, self.process = self.process, None
        if process:
            process.kill()
            with suppress(OSError), process:
                pass  # closes the pipes and waits

    def _start(self) -> subprocess.Popen[bytes]:
        paths = json.dumps([str(Path(entry).resolve()) for entry in sys.path if entry])
        self.process = subprocess.Popen(  # noqa: S603 - this very interpreter, and nothing of anybody else's
            [sys.executable, "-P", "-c", _START, paths],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        return self.process


def _why(seconds: float, *, is_late: bool) -> Text:
    if is_late:
        return text("the conversion took more than {seconds:g} s", seconds=seconds)
    return text("the converter broke off: the file is damaged, or needs too much memory")
