"""Says what a link is: where it stands, what it says and how it is written."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from msgspec import Struct
from msgspec.structs import replace


class Form(StrEnum):
    """Names how a target is written: in Markdown, as an HTML attribute's value, as a whole embed, as a scalar."""

    MARKDOWN = "markdown"
    QUOTED = "quoted"
    BARE = "bare"
    EMBED = "embed"
    SCALAR = "scalar"


class Dialect(StrEnum):
    """Names a spelling that some editor or site generator shows as a picture, and Markdown or a browser does not."""

    EMBED = "embed"
    """`![[a.png|300]]`, as Obsidian writes it."""
    SIZE = "size"
    """`![](a.png =600x)`."""
    SPACES = "spaces"
    """`![](my picture.png)`, which needs angle brackets."""
    FULL_WIDTH = "full-width"
    """`![]（a.png）` or `![](a.png “title”)`, as a Chinese input method writes it."""
    LAZY = "lazy"
    """`<img data-src="a.png">`, which a script is to complete."""
    TAG = "tag"
    """`{% asset_img a.png %}` or `{{< figure src="a.png" >}}`, which Hexo or Hugo fills in."""
    IN_HTML = "in-html"
    """`![](a.png)` within a block of HTML, where Markdown is text."""

    @property
    def is_certain(self) -> bool:
        """Tells whether nothing else can be meant, so that another target may be written there."""
        return self in (Dialect.EMBED, Dialect.SIZE, Dialect.SPACES)


class Link(Struct, frozen=True, order=True):
    """Holds one target of a document: characters `start` to `end` of its text say `target`, escapes resolved.

    `is_image` tells whether only a picture can be meant there; the `src` of a frame or a script may be anything.
    `dialect` is None for what the standards say; `label` is what an embed says beside its target.
    """

    start: int
    end: int
    target: str
    form: Form
    is_image: bool = True
    dialect: Dialect | None = None
    label: str = ""

    def moved(self, further: int) -> Self:
        """Gives the same link so many characters further on."""
        return replace(self, start=self.start + further, end=self.end + further)
