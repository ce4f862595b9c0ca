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
def github(tmp_path: Path, api: Hub, server: Server) -> Github:
    """A repository with one picture in its manifest, and nothing at WeChat yet."""
    made = Github(tmp_path, api)
    made.secrets, made.variables = credentials(server)
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
    assert ended(github.push()) == [0, 0, 0]
    git(team, "pull", "-q", "--rebase", "origin", "main")
    git(team, "checkout", "-q", "-b", "more")
    write(team, "a.png", "b.png")
    commit(team, "another picture")
    git(team, "push", "-q", "origin", "more")
    calls = server.calls()

    planned, written = github.run("pull_request", branch="more", payload=PULL)

    assert (planned.code, written.code) == (0, 0), planned.log + written.log
    assert "b.png" in planned.summary
    assert "a.png" not in planned.summary
    assert "b.png" in api.comments[0]["body"]
    assert server.calls() == calls, "a pull request asks WeChat nothing"
    git(team, "checkout", "-q", "main")
    git(team, "merge", "-q", "--no-ff", "-m", "merge", "more")
    git(team, "push", "-q", "origin", "main")
    played = github.push()
    assert ended(played) == [0, 0, 0]
    assert "created" in played[1].summary
    assert ids_in(github.lock()) == server.ids()
    assert set(github.lock()["materials"]) == {"a.png", "b.png"}
    assert git(github.origin, "diff", "--name-only", "main~1", "main").split() == ["materials.lock.json"]
    assert "github-actions[bot]" in git(github.origin, "log", "-1", "--format=%an", "main")


def test_a_run_whose_only_change_is_the_lock_has_nothing_to_do(github: Github, server: Server) -> None:
    github.push()
    head, calls = github.head(), server.calls()

    played = github.push()

    assert ended(played) == [0, 0], "no account is pending, so no job holds a secret"
    assert (github.head(), server.calls()) == (head, calls)


def test_the_comment_is_one_and_is_brought_up_to_date(github: Github, team: Path, api: Hub, server: Server) -> None:
    github.push()
    git(team, "pull", "-q", "--rebase", "origin", "main")
    for pictures in (["a.png", "b.png"], ["a.png", "c.png"], ["a.png"]):
        write(team, *pictures)
        commit(team)
        git(team, "push", "-q", "-f", "origin", "HEAD:refs/heads/more")
        assert ended(github.run("pull_request", branch="more", payload=PULL)) == [0, 0]

    [comment] = api.comments
    assert "Nothing to do" in comment["body"]


def test_a_lock_comes_back_also_where_apply_failed_half_way(github: Github, team: Path, server: Server) -> None:
    publish(team, "a.png", "b.png", "c.png")
    server.fault("add_material:errcode=40009*1")

    played = github.push()

    assert ended(played) == [0, 3, 0]
    assert "failed" in played[1].summary
    assert ids_in(github.lock()) == server.ids()
    assert len(server.ids()) == 2


def test_two_runs_that_race_lose_nothing(github: Github, team: Path, server: Server) -> None:
    github.push()
    publish(team, "a.png", "b.png")
    slow = github.push(until="apply")
    kept = shutil.copytree(github.artifacts, github.folder / "kept")
    publish(team, "a.png", "b.png", "c.png")
    assert ended(github.push()) == [0, 0, 0]
    shutil.rmtree(github.artifacts)
    shutil.copytree(kept, github.artifacts)

    late = github.play("commit", slow)

    assert late.code == 0, late.log
    assert ids_in(github.lock()) == server.ids()
    assert len(server.ids()) == 3, "the second run found what the first had sent"
    assert set(github.lock()["materials"]) == {"a.png", "b.png", "c.png"}


def test_a_run_that_died_before_its_lock_came_back_uploads_nothing_twice(github: Github, server: Server) -> None:
    github.push(until="apply")
    sent = server.ids()

    played = github.push()

    assert ended(played) == [0, 0, 0]
    assert "adopted" in played[1].summary
    assert server.ids() == sent == ids_in(github.lock())


def test_three_accounts_of_which_one_is_broken_are_committed_at_once(
    github: Github, team: Path, server: Server
) -> None:
    appids = {"broken": "wx1111111111111111", "prod": server.sandbox.appid, "test-one": "wxfedcba9876543210"}
    accounts = "accounts:\n" + "".join(f"  {name}: {{appid: {appid}}}\n" for name, appid in appids.items())
    with serve(appid=appids["test-one"]) as sandbox:
        second = Server(sandbox)
        write(team, "a.png", accounts=accounts)
        commit(team, "three accounts")
        git(team, "push", "-q", "origin", "main")
        before = github.head()
        github.secrets, github.variables = {}, {}
        github.environments = {"wechat-prod": plain(server), "wechat-test-one": plain(second)}
        github.environments["wechat-broken"] = {"WXSYNC_SECRET": "wrong", "WXSYNC_API_BASE": server.sandbox.url}

        played = github.push()

        assert ended(played) == [0, 5, 0, 0, 0], "".join(one.log for one in played)
        assert [one.name for one in played[1:4]] == ["apply broken", "apply prod", "apply test-one"]
        assert git(github.origin, "rev-list", f"{before}..main").count("\n") == 1
        assert ids_in(github.lock("materials.prod.lock.json")) == server.ids()
        assert ids_in(github.lock("materials.test-one.lock.json")) == second.ids()


