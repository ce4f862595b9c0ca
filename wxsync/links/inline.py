"""Reads what stands within a paragraph of Markdown: its pictures, its tags, and the text that is neither.

The way of the specification's appendix ("An algorithm for parsing nested emphasis and links"), for brackets alone: one
pass, and each bracket is closed or dropped once. What markdown-it does differently, this does like markdown-it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from markdown_it.common.utils import normalizeReference, unescapeAll
from msgspec import Struct

from wxsync.links.plain import blanked

_SPECIAL = re.compile(r"[\\`<!\[\]]")
_BACKTICKS = re.compile(r"`++")
_AUTOLINK = re.compile(r"<[A-Za-z][A-Za-z0-9+.\-]{1,31}:[^<>\x00-\x20]*+>")
_MAIL = re.compile(
    r"<[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]++@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
    r"(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*+>"
)
# Possessive throughout: what does not match is read once and not tried in other ways.
_OPEN_TAG = re.compile(
    r"<[A-Za-z][A-Za-z0-9\-]*+"
    r"(?:\s++[a-zA-Z_:][a-zA-Z0-9:._\-]*+(?:\s*+=\s*+(?:[^\"'=<>`\x00-\x20]++|'[^']*+'|\"[^\"]*+\"))?+)*+\s*+/?>"
)
_CLOSE_TAG = re.compile(r"</[A-Za-z][A-Za-z0-9\-]*+\s*+>")
_ENCLOSED = (("<!--", "-->"), ("<?", "?>"), ("<![CDATA[", "]]>"))
_DECLARATION = re.compile(r"<![A-Za-z]")

_BLANKS = re.compile(r"[ \t\n]*+")
_ANGLED = re.compile(r"<((?:[^<>\\\n]|\\[\s\S])*+)>")
_RUN = re.compile(r"(?:[^()\\\x00-\x20\x7f]|\\(?:(?! )[\s\S]|\Z))*+")
_NESTED = 32
_TITLE = re.compile(r'"(?:[^"\\]|\\[\s\S])*+"|\'(?:[^\'\\]|\\[\s\S])*+\'|\((?:[^()\\]|\\[\s\S])*+\)')
_LABEL = re.compile(r"\[((?:[^\[\]\\]|\\[\s\S]){0,999}+)\]")
_BRACKET = re.compile(r"\\[\s\S]|([\[\]])")
_LONGEST_LABEL = 999


class Picture(Struct, frozen=True):
    """Holds a picture: its target as meant, and where it stands in the text; with a label, the target stands there."""

    target: str
    start: int
    end: int
    label: str | None = None


class Inline(Struct, frozen=True):
    """Holds what a text is made of; `plain` is as long as the text, with NUL for what is neither text nor a link's."""

    pictures: tuple[Picture, ...]
    tags: tuple[tuple[int, int], ...]
    plain: str


def read_inline(text: str, labels: Container[str]) -> Inline:
    """Reads the text of one paragraph, heading or cell; `labels` are those that some definition explains."""
    reader = _Reader(text, labels)
    reader.read()
    return Inline(tuple(reader.pictures), tuple(reader.tags), blanked(text, reader.hidden))


@dataclass(slots=True)
class _Opener:
    """Holds a bracket that waits for its end, and how much had been found before it."""

    start: int
    is_image: bool
    pictures: int
    tags: int
    holds_link: bool = False


