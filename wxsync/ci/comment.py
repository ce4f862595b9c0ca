"""Keeps one comment on a pull or merge request up to date; its text is data and decides nothing."""

from __future__ import annotations

import hashlib

from wxsync.ci.forges import Comment, Forge
from wxsync.words import text

_ROOM = 200


def marker_of(manifest: str) -> str:
    """Give the line by which the comment of a manifest is found again."""
    return f"<!-- wxsync plan {hashlib.sha256(manifest.encode()).hexdigest()[:16]} -->"


def drift_marker_of(manifest: str) -> str:
    """Give the line by which the issue about a manifest's drift is found again."""
    return f"<!-- wxsync drift {hashlib.sha256(manifest.encode()).hexdigest()[:16]} -->"


def body_of(marker: str, said: str, *, limit: int) -> str:
    """Put the marker before a text and cut it to what a comment may hold, at the end of a line."""
    whole = f"{marker}\n{said}"
    if len(whole) <= limit:
        return whole
    return whole[: limit - _ROOM].rsplit("\n", 1)[0] + "\n\n… cut here; the log and the summary have more.\n"


def comment(forge: Forge, number: int, marker: str, said: str, *, is_news: bool) -> str:
    """Write the comment and tell how; raises ForgeRefused. Without news only an earlier one is corrected."""
    body = body_of(marker, said, limit=forge.most_characters)
    earlier = next((one for one in forge.comments(number) if _is_earlier(one, marker)), None)
    if earlier and earlier.body.strip() == body.strip():
        return text("the comment says so already")
    if earlier:
        forge.change_comment(number, earlier, body)
        return text("updated the comment")
    if not is_news:
        return text("nothing to say")
    forge.add_comment(number, body)
    return text("wrote a comment")


def _is_earlier(one: Comment, marker: str) -> bool:
    # Whoever quotes the marker must not have a comment of theirs overwritten.
    return one.is_ours and one.body.startswith(marker)
