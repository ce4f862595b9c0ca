"""Shows on a terminal, in one line that moves, what a command is waiting for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wxsync.cli.options import Settings
from wxsync.words import say, text, visible

if TYPE_CHECKING:
    from wxsync.project.fitting import Conversion, Converts


def is_watched(settings: Settings) -> bool:
    """Tell whether somebody sees a terminal on which progress can move."""
    return sys.stderr is not None and sys.stderr.isatty() and not settings.quiet


@contextmanager
def converting(settings: Settings) -> Iterator[Converts]:
    """Shows on a terminal which file is being converted, and how many are done; shows nothing elsewhere."""
    if not is_watched(settings):
        yield lambda _conversion: None
        return
    import threading

    from rich.console import Console
    from rich.text import Text as Line

    console = Console(stderr=True, no_color=not settings.colored(sys.stderr))
    status, turn = console.status(""), threading.Lock()
    begun = done = 0

    def hears(conversion: Conversion) -> None:
        nonlocal begun, done
        with turn:
            begun, done = begun + (not conversion.is_done), done + conversion.is_done
            words = text("converting {path}: {done} of {begun} done", path=conversion.path, done=done, begun=begun)
            status.update(Line(visible(say(words))))
            # Whatever comes next, such as a question, needs the line.
            status.stop() if done == begun else status.start()

    try:
        yield hears
    finally:
        status.stop()


@contextmanager
def looking(settings: Settings) -> Iterator[Callable[[int, int], None]]:
    """Shows on a terminal how many drafts were looked at; shows nothing elsewhere."""
    if not is_watched(settings):
        yield lambda _seen, _total: None
        return
    from rich.console import Console

    status = Console(stderr=True, no_color=not settings.colored(sys.stderr)).status("")

    def hears(seen: int, total: int) -> None:
        status.update(say(text("looking at drafts: {seen:,} of {total:,}", seen=seen, total=total)))
        # Whatever comes next, such as a question, needs the line.
        status.stop() if seen >= total else status.start()

    try:
        yield hears
    finally:
        status.stop()
