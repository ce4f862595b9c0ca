"""What a plan can take from, so that nothing is uploaded twice: the records of the lock, and uploads that WeChat lists.

Both are told before anything is decided, so no decision depends on another one that was made earlier.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from wxsync.model import Action, Desired, Fingerprint, Lock, Material, MaterialType, Origin, Record
from wxsync.planner.naming import filename_for, tag_in, utc

T = TypeVar("T")
K = TypeVar("K")


class Held(Struct, frozen=True):
    """The lock (an empty one where there is none), the media_ids that WeChat no longer has, and what is in doubt."""

    lock: Lock
    gone: frozenset[str]
    unconfirmed: frozenset[tuple[MaterialType, str]]

    @property
    def records(self) -> Mapping[str, Record]:
        """Return the records in use, by name."""
        return self.lock.records

    @property
    def gone_names(self) -> list[str]:
        """Return the names whose material WeChat no longer has."""
        return [name for name, record in self.records.items() if not self.has(record)] if self.gone else []

    @property
    def retired(self) -> Mapping[Fingerprint, Record]:
        """Return the retired records by their content; of several, the one uploaded first."""
        records = [one.record for one in self.lock.retired if self.has(one.record)]
        contents = grouped(records, lambda one: one.fingerprint)
        return {content: min(some, key=_uploaded) for content, some in contents.items()}

    def keeps(self, wanted: Desired) -> bool:
        """Tell whether the lock has the wanted content under the wanted name."""
        record = self.records.get(wanted.asset.name)
        return record is not None and record.has_content_of(wanted)

    def has(self, record: Record) -> bool:
        """Tell whether WeChat still has a record's material, as far as is known."""
        return record.media_id not in self.gone

    def doubts(self, wanted: Desired) -> bool:
        """Tell whether the outcome of an earlier upload of the same bytes is unknown."""
        return (wanted.asset.type, wanted.sha256) in self.unconfirmed


def held_by(lock: Lock | None, *, gone: Iterable[str], observed: Iterable[Material]) -> Held:
    """Return what a lock holds; what WeChat lists is not gone, whatever was found before."""
    lock = lock or Lock("")
    unconfirmed = frozenset((one.type, one.sha256) for one in lock.unconfirmed)
    return Held(lock, frozenset(gone) - {one.media_id for one in observed}, unconfirmed)


class Source(Struct, frozen=True, gc=False):
    """A record of the lock that a name can use without an upload.

    `action` is what using it amounts to: keep (it is the name's own), rename (the name that has it leaves), share
    (another name uses it too) or adopt (it is retired); `name` is the name that has it.
    """

    action: Action
    name: str
    record: Record

    @property
    def is_ours(self) -> bool:
        """Tell whether wxsync uploaded it, so that it may be exchanged for an older upload of the same content."""
        return self.record.origin is Origin.UPLOADED


def lock_sources(
    wanted: Mapping[str, Desired],
    held: Held,
    *,
    names: Iterable[str],
    leaving: Mapping[str, Record],
    forced: Collection[str],
) -> Mapping[str, Source]:
    """Return what the lock has for each of some wanted names: nothing for a name whose upload is forced.

    `leaving` are the records whose names are no longer in the manifest.
    """
    names, records = sorted(names), held.records
    keep = Action.KEEP  # to look a member up takes longer than to make a source of it
    sources = {
        name: Source(keep, name, record)
        for name in names
        if name not in forced and (record := records.get(name)) and record.has_content_of(wanted[name])
    }
    # What most names have is theirs already: only of the others it matters who else has their content.
    others = [name for name in names if name not in sources]
    movers = grouped([name for name in others if name not in forced], lambda name: wanted[name].fingerprint)
    imposed = {wanted[name].fingerprint for name in others if name in forced}
    left = _alive(leaving, held)
    elsewhere = _elsewhere(wanted, held, of=movers, leaving=leaving, forced=forced)
    retired = held.retired if movers else {}
    for content, takers in movers.items():
        renamed = {
            name: Source(Action.RENAME, former, record)
            for name, (former, record) in zip(takers, left.get(content, ()), strict=False)
        }
        sources |= renamed
        left_over = takers[len(renamed) :]
        if content in elsewhere:
            sources |= _shared(left_over, *elsewhere[content])
        elif renamed:
            sources |= _shared(left_over, takers[0], renamed[takers[0]].record)
        elif content in retired and content not in imposed:
            # Where an upload of this content is forced, the others share that one.
            sources |= _taken_back(left_over, retired[content])
    return sources


def _alive(leaving: Mapping[str, Record], held: Held) -> Mapping[Fingerprint, list[tuple[str, Record]]]:
    """Return by content, sorted by name, what leaves the manifest and WeChat still has."""
    alive = sorted((name, record) for name, record in leaving.items() if held.has(record))
    return grouped(alive, lambda entry: entry[1].fingerprint)


