"""Finds every picture of a Markdown text: CommonMark with GitHub's tables.

markdown-it tells the blocks, `inline` reads what stands in them. Blocks are whole lines of the source without their
margins, so that every character can be found again where it was written.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any, Self

from markdown_it import MarkdownIt, helpers
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token
from msgspec import Struct
from msgspec.structs import replace

from wxsync.links.dialects import dialect_links, in_html_links
from wxsync.links.html import html_links, lazy_links, plain_text
from wxsync.links.inline import read_inline
from wxsync.links.link import Form, Link

_LINE_END = re.compile(r"\r\n?|\n")
_ESCAPED_BAR = re.compile(r"\\\|")
# What begins a picture or a tag, in Markdown or in some dialect of it.
_MAY_HOLD_LINKS = re.compile(r"[!<！]|\{[%{]|\]：")
_NESTING = 100
# Blocks are looked at some 10 times in prose, 26 times in lists however deep, and 6 times more for each level of a
# quotation whose lines go on without its mark.
_MOST_LOOKS = 60


class TooDeep(ValueError):
    """Says that a text is nested in such a way that reading it would take longer than any document needs."""


def markdown_links(text: str, *, dialects: bool) -> list[Link]:
    """Finds the links of a Markdown text, in their order; a definition that several pictures use is one link.

    With `dialects` also what only some editor shows as a picture. Raises TooDeep.
    """
    environment: dict[str, Any] = {}
    tokens = _Blocks(text).parse(text, environment)
    reader = _Reader(_Source(text), environment.get("references", {}), dialects=dialects)
    return sorted(
        {link for token, places in _with_places(tokens, reader.source) for link in reader.links(token, places)}
    )


class _Destination(str):
    """Is what a definition points at; it knows in which text it was read from where to where."""

    __slots__ = ("end", "start", "text")

    text: str
    start: int
    end: int

    @classmethod
    def read(cls, written: str, text: str, start: int, end: int) -> Self:
        self = cls(written)
        self.text, self.start, self.end = text, start, end
        return self


class _Blocks(MarkdownIt):
    """Is markdown-it for blocks alone, with destinations that know where they stand, and with a bound on its work."""

    helpers: Any

    def __init__(self, text: str) -> None:
        super().__init__("commonmark", {"maxNesting": _NESTING})
        self.enable("table")
        self.core.ruler.disable(["inline", "text_join"])
        self.helpers = SimpleNamespace(
            parseLinkLabel=helpers.parseLinkLabel,
            parseLinkTitle=helpers.parseLinkTitle,
            parseLinkDestination=_destination,
        )
        self._left = _MOST_LOOKS * (len(text) + 8 * text.count("\n") + 1_000)
        for rule in self.block.ruler.__rules__:
            self.block.ruler.at(rule.name, self._counted(rule.fn), {"alt": rule.alt})

    def normalizeLink(self, url: str) -> str:  # noqa: N802 - markdown-it's name
        return url

    def validateLink(self, url: str, validator: object = None) -> bool:  # noqa: ARG002, N802
        return True

    def _counted(self, rule: Callable[[StateBlock, int, int, bool], bool]) -> Callable[..., bool]:
        def counted(state: StateBlock, start: int, end: int, silent: bool) -> bool:
            self._left -= 8 + state.eMarks[start] - state.bMarks[start]
            if self._left < 0:
                raise TooDeep
            return rule(state, start, end, silent)

        return counted


def _destination(text: str, start: int, end: int) -> Any:
    result = helpers.parseLinkDestination(text, start, end)
    result.str = _Destination.read(result.str, text, start, result.pos)
    return result


class _Places(Struct, frozen=True):
    """Knows for every character of a text where it stands in the source: from each of `begins` on, so much further."""

    begins: Sequence[int]
    shifts: Sequence[int]

    def of(self, link: Link) -> Link:
        """Gives a link of the text as a link of the source."""
        return replace(link, start=self._of(link.start), end=self._of(link.end - 1) + 1)

    def _of(self, at: int) -> int:
        return at + self.shifts[bisect_right(self.begins, at) - 1]


class _Source:
    """Knows the lines of a text, and where what markdown-it made of some of them stands."""

    def __init__(self, text: str) -> None:
        text = text.replace("\0", "\ufffd")
        ends = [(match.start(), match.end()) for match in _LINE_END.finditer(text)]
        starts = [0, *(end for _, end in ends)]
        stops = [*(start for start, _ in ends), len(text)]
        self._lines = [(start, text[start:stop]) for start, stop in zip(starts, stops, strict=True)]

    def of_lines(self, first: int, content: str) -> _Places:
        """Places a text that is whole lines, cut at their beginnings, and at the end of the last one."""
        lines = content.removesuffix("\n").split("\n")
        written = [line.lstrip(" \t") for line in lines]  # a tab that a list took in part has become blanks
        # A line of nothing but odd blanks, as U+2028, is not empty and yet cut off.
        while not self._stand(written, first):
            first += 1
        begins, shifts, at = list[int](), list[int](), 0
        for text, line, (start, source) in zip(written, lines, self._lines[first : first + len(lines)], strict=True):
            begins.append(at)
            shifts.append(start + source.rindex(text) - (len(line) - len(text)) - at)
            at += len(line) + 1
        return _Places(begins, shifts)

    def _stand(self, written: Sequence[str], first: int) -> bool:
        return all(text in self._lines[first + number][1] for number, text in enumerate(written))

    def of_cells(self, row: int, cells: Iterable[str]) -> Iterator[_Places]:
        """Places the cells of a table's row, in which `\\|` has become a bar."""
        start, line = self._lines[row]
        escapes = [match.start() for match in _ESCAPED_BAR.finditer(line)]
        begins = [0, *(at - number for number, at in enumerate(escapes))]
        text, after = line.replace("\\|", "|"), 0
        for cell in cells:
            begin = text.index(cell, after)
            after = begin + len(cell)
            first = bisect_right(begins, begin) - 1
            last = bisect_right(begins, after)
            yield _Places(
                [max(one - begin, 0) for one in begins[first:last]],
                [start + begin + number for number in range(first, last)],
            )


