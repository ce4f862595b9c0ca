"""Every `src` of an HTML page is found where a browser sees one, and what a target means is settled without a disk."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxsync.links.find import Lines, NotADocument, find_links, read_text
from wxsync.links.link import Form
from wxsync.links.target import is_absolute, local_path
from wxsync.links.write import replace_links

FOUND = [
    ("<img src=a.png>", ["a.png"]),
    ("<IMG\n alt='>' SRC = \"a.png\"\t/>", ["a.png"]),
    ("<img/src=a.png><img alt=''src='b.png'>", ["a.png", "b.png"]),
    ("<img data-src=x src=a.png src=b.png>", ["a.png"]),
    ("<img src><img src=''><img SRC= >", []),
    ("<img src=' a\n.png\t'><img src='&#x4ea7;&amp;.png'>", ["a.png", "产&.png"]),
    ("<img src=a.png/>", ["a.png/"]),
    ("<!-- <img src=a.png> --><img src=b.png>", ["b.png"]),
    ("<script>'<img src=a.png>'</script><style><img src=a.png></style><img src=b.png>", ["b.png"]),
    ("<textarea><img src=a.png></textarea><title><img src=a.png></title><img src=b.png>", ["b.png"]),
    ("<video src=a.mp4></video><script src=b.js></script><img src=c.png>", ["a.mp4", "b.js", "c.png"]),
    ("<img srcset='a.png 2x' alt=\"src='b.png'\"><a href=c.png><div style='background:url(d.png)'>", []),
    ("<![odd[ x ]]><![if !IE]><img src=a.png><!doctype [x><?php x ?>", ["a.png"]),
    ("&lt;img src=a.png><img src=a.png", []),
    ("<pre><code>![a](b.png) &lt;img src=a.png&gt;</code></pre>![a](b.png)", []),
    ("", []),
]


@pytest.mark.parametrize(("text", "targets"), FOUND)
def test_what_points_at_something_in_html(text: str, targets: list[str]) -> None:
    links = find_links("page.HTML", text)

    assert [link.target for link in links] == targets
    again = find_links("page.htm", replace_links(text, dict.fromkeys(links, "https://w/?a&b")))
    assert [link.target for link in again] == ["https://w/?a&b"] * len(links)


def test_only_an_img_must_be_a_picture() -> None:
    text = "<img src=a.png><iframe src=b.html></iframe><source src='c.png'>"

    assert [link.is_image for link in find_links("a.html", text)] == [True, False, False]


@given(st.text(alphabet="<>/='\"! -abcdimgsrptexy&;\n\t[]?", max_size=60))
def test_no_html_however_odd_is_a_traceback(text: str) -> None:
    links = find_links("a.html", text)

    assert all(text[link.start : link.end] for link in links)
    assert replace_links(text, {}) == text


TAGS = st.tuples(
    st.sampled_from(["<img ", "<IMG alt='>' ", '<img a="b"', "<p class=x ", "<source/"]),
    st.sampled_from(["src={}", "SRC = '{}'", 'src="{}"', "src=\n{} b"]),
    st.sampled_from(["a.png", "b/c.png", "d%20e.png", "产品.png"]),
    st.sampled_from([">", " />", "\n>", " alt>", " src=z.png>"]),
)
BETWEEN = st.sampled_from(
    ["", "\n", "text", "<!-- <img src=x> -->", "<script>'<img src=x>'</script>", "</p>", "a < b ", "&lt;"]
)


@given(st.lists(st.tuples(BETWEEN, TAGS), max_size=8), BETWEEN)
def test_nothing_but_the_value_changes(parts: list[tuple[str, tuple[str, str, str, str]]], end: str) -> None:
    def written(value: str | None) -> str:
        return "".join(
            between + begin + attribute.format(value or target) + close
            for between, (begin, attribute, target, close) in parts
        )

    text = written(None) + end
    links = find_links("a.html", text)

    assert [link.target for link in links] == [target for _, (_, _, target, _) in parts]
    rewritten = replace_links(text, dict.fromkeys(links, "NEW"))
    assert rewritten.replace('"NEW"', "NEW") == (written("NEW") + end).replace('"NEW"', "NEW")


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("a.png", "a.png"),
        ("./a b/../c.png", "./a b/../c.png"),
        ("a%20b%E4%BA%A7.png?v=2#x", "a b产.png"),
        ("100%.png", "100%.png"),
        ("a%ff.png", "a%ff.png"),
        ("a%3fb.png", "a?b.png"),
        ("./a:b.png", "./a:b.png"),
        ("a\\b.png", "a\\b.png"),
        ("https://h/a.png", None),
        ("HTTP:a.png", None),
        ("c:\\a.png", None),
        ("data:image/png;base64,x", None),
        ("//h/a.png", None),
        ("/a.png", None),
        ("#a", None),
        ("?a", None),
        ("", None),
    ],
)
def test_which_targets_are_files_beside_the_document(target: str, path: str | None) -> None:
    assert local_path(target) == path
    assert is_absolute(target) == (target == "/a.png")


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_place_is_told_with_its_line(line_end: str) -> None:
    text = f"one{line_end}two ![a](产.png){line_end}three"
    [link] = find_links("a.md", text)

    place, line = Lines(text).location_of(link, shown_as="docs/a.md")

    assert str(place) == "docs/a.md:2:10"
    assert line == "two ![a](产.png)"


@pytest.mark.parametrize(
    ("name", "content"), [("a.md", b"\xef\xbb\xbf\r\n"), ("a.Markdown", b"\0"), ("a.htm", "产".encode())]
)
def test_a_document_is_read_as_it_is(name: str, content: bytes) -> None:
    assert read_text(name, content).encode() == content


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.mdx", b"", "neither Markdown nor HTML"),
        ("md", b"", "neither Markdown nor HTML"),
        ("a.md", b"one\ntwo \xff", "not UTF-8: line 2 holds the byte 0xff"),
        ("a.html", "产".encode("gbk"), "not UTF-8: line 1"),
    ],
)
def test_what_is_no_document_says_why(name: str, content: bytes, said: str) -> None:
    with pytest.raises(NotADocument, match=said):
        read_text(name, content)


def test_a_bare_value_gets_quotes() -> None:
    [link] = find_links("a.html", "<img src=a.png>")

    assert link.form is Form.BARE
    assert replace_links("<img src=a.png>", {link: "https://w/x y"}) == '<img src="https://w/x%20y">'
