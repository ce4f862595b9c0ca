"""One printer for each format in which a plan or a result is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from wxsync.formats import PageFormat
from wxsync.model import Change, Plan, Record
from wxsync.render.rows import Page, plan_page, report_page

if TYPE_CHECKING:
    from wxsync.render.html import Preview
    from wxsync.results import Report


class Printing(Struct, frozen=True):
    """How something is printed: with what a plan keeps as it is, and in colour where the format has colours.

    `columns` are those of a terminal, which lines are broken for. With `everything` a text is not folded.
    `previews` gives by sha256 what a page can show of some materials.
    """

    previews: Callable[[Iterable[Record]], Mapping[str, Preview]]
    everything: bool = False
    color: bool = False
    columns: int | None = None


# Each format imports what it needs: a plan is printed in one of them, and most often in the lightest.


def _json(shown: Plan | Report, how: Printing) -> str:
    from wxsync.render.documents import plan_text, report_text

    return plan_text(shown, everything=how.everything) if isinstance(shown, Plan) else report_text(shown)


def _text(shown: Plan | Report, how: Printing) -> str:
    from wxsync.render.folding import folded
    from wxsync.render.terminal import terminal

    page = plan_page(shown) if isinstance(shown, Plan) else _result_page(shown)
    return terminal(page if how.everything else folded(page), color=how.color, columns=how.columns)


def _markdown(shown: Plan | Report, how: Printing) -> str:
    from wxsync.render.markdown import markdown

    return markdown(_page(shown, how))


def _html(shown: Plan | Report, how: Printing) -> str:
    from wxsync.render.html import html, plan_view, result_view

    if isinstance(shown, Plan):
        changes = shown.changes if how.everything else shown.pending
        return html(plan_view(shown, how.previews(_records(changes)), everything=how.everything))
    done = (replace(one.change, after=one.record or one.change.after) for one in shown.results)
    return html(result_view(shown, how.previews(_records(done))))


PRINTERS: Mapping[PageFormat, Callable[[Plan | Report, Printing], str]] = MappingProxyType(
    {PageFormat.TEXT: _text, PageFormat.JSON: _json, PageFormat.MARKDOWN: _markdown, PageFormat.HTML: _html}
)


def _page(shown: Plan | Report, how: Printing) -> Page:
    return plan_page(shown, everything=how.everything) if isinstance(shown, Plan) else _result_page(shown)


def _result_page(report: Report) -> Page:
    page = report_page(report)
    if report.uses is None:
        return page
    from wxsync.render.uses import uses_page

    found = uses_page(report.uses, mending=True)
    return replace(page, rows=(*page.rows, *found.rows), summary=(*page.summary, *found.summary))


def _records(changes: Iterable[Change]) -> Iterable[Record]:
    """Give both sides of each change, and only one where they show the same."""
    for change in changes:
        if change.after:
            yield change.after
        if change.before and not (change.after and change.after.sha256 == change.before.sha256):
            yield change.before
