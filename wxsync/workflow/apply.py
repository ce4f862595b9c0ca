"""Does a plan: sends what is new or changed, and brings what was learnt into the lock."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from functools import partial

from msgspec.structs import replace

from wxsync.errors import Conflict, NotAgreed
from wxsync.executor import Event
from wxsync.model import Lock, Outcome, Plan, Problem
from wxsync.planner.fit import stale_reasons
from wxsync.planner.naming import utc
from wxsync.planner.recovered import recovered_changes
from wxsync.project.folder import Choice, Project, open_project
from wxsync.project.ledger import must_be_writable
from wxsync.project.recovery import RecoveredState, recover
from wxsync.project.turn import exclusive_run
from wxsync.reconcile.aftermath import reconcile_after
from wxsync.reconcile.capacity import ask_capacity, count, refuse_what_cannot_fit
from wxsync.reconcile.inventory import Inventory
from wxsync.reconcile.look import Look
from wxsync.reconcile.planned import Planned, plan_with
from wxsync.reconcile.refresh import refresh
from wxsync.reconcile.remote import open_remote
from wxsync.reconcile.send import ApplyOptions, NothingToSend, adopt_listed, execute, send
from wxsync.reconcile.watcher import Watcher
from wxsync.results import Report, Result
from wxsync.wechat.client import WeChat
from wxsync.words import Text, by_line, text
from wxsync.workflow.keeping import keeping

Connect = Callable[[], AbstractContextManager[WeChat]]
"""Opens the way to WeChat."""


Agrees = Callable[[Plan, tuple[Problem, ...]], bool]
"""Asked once, with the plan and the warnings, before anything is sent or written."""


class WouldUpload(Exception):
    """Raised where a locked apply found something to upload."""

    def __init__(self, plan: Plan) -> None:
        super().__init__("something would be uploaded")
        self.plan = plan


def apply(
    choice: Choice,
    options: ApplyOptions,
    watcher: Watcher,
    *,
    agrees: Agrees = lambda _plan, _warnings: True,
    admits: Callable[[Plan], None] = lambda _plan: None,
) -> Report:
    """Do what a plan says and return what became of every change.

    `admits` is shown the plan before WeChat is called at all, and may raise what stands against it.

    When it returns or raises, every media_id that WeChat told is in the lock, or in the journal that the next run
    reads. Raises InvalidInput, Conflict, NotAgreed and WouldUpload before anything is sent.
    """
    project = open_project(choice)
    with exclusive_run(project, "apply"), keeping(project.manifest.root) as kept:
        connect = partial(open_remote, choice, project, jobs=options.limits.jobs, watcher=watcher)
        heard = replace(watcher, sees=_both(watcher.sees, kept.sees))
        report = apply_to(project, options, heard, connect, agrees=agrees, admits=admits)
        if not watcher.stop.is_set():
            kept.save(report)
        return report


def _both(one: Callable[[Event], None], other: Callable[[Event], None]) -> Callable[[Event], None]:
    def sees(event: Event) -> None:
        one(event)
        other(event)

    return sees


def apply_to(
    project: Project,
    options: ApplyOptions,
    watcher: Watcher,
    connect: Connect,
    *,
    agrees: Agrees = lambda _plan, _warnings: True,
    admits: Callable[[Plan], None] = lambda _plan: None,
) -> Report:
    """Do an apply in a project whose folder is held; WeChat is called only where something is to be uploaded."""
    state = recover(project, now=utc(watcher.clock()))
    lock = state.lock
    options = _with_what_was_asked(options, lock)
    inventory = _inventory(lock, connect, options, watcher)
    planned = _reviewed(plan_with(project, lock, options.plan, inventory, converts=watcher.converts), options)
    planned = replace(planned, warnings=(*planned.warnings, *state.warnings))
    _hold_rails(planned, options)
    if planned.plan.pending:
        admits(planned.plan)
    if not planned.plan.uploads:
        return _with_journal(_without_sending(planned, options, watcher, agrees), state)
    with connect() as remote:
        return _with_journal(_with_sending(planned, remote, options, watcher, agrees), state)


def _with_journal(report: Report, state: RecoveredState) -> Report:
    """Add what the journal brought into the lock before anything else was done."""
    told = {result.change.name for result in report.results}
    brought = [
        Result(change, Outcome.DONE, change.after)
        for change in recovered_changes(state.on_disk, state.lock)
        if change.name not in told
    ]
    return replace(report, results=tuple(sorted((*report.results, *brought), key=lambda one: one.change.name)))


def _inventory(lock: Lock | None, connect: Connect, options: ApplyOptions, watcher: Watcher) -> Inventory:
    if options.plan.refresh:
        with connect() as remote:
            return refresh(remote, lock, watcher, force=options.force)
    drift = options.saved.gone if options.saved else frozenset()
    return Inventory(gone=drift & frozenset(one for one in (lock.media_ids if lock else ()) if one))


def _with_sending(planned: Planned, remote: WeChat, options: ApplyOptions, watcher: Watcher, agrees: Agrees) -> Report:
    must_be_writable(planned.project.lock_file, disk=planned.project.disk)
    before = None if options.look is Look.NONE else count(remote, watcher.says)
    planned, held_back = adopt_listed(planned, remote, options, watcher)
    planned = planned.minus({one.change.name for one in held_back})
    if before is not None:
        planned = planned.with_capacity(ask_capacity(remote, before))
        refuse_what_cannot_fit(planned.plan, bound=options.limits.uploads, says=watcher.says)
    _ask(planned, agrees)
    ended, results = send(planned, remote, options, watcher)
    if before is not None and not watcher.stop.is_set():
        results = reconcile_after(ended, results, remote, options, watcher, known=planned.lock, counts=before)
    return _report(planned, [*results, *held_back])


def _without_sending(planned: Planned, options: ApplyOptions, watcher: Watcher, agrees: Agrees) -> Report:
    if not planned.plan.pending:
        return _report(planned, ())
    _ask(planned, agrees)
    _planned, results = execute(planned, NothingToSend(), options, watcher)
    return _report(planned, results)


def _report(planned: Planned, results: Iterable[Result]) -> Report:
    ordered = tuple(sorted(results, key=lambda result: result.change.name))
    is_new = any(result.outcome is Outcome.DONE for result in ordered)
    return Report(planned.plan.account or "", ordered, lock_file=planned.project.lock_file if is_new else None)


def _ask(planned: Planned, agrees: Agrees) -> None:
    if planned.plan.leaving:
        from wxsync.reconcile.documents import with_documents  # most plans take nothing away

        planned = with_documents(planned)
    if planned.plan.pending and not agrees(planned.plan, planned.warnings):
        raise NotAgreed


def _with_what_was_asked(options: ApplyOptions, lock: Lock | None) -> ApplyOptions:
    """Upload anew what a saved plan replaces with the same content, which only --replace can have asked for."""
    if options.saved is None or lock is None:
        return options
    asked = (
        change.name
        for change in options.saved.uploads
        if change.before and change.after and change.before.fingerprint == change.after.fingerprint
        if lock.records.get(change.name) == change.before
    )
    return replace(options, plan=replace(options.plan, replace=(*options.plan.replace, *asked)))


def _reviewed(planned: Planned, options: ApplyOptions) -> Planned:
    if options.saved is None:
        return planned
    reasons = stale_reasons(options.saved, planned.plan)
    if reasons:
        raise Conflict(
            by_line(
                [text("the plan no longer fits, nothing was sent:"), *(Text("  - {line}", line=one) for one in reasons)]
            ),
            hint=text("make a new plan and have it reviewed"),
        )
    return planned.narrowed_to({change.name for change in options.saved.pending})


def _hold_rails(planned: Planned, options: ApplyOptions) -> None:
    if options.locked and planned.plan.uploads:
        raise WouldUpload(planned.plan)
    if planned.exceeds_safety_rail and not options.force:
        raise Conflict(
            text("the plan replaces or retires more than 30 % of the materials in the lock; nothing was sent"),
            hint=text("if that is what you want, run apply with --force"),
        )
