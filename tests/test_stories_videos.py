"""A video is listed by its title alone: when its answer is lost, it is recognised by title, time and introduction."""

from __future__ import annotations

import json
import time

import pytest

from tests.project import Project, Server, png
from wxsync.executor import Limits
from wxsync.model import Outcome
from wxsync.project.folder import Choice
from wxsync.reconcile.planned import PlanOptions
from wxsync.reconcile.send import ApplyOptions
from wxsync.reconcile.watcher import Watcher
from wxsync.workflow.apply import apply

VIDEO = "  - {{path: {path}, type: video, title: {title}, introduction: {introduction}}}\n"


# With one job the image, whose name comes first, is the first upload and the videos follow.
def videos(project: Project, *entries: tuple[str, str, str]) -> None:
    """Writes a manifest of videos (path, title, introduction), each a file of its own, and one image."""
    for path, _, _ in entries:
        original = project.sample("video/intro.mp4", path)
        original.write_bytes(original.read_bytes() + b"\0\0\0\x10free" + path.encode().ljust(8, b"\0")[:8])
    project.add("a.png", png("a"))
    rows = (VIDEO.format(path=path, title=title, introduction=introduction) for path, title, introduction in entries)
    project.manifest("materials:\n" + "".join(rows) + "  - {path: a.png, type: image}\n")


@pytest.mark.parametrize("fault", ["reset-after", "status-after=502", "garbage-after", "no-media-id"])
def test_a_video_whose_answer_was_lost_is_adopted(project: Project, server: Server, fault: str) -> None:
    videos(project, ("intro.mp4", "介绍", "三分钟"))
    server.fault(f"add_material:{fault}*1@2")

    applied = project.apply("--jobs", "1")

    assert applied.code == 0, applied.err
    assert {one["media_id"] for one in project.materials().values()} == server.ids()
    assert len(server.ids()) == 2
    assert project.lock()["unconfirmed"] == []


@pytest.mark.parametrize("errcode", [40006, 46003, 88888])
def test_a_video_of_which_wechat_does_not_say_what_it_is_is_not_sent_again(
    project: Project, server: Server, errcode: int
) -> None:
    videos(project, ("intro.mp4", "介绍", "三分钟"))
    server.fault("add_material:reset-after*1@2", f"get_material:errcode={errcode}")

    assert project.apply("--jobs", "1").code == 8
    assert project.apply("--jobs", "1").code != 0
    assert len(server.ids()) == 2

    server.forget_faults()
    assert project.apply().code == 0
    assert {one["media_id"] for one in project.materials().values()} == server.ids()
    assert len(server.ids()) == 2


def test_a_video_that_did_not_arrive_is_sent_once_more(project: Project, server: Server) -> None:
    videos(project, ("intro.mp4", "介绍", "三分钟"))
    server.fault("add_material:reset-before*1@2")

    assert project.apply("--jobs", "1").code == 0
    assert len(server.ids()) == 2


def test_an_older_video_of_the_same_title_is_not_taken_for_ours(project: Project, server: Server) -> None:
    videos(project, ("old.mp4", "介绍", "三分钟"))
    project.apply()
    before = server.ids()
    (project.root / "materials.lock.json").unlink()
    videos(project, ("new.mp4", "介绍", "三分钟"))
    server.advance(3600)
    server.fault("add_material:reset-after*1")

    choice = Choice(project.root / "materials.yaml", None, False, project.environ)
    options = ApplyOptions(plan=PlanOptions(replace=("new.mp4",)), settle=0)
    report = apply(choice, options, Watcher(clock=lambda: time.time() + 3600))

    assert {one.outcome for one in report.results} == {Outcome.DONE}
    [newest] = [one["media_id"] for one in server.state()["materials"] if one["media_id"] not in before]
    assert project.materials()["new.mp4"]["media_id"] == newest


def test_another_introduction_tells_another_video(project: Project, server: Server) -> None:
    videos(project, ("other.mp4", "介绍", "别的"))
    project.apply()
    (project.root / "materials.lock.json").unlink()
    videos(project, ("intro.mp4", "介绍", "三分钟"))
    server.fault("add_material:reset-before*2")

    assert project.apply("--replace", "intro.mp4").code == 7
    assert len(server.ids()) == 2
    assert project.apply("--replace", "intro.mp4").code == 0
    assert len(server.ids()) == 3


