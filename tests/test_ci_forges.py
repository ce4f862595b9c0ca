"""Locks and comments at GitLab, at Gitee, at GitHub with its rulesets, and with git alone."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.forge_stub import Stub, forge_stub
from tests.github import TOKEN, Github, Hub, commit, git, hub, wxsync
from tests.nouns import held, lock_of
from wxsync.ci.forges import forge_named
from wxsync.lockfile import render_lock

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the hooks that stand for a server's rules are shell scripts")

LOCK = "materials.lock.json"
WAITING = "wxsync/main-materials"
BEFORE, AFTER = lock_of({"a": held("a")}), lock_of({"a": held("a"), "c": held("c", "c")})
SECRET = "glpat-canary0123"
OPTIONS = """
n=0
while [ $n -lt "${GIT_PUSH_OPTION_COUNT:-0}" ]; do eval echo "\\$GIT_PUSH_OPTION_$n" >>options; n=$((n+1)); done
"""
PROTECTED = (
    '[ "$1" = refs/heads/main ] && echo "You are not allowed to push code to protected branches" >&2 && exit 1\nexit 0'
)
UNSIGNED = """
case $(git cat-file commit "$3" 2>/dev/null) in *gpgsig*) exit 0;; esac
[ "$3" = 0000000000000000000000000000000000000000 ] && exit 0
echo "error: GH013: Repository rule violations found for $1." >&2
echo "- Commits must have verified signatures." >&2
exit 1
"""


@pytest.fixture
def stub() -> Iterator[Stub]:
    with forge_stub() as known:
        yield known


@pytest.fixture
def world(tmp_path: Path) -> Github:
    """A bare repository whose main branch holds a lock, and beside it what an apply left."""
    made = Github(tmp_path, Hub())
    made.create()
    git(made.origin, "config", "receive.advertisePushOptions", "true")
    made.hook("pre-receive", OPTIONS)
    team = made.clone("team")
    (team / "materials.yaml").write_text("version: 1\nmaterials: []\n")
    (team / LOCK).write_bytes(render_lock(BEFORE))
    commit(team)
    git(team, "push", "-q", "origin", "main")
    for when, lock in (("started", BEFORE), ("ended", AFTER)):
        (tmp_path / "kept" / when).mkdir(parents=True)
        (tmp_path / "kept" / when / LOCK).write_bytes(render_lock(lock))
    return made


def gitlab(stub: Stub, **more: str) -> dict[str, str]:
    return {
        "CI": "true",
        "GITLAB_CI": "true",
        "CI_API_V4_URL": f"{stub.url}/api/v4",
        "CI_PROJECT_ID": "42",
        "CI_PROJECT_URL": "https://gitlab.example/agency/pictures",
        "CI_SERVER_URL": "https://gitlab.example",
        "CI_COMMIT_BRANCH": "main",
        "CI_JOB_TOKEN": SECRET,
        **more,
    }


def deliver(world: Github, how: str, environ: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    kept = str(world.folder / "kept")
    return wxsync("lock", "commit", "--deliver", how, "--from", kept, *words, folder=world.checkout(), environ=environ)


def ids(lock: Any) -> set[str]:
    return {one["media_id"] for one in lock["materials"].values()}


def test_gitlab_opens_the_request_by_push_options_alone(world: Github, stub: Stub) -> None:
    done = deliver(world, "request", gitlab(stub))

    assert done.returncode == 0, done.stderr
    assert (
        "https://gitlab.example/agency/pictures/-/merge_requests?source_branch=wxsync%2Fmain-materials" in done.stderr
    )
    asked = (world.origin / "options").read_text().splitlines()
    assert asked[:3] == ["ci.skip", "merge_request.create", "merge_request.target=main"]
    assert "merge_request.remove_source_branch" in asked
    assert ids(world.lock(branch=WAITING)) == {"id-a-a", "id-c-c"}
    assert stub.calls == [], "no API is needed"
    assert SECRET not in done.stderr + done.stdout


def test_gitlab_with_a_token_of_its_own_finds_the_request_again(world: Github, stub: Stub) -> None:
    environ = gitlab(stub, GITLAB_TOKEN=SECRET)

    first, second = deliver(world, "request", environ), deliver(world, "request", environ)

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert len(stub.requests) == 1
    assert stub.requests[0]["target_branch"] == "main"
    assert "https://forge.example/1" in second.stderr
    assert stub.tokens == {SECRET}


def test_gitlabs_protected_branch_turns_a_push_into_a_request(world: Github, stub: Stub) -> None:
    world.hook("update", PROTECTED)

    done = deliver(world, "push", gitlab(stub))

    assert done.returncode == 0, done.stderr
    assert ids(world.lock()) == {"id-a-a"}
    assert ids(world.lock(branch=WAITING)) == {"id-a-a", "id-c-c"}


def test_gitlab_takes_a_note_where_a_token_may_write_one(tmp_path: Path, stub: Stub) -> None:
    file = tmp_path / "plan.md"
    environ = gitlab(stub, CI_MERGE_REQUEST_IID="5")
    file.write_text("the first plan")

    without = wxsync("ci", "comment", str(file), folder=tmp_path, environ=environ)
    assert without.returncode == 0
    assert "no comment" in without.stderr
    assert "GITLAB_TOKEN" in without.stderr
    stub.comments.append({"id": 99, "author": {"id": 1}, "user": {"id": 1}, "body": "lgtm"})
    for said in ("the first plan", "the second plan"):
        file.write_text(said)
        written = wxsync("ci", "comment", str(file), folder=tmp_path, environ=environ | {"GITLAB_TOKEN": SECRET})
        assert written.returncode == 0, written.stderr

    assert [one["body"].splitlines()[-1] for one in stub.comments] == ["lgtm", "the second plan"]
    assert "PUT /api/v4/projects/42/merge_requests/5/notes/2" in stub.calls


def test_gitee_opens_one_request_and_keeps_one_comment(world: Github, stub: Stub) -> None:
    environ = {
        "GITEE_PIPELINE_NAME": "wxsync",
        "GITEE_BRANCH": "main",
        "GITEE_PULL_ID": "3",
        "GITEE_TOKEN": SECRET,
        "GITEE_API_URL": f"{stub.url}/api/v5",
    }
    clone = world.checkout()
    git(clone, "remote", "set-url", "--push", "origin", str(world.origin))
    git(clone, "config", f"url.{world.origin}.insteadOf", "https://gitee.com/agency/pictures.git")
    git(clone, "remote", "set-url", "origin", "https://gitee.com/agency/pictures.git")
    kept = str(world.folder / "kept")

    for _ in range(2):
        done = wxsync("lock", "commit", "--from", kept, folder=clone, environ=environ)
        assert done.returncode == 0, done.stderr
    file = world.folder / "plan.md"
    for said in ("one", "two"):
        file.write_text(said)
        assert wxsync("ci", "comment", str(file), folder=clone, environ=environ).returncode == 0

    assert [(one["head"]["ref"], one["base"]["ref"]) for one in stub.requests] == [(WAITING, "main")]
    assert [one["body"].splitlines()[-1] for one in stub.comments] == ["two"]
    assert all("/api/v5/repos/agency/pictures/" in call or call.endswith("/user") for call in stub.calls)
    assert stub.tokens == {SECRET}


def test_git_alone_is_enough(world: Github) -> None:
    world.hook("update", PROTECTED)

    for how in ("branch", "push", "request"):
        done = deliver(world, how, {}, "--branch", "main")
        assert done.returncode == 0, done.stderr
        assert f"waits on the branch {WAITING}" in done.stderr
    assert ids(world.lock(branch=WAITING)) == {"id-a-a", "id-c-c"}


def test_in_one_job_the_base_is_the_commits_own_lock(world: Github) -> None:
    clone = world.checkout()
    (clone / LOCK).write_bytes(render_lock(AFTER))

    done = wxsync("lock", "commit", "--deliver", "push", folder=clone, environ={})

    assert done.returncode == 0, done.stderr
    assert ids(world.lock()) == {"id-a-a", "id-c-c"}
    again = wxsync("lock", "commit", "--deliver", "push", folder=world.checkout(), environ={})
    assert "holds these locks already" in again.stderr


@pytest.mark.parametrize("how", ["push", "request"])
def test_a_ruleset_that_wants_signatures_gets_a_commit_that_github_signs(world: Github, how: str) -> None:
    world.hook("update", UNSIGNED)
    with hub() as api:
        api.origin = world.origin
        environ = {"GITHUB_REPOSITORY": "agency/pictures", "GITHUB_TOKEN": TOKEN, "GITHUB_API_URL": api.url}
        environ |= {"GITHUB_GRAPHQL_URL": f"{api.url}/graphql", "GITHUB_REF_NAME": "main"}

        done = deliver(world, how, environ)

        assert done.returncode == 0, done.stderr
        branch = "main" if how == "push" else WAITING
        assert ids(world.lock(branch=branch)) == {"id-a-a", "id-c-c"}
        assert api.signed == [branch]


def test_git_signs_where_it_is_set_up_to(world: Github, tmp_path: Path) -> None:
    key = tmp_path / "key"
    made = subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=False, capture_output=True
    )
    if made.returncode:
        pytest.skip("no ssh-keygen here")
    world.hook("update", UNSIGNED)
    clone = world.checkout()
    for name, said in (("commit.gpgsign", "yes"), ("gpg.format", "ssh"), ("user.signingkey", str(key))):
        git(clone, "config", name, said)

    done = wxsync("lock", "commit", "--deliver", "push", "--from", str(tmp_path / "kept"), folder=clone, environ={})

    assert done.returncode == 0, done.stderr
    assert "gpgsig" in git(world.origin, "cat-file", "commit", "main")


def test_a_token_follows_no_redirect(tmp_path: Path, stub: Stub) -> None:
    file = tmp_path / "plan.md"
    file.write_text("a plan")
    with forge_stub() as elsewhere:
        stub.location = f"{elsewhere.url}/steal"
        stub.answers["GET /api/v4/user"] = (307, {})

        said = wxsync(
            "ci",
            "comment",
            str(file),
            folder=tmp_path,
            environ=gitlab(stub, CI_MERGE_REQUEST_IID="5", GITLAB_TOKEN=SECRET),
        )

        assert said.returncode == 5
        assert elsewhere.calls == []
        assert SECRET not in said.stderr


@pytest.mark.parametrize("answer", [b"not json", b'{"id": ', b"[]", b"\xff" * 100, b"[" * 100_000])
def test_an_answer_that_cannot_be_read_is_told_in_words(tmp_path: Path, stub: Stub, answer: bytes) -> None:
    file = tmp_path / "plan.md"
    file.write_text("a plan")
    stub.answers["GET /api/v4/user"] = (200, answer)
    environ = gitlab(stub, CI_MERGE_REQUEST_IID="5", GITLAB_TOKEN=SECRET)

    said = wxsync("ci", "comment", str(file), folder=tmp_path, environ=environ)

    assert said.returncode == 5
    assert "defect" not in said.stderr


@pytest.mark.quick
@pytest.mark.parametrize(
    ("remote", "name"),
    [
        ("https://github.com/a/b.git", "github"),
        ("git@gitlab.example.cn:a/b.git", "gitlab"),
        ("https://oauth2:x@gitee.com/a/github", "gitee"),
        ("ssh://git@git.example.com:2222/github/gitlab.git", "none"),
        ("", "none"),
    ],
)
def test_a_forge_is_known_by_the_host_alone(remote: str, name: str) -> None:
    assert forge_named(remote, {}) == name


def test_reports_feed_the_widgets(tmp_path: Path) -> None:
    (tmp_path / "materials.yaml").write_text("version: 1\nmaterials:\n  - {path: a.png, tpye: image}\n")
    words = [f"--report={kind}={tmp_path / kind}" for kind in ("terraform", "codequality", "sarif")]

    ran = wxsync("ci", "plan", *words, folder=tmp_path, environ={})

    assert ran.returncode == 4
    assert json.loads((tmp_path / "terraform").read_text()) == {"create": 0, "update": 0, "delete": 0}
    [first, *_] = json.loads((tmp_path / "codequality").read_text())
    assert first["location"]["lines"]["begin"] == 3
    [run] = json.loads((tmp_path / "sarif").read_text())["runs"]
    assert run["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] == 3
