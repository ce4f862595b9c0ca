"""Prints a view as one HTML file that needs nothing else: no network, no other file, no inline event handler.

The materials stand in it once, as a list inside `noscript`: without scripts the browser shows that list, with them it
takes it for plain text, which costs next to nothing however long it is, and the script draws what is to be seen.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from wxsync.render.html.labels import WORDS, both_languages
from wxsync.render.html.view import View
from wxsync.words import Language, Text, https, human_size, moment, say, visible

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

_HERE = Path(__file__).parent
# Invisible characters that prose needs: line ends, the ideographic space, the joiners of emoji and of Indic scripts.
_OF_PROSE = frozenset("\n\u3000\u200d\u200c")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def html(view: View) -> str:
    """Writes a page; the same view is always the same text."""
    return _template().render(view=view).lstrip() + "\n"


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, finalize=_shown, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(
        chinese=_chinese, https=https, moment=moment, prose=_prose, size=human_size, slug=_slug, joined=" ".join
    )
    environment.tests.update(moment=_MOMENT.fullmatch, translated=_is_translated)
    style, script = (_piece(name) for name in ("page.css", "page.js"))
    words = json.dumps(both_languages(), ensure_ascii=False).replace("<", "\\u003c")
    environment.globals.update(
        policy=_policy(style, script),
        style=Markup(style),  # noqa: S704 - these three are files of ours
        script=Markup(script),  # noqa: S704
        words=Markup(words),  # noqa: S704
        said=WORDS,
    )
    return environment.from_string(_piece("page.html"))


def _policy(style: str, script: str) -> str:
    """Forbids the browser whatever the page does not hold (W3C Content Security Policy Level 3)."""
    return (
        f"default-src 'none'; img-src data:; media-src data:; style-src {_source(style)}; "
        f"script-src {_source(script)}; base-uri 'none'; form-action 'none'"
    )


def _source(piece: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(piece.encode()).digest()).decode()}'"


def _piece(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _shown(value: object) -> object:
    """Makes what could hide or turn text visible, wherever the template prints a value; Jinja then escapes it."""
    from markupsafe import Markup

    if isinstance(value, Text):
        return say(value, Language.ENGLISH, mark=visible)
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _chinese(words: Text) -> str:
    return say(words, Language.CHINESE, mark=visible)


def _is_translated(words: str) -> bool:
    """Tells whether a sentence is ours, and not of somebody who speaks one language."""
    return isinstance(words, Text)


def _prose(text: str) -> Markup:
    from markupsafe import escape

    return escape("".join(char if char in _OF_PROSE else visible(char) for char in text))


def _slug(words: str) -> str:
    return words.replace(" ", "-").replace("_", "-")
