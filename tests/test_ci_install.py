"""The action installs this very wxsync for the steps that follow, and nothing in the clone can put itself before it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.github import ACTION, ROOT, commit, git, isolated


def test_the_steps_that_follow_find_wxsync_and_nothing_in_the_clone_comes_before_it(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    clone.mkdir()
    git(clone, "init", "-q", "-b", "main")
    for name in ("yaml.py", "click.py", "wxsync.py", "json.py"):
        (clone / name).write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    (clone / "materials.yaml").write_text("version: 1\nmaterials: []\n")
    commit(clone)
    environ = {**os.environ, **isolated(), "RUNNER_TEMP": str(tmp_path)}
    del environ["PYTHONPATH"]
    environ |= {"GITHUB_PATH": str(tmp_path / "path"), "GITHUB_OUTPUT": str(tmp_path / "output")}

    keyed = run(["bash", str(ACTION / "install.sh"), "key"], clone, environ)
    installed = run(["bash", str(ACTION / "install.sh"), "install"], clone, environ)

    assert keyed.returncode == installed.returncode == 0, keyed.stderr + installed.stderr
    assert re.fullmatch(r"key=wxsync-[\w.-]+-[0-9a-f]{16}\n", (tmp_path / "output").read_text())
    found = (tmp_path / "path").read_text().strip()
    assert list((tmp_path / "wxsync-wheels").glob("*.whl")), "what the cache keeps"
    following = environ | {"PATH": os.pathsep.join([found, os.environ["PATH"]])}
    judged = run(["wxsync", "validate"], clone, following)
    planned = run(["wxsync", "ci", "plan", "-o", str(tmp_path / "plan.md")], clone, following)
    assert judged.returncode == planned.returncode == 0, judged.stderr + planned.stderr
    assert not (tmp_path / "ran").exists()


def test_a_runner_without_a_python_that_is_new_enough_is_told_so(tmp_path: Path) -> None:
    old = tmp_path / "bin"
    old.mkdir()
    for name in ("python3", "python"):
        (old / name).write_text("#!/bin/sh\nexit 1\n")
        (old / name).chmod(0o755)
    (old / "dirname").symlink_to(shutil.which("dirname") or "")

    ran = run([shutil.which("bash") or "bash", str(ACTION / "install.sh"), "install"], tmp_path, {"PATH": str(old)})

    assert ran.returncode == 1
    assert "needs Python 3.11 or later" in ran.stderr


@pytest.mark.quick
def test_whatever_pyproject_asks_for_is_there_by_its_hash() -> None:
    text = (ACTION / "requirements.txt").read_text(encoding="utf-8")
    pinned = dict(re.findall(r"(?m)^([\w.-]+)==([\w.]+)", text))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for wanted in map(Requirement, [*project["project"]["dependencies"], *project["build-system"]["requires"]]):
        assert wanted.specifier.contains(pinned[wanted.name.lower()]), wanted
    for entry in re.split(r"(?m)^(?=[\w.-]+==)", text)[1:]:
        assert "--hash=sha256:" in entry


def run(command: list[str], folder: Path, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