@dataclass(slots=True)
class _Reader:
    text: str
    labels: Container[str]
    pictures: list[Picture] = field(default_factory=list)
    tags: list[tuple[int, int]] = field(default_factory=list)
    hidden: list[tuple[int, int]] = field(default_factory=list)
    _openers: list[_Opener] = field(default_factory=list)
    _runs: Mapping[int, list[int]] | None = None
    _pairs: Container[int] | None = None
    _last: dict[str, int] = field(default_factory=dict)

    def read(self) -> None:
        at = 0
        while match := _SPECIAL.search(self.text, at):
            at = self._special(match[0], match.start())

    def _special(self, character: str, at: int) -> int:
        if character == "\\":
            if self.text[at + 1 : at + 2] in ("!", "[", "{"):
                self.hidden.append((at, at + 2))
            return at + 2
        if character == "`":
            return self._code(at)
        if character == "<":
            return self._angle(at)
        if character == "]":
            return self._close(at)
        is_image = character == "!"
        if is_image and not self.text.startswith("[", at + 1):
            return at + 1
        self._openers.append(_Opener(at, is_image, len(self.pictures), len(self.tags)))
        return at + 1 + is_image

    def _code(self, at: int) -> int:
        opened = self._end(_BACKTICKS, at)
        if self._runs is None:
            self._runs = {}
            for match in _BACKTICKS.finditer(self.text):
                self._runs.setdefault(match.end() - match.start(), []).append(match.start())
        length = opened - at
        starts = self._runs.get(length, [])
        following = bisect_left(starts, opened)
        if following == len(starts):
            return opened
        self.hidden.append((at, starts[following] + length))
        return starts[following] + length

    def _angle(self, at: int) -> int:
        link = _AUTOLINK.match(self.text, at) or _MAIL.match(self.text, at)
        end = link.end() if link else self._tag_end(at)
        if not end:
            return at + 1
        if not link:
            self.tags.append((at, end))
        self.hidden.append((at, end))
        return end

    def _tag_end(self, at: int) -> int:
        if self.text.startswith(("<!-->", "<!--->"), at):
            return self.text.index(">", at) + 1
        for opening, closing in _ENCLOSED:
            if self.text.startswith(opening, at):
                return self._after(closing, at + len(opening))
        if _DECLARATION.match(self.text, at):
            return self._after(">", at)
        match = _OPEN_TAG.match(self.text, at) or _CLOSE_TAG.match(self.text, at)
        return match.end() if match else 0

    def _after(self, closing: str, at: int) -> int:
        if closing not in self._last:
            self._last[closing] = self.text.rfind(closing)
        return self.text.index(closing, at) + len(closing) if self._last[closing] >= at else 0

    def _close(self, at: int) -> int:
        if not self._openers:
            return at + 1
        opener = self._openers.pop()
        end = self._picture(opener, at) if opener.is_image else 0
        if end:
            return end
        end = 0 if opener.holds_link else self._link(opener, at)
        if self._openers and (end or opener.holds_link):
            self._openers[-1].holds_link = True
        return end or at + 1

    def _picture(self, opener: _Opener, at: int) -> int:
        picture: Picture | None
        if self.text.startswith("(", at + 1):
            picture, end = self._target(at + 1)
        else:
            label, end = self._reference(opener.start + 2, at)
            picture = Picture("", at, at, label) if label else None
        if not picture:
            return 0
        del self.pictures[opener.pictures :], self.tags[opener.tags :]
        self.pictures.append(picture)
        self.hidden.append((opener.start, end))
        return end

    def _link(self, opener: _Opener, at: int) -> int:
        target, end = self._target(at + 1) if self.text.startswith("(", at + 1) else (None, 0)
        if not target:
            label, end = self._reference(opener.start + 1 + opener.is_image, at)
            if not label:
                return 0
        if not self.text.startswith("！", opener.start - 1):  # a picture, were the sign before it not a full-width one
            self.hidden.append((at, end))
        return end

    def _target(self, at: int) -> tuple[Picture | None, int]:
        """Reads `(target "title")` and gives the target and the place behind it."""
        at = self._end(_BLANKS, at + 1)
        found = self._destination(at)
        picture = found or Picture("", at, at)
        after = self._end(_BLANKS, picture.end)
        if after > picture.end and (title := _TITLE.match(self.text, after)):
            after = self._end(_BLANKS, title.end())
        return (picture, after + 1) if self.text.startswith(")", after) else (None, 0)

    def _destination(self, at: int) -> Picture | None:
        if self.text.startswith("<", at):
            match = _ANGLED.match(self.text, at)
            return Picture(unescapeAll(match[1]), at, match.end()) if match else None
        end, level = self._end(_RUN, at), 0
        while (character := self.text[end : end + 1]) and (character == "(" or (character == ")" and level)):
            level += 1 if character == "(" else -1
            if level > _NESTED:
                return None
            end = self._end(_RUN, end + 1)
        return Picture(unescapeAll(self.text[at:end]), at, end) if end > at and not level else None

    def _reference(self, start: int, at: int) -> tuple[str | None, int]:
        """Gives the label of the definition that is meant by what ends at a bracket, and the place behind it."""
        own, end = self.text[start:at] if at - start <= _LONGEST_LABEL else "", at + 1
        if self.text.startswith("[", end):
            following = _LABEL.match(self.text, end)
            if following:
                own, end = following[1] or own, following.end()
            elif end in self._bracket_pairs():
                return None, 0
        if not own:
            return None, 0
        label = normalizeReference(own)
        return (label, end) if label in self.labels else (None, 0)

    def _bracket_pairs(self) -> Container[int]:
        if self._pairs is None:
            opened, self._pairs = list[int](), set[int]()
            for match in _BRACKET.finditer(self.text):
                if match[1] == "[":
                    opened.append(match.start())
                elif match[1] and opened:
                    self._pairs.add(opened.pop())
        return self._pairs

    def _end(self, pattern: re.Pattern[str], at: int) -> int:
        match = pattern.match(self.text, at)
        return match.end() if match else at
