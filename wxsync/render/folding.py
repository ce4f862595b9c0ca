"""Folds a long page: what is alike becomes one row for each folder, type and action."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from wxsync.model import Outcome
from wxsync.render.rows import OUTCOMES, Page, Row
from wxsync.words import human_size, plural, text

MOST_ROWS = 30
# What failed, is in doubt, was replaced or adopted, and what of it only says that it was not done.
_ALWAYS = "✗?±=!"
_SKIPPED = "…"
_FEW = 3


def folded(page: Page) -> Page:
    """Fold a page of more than 30 rows; what failed, was replaced or adopted is always shown.

    Many skipped files of one reason are one row on any page.
    """
    skipped = [row for row in page.rows if row.mark == _SKIPPED]
    if len(page.rows) <= MOST_ROWS:
        others = [row for row in page.rows if row.mark != _SKIPPED]
        return page if len(skipped) <= _FEW else _with(page, others, [*_by_reason(skipped)])
    shown = [row for row in page.rows if row.is_news or row.mark in _ALWAYS]
    rest = [row for row in page.rows if not (row.is_news or row.mark in _ALWAYS or row.mark == _SKIPPED)]
    return _with(page, shown, [*_by_folder(rest), *_by_reason(skipped)])


def _with(page: Page, shown: Sequence[Row], folds: Sequence[Row]) -> Page:
    whole = set(map(id, page.rows))
    count = len(page.rows) - len(shown) - sum(1 for fold in folds if id(fold) in whole)
    said = plural("{count:,} row is folded: `-v` shows it.", "{count:,} rows are folded: `-v` shows all.", count)
    return replace(page, rows=(*shown, *folds), summary=(*page.summary, said) if count else page.summary)


def _by_folder(rows: Sequence[Row]) -> list[Row]:
    """Fold by whole folders, or by ever higher ones where they would be too many."""
    depth = max((row.name.count("/") for row in rows), default=0)
    while True:
        groups = defaultdict[tuple[str, str, str, str], list[Row]](list)
        for row in rows:
            groups[_folder(row.name, depth), row.type, row.mark, str(row.verb)].append(row)
        if len(groups) <= MOST_ROWS or not depth:
            break
        depth -= 1
    return [_fold(folder, group) for (folder, *_), group in sorted(groups.items(), key=lambda one: one[0])]


def _by_reason(rows: Iterable[Row]) -> Iterator[Row]:
    groups = defaultdict[tuple[str, ...], list[Row]](list)
    for row in rows:
        groups[tuple(map(str, row.notes))].append(row)
    for group in groups.values():
        first = group[0]
        if len(group) == 1:
            yield first
            continue
        name = plural("{count:,} material", "{count:,} materials", len(group))
        is_one = len({str(row.verb) for row in group}) == 1
        verb = first.verb if is_one else OUTCOMES[Outcome.SKIPPED]
        yield Row(first.mark, name, verb, "", _size(group), first.why, first.notes)


def _fold(folder: str, group: Sequence[Row]) -> Row:
    first = group[0]
    if len(group) == 1:
        return first
    name = text("{folder}* ({count:,})", folder=folder, count=len(group))
    return Row(first.mark, name, first.verb, first.type, _size(group), "")


def _size(group: Iterable[Row]) -> str:
    total = sum(row.amount for row in group)
    return human_size(total) if total else ""


def _folder(name: str, depth: int) -> str:
    parts = name.split("/")[:-1][:depth]
    return "".join(f"{part}/" for part in parts)
