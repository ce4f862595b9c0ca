"""Joins the locks of several runs, and proves before anything is committed that no upload of ours is forgotten."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import PurePosixPath
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from wxsync.errors import Conflict
from wxsync.git import Repository
from wxsync.lockfile import parse_lock
from wxsync.model import Fingerprint, Lock, Origin, Record, Retired
from wxsync.planner.merge import merge
from wxsync.planner.naming import tag_in
from wxsync.words import text

_PICTURE = re.compile(r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:qpic|qlogo)\.cn/[!-~]*")


class Tampered(Conflict):
    """A lock may not be committed; the message says why."""


class Addition(Struct, frozen=True):
    """An upload that waits under a name; `is_retired` where it lost that name, or the name is taken here."""

    name: str
    record: Record
    is_retired: bool

    @property
    def key(self) -> str:
        """Give what tells this upload from all others."""
        return key_of(self.record)


def stem_of(manifest: str) -> str:
    """Give what the names of a manifest's locks begin with."""
    return manifest.removesuffix(".example").removesuffix(".yaml").removesuffix(".yml")


def is_lock_of(manifest: str, path: str) -> bool:
    """Tell whether a path can be a lock of this manifest; both are relative to the repository."""
    file = PurePosixPath(manifest)
    pattern = re.escape(str(file.with_name(stem_of(file.name)))) + r"(\.[a-z][a-z0-9-]*)?\.lock\.json"
    return re.fullmatch(pattern, path) is not None and not path.endswith(".sandbox.lock.json")


def read_at(repository: Repository, commit: str | None, path: str) -> Lock | None:
    """Read a lock of a commit; raises InvalidInput where it is broken."""
    content = repository.content(commit, path) if commit else None
    return None if content is None else parse_lock(content, shown_as=path)


def join(base: Lock | None, ours: Lock | None, theirs: Lock | None) -> Lock | None:
    """Merge as the merge driver does; where only one side has a lock, that one stands."""
    return merge(base, ours, theirs) if ours and theirs else ours or theirs


def key_of(record: Record) -> str:
    """Give the id of a material, or the url of one that has none."""
    return record.media_id or record.url or ""


def refuse_losses(
    before: Lock | None, after: Lock, *, path: str, appid: str | None = None, gone: Collection[str] = ()
) -> None:
    """Raise Tampered where a lock is another account's, or where an upload of ours is missing or is another one now.

    CI never prunes, so whatever wxsync uploaded stays in the lock, in use or retired, unless WeChat was proven not to
    have it any more (`gone`); only imported materials may leave.
    """
    account = before.account if before else appid
    if account and after.account != account:
        raise Tampered(
            text(
                "{path} is the lock of account {other}, not of {account}",
                path=path,
                other=after.account,
                account=account,
            )
        )
    held, told = (_uploads(before) if before else {}), _uploads(after)
    for material, fingerprint in held.items():
        if material not in told and material not in gone:
            raise Tampered(text("{path} would forget {material}", path=path, material=material))
        if material in told and told[material] != fingerprint:
            raise Tampered(text("{path} would give {material} another content", path=path, material=material))


def additions(base: Lock | None, here: Lock | None, waiting: Lock) -> Iterator[Addition]:
    """Give the uploads that a waiting lock adds and that bear the tag of their own content; all else is left out.

    Anybody with write access can push the branch on which a lock waits: such a lock can neither take anything from
    the lock that stands here nor give one of its names another id. What was in the `base`, where the branch began, is
    no addition: where it is not here any more, it was let go of on purpose.
    """
    account = here.account if here else waiting.account
    if waiting.account != account:
        return
    known = {key_of(record) for lock in (base, here) if lock for record in _records(lock)}
    names = here.records.keys() if here else set[str]()
    for name, record in waiting.records.items():
        if key_of(record) not in known and is_tagged(record, account):
            yield Addition(name, record, name in names)
    used = known | {key_of(record) for record in waiting.records.values()}
    for one in waiting.retired:
        if key_of(one.record) not in used and is_tagged(one.record, account):
            yield Addition(one.name, one.record, is_retired=True)


def with_additions(here: Lock, added: Collection[Addition]) -> Lock:
    """Add to a lock what waits: under its name where that is free, else as retired, to be taken back from there."""
    records, retired = dict(here.records), list(here.retired)
    for one in added:
        if one.is_retired or one.name in records:
            successor = records.get(one.name)
            moment = one.record.uploaded_at or ""
            retired.append(Retired(one.name, one.record, moment, successor.media_id if successor else None))
        else:
            records[one.name] = one.record
    return replace(here, records=MappingProxyType(records), retired=tuple(retired))


def is_tagged(record: Record, account: str) -> bool:
    """Tell whether a record is of an upload of ours by all that it says itself."""
    tag = tag_in(record.uploaded_as or "")
    if record.origin is not Origin.UPLOADED or not record.uploaded_at or tag != record.fingerprint.tag(account):
        return False
    if record.type.has_media_id:
        return bool(record.media_id)
    # An article image cannot be listed: its url must at least be a picture that WeChat serves.
    return record.media_id is None and _PICTURE.fullmatch(record.url or "") is not None


def _uploads(lock: Lock) -> dict[str, Fingerprint]:
    return {key_of(record): record.fingerprint for record in _records(lock) if record.origin is Origin.UPLOADED}


def _records(lock: Lock) -> Iterator[Record]:
    yield from (one.record for one in lock.retired)
    yield from lock.records.values()
