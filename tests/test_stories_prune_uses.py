"""Prune looks where a material is used before it asks: what it finds stays, and what it cannot see is told."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project import Project, Run, Server, png, serving
from tests.test_stories_prune import typed
from wxsync.sandbox import Switches


@pytest.fixture
def retired(project: Project) -> Project:
    return with_retired(project)


def with_retired(project: Project) -> Project:
    """Gives a project that uses one image and has retired two others."""
    project.images("a.png", "b.png", "c.png")
    assert project.apply().code == 0
    project.manifest("materials:\n  - {path: a.png, type: image}\n")
    assert project.apply("--force").code == 0
    return project


def dropped(project: Project, name: str) -> dict[str, str]:
    return next(one for one in project.lock()["retired"] if one["name"] == name)


def prune(project: Project, *arguments: str) -> Run:
    return project.run("prune", "--yes", "--format", "json", *arguments)


def fates(pruned: Run) -> dict[str, tuple[str, str]]:
    return {one["name"]: (one["outcome"], one["reason"]) for one in pruned.json["results"]}


def test_what_a_cover_of_a_draft_shows_is_kept_with_its_place(retired: Project, server: Server) -> None:
    cover = dropped(retired, "b.png")["media_id"]
    server.sandbox.account.draft_add({"articles": [{"title": "春季", "thumb_media_id": cover}]})

    pruned = prune(retired)

    fate, reason = fates(pruned)["b.png"]
    assert (pruned.code, fate) == (0, "kept")
    assert "draft “春季”, article 1 of 1: cover" in reason
    assert fates(pruned)["c.png"][0] == "deleted"
    assert cover in server.ids()
    assert [one["name"] for one in retired.lock()["retired"]] == ["b.png"]
    assert pruned.json["looked"] == {"documents": 0, "drafts": 1, "menu": 0}
    assert any("published" in one for one in pruned.json["unseen"])


def test_what_stands_in_the_text_of_a_draft_is_kept(retired: Project, server: Server) -> None:
    article = {
        "title": "正文",
        "thumb_media_id": retired.materials()["a.png"]["media_id"],
        "content": f'<img src="{dropped(retired, "c.png")["url"]}"/>',
    }
    server.sandbox.account.draft_add({"articles": [article]})

    assert "body" in fates(prune(retired))["c.png"][1]


def test_what_the_menu_sends_is_kept_before_wechat_has_to_refuse(retired: Project, server: Server) -> None:
    button = {"type": "media_id", "name": "海报", "media_id": dropped(retired, "c.png")["media_id"]}
    server.sandbox.account.menu_create({"button": [button]})

    pruned = prune(retired)

    assert pruned.code == 0
    assert fates(pruned)["c.png"] == ("kept", "still used: menu, button 海报")
    assert server.calls()["del_material"] == 1


@pytest.mark.parametrize("written", ["![](../{path})", "<img src='{url}'>", "{media_id}"])
def test_what_a_document_of_the_repository_shows_is_kept(retired: Project, server: Server, written: str) -> None:
    record = dropped(retired, "b.png")
    retired.add("posts/old.md", b"\n" + written.format_map(record).encode())

    fate, reason = fates(prune(retired))["b.png"]

    assert fate == "kept"
    assert "old.md:2" in reason
    assert record["media_id"] in server.ids()


def test_a_path_that_means_the_picture_in_use_keeps_nothing_old(retired: Project, server: Server) -> None:
    retired.add("posts/now.md", b"![](../a.png)\n")
    retired.add("a.png", png("changed"))
    retired.apply()

    pruned = prune(retired)

    assert {fate for fate, _reason in fates(pruned).values()} == {"deleted"}
    assert server.ids() == {retired.materials()["a.png"]["media_id"]}


def test_an_article_image_that_a_document_shows_stays_in_the_lock_and_nobody_is_called(
    project: Project, server: Server
) -> None:
    project.sample("articles/step-1.png", "step.png")
    project.manifest("materials:\n  - {path: step.png, type: article_image}\n")
    project.apply()
    project.manifest("materials: []\n")
    project.apply()
    project.add("post.md", b"![](step.png)\n")
    calls = server.calls()

    pruned = prune(project)

    assert fates(pruned)["step.png"][0] == "kept"
    assert len(project.lock()["retired"]) == 1
    assert server.calls() == calls


BLIND = {
    "no right to drafts": Switches(no_drafts=True),
    "no calls for drafts": Switches(daily={"/cgi-bin/draft/batchget": 0}),
    "no calls for the menu": Switches(daily={"/cgi-bin/menu/get": 0}),
}


@pytest.fixture(params=BLIND)
def blind(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Project, Server]]:
    """A project with two retired images, at a WeChat that does not show all that may use them."""
    with serving(switches=BLIND[request.param]) as server:
        yield with_retired(Project(tmp_path, server.environ)), server


def test_where_it_cannot_look_yes_is_not_enough(blind: tuple[Project, Server]) -> None:
    project, server = blind
    before = server.ids()

    pruned = prune(project)

    assert pruned.code == 5
    assert "could not be looked at, so nothing was deleted" in pruned.err
    assert "--uses none" in pruned.err
    assert server.ids() == before
    assert len(project.lock()["retired"]) == 2


def test_where_it_cannot_look_nobody_need_be_asked(blind: tuple[Project, Server]) -> None:
    project, server = blind
    pruned = prune(project, "--uses", "none")
    assert pruned.code == 0
    assert server.ids() == {project.materials()["a.png"]["media_id"]}
    assert not {"draft_batchget", "menu_get"} & server.calls().keys()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no terminals of this kind")
@pytest.mark.parametrize(("answer", "code", "left"), [("y\n", 0, 1), ("n\n", 130, 3)])
def test_where_it_cannot_look_a_terminal_is_asked(tmp_path: Path, answer: str, code: int, left: int) -> None:
    with serving(switches=Switches(no_drafts=True)) as server:
        project = with_retired(Project(tmp_path, server.environ))
        ended, shown = typed(project, answer, "prune")
        assert ended == code, shown
        assert "48001" in shown
        assert "could not be looked at everywhere" in shown
        assert len(server.ids()) == left


def test_no_answer_is_no_sign_that_nothing_is_used(retired: Project, server: Server) -> None:
    server.fault("draft_batchget:errcode=50002")
    before = server.ids()

    pruned = prune(retired)

    assert pruned.code == 5
    assert server.ids() == before


def test_an_account_without_a_right_to_menus_is_no_obstacle(tmp_path: Path) -> None:
    with serving(switches=Switches(no_menu=True)) as server:
        project = with_retired(Project(tmp_path, server.environ))
        pruned = prune(project)
        assert pruned.code == 0
        assert pruned.json["looked"]["menu"] is None
        assert server.ids() == {project.materials()["a.png"]["media_id"]}


def test_a_part_of_the_drafts_is_not_enough(tmp_path: Path) -> None:
    with serving(switches=Switches(daily={"/cgi-bin/draft/batchget": 2})) as server:
        project = with_retired(Project(tmp_path, server.environ))
        cover = project.materials()["a.png"]["media_id"]
        for number in range(50):
            server.sandbox.account.draft_add({"articles": [{"title": f"{number}", "thumb_media_id": cover}]})
        pruned = prune(project)
        assert pruned.code == 5
        assert "40 of 50 drafts" in pruned.err


def test_a_dry_run_shows_it_all_and_changes_nothing(retired: Project, server: Server) -> None:
    retired.add("old.md", b"![](b.png)\n")
    before, lock = server.ids(), retired.lock_bytes()

    shown = retired.run("prune", "--dry-run")
    document = retired.run("prune", "--dry-run", "--format", "json", "--max-delete", "0")

    assert (shown.code, document.code) == (0, 0)
    assert "Would be pruned: 1 kept, 1 would go." in shown.out
    assert "Not looked at: articles that are published" in shown.out
    assert {one["name"]: one["outcome"] for one in document.json["results"]} == {"b.png": "kept", "c.png": "left"}
    assert (server.ids(), retired.lock_bytes()) == (before, lock)
    assert "del_material" not in server.calls()


def test_a_dry_run_tells_where_it_could_not_look_and_is_no_failure(tmp_path: Path) -> None:
    with serving(switches=Switches(no_drafts=True)) as server:
        shown = with_retired(Project(tmp_path, server.environ)).run("prune", "--dry-run")
        assert shown.code == 0
        assert "48001" in shown.out


def test_the_summary_counts_what_was_kept_deleted_gone_and_not_ours(project: Project, server: Server) -> None:
    project.images("a.png", "b.png", "c.png", "d.png", "e.png")
    project.apply()
    project.manifest("materials:\n  - {path: a.png, type: image}\n")
    project.apply("--force")
    project.add("old.md", b"![](b.png)\n")
    server.delete(dropped(project, "c.png")["media_id"])
    lock = project.lock_bytes().replace(b'"uploaded_as": "d.', b'"uploaded_as": "d2.')
    forged = lock.replace(dropped(project, "d.png")["sha256"].encode(), b"0" * 64)
    (project.root / "materials.lock.json").write_bytes(forged)

    pruned = project.run("prune", "--yes")

    assert pruned.code == 0
    assert "Pruned: 1 deleted, 1 already gone, 1 kept, 1 not ours." in pruned.out


def test_what_has_the_url_of_a_material_in_use_is_that_material(tmp_path: Path) -> None:
    with serving(switches=Switches(same_bytes_same_url=True)) as server:
        project = Project(tmp_path, server.environ)
        project.images("a.png")
        project.apply()
        project.apply("--replace", "a.png")

        kept = fates(prune(project))["a.png"]

        assert kept == ("kept", "its url is that of a.png in this lock")
        assert len(server.ids()) == 2
