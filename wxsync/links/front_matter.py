"""Finds what some keys of a document's front matter say: YAML between `---`, or TOML between `+++`, value by value.

Only values on one line count, which is how the path of a picture is written; nothing else of the block is understood.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from wxsync.links.link import Form, Link

_BLOCK = re.compile(
    r"(?:---[ \t]*\r?\n(?P<yaml>.*?)^(?:---|\.\.\.)|\+\+\+[ \t]*\r?\n(?P<toml>.*?)^\+\+\+)[ \t]*\r?$", re.M | re.S
)
_LINE = re.compile(
    r"^[ \t]*+(?:-[ \t]++)?(?P<quote>[\"']?)(?P<key>[^\s:=\"'#]++)(?P=quote)[ \t]*+[:=][ \t]*+"
    r"(?:\"(?P<double>[^\"\n]++)\"|'(?P<single>[^'\n]++)'|(?P<plain>[^\s\"'#\[{|>&*!][^\r\n]*+))",
    re.MULTILINE,
)
_COMMENT = re.compile(r"[ \t]+#")


def front_matter_links(text: str, keys: Collection[str]) -> Iterator[Link]:
    """Finds the values of some keys, at whatever depth they stand."""
    block = _BLOCK.match(text)
    if not block:
        return
    group = "toml" if block["yaml"] is None else "yaml"
    for match in _LINE.finditer(text, block.start(group), block.end(group)):
        if match["key"] in keys:
            start, end = match.span(match.lastgroup or "plain")
            value = text[start:end]
            if match["plain"]:
                value = _COMMENT.split(value, maxsplit=1)[0].rstrip()
            yield Link(start, start + len(value), value, Form.SCALAR)


def front_matter_value(text: str, key: str) -> str | None:
    """Gives the first value of a key."""
    return next((link.target for link in front_matter_links(text, (key,))), None)
