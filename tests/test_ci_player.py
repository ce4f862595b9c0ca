"""The player of GitHub's workflow is as strict as GitHub: what would fail there fails here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.expressions import evaluate, fill, value
from tests.github import Github, Hub

CONTEXT: dict[str, Any] = {
    "github": {"event_name": "push", "event": {}},
    "needs": {"plan": {"outputs": {"pending": "[]"}}},
    "inputs": {"runs-on": '["self-hosted", "wechat"]', "refresh": False},
    "functions": {},
}

PUSHED: dict[str, Any] = {
    "github": {"event": {}, "ref_name": "", "base_ref": "", "event_name": "push"},
    "needs": {},
}


@pytest.mark.quick
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("github.event_name == 'push' && needs.plan.outputs.pending != '[]'", False),
        ('contains(fromJSON(\'["pull_request", "push"]\'), github.event_name)', True),
        ("startsWith(inputs.runs-on, '[') && fromJSON(inputs.runs-on) || inputs.runs-on", ["self-hosted", "wechat"]),
        ("inputs.refresh && '--refresh' || ''", ""),
        ("github.event.pull_request.head.repo.full_name == 'a/b'", False),
        ("needs.plan.outputs.nothing", None),
        ("!(1 == 1) || 'it''s'", "it's"),
    ],
)
def test_expressions_are_read_as_github_reads_them(expression: str, expected: Any) -> None:
    assert evaluate(expression, CONTEXT) == expected


@pytest.mark.quick
def test_what_is_unknown_is_an_error_and_what_is_absent_is_empty() -> None:
    with pytest.raises(AssertionError):
        evaluate("secretz.X", CONTEXT)
    assert fill("<${{ needs.plan.outputs.nothing }}>", CONTEXT) == "<>"
    assert value("${{ inputs.refresh || false }}", CONTEXT) is False


@pytest.mark.skipif(os.name == "nt", reason="the jobs of the workflow run in bash")
@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            {"if": "always()", "strategy": {"matrix": {"account": "${{ fromJSON('[]') }}"}}},
            "does not contain any values",
        ),
        (
            {
                "steps": [
                    {"uses": "actions/upload-artifact@x", "with": {"path": "{hidden}", "if-no-files-found": "error"}}
                ]
            },
            "No files",
        ),
    ],
)
def test_empty_matrices_and_hidden_files_fail_as_they_do_there(
    tmp_path: Path, change: dict[str, Any], why: str
) -> None:
    hidden = tmp_path / "kept/.wechat"
    hidden.mkdir(parents=True)
    (hidden / "lock.json").write_text("{}")
    github = Github(tmp_path, Hub())
    job: dict[str, Any] = {"steps": [], **change}
    for step in job["steps"]:
        step["with"] |= {"path": str(hidden.parent), "name": "lock"}

    [played] = github.play_job(
        "x", job, {"github": {"event": {}, "ref_name": "", "base_ref": "", "event_name": "push"}, "needs": {}}
    )

    assert played.result == "failure"
    assert why in played.log


@pytest.mark.skipif(os.name == "nt", reason="the jobs of the workflow run in bash")
def test_a_secret_that_is_not_passed_is_empty_also_where_an_environment_holds_it(tmp_path: Path) -> None:
    github = Github(tmp_path, Hub(), environments={"wechat": {"PASSED": "from the environment", "OTHER": "lost"}})
    shown = {
        "run": 'echo "<$PASSED> <$OTHER>"',
        "env": {"PASSED": "${{ secrets.PASSED }}", "OTHER": "${{ secrets.OTHER }}"},
    }

    [played] = github.play_job("x", {"environment": "wechat", "steps": [shown]}, PUSHED, {"PASSED": ""})

    assert "<from the environment> <>" in played.log
