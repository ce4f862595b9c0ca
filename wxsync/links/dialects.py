"""Finds what an author's editor or site generator shows as a picture, and Markdown or a browser does not.

Only what ends like a picture counts, so that no prose is taken for one. Every pattern takes what it has read for good
(possessive quantifiers) and stops at the next opening bracket, so that no text is read more than a few times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from markdown_it.common.utils import unescapeAll
from msgspec.structs import replace

from wxsync.links.link import Dialect, Form, Link
from wxsync.links.target import PICTURE_SUFFIX, looks_like_a_picture

_EMBED = re.compile(r"!\[\[(?P<target>[^\[\]|#^\n\0]++)(?:[#^][^\[\]|\n\0]*+)?(?:\|(?P<label>[^\[\]\n\0]*+))?\]\]")
_LOOSE = re.compile(
    r"(?P<before>[!！][\[【［][^\[\]【】［］\n]*+[\]】］][(（])"
    r"(?P<body>(?:[^()（）\n\0]|\([^()（）\n\0]*+\)|（[^()（）\n\0]*+）)*+)(?P<after>[)）])"
)
_BODY = re.compile(
    rf"\s*+<?(?P<target>\S(?:[^\n]*?\S)?{PICTURE_SUFFIX}(?:[?#]\S*+)?)>?(?:\s+(?P<rest>.*))?\Z", re.IGNORECASE
)
_TITLE = r"""(?:"[^"]*+"|'[^']*+'|\([^()]*+\))"""
_SIZE = r"=[0-9]*+%?(?:x[0-9]*+%?)?"
_REST = re.compile(rf"(?:{_TITLE}\s*+)?(?P<size>{_SIZE}\s*+)?(?:{_TITLE})?\s*+")
_CURLY_TITLE = re.compile(r"[“”„‟‘’「『«《＂＇].*")
_FULL_WIDTH = re.compile(r"[！【】［］（）]")
_DEFINITION = re.compile(r"^ {0,3}\[[^\[\]\n\0]++\]：[ \t]*+(?P<target>[^\s\0]++)", re.MULTILINE)

_TAG = re.compile(r"\{%[^{}%\n\0]*+%\}|\{\{[<%](?:[^{}%>\n\0]|[%>](?!\}\}))*+[%>]\}\}")
_WORD = re.compile(r"\"([^\"]*+)\"|'([^']*+)'|([^\s\"'=]++)")


def dialect_links(text: str) -> Iterator[Link]:
    """Finds such pictures in the text of a paragraph, from which code, tags and true pictures are blanked out."""
    yield from _embeds(text)
    for match in _LOOSE.finditer(text):
        link, rest = _loose(match)
        dialect = link and _dialect(match, link.target, rest)
        if link and dialect:
            yield replace(link, dialect=dialect)
    for match in _DEFINITION.finditer(text):
        if looks_like_a_picture(match["target"]):
            yield _link(match, Dialect.FULL_WIDTH)
    yield from _tags(text)


def in_html_links(text: str) -> Iterator[Link]:
    """Finds Markdown's pictures, and those of its dialects, in the text of a block of HTML."""
    for link in (*_embeds(text), *(_loose(match)[0] for match in _LOOSE.finditer(text))):
        if link:
            yield replace(link, dialect=Dialect.IN_HTML)
    yield from _tags(text)


def _embeds(text: str) -> Iterator[Link]:
    for match in _EMBED.finditer(text):
        target = match["target"].strip()
        if looks_like_a_picture(target):
            label = (match["label"] or "").strip()
            yield Link(match.start(), match.end(), target, Form.EMBED, dialect=Dialect.EMBED, label=label)


def _loose(match: re.Match[str]) -> tuple[Link | None, str]:
    body = _BODY.match(match["body"])
    if not body:
        return None, ""
    start = match.start("body") + body.start("target")
    target = unescapeAll(body["target"])
    return Link(start, start + len(body["target"]), target, Form.MARKDOWN), (body["rest"] or "").strip()


def _dialect(match: re.Match[str], target: str, rest: str) -> Dialect | None:
    """Says which dialect a picture is of that Markdown does not take for one, or None where it may be none at all."""
    if _FULL_WIDTH.search(match["before"][:2] + match["before"][-2:] + match["after"]) or _CURLY_TITLE.fullmatch(rest):
        return Dialect.FULL_WIDTH
    understood = _REST.fullmatch(rest)
    if not understood:
        return None
    if understood["size"]:
        return Dialect.SIZE
    return Dialect.SPACES if re.search(r"\s", target) else None


def _tags(text: str) -> Iterator[Link]:
    for tag in _TAG.finditer(text):
        for word in _WORD.finditer(tag[0]):
            group = word.lastindex or 0
            if looks_like_a_picture(word[group]):
                start = tag.start() + word.start(group)
                end = tag.start() + word.end(group)
                yield Link(start, end, word[group], Form.QUOTED, dialect=Dialect.TAG)
                break


def _link(match: re.Match[str], dialect: Dialect) -> Link:
    return Link(match.start("target"), match.end("target"), match["target"], Form.MARKDOWN, dialect=dialect)
