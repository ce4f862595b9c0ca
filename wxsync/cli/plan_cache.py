"""Spares planning again where nothing has changed since there was nothing to do: plan is run on every save."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from wxsync import STATE_FOLDER, __version__, plan_cache
from wxsync.cli.options import Settings
from wxsync.plan_cache import InStep
from wxsync.states import Seen, state_of

if TYPE_CHECKING:
    from wxsync.reconcile.planned import Planned


class Question(NamedTuple):
    """What a plan depends on beside the files, and when it was asked for, in Unix nanoseconds."""

    manifest: str
    words: str
    since: int
    is_narrowed: bool


def question(settings: Settings, *, targets: Sequence[str], replace: Sequence[str]) -> Question:
    """Ask with some options; of the environment only who the account is can change the plan."""
    since = settings.clock_ns()
    appids = sorted(item for item in settings.environ.items() if re.fullmatch("WXSYNC_.*APPID", item[0]))
    chosen = (settings.account, settings.sandbox, appids, [*targets], [*replace])
    words = repr((__version__, state_of(settings.manifest), *chosen))
    return Question(settings.manifest, words, since, bool(targets))


def lookup(asked: Question) -> tuple[InStep | None, Seen]:
    """Return what a plan found that had nothing to do, or None where it must be made again; and what was seen."""
    root, file = _places(asked)
    found, seen = plan_cache.lookup(file, asked.words, root=root)
    if asked.is_narrowed:
        seen.in_step.clear()  # a plan of some names says nothing of the others
    return found, seen


def store(asked: Question, planned: Planned) -> None:
    """Remember a plan where nothing is pending and there is nothing to warn of."""
    project, folders, plan = planned.project, planned.project.folders, planned.plan
    if plan.pending or plan.drift or planned.warnings or folders is None:
        return
    read: dict[str, set[str]] = {folder: set() for folder in folders}
    for asset in project.manifest.assets:
        folder, _, name = asset.path.rpartition("/")
        read[folder].add(name)
    root, file = _places(asked)
    files = [os.path.relpath(each, root) for each in (project.lock_file, project.journal_file)]
    found = InStep(plan.account, sum(plan.counts.values()))
    plan_cache.store(file, asked.words, found, root=root, files=files, folders=read, since=asked.since)


def _places(asked: Question) -> tuple[str, str]:
    folder, name = os.path.split(asked.manifest)
    root = folder or "."
    return root, f"{root}/{STATE_FOLDER}/{name}.plan"
