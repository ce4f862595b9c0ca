"""Does what a plan says and decides nothing; threads live here.

Workers send files and write the journal; whoever iterates over apply_plan gets every event in one thread.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from wxsync.errors import CallFailed, Halted, InvalidInput, OutcomeUnknown
from wxsync.model import Change, Failure, Fingerprint, Outcome, Plan, Record, Remedy, Unconfirmed, Upload, Uploaded
from wxsync.results import Result
from wxsync.words import reason_of, text

# After this many lost answers in a row something is wrong between here and WeChat: each one is a doubt for later.
_LOST_IN_A_ROW = 3
# How late an event may be told.
_GLANCE_SECONDS = 0.05
# For so many files that are being sent, one more is read meanwhile, or its answer is brought to the disk.
_PLACES_FOR_A_SPARE = 4


class Remote(Protocol):
    """What an apply needs of WeChat."""

    def upload(self, upload: Upload) -> Uploaded:
        """Send one file; raises CallFailed."""


class Memory(Protocol):
    """What an apply needs of a journal: when a method returns, its word is on the disk."""

    def intend(self, intent: Unconfirmed) -> None:
        """Say that an upload is about to be sent."""

    def done(self, name: str, record: Record) -> None:
        """Say that an upload was answered."""

    def refused(self, intent: Unconfirmed) -> None:
        """Say that an upload certainly did not happen."""


class Started(Struct, frozen=True):
    """A file is being sent."""

    change: Change


class Finished(Struct, frozen=True):
    """What became of a change."""

    result: Result


class Tick(Struct, frozen=True):
    """Time has passed."""


Event = Started | Finished | Tick
Say = Callable[[Event], None]
Place = AbstractContextManager[object]
"""Held from before a file's intent is written until its request is answered."""
Work = Callable[[Say, Place], None]


class Pool(Protocol):
    """Runs works side by side, at most `jobs` of them on a place: `in_threads`, or an order that a simulation plays."""

    def __call__(self, works: Iterable[Work], *, jobs: int, tick: float) -> Iterator[Event]:
        """Do the works and yield what they say, a Tick where they say nothing for `tick` seconds; raises what one does.

        Whoever closes the iterator early lets nothing new begin.
        """


class Limits(Struct, frozen=True):
    """The bounds of a run: how many files at once, and how many at all (None: no bound)."""

    jobs: int = 4
    uploads: int | None = None


def in_threads(works: Iterable[Work], *, jobs: int, tick: float) -> Iterator[Event]:
    """Do works in threads, a few more than there are places: while some wait for WeChat, others wait for the disk.

    What it yields and raises, Pool says.
    """
    count = jobs + jobs // _PLACES_FOR_A_SPARE
    shift = _Shift(iter(works), count, threading.Semaphore(jobs))
    with ThreadPoolExecutor(max_workers=count, thread_name_prefix="upload") as threads:
        for _ in range(count):
            threads.submit(shift.work)
        try:
            heard = time.monotonic()
            while not shift.is_over:
                # Whoever listened all the time would be woken by each of them, which costs more than what they say.
                shift.over.wait(min(tick, _GLANCE_SECONDS))
                yield from (events := shift.heard())
                if events:
                    heard = time.monotonic()
                elif time.monotonic() - heard >= tick:
                    heard = time.monotonic()
                    yield Tick()
        finally:
            # Reached early only where a worker or the reader of the events failed: nothing more may begin.
            shift.ends = True


