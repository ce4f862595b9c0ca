"""The locks that wait in a request: on which branch, what they add, and which of it WeChat proves to be ours."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from msgspec import Struct
from msgspec.structs import replace

from wxsync.ci.proof import Addition, additions, is_lock_of, read_at, stem_of, with_additions
from wxsync.errors import InvalidInput
from wxsync.git import Repository
from wxsync.model import Lock
from wxsync.planner.naming import tag_in, utc
from wxsync.planner.recovered import doubts_from
from wxsync.reconcile.look import Listing, Look, look

_YOUNG_SECONDS = 3600.0


class Waiting(Struct, frozen=True):
    """What waits for one lock; `here` is the lock of the target branch, None where it has none yet."""

    path: str
    account: str
    here: Lock | None
    added: tuple[Addition, ...]

    @property
    def lock(self) -> Lock:
        """Give the lock of the target with what waits."""
        return with_additions(self.here or Lock(self.account), self.added)

    def proven_by(self, listed: Collection[str], *, now: float) -> Lock:
        """Give the lock of the target with what WeChat lists, by its id or url.

        A listing may lag behind an upload: what is young and not listed is looked for by its tag before it is sent.
        """
        lock = with_additions(self.here or Lock(self.account), [one for one in self.added if one.key in listed])
        young = utc(now - _YOUNG_SECONDS)
        sent = [
            (one.name, one.record)
            for one in self.added
            if one.key not in listed and not one.is_retired and (one.record.uploaded_at or "") > young
        ]
        return replace(lock, unconfirmed=(*lock.unconfirmed, *doubts_from(sent, (), lock, at=utc(now))))


def waiting_branch(manifest: str, branch: str) -> str:
    """Name the branch on which a manifest's locks wait for their request to be merged."""
    return "wxsync/" + "-".join(re.findall(r"[A-Za-z0-9]+", f"{branch} {stem_of(manifest)}"))


def waiting_locks(
    repository: Repository, head: str, waiting: str, manifest: str, *, beside: Mapping[str, Lock] | None = None
) -> dict[str, Waiting]:
    """Give by its path what each lock of a branch adds to that of another commit, or to those given `beside` it.

    A lock there that cannot be read adds nothing: what stands on that branch decides nothing.
    """
    found: dict[str, Waiting] = {}
    base = repository.merge_base(head, waiting)
    for path in sorted(one for one in repository.files_of(waiting) if is_lock_of(manifest, one)):
        here = (beside or {}).get(path) or read_at(repository, head, path)
        try:
            common, there = read_at(repository, base, path), read_at(repository, waiting, path)
        except InvalidInput:
            continue
        added = tuple(additions(common, here, there)) if there else ()
        if there and added:
            found[path] = Waiting(path, there.account, here, added)
    return found


def proven(remote: Listing, waiting: Waiting) -> frozenset[str]:
    """Give, of what waits, the ids that WeChat lists under a name with the record's own tag.

    An article image cannot be listed; the form of its url was all that could be proven of it.
    """
    types = {one.record.type for one in waiting.added if one.record.type.has_media_id}
    listed = {one.media_id: one.name for one in look(remote, waiting.here, types, Look.AUTO)} if types else {}
    return frozenset(one.key for one in waiting.added if _is_proven(one, listed, waiting.account))


def _is_proven(one: Addition, listed: Mapping[str, str], account: str) -> bool:
    record = one.record
    if not record.type.has_media_id:
        return True
    name = listed.get(record.media_id or "")
    if name is None:
        return False
    if record.type.has_description:
        return name == record.title
    return tag_in(name) == record.fingerprint.tag(account)
