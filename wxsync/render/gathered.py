"""Prints what `import --all` found in a library."""

from __future__ import annotations

from collections.abc import Sequence

from wxsync.render.rows import Page, Row
from wxsync.results import Gathered
from wxsync.words import counted


def matches_page(found: Gathered) -> Page:
    """Shows what would be taken into the lock."""
    count = counted(len(found.matches), "material")
    return Page("Import", found.account, _taken(found, "take"), (f"Import: {count} to take into the lock.",))


def gathered_page(found: Gathered) -> Page:
    """Shows what was taken, and then all that was not."""
    rows = [*_taken(found, "took")]
    rows += [Row("?", name, "not sure", "", "", why) for name, why in found.unsure]
    rows += [Row("…", name, "nothing found", "", "", "apply uploads it") for name in found.missing]
    rows += [Row(" ", one.name or "(no name)", "only at WeChat", one.type, "", one.media_id) for one in found.rest]
    return Page("Import", found.account, tuple(rows), _summary(found))


def _taken(found: Gathered, verb: str) -> tuple[Row, ...]:
    mark = "=" if verb == "take" else "✓"
    return tuple(
        Row(mark, one.name, verb, one.type, "", f"{one.media_id}, {one.why}", one.notes) for one in found.matches
    )


def _summary(found: Gathered) -> tuple[str, ...]:
    counts: Sequence[tuple[int, str]] = (
        (len(found.matches), "taken into the lock"),
        (len(found.unsure), "not sure"),
        (len(found.missing), "not found"),
        (len(found.rest), "only at WeChat"),
    )
    said = ", ".join(f"{count:,} {what}" for count, what in counts if count)
    lines = [f"Import: {said}." if said else "Nothing to import: the lock lacks nothing that a library could hold."]
    if found.unsure:
        lines.append("To take one that is not sure: wxsync import NAME MEDIA_ID")
    return tuple(lines)
