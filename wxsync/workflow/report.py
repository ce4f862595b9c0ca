"""Shows a library, a plan or a result as one HTML page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from wxsync.media import LIBRARY_LIMITS
from wxsync.model import Change, Plan, Problem, Record
from wxsync.project.folder import Choice, lock_of, open_project
from wxsync.reconcile.planned import PlanOptions, plan_with
from wxsync.render.html import html, library_view, plan_view, result_view
from wxsync.results import Report
from wxsync.workflow.previews import previews


def report(choice: Choice) -> tuple[str, tuple[Problem, ...]]:
    """Gives a page of every material with its state, and warnings; reads manifest, lock and media, and nothing else.

    Raises InvalidInput with every problem, and what open_project and lock_of raise.
    """
    project = open_project(choice)
    lock = lock_of(project)
    planned = plan_with(project, lock, PlanOptions())
    records = [*_records(planned.plan.changes), *(one.record for one in (lock.retired if lock else ()))]
    view = library_view(planned.plan, lock, previews(project.manifest.root, records), places=LIBRARY_LIMITS)
    return html(view), planned.warnings


def html_of(shown: Plan | Report, root: Path, *, everything: bool = False) -> str:
    """Gives the page of a plan or a result, with pictures of what still lies in a folder with the same bytes."""
    if isinstance(shown, Plan):
        changes = shown.changes if everything else shown.pending
        return html(plan_view(shown, previews(root, _records(changes)), everything=everything))
    done = [result.change for result in shown.results]
    return html(result_view(shown, previews(root, _records(done))))


def _records(changes: Iterable[Change]) -> Iterator[Record]:
    for change in changes:
        yield from (record for record in (change.after, change.before) if record)
