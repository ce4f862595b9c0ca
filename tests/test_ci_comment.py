"""One comment on a pull request, found again by its marker and brought up to date; its text decides nothing."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.github import TOKEN, Github, Hub, hub, wxsync
from wxsync.ci.overview import NO_NEWS

EVENT = {"pull_request": {"number": 7}}


@pytest.fixture
def api() -> Iterator[Hub]:
    with hub() as known:
        yield known


@pytest.fixture
def github(tmp_path: Path, api: Hub) -> Github:
    return Github(tmp_path, api)


def say(github: Github, text: str, *words: str, token: str = TOKEN) -> subprocess.CompletedProcess[str]:
    github.runs += 1
    environ = github.environ(github.folder / f"temp-{github.runs}", event=EVENT) | {"GITHUB_TOKEN": token}
    file = github.folder / "plan.md"
    file.write_text(text, encoding="utf-8")
    return wxsync("ci", "comment", str(file), *words, folder=github.folder, environ=environ)


def test_the_first_plan_is_a_comment_and_the_next_one_changes_it(github: Github, api: Hub) -> None:
    assert say(github, "the first plan").returncode == 0
    assert say(github, "the second plan").returncode == 0

    [comment] = api.comments
    assert "the second plan" in comment["body"]
    assert "the first plan" not in comment["body"]


def test_the_same_plan_again_writes_nothing(github: Github, api: Hub) -> None:
    say(github, "a plan")
    say(github, "a plan")

    assert api.calls == ["GET issues/7/comments", "POST issues/7/comments", "GET issues/7/comments"]


def test_without_news_only_an_old_comment_is_corrected(github: Github, api: Hub) -> None:
    say(github, f"{NO_NEWS}nothing to do")
    assert api.comments == []
    say(github, "two to create")
    say(github, f"{NO_NEWS}nothing to do")

    [comment] = api.comments
    assert "nothing to do" in comment["body"]


def test_each_manifest_has_a_comment_of_its_own(github: Github, api: Hub) -> None:
    say(github, "one", "--manifest", str(github.folder / "one.yaml"))
    say(github, "two", "--manifest", str(github.folder / "two --> .yaml"))

    assert len(api.comments) == 2


def test_its_comment_is_found_behind_hundreds_of_others(github: Github, api: Hub) -> None:
    api.comments += [{"id": -number, "user": {"type": "User"}, "body": "lgtm"} for number in range(1, 251)]
    say(github, "the first plan")
    say(github, "the second plan")

    assert len(api.comments) == 251


def test_whoever_quotes_the_marker_is_not_overwritten(github: Github, api: Hub) -> None:
    say(github, "a plan")
    quoted = {"id": 99, "user": {"type": "User"}, "body": api.comments[0]["body"]}
    api.comments[:] = [quoted]

    say(github, "another plan")

    assert api.comments[0] == quoted
    assert len(api.comments) == 2


def test_a_text_too_long_for_a_comment_is_cut_at_the_end_of_a_line(github: Github, api: Hub) -> None:
    say(github, "a line of the plan\n" * 10_000)

    [comment] = api.comments
    assert len(comment["body"]) < 65_000
    assert comment["body"].endswith("a line of the plan\n\n… cut here; the log and the summary have more.\n")


@pytest.mark.parametrize(("status", "code"), [(401, 0), (403, 0), (404, 0), (500, 5)])
def test_a_token_that_may_not_write_is_no_failure(github: Github, api: Hub, status: int, code: int) -> None:
    api.refused["POST issues/7/comments"] = status

    said = say(github, "a plan")

    assert said.returncode == code
    assert f"the forge answered {status}" in said.stderr
    assert "Traceback" not in said.stderr


def test_the_token_is_never_printed(github: Github, api: Hub) -> None:
    said = say(github, "a plan", token="ghs_wrong")

    assert "the forge answered 401" in said.stderr
    assert "ghs_wrong" not in said.stdout + said.stderr
