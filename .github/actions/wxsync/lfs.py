"""Fetches from Git LFS only what must be looked at or uploaded; whatever the lock holds stays a pointer.

python lfs.py --manifest materials.yaml [--account prod]
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from git import GitFailed, open_repository
from wxsync.errors import InvalidInput, WxsyncError
from wxsync.model import Problem
from wxsync.project.folder import Choice
from wxsync.reconcile.planned import PlanOptions
from wxsync.reconcile.watcher import Watcher
from wxsync.words import visible
from wxsync.workflow.accounts import accounts
from wxsync.workflow.plan import plan
from wxsync.workflow.validate import validate

_AT_ONCE = 200
# Git LFS takes patterns with commas between them and knows no escape that holds for all of these.
_PATTERN = re.compile(r"[,*?\[\]\\!#]")


def missing(manifest: Path, account: str | None) -> set[str]:
    """Names the pointers whose content validate or plan asks for, relative to the manifest's folder."""
    chosen = Choice(manifest, account, sandbox=False, environ=os.environ)
    problems = list(validate(chosen)[1])
    for one in accounts(chosen):
        problems += _problems(replace(chosen, account=one.name))
    return {problem.path for problem in problems if problem.code == "lfs-pointer" and problem.path}


def pull(folder: Path, paths: list[str]) -> None:
    """Fetches the content of some files and puts it in place of their pointers."""
    repository = open_repository(folder, os.environ)
    inside = folder.resolve().relative_to(repository.folder.resolve())
    patterns = [_PATTERN.sub("?", (inside / path).as_posix()) for path in paths]
    for start in range(0, len(patterns), _AT_ONCE):
        command = ["git", "lfs", "pull", f"--include={','.join(patterns[start : start + _AT_ONCE])}", "--exclude="]
        subprocess.run(command, cwd=repository.folder, env=dict(repository.environ), check=True)


def main() -> int:
    """Fetches what is missing and says how much that is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--manifest", type=Path, default=Path("materials.yaml"))
    parser.add_argument("--account", default="")
    options = parser.parse_args()
    try:
        paths = sorted(missing(options.manifest, options.account or None))
        if paths:
            print(f"fetching {len(paths)} file(s) from Git LFS", flush=True)
            pull(options.manifest.parent, paths)
    except InvalidInput:
        return 0  # validate and plan show it in full
    except (GitFailed, WxsyncError, OSError, subprocess.CalledProcessError) as error:
        print(f"error: Git LFS did not give what is to be uploaded: {visible(str(error))}", file=sys.stderr)
        return 1
    return 0


def _problems(choice: Choice) -> tuple[Problem, ...]:
    try:
        return plan(choice, PlanOptions(), Watcher()).warnings
    except InvalidInput as error:
        return error.problems


if __name__ == "__main__":
    sys.exit(main())
