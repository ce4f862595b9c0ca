"""Make a plan: the code that apply runs, up to the point where something would be done."""

from __future__ import annotations

from wxsync.planner import utc
from wxsync.project.folder import Choice, open_project
from wxsync.project.recovery import read_state
from wxsync.reconcile.planned import Planned, PlanOptions, plan_with
from wxsync.reconcile.refresh import refresh
from wxsync.reconcile.remote import open_remote
from wxsync.reconcile.watcher import Watcher


def plan(choice: Choice, options: PlanOptions, watcher: Watcher, *, force: bool = False) -> Planned:
    """Shows what apply would do, without writing anything that matters; raises InvalidInput with every problem.

    WeChat is asked only where the options want a refresh; `force` believes it whatever it says is gone.
    """
    project = open_project(choice)
    lock = read_state(project, now=utc(watcher.clock())).lock
    if not options.refresh:
        return plan_with(project, lock, options)
    with open_remote(choice, project, jobs=1, watcher=watcher) as remote:
        return plan_with(project, lock, options, refresh(remote, lock, watcher, force=force))
