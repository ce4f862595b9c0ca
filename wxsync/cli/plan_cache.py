"""Spares working out again what was said a moment ago, where nothing has changed since: plan is run on every save."""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING, NamedTuple

from wxsync import __version__, plan_cache
from wxsync.cli.options import Settings

if TYPE_CHECKING:
    from wxsync.reconcile.planned import Planned


class Question(NamedTuple):
    """Holds what an answer depends on beside the files, and when it was asked, in nanoseconds."""

    manifest: str
    words: str
    since: int


def question(settings: Settings, **options: object) -> Question:
    """Asks with some options; of the environment only who the account is can change what is said."""
    since = time.time_ns()
    appids = sorted(item for item in settings.environ.items() if re.fullmatch("WXSYNC_.*APPID", item[0]))
    chosen = (settings.account, settings.sandbox, appids, sorted(options.items()))
    words = repr((__version__, plan_cache.state_of(settings.manifest), *chosen))
    return Question(settings.manifest, words, since)


def recall(asked: Question) -> str | None:
    """Gives what was said to a question, or None where it must be worked out."""
    root, file = _places(asked)
    return plan_cache.recall(file, asked.words, root=root)


def remember(asked: Question, said: str, planned: Planned) -> None:
    """Keeps what was said, where nothing is pending and nothing odd."""
    project, folders = planned.project, planned.project.manifest.folders
    if planned.plan.pending or planned.warnings or folders is None or "\0" in said:
        return
    read: dict[str, set[str]] = {folder: set() for folder in folders}
    for asset in project.manifest.assets:
        folder, _, name = asset.path.rpartition("/")
        read[folder].add(name)
    root, file = _places(asked)
    files = [os.path.relpath(each, root) for each in (project.lock_file, project.journal_file)]
    plan_cache.remember(file, asked.words, said, root=root, files=files, folders=read, since=asked.since)


def _places(asked: Question) -> tuple[str, str]:
    folder, name = os.path.split(asked.manifest)
    root = folder or "."
    return root, f"{root}/.wxsync/{name}.memo"
