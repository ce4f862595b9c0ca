"""Commits the locks that apply wrote: pushes them to the branch, or lets them wait in one request.

Nothing but locks is committed, and no lock that has lost an id. What waited on a branch never reaches the target but by
its request, whoever pushed it there.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from wxsync.ci.forges import Forge, ForgeRefused, Request, Signs
from wxsync.ci.kept import Left
from wxsync.ci.proof import join, read_at, refuse_losses, with_additions
from wxsync.ci.waiting import waiting_branch, waiting_locks
from wxsync.errors import PersonNeeded, TryLater
from wxsync.git import GitFailed, Pushed, Repository
from wxsync.lockfile import render_lock
from wxsync.model import Lock
from wxsync.words import plural, text

TRIES = 5
MESSAGE = "wxsync: remember what was uploaded"
BODY = """\
`wxsync apply` uploaded materials to WeChat; this is the lock that remembers their ids. Only lock files change here.

Merge it soon: until then wxsync goes on from this branch, and whoever reads the lock on the main branch sees the state
before. The branch is written anew by a run that has news; do not commit to it. On GitHub, workflows of a request that a
workflow opened wait for somebody to click "Approve and run".
"""


class Deliver(StrEnum):
    """How locks come back: pushed to the target, in a request, or on a branch of their own and no more."""

    PUSH = "push"
    REQUEST = "request"
    BRANCH = "branch"


class Delivery(Struct, frozen=True):
    """What is to come back to `branch`: what each apply left, by the path of its lock.

    `appids` tells by the path of a lock which account it must belong to, where the manifest says so.
    """

    manifest: str
    branch: str
    left: Mapping[str, Left]
    appids: Mapping[str, str | None]

    @property
    def waiting(self) -> str:
        """Name the branch on which locks wait."""
        return waiting_branch(self.manifest, self.branch)


def deliver(repository: Repository, forge: Forge | None, delivery: Delivery, how: Deliver) -> str:
    """Commit the locks on top of whatever the branch holds now, and tell how; try again while it moves.

    Raises Tampered, GitFailed, ForgeRefused, InvalidInput and TryLater; then the branch is what it was.
    """
    way = _Way(repository, forge, delivery)
    for _attempt in range(TRIES):
        head, waiting = repository.fetch(delivery.branch), repository.fetch(delivery.waiting)
        if head is None:
            raise GitFailed(text("origin has no branch {branch}", branch=delivery.branch))
        pushed = ""
        own = own_locks(repository, delivery, head) if how is Deliver.PUSH else {}
        if own:
            became, commit = way.push(own, head)
            if became is Pushed.MOVED:
                continue
            if became is Pushed.REFUSED:
                how = Deliver.REQUEST
            else:
                head = commit
                pushed = _pushed(len(own), delivery.branch)
        wanted = all_locks(repository, delivery, head, waiting)
        if not wanted:
            cleared = way.clear(waiting)
            return pushed or cleared
        said = way.wait(wanted, head, waiting, is_requested=how is not Deliver.BRANCH)
        if said:
            return text("{pushed}; {said}", pushed=pushed, said=said) if pushed else said
    raise TryLater(
        text("the branch moved {tries} times while the locks were being pushed", tries=TRIES),
        hint=text("run the job again"),
    )


def own_locks(repository: Repository, delivery: Delivery, head: str) -> dict[str, bytes]:
    """Give the locks that differ from the branch by what these applies did, without anything that waited."""
    joined = {}
    for path, left in delivery.left.items():
        here = read_at(repository, head, path)
        if left.taken:
            # Against what was taken, a lock that does not hold it yet looks as if it had let go of it.
            lock = join(left.taken, here or Lock(left.ended.account), left.ended)
        else:
            lock = join(left.started, here, left.ended)
        joined[path] = _proven(delivery, path, here, lock or left.ended)
    return _differing(repository, head, joined)


def all_locks(repository: Repository, delivery: Delivery, head: str, waiting: str | None) -> dict[str, bytes]:
    """Give the locks that differ from the branch once all that was done and all that waits is joined."""
    joined = {}
    for path, left in delivery.left.items():
        here = read_at(repository, head, path)
        joined[path] = _proven(delivery, path, here, join(left.started, here, left.ended) or left.ended)
    if waiting:
        for path, one in waiting_locks(repository, head, waiting, delivery.manifest, beside=joined).items():
            applied = delivery.left.get(path)
            unwanted = applied.refused | applied.gone if applied else frozenset()
            added = tuple(each for each in one.added if each.key not in unwanted)
            joined[path] = with_additions(one.here or Lock(one.account), added)
    return _differing(repository, head, joined)


class _Way(Struct, frozen=True):
    """How commits reach the remote."""

    repository: Repository
    forge: Forge | None
    delivery: Delivery

    def push(self, contents: Mapping[str, bytes], head: str) -> tuple[Pushed, str]:
        """Push a commit to the target branch itself, and give it."""
        branch = self.delivery.branch
        commit = self.repository.commit(head, contents, MESSAGE)
        became = self.repository.push(commit, branch)
        if became is not Pushed.UNSIGNED:
            return became, commit
        if not isinstance(self.forge, Signs):
            return Pushed.REFUSED, commit
        try:
            self.forge.commit(branch, head, contents, MESSAGE, is_reset=False)
        except ForgeRefused:
            return Pushed.REFUSED, commit
        return Pushed.DONE, self.repository.fetch(branch) or commit

    def wait(self, contents: Mapping[str, bytes], head: str, waiting: str | None, *, is_requested: bool) -> str | None:
        """Let locks wait on their branch, and tell where; None where the branch moved meanwhile."""
        commit = self.repository.commit(head, contents, MESSAGE)
        request = Request(self.delivery.waiting, self.delivery.branch, MESSAGE, BODY)
        options = self.forge.push_options(request) if self.forge and is_requested else ()
        if not (waiting and self.repository.is_same_step(waiting, commit)):
            became = self.repository.put(commit, request.branch, instead_of=waiting, options=options)
            if became is Pushed.MOVED:
                return None
            if became is Pushed.UNSIGNED and isinstance(self.forge, Signs):
                self.forge.commit(request.branch, head, contents, MESSAGE, is_reset=True)
            elif became is not Pushed.DONE:
                raise GitFailed(
                    text(
                        "the remote takes neither a push to {branch} nor the branch {waiting}",
                        branch=request.into,
                        waiting=request.branch,
                    )
                )
        return self._told(request, len(contents), is_requested=is_requested)

    def clear(self, waiting: str | None) -> str:
        """Delete the locks' branch once the target holds all that it had."""
        branch, name = self.delivery.branch, self.delivery.waiting
        if waiting is None or self.repository.put("", name, instead_of=waiting) is not Pushed.DONE:
            return text("{branch} holds these locks already", branch=branch)
        return text("{branch} holds all locks; {waiting} is deleted", branch=branch, waiting=name)

    def _told(self, request: Request, count: int, *, is_requested: bool) -> str:
        if self.forge is None or not is_requested:
            return plural(
                "{count} lock waits on the branch {branch}: merge it into {into}",
                "{count} locks wait on the branch {branch}: merge it into {into}",
                count,
                branch=request.branch,
                into=request.into,
            )
        try:
            address = self.forge.open_request(request)
        except ForgeRefused as error:
            raise _not_opened(request, error) from None
        return plural("{count} lock waits in {address}", "{count} locks wait in {address}", count, address=address)


def _pushed(count: int, branch: str) -> str:
    return plural("pushed {count} lock to {branch}", "pushed {count} locks to {branch}", count, branch=branch)


def _not_opened(request: Request, error: ForgeRefused) -> PersonNeeded:
    hint = text(
        "the locks are safe on the branch {branch}. At GitHub allow it in Settings, Actions, General (Allow GitHub "
        "Actions to create and approve pull requests); elsewhere give a token that may open requests",
        branch=request.branch,
    )
    return PersonNeeded(text("no request could be opened: {error}", error=error.message), hint=hint)


def _proven(delivery: Delivery, path: str, here: Lock | None, lock: Lock) -> Lock:
    gone = delivery.left[path].gone
    refuse_losses(here, lock, path=path, appid=delivery.appids.get(path), gone=gone)
    return lock


def _differing(repository: Repository, head: str, locks: Mapping[str, Lock]) -> dict[str, bytes]:
    contents = {path: render_lock(lock) for path, lock in locks.items()}
    return {path: content for path, content in contents.items() if content != repository.content(head, path)}
