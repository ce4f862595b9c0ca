"""What an author's editor shows as a picture and no standard does is found where it stands, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxsync.links.find import find_links
from wxsync.links.front_matter import front_matter_value
from wxsync.links.link import Dialect
from wxsync.links.target import (
    as_target,
    is_absolute,
    is_of_one_machine,
    local_path,
    local_paths,
    looks_like_a_picture,
    machine_path,
)
from wxsync.links.write import replace_links

FOUND = [
    ("![[b.png]]", Dialect.EMBED, "b.png"),
    ("text ![[b/c d.PNG|300x200]] text", Dialect.EMBED, "b/c d.PNG"),
    ("> - ![[图.webp#part|a name]]", Dialect.EMBED, "图.webp"),
    ("| a |\n|---|\n| ![[b.png\\|300]] |", Dialect.EMBED, "b.png"),
    ("![](b.png =600x)", Dialect.SIZE, "b.png"),
    ("![a](b.png =600x300 'title')", Dialect.SIZE, "b.png"),
    ("![a](b c.gif =50%)", Dialect.SIZE, "b c.gif"),
    ("![](Pasted image 1.png)", Dialect.SPACES, "Pasted image 1.png"),
    ('[![a](b (1).jpg "title")](c.html)', Dialect.SPACES, "b (1).jpg"),
    ("![](C:\\Program Files\\a.png)", Dialect.SPACES, "C:\\Program Files\\a.png"),
    ("![]（b.png）", Dialect.FULL_WIDTH, "b.png"),
    ("！[a](b.png)", Dialect.FULL_WIDTH, "b.png"),
    ("！【a】（b.png）", Dialect.FULL_WIDTH, "b.png"),
    ("![](b.png “title”)", Dialect.FULL_WIDTH, "b.png"),
    ("![a](b.png ‘title’)", Dialect.FULL_WIDTH, "b.png"),
    ("[x]：b.png", Dialect.FULL_WIDTH, "b.png"),
    ('<img data-src="b.png">', Dialect.LAZY, "b.png"),
    ("text <img src='data:,' data-original=b.png>", Dialect.LAZY, "b.png"),
    ("{% asset_img b.png a title %}", Dialect.TAG, "b.png"),
    ('{% image class "b c.png" %}', Dialect.TAG, "b c.png"),
    ('{{< figure src="b.png" title="t" >}}', Dialect.TAG, "b.png"),
    ("<div align=center>\n![a](b.png)\n</div>", Dialect.IN_HTML, "b.png"),
    ("<p>![[b.png]]</p>", Dialect.IN_HTML, "b.png"),
]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize(("text", "dialect", "target"), FOUND)
def test_what_an_editor_shows_as_a_picture(text: str, dialect: Dialect, target: str, line_end: str) -> None:
    written = text.replace("\n", line_end)

    [link] = [link for link in find_links("a.md", written, dialects=True) if link.dialect]

    assert (link.dialect, link.target) == (dialect, target)
    assert target in written[link.start : link.end]
    assert link not in find_links("a.md", written)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "`![[b.png]]` ``![](b c.png)``",
            "    ![[b.png]]",
            "```\n![](b.png =600x)\n```",
            "\\![[b.png]] \\![](b c.png)",
        ),
        *(
            "![[note]] ![[note.md#part]] [[b.png]]",
            "![a](b c) ![see](this and that)",
            "{% include a.html %} {{ b.png }}",
        ),
        *("<pre>\n![](b.png)\n</pre>", "<div>\n<code>![](b.png)</code>\n<!-- ![](b.png) -->\n</div>", "![](b.pngs c)"),
        *("<script>\n'![[b.png]]'\n</script>", "![![[b.png]]](c.png)", "![a](b.png)", "（见 b.png）", "[见]（b.png）"),
        *("<https://h/![[b.png]]>", "<img src=b.png>", "<p data-src=b.png>", "![](b.png is what, I wrote)"),
    ],
)
def test_what_is_no_picture_to_anybody(text: str) -> None:
    assert [link for link in find_links("a.md", text, dialects=True) if link.dialect] == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("![[b c.png]] x", "![](https://w/) x"),
        ("![[b.png|300]]", "![300](https://w/)"),
        ("![](b c.png 't')", "![](https://w/ 't')"),
        ("![](b.png =600x)", "![](https://w/ =600x)"),
    ],
)
def test_what_is_certain_can_be_written_anew(before: str, after: str) -> None:
    [link] = find_links("a.md", before, dialects=True)

    assert link.dialect
    assert link.dialect.is_certain
    assert replace_links(before, {link: "https://w/"}) == after


def test_html_has_pictures_that_wait_for_a_script_and_no_markdown() -> None:
    text = "<img data-src='b.png'>![[b.png]]![](b c.png)"

    assert [link.dialect for link in find_links("a.html", text, dialects=True)] == [Dialect.LAZY]


PIECES = st.sampled_from(
    [
        *"[]()!<>`|\\ \n#=\"'{}%！【】［］（）：“”\0\u2028",
        *("![[", "]]", "![](", "b.png", "c d.png", "=600x", "{% a ", "%}", "{{<", "<div>", "\n\n", "`", "|a|\n|-|\n"),
        *("> ", "- ", "<img data-src=", "![a](b.png)", "[x]: b.png\n"),
    ]
)


@given(st.lists(PIECES, max_size=20).map("".join))
def test_dialects_never_overlap_what_is_a_picture_and_never_fail(text: str) -> None:
    links = find_links("a.md", text, dialects=True)

    assert [link for link in links if not link.dialect] == find_links("a.md", text)
    standard = [link for link in links if not link.dialect]
    for link in links:
        assert text[link.start : link.end]
        if link.dialect and link.dialect.is_certain:
            assert not [other for other in standard if other.start < link.end and link.start < other.end]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("---\ntitle: x\ncover: images/a b.png  # the cover\n---\n", ["images/a b.png"]),
        ("---\r\ncover: 'a.png'\r\nthumbnail: \"b.png\"\r\n---\r\n", ["a.png", "b.png"]),
        ("---\ncover:\n  image: x.png\n  thumbnail: b.png\n...\ncover: no.png", ["b.png"]),
        ('+++\ncover = "a.png"\n+++\n', ["a.png"]),
        ("---\ncover:\n---\n", []),
        ("---\ncover: a.png\n", []),
        ("text\n---\ncover: a.png\n---\n", []),
        ("---\ncovers: a.png\ncover: [a.png]\n---\n", []),
        ("", []),
    ],
)
def test_front_matter_says_where_a_cover_is(text: str, values: list[str]) -> None:
    links = find_links("a.md", "\ufeff" + text, keys=("cover", "thumbnail"))

    assert [link.target for link in links] == values
    expected = "\ufeff" + text
    for value in values:
        expected = expected.replace(value, "https://w/x'y".replace("'", "%27"))
    assert replace_links("\ufeff" + text, dict.fromkeys(links, "https://w/x'y")) == expected
    assert find_links("a.md", text) == []


def test_one_value_of_front_matter() -> None:
    assert front_matter_value("---\ntypora-root-url: ../assets\n---\n", "typora-root-url") == "../assets"
    assert front_matter_value("typora-root-url: ../assets\n", "typora-root-url") is None


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("C:\\Users\\me\\a.png", "C:/Users/me/a.png"),
        ("d:/blog/a.png", "d:/blog/a.png"),
        ("C:a.png", "C:a.png"),
        ("\\\\server\\share\\a.png", "//server/share/a.png"),
        ("\\server\\share\\a.png", "/server/share/a.png"),
        ("file:///C:/a%20b.png", "C:/a b.png"),
        ("FILE:///home/me/a.png", "/home/me/a.png"),
        ("file://localhost/home/me/a.png", "/home/me/a.png"),
        ("file:/home/me/a.png", "/home/me/a.png"),
        ("app://local/a.png", "app://local/a.png"),
        ("capacitor://localhost/_capacitor_file_/a.png", "capacitor://localhost/_capacitor_file_/a.png"),
        ("vscode-resource:/a.png", "vscode-resource:/a.png"),
        ("/Users/me/Library/a.png", "/Users/me/Library/a.png"),
    ],
)
def test_what_only_one_machine_has(target: str, path: str) -> None:
    assert is_of_one_machine(target)
    assert machine_path(target) == path
    assert local_paths(target) == ()
    assert not is_absolute(target)


@pytest.mark.parametrize(
    "target",
    ["http://h/a.png", "HTTPS://h/a.png", "//h/a.png", "data:image/png;base64,x", "cid:a", "blob:x", "a.png", "/a"],
)
def test_what_every_machine_has(target: str) -> None:
    assert not is_of_one_machine(target)


def test_a_name_is_looked_for_as_a_browser_reads_it_and_as_it_is_written() -> None:
    assert local_paths("a%20b.png") == ("a b.png", "a%20b.png")
    assert local_paths("C#入门.png") == ("C", "C#入门.png")
    assert local_paths("what?.png") == ("what", "what?.png")
    assert local_paths("#part") == local_paths("?x") == ()


@given(st.text(st.characters(exclude_characters="/\\\0", exclude_categories=["Cs"]), min_size=1, max_size=12))
def test_a_path_written_as_a_target_is_read_as_that_path(name: str) -> None:
    target = as_target(f"a/{name}")

    assert local_path(target) == f"a/{name}"
    text = f"![]({target})"
    assert [link.target for link in find_links("a.md", text)] == [target]


def test_a_name_in_another_unicode_form_is_written_so_that_it_differs() -> None:
    assert as_target("cafe\u0301.png") == "cafe%CC%81.png"
    assert as_target("a:b.png") == "./a:b.png"


def test_what_ends_like_a_picture() -> None:
    assert all(map(looks_like_a_picture, ("a.png", "a.JPEG", "a b.webp?v=1", "a.gif#x")))
    assert not any(map(looks_like_a_picture, ("a", "png", "a.md", "a.mp4", "a.png b")))
