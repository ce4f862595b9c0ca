"""All materials of a manifest and its lock, with their state."""

from __future__ import annotations

import time

from wxsync.model import Action, Change, Problem, Retired
from wxsync.planner.naming import utc
from wxsync.project.folder import Choice, open_project
from wxsync.project.names import is_meant, unknown_name
from wxsync.project.recovery import read_state
from wxsync.reconcile.planned import PlanOptions, plan_with
from wxsync.results import Listed
from wxsync.words import https, text

_STATES = {
    Action.CREATE: text("new"),
    Action.REPLACE: text("changed"),
    Action.RENAME: text("renamed"),
    Action.SHARE: text("new"),
    Action.ADOPT: text("new"),
    Action.RETIRE: text("not in the manifest"),
    Action.KEEP: text("in step"),
}


def list_materials(choice: Choice, names: tuple[str, ...]) -> tuple[tuple[Listed, ...], tuple[Problem, ...]]:
    """Return what manifest and lock hold, sorted by name, and warnings; raises InvalidInput where a name fits none."""
    project = open_project(choice)
    lock = read_state(project, now=utc(time.time())).lock
    planned = plan_with(project, lock, PlanOptions())
    listed = [*map(_listed, planned.plan.changes), *(_retired(one) for one in (lock.retired if lock else ()))]
    known = {one.name for one in listed}
    for wanted in names:
        if not any(is_meant(name, (wanted,)) for name in known):
            raise unknown_name(text("no material is called {name}", name=wanted), wanted, known)
    chosen = (one for one in listed if not names or is_meant(one.name, names))
    return tuple(sorted(chosen, key=lambda one: (one.name, one.type, one.media_id or ""))), planned.warnings


def _listed(change: Change) -> Listed:
    # Until apply has done its work, the id in use is the old one.
    record = change.before or change.after
    media_id = record.media_id if record else None
    url = https(record.url) if record else None
    return Listed(change.name, change.type, _STATES[change.action], media_id, url, change.path)


def _retired(one: Retired) -> Listed:
    record = one.record
    return Listed(one.name, record.type, text("retired"), record.media_id, https(record.url), record.path)
