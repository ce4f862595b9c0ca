"""Drift: what somebody deleted at WeChat is planned again, and uploads of ours that nobody claims are told of."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.project import MEDIA, Project, Server, at_once, png, serving
from tests.wechat_fake import APPID, EMPTY_PAGE, SECRET, FakeWeChat, no, ok
from wxsync.errors import HaltedForNow
from wxsync.model import picture_token
from wxsync.project.folder import Choice
from wxsync.reconcile.planned import Planned, PlanOptions
from wxsync.reconcile.watcher import Watcher
from wxsync.sandbox.switches import Switches
from wxsync.schemas import violations
from wxsync.workflow.plan import plan


@pytest.fixture(autouse=True)
def _hurried(request: pytest.FixtureRequest) -> None:
    """The second look comes at once; what lies between is told in a story of its own."""
    if "project" in request.fixturenames:
        request.getfixturevalue("project").pause = at_once


@pytest.fixture
def mixed(project: Project, server: Server) -> Project:
    """A project with one material of each type, all of them at WeChat for more than an hour."""
    project.add("a.png", png("a"))
    project.add("b.png", png("b"))
    project.sample("audio/welcome.mp3", "welcome.mp3")
    project.sample("video/intro.mp4", "intro.mp4")
    project.sample("covers/intro.jpg", "cover.jpg")
    project.add("article.png", png("article"))
    project.manifest(
        "materials:\n"
        "  - {path: a.png, type: image}\n"
        "  - {path: b.png, type: image}\n"
        "  - {path: welcome.mp3, type: voice}\n"
        "  - {path: intro.mp4, type: video, title: 介绍}\n"
        "  - {path: cover.jpg, type: thumb}\n"
        "  - {path: article.png, type: article_image}\n"
    )
    assert project.apply().code == 0
    server.advance(3601)
    return project


def id_of(project: Project, name: str) -> str:
    return str(project.materials()[name]["media_id"])


def test_nothing_has_drifted_where_nobody_touched_anything(mixed: Project, server: Server) -> None:
    planned = mixed.run("plan", "--refresh", "--format", "json", "--detailed-exitcode")

    assert planned.code == 0
    assert planned.json["drift"] == []
    assert violations("plan", planned.json) == []
    assert server.calls()["batchget_material"] == 6
    assert "get_material" not in server.calls()


@pytest.mark.parametrize("name", ["a.png", "welcome.mp3", "intro.mp4", "cover.jpg"])
def test_what_is_gone_is_drift_and_is_uploaded_again_and_not_retired(mixed: Project, server: Server, name: str) -> None:
    old = id_of(mixed, name)
    server.delete(old)

    planned = mixed.run("plan", "--refresh", "--format", "json")
    assert planned.json["drift"] == [{"name": name, "media_id": old, "kind": "gone"}]
    assert [(one["name"], one["action"], one["reason"]) for one in planned.json["changes"]] == [
        (name, "replace", "gone at WeChat")
    ]
    assert mixed.run("plan", "--format", "json").json["summary"]["keep"] == 6

    applied = mixed.apply("--refresh", "--format", "json")
    assert applied.code == 0, applied.err
    assert applied.json["results"][0]["old_media_id"] == old
    assert {one["media_id"] for one in mixed.materials().values()} - {None} == server.ids()
    assert mixed.lock()["retired"] == []
    assert mixed.run("plan", "--refresh", "--detailed-exitcode").code == 0


def test_what_is_gone_is_told_to_people_too(mixed: Project, server: Server) -> None:
    old = id_of(mixed, "a.png")
    server.delete(old)

    text = mixed.run("plan", "--refresh").out

    assert f"gone: a.png ({old})" in text
    assert "replace: gone at WeChat" in text
    assert "Library: 2 of 100,000 images" in text


def test_a_saved_plan_of_what_is_gone_is_done_as_it_was_reviewed(mixed: Project, server: Server) -> None:
    old = id_of(mixed, "a.png")
    server.delete(old)
    saved = str(mixed.root / "plan.json")
    mixed.run("plan", "--refresh", "--out", saved)

    assert mixed.apply(saved).code == 0

    assert id_of(mixed, "a.png") in server.ids()
    assert mixed.lock()["retired"] == []


@pytest.mark.parametrize("leaves", [False, True], ids=["its file changed", "its name left the manifest"])
def test_what_was_gone_when_it_was_planned_and_is_listed_again_is_retired_as_anything_else(
    tmp_path: Path, *, leaves: bool
) -> None:
    library, before = tmp_path / "library.db", tmp_path / "before.db"
    root, saved = tmp_path / "project", str(tmp_path / "plan.json")
    root.mkdir()
    with serving(state=library) as server:
        project = Project(root, server.environ)
        project.images("a.png", "b.png")
        project.apply()
        old = id_of(project, "a.png")
    shutil.copy(library, before)
    project.add("b.png", png("another"))
    if leaves:
        project.manifest("materials:\n  - {path: b.png, type: image}\n")
    else:
        project.add("a.png", png("changed"))
    with serving(state=library) as server:
        server.advance(3601)
        server.delete(old)
        planned = Project(root, server.environ).run("plan", "--refresh", "--out", saved, "--format", "json")
        assert planned.json["drift"] == [{"name": "a.png", "media_id": old, "kind": "gone"}]

    with serving(state=before) as server:
        applied = Project(root, server.environ).apply(saved)

        assert applied.code == 0, applied.err
        retired = {one["media_id"] for one in project.lock()["retired"]}
        assert old in retired
        assert retired | {one["media_id"] for one in project.materials().values()} == server.ids()


def test_two_names_of_one_gone_upload_share_one_new_upload(project: Project, server: Server) -> None:
    project.add("a.png", png("same"))
    project.add("b.png", png("same"))
    project.manifest("materials:\n  - {path: '*.png', type: image}\n")
    project.apply()
    server.advance(3601)
    server.delete(id_of(project, "a.png"))

    assert project.apply("--refresh").code == 0

    assert id_of(project, "a.png") == id_of(project, "b.png")
    assert server.ids() == {id_of(project, "a.png")}


def test_bytes_that_come_back_are_not_taken_back_from_what_is_gone(project: Project, server: Server) -> None:
    project.images("a.png")
    project.apply()
    first = id_of(project, "a.png")
    project.add("a.png", png("other"))
    project.apply()
    server.advance(3601)
    server.delete(first)
    project.add("a.png", png("a.png"))

    assert project.apply("--refresh").code == 0

    assert id_of(project, "a.png") in server.ids()


def test_a_gone_material_that_left_the_manifest_leaves_the_lock_without_being_retired(
    mixed: Project, server: Server
) -> None:
    server.delete(id_of(mixed, "a.png"))
    mixed.manifest("materials:\n  - {path: b.png, type: image}\n")

    assert mixed.apply("--refresh").code == 0

    assert set(mixed.materials()) == {"b.png"}
    assert len(mixed.lock()["retired"]) == 4


def test_an_upload_of_ours_that_no_lock_claims_is_unclaimed(project: Project, server: Server, tmp_path: Path) -> None:
    project.images("a.png")
    (tmp_path / "other").mkdir()
    other = Project(tmp_path / "other", project.environ)
    other.images("lost.png")
    other.apply()
    project.apply()
    [lost] = other.materials().values()

    planned = project.run("plan", "--refresh", "--format", "json")

    assert planned.json["drift"] == [
        {"name": lost["uploaded_as"], "media_id": lost["media_id"], "kind": "unclaimed"},
    ]
    assert planned.json["summary"]["keep"] == 1


def test_a_second_upload_of_one_content_is_settled_by_a_refresh(
    project: Project, server: Server, tmp_path: Path
) -> None:
    project.images("a.png")
    project.apply()
    server.advance(60)
    (tmp_path / "other").mkdir()
    other = Project(tmp_path / "other", project.environ)
    other.images("a.png")
    other.apply("--look", "none")
    assert len(server.ids()) == 2
    older, newer = id_of(project, "a.png"), id_of(other, "a.png")

    for clone in (project, other):
        assert clone.apply("--refresh").code == 0
        assert id_of(clone, "a.png") == older
        assert [one["media_id"] for one in clone.lock()["retired"]] == [newer]


@pytest.mark.parametrize("errcode", [40006, 40013, 41004, 45009, 48001, 46003, 88888])
def test_only_an_unknown_id_is_gone_whatever_else_wechat_refuses(tmp_path: Path, errcode: int) -> None:
    with serving(switches=Switches(hide_thumbs=True)) as server:
        project = Project(tmp_path, server.environ)
        for step in ("a", "b"):  # one id is used, the other is retired
            project.add("cover.jpg", (MEDIA / "covers/intro.jpg").read_bytes() + step.encode())
            project.manifest("materials:\n  - {path: cover.jpg, type: thumb}\n")
            assert project.apply().code == 0
        server.advance(3601)
        before = project.lock()
        server.fault(f"get_material:errcode={errcode}")

        planned = project.run("plan", "--refresh", "--format", "json")
        applied = project.apply("--refresh")

        assert planned.code == applied.code
        assert planned.code in {0, 5, 7}
        if planned.code == 0:
            assert planned.json["drift"] == []
        assert project.lock() == before
        assert server.calls()["add_material"] == 2
        assert server.calls()["get_material"] >= 2


def test_a_refresh_that_cannot_list_sends_nothing(mixed: Project, server: Server) -> None:
    server.delete(id_of(mixed, "a.png"))
    before = mixed.lock_bytes()
    server.fault("batchget_material:errcode=45009")

    assert mixed.run("plan", "--refresh").code == 7
    assert mixed.apply("--refresh").code == 7
    assert mixed.lock_bytes() == before


def test_a_large_library_is_announced_before_it_is_listed(offline: Project) -> None:
    offline.images("a.png")
    counts = ok(voice_count=21, video_count=0, image_count=5000, news_count=7)
    with FakeWeChat(get_materialcount=[counts], batchget_material=[EMPTY_PAGE], get=[no(48001)]) as wechat:
        offline.environ = {"WXSYNC_API_BASE": wechat.base, "WXSYNC_APPID": APPID, "WXSYNC_SECRET": SECRET}

        planned = offline.run("plan", "--refresh")

    assert planned.code == 0
    assert "lists the whole library: 252 calls" in planned.err


def refreshed(project: Project, **watching: Any) -> tuple[Planned, list[float]]:
    """Plans with a refresh in this process, and gives how long it waited each time."""
    waited: list[float] = []

    def pause(seconds: float) -> bool:
        waited.append(seconds)
        return False

    choice = Choice(project.root / "materials.yaml", account=None, sandbox=False, environ=project.environ)
    return plan(choice, PlanOptions(refresh=True), Watcher(pause=pause, **watching)), waited


def gone(planned: Planned) -> list[str]:
    return [one.name for one in planned.plan.drift if one.kind == "gone"]


def test_an_id_that_is_unknown_for_a_moment_is_not_gone(
    mixed: Project, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wxsync.reconcile.refresh._SECOND_LOOK_SECONDS", 3.0)
    server.delete(id_of(mixed, "a.png"))
    server.delete(id_of(mixed, "b.png"))
    planned, waited = refreshed(mixed)
    assert (gone(planned), waited) == (["a.png", "b.png"], [3.0])
    assert server.calls()["get_material"] == 4, "each was asked for twice"


def test_what_is_hidden_and_unknown_once_is_known_the_second_time(tmp_path: Path) -> None:
    with serving(switches=Switches(hide_thumbs=True)) as server:
        project = Project(tmp_path, server.environ)
        project.sample("covers/intro.jpg", "cover.jpg")
        project.manifest("materials:\n  - {path: cover.jpg, type: thumb}\n")
        project.apply()
        server.advance(3601)
        server.fault("get_material:errcode=40007*1")

        planned, _ = refreshed(project)

        assert gone(planned) == []
        assert server.calls()["get_material"] == 2


@pytest.mark.parametrize(("seconds", "expected"), [(0, []), (3590, []), (3610, ["a.png"])])
def test_what_is_younger_than_an_hour_is_not_gone_by_wechats_clock(
    project: Project, server: Server, seconds: float, expected: list[str]
) -> None:
    project.images("a.png", "b.png")
    project.apply()
    server.delete(id_of(project, "a.png"))
    server.advance(seconds)

    assert gone(refreshed(project)[0]) == expected


def test_one_material_that_wechat_never_gives_halts_nobody_and_slows_nobody(tmp_path: Path) -> None:
    with serving(switches=Switches(hide_thumbs=True)) as server:
        project = Project(tmp_path, server.environ)
        for number in range(12):
            project.add(f"{number:02}.jpg", (MEDIA / "covers/intro.jpg").read_bytes() + bytes([number]))
        project.manifest("materials:\n  - {path: '*.jpg', type: thumb}\n")
        project.apply()
        server.advance(3601)
        server.fault(f"get_material:busy,id={id_of(project, '05.jpg')}")
        said: list[str] = []

        planned, waited = refreshed(project, says=said.append)

        assert gone(planned) == []
        assert sum(waited) <= 10
        assert any(id_of(project, "05.jpg") in line and "-1" in line for line in said)


def test_a_wechat_that_gives_nothing_halts_a_refresh(tmp_path: Path) -> None:
    with serving(switches=Switches(hide_thumbs=True)) as server:
        project = Project(tmp_path, server.environ)
        for number in range(8):
            project.add(f"{number}.jpg", (MEDIA / "covers/intro.jpg").read_bytes() + bytes([number]))
        project.manifest("materials:\n  - {path: '*.jpg', type: thumb}\n")
        project.apply()
        server.advance(3601)
        server.fault("get_material:busy")

        with pytest.raises(HaltedForNow) as halted:
            refreshed(project)

        assert halted.value.errcode == -1
        assert server.calls()["get_material"] <= 24


@pytest.fixture
def dozen(project: Project, server: Server) -> Project:
    project.images(*(f"{number:02}.png" for number in range(12)))
    project.apply()
    server.advance(3601)
    return project


def test_much_that_was_deleted_is_believed_because_the_count_fell(dozen: Project, server: Server) -> None:
    for number in range(5):
        server.delete(id_of(dozen, f"{number:02}.png"))

    planned = dozen.run("plan", "--refresh", "--format", "json")

    assert planned.code == 0, planned.err
    assert len(planned.json["drift"]) == 5


@pytest.mark.parametrize(("unknown", "code"), [(2, 6), (1, 0)])
def test_much_that_is_unknown_and_still_counted_is_not_believed(tmp_path: Path, unknown: int, code: int) -> None:
    with serving(switches=Switches(hide_thumbs=True)) as server:
        project = Project(tmp_path, server.environ, pause=at_once)
        for number in range(12):
            project.add(f"{number:02}.jpg", (MEDIA / "covers/intro.jpg").read_bytes() + bytes([number]))
        project.manifest("materials:\n  - {path: '*.jpg', type: thumb}\n")
        project.apply()
        server.advance(3601)
        before = project.lock_bytes()
        for number in range(unknown):
            server.fault(f"get_material:errcode=40007,id={id_of(project, f'{number:02}.jpg')}")

        planned = project.run("plan", "--refresh")
        applied = project.run("apply", "--refresh", "--yes", "--max-uploads", "0")

        assert planned.code == code
        assert (applied.code == 6) == (code == 6)
        assert project.lock_bytes() == before
        if code == 6:
            assert "--force" in planned.err
            assert f"{unknown} of the 12 ids" in planned.err
            forced = project.run("plan", "--refresh", "--force", "--format", "json")
            assert (forced.code, len(forced.json["drift"])) == (0, unknown)
        assert server.calls()["add_material"] == 12


@pytest.fixture
def renamed(tmp_path: Path) -> Iterator[tuple[Project, Server]]:
    """A project at a WeChat whose listing shows other ids than uploads were answered."""
    with serving(switches=Switches(listing_renames_ids=True)) as server:
        project = Project(tmp_path, server.environ)
        project.images("a.png", "b.png")
        project.sample("covers/intro.jpg", "cover.jpg")
        project.manifest(
            "materials:\n  - {path: a.png, type: image}\n  - {path: b.png, type: image}\n"
            "  - {path: cover.jpg, type: thumb}\n"
        )
        assert project.apply().code == 0
        server.advance(3601)
        yield project, server


def test_an_upload_that_is_listed_under_another_id_is_no_second_one(renamed: tuple[Project, Server]) -> None:
    project, server = renamed
    before = project.lock_bytes()

    planned = project.run("plan", "--refresh", "--format", "json", "--detailed-exitcode")
    applied = project.apply("--refresh")

    assert (planned.code, planned.json["drift"], planned.json["summary"]["keep"]) == (0, [], 3)
    assert applied.code == 0
    assert project.lock_bytes() == before
    assert "get_material" not in server.calls(), "what is listed is not asked for"


def test_the_next_upload_adopts_and_retires_nothing_of_it(renamed: tuple[Project, Server]) -> None:
    project, server = renamed
    ids = {name: one["media_id"] for name, one in project.materials().items()}
    project.add("a.png", png("another"))

    assert project.apply("--look", "all").code == 0
    assert {name: project.materials()[name]["media_id"] for name in ("b.png", "cover.jpg")} == {
        name: ids[name] for name in ("b.png", "cover.jpg")
    }
    assert [one["media_id"] for one in project.lock()["retired"]] == [ids["a.png"]]
    assert project.run("prune", "--yes").code == 0
    assert {one["media_id"] for one in project.materials().values()} == server.ids()


def test_a_voice_that_is_listed_under_another_id_is_no_second_one(renamed: tuple[Project, Server]) -> None:
    project, server = renamed
    project.sample("audio/welcome.mp3", "welcome.mp3")
    project.manifest("materials:\n  - {path: '*.mp3', type: voice}\n")
    assert project.apply().code == 0
    server.advance(3601)
    mine = id_of(project, "welcome.mp3")

    assert project.run("plan", "--refresh", "--format", "json").json["drift"] == []
    assert project.apply("--refresh").code == 0
    assert id_of(project, "welcome.mp3") == mine
    project.add("other.mp3", (MEDIA / "audio/welcome.mp3").read_bytes() + b"\0")
    assert project.apply("--look", "all").code == 0
    assert project.run("import", "--all", "--yes").code == 0

    assert id_of(project, "welcome.mp3") == mine
    assert {one["name"] for one in project.lock()["retired"]} == {"a.png", "b.png", "cover.jpg"}
    project.run("prune", "--yes")
    assert {one["media_id"] for one in project.materials().values()} == server.ids()


def test_what_is_gone_is_told_though_ids_differ(renamed: tuple[Project, Server]) -> None:
    project, server = renamed
    server.delete(id_of(project, "b.png"))
    assert gone(refreshed(project)[0]) == ["b.png"]


def test_a_lost_lock_is_found_again_under_the_other_ids(renamed: tuple[Project, Server]) -> None:
    project, server = renamed
    (project.root / "materials.lock.json").unlink()

    assert project.apply().code == 0

    assert len(server.ids()) == 3
    assert project.run("plan", "--refresh", "--detailed-exitcode").code == 0
    assert project.run("import", "--all", "--yes").code == 0
    assert project.lock()["retired"] == []


def test_two_ids_with_one_address_are_one_and_the_one_in_use_stays(tmp_path: Path) -> None:
    with serving(switches=Switches(same_bytes_same_url=True)) as server:
        project = Project(tmp_path, server.environ)
        project.images("a.png")
        project.apply()
        mine, name = id_of(project, "a.png"), project.materials()["a.png"]["uploaded_as"]
        server.advance(3601)
        server.upload("image", name, png("a.png"))

        assert project.apply("--refresh", "--look", "all").code == 0

        assert id_of(project, "a.png") == mine
        assert project.lock()["retired"] == []


@pytest.mark.parametrize(
    ("url", "token"),
    [
        ("http://mmbiz.qpic.cn/mmbiz_png/AbC-_9/0?wx_fmt=png", "AbC-_9"),
        ("https://mmbiz.qpic.cn/sz_mmbiz_png/AbC-_9/640?from=appmsg", "AbC-_9"),
        ("https://mmbiz.qlogo.cn/mmbiz/AbC-_9/0", "AbC-_9"),
        ("https://mmbiz.qpic.cn.example.com/mmbiz_png/AbC-_9/0", None),
        ("https://example.com/?mmbiz.qpic.cn/mmbiz_png/AbC-_9/0", None),
        ("https://mmbiz.qpic.cn/other/AbC-_9/0", None),
        ("", None),
        (None, None),
    ],
)
def test_a_picture_is_known_by_its_token_however_its_address_is_written(url: str | None, token: str | None) -> None:
    assert picture_token(url) == token


def test_a_second_voice_is_settled_as_before_and_so_is_one_whose_first_is_gone(
    project: Project, server: Server, tmp_path: Path
) -> None:
    project.sample("audio/welcome.mp3", "welcome.mp3")
    project.manifest("materials:\n  - {path: '*.mp3', type: voice}\n")
    project.apply()
    first, name = id_of(project, "welcome.mp3"), project.materials()["welcome.mp3"]["uploaded_as"]
    server.advance(3601)
    second = server.upload("voice", name, (MEDIA / "audio/welcome.mp3").read_bytes())

    assert project.apply("--refresh").code == 0
    assert (id_of(project, "welcome.mp3"), [one["media_id"] for one in project.lock()["retired"]]) == (first, [second])

    server.delete(first)
    third = server.upload("voice", name, (MEDIA / "audio/welcome.mp3").read_bytes())
    assert project.apply("--refresh").code == 0
    assert id_of(project, "welcome.mp3") == third
