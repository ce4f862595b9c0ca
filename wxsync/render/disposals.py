"""Prints what prune would delete, and what it did."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from wxsync.model import Retired
from wxsync.render.documents import failure_document
from wxsync.render.rows import Page, Row
from wxsync.render.uses import looked_at, sightings_document, unseen_said
from wxsync.results import Disposable, Disposal, Disposals, Fate, Sightings
from wxsync.words import Text, call_reference, https, listing, moment, plural, text

FORMAT_VERSION = 1


_WARNING = (
    text("What is deleted cannot be brought back: articles, drafts, menus and replies that still use it may lose it."),
    text("WeChat is only known to refuse what a menu or an automatic reply uses (48005)."),
)
_MARKS = {
    Fate.DELETED: ("✓", text("deleted")),
    Fate.GONE: ("✓", text("already gone")),
    Fate.DROPPED: ("✓", text("dropped from the lock")),
    Fate.REFUSED: ("✗", text("refused")),
    Fate.LEFT: ("…", text("left")),
    Fate.KEPT: (" ", text("kept")),
    Fate.DUE: ("-", text("would go")),
}


def disposable_page(found: Disposable) -> Page:
    """Shows what prune would do."""
    rows = [_row(one, "-", text("delete"), _identity(one)) for one in found.delete]
    rows += [_row(one, "-", text("drop from the lock, without a call"), _identity(one)) for one in found.drop]
    rows += map(_disposed, found.kept)
    counts = (
        (found.delete, text("{count:,} to delete", count=len(found.delete))),
        (found.drop, text("{count:,} to drop", count=len(found.drop))),
        (found.kept, text("{count:,} kept", count=len(found.kept))),
    )
    said = text("Prune: {counts}.", counts=listing(words for some, words in counts if some))
    warning = _WARNING if found.delete else ()
    return Page(text("Prune"), found.account, tuple(rows), (said, *_seen(found.sightings), *warning))


def disposals_page(done: Disposals) -> Page:
    """Shows what prune did."""
    summary = (*_summary(done.disposals), *(_seen(done.sightings) if _is_dry(done) else ()))
    return Page(text("Pruned"), done.account, tuple(map(_disposed, done.disposals)), summary)


def disposals_text(done: Disposals) -> str:
    """Writes what prune did as JSON."""
    counts = Counter(one.fate for one in done.disposals)
    document: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "account": done.account or None,
        "summary": {fate.value: counts[fate] for fate in Fate if counts[fate] or fate is not Fate.DUE},
        "results": [
            {
                "name": one.retired.name,
                "type": one.retired.record.type.value,
                "media_id": one.retired.record.media_id,
                "url": https(one.retired.record.url),
                "retired_at": one.retired.retired_at,
                "replaced_by": one.retired.replaced_by,
                "outcome": one.fate.value,
                "reason": one.reason,
                "ours": one.is_ours,
                "error": failure_document(one.error) if one.error else None,
            }
            for one in done.disposals
        ],
    }
    if done.sightings:
        document |= sightings_document(done.sightings)
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def fate_of(disposal: Disposal) -> Text:
    """Say what became of a retired material."""
    return _MARKS[disposal.fate][1]


def _row(one: Retired, mark: str, verb: str, why: str, notes: tuple[str, ...] = ()) -> Row:
    return Row(mark, one.name, verb, one.record.type, "", why, notes, https(one.record.url))


def _disposed(one: Disposal) -> Row:
    mark, verb = _MARKS[one.fate]
    why = one.reason or _identity(one.retired)
    notes: list[str | None] = []
    if one.error:
        said = [one.error.message, one.error.hint] if one.fate is Fate.REFUSED else []
        notes = [*said, call_reference(one.error.errcode, one.error.rid)]
    return _row(one.retired, mark, verb, why, tuple(note for note in notes if note))


def _identity(one: Retired) -> str:
    facts: list[str] = [one.record.media_id or https(one.record.url) or ""]
    if one.retired_at:
        facts.append(text("retired {at}", at=moment(one.retired_at)))
    if one.replaced_by:
        facts.append(text("replaced by {media_id}", media_id=one.replaced_by))
    return listing(fact for fact in facts if fact)


def _is_dry(done: Disposals) -> bool:
    return any(one.fate is Fate.DUE for one in done.disposals)


def _seen(sightings: Sightings | None) -> tuple[Text, ...]:
    """Say how far uses were looked for: that nothing was found there does not say that nothing uses it."""
    if sightings is None:
        return ()
    looked = text("Not found in {looked}, but for what is kept.", looked=looked_at(sightings))
    return (looked, unseen_said(sightings))


def _summary(disposals: Sequence[Disposal]) -> tuple[str, ...]:
    counts = Counter(one.fate for one in disposals)
    strange = sum(not one.is_ours for one in disposals)
    if counts.total() == counts[Fate.KEPT] and not strange:
        return (_nothing(len(disposals)),)
    counts[Fate.KEPT] -= strange
    said = [
        text("{count:,} {fate}", count=counts[fate], fate=words) for fate, (_, words) in _MARKS.items() if counts[fate]
    ]
    said += [text("{count:,} not ours", count=strange)] if strange else []
    pruned = text("Would be pruned: {counts}.", counts=listing(said))
    if not counts[Fate.DUE]:
        pruned = text("Pruned: {counts}.", counts=listing(said))
    lines: list[str] = [pruned]
    if counts[Fate.REFUSED]:
        lines.append(text("What WeChat refused stays retired; the next prune tries it again."))
    # One reason is enough: whatever was left was left for the same.
    left = next((one.error for one in disposals if one.fate is Fate.LEFT and one.error), None)
    if left:
        lines += [text("Left: {reason}", reason=left.message), *([left.hint] if left.hint else [])]
    return tuple(lines)


def _nothing(kept: int) -> Text:
    if not kept:
        return text("Nothing to prune.")
    return plural(
        "Nothing to prune: {count:,} retired material kept.",
        "Nothing to prune: {count:,} retired materials kept.",
        kept,
    )
