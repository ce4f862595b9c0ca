"""Shows how uploads go on: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from wxsync.cli.options import Settings
from wxsync.cli.status import is_watched
from wxsync.executor import Event, Finished, Started
from wxsync.model import Change, Outcome
from wxsync.render.folding import MOST_ROWS
from wxsync.render.rows import OUTCOMES
from wxsync.results import Result
from wxsync.words import Text, human_size, say, share, text, visible, width

if TYPE_CHECKING:
    import rich.progress


class Progress:
    """Tells of uploads on standard error; silent where the settings are quiet or nothing is uploaded.

    On a terminal it is a bar, elsewhere a line for each file, or for every tenth of many. What was skipped is told at
    the end, once for each reason.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._bar: rich.progress.Progress | None = None
        self._task: rich.progress.TaskID | None = None
        self._total = self._total_bytes = 0
        # Counted on from one to the next: a line for each of many files must not cost more the more there are.
        self._finished: dict[str, Outcome] = {}
        self._finished_bytes = self._failed = 0
        self._started = 0.0

    def start(self, uploads: Sequence[Change]) -> None:
        """Begins to count, once it is known what is sent."""
        self._total, self._total_bytes = len(uploads), sum(change.sent_bytes for change in uploads)
        self._started = time.monotonic()
        if uploads and is_watched(self._settings):
            self._bar = _bar(color=self._settings.colored(sys.stderr))
            self._task = self._bar.add_task(say(text("uploading")), total=self._total_bytes)
            self._bar.start()

    def sees(self, event: Event) -> None:
        """Takes what the executor tells."""
        if isinstance(event, Started) and self._bar and self._task is not None:
            self._bar.update(self._task, description=self._line(event.change.name))
        if not isinstance(event, Finished) or not event.result.change.action.uploads:
            return
        result = event.result
        self._counts(result)
        if self._bar and self._task is not None:
            self._bar.update(self._task, advance=result.change.sent_bytes, description=self._line(result.change.name))
        if result.outcome in (Outcome.FAILED, Outcome.UNKNOWN):
            self.says(self._numbered(result))
        elif self._bar is None and result.outcome is Outcome.DONE:
            self._says_done(result)

    def _counts(self, result: Result) -> None:
        """Count a file once, by what became of it in the end: it may be sent again."""
        before = self._finished.get(result.change.name)
        self._finished[result.change.name] = result.outcome
        self._finished_bytes += 0 if before else result.change.sent_bytes
        self._failed += (result.outcome is Outcome.FAILED) - (before is Outcome.FAILED)

    def _says_done(self, result: Result) -> None:
        total, done = self._total, len(self._finished)
        step = max(1, total // 10)
        if total <= MOST_ROWS or self._settings.verbose:
            self.says(self._numbered(result))
        elif done % step == 0 or done == total:
            self.says(self._line(""))

    def _numbered(self, result: Result) -> Text:
        done, total = len(self._finished), self._total
        return text("[{finished}/{total}] {what}", finished=done, total=total, what=_line(result))

    def _line(self, name: str) -> str:
        """Say how far it is: 57/300 · 1.2/8.4 MiB · 0:12 · 1 failed · name."""
        sent, total = self._finished_bytes, self._total_bytes
        facts = [f"{len(self._finished)}/{self._total}", share(sent, total), self._left(sent, total)]
        facts += [say(text("{count:,} failed", count=self._failed))] if self._failed else []
        told = " · ".join(fact for fact in facts if fact)
        return f"{told} · {self._cropped(visible(name), width(told))}" if name else told

    def _cropped(self, name: str, told: int) -> str:
        """Keep the end of a name, which tells more than its beginning, as far as there is room beside the bar."""
        room = max((self._settings.columns(sys.stderr) or 0) - _BAR_COLUMNS - told - len("  · …"), 8)
        if width(name) <= room:
            return name
        while width(name) > room:
            name = name[1:]
        return f"…{name}"

    def _left(self, sent: int, total: int) -> str:
        """Estimate the time that is left, once a few files are through."""
        if not sent or sent >= total:
            return ""
        seconds = round((time.monotonic() - self._started) * (total - sent) / sent)
        return f"{seconds // 60}:{seconds % 60:02}"

    def says(self, message: str) -> None:
        """Says something above the bar, or as a line."""
        if self._bar:
            self._bar.console.print(visible(say(message)), markup=False, highlight=False)
        else:
            self._settings.note(message)

    def traces(self, message: str) -> None:
        """Says what only somebody who looks for an error wants to read."""
        if self._settings.verbose:
            self.says(message)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()


def _bar(*, color: bool) -> rich.progress.Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn
    from rich.table import Column

    console = Console(stderr=True, no_color=not color)
    told = TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis"))
    return Progress(BarColumn(bar_width=_BAR_COLUMNS), told, console=console, transient=True)


_BAR_COLUMNS = 16


def _line(result: Result) -> Text:
    name, size, error = result.change.name, human_size(result.change.sent_bytes), result.error
    if result.outcome is Outcome.DONE:
        return text("uploaded {name} ({size}, {seconds:.1f} s)", name=name, size=size, seconds=result.seconds)
    outcome = OUTCOMES[result.outcome]
    return text(
        "{outcome}: {name} ({size}): {why}", outcome=outcome, name=name, size=size, why=error.message if error else ""
    )