class _Reader:
    """Reads one block after another, and each definition once, however many pictures use it."""

    def __init__(self, source: _Source, references: Mapping[str, Any], *, dialects: bool) -> None:
        self.source = source
        self._references = references
        self._dialects = dialects
        self._defined: dict[str, Link | None] = {}

    def links(self, token: Token, places: Callable[[], _Places]) -> Iterator[Link]:
        """Finds the links of a block; most blocks hold none, and are not placed."""
        content = token.content
        if token.type == "html_block":
            found = self._in_html(content)
        elif _MAY_HOLD_LINKS.search(content):
            found, defined = self._in_text(content)
            yield from defined
        else:
            return
        if found:
            yield from map(places().of, found)

    def _in_text(self, content: str) -> tuple[list[Link], list[Link]]:
        """Finds the links of a text where they stand in it, and those of its definitions where these stand."""
        inline = read_inline(content, self._references.keys())
        found, defined = list[Link](), list[Link]()
        for start, end in inline.tags:
            found += [link.moved(start) for link in self._in_tag(content[start:end])]
        for picture in inline.pictures:
            if picture.label is not None:
                explained = self._of_definition(picture.label)
                defined += [explained] if explained else []
            elif picture.target:
                found.append(Link(picture.start, picture.end, picture.target, Form.MARKDOWN))
        return [*found, *(dialect_links(inline.plain) if self._dialects else ())], defined

    def _in_tag(self, content: str) -> list[Link]:
        return [*html_links(content), *(lazy_links(content) if self._dialects else ())]

    def _in_html(self, content: str) -> list[Link]:
        return [*self._in_tag(content), *(in_html_links(plain_text(content)) if self._dialects else ())]

    def _of_definition(self, label: str) -> Link | None:
        if label not in self._defined:
            one = self._references[label]
            href = one["href"]
            link = Link(href.start, href.end, str(href), Form.MARKDOWN) if href else None
            self._defined[label] = link and self.source.of_lines(one["map"][0], href.text).of(link)
        return self._defined[label]


def _with_places(tokens: Sequence[Token], source: _Source) -> Iterator[tuple[Token, Callable[[], _Places]]]:
    row: list[Token] = []
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type not in ("inline", "html_block") or not token.map:
            if token.type == "tr_close" and row and row[0].map:
                places = source.of_cells(row[0].map[0], [cell.content for cell in row])
                yield from ((cell, partial(_same, place)) for cell, place in zip(row, places, strict=True))
                row = []
        elif before and before.type in ("th_open", "td_open"):
            row.append(token)
        else:
            yield token, partial(source.of_lines, token.map[0], token.content)


def _same(places: _Places) -> _Places:
    return places