def test_where_two_fit_only_a_person_can_tell_and_the_rest_goes_on(project: Project, server: Server) -> None:
    videos(project, ("one.mp4", "介绍", "三分钟"), ("two.mp4", "介绍", "三分钟"))
    server.fault("add_material:reset-after*2@2")

    applied = project.apply("--format", "json", "--jobs", "1")

    assert applied.code == 5
    assert {one["name"]: one["outcome"] for one in applied.json["results"]} == {
        "a.png": "done",
        "one.mp4": "failed",
        "two.mp4": "failed",
    }
    hint = applied.json["results"][1]["error"]["hint"]
    assert "wxsync import 'one.mp4'" in hint
    assert "wxsync apply --replace 'one.mp4'" in hint
    assert len(server.ids()) == 3
    assert server.calls()["add_material"] == 3


def test_a_doubt_that_nobody_may_look_for_stays_unknown_and_is_never_sent_again(
    project: Project, server: Server
) -> None:
    videos(project, ("intro.mp4", "介绍", "三分钟"))
    server.fault("add_material:reset-after*2")

    assert project.apply("--look", "none").code == 8
    assert project.apply("--look", "none").code == 8
    assert server.calls()["add_material"] == 2
    assert len(project.lock()["unconfirmed"]) == 2

    assert project.apply().code == 0
    assert {one["media_id"] for one in project.materials().values()} == server.ids()
    assert project.lock()["unconfirmed"] == []


@pytest.mark.parametrize("ahead", [-3600, -900, 900, 3600, 86_400 * 400])
def test_a_clock_that_is_wrong_sends_no_video_twice(project: Project, server: Server, ahead: float) -> None:
    """The times of a listing are compared with when WeChat says that it is."""
    videos(project, ("intro.mp4", "介绍", "三分钟"))
    server.fault("add_material:reset-after*1@2")
    choice = Choice(project.root / "materials.yaml", None, False, project.environ)
    options = ApplyOptions(settle=0, limits=Limits(jobs=1))

    report = apply(choice, options, Watcher(clock=lambda: time.time() + ahead))

    assert {one.outcome for one in report.results} == {Outcome.DONE}
    assert {one["media_id"] for one in project.materials().values()} == server.ids()
    assert len(server.ids()) == 2


def in_doubt(project: Project, name: str, *, sent_at: str) -> str:
    """Makes of a record a doubt, as a run leaves it whose answer was lost, and gives its media_id."""
    lock = project.lock()
    record = lock["materials"].pop(name)
    doubt = {key: record[key] for key in ("type", "sha256", "uploaded_as")}
    lock["unconfirmed"] = [doubt | {"name": name, "sent_at": sent_at}]
    project.add("materials.lock.json", json.dumps(lock).encode())
    return str(record["media_id"])


def test_a_video_that_is_older_than_the_doubt_is_for_a_person(project: Project, server: Server) -> None:
    """Nobody can tell whether the clock of whoever wrote the doubt was right."""
    videos(project, ("intro.mp4", "介绍", "三分钟"))
    project.apply()
    in_doubt(project, "intro.mp4", sent_at="2999-01-01T00:00:00Z")
    ids = server.ids()

    applied = project.apply()

    assert applied.code == 5
    assert "wxsync import" in applied.out + applied.err
    assert server.ids() == ids, "it is not sent again"
    assert project.apply("--replace", "intro.mp4").code == 0


def test_a_doubt_of_the_future_is_waited_for_no_longer_than_asked(project: Project, server: Server) -> None:
    project.images("a.png", "b.png")
    project.apply()
    server.delete(in_doubt(project, "a.png", sent_at="2099-01-01T00:00:00Z"))
    waited: list[float] = []

    def pause(seconds: float) -> bool:
        waited.append(seconds)
        return False

    choice = Choice(project.root / "materials.yaml", None, False, project.environ)
    report = apply(choice, ApplyOptions(settle=7), Watcher(pause=pause))

    assert [one.outcome for one in report.results] == [Outcome.DONE]
    assert sum(waited) <= 7