@dataclass(slots=True)
class _Shift:
    """What the threads of a pool share: the works that wait, of which each takes the next, and what they said."""

    works: Iterator[Work]
    left: int
    places: Place
    ends: bool = False
    error: BaseException | None = None
    said: deque[Event] = field(default_factory=deque)
    turn: threading.Lock = field(default_factory=threading.Lock)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def is_over(self) -> bool:
        """Whether every thread is through, and all that was said is heard."""
        return self.over.is_set() and not self.said and not self.error

    def work(self) -> None:
        """Do one work after the other."""
        try:
            while work := self._next():
                work(self.said.append, self.places)
        except BaseException as error:  # noqa: BLE001 - raised again where the events are read
            self.error, self.ends = error, True
            self.over.set()
        finally:
            with self.turn:
                self.left -= 1
            if not self.left:
                self.over.set()

    def _next(self) -> Work | None:
        with self.turn:
            return None if self.ends else next(self.works, None)

    def heard(self) -> list[Event]:
        """Take what was said since; raises what a work raised."""
        events = [self.said.popleft() for _ in range(len(self.said))]
        if self.error and not events:
            raise self.error
        return events


def apply_plan(
    plan: Plan,
    *,
    remote: Remote,
    read: Callable[[Change], bytes],
    memory: Memory,
    limits: Limits,
    stop: threading.Event,
    now: Callable[[], str],
    tick: float = 0.5,
    pool: Pool = in_threads,
) -> Iterator[Event]:
    """Do the pending changes of a plan and yield what happens, a Tick at least every `tick` seconds.

    `read` gives the bytes of a change's file and raises InvalidInput where they are no longer those that were planned.
    Once `stop` is set nothing new starts, what runs is finished, and the rest is skipped.
    """
    uploads = plan.uploads
    sent = uploads if limits.uploads is None else uploads[: limits.uploads]
    run = _Run(remote, read, memory, stop, now)
    shared = frozenset(one.after.fingerprint for one in plan.pending if one.after and not one.action.uploads)
    outcomes: dict[Fingerprint, Result] = {}
    works = (partial(_work, change, run) for change in sent)
    events = pool(works, jobs=min(limits.jobs, len(sent)), tick=tick) if sent else ()
    try:
        for event in events:
            if isinstance(event, Finished):
                _note(event.result, shared, outcomes)
            yield event
    except BaseException:
        run.halt(_INTERRUPTED)  # nor may begin what waits for a place, whoever stopped listening
        raise
    for change in uploads[len(sent) :]:
        result = _skipped(change, _BOUND)
        _note(result, shared, outcomes)
        yield Finished(result)
    for change in plan.pending:
        if not change.action.uploads:
            yield Finished(_settle_without_upload(change, outcomes))


@dataclass(slots=True)
class _Run:
    """What the workers of one run share."""

    remote: Remote
    read: Callable[[Change], bytes]
    memory: Memory
    stop: threading.Event
    now: Callable[[], str]
    halted: Failure | None = None
    lost_in_a_row: int = 0

    def halt(self, failure: Failure) -> None:
        """Let nothing new start; the first reason stands."""
        self.halted = self.halted or failure

    def why_not(self, change: Change) -> Result | None:
        """Return the result of a change that may not start any more."""
        reason = _INTERRUPTED if self.stop.is_set() else self.halted
        return _skipped(change, reason) if reason else None

    def ask(self, upload: Upload) -> Uploaded | CallFailed:
        """Send a file, and take what stands against the next ones to heed before one of them may start."""
        try:
            uploaded = self.remote.upload(upload)
        except CallFailed as error:
            self.lost_in_a_row += isinstance(error, OutcomeUnknown)
            if isinstance(error, Halted):
                self.halt(error.failure)
            elif self.lost_in_a_row >= _LOST_IN_A_ROW:
                self.halt(_LOST)
            return error
        self.lost_in_a_row = 0
        return uploaded


_BOUND = Failure("max-uploads", text("--max-uploads is reached"), text("run apply again for the rest"), Remedy.TIME)
_LOST = Failure(
    "answers-lost",
    text("{count} answers in a row were lost, so nothing new was started", count=_LOST_IN_A_ROW),
    text("run apply again later; it looks for what is in doubt first"),
    Remedy.TIME,
)
_INTERRUPTED = Failure(
    "interrupted", text("the run was interrupted"), text("run apply again for the rest"), Remedy.TIME
)


