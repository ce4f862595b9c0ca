"""Writes the workflow by which a repository at GitHub calls ours."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from wxsync.files import write_atomic

_NAME = Path(".github/workflows/wxsync.yml")
_CALLER = """\
# A pull request shows the plan; what is merged is applied, and its lock comes back as a pull request (or, with
# `deliver: push`, as a commit). The secret WXSYNC_SECRET and the variable WXSYNC_APPID belong to an environment of
# this repository called `wechat`. Before the first run put the place of wxsync for OWNER/wxsync, and for the zeros the
# full hash of a commit of it that you have looked at: wxsync cannot know where you take it from, and tags can move.
name: wxsync
on:
  pull_request:
  push: {branches: [BRANCH]}
  schedule: [{cron: "17 19 * * *"}]
permissions: {}
jobs:
  wxsync:
    permissions: {contents: write, pull-requests: write}
    uses: OWNER/wxsync/.github/workflows/sync.yml@0000000000000000000000000000000000000000
    with: {manifest: MANIFEST, deliver: pull-request}
    secrets: {WXSYNC_SECRET: "${{ secrets.WXSYNC_SECRET }}"}
"""


def write_workflow(manifest: Path) -> str:
    """Writes the workflow into the repository around a manifest and tells so; never over one that is there.

    Without a repository its folder counts as one. Raises OSError where it cannot be written.
    """
    folder = manifest.parent.resolve()
    root = Path(_git(folder, "rev-parse", "--show-toplevel") or folder).resolve()
    file = root / _NAME
    if file.exists():
        return f"kept {file}, which was there"
    # What origin calls its main branch stands in a clone; a repository that was never pushed does not know yet.
    branch = _git(folder, "symbolic-ref", "--short", "refs/remotes/origin/HEAD").removeprefix("origin/") or "main"
    path = (folder / manifest.name).relative_to(root).as_posix()
    text = _CALLER.replace("BRANCH", _scalar(branch)).replace("MANIFEST", _scalar(path))
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(file, text.encode())
    return f"wrote {file}: put the place and the hash of wxsync into it"


def _git(folder: Path, *words: str) -> str:
    command = ["git", *words]
    try:
        ended = subprocess.run(command, cwd=folder, check=True, capture_output=True)  # noqa: S603 - our own words
    except (OSError, subprocess.CalledProcessError):
        return ""
    return ended.stdout.decode(errors="replace").strip()


def _scalar(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z_][\w./-]*", text, re.ASCII) else json.dumps(text)
