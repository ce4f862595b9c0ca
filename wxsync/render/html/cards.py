"""Turns a library, a plan or a result into the cards of a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from wxsync.model import Action, Change, Lock, MaterialType, Outcome, Plan, Record, Retired, Usage
from wxsync.render.html.view import Card, LibraryUsage, Previews, Side, View
from wxsync.render.uses import use_said
from wxsync.results import Report, Result, Standing, UsedMaterial
from wxsync.words import human_size, moment

_STATES = {
    Action.CREATE: "new",
    Action.REPLACE: "changed",
    Action.RENAME: "in step",
    Action.RETIRE: "retired",
    Action.KEEP: "in step",
}
# What a reason may begin with; what follows is a name or a path.
_OPENINGS = ("moved from ", "was ", "same content as ")
_SHELVES = {
    "image": ("Images and thumbs", (MaterialType.IMAGE, MaterialType.THUMB)),
    "voice": ("Voices", (MaterialType.VOICE,)),
    "video": ("Videos", (MaterialType.VIDEO,)),
}


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
    facts = {"Newest upload": moment(newest), "Uploads in doubt": str(len(lock.unconfirmed) or "") if lock else ""}
    return View(
        "Materials",
        plan.account,
        tuple(sorted(cards, key=lambda card: card.name)),
        ("No materials yet", "Name your first files in the manifest, then run wxsync plan and wxsync apply."),
        tuple((label, value) for label, value in facts.items() if value),
        _known_to(lock, places),
    )


def plan_view(plan: Plan, previews: Previews, *, everything: bool = False) -> View:
    """Shows what apply would do, before and after; with `everything` also what it would leave as it is."""
    changes = plan.changes if everything else plan.pending
    kept = plan.counts[Action.KEEP]
    uploads = plan.uploads
    sent = f"{len(uploads):,} · {human_size(sum(change.sent_bytes for change in uploads))}" if uploads else "0"
    return View(
        "Plan",
        plan.account,
        tuple(_planned(change, previews, gone=plan.gone) for change in changes),
        ("Nothing to do", "Every material is in step."),
        (("Files to upload", sent), ("Materials in step", f"{kept:,}")),
        _told_by_wechat(plan),
        drift=plan.drift,
    )


def result_view(report: Report, previews: Previews) -> View:
    """Shows what apply did: the old media_id and the new one."""
    replaced = any(result.replaced_id and result.record for result in report.results)
    retired = report.uses.materials if report.uses else ()
    places_of = {
        name: tuple(use_said(use) for one in retired if one.name == name for use in one.uses)
        for name in {one.name for one in retired}
    }
    done = [one for one in report.results if one.outcome is Outcome.DONE and one.change.action.uploads]
    size = human_size(sum(one.change.sent_bytes for one in done))
    return View(
        "Result",
        report.account or None,
        tuple(
            replace(_applied(result, previews), uses=places_of.get(result.change.name, ())) for result in report.results
        ),
        ("Nothing to do", "Every material is in step."),
        (("Files uploaded", f"{len(done):,} · {size}" if done else "0"),),
        advice="Put each new media_id into the drafts, menus and replies that hold the old one." if replaced else "",
    )


def _held(change: Change) -> tuple[str, str | None, Standing]:
    return change.name, change.before.media_id if change.before else None, Standing.IN_USE


def _known_to(lock: Lock | None, places: Mapping[str, int]) -> LibraryUsage:
    """Counts what the materials of a lock take, in use or retired; an id that several names share counts once."""
    records = lock.every_record if lock else ()
    shelves = {
        label: Usage(len({one.media_id for one in records if one.media_id and one.type in types}), places[kind])
        for kind, (label, types) in _SHELVES.items()
    }
    source = "Places in WeChat’s library that this lock knows to be taken; retired materials still take theirs."
    return LibraryUsage(shelves, source)


def _told_by_wechat(plan: Plan) -> LibraryUsage | None:
    if plan.capacity is None:
        return None
    named = {label: plan.capacity.library.get(kind) for kind, (label, _types) in _SHELVES.items()}
    return LibraryUsage({label: places for label, places in named.items() if places}, "As WeChat counts them.")


def _in_library(change: Change, previews: Previews) -> Card:
    held, wanted = change.before, change.after
    state = _STATES.get(change.action, "changed" if held else "new")
    shown = wanted or held
    assert shown is not None
    if held and state == "changed":  # the id in use is the old one, until apply has done its work
        shown = replace(shown, media_id=held.media_id, url=held.url, uploaded_at=held.uploaded_at)
    return Card(change.name, change.type, (state,), (_side(shown, previews),), *_reason(change.reason))


def _retired(one: Retired, previews: Previews) -> Card:
    words, rest = ("replaced by ", one.replaced_by) if one.replaced_by else ("no name uses it any more", "")
    return Card(one.name, one.record.type, ("retired",), (_side(one.record, previews),), words, rest)


def _planned(change: Change, previews: Previews, *, gone: frozenset[str]) -> Card:
    action = "in step" if change.action is Action.KEEP else change.action.value
    marks = ("gone", action) if change.before and change.before.media_id in gone else (action,)
    return Card(change.name, change.type, marks, _both(change, change.after, previews), *_reason(change.reason))


def _applied(result: Result, previews: Previews) -> Card:
    change = result.change
    sides = _both(change, result.record, previews) or (_side(_as_planned(change), previews),)
    return Card(change.name, change.type, (result.outcome.value, change.action.value), sides, error=result.error)


def _both(change: Change, after: Record | None, previews: Previews) -> tuple[Side, ...]:
    before = change.before
    if before == after and before:
        return (_side(before, previews),)
    sides = [_side(before, previews, "before")] if before else []
    sides += [_side(after, previews, "after")] if after else []
    return tuple(sides)


def _as_planned(change: Change) -> Record:
    return change.after or Record(change.type, change.path, change.sha256, change.size, None, None, None, None)


def _side(record: Record, previews: Previews, label: str = "") -> Side:
    return Side(record, previews.get(record.sha256), label)


def _reason(reason: str) -> tuple[str, str]:
    """Parts what is said in our words from the name or path after it; what the marks tell already is not said again."""
    if reason in ("new", "in step"):
        return "", ""
    opening = next((words for words in _OPENINGS if reason.startswith(words)), reason)
    return opening, reason.removeprefix(opening)
