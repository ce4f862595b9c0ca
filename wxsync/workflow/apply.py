"""Does a plan: sends what is new or changed, and brings what was learnt into the lock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from wxsync.errors import Conflict, InvalidInput, PersonNeeded
from wxsync.executor import Event, Finished, Limits, Remote, apply_plan
from wxsync.files import only_run, read_inside, state_folder
from wxsync.journal import Journal, clear_journal, read_journal
from wxsync.model import Change, Lock, Material, Plan, Problem, Report, Upload, Uploaded
from wxsync.planner import fold_journal, misfits, utc
from wxsync.wechat import WeChat, connect, read_credentials
from wxsync.workflow.ledger import Ledger
from wxsync.workflow.look import Look, for_a_person, look, sent_times, settle
from wxsync.workflow.plan import Planned, PlanOptions, plan_with
from wxsync.workflow.project import STATE, Choice, Project, lock_of, open_project
from wxsync.workflow.survey import digest_of

if TYPE_CHECKING:
    from wxsync.sandbox import Sandbox


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """Holds how an apply is to be done; `saved` is a plan that was reviewed, `settle` counts seconds."""

    plan: PlanOptions = PlanOptions()
    saved: Plan | None = None
    limits: Limits = Limits()
    look: Look = Look.AUTO
    settle: float = 90.0
    locked: bool = False
    force: bool = False


@dataclass(frozen=True, slots=True)
class Watcher:
    """Holds how an apply talks to whoever started it; `agrees` is asked once, before anything is done."""

    agrees: Callable[[Planned], bool]
    sees: Callable[[Event], None] = lambda _event: None
    says: Callable[[str], None] = lambda _message: None
    stop: threading.Event = field(default_factory=threading.Event)
    clock: Callable[[], float] = time.time


class NotAgreed(Exception):
    """Says that whoever was asked did not want the plan to be done."""


class WouldUpload(Exception):
    """Says that a locked apply found something to upload."""

    def __init__(self, planned: Planned) -> None:
        super().__init__("something would be uploaded")
        self.planned = planned


def apply(choice: Choice, options: ApplyOptions, watcher: Watcher) -> Report:
    """Does what a plan says and gives what became of every change.

    When it returns or raises, every media_id that WeChat told is in the lock, or in the journal that the next run
    reads. Raises InvalidInput, Conflict, NotAgreed and WouldUpload before anything is sent.
    """
    project = open_project(choice)
    with only_run(_state(project), "wxsync apply"):
        lock = recover(project, now=utc(watcher.clock()))
        project = replace(project, appid=project.appid or (lock.account if lock else None))
        planned = _reviewed(plan_with(project, lock, options.plan), options)
        _hold_rails(planned, options)
        if planned.plan.uploads:
            with remote_of(choice, project, options.limits, watcher) as remote:
                return _with_sending(planned, remote, options, watcher)
        _ask(planned, watcher)
        return _carry_out(planned, _Unused(), options, watcher) if planned.plan.pending else _nothing(planned)


def _with_sending(planned: Planned, remote: WeChat, options: ApplyOptions, watcher: Watcher) -> Report:
    def again() -> tuple[Material, ...]:
        return look(remote, planned.lock, planned.plan, options.look)

    def doubted(observed: tuple[Material, ...]) -> list[float]:
        return sent_times(planned.again(observed).plan, planned.lock)

    observed = settle(again, doubted, seconds=options.settle, clock=watcher.clock, pause=watcher.stop.wait)
    planned = _reviewed(planned.again(observed), options)
    held_back = for_a_person(planned.plan, planned.lock, observed, options.plan.renew)
    held_names = {result.change.name for result in held_back}
    _ask(planned, watcher)
    goes_on = tuple(change for change in planned.plan.changes if change.name not in held_names)
    report = _carry_out(replace(planned, plan=replace(planned.plan, changes=goes_on)), remote, options, watcher)
    return Report(report.account, tuple(sorted((*report.results, *held_back), key=lambda one: one.change.name)))


def _carry_out(planned: Planned, remote: Remote, options: ApplyOptions, watcher: Watcher) -> Report:
    project, account = planned.project, planned.plan.account
    assert account is not None
    ledger = Ledger(project.lock_file, planned.lock, account, clock=watcher.clock)
    results = []
    with Journal(project.journal_file, account=account) as journal:
        for event in apply_plan(
            planned.plan,
            remote=remote,
            read=lambda change: _read(project, change),
            memory=journal,
            limits=options.limits,
            stop=watcher.stop,
            now=lambda: utc(watcher.clock()),
        ):
            if isinstance(event, Finished):
                results.append(event.result)
                ledger.add(event.result)
            ledger.write_if_due()
            watcher.sees(event)
    ledger.write()
    clear_journal(project.journal_file)
    return Report(account, tuple(sorted(results, key=lambda result: result.change.name)))


def recover(project: Project, *, now: str) -> Lock | None:
    """Reads the lock and brings into it what a run that was cut off left in its journal."""
    lock = lock_of(project)
    journal = read_journal(project.journal_file)
    account = (lock.account if lock else None) or journal.account
    if account is None:
        return lock
    if journal.account and project.appid and journal.account != project.appid:
        raise Conflict(
            f"an earlier run for account {journal.account} was cut off, this run is for {project.appid}",
            hint="run apply for that account first, so that its ids reach its lock",
        )
    folded = fold_journal(lock or Lock(account), journal.done, journal.doubts, at=now)
    if journal.done or journal.doubts:
        Ledger(project.lock_file, lock, account).write(folded)
    clear_journal(project.journal_file)
    return folded if lock or journal.done or journal.doubts else None


@contextmanager
def remote_of(choice: Choice, project: Project, limits: Limits, watcher: Watcher) -> Iterator[WeChat]:
    """Opens the way to WeChat: the embedded sandbox, or what the environment says."""
    with ExitStack() as stack:
        environ: Mapping[str, str] = choice.environ
        if project.sandbox:
            sandbox = stack.enter_context(_sandbox(project))
            environ = {
                "WXSYNC_APPID": sandbox.appid,
                "WXSYNC_SECRET": sandbox.secret,
                "WXSYNC_API_BASE": sandbox.url,
            }
        name, appid = (project.account.name, project.account.appid) if project.account else (None, None)
        credentials = read_credentials(environ, account=name, appid=appid)
        yield stack.enter_context(
            connect(credentials, jobs=limits.jobs, pause=watcher.stop.wait, on_retry=watcher.says)
        )


def _sandbox(project: Project) -> Sandbox:
    from wxsync.sandbox import serve

    return serve(state=project.manifest.root / STATE / "sandbox.db")


def _ask(planned: Planned, watcher: Watcher) -> None:
    if planned.plan.pending and not watcher.agrees(planned):
        raise NotAgreed


def _nothing(planned: Planned) -> Report:
    return Report(planned.plan.account or "", ())


def _reviewed(planned: Planned, options: ApplyOptions) -> Planned:
    if options.saved is None:
        return planned
    reasons = misfits(options.saved, planned.plan)
    if reasons:
        raise Conflict(
            "the plan no longer fits, nothing was sent:\n" + "\n".join(f"  {reason}" for reason in reasons),
            hint="make a new plan and have it reviewed",
        )
    names = {change.name for change in options.saved.pending}
    chosen = tuple(change for change in planned.plan.changes if change.name in names)
    return replace(planned, plan=replace(planned.plan, changes=chosen))


def _hold_rails(planned: Planned, options: ApplyOptions) -> None:
    if options.locked and planned.plan.uploads:
        raise WouldUpload(planned)
    if planned.is_past_rail and not options.force:
        raise Conflict(
            "the plan replaces or retires more than 30 % of the materials in the lock; nothing was sent",
            hint="if that is what you want, run apply with --force",
        )


def _read(project: Project, change: Change) -> bytes:
    try:
        content, _status = read_inside(project.manifest.root, change.path)
    except OSError as error:
        problem = Problem("unreadable", f"{change.path} cannot be read: {error.strerror or error}", name=change.name)
        raise InvalidInput([problem]) from None
    if digest_of(content).sha256 != change.sha256:
        hint = "run apply again to plan with the new file"
        raise InvalidInput([Problem("file-changed", f"{change.path} changed after it was planned", hint)])
    return content


def _state(project: Project) -> Path:
    try:
        return state_folder(project.manifest.root)
    except OSError as error:
        raise PersonNeeded(
            f"{project.manifest.root} cannot be written: {error.strerror}",
            hint="apply keeps its lock and its journal beside the manifest",
        ) from None


class _Unused:
    def upload(self, upload: Upload) -> Uploaded:
        raise AssertionError(f"a plan without uploads was to send {upload.filename}")
