"""Prints a page as Markdown for pull requests; text from outside stays text, and mentions nobody."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate, takewhile

from msgspec import Struct

from wxsync.model import MaterialType
from wxsync.render.rows import Page, Row, what_happens
from wxsync.words import say, text, visible

# GitHub takes 65,536 characters for a comment; some are left for whoever posts it.
LIMIT = 60_000

_FEW = 20  # rows that one table shows better than a table for each kind of change
_ORDER = "✗?…+±→&=-✓"  # what needs a reader comes first
_NEWS = ("created", "replaced", "adopted", "adopt")
_PICTURED = frozenset(kind.value for kind in MaterialType if kind.is_picture)
_MOST_PICTURES = 60
_MOST_FOLDERS = 8
_REST = 1_000  # characters kept for the line that counts what is not shown
_PLAIN = re.compile(r"(?:[^\W\d_]|[ ,;·，；。])*")
_PICTURE = re.compile(r"https://[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:qpic|qlogo)\.cn/[A-Za-z0-9/_.~%?=&+-]*")


def markdown(page: Page, *, limit: int = LIMIT) -> str:
    """Writes a page as a heading, a summary and tables in at most `limit` characters; what does not fit is counted.

    More than a few rows are grouped by what happens to them and folded. Pictures are those that WeChat serves.
    """
    lines = [f"### wxsync {say(page.kind).lower()} · {_code(say(page.account))}", ""]
    lines += [f"**{html.escape(visible(say(line)), quote=False)}**  " for line in page.summary]
    if page.drift:
        drift = [f"- {_code(say(one))}" for one in page.drift]
        lines += ["", say(text("Drift at WeChat:")), "", *_fitting(drift, page.drift, limit=limit // 3)]
    sections = [_section(title, rows) for title, rows in _groups(page.rows)]
    shares = _shares([section.size for section in sections], limit - sum(len(line) + 1 for line in lines))
    for section, share in zip(sections, shares, strict=True):
        lines += section.lines(share)
    return "\n".join(lines) + "\n"


class _Section(Struct, frozen=True):
    """Holds a table, folded or not, whose rows may be too many."""

    head: tuple[str, ...]
    rows: tuple[str, ...]
    names: tuple[str, ...]
    end: tuple[str, ...]

    @property
    def size(self) -> int:
        return sum(len(line) + 1 for line in (*self.head, *self.rows, *self.end))

    def lines(self, limit: int) -> list[str]:
        around = sum(len(line) + 1 for line in (*self.head, *self.end))
        return [*self.head, *_fitting(self.rows, self.names, limit=limit - around), *self.end]


def _groups(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """Gathers rows under a title by what happens to them, or all of them under none where they are few."""
    if len(rows) <= _FEW:
        return [("", list(rows))] if rows else []
    titles = sorted({(row.mark, str(row.verb)) for row in rows}, key=lambda one: (_ORDER.find(one[0]), one[1]))
    gathered: dict[tuple[str, str], list[Row]] = {title: [] for title in titles}
    for row in rows:
        gathered[row.mark, row.verb].append(row)
    return [(f"{mark} {say(group[0].verb)}".strip(), group) for (mark, _verb), group in gathered.items()]


def _section(title: str, rows: Sequence[Row]) -> _Section:
    pictures = _pictures(rows)
    columns = map(say, (text("material"), text("type"), text("size"), text("what")))
    head = ["", f"| | {' | '.join(columns)} |" + (" |" if pictures else "")]
    head += ["|---|---|---|---:|---|" + ("---|" if pictures else "")]
    end: tuple[str, ...] = ()
    if title:
        state = " open" if title[0] in "✗?" else ""
        head = ["", f"<details{state}><summary>{html.escape(title)} · {len(rows):,}</summary>", *head]
        end = ("", "</details>")
    return _Section(tuple(head), tuple(_row(row, pictures) for row in rows), tuple(row.name for row in rows), end)


def _shares(sizes: Sequence[int], limit: int) -> list[int]:
    """Gives each its size where that can be, and the large ones equal parts of what the small ones leave."""
    shares, left = dict.fromkeys(range(len(sizes)), 0), limit
    for done, number in enumerate(sorted(shares, key=lambda number: sizes[number])):
        shares[number] = min(sizes[number], left // (len(sizes) - done))
        left -= shares[number]
    return list(shares.values())


def _fitting(lines: Sequence[str], names: Sequence[str], *, limit: int) -> list[str]:
    """Shows as many lines as fit, and counts the others by the folders of their names."""
    if sum(len(line) + 1 for line in lines) <= limit:
        return list(lines)
    ends = accumulate(len(line) + 1 for line in lines)
    shown = sum(1 for _ in takewhile(lambda end: end <= limit - _REST, ends))
    rest = text(
        "… and {count:,} more{folders}; see the whole with `wxsync show`.",
        count=len(lines) - shown,
        folders=_folders(names[shown:]),
    )
    return [*lines[:shown], "", say(rest)]


def _folders(names: Iterable[str]) -> str:
    counts = Counter(name.rpartition("/")[0] for name in names)
    told = [
        f"{_code(_short(visible(folder)))} {count:,}" for folder, count in counts.most_common(_MOST_FOLDERS) if folder
    ]
    return f" ({', '.join(told)})" if told else ""


def _row(row: Row, pictures: dict[str, str]) -> str:
    told = _text(what_happens(row))
    notes = "".join(f"<br>{_text(note)}" for note in row.notes)
    picture = f" {pictures.get(row.name, '')} |" if pictures else ""
    return f"| {html.escape(row.mark)} | {_code(row.name)} | {row.type} | {row.size} | {told}{notes} |{picture}"


def _pictures(rows: Iterable[Row]) -> dict[str, str]:
    """Gives the first pictures of what is new; a url that is not WeChat's could count who reads a pull request."""
    new = (row for row in rows if row.verb in _NEWS and row.type in _PICTURED)
    shown = [row for row in new if _PICTURE.fullmatch(row.url or "")]
    return {row.name: f'<img src="{html.escape(row.url or "")}" height="48" alt="">' for row in shown[:_MOST_PICTURES]}


def _text(words: str) -> str:
    """Say a sentence whose words from outside are code spans."""
    return say(words, mark=lambda outside: outside if _PLAIN.fullmatch(outside) else _code(outside))


def _code(text: str) -> str:
    """Puts a text into a code span, the one place where GitHub sees no mention, no reference, no link and no HTML."""
    # A bar would end the cell of a table even in a code span.
    shown = visible(text).replace("|", "\\x7c")
    fence = "`" * (1 + max(map(len, re.findall("`+", shown)), default=0))
    is_padded = shown[:1] in ("`", " ") or shown[-1:] in ("`", " ")
    return f"{fence} {shown} {fence}" if is_padded or not shown.strip() else f"{fence}{shown}{fence}"


def _short(text: str) -> str:
    return text if len(text) <= 50 else f"{text[:49]}…"
