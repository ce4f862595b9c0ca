"""A lock in conflict is mended from git's index, from a merge, or from its text, and no id of either side is lost."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.github import commit, git, isolated, wxsync
from tests.nouns import held, lock_of, retire
from wxsync.lockfile import render_lock
from wxsync.model import Lock

LOCK = "materials.lock.json"
BASE = lock_of({"a": held("a"), "m": held("m", "d"), "z": held("z", "e")})
OURS = lock_of({"a": held("a"), "b": held("b", "b"), "z": held("z", "e")}, [retire("m", held("m", "d"))])
THEIRS = lock_of(
    {"a": held("a", "f"), "c": held("c", "c"), "m": held("m", "d"), "z": held("z", "e")}, [retire("a", held("a"))]
)
EVERY_ID = {"id-a-a", "id-a-f", "id-b-b", "id-c-c", "id-m-d", "id-z-e"}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Two branches that both uploaded, without the merge driver, as after GitHub's button."""
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "materials.yaml").write_text("version: 1\nmaterials: []\n")
    put(tmp_path, BASE)
    git(tmp_path, "checkout", "-q", "-b", "theirs")
    put(tmp_path, THEIRS)
    git(tmp_path, "checkout", "-q", "main")
    put(tmp_path, OURS)
    return tmp_path


def put(folder: Path, lock: Lock) -> None:
    (folder / LOCK).write_bytes(render_lock(lock))
    commit(folder)


def conflict(folder: Path, *words: str) -> None:
    """Starts a merge that git cannot end by itself."""
    command = ["git", *(words or ("merge", "-q", "theirs"))]
    ended = subprocess.run(command, cwd=folder, env=isolated(), capture_output=True, check=False)
    assert ended.returncode, "there should be a conflict"


