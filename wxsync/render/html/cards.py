"""Turns a library, a plan or a result into the cards of a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from wxsync.model import Action, Change, Lock, MaterialType, Plan, Record, Retired, Usage
from wxsync.reasons import IN_STEP, NEW
from wxsync.render.html.view import MARKS, Card, LibraryUsage, Order, Previews, Side, View
from wxsync.render.rows import advice_on, plan_summary, report_summary
from wxsync.render.uses import use_said
from wxsync.results import Report, Result, Standing, UsedMaterial
from wxsync.words import Text, human_size, plural, text

_SHELVES = {
    "image": (text("Images and thumbs"), (MaterialType.IMAGE, MaterialType.THUMB)),
    "voice": (text("Voices"), (MaterialType.VOICE,)),
    "video": (text("Videos"), (MaterialType.VIDEO,)),
}
_NOTHING = (text("Nothing to do"), text("Every material is in step."))
# What the marks of a card say already.
_SAID_BY_MARKS = (NEW, IN_STEP)


def library_view(
    plan: Plan,
    lock: Lock | None,
    previews: Previews,
    *,
    places: Mapping[str, int],
    used: Iterable[UsedMaterial] = (),
) -> View:
    """Shows every material of an account: what stands in the manifest, and what the lock remembers beyond it.

    `places` says how many materials of each kind (image, voice, video) a library holds, `used` what documents use.
    """
    places_of = {(one.name, one.media_id, one.state): tuple(map(use_said, one.uses)) for one in used}
    cards = [replace(_in_library(change, previews), uses=places_of.get(_held(change), ())) for change in plan.changes]
    cards += [
        replace(_retired(one, previews), uses=places_of.get((one.name, one.record.media_id, Standing.RETIRED), ()))
        for one in (lock.retired if lock else ())
    ]
    newest = max((one.uploaded_at or "" for one in lock.records.values()), default="") if lock else ""
    size = human_size(sum(change.size for change in plan.changes))
    says = [plural("{count:,} material, {size}.", "{count:,} materials, {size}.", len(plan.changes), size=size)]
    says += plan_summary(plan)[:1] if plan.pending else []
    if lock and lock.unconfirmed:
        says.append(plural("{count:,} upload in doubt.", "{count:,} uploads in doubt.", len(lock.unconfirmed)))
    hint = text("Name your first files in the manifest, then run wxsync plan and wxsync apply.")
    return View(
        text("Materials"),
        plan.account,
        tuple(sorted(cards, key=lambda card: (card.folder, card.name))),
        (text("No materials yet"), hint),
        tuple(says) if cards else (),
        ((text("Newest upload"), newest),) if newest else (),
        _known_to(lock, places),
    )


def plan_view(plan: Plan, previews: Previews, *, everything: bool = False) -> View:
    """Shows what apply would do, before and after; with `everything` also what it would leave as it is."""
    changes = plan.changes if everything else plan.pending
    return View(
        text("Plan"),
        plan.account,
        _by_weight(
            replace(_planned(change, previews, gone=plan.gone), uses=plan.documents.get(change.name, ()))
            for change in changes
        ),
        _NOTHING,
        plan_summary(plan),
        library=_told_by_wechat(plan),
        drift=plan.drift,
        order=Order.CHANGE,
    )


def result_view(report: Report, previews: Previews) -> View:
    """Shows what apply did: the old media_id and the new one."""
    retired = report.uses.materials if report.uses else ()
    places_of = {
        name: tuple(use_said(use) for one in retired if one.name == name for use in one.uses)
        for name in {one.name for one in retired}
    }
    return View(
        text("Result"),
        report.account or None,
        _by_weight(
            replace(_applied(result, previews), uses=places_of.get(result.change.name, ())) for result in report.results
        ),
        _NOTHING,
        report_summary(report),
        advice=advice_on(report),
        order=Order.CHANGE,
    )


def _held(change: Change) -> tuple[str, str | None, Standing]:
    return change.name, change.before.media_id if change.before else None, Standing.IN_USE


def _by_weight(cards: Iterable[Card]) -> tuple[Card, ...]:
    """Sorts by what wants to be looked at first: the loss of an id before a new one, and a new name last."""
    return tuple(sorted(cards, key=lambda card: (min(map(MARKS.index, card.marks)), card.name)))


def _known_to(lock: Lock | None, places: Mapping[str, int]) -> LibraryUsage | None:
    """Counts what the materials of a lock take, in use or retired; an id that several names share counts once."""
    records = lock.every_record if lock else ()
    shelves = {
        label: Usage(len({one.media_id for one in records if one.media_id and one.type in types}), places[kind])
        for kind, (label, types) in _SHELVES.items()
    }
    return _scarce(
        shelves,
        text("Places in WeChat’s library that this lock knows to be taken; retired materials still take theirs."),
    )


def _told_by_wechat(plan: Plan) -> LibraryUsage | None:
    if plan.capacity is None:
        return None
    named = {label: plan.capacity.library.get(kind) for kind, (label, _types) in _SHELVES.items()}
    return _scarce({label: places for label, places in named.items() if places}, text("As WeChat counts them."))


def _scarce(shelves: Mapping[Text, Usage], source: Text) -> LibraryUsage | None:
    """Leaves out the shelves with room enough."""
    scarce = {label: places for label, places in shelves.items() if places.used > places.left}
    return LibraryUsage(scarce, source) if scarce else None


def _in_library(change: Change, previews: Previews) -> Card:
    held, wanted = change.before, change.after
    shown = wanted or held
    assert shown is not None
    if held and change.action is Action.REPLACE:  # the id in use is the old one, until apply has done its work
        shown = replace(shown, media_id=held.media_id, url=held.url, uploaded_at=held.uploaded_at)
    return Card(change.name, change.type, (_mark(change.action),), (_side(shown, previews),), _reason(change.reason))


def _retired(one: Retired, previews: Previews) -> Card:
    reason = text("replaced by {media_id}", media_id=one.replaced_by) if one.replaced_by else _UNUSED
    return Card(one.name, one.record.type, ("retired",), (_side(one.record, previews),), reason)


_UNUSED = text("no name uses it any more")


def _planned(change: Change, previews: Previews, *, gone: frozenset[str]) -> Card:
    is_gone = change.before is not None and change.before.media_id in gone
    marks = ("gone", _mark(change.action)) if is_gone else (_mark(change.action),)
    sides, is_line = _both(change, change.after, previews), change.action is Action.RENAME
    return Card(change.name, change.type, marks, sides, _reason(change.reason), is_line=is_line)


def _applied(result: Result, previews: Previews) -> Card:
    change = result.change
    sides = _both(change, result.record, previews) or (_side(_as_planned(change), previews),)
    marks, is_line = (result.outcome.value, _mark(change.action)), change.action is Action.RENAME and not result.error
    return Card(change.name, change.type, marks, sides, error=result.error, is_line=is_line)


def _mark(action: Action) -> str:
    return "in step" if action is Action.KEEP else action.value


def _both(change: Change, after: Record | None, previews: Previews) -> tuple[Side, ...]:
    before = change.before
    if before and (before == after or change.action is Action.RENAME):
        return (_side(after or before, previews),)
    sides = [_side(before, previews, "before" if after else "")] if before else []
    sides += [_side(after, previews, "after" if before else "")] if after else []
    return tuple(sides)


def _as_planned(change: Change) -> Record:
    return change.after or Record(change.type, change.path, change.sha256, change.size, None, None, None, None)


def _side(record: Record, previews: Previews, label: str = "") -> Side:
    return Side(record, previews.get(record.sha256), label)


def _reason(reason: str) -> str:
    return "" if reason in _SAID_BY_MARKS else reason
