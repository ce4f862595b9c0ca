"""Keeps what shows the uploads of an apply once their files have changed: small pictures, and how long others play."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from itertools import islice
from pathlib import Path

from wxsync.errors import WxsyncError
from wxsync.executor import Event, Finished
from wxsync.model import Outcome, Record
from wxsync.project.contents import sent
from wxsync.project.small_pictures import Small, SmallPictures
from wxsync.results import Report, Result
from wxsync.thumbnails import EDGE, quietly

# What makes pictures and reads recordings is loaded once something is uploaded, while all else waits for WeChat.

# Of how many pictures and of how many recordings an apply keeps something, which is half a second's work: a page that
# is made later keeps all that it shows, and what many files held is in git's history before long.
_MOST_KEPT = 60


@contextmanager
def keeping(root: Path) -> Iterator[Keeping]:
    """Keep something of uploads for as long as an apply runs; what is still to be made when it fails is not made."""
    with ExitStack() as stack:
        yield Keeping(root, stack)


class Keeping:
    """Makes small pictures of what was uploaded while other files are on their way; `save` keeps them.

    It belongs to one thread. What was uploaded is told, whatever becomes of its pictures.
    """

    def __init__(self, root: Path, stack: ExitStack) -> None:
        self._root = root
        self._stack = stack
        self._kept = SmallPictures(root)
        self._threads: ThreadPoolExecutor | None = None
        self._made: dict[str, Future[Small | None]] = {}
        self._seen: set[str] = set()

    def sees(self, event: Event) -> None:
        """Hear what happens, and begin with the picture of what was uploaded."""
        record = _uploaded(event.result) if isinstance(event, Finished) else None
        if record and record.type.is_picture:
            self._begin(record)

    def save(self, report: Report) -> None:
        """Keep the pictures, and of recordings how long they play, for pages that are made later."""
        records = [record for one in report.results if (record := _uploaded(one))]
        for record in records:
            if record.type.is_picture:
                self._begin(record)  # where its upload was found later
        from wxsync.workflow.recordings import keep_lengths

        recordings = (record for record in records if not record.type.is_picture)
        with suppress(WxsyncError):
            for sha256, made in self._made.items():
                if small := made.result():
                    self._kept.put(sha256, EDGE, small)
            keep_lengths(self._root, islice(recordings, _MOST_KEPT), self._kept)
            self._kept.save()

    def _begin(self, record: Record) -> None:
        if record.sha256 in self._seen or len(self._seen) >= _MOST_KEPT:
            return
        self._seen.add(record.sha256)
        # No thread to be had, or a Pillow that does not load: nothing of that may stop the uploads that go on.
        with suppress(WxsyncError, RuntimeError, ImportError, OSError):
            if not self._kept.get(record.sha256, EDGE):
                self._made[record.sha256] = self._pool().submit(_picture, self._root, record)

    def _pool(self) -> ThreadPoolExecutor:
        if not self._threads:
            from wxsync.workflow.previews import THREADS

            self._stack.enter_context(quietly())
            self._threads = ThreadPoolExecutor(THREADS)
            self._stack.callback(self._threads.shutdown, cancel_futures=True)
        return self._threads


def _picture(root: Path, record: Record) -> Small | None:
    from wxsync.workflow.previews import small_of

    return small_of(sent(root, record), EDGE)


def _uploaded(result: Result) -> Record | None:
    is_sent = result.outcome is Outcome.DONE and result.change.action.uploads
    return result.record if is_sent else None