def resolve(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return wxsync("lock", "resolve", *words, folder=folder, environ={})


def ids(folder: Path) -> set[str]:
    lock: Any = json.loads((folder / LOCK).read_bytes())
    return {one["media_id"] for one in (*lock["materials"].values(), *lock["retired"])}


@pytest.mark.parametrize("how", ["merge", "rebase", "cherry-pick"])
def test_a_conflict_under_way_is_mended_from_the_index(clone: Path, how: str) -> None:
    words = {
        "merge": ("merge", "-q", "theirs"),
        "rebase": ("rebase", "-q", "theirs"),
        "cherry-pick": ("cherry-pick", "theirs"),
    }
    conflict(clone, *words[how])

    done = resolve(clone)

    assert done.returncode == 0, done.stderr
    assert ids(clone) == EVERY_ID
    assert git(clone, "ls-files", "--unmerged") == ""
    assert "git's index" in done.stdout
    assert "6 uploads kept" in done.stdout


def test_every_command_names_the_way_out(clone: Path) -> None:
    conflict(clone)

    for words in (("plan",), ("validate",), ("get", "a"), ("export", "--format", "json")):
        said = wxsync(*words, folder=clone, environ={})
        assert said.returncode == 4
        assert "wxsync lock resolve" in said.stdout + said.stderr, words


def test_two_first_locks_and_a_lock_that_one_side_deleted(clone: Path) -> None:
    git(clone, "checkout", "-q", "theirs")
    git(clone, "rm", "-q", LOCK)
    commit(clone, "deleted")
    git(clone, "checkout", "-q", "main")
    conflict(clone)

    done = resolve(clone)

    assert done.returncode == 0, done.stderr
    assert ids(clone) == {"id-a-a", "id-b-b", "id-m-d", "id-z-e"}


def test_markers_that_were_committed_are_mended_from_the_merges_parents(clone: Path) -> None:
    conflict(clone)
    commit(clone, "merged with markers, as an editor on the web does")
    (clone / "other").write_text("later")
    commit(clone, "later")
    assert "<<<<<<<" in (clone / LOCK).read_text()

    done = resolve(clone)

    assert done.returncode == 0, done.stderr
    assert ids(clone) == EVERY_ID
    assert "parents of the merge" in done.stdout
    assert git(clone, "diff", "--cached", "--name-only").split() == [LOCK]


def test_markers_whose_sides_are_no_json_are_mended_where_the_merge_is_known(clone: Path) -> None:
    conflict(clone)
    torn = torn_text()
    (clone / LOCK).write_text(torn)
    commit(clone, "markers, and neither side is JSON")

    assert resolve(clone).returncode == 0
    assert ids(clone) == EVERY_ID


def test_text_alone_is_mended_where_both_sides_are_whole(tmp_path: Path) -> None:
    ours, theirs = (render_lock(lock).decode() for lock in (OURS, THEIRS))
    (tmp_path / LOCK).write_text(f"<<<<<<< ours\n{ours}=======\n{theirs}>>>>>>> theirs\n")

    done = resolve(tmp_path, str(tmp_path / LOCK))

    assert done.returncode == 0, done.stderr
    assert ids(tmp_path) == EVERY_ID
    assert "not staged" in done.stdout


@pytest.mark.parametrize("is_cloned", [True, False])
def test_text_alone_that_is_torn_is_refused_and_left_as_it_is(tmp_path: Path, is_cloned: bool) -> None:
    if is_cloned:
        git(tmp_path, "init", "-q", "-b", "main")
        (tmp_path / LOCK).write_text(torn_text())
        commit(tmp_path, "squashed")
    (tmp_path / LOCK).write_text(torn_text())

    done = resolve(tmp_path, str(tmp_path / LOCK))

    assert done.returncode == 4
    assert "ids would be lost" in done.stderr
    assert (tmp_path / LOCK).read_text() == torn_text()


def test_the_parents_of_another_merge_are_not_taken_for_these(clone: Path) -> None:
    git(clone, "merge", "-q", "-s", "ours", "theirs")
    other = render_lock(lock_of({"q": held("q", "a")})).decode()
    (clone / LOCK).write_text(f"<<<<<<< a\n{other}=======\n{other.replace('id-q-a', 'id-q-b')}>>>>>>> b\n")
    commit(clone, "another conflict, squashed")

    done = resolve(clone)

    assert done.returncode == 0, done.stderr
    assert ids(clone) == {"id-q-a", "id-q-b"}


def test_locks_of_two_accounts_are_not_joined(tmp_path: Path) -> None:
    ours = render_lock(OURS).decode()
    theirs = ours.replace("wx0123456789abcdef", "wxfedcba9876543210")
    (tmp_path / LOCK).write_text(f"<<<<<<< ours\n{ours}=======\n{theirs}>>>>>>> theirs\n")
    before = (tmp_path / LOCK).read_text()

    assert resolve(tmp_path, str(tmp_path / LOCK)).returncode == 6
    assert (tmp_path / LOCK).read_text() == before


def test_locks_of_two_repositories_are_mended_each_in_its_own(
    clone: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    conflict(clone)
    other = tmp_path_factory.mktemp("other")
    ours, theirs = (render_lock(lock).decode() for lock in (OURS, THEIRS))
    (other / LOCK).write_text(f"<<<<<<< ours\n{ours}=======\n{theirs}>>>>>>> theirs\n")

    assert resolve(clone, str(clone / LOCK), str(other / LOCK)).returncode == 0
    assert ids(clone) == ids(other) == EVERY_ID


def test_what_is_in_no_conflict_is_left_alone(clone: Path) -> None:
    before = (clone / LOCK).read_bytes()

    assert "No lock is in conflict" in resolve(clone).stdout
    assert "not in conflict" in resolve(clone, str(clone / LOCK)).stdout
    assert resolve(clone, str(clone / "none.lock.json")).returncode == 4
    assert (clone / LOCK).read_bytes() == before


def test_a_clone_that_does_not_merge_locks_says_so_once(clone: Path) -> None:
    first, second = (wxsync("plan", folder=clone, environ={}) for _ in range(2))
    assert "does not merge lock files by itself" in first.stderr
    assert "does not merge" not in second.stderr
    conflict(clone)
    assert resolve(clone).returncode == 0


def test_a_clone_that_was_told_merges_by_itself_and_says_nothing(clone: Path) -> None:
    assert wxsync("init", folder=clone, environ={}).returncode == 0
    git(clone, "add", ".gitattributes")
    git(clone, "commit", "-q", "-m", "attributes")

    assert "does not merge" not in wxsync("plan", folder=clone, environ={}).stderr
    git(clone, "merge", "-q", "-m", "merged", "theirs")
    assert ids(clone) == EVERY_ID


def test_a_job_of_a_ci_is_told_nothing_of_it(clone: Path) -> None:
    assert "does not merge" not in wxsync("plan", folder=clone, environ={"CI": "true"}).stderr


def torn_text() -> str:
    """Both sides retired and adopted: the rows that git shares between the hunks belong to one side only."""
    lines = render_lock(OURS).decode().splitlines(keepends=True)
    return "".join(["{\n", "<<<<<<< HEAD\n", *lines[1:9], "=======\n", *lines[3:12], ">>>>>>> theirs\n", *lines[12:]])
