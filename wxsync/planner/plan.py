"""Decides what becomes of each name, content by content.

| in manifest | in lock | further | action |
|---|---|---|---|
| yes | yes | same fingerprint | keep |
| yes | no, or another fingerprint | a record whose name left the manifest has this fingerprint | rename |
| yes | no, or another fingerprint | another name in the manifest has or gets this fingerprint | share |
| yes | no, or another fingerprint | a retired record has it, or an upload of ours with its tag is at WeChat | adopt |
| yes | no | – | create |
| yes | yes | fingerprints differ, or gone at WeChat, or `--replace` | replace; the old one is retired unless gone |
| no | yes | – | retire: recorded, not deleted |

The first four questions are asked of the lock (`sources.lock_sources`), then of WeChat's listing. Of several uploads of
one content the oldest stays, whatever the lock says, for two machines must agree on it; the others are retired.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from operator import attrgetter

from msgspec import Struct
from msgspec.structs import replace

from wxsync import reasons
from wxsync.model import Action, Change, Desired, Drift, DriftKind, Lock, Material, Origin, Plan, Record
from wxsync.planner.fold import material_of
from wxsync.planner.naming import tag_in
from wxsync.planner.sources import Held, Listing, Source, grouped, held_by, listing_of, lock_sources, to_come

_KEEP = Action.KEEP  # to look a member up takes longer than to make a change of it


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
    """Return the changes that bring the lock in step with what should exist, sorted by name.

    `observed` are listed materials, of which uploads of ours that the lock does not know are adopted. Nothing that
    `targets` says no to is touched. The names in `forced`, and those whose id is `gone`, are uploaded anew whatever the
    lock holds; only an upload that the lock does not know yet, such as one whose answer was lost, takes the place of
    theirs. What is listed is not gone. Once the plan is done, another one with the same listing is empty.
    """
    wanted, observed = {one.asset.name: one for one in desired}, tuple(observed)
    held = held_by(lock, gone=gone, observed=observed)
    names = sorted(filter(targets, wanted))
    why = dict.fromkeys(forced, reasons.ASKED) | dict.fromkeys(held.gone_names, reasons.GONE)
    forced = {name: why[name] for name in names if name in why}
    leaving = {name: record for name, record in held.records.items() if name not in wanted and targets(name)}
    # Where WeChat lists no upload of ours, it does not matter to a name with a source who else has its content: neither
    # to those that have theirs in the lock already, as most do.
    settled = {} if observed else _settled([wanted[name] for name in names if name not in forced], held)
    others = [name for name in names if name not in settled]
    sources = lock_sources(wanted, held, names=others, leaving=leaving, forced=forced)
    listing = _listing(observed, held, account, targets, sources)
    alone: Mapping[str, Source] = {} if listing.uploads else sources
    changes = [*settled.values(), *(_as_the_lock_says(wanted[name], source, held) for name, source in alone.items())]
    contents = grouped([wanted[name] for name in others if name not in alone], lambda one: one.fingerprint)
    known = [_content(takers, sources, forced, listing) for takers in contents.values()]
    changes += [change for content in known for change in _decide(content, held, forced, account)]
    renamed = {change.renamed_from for change in changes} if leaving else ()
    changes += [_retire(name, record) for name, record in leaving.items() if name not in renamed]
    let_go = {record.media_id: record for content in known for record in content.let_go}
    if let_go:
        changes = [_with_what_it_lets_go(change, held, let_go) for change in changes]
    return Plan(account, tuple(sorted(changes, key=attrgetter("name"))))


def _listing(
    observed: tuple[Material, ...],
    held: Held,
    account: str | None,
    targets: Callable[[str], bool],
    sources: Mapping[str, Source],
) -> Listing:
    if not observed:
        return Listing(account, {}, {}, ())
    untouched = (record for name, record in held.records.items() if not targets(name))
    staying = {record.media_id for record in (*untouched, *(one.record for one in sources.values()))}
    return listing_of(observed, held.lock, account=account, staying=staying)


def drift_of(plan: Plan, lock: Lock | None, *, observed: Iterable[Material], gone: Collection[str]) -> Plan:
    """Add to a plan what WeChat shows and the lock does not explain: ids that are gone, and uploads nobody claims."""
    known = lock.media_ids if lock else frozenset()
    taken = {one.media_id for change in plan.changes for one in (change.after, *change.duplicates) if one}
    strays = {one.media_id: one.name for one in observed if tag_in(one.name) and one.media_id not in known | taken}
    records = lock.records.items() if lock else ()
    missing = [
        Drift(name, one.media_id, DriftKind.GONE) for name, one in records if one.media_id and one.media_id in gone
    ]
    return replace(
        plan, drift=(*missing, *(Drift(name, key, DriftKind.UNCLAIMED) for key, name in sorted(strays.items())))
    )


class _Content(Struct, frozen=True):
    """One content: the names that want it, and the uploads of it that WeChat lists and the lock would not know.

    `standing` are the names with a source in the lock, the nearest source first; `bare` are those without one.
    `oldest` is the upload that each name with an upload of ours uses in the end, or None where the lock has all that
    WeChat lists; `adopted` is the one that the bare names use; `spare` are those to be retired, as are those that names
    `let_go`.
    """

    standing: tuple[tuple[Desired, Source], ...]
    bare: tuple[Desired, ...]
    oldest: Record | None
    adopted: Record | None
    spare: tuple[Record, ...]
    let_go: tuple[Record, ...]


def _content(
    takers: Sequence[Desired], sources: Mapping[str, Source], forced: Collection[str], listing: Listing
) -> _Content:
    standing = [(one, sources[one.asset.name]) for one in takers if one.asset.name in sources]
    bare = tuple(one for one in takers if one.asset.name not in sources)
    uploads = listing.uploads_of(takers[0])
    # An upload that a forced name lets go is what it was not to use any more.
    is_forced = any(one.asset.name in forced for one in bare)
    adopted = next((one for one in uploads if bare and (listing.is_new(one) or not is_forced)), None)
    ours = [source.record for _one, source in standing if source.is_ours]
    oldest = min((*ours, *uploads), key=listing.age) if ours and uploads else None
    left = [one for one in uploads if not _is_any(one, oldest, adopted)] if ours or bare else []
    spare = tuple(one for one in left if listing.is_new(one))
    let_go = tuple(one for one in left if not listing.is_new(one))
    if oldest in ours and not spare:
        oldest = None

    def distance(entry: tuple[Desired, Source]) -> tuple[bool, bool, int, str]:
        one, source = entry
        return not source.is_ours, not _is_any(source.record, oldest), _NEAREST.index(source.action), one.asset.name

    return _Content(tuple(sorted(standing, key=distance)), bare, oldest, adopted, spare, let_go)


_NEAREST = (Action.KEEP, Action.RENAME, Action.SHARE, Action.ADOPT)


def _decide(content: _Content, held: Held, forced: Mapping[str, str], account: str | None) -> list[Change]:
    """Decide for every name that wants one content."""
    settled = _settle(content, held)
    if content.oldest and _is_any(content.oldest, content.adopted):
        return settled + [_share(one, held, _user_of(settled), content.oldest) for one in content.bare]
    return settled + _bring(content, held, forced, account)


def _settle(content: _Content, held: Held) -> list[Change]:
    """Give the names with a source what the lock has for them, or the oldest upload where WeChat lists others."""
    changes: list[Change] = []
    for one, source in content.standing:
        if content.oldest is None or not source.is_ours:
            changes.append(_as_the_lock_says(one, source, held))
        elif not changes:
            changes.append(_settle_first(one, source, held, content.oldest, content.spare))
        elif _is_any(source.record, content.oldest):
            changes.append(_as_the_lock_says(one, source, held))
        else:
            changes.append(_share(one, held, _user_of(changes), content.oldest))
    return changes


def _settle_first(wanted: Desired, source: Source, held: Held, oldest: Record, spare: tuple[Record, ...]) -> Change:
    if _is_any(source.record, oldest):
        change = replace(_as_the_lock_says(wanted, source, held), duplicates=spare)
        return replace(change, action=Action.ADOPT, reason=reasons.TWICE) if source.action is Action.KEEP else change
    reason = reasons.EARLIER if source.action is Action.ADOPT else reasons.TWICE
    return replace(_change(wanted, Action.ADOPT, reason, held, oldest), duplicates=spare)


def _bring(content: _Content, held: Held, forced: Mapping[str, str], account: str | None) -> list[Change]:
    """Adopt or upload once for the names without a source, and share it among them."""
    if not content.bare:
        return []
    first, *others = content.bare
    brought = content.adopted or to_come(first, account)
    if content.adopted:
        change = _change(first, Action.ADOPT, reasons.EARLIER, held, brought)
    else:
        change = _upload(first, held, brought, asked=forced.get(first.asset.name))
    if content.oldest is None:
        change = replace(change, duplicates=content.spare)
    return [change, *(_share(one, held, change.name, brought) for one in others)]


def _with_what_it_lets_go(change: Change, held: Held, let_go: Mapping[str | None, Record]) -> Change:
    """Have an imported record retired by the change that takes it from its name, where our tag says that it is ours."""
    record = held.records.get(change.name)
    found = let_go.get(record.media_id) if record else None
    return replace(change, duplicates=(*change.duplicates, found)) if found else change


def _settled(wanted: Iterable[Desired], held: Held) -> dict[str, Change]:
    """Keep what the lock has under its name and at its path, by name."""
    records = held.records
    return {
        name: _keep(one, record)
        for one in wanted
        if (record := records.get(name := one.asset.name)) and record.path == one.asset.path
        if record.has_content_of(one)
    }


def _keep(wanted: Desired, record: Record) -> Change:
    asset = wanted.asset
    return Change(
        asset.name, _KEEP, reasons.IN_STEP, asset.type, asset.path, wanted.sha256, wanted.size, record, record
    )


def _as_the_lock_says(wanted: Desired, source: Source, held: Held) -> Change:
    record = source.record
    match source.action:
        case Action.KEEP if record.path == wanted.asset.path:
            return _keep(wanted, record)
        case Action.KEEP:
            return _change(wanted, Action.RENAME, reasons.moved(record.path), held, record)
        case Action.RENAME:
            change = _change(wanted, Action.RENAME, reasons.renamed(source.name), held, record)
            return replace(change, before=record, renamed_from=source.name)
        case Action.SHARE:
            return _share(wanted, held, source.name, record)
        case _:
            return _change(wanted, Action.ADOPT, reasons.TAKEN_BACK, held, record)


def _share(wanted: Desired, held: Held, holder: str, record: Record) -> Change:
    return _change(wanted, Action.SHARE, reasons.shared(holder), held, record)


def _upload(wanted: Desired, held: Held, after: Record, *, asked: str | None) -> Change:
    before = held.records.get(wanted.asset.name)
    if before:
        return _change(wanted, Action.REPLACE, asked or _difference(before, after), held, after)
    return _change(wanted, Action.CREATE, reasons.NEW_IN_DOUBT if held.doubts(wanted) else reasons.NEW, held, after)


def _retire(name: str, record: Record) -> Change:
    reason = reasons.ONLY_LEAVES if record.origin is Origin.IMPORTED else reasons.LEFT
    return Change(name, Action.RETIRE, reason, record.type, record.path, record.sha256, record.size, record, None)


def _change(wanted: Desired, action: Action, reason: str, held: Held, after: Record) -> Change:
    asset, before = wanted.asset, held.records.get(wanted.asset.name)
    after = after if after.path == asset.path else replace(after, path=asset.path)
    return Change(
        asset.name,
        action,
        reason,
        asset.type,
        asset.path,
        wanted.sha256,
        wanted.size,
        before,
        after,
        left_out=wanted.left_out if wanted.left_out and action.uploads else (),
    )


def _user_of(changes: list[Change]) -> str:
    """Name who has the material of the first of some changes."""
    return changes[0].name


def _is_any(record: Record, *others: Record | None) -> bool:
    return any(other is not None and material_of(record) == material_of(other) for other in others)


def _difference(held: Record, after: Record) -> str:
    differences = {
        reasons.TYPE: held.type is not after.type,
        reasons.FILE: held.sha256 != after.sha256,
        reasons.TITLE: held.title != after.title,
        reasons.INTRODUCTION: held.introduction != after.introduction,
    }
    return reasons.changed([what for what, differs in differences.items() if differs])
