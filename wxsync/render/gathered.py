"""Prints what `import --all` found in a library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wxsync.model import Material, MaterialType
from wxsync.render.rows import Page, Row
from wxsync.render.words import plural


@dataclass(frozen=True, slots=True)
class Match:
    """Holds a material of the library that fits a name, and why it does; `notes` say what is odd about it."""

    name: str
    type: MaterialType
    media_id: str
    why: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gathered:
    """Holds what a library has for the names that the lock lacks.

    `unsure` says why a name got nothing though there are candidates, `missing` are the names that nothing fits, `rest`
    the materials that no name and no lock knows.
    """

    account: str
    matches: tuple[Match, ...] = ()
    unsure: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()
    rest: tuple[Material, ...] = ()


def matches_page(found: Gathered) -> Page:
    """Shows what would be taken into the lock."""
    count = plural(len(found.matches), "material")
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
