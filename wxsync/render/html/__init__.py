"""Turns a library, a plan or a result into one HTML page; pure, like all of render."""

from wxsync.render.html.cards import library_view, plan_view, result_view
from wxsync.render.html.page import html
from wxsync.render.html.view import Preview, View

__all__ = ["Preview", "View", "html", "library_view", "plan_view", "result_view"]
