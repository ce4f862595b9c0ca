"""Finds every picture of a Markdown text: CommonMark with GitHub's tables, as markdown-it reads it.

markdown-it gives no columns. But a destination reaches its token through two methods that it lets be replaced, so it
can carry along where it was read; and the texts in which it reads are lines of the source without their margins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Self

from markdown_it import MarkdownIt, helpers
from markdown_it.rules_inline import StateInline, html_inline
from markdown_it.token import Token

from wxsync.links.html import html_links
from wxsync.links.link import Form, Link

_LINE_END = re.compile(r"\r\n?|\n")
_NESTING = 100


def markdown_links(text: str) -> list[Link]:
    """Finds the links of a Markdown text, in their order; a definition that several pictures use is one link."""
    environment: dict[str, Any] = {}
    tokens = _Reader().parse(text, environment)
    found = set(_links(tokens, _Source(text), environment.get("references", {}).values()))
    return sorted(found)


class _Destination(str):
    """Is a normalized destination that knows what was written, and in which text it was read from where to where."""

    __slots__ = ("end", "start", "text", "written")

    written: str
    text: str
    start: int
    end: int

    @classmethod
    def read(cls, written: str, text: str, start: int, end: int) -> Self:
        self = cls(written)
        self.written, self.text, self.start, self.end = written, text, start, end
        return self

    def normalized(self, normal: str) -> _Destination:
        other = _Destination(normal)
        other.written, other.text, other.start, other.end = self.written, self.text, self.start, self.end
        return other


class _Reader(MarkdownIt):
    """Is markdown-it with destinations that know where they stand."""

    helpers: Any

    def __init__(self) -> None:
        super().__init__("commonmark", {"maxNesting": _NESTING})
        self.enable("table")
        self.inline.ruler.at("html_inline", _html_inline)
        self.helpers = SimpleNamespace(
            parseLinkLabel=helpers.parseLinkLabel,
            parseLinkTitle=helpers.parseLinkTitle,
            parseLinkDestination=_destination,
        )

    def normalizeLink(self, url: str) -> str:  # noqa: N802 - markdown-it's name
        normal = super().normalizeLink(url)
        return url.normalized(normal) if isinstance(url, _Destination) else normal


def _destination(text: str, start: int, end: int) -> Any:
    result = helpers.parseLinkDestination(text, start, end)
    result.str = _Destination.read(result.str, text, start, result.pos)
    return result


def _html_inline(state: StateInline, silent: bool) -> bool:
    start = state.pos
    found = html_inline(state, silent)
    if found and not silent:
        state.tokens[-1].meta["start"] = start
    return found


class _Source:
    """Knows for every character of a text that markdown-it made of some lines where it stands in the source."""

    def __init__(self, text: str) -> None:
        text = text.replace("\0", "\ufffd")
        ends = [(match.start(), match.end()) for match in _LINE_END.finditer(text)]
        starts = [0, *(end for _, end in ends)]
        stops = [*(start for start, _ in ends), len(text)]
        self._lines = [(start, text[start:stop]) for start, stop in zip(starts, stops, strict=True)]

    def of_lines(self, first: int, content: str) -> Sequence[int]:
        """Usage a text that is whole lines, cut at their beginnings, and at the end of the last one."""
        lines = content.removesuffix("\n").split("\n")
        written = [line.lstrip(" \t") for line in lines]  # a tab that a list took in part has become blanks
        # A line of nothing but odd blanks, as U+2028, is not empty and yet cut off.
        while not all(text in line for text, (_, line) in zip(written, self._lines[first:], strict=False)):
            first += 1
        places: list[int] = []
        for text, line, (start, source) in zip(written, lines, self._lines[first : first + len(lines)], strict=True):
            begin = start + source.rindex(text)
            places += range(begin - (len(line) - len(text)), begin + len(text) + 1)
        return places

    def of_cells(self, row: int, cells: Iterable[str]) -> Iterator[Sequence[int]]:
        """Usage the cells of a table's row, in which `\\|` has become a bar."""
        start, line = self._lines[row]
        places = [at for at in range(len(line)) if not line.startswith("\\|", at)]
        text, after = "".join(line[at] for at in places), 0
        for cell in cells:
            begin = text.index(cell, after)
            after = begin + len(cell)
            yield [start + at for at in places[begin:after]]


def _links(tokens: Sequence[Token], source: _Source, references: Iterable[Any]) -> Iterator[Link]:
    defined = {id(one["href"]): one["map"][0] for one in references}
    for token, places in _with_places(tokens, source):
        if token.type == "html_block":
            yield from _placed(html_links(token.content), places, 0)
            continue
        for child in token.children or ():
            href = child.attrs.get("src")
            if child.type == "html_inline":
                yield from _placed(html_links(child.content), places, child.meta["start"])
            elif child.type == "image" and isinstance(href, _Destination) and href.written:
                first = defined.get(id(href))
                link = Link(href.start, href.end, href.written, Form.MARKDOWN)
                yield from _placed([link], places if first is None else source.of_lines(first, href.text), 0)


def _with_places(tokens: Sequence[Token], source: _Source) -> Iterator[tuple[Token, Sequence[int]]]:
    row: list[Token] = []
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type not in ("inline", "html_block") or not token.map:
            if token.type == "tr_close" and row and row[0].map:
                yield from zip(row, source.of_cells(row[0].map[0], [cell.content for cell in row]), strict=True)
                row = []
        elif before and before.type in ("th_open", "td_open"):
            row.append(token)
        else:
            yield token, source.of_lines(token.map[0], token.content)


def _placed(links: Iterable[Link], places: Sequence[int], start: int) -> Iterator[Link]:
    for link in links:
        yield replace(link, start=places[start + link.start], end=places[start + link.end - 1] + 1)
