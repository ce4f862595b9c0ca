"""Lets a command work alone on the lock and the journal of a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from wxsync.errors import PersonNeeded
from wxsync.files import only_run, state_folder
from wxsync.project.folder import Project
from wxsync.words import reason_of, text


@contextmanager
def exclusive_run(project: Project, command: str) -> Iterator[None]:
    """Keep other runs out of a project's folder; raises Conflict, or PersonNeeded where it cannot be written."""
    with ExitStack() as stack:
        try:
            stack.enter_context(only_run(state_folder(project.manifest.root), f"wxsync {command}"))
        except OSError as error:
            raise PersonNeeded(
                text("{file} cannot be written: {why}", file=str(project.manifest.root), why=reason_of(error)),
                hint=text("{command} keeps its lock and its journal beside the manifest", command=command),
            ) from None
        yield
