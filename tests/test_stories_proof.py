"""Prune deletes what is proven to be an upload of ours and used by nobody; a lock alone proves nothing."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.project import Project, Run, Server, png, serving
from wxsync.sandbox import Switches


@pytest.fixture
def retired(project: Project) -> Project:
    """A project that uses one image and has retired another, a voice, a thumb and a video."""
    project.images("a.png", "b.png")
    project.sample("audio/welcome.mp3", "v.mp3")
    project.sample("video/intro.mp4", "v.mp4")
    project.sample("covers/intro.jpg", "t.jpg")
    project.manifest(
        "materials:\n  - {path: a.png, type: image}\n  - {path: b.png, type: image}\n  - {path: v.mp3, type: voice}\n"
        "  - {path: t.jpg, type: thumb}\n  - {path: v.mp4, type: video, title: Film, introduction: About}\n"
    )
    assert project.apply().code == 0
    project.images("a.png")
    assert project.apply("--force").code == 0
    return project


def forge(project: Project, name: str, **changes: Any) -> None:
    lock = project.lock()
    next(one for one in lock["retired"] if one["name"] == name).update(changes)
    (project.root / "materials.lock.json").write_text(json.dumps(lock, indent=2, sort_keys=True) + "\n")


def outcomes(pruned: Run) -> dict[str, tuple[str, str]]:
    return {one["name"]: (one["outcome"], one.get("reason") or "") for one in json.loads(pruned.out)["results"]}


def prune(project: Project, *arguments: str) -> Run:
    return project.run("prune", "--yes", "--format", "json", *arguments)


def test_what_is_ours_is_proven_and_deleted(retired: Project, server: Server) -> None:
    assert {one for one, _why in outcomes(prune(retired)).values()} == {"deleted"}
    assert server.ids() == {retired.materials()["a.png"]["media_id"]}


@pytest.mark.parametrize(
    "changes",
    [
        {"uploaded_as": "anything.png"},
        {"uploaded_as": None},
        {"sha256": "0" * 64},
        {"uploaded_as": "b.wxaaaaaaaaaaaaaaaa.png"},
        {"type": "thumb"},
    ],
)
def test_a_record_that_does_not_bear_its_own_tag_is_kept(
    retired: Project, server: Server, changes: dict[str, Any]
) -> None:
    victim = server.upload("image", "holiday.png", png("holiday"))
    forge(retired, "b.png", media_id=victim, **changes)

    kept = outcomes(prune(retired))["b.png"]

    assert kept[0] == "kept"
    assert "tag" in kept[1]
    assert victim in server.ids()


def test_an_id_that_wechat_lists_under_another_name_is_kept(retired: Project, server: Server) -> None:
    victim = server.upload("image", "holiday.png", png("holiday"))
    forge(retired, "b.png", media_id=victim)

    kept = outcomes(prune(retired))["b.png"]

    assert kept == ("kept", "WeChat lists it as holiday.png, without the tag of its content")
    assert victim in server.ids()
    assert any(one["name"] == "b.png" for one in retired.lock()["retired"])


@pytest.mark.parametrize(
    ("title", "introduction", "outcome"),
    [("Holiday", "About", "kept"), ("Film", "of mine", "kept"), ("Film", "", "kept"), ("Film", "About", "deleted")],
)
def test_a_video_is_known_by_its_title_and_its_introduction(
    retired: Project, server: Server, title: str, introduction: str, outcome: str
) -> None:
    content = (retired.root / "v.mp4").read_bytes()
    victim = server.upload("video", "x.mp4", content, title=title, introduction=introduction)
    forge(retired, "v.mp4", media_id=victim)

    assert outcomes(prune(retired))["v.mp4"][0] == outcome
    assert (victim in server.ids()) == (outcome == "kept")


def test_an_id_of_another_shelf_is_kept(retired: Project, server: Server) -> None:
    victim = server.upload("voice", "song.mp3", (retired.root / "v.mp3").read_bytes())
    forge(retired, "b.png", media_id=victim)

    assert outcomes(prune(retired))["b.png"][0] == "kept"
    assert victim in server.ids()


def test_what_is_gone_needs_no_proof(retired: Project, server: Server) -> None:
    [gone] = [one["media_id"] for one in retired.lock()["retired"] if one["name"] == "b.png"]
    server.delete(gone)

    assert outcomes(prune(retired))["b.png"][0] == "gone"


def test_a_dry_run_shows_what_is_kept_and_deletes_nothing(retired: Project, server: Server) -> None:
    forge(retired, "b.png", uploaded_as="anything.png")
    ids = server.ids()

    again = prune(retired, "--max-delete", "0")

    assert outcomes(again)["b.png"][0] == "kept"
    assert server.ids() == ids


@pytest.mark.parametrize(("kind", "why"), [("voice", "is in use"), ("image", "its url is that of")])
def test_what_is_in_use_under_another_id_is_kept(tmp_path: Path, kind: str, why: str) -> None:
    """Another clone found the upload in the listing, which names it otherwise than its upload was answered."""
    sample, name = {"voice": ("audio/welcome.mp3", "v.mp3"), "image": ("covers/intro.jpg", "a.jpg")}[kind]
    with serving(switches=Switches(listing_renames_ids=True)) as server:
        mine, theirs = (Project(tmp_path / clone, server.environ) for clone in ("mine", "theirs"))
        for clone in (mine, theirs):
            clone.root.mkdir()
            clone.sample(sample, name)
            clone.manifest(f"materials:\n  - {{path: {name}, type: {kind}}}\n")
            assert clone.apply().code == 0
        ids = {clone.materials()[name]["media_id"] for clone in (mine, theirs)}
        assert (len(ids), len(server.ids())) == (2, 1)
        base = tmp_path / "base.lock.json"
        base.write_text("", encoding="utf-8")
        locks = [str(clone.root / "materials.lock.json") for clone in (mine, theirs)]
        assert mine.run("lock", "merge", str(base), *locks).code == 0

        pruned = outcomes(prune(mine))

        assert pruned[name][0] == "kept"
        assert why in pruned[name][1]
        assert len(server.ids()) == 1


@pytest.mark.parametrize("gone", [False, True])
def test_of_two_uploads_of_one_content_the_retired_one_is_deleted(
    project: Project, server: Server, *, gone: bool
) -> None:
    project.sample("audio/welcome.mp3", "v.mp3")
    project.manifest("materials:\n  - {path: v.mp3, type: voice}\n")
    project.apply()
    first = project.materials()["v.mp3"]["media_id"]
    project.apply("--replace", "v.mp3")
    if gone:
        server.delete(first)

    assert outcomes(prune(project))["v.mp3"][0] == ("gone" if gone else "deleted")
    assert server.ids() == {project.materials()["v.mp3"]["media_id"]}


def git(project: Project, *words: str) -> None:
    who = ["-c", "user.email=a@example.com", "-c", "user.name=a"]
    subprocess.run(["git", *who, *words], cwd=project.root, check=True, capture_output=True)


def test_what_the_followed_branch_uses_is_kept(retired: Project, server: Server) -> None:
    """Another clone took it back from `retired` and pushed; this one fetched, and has not merged yet."""
    mine = retired.lock_bytes()
    retired.images("a.png", "b.png")
    retired.apply()
    git(retired, "init", "-qb", "main")
    git(retired, "add", ".")
    git(retired, "commit", "-qm", "theirs")
    git(retired, "clone", "-q", "--bare", ".", "../origin.git")
    git(retired, "remote", "add", "origin", "../origin.git")
    git(retired, "fetch", "-q")
    git(retired, "branch", "-q", "--set-upstream-to", "origin/main")
    (retired.root / "materials.lock.json").write_bytes(mine)
    retired.manifest("materials:\n  - {path: a.png, type: image}\n")

    pruned = outcomes(prune(retired))

    assert pruned["b.png"][0] == "kept"
    assert "branch that this clone follows" in pruned["b.png"][1]
    assert pruned["v.mp3"][0] == "deleted"
    assert [one["name"] for one in retired.lock()["retired"]] == ["b.png"]
