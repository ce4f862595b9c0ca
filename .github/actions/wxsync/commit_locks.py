"""Commits the locks that apply wrote: pushes them to the branch, or opens or refreshes one pull request.

    python commit_locks.py --manifest materials.yaml --branch main --deliver pull-request --from locks/

Reads `started/PATH` and `ended/PATH` below --from: each lock as it was before and after its apply. ACCOUNTS holds the
accounts of this run as plan.py printed them, and the lock of nobody else is taken. GITHUB_TOKEN pushes.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from git import GitFailed, Pushed, Repository, open_repository
from github_api import ApiRefused, GitHub, github_from
from locks import Tampered, join, read_at, refuse_losses, with_pending
from pending import pending_branch
from wxsync.errors import WxsyncError
from wxsync.lockfile import read_lock, render_lock
from wxsync.model import Lock
from wxsync.words import visible

TRIES = 5
MESSAGE = "wxsync: remember what was uploaded"
BODY = """\
`wxsync apply` uploaded materials to WeChat; this is the lock that remembers their ids. Only lock files change here.

Merge it soon: until then wxsync goes on from this branch, and whoever reads the lock on the main branch sees the state
before. The branch is written anew by every run; do not commit to it.
"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Holds what apply left: each lock by its path, before and after, and the account that it must belong to."""

    manifest: str
    branch: str
    started: Mapping[str, Lock]
    ended: Mapping[str, Lock]
    appids: Mapping[str, str | None]

    @property
    def pending(self) -> str:
        """Names the branch of the pull request."""
        return pending_branch(self.manifest, self.branch)


def deliver(repository: Repository, github: GitHub, delivery: Delivery, *, directly: bool) -> str:
    """Commits the locks on top of whatever the branch holds now, and tells how; tries again while it moves."""
    for _attempt in range(TRIES):
        head, waiting = repository.fetch(delivery.branch), repository.fetch(delivery.pending)
        if head is None:
            raise GitFailed(f"origin has no branch {delivery.branch}")
        contents = wanted(repository, delivery, head, waiting)
        if not contents:
            return _clear(repository, delivery, waiting) or "the branch holds these locks already"
        commit = repository.commit(head, contents, MESSAGE)
        if directly:
            pushed = repository.push(commit, delivery.branch)
            if pushed is Pushed.DONE:
                _clear(repository, delivery, waiting)
                return f"pushed {len(contents)} lock(s) to {delivery.branch}"
            directly = pushed is Pushed.MOVED
        elif _put(repository, delivery, commit, waiting):
            return f"{len(contents)} lock(s) wait in {pull_request(github, delivery)}"
    raise GitFailed(f"the branch moved {TRIES} times while the locks were being pushed; run the job again")


def wanted(repository: Repository, delivery: Delivery, head: str, waiting: str | None) -> dict[str, bytes]:
    """Gives the files that differ from the branch once all locks are joined; raises Tampered where one lost an id."""
    joined = dict(with_pending(repository, head, waiting, delivery.manifest) if waiting else {})
    for path, ended in delivery.ended.items():
        before = joined.get(path) or read_at(repository, head, path)
        lock = join(delivery.started.get(path), before, ended) or ended
        refuse_losses(before, lock, path=path, appid=delivery.appids[path])
        joined[path] = lock
    contents = {path: render_lock(lock) for path, lock in joined.items()}
    return {path: content for path, content in contents.items() if content != repository.content(head, path)}


def pull_request(github: GitHub, delivery: Delivery) -> str:
    """Finds the pull request of the locks' branch or opens it, and gives its address."""
    owner = github.repository.split("/")[0]
    for one in github.each("pulls", state="open", head=f"{owner}:{delivery.pending}", base=delivery.branch):
        return str(one["html_url"])
    asked = {"title": MESSAGE, "head": delivery.pending, "base": delivery.branch, "body": BODY}
    return str(github.call("POST", "pulls", asked)["html_url"])


def read_delivery(options: argparse.Namespace, accounts: str) -> Delivery:
    """Reads what the jobs of apply left; raises Tampered where there is more than their locks."""
    appids = {one["lock"]: one["appid"] for one in json.loads(accounts)}
    return Delivery(
        options.manifest,
        options.branch,
        _locks(options.source / "started", appids),
        _locks(options.source / "ended", appids),
        appids,
    )


def main() -> int:
    """Delivers, and says how or why not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--manifest", default="materials.yaml")
    parser.add_argument("--branch", required=True)
    parser.add_argument("--deliver", choices=["push", "pull-request"], default="pull-request")
    parser.add_argument("--from", dest="source", type=Path, required=True)
    options = parser.parse_args()
    try:
        delivery = read_delivery(options, os.environ["ACCOUNTS"])
        repository = open_repository(Path.cwd(), os.environ)
        said = deliver(repository, github_from(os.environ), delivery, directly=options.deliver == "push")
    except ApiRefused as error:
        print(f"error: no pull request could be opened: {visible(str(error))}", file=sys.stderr)
        print(f"    hint: the locks are safe on the branch {delivery.pending}. {_ADVICE}", file=sys.stderr)
        return 1
    except (GitFailed, Tampered, WxsyncError, OSError) as error:
        print(f"error: the locks are not committed: {visible(str(error))}", file=sys.stderr)
        return 1
    print(visible(said))
    return 0


_ADVICE = (
    "Allow it in Settings, Actions, General (Allow GitHub Actions to create and approve pull requests), or use an app"
)


def _put(repository: Repository, delivery: Delivery, commit: str, waiting: str | None) -> bool:
    if waiting and repository.is_same_step(waiting, commit):
        return True
    pushed = repository.put(commit, delivery.pending, instead_of=waiting)
    if pushed is Pushed.REFUSED:
        raise GitFailed(f"the remote takes neither a push to {delivery.branch} nor the branch {delivery.pending}")
    return pushed is Pushed.DONE


def _clear(repository: Repository, delivery: Delivery, waiting: str | None) -> str | None:
    """Deletes the locks' branch once the main branch holds all that it had."""
    if waiting is None or repository.put("", delivery.pending, instead_of=waiting) is not Pushed.DONE:
        return None
    return f"{delivery.branch} holds all locks; {delivery.pending} is deleted"


def _locks(folder: Path, allowed: Mapping[str, object]) -> dict[str, Lock]:
    found: dict[str, Lock] = {}
    for file in sorted(folder.rglob("*")):
        path = file.relative_to(folder).as_posix()
        if file.is_symlink() or (file.is_file() and path not in allowed):
            raise Tampered(f"{path} is no lock of this run")
        lock = read_lock(file) if file.is_file() else None
        if lock:
            found[path] = lock
    return found


if __name__ == "__main__":
    sys.exit(main())
