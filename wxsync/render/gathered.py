"""Prints what `import --all` found in a library."""

from __future__ import annotations

from wxsync.render.rows import Page, Row
from wxsync.results import Gathered
from wxsync.words import Text, listing, plural, text


def matches_page(found: Gathered) -> Page:
    """Shows what would be taken into the lock."""
    said = plural(
        "Import: {count:,} material to take into the lock.",
        "Import: {count:,} materials to take into the lock.",
        len(found.matches),
    )
    return Page(text("Import"), found.account, _taken(found, "=", text("take")), (said,))


def gathered_page(found: Gathered) -> Page:
    """Shows what was taken, and then all that was not."""
    rows = [*_taken(found, "✓", text("took"))]
    rows += [Row("?", name, text("not sure"), "", "", why) for name, why in found.unsure]
    rows += [Row("…", name, text("nothing found"), "", "", text("apply uploads it")) for name in found.missing]
    rows += [
        Row(" ", one.name or text("(no name)"), text("only at WeChat"), one.type, "", one.media_id)
        for one in found.rest
    ]
    return Page(text("Import"), found.account, tuple(rows), _summary(found))


def _taken(found: Gathered, mark: str, verb: Text) -> tuple[Row, ...]:
    return tuple(
        Row(mark, one.name, verb, one.type, "", listing([one.media_id, one.why]), one.notes) for one in found.matches
    )


def _summary(found: Gathered) -> tuple[str, ...]:
    counts = (
        (found.matches, text("{count:,} taken into the lock", count=len(found.matches))),
        (found.unsure, text("{count:,} not sure", count=len(found.unsure))),
        (found.missing, text("{count:,} not found", count=len(found.missing))),
        (found.rest, text("{count:,} only at WeChat", count=len(found.rest))),
    )
    said = [words for some, words in counts if some]
    if said:
        lines = [text("Import: {counts}.", counts=listing(said))]
    else:
        lines = [text("Nothing to import: the lock lacks nothing that a library could hold.")]
    if found.unsure:
        lines.append(text("To take one that is not sure: wxsync import NAME MEDIA_ID"))
    return tuple(lines)
