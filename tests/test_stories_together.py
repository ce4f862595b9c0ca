"""Two machines at once: each uploads, each looks after, and both keep the older of every two."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project import Project, Server, png
from wxsync.project.folder import Choice
from wxsync.reconcile.send import ApplyOptions
from wxsync.reconcile.watcher import Watcher
from wxsync.workflow.apply import apply


@pytest.fixture
def other(project: Project, tmp_path: Path) -> Project:
    (tmp_path / "other").mkdir()
    return Project(tmp_path / "other", project.environ)


def ids(project: Project) -> dict[str, str]:
    return {name: one["media_id"] for name, one in project.materials().items()}


def apply_while(project: Project, happens: Project, server: Server) -> list[str]:
    """Applies, and after it has looked and before it sends, another machine applies too."""
    said: list[str] = []

    def agrees(_plan: object, _warnings: object) -> bool:
        assert happens.apply().code == 0
        server.advance(30)
        return True

    choice = Choice(project.root / "materials.yaml", None, False, project.environ)
    apply(choice, ApplyOptions(settle=0), Watcher(says=said.append), agrees=agrees)
    return said


def test_the_second_to_end_adopts_what_the_first_uploaded_and_retires_its_own(
    project: Project, other: Project, server: Server
) -> None:
    for clone in (project, other):
        clone.images("a.png", "b.png")

    said = apply_while(project, other, server)

    assert ids(project) == ids(other)
    mine = {one["media_id"] for one in project.lock()["retired"]}
    assert mine | set(ids(project).values()) == server.ids()
    assert len(mine) == 2
    assert any("another run uploaded 2 materials meanwhile" in one for one in said)
    assert project.run("plan", "--refresh", "--detailed-exitcode").code == 0


def test_two_names_of_the_same_bytes_go_together_to_the_older_upload(
    project: Project, other: Project, server: Server
) -> None:
    for clone in (project, other):
        for name in ("a.png", "b.png"):
            clone.add(name, png("the same"))
        clone.manifest("materials: [{path: a.png, type: image}, {path: b.png, type: image}]\n")

    apply_while(project, other, server)

    assert ids(project) == ids(other)
    assert len(set(ids(project).values())) == 1
    mine = {one["media_id"] for one in project.lock()["retired"]}
    assert mine | set(ids(project).values()) == server.ids()
    assert project.run("plan", "--refresh", "--detailed-exitcode").code == 0


def test_somebody_elses_uploads_meanwhile_change_nothing(project: Project, other: Project, server: Server) -> None:
    project.images("a.png")
    other.add("x.png", png("something else"))
    other.manifest("materials: [{path: x.png, type: image}]\n")

    apply_while(project, other, server)

    assert project.lock()["retired"] == []
    assert set(ids(project).values()) | set(ids(other).values()) == server.ids()


def test_a_run_that_is_alone_looks_once_and_counts_twice(project: Project, server: Server) -> None:
    project.images(*(f"{number:02}.png" for number in range(30)))

    assert project.apply().code == 0

    calls = server.calls()
    assert (calls["batchget_material"], calls["get_materialcount"]) == (1, 2)


def test_where_looking_after_is_impossible_the_results_stand(project: Project, other: Project, server: Server) -> None:
    for clone in (project, other):
        clone.images("a.png")
    server.fault("get_materialcount:errcode=45009@4")  # both count before and after: the fourth is ours

    said = apply_while(project, other, server)

    assert any("impossible" in one for one in said)
    assert project.materials()["a.png"]["media_id"] in server.ids()
    server.forget_faults()
    project.images("a.png", "c.png")
    assert project.apply().code == 0
    assert ids(project)["a.png"] == ids(other)["a.png"]
