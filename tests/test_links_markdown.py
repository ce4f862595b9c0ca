"""Pictures in Markdown are found where markdown-it renders them, and nothing but their targets ever changes."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml

from wxsync.links.find import find_links
from wxsync.links.html import html_links
from wxsync.links.link import Form, Link
from wxsync.links.write import replace_links

FOUND = [
    ("![a](b.png)", ["b.png"]),
    ('![a](b.png "title") ![c](<d e.png> (title)) ![f]( g.png )', ["b.png", "d e.png", "g.png"]),
    ("![a](b(1).png) ![a](b\\)c.png) ![a](<b>c.png)", ["b(1).png", "b)c.png"]),
    ("![a](b&amp;c.png) ![a](b\\&amp;c.png) ![a](b%20c.png)", ["b&c.png", "b&amp;c.png", "b%20c.png"]),
    ("![a][x] ![b][] ![x]\n\n[x]: b.png 'title'\n[b]: <c d.png>", ["b.png", "c d.png"]),
    ("[x]:\n  b.png\n  'title'\n\n![a][X]", ["b.png"]),
    ("> [x]: b.png\n\n![x]", ["b.png"]),
    ("![x]\n\n[x]: first.png\n[x]: second.png\n[y]: unused.png", ["first.png"]),
    ("[a](b.png) <b.png> <https://h/b.png> b.png", []),
    ("[![a](b.png)](c.png)", ["b.png"]),
    ("![a ![b](inner.png) c](outer.png)", ["outer.png"]),
    ("![a]() ![a](<>) ![a] ![a](b c.png) !\\[a](b.png) \\![a](b.png) ! [a](b.png)", []),
    ("`![a](b.png)` ``![a](b.png) ` ``", []),
    ("`unclosed ![a](b.png)", ["b.png"]),
    ("    ![a](b.png)\n\n```\n![a](b.png)\n```\n\n~~~md\n![a](b.png)\n", []),
    ("- item\n\n      ![code](no.png)\n\n  ![a](b.png)", ["b.png"]),
    ("-\t![a](b.png)\n\n\t![c](d.png)\n\t> ![e](f.png)", ["b.png", "d.png", "f.png"]),
    ("> > ![a](b.png)\nlazy ![c](d.png)\n1. ![e](f.png)", ["b.png", "d.png", "f.png"]),
    ("# ![a](b.png) #\n\n![c](d.png)\n===\n\n*![e](f.png)*", ["b.png", "d.png", "f.png"]),
    ("| a | b |\n|---|---|\n| ` | ![x](b.png) ` |\n| ![y](c\\|d.png) | ![z](e.png) |", ["b.png", "c|d.png", "e.png"]),
    ("| ![x](b.png) | \\| |\n|---|---|\n\\| ![y](c.png) | | too many ![z](no.png) |", ["b.png", "c.png"]),
    ("> | a |\n> |---|\n> | ![x](b.png) |", ["b.png"]),
    ('a <img src="b.png"> <img alt=">" src=c.png> <em src=d.js>', ["b.png", "c.png", "d.js"]),
    ("<div>\n<img src='b.png'>\n\n![a](c.png)\n</div>", ["b.png", "c.png"]),
    ("<div>\n![a](no.png)\n</div>", []),
    ("- <img\n  src=b.png>\n> <p\n> ><img\n> src='c.png'>", ["b.png", "c.png"]),
    ("<!-- ![a](b.png) <img src=b.png> -->\n<pre>\n<img src=c.png>\n\n<img src=d.png></pre>", ["c.png", "d.png"]),
    ("<script>\n<img src=b.png>\n</script>", []),
    ("\ufeff[x]: b.png\n\n![x]", ["b.png"]),
    ("![a](b\0c.png)", ["b\ufffdc.png"]),
    ("![\0](b.png)", ["b.png"]),
    ("![a](javascript:b.png) ![a](file:///b.png)", ["javascript:b.png", "file:///b.png"]),
    ("![a](https://h/b.png) ![a](//h/b.png) ![a](#b) ![a](/b.png)", ["https://h/b.png", "//h/b.png", "#b", "/b.png"]),
    ("---\ntitle: x\n---\n![a](b.png)", ["b.png"]),
    ("![a](b.png)\\\n![c](d.png)  \n\u2028![e](f.png)\u3000", ["b.png", "d.png", "f.png"]),
    ("\u2028\n\u2028\n![a](b.png)\n\u2028", ["b.png"]),
    ("", []),
]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize(("text", "targets"), FOUND)
def test_what_is_a_picture_in_markdown(text: str, targets: list[str], line_end: str) -> None:
    written = text.replace("\n", line_end)

    assert [link.target for link in find_links("a.md", written)] == targets
    assert rewritten_is_the_same_page(written)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("![a](b.png 't')", "![a](https://w/1%20%282%29?a=1&b=2 't')"),
        ("![a](<b c.png>)", "![a](https://w/1%20%282%29?a=1&b=2)"),
        ("[x]: <b c.png> (t)\n![x]", "[x]: https://w/1%20%282%29?a=1&b=2 (t)\n![x]"),
        ("<img src='b.png'>", "<img src='https://w/1%20%282%29?a=1&amp;b=2'>"),
        ("<img src=b.png>", '<img src="https://w/1%20%282%29?a=1&amp;b=2">'),
    ],
)
def test_a_url_is_escaped_for_its_place(before: str, after: str) -> None:
    assert replace_links(before, dict.fromkeys(find_links("a.md", before), "https://w/1 (2)?a=1&b=2")) == after


@pytest.mark.parametrize("url", ["https://w/?a&copy;b", "https://w/|'\"<>`\\[]{}^产", "https://w/*_~*?x=![a](b.png)"])
@pytest.mark.parametrize(
    "text", ["![a](b.png)", "| a |\n|---|\n| ![a](b.png) |", "<img src=b.png>", "![a]\n\n[a]: b.png"]
)
def test_no_url_breaks_out_of_its_place(url: str, text: str) -> None:
    [before] = find_links("a.md", text)
    [after] = find_links("a.md", replace_links(text, {before: url}))

    assert PLAIN.normalizeLink(after.target) == PLAIN.normalizeLink(url).replace("(", "%28").replace(")", "%29")


PIECES = st.sampled_from(
    [
        *"[]()<>!`*_|\\ \n\t#-+=:&;\"'x",
        *(
            "\n\n",
            "\n> ",
            "\n- ",
            "\n1. ",
            "\n    ",
            "\n\t",
            "\n# ",
            "\n```\n",
            "\n---\n",
            "\n***\n",
            "  \n",
            "``",
            "\\|",
        ),
        *(
            "![a](b.png)",
            "![",
            "](c.png)",
            "](<d e.png>)",
            "](f.png 't')",
            "![g][r]",
            "![r]",
            "[r]",
            "\n\n[r]: h.png\n",
        ),
        *("\n[s]:\n i.png\n", "\n\n> [t]: <j k.png>\n\n", "![s][T]", "![t]", '<img src="l.png">', "<img src=m.png />"),
        *(
            "<IMG ALT='>' SRC='n.png'\n>",
            "<div>",
            "\n<div>\n",
            "</div>\n\n",
            "<p src=o.js>",
            "<!-- ![a](p.png) -->",
            "<b",
            "/>",
        ),
        *(
            "| a | b |\n|---|---|\n",
            "| ![q](r\\|s.png) | ",
            "\n|:-:|\n",
            "&amp;",
            "&lt;",
            "\0",
            "\u2028",
            "\u3000",
            "产品",
            "\x0b",
        ),
        *(
            "\ufeff",
            "[![u](v.png)](w)",
            "https://h/x.png",
            "](<y",
            ".png>)",
            "\\![a](z.png)",
            "<https://h>",
            "%20",
            "( 't' )",
        ),
    ]
)
DOCUMENTS = st.lists(PIECES, max_size=24).map("".join)


@given(DOCUMENTS, st.sampled_from(["\n", "\r\n", "\r"]))
def test_rendering_changes_no_page_but_its_pictures(text: str, line_end: str) -> None:
    assert rewritten_is_the_same_page(text.replace("\n", line_end))


@given(DOCUMENTS)
def test_rendering_never_changes_a_byte_outside_a_link(text: str) -> None:
    links = find_links("a.md", text)

    rewritten = replace_links(text, dict.fromkeys(links, "https://w.example/x"))

    assert rewritten.split("https://w.example/x") == without(text, links)
    again = find_links("a.md", rewritten)
    assert [link.target for link in again] == ["https://w.example/x"] * len(links)
    assert without(rewritten, again) == without(text, links)


LINE_END = re.compile(r"\r\n?")


class Plain(MarkdownIt):
    def validateLink(self, url: str, validator: object = None) -> bool:  # noqa: N802 - markdown-it's name
        return True  # what a browser would refuse is a picture that the author meant


PLAIN = Plain("commonmark", {"maxNesting": 100}).enable("table")


def rewritten_is_the_same_page(text: str) -> bool:
    """Asks an untouched markdown-it: all its pictures are found; with others in their places, the page is the same."""
    links = find_links("a.md", text)
    urls = {link: f"https://w.example/{number}/" for number, link in enumerate(links)}
    after = page(replace_links(text, urls))
    for link, url in urls.items():
        quoted = f'"{url}"' if link.form is Form.BARE else url
        after = after.replace(quoted, shown(link, text))
    return after == page(text) and {address(link) for link in links} == pictures(text)


def page(text: str) -> str:
    # A definition that a picture uses may be used by a link too, which then leads to the same address.
    return re.sub(r'href="[^"]*"', "href", PLAIN.render(_marked(text)))


def pictures(text: str) -> set[str]:
    """Gives what markdown-it takes for the addresses of pictures, and what its pieces of HTML point at."""
    found = set()
    for token in PLAIN.parse(_marked(text)):
        for part in (token, *(token.children or ())):
            if part.type == "image":
                found.add(str(part.attrs["src"]))
            elif part.type in ("html_block", "html_inline"):
                found |= {link.target for link in html_links(part.content)}
    return found - {""}


def address(link: Link) -> str:
    return PLAIN.normalizeLink(link.target) if link.form is Form.MARKDOWN else link.target


def shown(link: Link, text: str) -> str:
    return escapeHtml(address(link)) if link.form is Form.MARKDOWN else LINE_END.sub("\n", text[link.start : link.end])


def _marked(text: str) -> str:
    # markdown-it-py, unlike the specification, takes a byte order mark for text.
    return text.removeprefix("\ufeff")


def without(text: str, links: list[Link]) -> list[str]:
    """Cuts the links out; a value that had no quotes gets some."""
    quotes = ["", *('"' if link.form is Form.BARE else "" for link in links), ""]
    edges = [0, *(edge for link in links for edge in (link.start, link.end)), len(text)]
    parts = [text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]
    return [before + part + after for part, (before, after) in zip(parts, pairwise(quotes), strict=True)]
