"""Documents as people write them: every picture in them is rendered, or told with its place and how to write it."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from tests.project import Project, fifo, png

DECOMPOSED = unicodedata.normalize("NFD", "café")
NAMES = ("a", "Pasted image 1", "C#入门", "what?", "a%20b", DECOMPOSED, "Photo")
MANIFEST = """
materials:
  - {path: "images/*.png", type: article_image}
  - {path: cover.jpg, type: thumb}
  - {path: only.png, type: image}
  - {path: intro.mp4, type: video, title: t}
"""


@pytest.fixture
def library(project: Project) -> Project:
    for name in NAMES:
        project.add(f"images/{name}.png", png(name))
    project.add("only.png", png("only"))
    project.sample("covers/intro.jpg", "cover.jpg")
    project.sample("video/intro.mp4", "intro.mp4")
    project.manifest(MANIFEST)
    assert project.apply().code == 0
    return Project(project.root, {})


def url_of(library: Project, name: str) -> str:
    return str(library.materials()[name]["url"]).replace("http://", "https://")


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("![](images/Pasted image 1.png)", "spaces in images/Pasted image 1.png", "![](images/Pasted%20image%201.png)"),
        ("![[a.png]]", "only Obsidian takes a.png for a picture", "write ![](images/a.png)"),
        ("![[images/a.png|300]]", "only Obsidian takes images/a.png", "write ![](images/a.png)"),
        ("![](images/a.png =600x)", "a size behind images/a.png", '<img src="images/a.png" width='),
        ("![](images/a.png “title”)", "full-width signs around images/a.png", "write ![](images/a.png)"),
        ("{% asset_img a.png %}", "a.png stands in a tag of a site generator", "write ![](images/a.png)"),
        ("![]（images/a.png）", "full-width signs around images/a.png", "half-width signs"),
        ('<img data-src="images/a.png">', "images/a.png stands where only a script", 'write src="images/a.png"'),
        (
            "<div>\n![](images/a.png)\n</div>",
            "images/a.png stands in a block of HTML",
            "an empty line before and after",
        ),
    ],
)
def test_a_picture_of_an_editors_own_is_told_with_the_spelling_that_works(
    library: Project, text: str, said: str, hint: str
) -> None:
    file = library.add("docs.md", f"first\n\n{text}\n".encode())

    checked = library.run("render", "--check", str(file))

    assert (checked.code, checked.out) == (0, "")
    line = 4 if text.startswith("<div>") else 3
    assert f"{file}:{line}:" in checked.err
    assert f"warning: {said}" in checked.err
    assert hint in checked.err


@pytest.mark.parametrize(
    ("before", "after", "name"),
    [
        ("![[a.png]] and", "![](URL) and", "images/a.png"),
        ("![[images/Photo.png|300x200]]", "![300x200](URL)", "images/Photo.png"),
        ("![x](images/Pasted image 1.png 'title')", "![x](URL 'title')", "images/Pasted image 1.png"),
        ("![](images/a.png =600x)", "![](URL =600x)", "images/a.png"),
        ("![](images/C#入门.png)", "![](URL)", "images/C#入门.png"),
        ("![](images/C%23%E5%85%A5%E9%97%A8.png)", "![](URL)", "images/C#入门.png"),
        ("![](images/what?.png)", "![](URL)", "images/what?.png"),
        ("![](images/a%20b.png)", "![](URL)", "images/a%20b.png"),
        (f"![](images/{DECOMPOSED}.png)", "![](URL)", f"images/{DECOMPOSED}.png"),
        ("<img src='images/what%3f.png'>", "<img src='URL'>", "images/what?.png"),
    ],
)
def test_what_can_only_be_meant_one_way_is_rendered(library: Project, before: str, after: str, name: str) -> None:
    file = library.add("docs.md", before.encode())

    assert library.run("render", str(file)).out == after.replace("URL", url_of(library, name))


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("![](images/café.png)", "write images/cafe%CC%81.png"),
        ("![](images/photo.png)", "did you mean images/Photo.png?"),
        ("![[photo.png]]", "did you mean images/Photo.png?"),
        ("![](posts/a.png)", "did you mean images/a.png?"),
        ("![](images/C＃入门.png)", "did you mean images/C%23入门.png?"),
        ("![](images/pasted-image-1.png)", "did you mean images/Pasted%20image%201.png, "),
    ],
)
def test_a_hint_says_how_to_write_a_name_and_never_what_was_written(library: Project, text: str, hint: str) -> None:
    file = library.add("docs.md", text.encode())

    ended = library.run("render", "--check", str(file))

    assert ended.code == 4
    assert f"{file}:1:" in ended.err
    assert f"hint: {hint}" in ended.err or f"): {hint}" in ended.err


def test_a_hint_is_relative_to_the_document(library: Project) -> None:
    file = library.add("posts/2026/spring.md", b"![](../../images/aa.png)\n![](images/a.png)\n")

    ended = library.run("render", "--check", str(file))

    assert ended.err.count("did you mean ../../images/a.png") == 2


def test_a_name_of_another_unicode_form_is_no_riddle_to_get(library: Project) -> None:
    ended = library.run("get", "images/café.png")

    assert ended.code == 4
    assert "another Unicode form" in ended.err


@pytest.mark.parametrize(
    "target",
    [
        "C:\\Users\\me\\AppData\\Roaming\\Typora\\typora-user-images\\image-1.png",
        "C:\\Program Files\\b.png",
        "D:/blog/b.png",
        "file:///C:/b.png",
        "app://local/b.png",
        "obsidian://open?file=b.png",
        "vscode-resource:/b.png",
        "\\\\server\\share\\b.png",
        "/Users/me/Pictures/b.png",
    ],
)
@pytest.mark.parametrize(
    "form", ["![]({})", '<img src="{}">', "![x]\n\n[x]: <{}>"], ids=["inline", "html", "reference"]
)
def test_a_picture_of_one_machine_is_not_in_the_lock(library: Project, target: str, form: str) -> None:
    file = library.add("docs.md", form.format(target).encode())

    ended = library.run("render", "--check", str(file))

    assert ended.code == 4
    assert f"{file}:" in ended.err
    assert "is a picture of one machine only, which is not in the lock" in ended.err


@pytest.mark.skipif(os.name == "nt", reason="paths are written in another way there")
def test_the_manifests_own_file_named_by_its_whole_path_is_told_how_to_write_it(library: Project) -> None:
    text = f"![](file://{library.root}/images/a.png)\n![]({library.root}/images/a.png)\n![](C:\\blog\\images\\a.png)\n"
    file = library.add("posts/a.md", text.encode())

    ended = library.run("render", "--check", str(file))

    assert ended.code == 4
    assert ended.err.count("hint: write ../images/a.png") == 2
    assert "did you mean ../images/a.png?" in ended.err


def test_what_is_on_the_web_is_nobodys_business(library: Project) -> None:
    text = "".join(
        f"![]({target})\n"
        for target in (
            "https://h/a.png",
            "HTTP://h/a.png",
            "//h/a.png",
            "data:image/png;base64,AA",
            "cid:a",
            "blob:a",
            "#a",
        )
    )
    file = library.add("docs.md", text.encode())

    checked = library.run("render", "--check", str(file))

    assert (checked.code, checked.err) == (0, "")


def test_typoras_root_says_how_to_write_a_path(library: Project) -> None:
    text = "---\ntypora-root-url: ../images\n---\n![](/a.png) ![](/images/a.png) ![](/nowhere/x.png)\n"
    file = library.add("posts/a.md", text.encode())

    checked = library.run("render", "--check", str(file))

    assert checked.code == 0
    assert checked.err.count("hint: write ../images/a.png") == 2
    assert "hint: write the path from the document's folder" in checked.err


def test_several_pictures_of_one_name_leave_an_embed_open(library: Project) -> None:
    library.add("more/a.png", png("more"))
    library.manifest(MANIFEST + "  - {path: more/a.png, type: article_image}\n")
    file = library.add("docs.md", b"![[a.png]] ![[images/a.png]]")

    ended = library.run("render", "--check", str(file))

    assert ended.code == 4
    assert "a.png may be each of several pictures" in ended.err
    assert "did you mean images/a.png or more/a.png?" in ended.err


def test_a_video_is_no_picture_and_no_article_image(library: Project) -> None:
    file = library.add("docs.md", b"![](intro.mp4)\n![](other.MOV)\n<video src=intro.mp4></video>\n![](cover.jpg)\n")

    ended = library.run("render", "--check", str(file))

    assert ended.code == 4
    assert ended.err.count("an article shows voices and videos by their media_id") == 2
    assert "intro.mp4 is in the manifest only as video" in ended.err
    assert ended.err.count("add it as article_image") == 1


def test_a_document_that_gets_the_url_of_an_image_is_told_once(library: Project) -> None:
    file = library.add("docs.md", b"![](images/a.png)\n\n![](only.png) ![](only.png)\n")

    rendered = library.run("render", str(file))

    assert rendered.code == 0
    assert rendered.out.count(url_of(library, "only.png")) == 2
    assert f"{file}:3:5: warning: 2 pictures are at WeChat as image only" in rendered.err
    assert "0 errors, 1 warning" in rendered.err


def test_a_cover_of_the_front_matter_is_rendered_where_asked(library: Project) -> None:
    text = "---\ntitle: t\ncover: ../images/a.png  # first\nthumbnail: '../cover.jpg'\n---\n![](../images/a.png)\n"
    file = library.add("posts/a.md", text.encode())
    missing = library.add("posts/b.md", b"---\ncover: ../images/aa.png\n---\n")

    plain = library.run("render", str(file))
    asked = library.run("render", str(file), "--front-matter", "cover", "--front-matter", "thumbnail")
    checked = library.run("render", "--check", str(missing), "--front-matter", "cover")

    article, thumb = url_of(library, "images/a.png"), url_of(library, "cover.jpg")
    assert plain.out == text.replace("](../images/a.png", f"]({article}")
    assert (asked.code, asked.err) == (0, "")
    assert asked.out == text.replace("../images/a.png", article).replace("../cover.jpg", thumb)
    assert checked.code == 4
    assert f"{missing}:2:8: error: ../images/aa.png is not in the manifest" in checked.err
    assert library.run("render", "--check", str(missing)).code == 0


def test_one_document_goes_to_a_file_and_several_to_a_folder(library: Project) -> None:
    file, page = library.add("a.md", b"![](images/a.png)"), library.add("b.html", b"<img src=images/a.png>")
    out = library.root / "out"
    (library.root / "folder.md").mkdir()

    def written(*arguments: object) -> list[str]:
        ended = library.run("render", *map(str, arguments))
        assert ended.code == 0, ended.err
        return [line.removeprefix(f"wrote {library.root}{os.sep}") for line in ended.err.splitlines()]

    assert written(file, "-o", out / "rendered.MD") == [str(Path("out", "rendered.MD"))]
    assert written(page, "-o", out / "rendered.htm") == [str(Path("out", "rendered.htm"))]
    assert written(page, "-o", out / "page.md") == [str(Path("out", "page.md", "b.html"))]
    assert written(file, "-o", library.root / "folder.md") == [str(Path("folder.md", "a.md"))]
    assert written(file, page, "-o", out / "all.md") == [str(Path("out/all.md/a.md")), str(Path("out/all.md/b.html"))]
    assert (out / "rendered.MD").read_text() == f"![]({url_of(library, 'images/a.png')})"
    assert library.run("render", str(file), "-o", str(file)).code == 4


def test_documents_that_are_made_to_take_long_are_told(library: Project) -> None:
    deep = library.add("deep.md", ("> " * 90 + "a\n" + "b\n" * 5_000).encode())
    slips = library.add("slips.md", "".join(f"![](images/slip{number}.png)\n" for number in range(3_000)).encode())

    ended = library.run("render", "--check", str(deep), str(slips))

    assert ended.code == 4
    assert f"{deep} holds quotations or lists within each other" in ended.err
    assert f"{slips} has 2,000 more problems" in ended.err


def test_a_pipe_is_no_document(library: Project) -> None:
    fifo(library.root / "pipe.md")

    ended = library.run("render", "--check", str(library.root / "pipe.md"))

    assert ended.code == 4
    assert "pipe.md is not a file" in ended.err
