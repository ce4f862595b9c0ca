"""Prints a page as Markdown for pull requests; text from outside stays text."""

from __future__ import annotations

import html
import re

from wxsync.render.rows import Page, Row
from wxsync.render.words import visible

# GitHub takes 65,536 characters for a comment; some are left for the one who posts it.
LIMIT = 64_000

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~:@])")


def markdown(page: Page) -> str:
    """Writes a page as a heading, a summary and a table; rows that do not fit are counted instead of shown."""
    head = [
        f"### wxsync {page.kind.lower()} · {_text(page.account)}",
        "",
        *(f"**{_text(line)}**  " for line in page.summary),
    ]
    if page.drift:
        head += ["", "Drift at WeChat:", ""]
        head = _fitting(head, [f"- {_text(one)}" for one in page.drift], limit=LIMIT // 2)
    if page.rows:
        head += ["", "| | material | type | size | what |", "|---|---|---|---:|---|"]
        head = _fitting(head, [_row(row) for row in page.rows], limit=LIMIT)
    return "\n".join(head) + "\n"


def _fitting(head: list[str], lines: list[str], *, limit: int) -> list[str]:
    left = limit - sum(len(line) + 1 for line in head)
    shown: list[str] = []
    for number, line in enumerate(lines):
        left -= len(line) + 1
        if left < 0:
            return [*head, *shown, "", f"… and {len(lines) - number:,} more; see the whole with `wxsync show`."]
        shown.append(line)
    return [*head, *shown]


def _row(row: Row) -> str:
    said = _text(f"{row.verb}: {row.why}" if row.why else row.verb)
    notes = "".join(f"<br>{_text(note)}" for note in row.notes)
    return f"| {_text(row.mark)} | {_text(row.name)} | {_text(row.type)} | {row.size} | {said}{notes} |"


def _text(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", html.escape(visible(text), quote=False))
