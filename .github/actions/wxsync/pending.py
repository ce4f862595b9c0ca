"""Brings locks that wait in a pull request into the working tree, so that what is uploaded already is not sent again.

python pending.py --manifest materials.yaml --branch main
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path

from git import GitFailed, Repository, open_repository
from locks import Tampered, with_pending
from wxsync.errors import WxsyncError
from wxsync.lockfile import write_lock
from wxsync.words import visible


def pending_branch(manifest: str, branch: str) -> str:
    """Names the branch on which a manifest's locks wait for their pull request to be merged."""
    stem = manifest.removesuffix(".example").removesuffix(".yaml").removesuffix(".yml")
    return "wxsync/" + "-".join(re.findall(r"[A-Za-z0-9]+", f"{branch} {stem}"))


def take(repository: Repository, manifest: str, branch: str) -> list[str]:
    """Writes the joined locks into the working tree and names them."""
    pending = repository.fetch(pending_branch(manifest, branch))
    if pending is None:
        return []
    locks = with_pending(repository, repository.commit_of("HEAD"), pending, manifest)
    for path, lock in locks.items():
        write_lock(repository.folder / path, lock)
    return list(locks)


def main() -> int:
    """Takes what waits and says so."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", default="materials.yaml")
    parser.add_argument("--branch", required=True)
    options = parser.parse_args()
    try:
        taken = take(open_repository(Path.cwd(), os.environ), options.manifest, options.branch)
    except (GitFailed, Tampered, WxsyncError) as error:
        print(f"error: the locks that wait on a branch cannot be used: {visible(str(error))}", file=sys.stderr)
        print(f"    hint: mend or delete {pending_branch(options.manifest, options.branch)}", file=sys.stderr)
        return 1
    for path in taken:
        print(f"taken from the pull request that waits: {visible(path)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
