"""Scripts and documents get the ids and urls of what is at WeChat, from manifest and lock alone; nothing is written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project import Project, Server, png
from wxsync.journal import Journal
from wxsync.records import record_from

MANIFEST = """
materials:
  - {path: images/logo.png, type: image, name: logo}
  - {path: images/both.png, type: image}
  - {path: images/both.png, type: article_image, name: both in articles}
  - {path: images/a b.png, type: article_image}
  - {path: welcome.mp3, type: voice}
  - {path: cover.jpg, type: thumb}
"""


@pytest.fixture
def library(project: Project) -> Project:
    """A project that is in step, with nobody to talk to any more."""
    for name in ("logo", "both", "a b"):
        project.add(f"images/{name}.png", png(name))
    project.sample("audio/welcome.mp3", "welcome.mp3")
    project.sample("covers/intro.jpg", "cover.jpg")
    project.manifest(MANIFEST)
    assert project.apply().code == 0
    return Project(project.root, {})


def url_of(library: Project, name: str) -> str:
    url = str(library.materials()[name]["url"])
    assert url.startswith("http://")
    return "https://" + url.removeprefix("http://")


def test_get_gives_one_line_for_scripts(library: Project) -> None:
    records = library.materials()

    assert library.run("get", "logo").out == records["logo"]["media_id"] + "\n"
    assert library.run("get", "logo", "--field", "media_id").out == records["logo"]["media_id"] + "\n"
    assert library.run("get", "logo", "--field", "url").out == url_of(library, "logo") + "\n"
    assert library.run("get", "images/a b.png").out == url_of(library, "images/a b.png") + "\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["logoo"], "did you mean logo?"),
        (["something else entirely"], "there are 6 names, such as both in articles"),
        (["welcome.mp3", "--field", "url"], "is of type voice and has no url"),
        (["images/a b.png", "--field", "media_id"], "is of type article_image and has no media_id"),
    ],
)
def test_get_says_why_there_is_nothing_to_get(library: Project, arguments: list[str], said: str) -> None:
    ended = library.run("get", *arguments)

    assert (ended.code, ended.out) == (4, "")
    assert said in ended.err


def test_what_is_not_at_wechat_yet_is_told_and_left_out(library: Project) -> None:
    library.add("new.png", png("new"))
    library.manifest(MANIFEST.replace("name: logo", "name: emblem") + "  - {path: new.png, type: image}\n")

    got, exported = library.run("get", "new.png"), library.run("export", "--format", "json")

    assert (got.code, got.out) == (4, "")
    assert "not at WeChat yet" in got.err
    assert "run `wxsync apply`" in got.err
    assert exported.code == 0
    assert {"new.png", "emblem", "logo"}.isdisjoint(exported.json)
    assert exported.err == "left out 2 materials that are not at WeChat yet: emblem, new.png. Run apply.\n"
    assert library.run("--quiet", "export", "--format", "json").err == ""


def test_a_type_that_the_lock_does_not_hold_yet_counts_as_not_there(library: Project) -> None:
    library.manifest(
        MANIFEST.replace("{path: images/logo.png, type: image", "{path: images/logo.png, type: article_image")
    )

    assert library.run("get", "logo").code == 4


@pytest.mark.parametrize("form", ["json", "dotenv", "csv", "python", "typescript"])
def test_export_prints_data_alone_and_always_the_same(library: Project, form: str) -> None:
    exported = library.run("export", "--format", form)

    assert (exported.code, exported.err) == (0, "")
    assert library.materials()["logo"]["media_id"] in exported.out
    assert url_of(library, "logo") in exported.out
    assert "http://" not in exported.out
    assert library.run("export", "--format", form).out == exported.out


def test_export_json_has_type_media_id_url_and_path_of_every_name(library: Project) -> None:
    exported = library.run("export", "--format", "json")

    assert exported.json == {
        name: {
            "type": record["type"],
            "media_id": record["media_id"],
            "url": record["url"] and url_of(library, name),
            "path": record["path"],
        }
        for name, record in library.materials().items()
    }
    assert list(exported.json) == sorted(exported.json)


def test_export_wants_to_know_the_format(library: Project) -> None:
    assert library.run("export").code == 64


def test_an_id_that_only_the_journal_knows_is_given_and_nothing_is_written(library: Project) -> None:
    lock = library.lock()
    record = lock["materials"].pop("logo")
    (library.root / "materials.lock.json").write_text(json.dumps(lock), encoding="utf-8")
    journal = library.root / ".wxsync/materials.journal"
    with Journal(journal, account=lock["account"]) as run:
        run.done("logo", record_from(record))
    before = everything(library)

    assert library.run("get", "logo").out == record["media_id"] + "\n"
    assert library.run("export", "--format", "json").json["logo"]["media_id"] == record["media_id"]
    assert everything(library) == before


def test_without_a_lock_nothing_is_there_yet(offline: Project) -> None:
    offline.images("a.png")

    assert offline.run("get", "a.png").code == 4
    assert offline.run("export", "--format", "json").json == {}
    assert not (offline.root / ".wxsync").exists()


@pytest.mark.parametrize("value", ["two\nlines", "a b", "", "\x1b[31m", "产"])
@pytest.mark.parametrize("field", ["media_id", "url"])
def test_what_can_be_no_id_and_no_url_is_never_given(library: Project, field: str, value: str) -> None:
    lock = library.lock()
    lock["materials"]["logo"][field] = value
    (library.root / "materials.lock.json").write_text(json.dumps(lock), encoding="utf-8")

    got = library.run("get", "logo", "--field", field)

    assert (got.code, got.out) == (4, "")
    assert "materials.lock.json" in got.err
    assert "\x1b" not in got.err


@pytest.mark.parametrize("url", ["javascript:alert(1)", "//h/x", "ftp://h/x"])
def test_only_an_address_of_the_web_is_a_url(library: Project, url: str) -> None:
    lock = library.lock()
    lock["materials"]["logo"]["url"] = url
    (library.root / "materials.lock.json").write_text(json.dumps(lock), encoding="utf-8")

    assert library.run("export", "--format", "json").code == 4


def test_the_lock_of_another_account_and_a_choice_left_open_are_told(library: Project) -> None:
    assert Project(library.root, {"WXSYNC_APPID": "wx0another0account"}).run("get", "logo").code == 6
    library.manifest("accounts:\n  a: {appid: wx0123456789abcdef}\n  b: {appid: wxfedcba9876543210}\n" + MANIFEST)
    assert library.run("get", "logo").code == 64


def test_a_manifest_with_errors_shows_them(library: Project) -> None:
    library.manifest("materials:\n  - {path: gone.png, type: image}\n")

    for command in (["get", "logo"], ["export", "--format", "csv"], ["render", "--check", "x.md"]):
        ended = library.run(*command)
        assert (ended.code, ended.out) == (4, "")
        assert "gone.png" in ended.err


DOCUMENT = """\
# 产品 ![logo](../images/logo.png "a title") `![code](../images/logo.png)`\r
\r
| ![both](../images/both.png) | <img src='../images/a%20b.png?v=2'> |\r
|---|---|\r
\r
    ![code](../images/nowhere.png)\r
