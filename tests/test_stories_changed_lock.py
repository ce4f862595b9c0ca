"""A lock that somebody changes while a run is at work: what the run learnt is not lost, nor what they put there."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.project import Project, Server
from wxsync.errors import Conflict, InvalidInput
from wxsync.executor import Event, Finished
from wxsync.project.folder import Choice
from wxsync.reconcile.send import ApplyOptions
from wxsync.reconcile.watcher import Watcher
from wxsync.workflow.apply import apply

LOCK = "materials.lock.json"


def applied_while(project: Project, meddle: Callable[[], object]) -> None:
    """Applies, and lets somebody meddle when the first upload is done."""
    meddled = False

    def sees(event: Event) -> None:
        nonlocal meddled
        if isinstance(event, Finished) and not meddled:
            meddled = True
            meddle()

    choice = Choice(project.root / "materials.yaml", None, False, project.environ)
    apply(choice, ApplyOptions(settle=0), Watcher(sees=sees))


def test_a_checkout_during_a_run_loses_no_id(project: Project, server: Server) -> None:
    project.images("a.png")
    project.apply()
    committed = project.lock_bytes()
    project.images("a.png", "b.png", "c.png")

    applied_while(project, lambda: (project.root / LOCK).write_bytes(committed))

    assert {one["media_id"] for one in project.materials().values()} == server.ids()
    assert not (project.root / ".wxsync" / "materials.journal").exists()


def test_a_lock_that_is_removed_during_a_run_is_written_again(project: Project, server: Server) -> None:
    project.images("a.png", "b.png")
    project.apply()
    project.images("a.png", "b.png", "c.png")

    applied_while(project, (project.root / LOCK).unlink)

    assert {one["media_id"] for one in project.materials().values()} == server.ids()


def test_what_somebody_else_put_there_is_kept_too(project: Project, server: Server) -> None:
    project.images("a.png")
    project.apply()
    theirs = project.lock()
    theirs["materials"]["theirs.png"] = theirs["materials"]["a.png"] | {"media_id": "of-another", "sha256": "0" * 64}
    project.images("a.png", "b.png")

    applied_while(project, lambda: (project.root / LOCK).write_text(json.dumps(theirs)))

    held = {one["media_id"] for one in project.materials().values()}
    assert held == {*server.ids(), "of-another"}


@pytest.mark.parametrize("content", [b"<<<<<<< ours\n", b"{}", b"\xff"])
def test_a_lock_that_cannot_be_read_any_more_keeps_the_journal(
    project: Project, server: Server, content: bytes
) -> None:
    project.images("a.png", "b.png")
    before = project.root / LOCK

    with pytest.raises((InvalidInput, Conflict)):
        applied_while(project, lambda: before.write_bytes(content))

    assert before.read_bytes() == content
    before.unlink()
    assert project.apply().code == 0
    assert {one["media_id"] for one in project.materials().values()} == server.ids()
    assert len(server.ids()) == 2
