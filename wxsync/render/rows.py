"""Walks once over a plan or a report and gives the rows that every printer prints."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from wxsync.model import Action, Change, Outcome, Plan, Record
from wxsync.results import Report, Result
from wxsync.words import call_reference, counted, https, human_size, in_step, say

MARKS = {
    Action.CREATE: "+",
    Action.REPLACE: "±",
    Action.RENAME: "→",
    Action.SHARE: "&",
    Action.ADOPT: "=",
    Action.RETIRE: "-",
    Action.KEEP: " ",
}
_OUTCOME_MARKS = {Outcome.DONE: "✓", Outcome.FAILED: "✗", Outcome.SKIPPED: "…", Outcome.UNKNOWN: "?"}


@dataclass(frozen=True, slots=True)
class Row:
    """Holds one line: what happens to which material and why; `notes` are lines of their own below it."""

    mark: str
    name: str
    verb: str
    type: str
    size: str
    why: str
    notes: tuple[str, ...] = ()
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Holds all that is shown of a plan or a report; `rows` are its pending changes or its results."""

    kind: str
    account: str
    rows: tuple[Row, ...]
    summary: tuple[str, ...]
    drift: tuple[str, ...] = ()


def plan_page(plan: Plan, *, everything: bool = False) -> Page:
    """Shows what apply would do; with `everything` also what it would leave as it is."""
    changes = plan.changes if everything else plan.pending
    drift = tuple(f"{one.kind}: {one.name} ({one.media_id})" for one in plan.drift)
    return Page(
        "Plan", plan.account or "an account yet to be named", tuple(map(_planned, changes)), _plan_summary(plan), drift
    )


def report_page(report: Report) -> Page:
    """Shows what apply did."""
    return Page("Result", report.account, tuple(map(_applied, report.results)), _report_summary(report))


def _planned(change: Change) -> Row:
    size = human_size(change.size) if change.action.uploads else ""
    known = next((record.url for record in (change.after, change.before) if record and record.url), None)
    url = https(known) if change.type.is_picture else None
    return Row(MARKS[change.action], change.name, change.action, change.type, size, change.reason, (), url)


def _applied(result: Result) -> Row:
    change, record = result.change, result.record
    verb = _DONE[change.action] if result.outcome is Outcome.DONE else f"{change.action} {result.outcome}"
    notes = [] if result.error is None else [result.error.message, *_hints(result)]
    old = replaced_id(result)
    if old and record:
        notes.append(f"media_id {old} → {record.media_id}")
    why = _identity(record) if record and result.outcome is Outcome.DONE else ""
    size = human_size(change.size) if change.action.uploads else ""
    url = https(record.url) if record else None
    return Row(_OUTCOME_MARKS[result.outcome], change.name, verb, change.type, size, why, tuple(notes), url)


def replaced_id(result: Result) -> str | None:
    """Gives the id that drafts and menus may still hold, where this result made a new one."""
    before, record = result.change.before, result.record
    if not before or result.outcome is not Outcome.DONE or (record and record.media_id == before.media_id):
        return None
    return before.media_id


def _identity(record: Record) -> str:
    return record.media_id or https(record.url) or ""


def _hints(result: Result) -> list[str]:
    error = result.error
    if error is None:
        return []
    return [words for words in (error.hint, call_reference(error.errcode, error.rid)) if words]


_DONE = {
    Action.CREATE: "created",
    Action.REPLACE: "replaced",
    Action.RENAME: "renamed",
    Action.SHARE: "shared",
    Action.ADOPT: "adopted",
    Action.RETIRE: "retired",
    Action.KEEP: "kept",
}
_PLANNED = {
    Action.CREATE: "to create",
    Action.REPLACE: "to replace",
    Action.RENAME: "to rename",
    Action.SHARE: "to share",
    Action.ADOPT: "to adopt",
    Action.RETIRE: "to retire",
    Action.KEEP: "in step",
}


def _plan_summary(plan: Plan) -> tuple[str, ...]:
    counts = plan.counts
    if not plan.pending:
        return (say(in_step(counts[Action.KEEP])), *_room(plan))
    said = ", ".join(f"{counts[action]:,} {words}" for action, words in _PLANNED.items() if counts[action])
    uploads = plan.uploads
    sent = f"Uploads: {counted(len(uploads), 'file')}, {human_size(sum(change.size for change in uploads))}."
    return (f"Plan: {said}.", sent if uploads else "Nothing is uploaded.", *_room(plan))


def _room(plan: Plan) -> tuple[str, ...]:
    capacity = plan.capacity
    if capacity is None:
        return ()
    shares = (f"{places.used:,} of {places.limit:,} {kind}s" for kind, places in capacity.library.items())
    today = capacity.today
    left = f"; today {today.left:,} of {counted(today.limit, 'upload')} are left" if today else ""
    return (f"Library: {', '.join(shares)}{left}.",)


def _report_summary(report: Report) -> tuple[str, ...]:
    if not report.results:
        return ("Nothing to do: everything is in step.",)
    counts = Counter(result.outcome for result in report.results)
    sent = [one for one in report.results if one.change.action.uploads and one.outcome is Outcome.DONE]
    size = human_size(sum(result.change.size for result in sent))
    lines = [
        "Applied: " + ", ".join(f"{counts[outcome]:,} {outcome}" for outcome in Outcome if counts[outcome]) + ".",
        f"Uploaded: {counted(len(sent), 'file')}, {size}." if sent else "Nothing was uploaded.",
    ]
    if any(replaced_id(result) and result.record for result in report.results):
        lines.append("Put each new media_id into the drafts, menus and replies that hold the old one.")
    return tuple(lines)
