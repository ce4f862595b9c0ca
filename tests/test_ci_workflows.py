"""What ships for the CI of others is sound: zizmor and GitHub's schemas find nothing, and rights are as promised."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.github import ROOT, WORKFLOW
from tests.project import Project
from wxsync.ci.environment import PLAIN_NAMES

BIN = Path(sys.executable).parent
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
ACTIONS = sorted((ROOT / ".github/actions").glob("*/action.yml"))
JOBS: dict[str, Any] = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]
SECRET = {"apply", "drift"}
WRITING = {"comment": {"pull-requests"}, "commit": {"contents", "pull-requests"}, "report": {"issues"}}


def test_zizmor_finds_nothing() -> None:
    _sound([str(BIN / "zizmor"), "--offline", "--strict-collection", "--persona=pedantic", str(ROOT / ".github")])


def test_zizmor_does_find_what_is_unsound(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yml"
    bad.write_text(
        "on: pull_request_target\njobs:\n  a:\n    runs-on: x\n    steps: [{run: 'echo ${{ github.head_ref }}'}]\n"
    )

    ended = subprocess.run([BIN / "zizmor", "--offline", bad], capture_output=True, text=True, check=False)

    assert ended.returncode != 0
    assert "template-injection" in ended.stdout


@pytest.mark.parametrize("file", [*WORKFLOWS, *ACTIONS], ids=lambda file: f"{file.parent.name}/{file.name}")
def test_the_schemas_of_github_are_kept(file: Path) -> None:
    schema = "vendor.github-actions" if file.name == "action.yml" else "vendor.github-workflows"
    _sound([str(BIN / "check-jsonschema"), "--builtin-schema", schema, str(file)])


@pytest.mark.parametrize("job", JOBS)
def test_who_holds_a_secret_cannot_write_and_who_writes_holds_none(job: str) -> None:
    text = str(JOBS[job])
    writing = {scope for scope, right in JOBS[job]["permissions"].items() if right == "write"}

    assert writing == WRITING.get(job, set())
    assert ("secrets.WXSYNC" in text) == ("environment" in JOBS[job]) == (job in SECRET)


def test_the_job_that_comments_checks_nothing_out() -> None:
    assert not any("checkout" in step.get("uses", "") for step in JOBS["comment"]["steps"])


def test_the_workflow_holds_no_logic_and_passes_every_secret_that_the_program_knows() -> None:
    scripts = [step["run"] for job in JOBS.values() for step in job["steps"] if "run" in step]

    assert all(re.fullmatch(r"(exec )?wxsync --manifest [^;|&]*", script) for script in scripts), scripts
    for job in SECRET:
        [environ] = [step["env"] for step in JOBS[job]["steps"] if "WXSYNC_SECRET" in step.get("env", {})]
        assert {f"WXSYNC_{word}" for word in PLAIN_NAMES} | {"WXSYNC_PROXY"} <= environ.keys()
    called = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))[True]["workflow_call"]
    assert set(re.findall(r"secrets\.(\w+)", WORKFLOW.read_text(encoding="utf-8"))) == called["secrets"].keys()


def test_every_checkout_takes_the_branchs_head_and_leaves_no_token_behind() -> None:
    for job in JOBS.values():
        for step in job["steps"]:
            if "actions/checkout@" in step.get("uses", ""):
                assert step["with"]["ref"] == "${{ github.ref }}"
                assert step["with"]["persist-credentials"] is False


def test_no_script_holds_an_expression_and_every_input_of_a_step_is_an_environment_variable() -> None:
    steps = [step for job in JOBS.values() for step in job["steps"]]
    steps += [step for file in ACTIONS for step in yaml.safe_load(file.read_text())["runs"]["steps"]]

    assert any("run" in step for step in steps)
    assert not any("${{" in step.get("run", "") for step in steps)


def test_runs_wait_for_each_other_and_none_is_cancelled() -> None:
    concurrency = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["concurrency"]

    assert concurrency["cancel-in-progress"] is False
    assert "schedule" in concurrency["group"], "the nightly check must not displace a run that would apply"


def test_the_locks_are_committed_also_where_apply_failed() -> None:
    assert JOBS["commit"]["if"].startswith("always() &&")
    assert JOBS["commit"]["needs"] == ["plan", "apply"]
    [kept] = [step for step in JOBS["apply"]["steps"] if "always()" in step.get("if", "")]
    assert kept["uses"].startswith("actions/upload-artifact@")
    assert kept["with"]["include-hidden-files"] is True
    assert kept["with"]["if-no-files-found"] == "error"


@pytest.mark.parametrize("manifest", ["materials.yaml", "shop/pictures.yml"])
def test_the_workflow_that_init_writes_is_sound_and_short(offline: Project, manifest: str) -> None:
    subprocess.run(["git", "init", "-q", str(offline.root)], check=True)

    started = offline.run("init", "--ci", manifest=manifest)

    assert started.code == 0, started.err
    file = offline.root / ".github/workflows/wxsync.yml"
    text = file.read_text(encoding="utf-8")
    assert f"manifest: {manifest}" in text
    assert len([line for line in text.splitlines() if line and not line.startswith("#")]) <= 25
    assert "pull_request_target" not in text
    _sound([str(BIN / "zizmor"), "--offline", "--strict-collection", str(file)])
    _sound([str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.github-workflows", str(file)])
    written = yaml.safe_load(text)["jobs"]["wxsync"]
    called = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))[True]["workflow_call"]
    assert written["with"].keys() <= called["inputs"].keys()
    assert written["secrets"].keys() == called["secrets"].keys(), "a secret that is not passed by name is empty"
    assert ("paths" in (yaml.safe_load(text)[True]["pull_request"] or {})) == ("/" in manifest)
    assert re.fullmatch(r"OWNER/wxsync/\.github/workflows/sync\.yml@0{40}", written["uses"])


def test_gitlabs_template_and_component_are_sound_and_say_the_same(offline: Project) -> None:
    offline.manifest(
        "accounts:\n  prod: {appid: wx0123456789abcdef}\n  test-one: {appid: wxfedcba9876543210}\nmaterials: []\n"
    )
    started = offline.run("init", "--ci", "gitlab")
    assert started.code == 0, started.err
    file = offline.root / ".gitlab-ci.yml"
    _sound([str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.gitlab-ci", str(file)])
    written = yaml.safe_load(file.read_text(encoding="utf-8"))
    spec, component = yaml.safe_load_all((ROOT / ".gitlab/sync.yml").read_text(encoding="utf-8"))
    given = {
        "manifest": "$WXSYNC_MANIFEST",
        "package": "$WXSYNC_PACKAGE",
        "deliver": "request",
        "stage": "build",
        "lock-stage": "deploy",
        "image": written[".wxsync"]["image"],
        "accounts": ["prod", "test-one"],
        "tags": [],
    }
    assert given.keys() == spec["spec"]["inputs"].keys()
    filled = _filled(component, given)
    for name, job in filled.items():
        extra: dict[str, Any] = {"tags": []} if "tags" in job else {}
        extra |= {"variables": job["variables"]} if name == ".wxsync" else {}
        assert job == written[name] | extra, name


@pytest.mark.parametrize(
    ("remote", "path"),
    [
        ("https://github.com/a/b.git", ".github/workflows/wxsync.yml"),
        ("git@gitlab.example.cn:a/b.git", ".gitlab-ci.yml"),
        ("https://gitee.com/a/b.git", ".workflow/wxsync.yml"),
    ],
)
def test_the_remotes_address_says_which_pipeline_is_written(offline: Project, remote: str, path: str) -> None:
    subprocess.run(["git", "init", "-q", str(offline.root)], check=True)
    subprocess.run(["git", "-C", str(offline.root), "remote", "add", "origin", remote], check=True)

    assert offline.run("init", "--ci").code == 0
    text = (offline.root / path).read_text(encoding="utf-8")
    assert yaml.safe_load(text)
    assert "materials.yaml" in text
    assert "OWNER/REPOSITORY" not in text


def test_a_jenkinsfile_quotes_what_it_is_filled_with(offline: Project) -> None:
    assert offline.run("init", "--ci", "jenkins", manifest="it's.yaml").code == 0
    assert r"WXSYNC_MANIFEST = 'it\'s.yaml'" in (offline.root / "Jenkinsfile").read_text(encoding="utf-8")


def test_init_writes_over_no_workflow_and_needs_no_repository(offline: Project) -> None:
    first = offline.run("init", "--ci")
    file = offline.root / ".github/workflows/wxsync.yml"
    file.write_text("mine")

    again = offline.run("init", "--ci")

    assert (first.code, again.code) == (0, 0)
    assert file.read_text() == "mine"
    assert "kept" in again.out


def test_the_caller_in_the_readmes_is_the_one_that_init_writes(offline: Project) -> None:
    offline.run("init", "--ci")
    written = yaml.safe_load((offline.root / ".github/workflows/wxsync.yml").read_text(encoding="utf-8"))

    for name in ("README.md", "README.zh-CN.md"):
        blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), flags=re.DOTALL)
        assert written in [yaml.safe_load(block) for block in blocks]


def test_the_page_about_the_allowlist_says_the_same_in_both_languages() -> None:
    english, chinese = ((ROOT / f".github/ALLOWLIST{end}.md").read_text(encoding="utf-8") for end in ("", ".zh-CN"))

    for pattern in (r"```\w+\n.*?```", r"`[A-Z_]{4,}`", r"(?m)^#+", r"`/cgi-bin/[a-z/_]+`", r"\b\d{3,5}\b"):
        assert set(re.findall(pattern, english, re.DOTALL)) == set(re.findall(pattern, chinese, re.DOTALL))
    for name in ("README.md", "README.zh-CN.md"):
        for link in re.findall(r"\]\((\.github/[^)#]+)", (ROOT / name).read_text(encoding="utf-8")):
            assert (ROOT / link).is_file(), link


def _filled(said: Any, given: dict[str, Any]) -> Any:
    """Fills in a component's inputs as GitLab does: a whole value keeps its type."""
    if isinstance(said, dict):
        return {key: _filled(one, given) for key, one in said.items()}
    if isinstance(said, list):
        found = [_filled(one, given) for one in said]
        return found[0] if len(said) == 1 and isinstance(found[0], list) else found
    if not isinstance(said, str):
        return said
    whole = re.fullmatch(r"\$\[\[ inputs\.([\w-]+) \]\]", said)
    return given[whole[1]] if whole else re.sub(r"\$\[\[ inputs\.([\w-]+) \]\]", lambda one: given[one[1]], said)


def _sound(command: list[str]) -> None:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