\r
![web](https://example.com/x.png) [link](../images/logo.png) ![ref][logo]\r
\r
[logo]: <../images/a b.png>"""


def test_render_rewrites_pictures_and_leaves_every_other_byte(library: Project) -> None:
    file = library.add("docs/a.md", b"\xef\xbb\xbf" + DOCUMENT.encode())

    rendered = library.run("render", str(file))

    assert rendered.code == 0
    assert rendered.err.count("warning: 1 picture is at WeChat as image only") == 1
    assert rendered.err.endswith("\n0 errors, 1 warning\n")
    logo, spaced = url_of(library, "logo"), url_of(library, "images/a b.png")
    assert rendered.out == "\ufeff" + DOCUMENT.replace("![logo](../images/logo.png", f"![logo]({logo}").replace(
        "../images/both.png", url_of(library, "both in articles")
    ).replace("../images/a%20b.png?v=2", spaced).replace("<../images/a b.png>", spaced)
    assert file.read_bytes() == b"\xef\xbb\xbf" + DOCUMENT.encode()


def test_html_is_rendered_too(library: Project) -> None:
    text = "<p>\n<img alt='>' src=images/logo.png><script src=x.js></script><a href='images/logo.png'>"
    file = library.add("page.html", text.encode())

    assert library.run("render", str(file)).out == text.replace(
        "src=images/logo.png", f'src="{url_of(library, "logo")}"'
    )


def test_every_picture_that_cannot_be_rewritten_is_named_at_once(library: Project) -> None:
    library.add("new.png", png("new"))
    library.manifest(MANIFEST + "  - {path: new.png, type: article_image}\n")
    first = library.add("one.md", b"![x](images/lgo.png)\n\n![x](new.png)\n<img src=cover.jpg>\n![x](../out.png)\n")
    second = library.add("two.html", b"\n<img src='images\\logo.png'> <img src='images/logo.png'>")
    third = library.add("three.md", b"\xff")
    library.add("four.txt", b"")
    out = library.root / "out"

    ended = library.run("render", str(first), str(second), str(third), "four.txt", "gone.md", "-o", str(out))

    assert (ended.code, ended.out) == (4, "")
    for said in (
        f"{first}:1:6: error: images/lgo.png is not in the manifest",
        "did you mean images/logo.png",
        f"{first}:3:6: error: new.png is in the manifest and not in the lock",
        f"{first}:4:10: error: cover.jpg is in the manifest only as thumb",
        f"{first}:5:6: error: ../out.png lies outside the manifest's folder",
        f"{second}:2:11: error: images\\\\logo.png is not in the manifest",
        "write forward slashes",
        f"{third} is not UTF-8: line 1",
        "gone.md cannot be read",
    ):
        assert said.replace("\\\\", "\\") in ended.err
    assert not out.exists()


def test_an_article_image_that_is_not_there_yet_is_not_replaced_by_the_image(library: Project) -> None:
    library.manifest(MANIFEST + "  - {path: images/logo.png, type: article_image, name: logo in articles}\n")
    file = library.add("a.md", b"![x](images/logo.png)")

    ended = library.run("render", str(file))

    assert (ended.code, ended.out) == (4, "")
    assert "logo in articles is in the manifest and not in the lock" in ended.err


def test_check_says_yes_or_no_and_writes_nothing(library: Project) -> None:
    good, bad = library.add("good.md", b"![x](images/both.png)"), library.add("bad.md", b"![x](images/x.png)")
    before = everything(library)

    fine, wrong = library.run("render", "--check", str(good)), library.run("render", "--check", str(good), str(bad))

    assert (fine.code, fine.out, fine.err) == (0, "", "")
    assert (wrong.code, wrong.out) == (4, "")
    assert f"{bad}:1:6" in wrong.err
    assert everything(library) == before


def test_a_path_from_the_root_of_a_server_stays_and_is_told(library: Project) -> None:
    file = library.add("a.md", b"![x](/images/logo.png) ![y](//h/images/logo.png)")

    rendered = library.run("render", str(file))

    assert (rendered.code, rendered.out) == (0, "![x](/images/logo.png) ![y](//h/images/logo.png)")
    assert f"{file}:1:6: warning: /images/logo.png is left as it is" in rendered.err


def test_documents_keep_their_places_below_the_folder(library: Project) -> None:
    files = [library.add(name, b"![x](../images/both.png)\r\n") for name in ("docs/a.md", "posts/a.md")]
    out = library.root / "build"

    rendered = library.run("render", *map(str, files), "-o", str(out))

    assert (rendered.code, rendered.out) == (0, "")
    assert rendered.err == f"wrote {out / 'docs/a.md'}\nwrote {out / 'posts/a.md'}\n"
    for name in ("docs/a.md", "posts/a.md"):
        assert (out / name).read_bytes() == f"![x]({url_of(library, 'both in articles')})\r\n".encode()
    assert library.run("render", *map(str, files), "-o", str(out)).code == 0


def test_from_a_shell_every_byte_is_as_it_was_and_names_stay_as_typed(library: Project) -> None:
    library.add("docs/a.md", b"\xef\xbb\xbf![x](../images/logo.png)\r\n\r\xe4\xba\xa7")
    wanted = f"\ufeff![x]({url_of(library, 'logo')})\r\n\r产".encode()
    command = [sys.executable, "-m", "wxsync", "render", "docs/a.md"]

    printed = subprocess.run(command, cwd=library.root, capture_output=True, check=True)
    subprocess.run([*command, "-o", "build"], cwd=library.root, check=True, capture_output=True)

    assert printed.stdout == wanted
    assert (library.root / "build/docs/a.md").read_bytes() == wanted


def test_a_document_beside_the_manifests_folder_is_rendered_under_its_own_name(library: Project) -> None:
    file = library.root.parent / "elsewhere.md"
    file.write_bytes(b"![x](project/images/logo.png)")

    assert library.run("render", str(file), "-o", str(library.root / "build")).code == 0
    assert (library.root / "build/elsewhere.md").read_text() == f"![x]({url_of(library, 'logo')})"


def test_all_documents_are_written_or_none(library: Project) -> None:
    files = [library.add(name, b"x") for name in ("a.md", "b.md")]
    (library.root / "build/b.md").mkdir(parents=True)

    ended = library.run("render", *map(str, files), "-o", str(library.root / "build"))

    assert ended.code == 4
    assert "b.md is a folder" in ended.err
    assert not (library.root / "build/a.md").exists()


def test_two_documents_with_one_name_and_a_source_below_the_folder_are_errors(library: Project) -> None:
    (library.root.parent / "a.md").write_bytes(b"")
    inside, outside = library.add("a.md", b"inside"), library.root.parent / "a.md"

    twins = library.run("render", str(inside), str(outside), "-o", str(library.root / "build"))
    onto = library.run("render", str(inside), "-o", str(library.root))

    assert twins.code == onto.code == 4
    assert "would both be written to" in twins.err
    assert "is a source, and would be overwritten" in onto.err
    assert inside.read_bytes() == b"inside"
    assert not (library.root / "build").exists()


@pytest.mark.skipif(os.name == "nt", reason="links need a right of their own there")
def test_nothing_is_written_outside_the_folder(library: Project, tmp_path: Path) -> None:
    file = library.add("docs/a.md", b"x")
    (library.root / "build").mkdir()
    (tmp_path / "outside").mkdir()
    (library.root / "build/docs").symlink_to(tmp_path / "outside")

    ended = library.run("render", str(file), "-o", str(library.root / "build"))

    assert ended.code == 4
    assert "leads out of" in ended.err
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_folder_that_cannot_be_written_needs_a_person(library: Project) -> None:
    file = library.add("a.md", b"x")
    library.add("build", b"a file")

    ended = library.run("render", str(file), "-o", str(library.root / "build"))

    assert ended.code == 5
    assert "cannot be written" in ended.err


def test_what_the_words_of_render_cannot_mean_is_usage(library: Project) -> None:
    library.add("a.md", b"")

    assert library.run("render").code == 64
    assert library.run("render", "a.md", "b.md").code == 64
    assert library.run("render", "a.md", "--check", "-o", "out").code == 64


def test_consumers_talk_to_nobody(library: Project, server: Server) -> None:
    calls = server.calls()
    file = library.add("a.md", b"![x](images/logo.png)")

    for command in (["get", "logo"], ["export", "--format", "csv"], ["render", str(file)]):
        assert Project(library.root, server.environ).run(*command).code == 0

    assert server.calls() == calls


def everything(library: Project) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in sorted(library.root.rglob("*")) if file.is_file()}
