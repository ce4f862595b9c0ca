"""Finds every `src` of an HTML text, by Python's own HTML parser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from wxsync.links.link import Form, Link

# One attribute of a start tag, as the HTML standard's tokenizer reads it (12.2.5.32 and the following).
_ATTRIBUTE = re.compile(r"""[\s/]*(=?[^\s/>=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"'][^\s>]*)))?""")
_TAG_NAME = re.compile(r"<[^\s/>]+")
_FORMS = {2: Form.QUOTED, 3: Form.QUOTED, 4: Form.BARE}

# Markup inside these is text; Python's parser knows that of the first two, newer ones of all.
_RAW = ("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes")

# What a browser drops from an address before it looks at it (WHATWG URL, "basic URL parser").
_BLANKS = " \t\n\r\f"
_BREAKS = str.maketrans("", "", "\t\n\r")


def html_links(text: str) -> list[Link]:
    """Finds the links of an HTML text, in their order; of an attribute that stands twice the first counts."""
    tags = _Tags()
    tags.feed(text)
    tags.close()
    return [link for start, tag, name, value in tags.found for link in _link(start, tag, name, value)]


class _Tags(HTMLParser):
    """Remembers each start tag with a `src`: where it begins, the tag as written, its name and the `src`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[tuple[int, str, str, str]] = []
        self._line_starts = [0]

    def feed(self, data: str) -> None:
        self._line_starts += [match.end() for match in re.finditer("\n", data)]
        super().feed(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        value = next((value for name, value in attrs if name == "src"), None)
        if value:
            line, column = self.getpos()
            self.found.append((self._line_starts[line - 1] + column, self.get_starttag_text() or "", tag, value))
        if tag in _RAW:
            self.set_cdata_mode(tag)

    def parse_marked_section(self, i: int, report: bool = True) -> int:  # noqa: ARG002, FBT001, FBT002, RUF100
        # Before Python 3.14 a section with an unknown name raises AssertionError; to a browser it is a comment.
        return self.parse_bogus_comment(i)


def _link(start: int, tag: str, name: str, value: str) -> Iterator[Link]:
    at = _TAG_NAME.match(tag)
    for match in _ATTRIBUTE.finditer(tag, at.end() if at else 0):
        group = next((number for number in _FORMS if match[number]), None)
        if match[1].lower() == "src" and group:
            target = value.strip(_BLANKS).translate(_BREAKS)
            yield Link(start + match.start(group), start + match.end(group), target, _FORMS[group], name == "img")
            return
