"""Starts real wxsync processes that die, fill up or are interrupted at a chosen step, without a hook in the product.

`Launcher` starts one Python that has imported everything, and asks it to fork for each run: a start costs
milliseconds, not a third of a second. The child counts what it does to the disk and to the network, from outside: it
wraps the functions of the standard library before `python -m wxsync` begins.
"""

from __future__ import annotations

import errno
import functools
import importlib
import io
import json
import os
import re
import resource
import runpy
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).parent.parent.parent
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


@dataclass(frozen=True, slots=True)
class Fault:
    """Says what befalls a run at a step: `at` is its number, from 1, or its name, such as `write run.journal#3`.

    `deed` is the name of a signal that it gets, `full` (no file may grow beyond `value` bytes, nor be written there),
    `no-sync` (every fsync from there on fails with EIO) or `tell` (no fault: all steps are printed).
    """

    deed: str
    at: int | str = 1
    value: int = 0


@dataclass(frozen=True, slots=True)
class Launch:
    """Holds one run: its arguments, its variables, and what befalls it; answers are awaited for `read_seconds`."""

    arguments: tuple[str, ...]
    environ: Mapping[str, str]
    faults: tuple[Fault, ...] = ()
    read_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """Holds how a process ended: its exit code, or the number of the signal that killed it, below zero."""

    code: int
    said: str
    pid: int

    @property
    def was_killed(self) -> bool:
        if sys.platform == "win32":
            raise NotImplementedError
        return self.code == -signal.SIGKILL


class Launcher:
    """Keeps a Python at hand that forks; processes that are asked for together run side by side."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.launcher"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=ROOT,
        )

    def run(self, *launches: Launch) -> list[Ended]:
        """Runs these at once and gives how each ended."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([asdict(one) for one in launches]) + "\n")
        self._process.stdin.flush()
        return [Ended(**one) for one in json.loads(self._process.stdout.readline())]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()


def main() -> None:
    """Forks for each line of standard input and answers with how the children ended."""
    _import_everything()
    for line in sys.stdin:
        launches = [_launch(one) for one in json.loads(line)]
        begun = [_begin(one) for one in launches]
        print(json.dumps([asdict(_end(*one)) for one in begun]), flush=True)


def _import_everything() -> None:
    for name in ("cli.apply", "cli.progress", "workflow.apply", "wechat.client", "render", "media", "schemas"):
        importlib.import_module(f"wxsync.{name}")
    for name in ("filelock", "glob", "jsonschema", "rich.progress"):
        importlib.import_module(name)


def _launch(said: Any) -> Launch:
    faults = tuple(Fault(**one) for one in said.pop("faults"))
    return Launch(tuple(said.pop("arguments")), faults=faults, **said)


def _begin(launch: Launch) -> tuple[int, int]:
    if sys.platform == "win32":
        raise NotImplementedError
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, reading
    os.close(reading)
    # The output goes through a pipe: a limit on files does not touch it.
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, place in ((nothing, 0), (writing, 1), (writing, 2)):
        os.dup2(descriptor, place)
    # Standard error has no buffer, so what a run said is not killed with it.
    sys.stdout, sys.stderr = os.fdopen(1, "w"), io.TextIOWrapper(io.FileIO(2, "w"), write_through=True)
    os.environ.update(launch.environ)
    code = 1
    try:
        _run(launch)
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        _flush()
        os._exit(code)


def _end(pid: int, reading: int) -> Ended:
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode(errors="replace")
    _pid, status = os.waitpid(pid, 0)
    return Ended(os.waitstatus_to_exitcode(status), said, pid)


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()


def _run(launch: Launch) -> None:
    if launch.read_seconds is not None:
        from wxsync.wechat.transport import Transport

        assert Transport.__init__.__kwdefaults__
        Transport.__init__.__kwdefaults__["read_seconds"] = launch.read_seconds
    _wrap(_Steps(launch.faults))
    sys.argv = ["wxsync", *launch.arguments]
    runpy.run_module("wxsync", run_name="__main__")


class _Steps:
    """Counts the steps of a process, from any of its threads, and does the deeds when their time has come."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self._faults = faults
        self._counting = threading.Lock()
        self._taken = 0
        self._named = Counter[str]()
        self.files: dict[int, str] = {}
        self.syncs_fail = False

    def take(self, name: str) -> None:
        with self._counting:
            self._taken += 1
            self._named[name] += 1
            places = (self._taken, f"{name}#{self._named[name]}")
        for fault in self._faults:
            if fault.deed == "tell":
                print(*places, flush=True)
            elif fault.at in places:
                self._do(fault)

    def _do(self, fault: Fault) -> None:
        if sys.platform == "win32":
            raise NotImplementedError
        if fault.deed == "full":
            resource.setrlimit(resource.RLIMIT_FSIZE, (fault.value, fault.value))
        elif fault.deed == "no-sync":
            self.syncs_fail = True
        else:
            os.kill(os.getpid(), signal.Signals[fault.deed])


def _wrap(steps: _Steps) -> None:
    """Makes everything that outlives a process a step: before it happens and, where that differs, in its midst."""
    for name in ("write", "pwrite", "replace", "rename", "unlink", "mkdir", "ftruncate", "truncate", "link", "chmod"):
        setattr(os, name, _counted(steps, name, getattr(os, name)))
    setattr(os, "fsync", _syncing(steps, os.fsync))  # noqa: B010 - an assignment would want the signature to the letter
    os.open = _opening(steps, os.open, lambda _path, flags, *_: bool(flags & _WRITES))
    io.open = _opening(steps, io.open, lambda _path, mode="r", *_: set(mode) & set("wxa+"))
    for name in ("connect", "recv_into"):
        setattr(socket.socket, name, _counted(steps, name, getattr(socket.socket, name)))
    socket.socket.sendall = _sending(steps, socket.socket.sendall)  # type: ignore[method-assign]


def _counted(steps: _Steps, name: str, do: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(do)
    def counted(*arguments: Any, **named: Any) -> Any:
        steps.take(name + _told(steps, arguments[0]))
        return do(*arguments, **named)

    return counted


def _syncing(steps: _Steps, do: Callable[[int], None]) -> Callable[[int], None]:
    def syncing(descriptor: int) -> None:
        steps.take("fsync" + _told(steps, descriptor))
        if steps.syncs_fail:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        do(descriptor)

    return syncing


def _opening(steps: _Steps, do: Callable[..., Any], writes: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(do)
    def opening(*arguments: Any, **named: Any) -> Any:
        name = _told(steps, arguments[0])
        if writes(*arguments):
            steps.take("open" + name)
        opened = do(*arguments, **named)
        steps.files[opened if isinstance(opened, int) else opened.fileno()] = name
        if writes(*arguments):
            steps.take("opened" + name)  # an empty file is there, and what io.open writes goes past us
        return opened

    return opening


def _sending(steps: _Steps, do: Callable[..., None]) -> Callable[..., None]:
    def sending(connection: socket.socket, data: bytes, *flags: int) -> None:
        steps.take("send")
        do(connection, data[: len(data) // 2], *flags)
        steps.take("send the other half")
        do(connection, data[len(data) // 2 :], *flags)

    return sending


def _told(steps: _Steps, what: Any) -> str:
    """Names a file by its path or descriptor, without what is drawn by chance for each run."""
    if isinstance(what, (str, os.PathLike)):
        return " " + re.sub(r"\.[0-9a-f]{8}\.", ".*.", Path(what).name)
    return steps.files.get(what, "") if isinstance(what, int) else ""


if __name__ == "__main__":
    main()
