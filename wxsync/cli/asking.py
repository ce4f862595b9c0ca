"""Asks whoever sits at the terminal, and listens for the signals that end a run."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import click

from wxsync.cli.exits import Exit
from wxsync.cli.options import Settings
from wxsync.words import say, text

yes_option = click.option("--yes", is_flag=True, help="Do not ask; needed where standard input is not a terminal.")


def confirm(question: str) -> bool:
    """Asks a question of yes or no on standard error; Ctrl-C ends the question and raises click.Abort."""
    listening = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return click.confirm(say(question), err=True)
    finally:
        signal.signal(signal.SIGINT, listening)


def ask(question: str, command: str) -> bool:
    """Ask where somebody can be asked; raises UsageProblem elsewhere, when what would be done has been shown."""
    must_be_askable(command)
    return confirm(question)


def can_ask() -> bool:
    """Tell whether somebody can be asked."""
    return sys.stdin is not None and sys.stdin.isatty()


def must_be_askable(command: str) -> None:
    """Raises UsageProblem where nobody can be asked."""
    from wxsync.errors import UsageProblem

    if not can_ask():
        raise UsageProblem(
            text("cannot ask for confirmation: standard input is not a terminal"),
            hint=text("what {command} would do is shown above: run it with --yes", command=command),
        )


@contextmanager
def stopping(stop: threading.Event, settings: Settings, *, finishing: str) -> Iterator[None]:
    """Lets the first SIGINT or SIGTERM end a run in good order; the second one leaves at once."""

    def first(_number: int, _frame: FrameType | None) -> None:
        for number in before:
            signal.signal(number, second)
        stop.set()
        if not settings.quiet:
            # Past Python's streams: the signal may have come while one of them was being written to.
            with suppress(OSError):
                os.write(2, interrupted)

    def second(_number: int, _frame: FrameType | None) -> None:
        # Every answer so far is in the lock or in the synced journal: the next run goes on from there.
        with suppress(Exception):
            settings.leaving()
        os._exit(Exit.INTERRUPTED)

    # Encoded before: a handler should do as little as it can.
    interrupted = (
        say(text("interrupted: finishing {what}; once more to leave at once", what=finishing)) + "\n"
    ).encode()
    before = {number: signal.signal(number, first) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
