"""The job that writes: it takes locks that prove to have lost nothing, and brings them to a branch that moves."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.github import TOKEN, Github, Hub, git, hub, wxsync
from tests.nouns import ACCOUNT, held, lock_of, retire
from wxsync.lockfile import render_lock
from wxsync.model import Lock

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the hooks that stand for a server's rules are shell scripts")

LOCK = "materials.only.lock.json"
BEFORE = lock_of({"a": held("a")}, [retire("old", held("old", "b"))])
AFTER = lock_of({"a": held("a"), "c": held("c", "c")}, [retire("old", held("old", "b"))])
PROTECTED = '[ "$1" = refs/heads/main ] && echo "protected branch hook declined" >&2 && exit 1\nexit 0'
# Between the hook and the update of the reference somebody else pushes, once for each file called moves-N.
MOVE = """
unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES
next=$(ls moves-* 2>/dev/null | head -n 1)
[ -z "$next" ] && exit 0
rm "$next"
new=$(git -c user.name=x -c user.email=x commit-tree -p main -m meanwhile main^{tree})
git update-ref refs/heads/main "$new"
"""


@pytest.fixture
def api() -> Iterator[Hub]:
    with hub() as known:
        yield known


@pytest.fixture
def github(tmp_path: Path, api: Hub) -> Github:
    made = Github(tmp_path, api)
    made.create()
    bring(made, BEFORE)
    leave(made, "started", BEFORE)
    leave(made, "ended", AFTER)
    return made


def bring(github: Github, lock: Lock) -> None:
    """Commits a lock to main as somebody else."""
    team = github.folder / "team"
    if not team.exists():
        github.clone("team")
    else:
        git(team, "pull", "-q", "origin", "main")
    (team / "materials.yaml").write_text(f"version: 1\naccounts: {{only: {{appid: {ACCOUNT}}}}}\nmaterials: []\n")
    (team / LOCK).write_bytes(render_lock(lock))
    git(team, "add", "-A")
    git(team, "commit", "-q", "-m", "theirs")
    git(team, "push", "-q", "origin", "main")


def leave(github: Github, when: str, lock: Lock, path: str = LOCK) -> Path:
    """Puts a lock where the job of apply leaves it."""
    file = github.folder / "locks" / when / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(render_lock(lock))
    return file


def run(github: Github, *, deliver: str = "push", clone: Path | None = None) -> subprocess.CompletedProcess[str]:
    github.runs += 1
    environ = github.environ(github.folder / f"temp-{github.runs}") | {"GITHUB_TOKEN": TOKEN}
    words = ["--branch", "main", "--deliver", deliver, "--from", str(github.folder / "locks")]
    return wxsync("lock", "commit", *words, folder=clone or github.checkout(), environ=environ)


def ids(lock: Any) -> set[str]:
    return {one["media_id"] for one in (*lock["materials"].values(), *lock["retired"])}


def test_the_lock_is_committed_alone_and_a_second_run_has_nothing_to_do(github: Github) -> None:
    first, second = run(github), run(github)

    assert first.returncode == second.returncode == 0, first.stderr + second.stderr
    assert github.content(LOCK) == render_lock(AFTER).decode()
    assert git(github.origin, "log", "--format=%s", "main").splitlines() == [
        "wxsync: remember what was uploaded",
        "theirs",
    ]
    assert "holds these locks already" in second.stderr


def test_what_others_committed_meanwhile_is_joined(github: Github) -> None:
    bring(github, lock_of({"a": held("a"), "b": held("b", "d")}, BEFORE.retired))

    done = run(github)

    assert done.returncode == 0, done.stderr
    assert set(github.lock(LOCK)["materials"]) == {"a", "b", "c"}


def test_what_others_pruned_meanwhile_does_not_come_back(github: Github) -> None:
    bring(github, lock_of({"a": held("a")}))

    assert run(github).returncode == 0
    assert github.lock(LOCK)["retired"] == []


@pytest.mark.parametrize("moves", [1, 4])
def test_a_branch_that_moves_between_fetch_and_push_is_tried_again(github: Github, moves: int) -> None:
    move(github, moves)

    done = run(github)

    assert done.returncode == 0, done.stderr
    assert git(github.origin, "log", "--format=%s", "main").splitlines()[1 : moves + 1] == ["meanwhile"] * moves
    assert ids(github.lock(LOCK)) >= {"id-a-a", "id-c-c"}


def test_a_branch_that_never_stands_still_is_given_up_in_words(github: Github) -> None:
    move(github, 9)

    done = run(github)

    assert done.returncode == 7
    assert "moved 5 times" in done.stderr
    assert git(github.origin, "log", "--format=%s", "main").splitlines().count("meanwhile") == 5


@pytest.mark.parametrize("deliver", ["push", "request"])
def test_a_protected_branch_gets_one_pull_request(github: Github, api: Hub, deliver: str) -> None:
    github.hook("update", PROTECTED)
    head = github.head()

    first, second = run(github, deliver=deliver), run(github, deliver=deliver)

    assert first.returncode == second.returncode == 0, first.stderr + second.stderr
    [pull] = api.pulls
    assert (pull["head"], pull["base"]) == ("wxsync/main-materials", "main")
    assert pull["html_url"] in first.stderr
    assert github.head() == head
    assert ids(github.lock(LOCK, branch=pull["head"])) == {"id-a-a", "id-c-c", "id-old-b"}


def test_a_pull_request_that_waits_keeps_what_it_holds_and_leaves_when_it_is_merged(github: Github, api: Hub) -> None:
    run(github, deliver="request")
    leave(github, "started", AFTER)
    leave(github, "ended", lock_of({**AFTER.records, "d": held("d", "d")}, AFTER.retired))
    bring(github, lock_of({**BEFORE.records, "e": held("e", "e")}, BEFORE.retired))

    again = run(github, deliver="request")

    assert again.returncode == 0, again.stderr
    assert len(api.pulls) == 1
    waiting = github.lock(LOCK, branch="wxsync/main-materials")
    assert set(waiting["materials"]) == {"a", "c", "d", "e"}
    git(github.origin, "update-ref", "refs/heads/main", "wxsync/main-materials")
    shutil.rmtree(github.folder / "locks")
    merged = run(github, deliver="request")
    assert merged.returncode == 0
    assert github.branches() == {"main"}


def test_a_pull_request_that_may_not_be_opened_leaves_the_locks_on_their_branch(github: Github, api: Hub) -> None:
    api.refused["POST pulls"] = 403

    done = run(github, deliver="request")

    assert done.returncode == 5
    assert "Allow GitHub Actions to create and approve pull requests" in done.stderr
    assert TOKEN not in done.stdout + done.stderr
    assert ids(github.lock(LOCK, branch="wxsync/main-materials")) == {"id-a-a", "id-c-c", "id-old-b"}


def test_no_hook_of_the_clone_runs(github: Github) -> None:
    clone = github.checkout()
    for name in ("pre-commit", "commit-msg", "post-commit", "pre-push", "reference-transaction"):
        hook = clone / ".git/hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch '{github.folder}/ran'\nexit 1\n")
        hook.chmod(0o755)

    done = run(github, clone=clone)

    assert done.returncode == 0, done.stderr
    assert not (github.folder / "ran").exists()


def test_the_token_stands_in_no_configuration(github: Github) -> None:
    clone = github.checkout()

    run(github, clone=clone)

    assert TOKEN not in (clone / ".git/config").read_text()


TAMPERINGS: dict[str, Callable[[Any], object]] = {
    "an id is gone": lambda lock: lock["materials"].pop("a"),
    "every id is gone": lambda lock: lock["materials"].clear(),
    "an id is another one": lambda lock: lock["materials"]["a"].update(media_id="FOREIGN"),
    "an id is null": lambda lock: lock["materials"]["a"].update(media_id=None, url=None),
    "an id stands for other content": lambda lock: lock["materials"]["a"].update(sha256="0" * 64),
    "an id stands for another type": lambda lock: lock["materials"]["a"].update(type="thumb"),
    "an upload is passed off as imported": lambda lock: lock["materials"]["a"].update(origin="imported"),
    "a retired one is forgotten": lambda lock: lock.update(retired=[]),
    "a retired one is another one": lambda lock: lock["retired"][0].update(media_id="FOREIGN"),
    "another account": lambda lock: lock.update(account="wx1111111111111111"),
    "a newer version": lambda lock: lock.update(lock_version=99),
    "no lock at all": lambda lock: lock.clear(),
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_a_lock_that_was_tampered_with_is_refused(github: Github, tampering: str) -> None:
    tamper(github, tampering, "ended")
    head = github.head()

    done = run(github)

    assert done.returncode in (4, 6)
    assert "Traceback" not in done.stderr
    assert github.head() == head
    assert github.branches() == {"main"}


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_a_lock_that_was_tampered_with_before_and_after_takes_nothing_from_the_branch(
    github: Github, tampering: str
) -> None:
    tamper(github, tampering, "started")
    tamper(github, tampering, "ended")

    done = run(github)

    assert "Traceback" not in done.stderr
    assert ids(github.lock(LOCK)) >= ids(json.loads(render_lock(BEFORE)))
    assert github.lock(LOCK)["materials"]["a"] == json.loads(render_lock(BEFORE))["materials"]["a"]


def tamper(github: Github, tampering: str, when: str) -> None:
    file = github.folder / "locks" / when / LOCK
    lock = json.loads(file.read_bytes())
    TAMPERINGS[tampering](lock)
    file.write_text(json.dumps(lock))


@pytest.mark.parametrize("content", [b"not json", b"<<<<<<< ours\n", b"\xff", b"{}"])
def test_what_is_no_lock_is_refused(github: Github, content: bytes) -> None:
    (github.folder / "locks/ended" / LOCK).write_bytes(content)

    done = run(github)

    assert done.returncode == 4


@pytest.mark.parametrize("path", ["materials.yaml", ".github/workflows/x.yml", "other.lock.json", "link"])
def test_nothing_but_the_locks_of_this_run_is_taken(github: Github, path: str) -> None:
    if path == "link":
        (github.folder / "locks/ended/link").symlink_to(github.folder)
    else:
        leave(github, "ended", AFTER, path)
    head = github.head()

    done = run(github)

    assert done.returncode == 6
    assert f"{path} is no" in done.stderr
    assert github.head() == head


def test_a_waiting_branch_that_forgets_something_takes_nothing_away(github: Github, api: Hub) -> None:
    run(github, deliver="request")
    clone = github.checkout("wxsync/main-materials")
    (clone / LOCK).write_bytes(render_lock(lock_of({})))
    git(clone, "commit", "-q", "-am", "by hand")
    git(clone, "push", "-q", "origin", "wxsync/main-materials")

    done = run(github, deliver="request")

    assert done.returncode == 0, done.stderr
    assert ids(github.lock(LOCK, branch="wxsync/main-materials")) == {"id-a-a", "id-c-c", "id-old-b"}


def test_a_link_in_place_of_the_lock_is_refused(github: Github) -> None:
    team = github.folder / "team"
    (team / LOCK).unlink()
    (team / LOCK).symlink_to("/etc/passwd")
    git(team, "commit", "-q", "-am", "a link")
    git(team, "push", "-q", "origin", "main")

    done = run(github)

    assert done.returncode == 5
    assert "regular file" in done.stderr


def move(github: Github, times: int) -> None:
    github.hook("pre-receive", MOVE)
    for number in range(times):
        (github.origin / f"moves-{number}").touch()
