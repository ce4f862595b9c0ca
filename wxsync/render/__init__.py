"""Turns plans, results and problems into text; pure, one walk over the rows and a small printer for each format."""

from wxsync.render.checks import checks_page, checks_text
from wxsync.render.documents import plan_text, problems_text, read_document, report_text
from wxsync.render.markdown import markdown
from wxsync.render.printers import PRINTERS, Printing
from wxsync.render.problems import render_problems
from wxsync.render.rows import Page, plan_page, report_page
from wxsync.render.terminal import terminal

__all__ = [
    "PRINTERS",
    "Page",
    "Printing",
    "checks_page",
    "checks_text",
    "markdown",
    "plan_page",
    "plan_text",
    "problems_text",
    "read_document",
    "render_problems",
    "report_page",
    "report_text",
    "terminal",
]
