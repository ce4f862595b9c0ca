"""The action installs this very wxsync for the steps that follow, and nothing in the clone can put itself before it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.github import SCRIPTS, git, isolated


def test_the_steps_that_follow_find_wxsync_and_git_knows_how_locks_merge(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    clone.mkdir()
    git(clone, "init", "-q")
    for name in ("yaml.py", "click.py", "wxsync.py", "json.py"):
        (clone / name).write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    (clone / "materials.yaml").write_text("version: 1\nmaterials: []\n")
    environ = {**os.environ, **isolated(), "RUNNER_TEMP": str(tmp_path)}
    del environ["PYTHONPATH"]
    environ |= {"GITHUB_PATH": str(tmp_path / "path"), "GITHUB_OUTPUT": str(tmp_path / "output")}

    installed = run([sys.executable, str(SCRIPTS / "install.py")], clone, environ)

    assert installed.returncode == 0, installed.stderr
    assert (tmp_path / "output").read_text() == f"scripts={SCRIPTS}\n"
    assert git(clone, "config", "merge.wxsync.driver").strip() == "wxsync lock merge %O %A %B"
    found = (tmp_path / "path").read_text().strip()
    following = environ | {"PATH": os.pathsep.join([found, os.environ["PATH"]])}
    judged = run([str(Path(found) / "wxsync"), "validate"], clone, following)
    planned = run(
        [str(Path(found) / "python"), str(SCRIPTS / "plan.py"), "--out", str(tmp_path / "p")], clone, following
    )
    assert judged.returncode == planned.returncode == 0, judged.stderr + planned.stderr
    assert not (tmp_path / "ran").exists()


def run(command: list[str], folder: Path, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
