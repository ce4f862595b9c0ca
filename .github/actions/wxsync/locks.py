"""Joins the locks of several runs, and proves before anything is committed that no upload of ours is forgotten."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from git import Repository
from wxsync.lockfile import parse_lock
from wxsync.model import Fingerprint, Lock, Origin
from wxsync.planner import merge


class Tampered(Exception):
    """Says that a lock may not be committed, and why."""


def is_lock_of(manifest: str, path: str) -> bool:
    """Tells whether a path can be a lock of this manifest; both are relative to the repository."""
    file = PurePosixPath(manifest)
    stem = file.name.removesuffix(".example").removesuffix(".yaml").removesuffix(".yml")
    pattern = re.escape(str(file.with_name(stem))) + r"(\.[a-z][a-z0-9-]*)?\.lock\.json"
    return re.fullmatch(pattern, path) is not None


def read_at(repository: Repository, commit: str | None, path: str) -> Lock | None:
    """Reads a lock of a commit; raises InvalidInput where it is none."""
    content = repository.content(commit, path) if commit else None
    return None if content is None else parse_lock(content, shown_as=path)


def join(base: Lock | None, ours: Lock | None, theirs: Lock | None) -> Lock | None:
    """Merges as the merge driver does; where only one side has a lock, that one stands."""
    return merge(base, ours, theirs) if ours and theirs else ours or theirs


def refuse_losses(before: Lock | None, after: Lock, *, path: str, appid: str | None = None) -> None:
    """Raises Tampered where a lock is another account's, or where an upload of ours is gone or is another one now.

    CI never prunes, so whatever wxsync uploaded stays in the lock, in use or retired; only imported materials may go.
    """
    account = before.account if before else appid
    if account and after.account != account:
        raise Tampered(f"{path} is the lock of account {after.account}, not of {account}")
    held, told = (_uploads(before) if before else {}), _uploads(after)
    for material, fingerprint in held.items():
        if material not in told:
            raise Tampered(f"{path} would forget {material}")
        if told[material] != fingerprint:
            raise Tampered(f"{path} would give {material} another content")


def with_pending(repository: Repository, head: str, pending: str, manifest: str) -> Mapping[str, Lock]:
    """Joins the locks of a branch with those that wait in a pull request; gives them by path.

    Raises Tampered where the waiting ones would make the branch forget something.
    """
    base = repository.merge_base(head, pending)
    waiting = [path for path in repository.changed(base or head, pending) if is_lock_of(manifest, path)]
    joined: dict[str, Lock] = {}
    for path in sorted(waiting):
        here = read_at(repository, head, path)
        lock = join(read_at(repository, base, path), here, read_at(repository, pending, path))
        if lock:
            refuse_losses(here, lock, path=path)
            joined[path] = lock
    return joined


def _uploads(lock: Lock) -> dict[str, Fingerprint]:
    records = (*(one.record for one in lock.retired), *lock.records.values())
    ours = (record for record in records if record.origin is Origin.UPLOADED)
    return {record.media_id or record.url or "": record.fingerprint for record in ours}
