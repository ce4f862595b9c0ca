"""Prints what a pull brought."""

from __future__ import annotations

from wxsync.model import MaterialType
from wxsync.render.rows import Page, Row
from wxsync.results import Pulled
from wxsync.words import Text, human_size, listing, plural, text


def pulled_page(pulled: Pulled) -> Page:
    """Shows what was left out, and counts the rest."""
    rows = tuple(
        Row(
            "✗" if one.refused else "!",
            one.name or text("(no name)"),
            text("left out"),
            one.type,
            "",
            one.why,
            (one.media_id,),
        )
        for one in pulled.left_out
    )
    return Page(text("Pull"), pulled.account, rows, _summary(pulled))


def _summary(pulled: Pulled) -> tuple[str, ...]:
    lines = [_brought(pulled)]
    if pulled.left_out:
        left = len(pulled.left_out)
        lines.append(text("Left out, and neither in the manifest nor in the lock: {count:,}.", count=left))
    if pulled.unseen:
        lines.append(
            text(
                "WeChat counted {count:,} more than it listed: they may have come or gone meanwhile.",
                count=pulled.unseen,
            )
        )
    return (*lines, text("Wrote {manifest} and its lock: commit both.", manifest=pulled.manifest))


def _brought(pulled: Pulled) -> Text:
    counted = {
        MaterialType.IMAGE: plural("{count:,} image", "{count:,} images", pulled.counts[MaterialType.IMAGE]),
        MaterialType.VOICE: plural("{count:,} voice", "{count:,} voices", pulled.counts[MaterialType.VOICE]),
        MaterialType.VIDEO: plural("{count:,} video", "{count:,} videos", pulled.counts[MaterialType.VIDEO]),
        MaterialType.THUMB: plural("{count:,} thumb", "{count:,} thumbs", pulled.counts[MaterialType.THUMB]),
    }
    kinds = [said for kind, said in counted.items() if pulled.counts[kind]]
    if not kinds:
        return text("Pulled: nothing, the library is empty.")
    return text("Pulled: {kinds}, {size}.", kinds=listing(kinds), size=human_size(pulled.size))
