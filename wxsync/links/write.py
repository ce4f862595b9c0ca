"""Writes other targets into a document, escaped for the place where each stands."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from urllib.parse import quote

from wxsync.links.link import Form, Link

_SAFE = "%/:?#@!$&'*+,;=-._~"
_ENTITY = re.compile(r"&(?=#?\w+;)")


def replace_links(text: str, urls: Mapping[Link, str]) -> str:
    """Gives the text with the urls in the places of their links; a Markdown target in `<…>` loses the brackets."""
    parts, after = list[str](), 0
    for link in sorted(urls):
        parts += [text[after : link.start], _written(urls[link], link.form)]
        after = link.end
    return "".join([*parts, text[after:]])


def _written(url: str, form: Form) -> str:
    safe = quote(url, safe=_SAFE)
    if form is Form.MARKDOWN:
        return _ENTITY.sub("&amp;", safe)
    escaped = html.escape(safe)
    return escaped if form is Form.QUOTED else f'"{escaped}"'
