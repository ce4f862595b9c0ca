"""Prints what a pull brought."""

from __future__ import annotations

from wxsync.model import MaterialType
from wxsync.render.rows import Page, Row
from wxsync.results import Pulled
from wxsync.words import counted, human_size


def pulled_page(pulled: Pulled) -> Page:
    """Shows what was left out, and counts the rest."""
    rows = tuple(
        Row("✗" if one.refused else "!", one.name or "(no name)", "left out", one.type, "", one.why, (one.media_id,))
        for one in pulled.left_out
    )
    return Page("Pull", pulled.account, rows, _summary(pulled))


def _summary(pulled: Pulled) -> tuple[str, ...]:
    said = ", ".join(counted(pulled.counts[kind], kind.value) for kind in MaterialType if pulled.counts[kind])
    lines = [f"Pulled: {said}, {human_size(pulled.size)}." if said else "Pulled: nothing, the library is empty."]
    if pulled.left_out:
        lines.append(f"Left out, and neither in the manifest nor in the lock: {len(pulled.left_out):,}.")
    if pulled.unseen:
        lines.append(f"WeChat counted {pulled.unseen:,} more than it listed: they may have come or gone meanwhile.")
    return (*lines, f"Wrote {pulled.manifest} and its lock: commit both.")
