"""Says what a link is: where it stands, what it says and how it is written."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Form(StrEnum):
    """Names how a target is written: as Markdown, or as an HTML attribute's value in quotes or without them."""

    MARKDOWN = "markdown"
    QUOTED = "quoted"
    BARE = "bare"


@dataclass(frozen=True, slots=True, order=True)
class Link:
    """Holds one target of a document: characters `start` to `end` of its text say `target`, escapes resolved.

    `is_image` tells whether only a picture can be meant there; the `src` of a frame or a script may be anything.
    """

    start: int
    end: int
    target: str
    form: Form
    is_image: bool = True
