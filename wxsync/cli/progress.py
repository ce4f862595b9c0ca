"""Shows how uploads go on: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self

from wxsync.cli.options import Settings
from wxsync.executor import Event, Finished
from wxsync.model import Change, Outcome
from wxsync.project.fitting import Conversion, Converts
from wxsync.render.rows import OUTCOMES
from wxsync.results import Result
from wxsync.words import Text, human_size, say, text, visible

if TYPE_CHECKING:
    import rich.progress


class Progress:
    """Tells of uploads on standard error; silent where the settings are quiet or nothing is uploaded."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._bar: rich.progress.Progress | None = None
        self._task: rich.progress.TaskID | None = None
        self._total = 0
        self._finished: set[str] = set()

    def start(self, uploads: Sequence[Change]) -> None:
        """Begins to count, once it is known what is sent."""
        self._total = len(uploads)
        if uploads and sys.stderr.isatty() and not self._settings.quiet:
            self._bar = _bar(color=self._settings.colored(sys.stderr))
            self._task = self._bar.add_task(say(text("uploading")), total=sum(change.sent_bytes for change in uploads))
            self._bar.start()

    def sees(self, event: Event) -> None:
        """Takes what the executor tells."""
        if not isinstance(event, Finished) or not event.result.change.action.uploads:
            return
        self._finished.add(event.result.change.name)
        if self._bar and self._task is not None:
            self._bar.advance(self._task, event.result.change.sent_bytes)
        if self._bar is None or event.result.outcome is not Outcome.DONE:
            self.says(
                text(
                    "[{finished}/{total}] {what}",
                    finished=len(self._finished),
                    total=self._total,
                    what=_line(event.result),
                )
            )

    def says(self, message: str) -> None:
        """Says something above the bar, or as a line."""
        if self._bar:
            self._bar.console.print(visible(say(message)), markup=False, highlight=False)
        else:
            self._settings.note(message)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()


@contextmanager
def converting(settings: Settings) -> Iterator[Converts]:
    """Shows on a terminal which file is being converted, and how many are done; shows nothing elsewhere."""
    if not sys.stderr.isatty() or settings.quiet:
        yield lambda _conversion: None
        return
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
    if not sys.stderr.isatty() or settings.quiet:
        yield lambda _seen, _total: None
        return
    from rich.console import Console

    with Console(stderr=True, no_color=not settings.colored(sys.stderr)).status("") as status:

        def hears(seen: int, total: int) -> None:
            status.update(say(text("looking at drafts: {seen:,} of {total:,}", seen=seen, total=total)))

        yield hears


def _bar(*, color: bool) -> rich.progress.Progress:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True, no_color=not color)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(binary_units=True), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True)


def _line(result: Result) -> Text:
    name, size, error = result.change.name, human_size(result.change.sent_bytes), result.error
    if result.outcome is Outcome.DONE:
        return text("uploaded {name} ({size}, {seconds:.1f} s)", name=name, size=size, seconds=result.seconds)
    outcome = OUTCOMES[result.outcome]
    return text(
        "{outcome}: {name} ({size}): {why}", outcome=outcome, name=name, size=size, why=error.message if error else ""
    )
