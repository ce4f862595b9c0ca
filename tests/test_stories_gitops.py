"""The main use, as a team does it: a pull request shows the plan, its merge applies it, the lock comes back."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.github import Github, Hub, Played, commit, git, hub
from tests.project import Server, png
from wxsync.sandbox import serve

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the jobs of the workflow run in bash")


@pytest.fixture
def api() -> Iterator[Hub]:
    with hub() as known:
        yield known


@pytest.fixture
def github(tmp_path: Path, api: Hub) -> Github:
    """A repository with one picture in its manifest, and nothing at WeChat yet."""
    made = Github(tmp_path, api)
    made.create()
    team = made.clone("team")
    write(team, "a.png")
    commit(team, "the first picture")
    git(team, "push", "-q", "origin", "main")
    return made


@pytest.fixture
def team(github: Github) -> Path:
    return github.folder / "team"


def write(folder: Path, *pictures: str, accounts: str = "") -> None:
    """Writes a manifest of all pictures, and those that are not there yet."""
    for path in pictures:
        if not (folder / path).exists():
            (folder / path).write_bytes(png(path))
    rows = "".join(f"  - {{path: {path}, type: image}}\n" for path in pictures)
    (folder / "materials.yaml").write_text(f"version: 1\n{accounts}materials:\n{rows}")


def publish(team: Path, *pictures: str) -> None:
    """Brings a change of the manifest to main, as merging a pull request does."""
    git(team, "pull", "-q", "--rebase", "origin", "main")
    write(team, *pictures)
    commit(team, f"{len(pictures)} pictures")
    git(team, "push", "-q", "origin", "main")


def ended(played: list[Played]) -> list[int]:
    return [one.code for one in played]


def ids_in(lock: Any) -> set[str]:
    return {one["media_id"] for one in (*lock["materials"].values(), *lock["retired"])}


def test_a_pull_request_shows_the_plan_and_its_merge_brings_the_lock_back(
    github: Github, team: Path, server: Server, api: Hub
) -> None:
    assert ended(github.push(server.environ)) == [0, 0, 0]
    git(team, "pull", "-q", "--rebase", "origin", "main")
    git(team, "checkout", "-q", "-b", "more")
    write(team, "a.png", "b.png")
    commit(team, "another picture")
    git(team, "push", "-q", "origin", "more")
    calls = server.calls()

    planned = github.play("plan", folder=github.checkout("more"), event={"pull_request": {"number": 7}})

    assert planned.code == 0, planned.log
    assert "b.png" in planned.summary
    assert "a.png" not in planned.summary
    assert planned.outputs["news"] == "true"
    assert server.calls() == calls, "a pull request asks WeChat nothing"
    git(team, "checkout", "-q", "main")
    git(team, "merge", "-q", "--no-ff", "-m", "merge", "more")
    git(team, "push", "-q", "origin", "main")
    played = github.push(server.environ)
    assert ended(played) == [0, 0, 0]
    assert "created" in played[1].summary
    assert ids_in(github.lock()) == server.ids()
    assert set(github.lock()["materials"]) == {"a.png", "b.png"}
    assert git(github.origin, "diff", "--name-only", "main~1", "main").split() == ["materials.lock.json"]
    assert "github-actions[bot]" in git(github.origin, "log", "-1", "--format=%an", "main")


def test_a_run_whose_only_change_is_the_lock_has_nothing_to_do(github: Github, server: Server) -> None:
    github.push(server.environ)
    head, calls = github.head(), server.calls()

    played = github.push(server.environ)

    assert ended(played) == [0, 0], "no account is pending, so no job holds a secret"
    assert (github.head(), server.calls()) == (head, calls)


def test_the_comment_is_one_and_is_brought_up_to_date(github: Github, team: Path, api: Hub, server: Server) -> None:
    pull = {"pull_request": {"number": 7}}
    github.push(server.environ)
    git(team, "pull", "-q", "--rebase", "origin", "main")
    for pictures in (["a.png", "b.png"], ["a.png", "c.png"], ["a.png"]):
        write(team, *pictures)
        planned = github.play("plan", folder=team, event=pull)
        written = github.play("comment", needs(planned), folder=github.folder, event=pull)
        assert (planned.code, written.code) == (0, 0), planned.log + written.log

    [comment] = api.comments
    assert "Nothing to do" in comment["body"]


def test_a_lock_comes_back_also_where_apply_failed_half_way(github: Github, team: Path, server: Server) -> None:
    publish(team, "a.png", "b.png", "c.png")
    server.fault("add_material:errcode=40009*1")

    played = github.push(server.environ)

    assert ended(played) == [0, 3, 0]
    assert "failed" in played[1].summary
    assert ids_in(github.lock()) == server.ids()
    assert len(server.ids()) == 2


def test_two_runs_that_race_lose_nothing(github: Github, team: Path, server: Server) -> None:
    github.push(server.environ)
    publish(team, "a.png", "b.png")
    slow = github.push(server.environ, until="apply")
    kept = shutil.copytree(github.artifacts, github.folder / "kept")
    publish(team, "a.png", "b.png", "c.png")
    assert ended(github.push(server.environ)) == [0, 0, 0]
    shutil.rmtree(github.artifacts)
    shutil.copytree(kept, github.artifacts)

    late = github.play("commit", needs(slow[0]))

    assert late.code == 0, late.log
    assert ids_in(github.lock()) == server.ids()
    assert len(server.ids()) == 3, "the second run found what the first had sent"
    assert set(github.lock()["materials"]) == {"a.png", "b.png", "c.png"}


def test_a_run_that_died_before_its_lock_came_back_uploads_nothing_twice(github: Github, server: Server) -> None:
    github.push(server.environ, until="apply")
    sent = server.ids()

    played = github.push(server.environ)

    assert ended(played) == [0, 0, 0]
    assert "adopted" in played[1].summary
    assert server.ids() == sent == ids_in(github.lock())


def test_two_accounts_of_a_matrix_are_committed_at_once(github: Github, team: Path, server: Server) -> None:
    appids = {"prod": server.sandbox.appid, "test-one": "wxfedcba9876543210"}
    accounts = "accounts:\n" + "".join(f"  {name}: {{appid: {appid}}}\n" for name, appid in appids.items())
    with serve(appid=appids["test-one"]) as sandbox:
        second = Server(sandbox)
        write(team, "a.png", accounts=accounts)
        commit(team, "two accounts")
        git(team, "push", "-q", "origin", "main")
        before = github.head()

        played = github.push({"prod": plain(server), "test-one": plain(second)})  # type: ignore[dict-item]

        assert ended(played) == [0, 0, 0, 0], "".join(one.log for one in played)
        assert [one["environment"] for one in json.loads(played[0].outputs["pending"])] == [
            "wechat-prod",
            "wechat-test-one",
        ]
        assert git(github.origin, "rev-list", f"{before}..main").count("\n") == 1
        assert ids_in(github.lock("materials.prod.lock.json")) == server.ids()
        assert ids_in(github.lock("materials.test-one.lock.json")) == second.ids()


def test_until_the_pull_request_is_merged_runs_go_on_from_it(
    github: Github, team: Path, server: Server, api: Hub
) -> None:
    github.inputs["deliver"] = "pull-request"
    github.push(server.environ)
    publish(team, "a.png", "b.png")

    second = github.push(server.environ)
    third = github.push(server.environ)

    assert ended(second) == [0, 0, 0]
    assert "a.png" not in second[1].summary, "what waits in the pull request is not done again"
    assert ended(third) == [0, 0]
    assert len(api.pulls) == 1
    assert ids_in(github.lock(branch="wxsync/main-materials")) == server.ids()
    assert len(server.ids()) == 2
    git(team, "pull", "-q", "origin", "main")
    git(team, "fetch", "-q", "origin")
    git(team, "merge", "-q", "--squash", "origin/wxsync/main-materials")
    git(team, "commit", "-q", "-m", "merge the lock")
    git(team, "push", "-q", "origin", "main")
    assert ended(github.push(server.environ)) == [0, 0]
    assert github.branches() == {"main"}


def test_the_job_that_holds_the_secret_shows_it_nowhere(github: Github, server: Server) -> None:
    played = github.push(server.environ)

    secret = server.sandbox.secret
    assert all(secret not in one.log + one.summary for one in played)
    for file in github.artifacts.rglob("*.json"):
        assert secret not in file.read_text()


def needs(planned: Played) -> dict[str, str]:
    return {f"needs.plan.outputs.{name}": value for name, value in planned.outputs.items()}


def plain(server: Server) -> dict[str, str]:
    """Gives what an account's own environment at GitHub holds: plain names, and the appid is the manifest's."""
    return {name: value for name, value in server.environ.items() if name != "WXSYNC_APPID"}
