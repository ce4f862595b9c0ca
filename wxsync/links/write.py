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
        parts += [text[after : link.start], _written(urls[link], link)]
        after = link.end
    return "".join([*parts, text[after:]])


def _written(url: str, link: Link) -> str:
    safe = quote(url, safe=_SAFE)
    if link.form is Form.QUOTED:
        return html.escape(safe)
    if link.form is Form.BARE:
        return f'"{html.escape(safe)}"'
    if link.form is Form.SCALAR:
        return safe.replace("'", "%27")
    target = _ENTITY.sub("&amp;", safe)
    return f"![{link.label}]({target})" if link.form is Form.EMBED else target