def _elsewhere(
    wanted: Mapping[str, Desired],
    held: Held,
    *,
    of: Collection[Fingerprint],
    leaving: Collection[str],
    forced: Collection[str],
) -> Mapping[Fingerprint, tuple[str, Record]]:
    """Return who else has some contents: a name that keeps it before one that is about to change."""
    digests = {content.sha256 for content in of}

    def preference(entry: tuple[str, Record]) -> tuple[bool, str]:
        name, _record = entry
        return name not in wanted or not held.keeps(wanted[name]), name

    holders = (
        (name, record)
        for name, record in held.records.items()
        if record.sha256 in digests and held.has(record) and name not in leaving
        if name not in forced or not held.keeps(wanted[name])
    )
    contents = grouped(holders, lambda entry: entry[1].fingerprint)
    return {content: min(entries, key=preference) for content, entries in contents.items()}


def _shared(names: Iterable[str], holder: str, record: Record) -> dict[str, Source]:
    return {name: Source(Action.SHARE, holder, record) for name in names}


def _taken_back(names: list[str], record: Record) -> dict[str, Source]:
    return {name: Source(Action.SHARE if name != names[0] else Action.ADOPT, names[0], record) for name in names}


class Listing(Struct, frozen=True):
    """Uploads of ours that WeChat lists and the lock will not know once a plan is done, by their tags.

    Besides those that it does not know now, these are the imported ones that the plan lets go: nothing remembers them
    afterwards, so that the next plan would find them. `seen` tells since when WeChat has whatever it lists.
    """

    account: str | None
    uploads: Mapping[str, tuple[Material, ...]]
    seen: Mapping[str, str]
    known: Collection[str | None]

    def uploads_of(self, wanted: Desired) -> list[Record]:
        """Return the uploads of what is wanted, the oldest first."""
        if not self.uploads or not self.account:
            return []
        tag = wanted.fingerprint.tag(self.account)
        return [_found(wanted, material) for material in self.uploads.get(tag, ())]

    def is_new(self, record: Record) -> bool:
        """Tell whether the lock does not know a record's material yet."""
        return record.media_id not in self.known

    def age(self, record: Record) -> tuple[str, str]:
        """Sort the oldest material first: by WeChat's time where it lists it, else by the lock's."""
        return self.seen.get(record.media_id or "", record.uploaded_at or ""), record.media_id or ""


def listing_of(
    observed: Iterable[Material], lock: Lock, *, account: str | None, staying: Collection[str | None]
) -> Listing:
    """Sort out what WeChat lists; `staying` are media_ids of the lock that names use once the plan is done."""
    materials = {one.media_id: one for one in sorted(observed, key=_age)}
    known = lock.media_ids
    imported = {one.media_id for one in lock.records.values() if one.origin is Origin.IMPORTED}
    uploaded = {one.media_id for one in lock.records.values() if one.origin is Origin.UPLOADED}
    let_go = imported - uploaded - {one.record.media_id for one in lock.retired} - set(staying)
    free = (one for one in sorted(materials.values(), key=_age) if one.media_id not in known - let_go)
    uploads = grouped(((tag, one) for one in free if (tag := tag_in(one.name))), lambda entry: entry[0])
    return Listing(
        account,
        {tag: tuple(one for _tag, one in entries) for tag, entries in uploads.items()},
        {key: utc(one.updated_at) for key, one in materials.items()},
        known,
    )


def _age(material: Material) -> tuple[int, str, str, str]:
    return material.updated_at, material.media_id, material.name, material.url or ""


def _uploaded(record: Record) -> tuple[str, str]:
    return record.uploaded_at or "", record.media_id or record.url or ""


def to_come(wanted: Desired, account: str | None) -> Record:
    """Return the record that an upload will make, but for what only WeChat can tell."""
    asset = wanted.asset
    return Record(
        type=asset.type,
        path=asset.path,
        sha256=wanted.sha256,
        size=wanted.size,
        media_id=None,
        url=None,
        uploaded_as=filename_for(account, wanted) if account else None,
        uploaded_at=None,
        title=asset.title,
        introduction=asset.introduction,
        fitted=wanted.fitted,
    )


def _found(wanted: Desired, material: Material) -> Record:
    return replace(
        to_come(wanted, None),
        media_id=material.media_id,
        url=material.url,
        uploaded_as=material.name,
        uploaded_at=utc(material.updated_at),
    )


def grouped(values: Iterable[T], key: Callable[[T], K]) -> Mapping[K, list[T]]:
    """Group values by a key, in the order in which they come."""
    groups: dict[K, list[T]] = defaultdict(list)
    for value in values:
        groups[key(value)].append(value)
    return groups
