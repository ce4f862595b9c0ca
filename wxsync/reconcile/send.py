"""Sends in rounds: once, then what lost its answer is looked for, then sent once more where it is not there.

Each round plans again with what WeChat lists, does that plan, and brings the results into the lock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from wxsync.errors import CallFailed, InvalidInput, PersonNeeded
from wxsync.executor import Finished, Limits, Remote, apply_plan, in_threads
from wxsync.files import Inside
from wxsync.journal import Journal, clear_journal
from wxsync.model import Change, Failure, Lock, Outcome, Plan, Problem, Record, Remedy, Upload, Uploaded
from wxsync.planner.fold import fold
from wxsync.planner.naming import utc
from wxsync.project.fitting import kept_for
from wxsync.project.ledger import Ledger
from wxsync.reconcile.look import Look, look, settle, unconfirmed_uploads, unix_seconds
from wxsync.reconcile.planned import Planned, PlanOptions
from wxsync.reconcile.renamed import without_renamed
from wxsync.reconcile.videos import Recognised, held_for_person, recognise
from wxsync.reconcile.watcher import Watcher
from wxsync.results import Result
from wxsync.wechat.client import WeChat
from wxsync.wechat.failures import UNLISTED
from wxsync.words import Text, by_line, listing, reason_of, text


class ApplyOptions(Struct, frozen=True):
    """How an apply is to be done; `saved` is a plan that was reviewed, `settle` counts seconds."""

    plan: PlanOptions = PlanOptions()
    saved: Plan | None = None
    limits: Limits = Limits()
    look: Look = Look.AUTO
    settle: float = 90.0
    locked: bool = False
    force: bool = False


def send(planned: Planned, remote: WeChat, options: ApplyOptions, watcher: Watcher) -> tuple[Planned, list[Result]]:
    """Do a plan that was looked at, and then whatever of it is in doubt; return one result for each change.

    The plan that it gives back holds the lock as it is then.
    """
    planned, results = execute(planned, remote, options, watcher, clock=_clock_of(remote, watcher))
    done = {result.change.name: result for result in results}
    try:
        planned = _settle_lost(planned, done, remote, options, watcher, may_send=True)
        planned = _settle_lost(planned, done, remote, options, watcher, may_send=False)
    except CallFailed as error:
        watcher.says(text("looking for them is impossible: {why}", why=error.message))
    return planned, list(done.values())


def _settle_lost(
    planned: Planned,
    done: dict[str, Result],
    remote: WeChat,
    options: ApplyOptions,
    watcher: Watcher,
    *,
    may_send: bool,
) -> Planned:
    """Look for the uploads whose answer was lost, send those that are not there once more, and put it into `done`.

    Where they may not be sent once more they failed. Raises CallFailed where looking is impossible.
    """
    lost = {name: result for name, result in done.items() if _is_open(result)}
    if not lost or watcher.stop.is_set():
        return planned
    watcher.says(text("looking for uploads whose answer was lost: {names}", names=listing(sorted(lost))))
    planned, settled = adopt_listed(planned.narrowed_to(lost), remote, _patience(options, lost), watcher)
    if watcher.stop.is_set():
        return planned
    settled += _given_up(planned.minus({one.change.name for one in settled}), lost, may_send=may_send)
    planned, results = execute(planned, remote, options, watcher, settled=settled, clock=_clock_of(remote, watcher))
    for result in results:
        attempts = done[result.change.name].attempts + result.attempts
        done[result.change.name] = replace(result, attempts=attempts)
    return planned


def adopt_listed(
    planned: Planned, remote: WeChat, options: ApplyOptions, watcher: Watcher
) -> tuple[Planned, list[Result]]:
    """Plan again with what WeChat lists, waiting for what is in doubt; return too what cannot be told now.

    Of some videos only a person can tell; where nothing may be looked for, nobody can.
    """
    if options.look is Look.NONE:
        return planned, _not_looked_for(planned)

    def again() -> Recognised:
        listed = look(remote, planned.lock, {change.type for change in planned.plan.uploads}, options.look)
        listed = without_renamed(remote, listed, planned.lock, gone=planned.inventory.gone)
        return recognise(remote, (*planned.inventory.observed, *listed), planned.plan, planned.lock)

    def missing(seen: Recognised) -> list[float]:
        if planned.lock is None or not planned.lock.unconfirmed:
            return []
        still = planned.replanned(seen.observed).minus(seen.contested)
        return [unix_seconds(doubt.sent_at) for doubt in unconfirmed_uploads(still.plan, still.lock).values()]

    def pause(seconds: float) -> bool:
        watcher.says(
            text("an upload whose answer was lost is not listed yet: looking again in {seconds:.0f} s", seconds=seconds)
        )
        return watcher.waits(seconds)

    seen = settle(again, missing, seconds=options.settle, clock=_clock_of(remote, watcher), pause=pause)
    # A plan of many files takes its time, and two of them twice the room.
    found = planned if seen.observed == planned.inventory.observed else planned.replanned(seen.observed)
    return found, held_for_person(found.plan, found.lock, seen, options.plan.replace)


def execute(
    planned: Planned,
    remote: Remote,
    options: ApplyOptions,
    watcher: Watcher,
    *,
    settled: Collection[Result] = (),
    clock: Callable[[], float] | None = None,
) -> tuple[Planned, list[Result]]:
    """Do what a plan holds beyond the results that are settled already; the lock is on the disk when it returns.

    `clock` is WeChat's, which what is sent is stamped by, so that listings can be compared with it on any machine.
    """
    clock = clock or watcher.clock
    planned = planned.minus({result.change.name for result in settled})
    project, account = planned.project, planned.plan.account
    assert account is not None
    ledger = Ledger[Result](
        project.lock_file,
        planned.lock or Lock(account),
        lambda lock, done: fold(lock, done, at=utc(watcher.clock()), gone=planned.inventory.gone),
        clock=watcher.clock,
        disk=project.disk,
    )
    results = list(settled)
    for result in settled:
        ledger.add(result)
    files = Inside(project.manifest.root)
    moment = lru_cache(maxsize=1)(utc)  # uploads of one second share its text
    with Journal(project.journal_file, account=account, disk=project.disk) as journal:
        for event in apply_plan(
            planned.plan,
            remote=remote,
            read=lambda change: _read(planned, files, change),
            memory=journal,
            limits=options.limits,
            stop=watcher.stop,
            now=lambda: moment(int(clock())),
            pool=watcher.pool or in_threads,
        ):
            if isinstance(event, Finished):
                results.append(event.result)
                ledger.add(event.result)
            ledger.write_if_due()
            watcher.sees(event)
    lock = _written(ledger, results)
    clear_journal(project.journal_file, disk=project.disk)
    return replace(planned, lock=lock), results


def _clock_of(remote: WeChat, watcher: Watcher) -> Callable[[], float]:
    return lambda: remote.now() or watcher.clock()


def _written(ledger: Ledger[Result], results: Collection[Result]) -> Lock:
    try:
        return ledger.write()
    except PersonNeeded as error:
        # Where the journal could not be written either, nothing but these words knows the id.
        lines = (_told(one.change.name, one.record) for one in results if one.record and one.error)
        full = PersonNeeded(by_line([error.message, *lines]), hint=error.hint)
    raise full


def _told(name: str, record: Record) -> Text:
    return text(
        "  {name} was uploaded as {media_id}; the journal is full too, so keep this line",
        name=name,
        media_id=record.media_id or record.url,
    )


class NothingToSend:
    """Stands for WeChat in a run that sends nothing and so needs no credentials."""

    def upload(self, upload: Upload) -> Uploaded:
        """Not called: nothing is sent."""
        raise AssertionError(f"a plan without uploads was to send {upload.filename}")


def _is_open(result: Result) -> bool:
    return result.error is not None and result.error.remedy is Remedy.LOOK


def _is_unlisted(result: Result) -> bool:
    return result.error is not None and result.error.code == UNLISTED


def _patience(options: ApplyOptions, unanswered: Mapping[str, Result]) -> ApplyOptions:
    # A code that no list names says no, only not why: it is looked for once, without waiting.
    return replace(options, settle=0.0) if all(map(_is_unlisted, unanswered.values())) else options


def _not_looked_for(planned: Planned) -> list[Result]:
    unconfirmed = unconfirmed_uploads(planned.plan, planned.lock)
    return [
        Result(change, Outcome.UNKNOWN, error=_UNSEEN, unconfirmed=unconfirmed[change.name])
        for change in planned.plan.uploads
        if change.name in unconfirmed
    ]


_UNSEEN = Failure(
    "not-looked-for",
    text("an earlier upload of it is in doubt, and --look none keeps it from being looked for"),
    text("run apply without --look none"),
    Remedy.LOOK,
)


def _given_up(absent: Planned, unanswered: Mapping[str, Result], *, may_send: bool) -> list[Result]:
    """Return the uploads that are not there and are not sent once more."""
    return [
        Result(
            change,
            Outcome.FAILED,
            error=_absent(unanswered[change.name]),
            unconfirmed=unanswered[change.name].unconfirmed,
        )
        for change in absent.plan.uploads
        if not may_send or _is_unlisted(unanswered[change.name])
    ]


def _absent(result: Result) -> Failure:
    assert result.error is not None
    if _is_unlisted(result):
        return replace(result.error, remedy=Remedy.FILE)
    return Failure(
        "answer-lost",
        text("its answer was lost twice, and it is not in the library: {why}", why=result.error.message),
        text("run apply again later; it looks before it sends"),
        Remedy.TIME,
    )


def _read(planned: Planned, files: Inside, change: Change) -> bytes:
    try:
        content, _status = files.read(change.path)
    except OSError as error:
        message = text("{file} cannot be read: {why}", file=change.path, why=reason_of(error))
        raise InvalidInput([Problem("unreadable", message, text("run apply again"), name=change.name)]) from None
    if hashlib.sha256(content).hexdigest() != change.sha256:
        hint = text("run apply again to plan with the new file")
        raise InvalidInput(
            [Problem("file-changed", text("{file} changed after it was planned", file=change.path), hint)]
        )
    return _as_planned(planned, change) if change.fitted else content


def _as_planned(planned: Planned, change: Change) -> bytes:
    """Return what a file was converted to when it was planned, byte for byte."""
    content = kept_for(planned.project.manifest.root, change.sha256, change.type)
    if content is None or change.fitted is None or hashlib.sha256(content).hexdigest() != change.fitted.sha256:
        message = text("what {file} was converted to is not there any more", file=change.path)
        raise InvalidInput([Problem("fitted-missing", message, text("run apply again"), name=change.name)])
    return content
