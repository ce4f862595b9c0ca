"""Walks once over a plan or a report and gives the rows that every printer prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from wxsync.model import Action, Change, Outcome, Plan, Record, Usage
from wxsync.words import Text, call_reference, https, human_size, in_step, listing, plural, some_of, text

if TYPE_CHECKING:
    from wxsync.results import Report, Result

MARKS = {
    Action.CREATE: "+",
    Action.REPLACE: "±",
    Action.RENAME: "→",
    Action.SHARE: "&",
    Action.ADOPT: "=",
    Action.RETIRE: "-",
    Action.KEEP: " ",
}
_MOST_PLACES = 3
_OUTCOME_MARKS = {Outcome.DONE: "✓", Outcome.FAILED: "✗", Outcome.SKIPPED: "…", Outcome.UNKNOWN: "?"}


OUTCOMES = {
    Outcome.DONE: text("done"),
    Outcome.FAILED: text("failed"),
    Outcome.SKIPPED: text("skipped"),
    Outcome.UNKNOWN: text("unknown"),
}


class Row(Struct, frozen=True):
    """One line: what happens to which material and why; `notes` are lines of their own below it.

    `amount` is what `size` says, in bytes; `is_news` that an id is another one now, which a reader must not miss.
    """

    mark: str
    name: str
    verb: str
    type: str
    size: str
    why: str
    notes: tuple[str, ...] = ()
    url: str | None = None
    amount: int = 0
    is_news: bool = False


class Page(Struct, frozen=True):
    """All that is shown of a plan or a report; `rows` are its pending changes or its results."""

    kind: str
    account: str
    rows: tuple[Row, ...]
    summary: tuple[str, ...]
    drift: tuple[str, ...] = ()


def plan_page(plan: Plan, *, everything: bool = False) -> Page:
    """Shows what apply would do; with `everything` also what it would leave as it is."""
    changes = plan.changes if everything else plan.pending
    drift = tuple(
        text("{kind}: {name} ({media_id})", kind=_DRIFT[one.kind], name=one.name, media_id=one.media_id)
        for one in plan.drift
    )
    account = plan.account or text("the account that WXSYNC_APPID will name")
    rows = tuple(_planned(change, plan.documents.get(change.name, ())) for change in changes)
    return Page(text("Plan"), account, rows, (*plan_summary(plan), *_room(plan)), drift)


def report_page(report: Report) -> Page:
    """Shows what apply did."""
    return Page(
        text("Result"),
        report.account,
        tuple(map(_applied, report.results)),
        (*report_summary(report), *advice_on(report)),
    )


def what_it_is(record: Record) -> str:
    """Name a record by its type, its media_id and its url."""
    facts: list[str] = [record.type]
    facts.append(text("media_id {media_id}", media_id=record.media_id or text("none")))
    if record.url:
        facts.append(text("url {url}", url=https(record.url)))
    return listing(facts)


def what_happens(row: Row) -> str:
    """Say in one sentence what happens to the material of a row, and why."""
    return text("{verb}: {why}", verb=row.verb, why=row.why) if row.why else row.verb


def _planned(change: Change, documents: Sequence[str]) -> Row:
    size = human_size(change.size) if change.action.uploads else ""
    known = next((record.url for record in (change.after, change.before) if record and record.url), None)
    url = https(known) if change.type.is_picture else None
    notes = _conversion(change) if change.action.uploads else ()
    if documents:
        notes = (*notes, text("documents still point at it: {places}", places=some_of(documents, most=_MOST_PLACES)))
    notes = (*notes, *_description(change))
    amount = change.size if change.action.uploads else 0
    mark = MARKS[change.action]
    return Row(mark, change.name, change.action.verb, change.type, size, change.reason, notes, url, amount)


def _description(change: Change) -> Iterator[Text]:
    """Says what a video was called, and what it is to be called."""
    before, after = change.before, change.after
    if not (before and after and change.action is Action.REPLACE):
        return
    for key, old, new in (
        (text("title"), before.title, after.title),
        (text("introduction"), before.introduction, after.introduction),
    ):
        if old != new:
            yield text("{what}: {old} → {new}", what=key, old=old or "—", new=new or "—")


def _conversion(change: Change) -> tuple[Text, ...]:
    """Says what is sent instead of a file, and which of its metadata is not in that."""
    fitted = change.fitted
    if fitted is None:
        return ()
    facts = {"format": fitted.format.upper(), "size": human_size(fitted.size)}
    if change.left_out:
        return (text("sent as {format}, {size}, without its {what}", what=listing(change.left_out), **facts),)
    return (text("sent as {format}, {size}", **facts),)


def _applied(result: Result) -> Row:
    change, record = result.change, result.record
    verb = _DONE[change.action] if result.outcome is Outcome.DONE else _undone(change.action, result.outcome)
    notes = [] if result.error is None else [result.error.message, *_hints(result)]
    old = result.replaced_id
    if old and record:
        notes.append(text("media_id {old} → {new}", old=old, new=record.media_id))
    why = _identity(record) if record and result.outcome is Outcome.DONE else ""
    size = human_size(change.size) if change.action.uploads else ""
    url = https(record.url) if record else None
    amount = change.size if change.action.uploads else 0
    is_news = result.outcome is Outcome.DONE and change.action in (Action.REPLACE, Action.ADOPT)
    mark = _OUTCOME_MARKS[result.outcome]
    return Row(mark, change.name, verb, change.type, size, why, tuple(notes), url, amount, is_news)


def _undone(action: Action, outcome: Outcome) -> Text:
    return text("{action} {outcome}", action=action.verb, outcome=OUTCOMES[outcome])


def _identity(record: Record) -> str:
    return record.media_id or https(record.url) or ""


def _hints(result: Result) -> list[str]:
    error = result.error
    if error is None:
        return []
    return [said for said in (error.hint, call_reference(error.errcode, error.rid)) if said]


_DONE = {
    Action.CREATE: text("created"),
    Action.REPLACE: text("replaced"),
    Action.RENAME: text("renamed"),
    Action.SHARE: text("shared"),
    Action.ADOPT: text("adopted"),
    Action.RETIRE: text("retired"),
    Action.KEEP: text("kept"),
}
_DRIFT = {"gone": text("gone"), "unclaimed": text("unclaimed")}


def plan_summary(plan: Plan) -> tuple[Text, ...]:
    """Say in a sentence what a plan does, and in another what it uploads."""
    counts = plan.counts
    if not plan.pending:
        return (in_step(counts[Action.KEEP]),)
    counted = {
        Action.CREATE: text("{count:,} to create", count=counts[Action.CREATE]),
        Action.REPLACE: text("{count:,} to replace", count=counts[Action.REPLACE]),
        Action.RENAME: text("{count:,} to rename", count=counts[Action.RENAME]),
        Action.SHARE: text("{count:,} to share", count=counts[Action.SHARE]),
        Action.ADOPT: text("{count:,} to adopt", count=counts[Action.ADOPT]),
        Action.RETIRE: text("{count:,} to retire", count=counts[Action.RETIRE]),
        Action.KEEP: text("{count:,} in step", count=counts[Action.KEEP]),
    }
    said = text("Plan: {counts}.", counts=listing(words for action, words in counted.items() if counts[action]))
    return (said, _uploads(plan))


def _uploads(plan: Plan) -> Text:
    uploads = plan.uploads
    if not uploads:
        return text("Nothing is uploaded.")
    size = human_size(sum(change.sent_bytes for change in uploads))
    return plural("Uploads: {count:,} file, {size}.", "Uploads: {count:,} files, {size}.", len(uploads), size=size)


def _room(plan: Plan) -> tuple[str, ...]:
    capacity = plan.capacity
    if capacity is None:
        return ()
    shares = listing(_share(kind, usage) for kind, usage in capacity.library.items())
    if capacity.today is None:
        return (text("Library: {shares}.", shares=shares),)
    left, limit = capacity.today.left, capacity.today.limit
    return (
        plural(
            "Library: {shares}; today {left:,} of {count:,} upload are left.",
            "Library: {shares}; today {left:,} of {count:,} uploads are left.",
            limit,
            shares=shares,
            left=left,
        ),
    )


def _share(kind: str, usage: Usage) -> Text:
    used, limit = usage.used, usage.limit
    match kind:
        case "image":
            return text("{used:,} of {limit:,} images", used=used, limit=limit)
        case "voice":
            return text("{used:,} of {limit:,} voices", used=used, limit=limit)
        case _:
            return text("{used:,} of {limit:,} videos", used=used, limit=limit)


def report_summary(report: Report) -> tuple[Text, ...]:
    """Say in a sentence what became of a plan, and in another what was uploaded."""
    if not report.results:
        return (text("Nothing to do: everything is in step."),)
    counts = Counter(result.outcome for result in report.results)
    counted = {
        Outcome.DONE: text("{count:,} done", count=counts[Outcome.DONE]),
        Outcome.FAILED: text("{count:,} failed", count=counts[Outcome.FAILED]),
        Outcome.SKIPPED: text("{count:,} skipped", count=counts[Outcome.SKIPPED]),
        Outcome.UNKNOWN: text("{count:,} unknown", count=counts[Outcome.UNKNOWN]),
    }
    said = text("Applied: {counts}.", counts=listing(words for outcome, words in counted.items() if counts[outcome]))
    return (said, _uploaded(report))


def advice_on(report: Report) -> tuple[Text, ...]:
    """Say what is left for a person to do."""
    if any(result.replaced_id and result.record for result in report.results):
        return (
            text(
                "Put each new media_id into the drafts, menus and replies that hold the old one: "
                "`wxsync uses --retired` lists them."
            ),
        )
    return ()


def _uploaded(report: Report) -> Text:
    # An adopted upload whose answer was lost was sent all the same.
    sent = [
        one
        for one in report.results
        if one.outcome is Outcome.DONE
        and (one.change.action.uploads or (one.change.action is Action.ADOPT and one.attempts))
    ]
    if not sent:
        return text("Nothing was uploaded.")
    size = human_size(sum(result.change.sent_bytes for result in sent))
    return plural("Uploaded: {count:,} file, {size}.", "Uploaded: {count:,} files, {size}.", len(sent), size=size)
