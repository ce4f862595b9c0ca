"""Make a plan: the code that apply runs, up to the point where something would be done."""

from __future__ import annotations

from msgspec.structs import replace

from wxsync.planner.naming import utc
from wxsync.project.folder import Choice, open_project
from wxsync.project.recovery import RecoveredState, read_state
from wxsync.reconcile.planned import Planned, PlanOptions, plan_with
from wxsync.reconcile.watcher import Watcher
from wxsync.states import Seen


def plan(
    choice: Choice,
    options: PlanOptions,
    watcher: Watcher,
    *,
    force: bool = False,
    seen: Seen | None = None,
) -> Planned:
    """Show what apply would do, without writing anything that matters; raises InvalidInput with every problem.

    WeChat is asked only where the options want a refresh; `force` believes it whatever it says is gone.
    What was `seen` a moment ago is not looked at again.
    """
    project = open_project(choice, seen=seen)
    state = read_state(project, now=utc(watcher.clock()), recalls=True)
    if not options.refresh:
        return _with_journal(plan_with(project, state.lock, options, converts=watcher.converts), state)
    from wxsync.reconcile.refresh import refresh  # whatever calls WeChat takes long to import
    from wxsync.reconcile.remote import open_remote

    with open_remote(choice, project, jobs=1, watcher=watcher) as remote:
        inventory = refresh(remote, state.lock, watcher, force=force)
        return _with_journal(plan_with(project, state.lock, options, inventory, converts=watcher.converts), state)


def _with_journal(planned: Planned, state: RecoveredState) -> Planned:
    if planned.plan.leaving:
        from wxsync.reconcile.documents import with_documents  # most plans take nothing away

        planned = with_documents(planned)
    planned = replace(planned, warnings=(*planned.warnings, *state.warnings))
    if state.lock is state.on_disk:
        return planned
    from wxsync.planner.recovered import recovered_changes, with_recovered  # most runs were not cut off

    recovered = recovered_changes(state.on_disk, state.lock)
    return replace(planned, plan=with_recovered(planned.plan, recovered))
