"""Compares what should exist with what the lock remembers; the order of the questions in _decide is the design's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from wxsync.model import Action, Change, Desired, Drift, Fingerprint, Lock, Material, Origin, Plan, Record
from wxsync.planner.naming import filename_for, tag_in, utc


def make_plan(
    desired: Iterable[Desired],
    lock: Lock | None,
    *,
    account: str | None,
    observed: Iterable[Material] = (),
    targets: Callable[[str], bool] = lambda _name: True,
    forced: Collection[str] = (),
    gone: Collection[str] = (),
) -> Plan:
    """Gives the changes that bring the lock in step with what should exist, sorted by name.

    `observed` are listed materials, of which uploads of ours that the lock does not know are adopted. Nothing that
    `targets` says no to is touched. The names in `forced`, and those whose id is `gone`, are uploaded anew whatever the
    lock holds; only an upload that the lock does not know yet, such as one whose answer was lost, takes the place of
    theirs.
    """
    wanted = {one.asset.name: one for one in desired}
    held = _Held(lock, frozenset(gone))
    asked = dict.fromkeys(forced, "asked for") | dict.fromkeys(held.gone_names, "gone at WeChat")
    asked = {name: reason for name, reason in asked.items() if name in wanted and targets(name)}
    leaving = {name for name in held.records.keys() - wanted.keys() if targets(name)}
    sources = _sources(wanted, held, account, leaving=leaving, asked=asked, observed=observed)
    # Those that stay come first: of two uploads of one content they settle which one the others may share.
    names = sorted(filter(targets, wanted), key=lambda one: (one in asked or not held.keeps(wanted[one]), one))
    changes = [_decide(wanted[name], held.records.get(name), sources, asked=asked.get(name)) for name in names]
    changes += [_retire(name, held.records[name]) for name in leaving - sources.renamed]
    return Plan(account, tuple(sorted(changes, key=lambda change: change.name)))


def drift_of(plan: Plan, lock: Lock | None, *, observed: Iterable[Material], gone: Collection[str]) -> Plan:
    """Adds to a plan what WeChat shows and the lock does not explain: ids that are gone, and uploads nobody claims."""
    known = lock.media_ids if lock else frozenset()
    taken = {one.media_id for change in plan.changes for one in (change.after, *change.duplicates) if one}
    strays = {one.media_id: one.name for one in observed if tag_in(one.name) and one.media_id not in known | taken}
    records = lock.records.items() if lock else ()
    missing = [Drift(name, one.media_id, "gone") for name, one in records if one.media_id and one.media_id in gone]
    return replace(plan, drift=(*missing, *(Drift(name, key, "unclaimed") for key, name in sorted(strays.items()))))


@dataclass(frozen=True, slots=True)
class _Held:
    """Holds the lock, and which of its ids WeChat does not have any more."""

    lock: Lock | None
    gone: frozenset[str]

    @property
    def records(self) -> Mapping[str, Record]:
        return self.lock.records if self.lock else {}

    @property
    def gone_names(self) -> list[str]:
        return [name for name, record in self.records.items() if not self.has(record)]

    @property
    def retired(self) -> list[Record]:
        """Gives the retired records, of two with one fingerprint the older one last."""
        records = [one.record for one in self.lock.retired if self.has(one.record)] if self.lock else []
        return sorted(records, key=lambda one: (one.uploaded_at or "", one.media_id or one.url or ""), reverse=True)

    def keeps(self, wanted: Desired) -> bool:
        record = self.records.get(wanted.asset.name)
        return record is not None and record.fingerprint == wanted.fingerprint

    def has(self, record: Record) -> bool:
        return record.media_id not in self.gone


@dataclass(slots=True)
class _Sources:
    """Knows where the material of a fingerprint could come from without an upload; filled while a plan is made.

    `fresh` are the holders whose material is new to the lock; what is uploaded anew may only share those. `seen` tells
    since when WeChat has what it lists, `settled` which of several uploads of one content stays.
    """

    account: str | None
    left: Mapping[Fingerprint, list[tuple[str, Record]]]
    holders: dict[Fingerprint, tuple[str, Record]]
    retired: Mapping[Fingerprint, Record]
    listed: Mapping[str, tuple[Material, ...]]
    seen: Mapping[str, str]
    doubted: Collection[tuple[str, str]]
    fresh: dict[Fingerprint, tuple[str, Record]] = field(default_factory=dict)
    settled: dict[Fingerprint, tuple[str, Record]] = field(default_factory=dict)
    renamed: set[str] = field(default_factory=set)


def _sources(
    wanted: Mapping[str, Desired],
    held: _Held,
    account: str | None,
    *,
    leaving: Collection[str],
    asked: Collection[str],
    observed: Iterable[Material],
) -> _Sources:
    materials = {one.media_id: one for one in sorted(observed, key=_age)}
    left: dict[Fingerprint, list[tuple[str, Record]]] = defaultdict(list)
    holders: dict[Fingerprint, tuple[str, Record]] = {}
    for name, record in _stayers_first(held, wanted):
        if name in leaving:
            left[record.fingerprint].append((name, record))
        elif name not in asked or not held.keeps(wanted[name]):
            holders.setdefault(record.fingerprint, (name, record))
    return _Sources(
        account,
        left,
        holders,
        {record.fingerprint: record for record in held.retired},
        _unclaimed(materials.values(), held.lock),
        {key: utc(one.updated_at) for key, one in materials.items()},
        {(one.type, one.sha256) for one in held.lock.unconfirmed} if held.lock else (),
    )


def _stayers_first(held: _Held, wanted: Mapping[str, Desired]) -> list[tuple[str, Record]]:
    def moves(entry: tuple[str, Record]) -> tuple[bool, str]:
        name, record = entry
        return name not in wanted or wanted[name].fingerprint != record.fingerprint, name

    return sorted(((name, record) for name, record in held.records.items() if held.has(record)), key=moves)


def _unclaimed(materials: Iterable[Material], lock: Lock | None) -> dict[str, tuple[Material, ...]]:
    known = lock.media_ids if lock else frozenset()
    found: dict[str, list[Material]] = defaultdict(list)
    for material in sorted(materials, key=_age):
        tag = tag_in(material.name)
        if tag and material.media_id not in known:
            found[tag].append(material)
    return {tag: tuple(materials) for tag, materials in found.items()}


def _age(material: Material) -> tuple[int, str, str, str]:
    return material.updated_at, material.media_id, material.name, material.url or ""


def _decide(wanted: Desired, held: Record | None, sources: _Sources, *, asked: str | None) -> Change:
    fingerprint = wanted.fingerprint
    if held and held.fingerprint == fingerprint and not asked:
        return _with_twins(wanted, held, sources) or _keep_or_move(wanted, held)
    free = _new_to_the_lock(wanted, held, sources) if asked else _without_upload(wanted, held, sources)
    change = free or _upload(wanted, held, sources, asked=asked)
    if change.after:
        sources.holders.setdefault(fingerprint, (change.name, change.after))
    return change


def _keep_or_move(wanted: Desired, held: Record) -> Change:
    path = wanted.asset.path
    if held.path == path:
        return _change(wanted, Action.KEEP, "in step", held, held)
    return _change(wanted, Action.RENAME, f"moved from {held.path}", held, replace(held, path=path))


def _with_twins(wanted: Desired, held: Record, sources: _Sources) -> Change | None:
    """Leaves the oldest of several uploads of one content, which two runs at once can make; both agree on it."""
    fingerprint = wanted.fingerprint
    if fingerprint in sources.settled:
        name, record = sources.settled[fingerprint]
        return None if record.media_id == held.media_id else _share(wanted, held, (name, record))
    twins = _listed(wanted, sources) if held.origin is Origin.UPLOADED else []
    if not twins:
        return None
    first, *others = _oldest_first((held, *twins), sources)
    sources.settled[fingerprint] = sources.holders[fingerprint] = wanted.asset.name, first
    change = _change(wanted, Action.ADOPT, "uploaded by two runs at once, the older stays", held, first)
    return replace(change, duplicates=tuple(others))


def _taken_back(wanted: Desired, held: Record | None, retired: Record, sources: _Sources) -> Change:
    first, *others = _oldest_first((retired, *_listed(wanted, sources)), sources)
    reason = "taken back from retired" if first is retired else "an earlier upload of ours is at WeChat"
    change = _change(wanted, Action.ADOPT, reason, held, first)
    return replace(change, duplicates=tuple(one for one in others if one is not retired))


def _oldest_first(records: Iterable[Record], sources: _Sources) -> list[Record]:
    def since(record: Record) -> tuple[str, str]:
        return sources.seen.get(record.media_id or "", record.uploaded_at or ""), record.media_id or ""

    return sorted(records, key=since)


def _without_upload(wanted: Desired, held: Record | None, sources: _Sources) -> Change | None:
    fingerprint, path = wanted.fingerprint, wanted.asset.path
    if sources.left.get(fingerprint):
        name, record = sources.left[fingerprint].pop(0)
        sources.renamed.add(name)
        change = _change(wanted, Action.RENAME, f"was {name}", record, replace(record, path=path))
        return replace(change, renamed_from=name)
    if fingerprint in sources.holders:
        return _share(wanted, held, sources.holders[fingerprint])
    if fingerprint in sources.retired:
        return _taken_back(wanted, held, replace(sources.retired[fingerprint], path=path), sources)
    return _new_to_the_lock(wanted, held, sources)


def _new_to_the_lock(wanted: Desired, held: Record | None, sources: _Sources) -> Change | None:
    fingerprint = wanted.fingerprint
    if fingerprint in sources.fresh:
        return _share(wanted, held, sources.fresh[fingerprint])
    listed = _listed(wanted, sources)
    if not listed:
        return None
    first, *others = listed
    sources.fresh[fingerprint] = wanted.asset.name, first
    change = _change(wanted, Action.ADOPT, "an earlier upload of ours is at WeChat", held, first)
    return replace(change, duplicates=tuple(others))


def _listed(wanted: Desired, sources: _Sources) -> list[Record]:
    """Gives the uploads of ours that the lock does not know, the oldest first."""
    if not sources.listed or not sources.account:
        return []
    tag = wanted.fingerprint.tag(sources.account)
    return [_found(wanted, material) for material in sources.listed.get(tag, ())]


def _share(wanted: Desired, held: Record | None, holder: tuple[str, Record]) -> Change:
    name, record = holder
    return _change(wanted, Action.SHARE, f"same content as {name}", held, replace(record, path=wanted.asset.path))


def _upload(wanted: Desired, held: Record | None, sources: _Sources, *, asked: str | None) -> Change:
    after = _to_come(wanted, sources.account)
    sources.fresh[wanted.fingerprint] = wanted.asset.name, after
    if held:
        return _change(wanted, Action.REPLACE, asked or _difference(held, after), held, after)
    doubted = (wanted.asset.type, wanted.sha256) in sources.doubted
    reason = "new; an earlier upload is in doubt and is looked for first" if doubted else "new"
    return _change(wanted, Action.CREATE, reason, None, after)


def _retire(name: str, record: Record) -> Change:
    reason = "no longer in the manifest"
    if record.origin is Origin.IMPORTED:
        reason += "; imported, so it only leaves the lock"
    return Change(name, Action.RETIRE, reason, record.type, record.path, record.sha256, record.size, record, None)


def _change(wanted: Desired, action: Action, reason: str, before: Record | None, after: Record) -> Change:
    asset = wanted.asset
    return Change(asset.name, action, reason, asset.type, asset.path, wanted.sha256, wanted.size, before, after)


def _to_come(wanted: Desired, account: str | None) -> Record:
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
    )


def _found(wanted: Desired, material: Material) -> Record:
    return replace(
        _to_come(wanted, None),
        media_id=material.media_id,
        url=material.url,
        uploaded_as=material.name,
        uploaded_at=utc(material.updated_at),
    )


def _difference(held: Record, after: Record) -> str:
    differences = {
        "type": held.type is not after.type,
        "file": held.sha256 != after.sha256,
        "title": held.title != after.title,
        "introduction": held.introduction != after.introduction,
    }
    return " and ".join(what for what, differs in differences.items() if differs) + " changed"
