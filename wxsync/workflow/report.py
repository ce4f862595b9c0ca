"""Shows a library as one HTML page."""

from __future__ import annotations

from collections.abc import Iterable

from wxsync.media import LIBRARY_LIMITS
from wxsync.model import Change, Problem, Record
from wxsync.planner.uses import materials_of
from wxsync.project.folder import Choice, lock_of, open_project
from wxsync.reconcile.planned import PlanOptions, plan_with
from wxsync.reconcile.uses import Search, search
from wxsync.render.html import html, library_view
from wxsync.workflow.previews import previews


def report(choice: Choice) -> tuple[str, tuple[Problem, ...]]:
    """Return a page of every material with its state, and warnings; reads manifest, lock and media, and nothing else.

    Raises InvalidInput with every problem, and what open_project and lock_of raise.
    """
    project = open_project(choice)
    lock = lock_of(project)
    planned = plan_with(project, lock, PlanOptions())
    records = [*_records(planned.plan.changes), *(one.record for one in (lock.retired if lock else ()))]
    used, _ = search(materials_of(lock, project.manifest.assets), Search(project.manifest.root)) if lock else ((), None)
    pictures = previews(project.manifest.root, records, choice.environ)
    view = library_view(planned.plan, lock, pictures, places=LIBRARY_LIMITS, used=used)
    return html(view), planned.warnings


def _records(changes: Iterable[Change]) -> Iterable[Record]:
    """Give what a library shows of each change: what is wanted, else what is left."""
    return (record for change in changes if (record := change.after or change.before))
