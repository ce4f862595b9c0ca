"""Tells by its name what kind of document a file is."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """Names the kinds of documents."""

    MARKDOWN = "markdown"
    HTML = "html"


KINDS = {".md": Kind.MARKDOWN, ".markdown": Kind.MARKDOWN, ".html": Kind.HTML, ".htm": Kind.HTML}
_ENDINGS = tuple(KINDS)


def kind_of(name: str) -> Kind | None:
    """Tells by its name what kind of document a file is."""
    # A folder of media asks this of every file, for which pathlib takes more than ten times as long.
    if not name.lower().endswith(_ENDINGS):
        return None
    stem, _, suffix = name.rpartition(".")
    return KINDS.get(f".{suffix.lower()}") if stem and stem[-1] not in "/\\" else None