def test_until_the_pull_request_is_merged_runs_go_on_from_it(
    github: Github, team: Path, server: Server, api: Hub
) -> None:
    github.inputs["deliver"] = "request"
    github.push()
    publish(team, "a.png", "b.png")

    second = github.push()
    third = github.push()

    assert ended(second) == [0, 0, 0]
    assert "a.png" not in second[1].summary, "what waits in the pull request is not done again"
    assert ended(third) == [0, 0, 0], "what waits is proven again"
    assert "Nothing to do" in third[1].summary
    assert len(api.pulls) == 1
    assert ids_in(github.lock(branch="wxsync/main-materials")) == server.ids()
    assert len(server.ids()) == 2
    git(team, "pull", "-q", "origin", "main")
    git(team, "fetch", "-q", "origin")
    git(team, "merge", "-q", "--squash", "origin/wxsync/main-materials")
    git(team, "commit", "-q", "-m", "merge the lock")
    git(team, "push", "-q", "origin", "main")
    assert ended(github.push()) == [0, 0]
    assert github.branches() == {"main"}


def test_the_job_that_holds_the_secret_shows_it_nowhere(github: Github, server: Server) -> None:
    played = github.push()

    secret = server.sandbox.secret
    assert all(secret not in one.log + one.summary for one in played)
    for file in github.artifacts.rglob("*.json"):
        assert secret not in file.read_text()


def test_a_lock_in_a_hidden_folder_comes_back(github: Github, team: Path, server: Server) -> None:
    (team / ".wechat").mkdir()
    write(team / ".wechat", "h.png")
    commit(team, "hidden")
    git(team, "push", "-q", "origin", "main")
    github.manifest = ".wechat/materials.yaml"

    assert ended(github.push()) == [0, 0, 0]
    assert ids_in(github.lock(".wechat/materials.lock.json")) == server.ids() != set()


def test_drift_turns_the_night_red_and_a_run_by_hand_mends_it(github: Github, server: Server, api: Hub) -> None:
    github.push()
    [lost] = server.ids()
    server.delete(lost)
    server.advance(7_200)

    nights = [github.run("schedule") for _ in range(2)]
    mended = github.push(dispatched={"refresh": True})

    assert [ended(night) for night in nights] == [[0, 2, 0]] * 2
    [issue] = api.issues
    assert "a.png" in issue["body"]
    assert ended(mended) == [0, 0, 0], "".join(one.log for one in mended)
    assert ids_in(github.lock()) == server.ids() != {lost}
    assert ended(github.run("schedule")) == [0, 0]


def test_a_forged_lock_on_the_branch_that_waits_is_refused(github: Github, team: Path, server: Server) -> None:
    github.push()
    publish(team, "a.png", "h.png")
    git(team, "checkout", "-q", "-b", "forged", "origin/main")
    lock = json.loads((team / "materials.lock.json").read_bytes())
    lock["materials"]["h.png"] = lock["materials"]["a.png"] | {"media_id": "FORGED", "path": "h.png"}
    (team / "materials.lock.json").write_text(json.dumps(lock))
    commit(team, "forged")
    git(team, "push", "-q", "origin", "HEAD:refs/heads/wxsync/main-materials")

    assert ended(github.push()) == [0, 0, 0]
    assert ids_in(github.lock()) == server.ids()
    assert github.branches() == {"main"}


def test_a_night_without_accounts_and_a_queue_of_merges_pass(github: Github, team: Path) -> None:
    github.inputs["shard"] = "2/2"

    assert ended(github.run("schedule")) == [0]
    queued = github.run("merge_group", payload={"merge_group": {"base_ref": "refs/heads/main"}})
    assert [one.name for one in queued] == ["plan"]
    assert ended(queued) == [0]


def test_a_manifest_that_is_wrong_is_shown_at_its_line(github: Github, team: Path, api: Hub) -> None:
    (team / "materials.yaml").write_text("version: 1\nmaterials:\n  - {path: a.png, tpye: image}\n")
    commit(team)
    git(team, "push", "-q", "origin", "HEAD:refs/heads/wrong")

    planned, _written = github.run("pull_request", branch="wrong", payload=PULL)

    assert planned.code == 4
    assert "::error file=" in planned.log
    assert "materials.yaml,line=3,col=" in planned.log
    assert "tpye" in api.comments[0]["body"]


def test_a_fork_gets_its_plan_in_the_summary_and_no_comment(github: Github, api: Hub) -> None:
    fork = {"pull_request": {"number": 7, "head": {"repo": {"full_name": "somebody/else"}}}}

    played = github.run("pull_request", payload=fork)

    assert [one.name for one in played] == ["plan"]
    assert "a.png" in played[0].summary
    assert api.comments == []


PULL = {"pull_request": {"number": 7, "head": {"repo": {"full_name": "agency/pictures"}}}}


def credentials(server: Server) -> tuple[dict[str, str], dict[str, str]]:
    """Gives the secrets and the variables of a repository for one account."""
    environ = dict(server.environ)
    return {"WXSYNC_SECRET": environ.pop("WXSYNC_SECRET")}, environ


def plain(server: Server) -> dict[str, str]:
    """Gives what an account's own environment at GitHub holds: plain names, and the appid is the manifest's."""
    return {name: value for name, value in server.environ.items() if name != "WXSYNC_APPID"}
