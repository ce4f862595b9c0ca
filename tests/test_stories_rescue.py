"""A disk that fills up at the worst moment: the id that arrived is told, and the next run finds it at WeChat."""

from __future__ import annotations

import errno
from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.project import Project, Server
from wxsync.errors import PersonNeeded
from wxsync.executor import Limits
from wxsync.files import Disk, state_folder
from wxsync.model import Outcome, Remedy
from wxsync.project.folder import Choice, open_project
from wxsync.reconcile.remote import open_remote
from wxsync.reconcile.send import ApplyOptions
from wxsync.reconcile.watcher import Watcher
from wxsync.results import Report
from wxsync.workflow.apply import apply_to


class Filling(Disk):
    """Takes a number of writes and then nothing more."""

    def __init__(self, writes: int) -> None:
        self.left = writes

    def write(self, descriptor: int, content: bytes, place: int) -> int:
        self._spend()
        return super().write(descriptor, content, place)

    def create(self, file: Path) -> int:
        if not self.left:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().create(file)

    def _spend(self) -> None:
        if not self.left:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.left -= 1


def apply_on_a_disk(project: Project, writes: int) -> Report:
    choice = Choice(project.root / "materials.yaml", None, False, project.environ)
    state_folder(project.root)
    opened = replace(open_project(choice), disk=Filling(writes))
    watcher = Watcher()
    connect = partial(open_remote, choice, opened, jobs=1, watcher=watcher)
    return apply_to(opened, ApplyOptions(settle=0, limits=Limits(jobs=1)), watcher, connect)


def test_an_id_that_neither_journal_nor_lock_can_take_is_said_and_found_again(project: Project, server: Server) -> None:
    project.images("a.png", "b.png")

    # The journal's first line, the space for its answers and one intent fit; the answer does not.
    with pytest.raises(PersonNeeded, match=r"(?i)no space left") as caught:
        apply_on_a_disk(project, writes=3)

    [media_id] = server.ids()
    assert f"a.png was uploaded as {media_id}" in caught.value.message

    assert project.apply().code == 0
    assert project.materials()["a.png"]["media_id"] == media_id
    assert len(server.ids()) == 2


def test_where_not_even_the_journal_can_begin_nothing_is_sent(project: Project, server: Server) -> None:
    project.images("a.png")

    with pytest.raises(PersonNeeded, match="journal cannot be written"):
        apply_on_a_disk(project, writes=0)

    assert server.ids() == set()


@pytest.mark.parametrize("writes", [1, 2])
def test_where_no_intent_can_be_noted_nothing_is_sent(project: Project, server: Server, writes: int) -> None:
    project.images("a.png")

    [result] = apply_on_a_disk(project, writes).results

    assert (result.outcome, result.error and result.error.remedy) == (Outcome.SKIPPED, Remedy.PERSON)
    assert server.ids() == set()
    assert project.apply().code == 0


def test_an_id_that_the_journal_took_needs_no_rescue(project: Project, server: Server) -> None:
    project.images("a.png")

    with pytest.raises(PersonNeeded) as caught:
        apply_on_a_disk(project, writes=4)
    assert "was uploaded as" not in caught.value.message

    assert project.apply().code == 0
    assert {one["media_id"] for one in project.materials().values()} == server.ids()
    assert len(server.ids()) == 1


OTHER = "wxfedcba9876543210"


@pytest.mark.parametrize("command", [("plan",), ("apply", "--yes"), ("prune", "--yes"), ("plan", "--refresh")])
def test_what_a_run_for_another_account_left_in_the_journal_is_not_taken(
    project: Project, server: Server, command: tuple[str, ...]
) -> None:
    project.images("a.png", "b.png")
    with pytest.raises(PersonNeeded):
        apply_on_a_disk(project, writes=4)
    [journal] = (project.root / ".wxsync").glob("*.journal")
    left, called = journal.read_bytes(), server.calls()
    assert not (project.root / "materials.lock.json").exists()

    ended = Project(project.root, project.environ | {"WXSYNC_APPID": OTHER}).run(*command)

    assert ended.code == 6
    assert project.environ["WXSYNC_APPID"] in ended.err
    assert OTHER in ended.err
    assert not (project.root / "materials.lock.json").exists()
    assert journal.read_bytes() == left
    assert server.calls() == called
    assert project.apply().code == 0, "the account that it is of takes it"
    assert {one["media_id"] for one in project.materials().values()} == server.ids()


@pytest.mark.parametrize("command", [("plan",), ("apply", "--yes"), ("prune", "--yes")])
def test_the_lock_of_another_account_stops_every_command(
    project: Project, server: Server, command: tuple[str, ...]
) -> None:
    project.images("a.png")
    assert project.apply().code == 0
    project.images("a.png", "b.png")
    before, called = project.lock_bytes(), server.calls()

    ended = Project(project.root, project.environ | {"WXSYNC_APPID": OTHER}).run(*command)

    assert ended.code == 6
    assert project.lock_bytes() == before
    assert server.calls() == called
