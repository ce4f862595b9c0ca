"""The pipeline that `init --ci gitlab` writes, run as it is by gitlab-ci-local with its shell executor."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.github import ROOT, commit, git, isolated, wxsync
from tests.project import Server, png

WAITING = "wxsync/main-materials"


def program() -> str | None:
    """Finds gitlab-ci-local where the gate installs it, or on the PATH."""
    kept = ROOT / ".venv/tools/node_modules/.bin/gitlab-ci-local"
    return str(kept) if kept.exists() else shutil.which("gitlab-ci-local")


pytestmark = pytest.mark.skipif(
    program() is None,
    reason="NOT TESTED: GitLab's pipeline as it is, for there is no gitlab-ci-local here (npm, version 4.64.1)",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    [built] = out.glob("wxsync-*.whl")
    return built


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A clone whose remote's address is GitLab's, and really a bare repository beside it."""
    origin, folder = tmp_path / "origin.git", tmp_path / "work"
    git(tmp_path, "init", "-q", "--bare", "-b", "main", str(origin))
    git(origin, "config", "receive.advertisePushOptions", "true")
    git(tmp_path, "clone", "-q", str(origin), str(folder))
    git(folder, "checkout", "-q", "-B", "main")
    git(folder, "remote", "set-url", "origin", "https://gitlab.example/agency/pictures.git")
    git(folder, "config", f"url.{origin}.insteadOf", "https://gitlab.example/agency/pictures.git")
    write(folder, "a.png")
    assert wxsync("init", "--ci", folder=folder, environ={}).returncode == 0
    (folder / ".gitignore").write_text(".gitlab-ci-local/\n.ci-wxsync/\n")
    publish(folder)
    return folder


def write(folder: Path, *pictures: str) -> None:
    for path in pictures:
        (folder / path).write_bytes(png(path))
    rows = "".join(f"  - {{path: {path}, type: image}}\n" for path in pictures)
    (folder / "materials.yaml").write_text(f"version: 1\nmaterials:\n{rows}")


def publish(folder: Path) -> None:
    commit(folder)
    git(folder, "push", "-q", "origin", "main")


def pipeline(work: Path, wheel: Path, variables: Mapping[str, str]) -> tuple[int, str]:
    """Runs the pipeline of an event; gives its exit code and log."""
    given = {"WXSYNC_PACKAGE": str(wheel), "CI_PROJECT_URL": "https://gitlab.example/agency/pictures", **variables}
    words = [word for name, text in given.items() for word in ("--variable", f"{name}={text}")]
    environ = {name: text for name, text in isolated().items() if name != "PYTHONPATH"}
    environ |= {"HOME": str(work.parent), "GCL_IGNORE_PREDEFINED_VARS": ",".join(given)}
    # The code under test is what the job installs, not what this machine's environment holds.
    paths = [one for one in os.environ["PATH"].split(os.pathsep) if ".venv" not in one]
    environ["PATH"] = os.pathsep.join([*paths, str(without_rsync(work.parent))])
    if "CI_MERGE_REQUEST_IID" in given:
        words += ["--unset-variable", "CI_COMMIT_BRANCH"]  # as GitLab has it
    command = [str(program()), "--force-shell-executor", *words]
    began = time.monotonic()
    ended = subprocess.run(command, cwd=work, env=environ, capture_output=True, text=True, check=False, timeout=480)
    print(f"{variables.get('CI_PIPELINE_SOURCE', 'push')}: {time.monotonic() - began:.0f} s")
    return ended.returncode, ended.stdout + ended.stderr


def without_rsync(folder: Path) -> Path:
    """Stands for rsync where there is none: it fills the containers of jobs, and these jobs run in none."""
    stand_in = folder / "bin/rsync"
    stand_in.parent.mkdir(exist_ok=True)
    stand_in.write_text("#!/bin/sh\nexit 0\n")
    stand_in.chmod(0o755)
    return stand_in.parent


def test_merge_request_merge_lock_and_drift(work: Path, wheel: Path, server: Server) -> None:
    credentials = dict(server.environ)

    code, log = pipeline(work, wheel, {"CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_IID": "3"})

    assert code == 0, log
    assert (work / ".ci-wxsync/venv/bin/wxsync").exists(), "the job installs the program"
    assert json.loads((work / ".ci-wxsync/terraform.json").read_text()) == {"create": 1, "update": 0, "delete": 0}
    assert "no comment" in log
    assert server.ids() == set(), "a merge request asks WeChat nothing"

    code, log = pipeline(work, wheel, credentials)

    assert code == 0, log
    assert ids(work, WAITING) == server.ids() != set()
    (work / "materials.lock.json").unlink()  # each job of GitLab's begins with a clean clone
    git(work, "pull", "-q", "origin", WAITING)
    git(work, "push", "-q", "origin", "main")
    [lost] = server.ids()
    server.delete(lost)
    server.advance(7_200)
    code, log = pipeline(work, wheel, credentials | {"CI_PIPELINE_SOURCE": "schedule"})
    assert code != 0, log
    assert "gone" in log

    code, log = pipeline(work, wheel, credentials | {"WXSYNC_REFRESH": "1"})

    assert code == 0, log
    assert ids(work, WAITING) == server.ids() != {lost}


def ids(work: Path, branch: str) -> set[str]:
    lock: Any = json.loads(git(work.parent / "origin.git", "show", f"{branch}:materials.lock.json"))
    return {one["media_id"] for one in (*lock["materials"].values(), *lock["retired"])}