def _work(change: Change, run: _Run, say: Say, place: Place) -> None:
    try:
        result = run.why_not(change) or _send(change, run, say, place)
    except BaseException:
        run.halt(_INTERRUPTED)  # a defect of ours: nothing more may begin
        raise
    say(Finished(result))


def _send(change: Change, run: _Run, say: Say, place: Place) -> Result:
    after = change.after
    assert after is not None
    assert after.uploaded_as is not None
    try:
        content = run.read(change)
    except InvalidInput as error:
        return _failed(change, Failure(error.problems[0].code, error.message, error.problems[0].hint, Remedy.FILE))
    upload = Upload(after.type, content, after.uploaded_as, after.title, after.introduction)
    with place:
        if skipped := run.why_not(change):
            return skipped
        say(Started(change))
        started = time.monotonic()
        intent = Unconfirmed(change.name, after.type, after.sha256, after.uploaded_as, run.now())
        try:
            run.memory.intend(intent)
        except OSError as error:
            run.halt(_disk(error))
            return _skipped(change, _disk(error))
        answer = run.ask(upload)
    seconds = round(time.monotonic() - started, 3)
    if isinstance(answer, CallFailed):
        return replace(_unanswered(change, intent, answer, run), seconds=seconds)
    return replace(_answered(change, intent, answer, run), seconds=seconds)


def _answered(change: Change, intent: Unconfirmed, uploaded: Uploaded, run: _Run) -> Result:
    assert change.after is not None
    record = replace(
        change.after,
        media_id=uploaded.media_id,
        url=uploaded.url,
        uploaded_as=uploaded.uploaded_as or change.after.uploaded_as,
        uploaded_at=run.now(),
    )
    failure = None
    try:
        run.memory.done(change.name, record)
    except OSError as error:
        failure = _disk(error)
        run.halt(failure)  # this id goes on towards the lock, in memory; nothing more may be uploaded
    return Result(change, Outcome.DONE, record, attempts=uploaded.attempts, error=failure, unconfirmed=intent)


def _unanswered(change: Change, intent: Unconfirmed, error: CallFailed, run: _Run) -> Result:
    if isinstance(error, OutcomeUnknown):
        # Pauses and further attempts may lie between the intent and the request whose answer was lost.
        lost = replace(intent, sent_at=run.now())
        return Result(change, Outcome.UNKNOWN, None, error.attempts, error=error.failure, unconfirmed=lost)
    try:
        run.memory.refused(intent)
    except OSError as disk:
        run.halt(_disk(disk))
    return Result(change, Outcome.FAILED, None, error.attempts, error=error.failure, unconfirmed=intent)


def _note(result: Result, shared: Collection[Fingerprint], outcomes: dict[Fingerprint, Result]) -> None:
    """Keep a result that others share."""
    after = result.change.after
    if shared and after and after.fingerprint in shared:
        outcomes.setdefault(after.fingerprint, result)


def _settle_without_upload(change: Change, outcomes: Mapping[Fingerprint, Result]) -> Result:
    after = change.after
    if after is None or after.media_id or after.url:
        return Result(change, Outcome.DONE, after)
    source = outcomes.get(after.fingerprint)
    if source and source.record:
        return Result(change, Outcome.DONE, replace(source.record, path=change.path))
    remedy = source.error.remedy if source and source.error else Remedy.TIME
    message = text("{name} shares an upload that was not made", name=change.name)
    return _skipped(change, Failure("source-not-uploaded", message, text("mend the one that it shares first"), remedy))


def _failed(change: Change, failure: Failure) -> Result:
    return Result(change, Outcome.FAILED, error=failure)


def _skipped(change: Change, failure: Failure) -> Result:
    return Result(change, Outcome.SKIPPED, error=failure)


def _disk(error: OSError) -> Failure:
    return Failure(
        "disk",
        text("the journal cannot be written: {why}", why=reason_of(error)),
        text("free some space or make the folder writable, then run apply again"),
        Remedy.PERSON,
    )
