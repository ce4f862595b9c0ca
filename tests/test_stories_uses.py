"""Where materials are used: documents of the repository, drafts as WeChat shows them, the menu made by API."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.project import Project, Run, Server, fifo, png, serving
from wxsync.project import documents
from wxsync.sandbox import Switches
from wxsync.words import Language, speak


@pytest.fixture
def posters(project: Project) -> Project:
    """A project with three pictures at WeChat."""
    project.images("a.png", "b.png", "c.png")
    assert project.apply().code == 0
    return project


def draft(server: Server, *articles: dict[str, object]) -> None:
    server.sandbox.account.draft_add({"articles": [{"title": "新品", **article} for article in articles]})


def console_draft(server: Server, **article: object) -> None:
    door = f"{server.sandbox.url}/_sandbox/drafts"
    requests.post(door, json={"articles": [{"title": "控制台", **article}]}, timeout=10).raise_for_status()


def menu(server: Server, *buttons: dict[str, object]) -> None:
    server.sandbox.account.menu_create({"button": list(buttons)})


def used(project: Project, *arguments: str) -> Any:
    found = project.run("uses", "--format", "json", *arguments)
    assert found.code == 0, found.err
    return found.json


def uses_of(found: Any, name: str) -> list[tuple[str, str, str]]:
    return [
        (use["kind"], Path(use["where"]).name if use["kind"] == "document" else use["where"], use["part"])
        for one in found["materials"]
        if one["name"] == name
        for use in one["uses"]
    ]


def test_a_cover_is_known_by_its_url_though_its_id_comes_back_as_another(posters: Project, server: Server) -> None:
    cover = posters.materials()["a.png"]["media_id"]
    draft(
        server, {"thumb_media_id": posters.materials()["b.png"]["media_id"]}, {"thumb_media_id": cover, "title": "尾"}
    )

    found = used(posters)

    shown = server.sandbox.account.draft_batchget({"offset": 0, "count": 1})
    assert cover not in json.dumps(shown)
    assert uses_of(found, "a.png") == [("draft", "“尾”, article 2 of 2", "cover")]
    assert uses_of(found, "b.png") == [("draft", "“新品”, article 1 of 2", "cover")]
    assert uses_of(found, "c.png") == []


def test_a_cover_is_known_by_its_id_where_that_is_shown(tmp_path: Path) -> None:
    with serving(switches=Switches(drafts_keep_ids=True)) as server:
        project = Project(tmp_path, server.environ)
        project.images("a.png")
        project.apply()
        draft(server, {"thumb_media_id": project.materials()["a.png"]["media_id"]})
        assert uses_of(used(project), "a.png") == [("draft", "“新品”, article 1 of 1", "cover")]


@pytest.mark.parametrize(
    "spelled",
    [
        "{https}",
        "http://mmbiz.qlogo.cn/mmbiz/{token}/0",
        "https://mmbiz.qpic.cn/sz_mmbiz_jpg/{token}/640?wx_fmt=jpeg&from=appmsg",
        "http://mmbiz.qpic.cn/mmbiz_png/{token}/300",
        "//mmbiz.qpic.cn/mmbiz_png/{token}/0",
    ],
)
def test_a_picture_in_a_text_is_known_in_every_spelling_of_its_url(
    posters: Project, server: Server, spelled: str
) -> None:
    url = posters.materials()["c.png"]["url"]
    token = re.findall(r"/mmbiz_png/([^/]+)/", url)[0]
    written = spelled.format(token=token, https=url.replace("http:", "https:"))
    posters.add("posts/a.html", f"<p style=\"background: url('{written}')\">\n<img src='{written}'>".encode())

    found = used(posters, "--offline")

    assert uses_of(found, "c.png") == [("document", "a.html:1", "link"), ("document", "a.html:2", "body")]


def test_pictures_in_the_texts_of_drafts_are_found_there(posters: Project, server: Server) -> None:
    materials = posters.materials()
    content = f'<p><img src="{materials["b.png"]["url"]}"/></p>'
    draft(server, {"thumb_media_id": materials["a.png"]["media_id"], "content": content})

    assert uses_of(used(posters), "b.png") == [("draft", "“新品”, article 1 of 1", "body")]


def test_texts_are_not_asked_for_where_no_url_can_stand_in_them(project: Project, server: Server) -> None:
    project.sample("covers/intro.jpg", "cover.jpg")
    project.manifest("materials:\n  - {path: cover.jpg, type: thumb}\n")
    project.apply()
    draft(server, {"thumb_media_id": project.materials()["cover.jpg"]["media_id"], "content": "<p>x</p>"})

    assert uses_of(used(project), "cover.jpg") == [("draft", "“新品”, article 1 of 1", "cover")]
    [asked] = server.requests("draft_batchget")
    assert asked["size"] == len(b'{"offset": 0, "count": 20, "no_content": 1}')


def test_a_draft_of_the_console_has_a_cover_without_an_id(posters: Project, server: Server) -> None:
    console_draft(server, thumb_url=posters.materials()["b.png"]["url"])

    assert uses_of(used(posters), "b.png") == [("draft", "“控制台”, article 1 of 1", "cover")]


def test_a_picture_message_uses_its_pictures(posters: Project, server: Server) -> None:
    images = {"image_list": [{"image_media_id": posters.materials()["c.png"]["media_id"]}]}
    draft(server, {"article_type": "newspic", "image_info": images})

    assert uses_of(used(posters), "c.png") == [("draft", "“新品”, article 1 of 1", "body")]


def test_a_menu_sends_materials_also_below_a_button_and_may_open_a_picture(posters: Project, server: Server) -> None:
    materials = posters.materials()
    below = [
        {"type": "media_id", "name": "海报", "media_id": materials["a.png"]["media_id"]},
        {"type": "view", "name": "大图", "url": materials["b.png"]["url"]},
    ]
    menu(server, {"name": "关于", "sub_button": below})

    found = used(posters)

    assert uses_of(found, "a.png") == [("menu", "关于 › 海报", "button")]
    assert uses_of(found, "b.png") == [("menu", "关于 › 大图", "link")]
    assert found["looked"]["menu"] == 3


def test_the_document_is_of_the_promised_shape_and_never_says_unused(posters: Project, server: Server) -> None:
    posters.add("posts/a.md", b"![](../a.png)\n")

    found = used(posters)
    shown = posters.run("uses")

    assert set(found) == {"looked", "unseen", "materials"}
    assert found["looked"] == {"documents": 1, "drafts": 0, "menu": 0}
    [first, *_] = found["materials"]
    assert set(first) == {"name", "media_id", "url", "state", "replaced_by", "uses"}
    assert first["uses"] == [
        {"kind": "document", "where": f"{posters.root / 'posts' / 'a.md'}:1", "part": "body", "link": None}
    ]
    assert "published" in found["unseen"][0]
    assert "unused" not in shown.out
    assert "Not found in 1 document, 0 drafts and no menu made by API: b.png, c.png." in shown.out
    assert "Not looked at: articles that are published" in shown.out


def test_a_draft_tells_where_it_can_be_edited_and_not_the_key_to_its_preview(posters: Project, server: Server) -> None:
    draft(server, {"thumb_media_id": posters.materials()["a.png"]["media_id"]})

    found = posters.run("uses", "--format", "json")

    [use] = found.json["materials"][0]["uses"]
    assert use["link"].startswith("https://mp.weixin.qq.com/cgi-bin/appmsg?")
    assert "appmsgid=100000001" in use["link"]
    assert "tempkey" not in found.out


DOCUMENTS = {
    "relative.md": (b"# x\n\n![](../a.png)\n", 3, "body"),
    "front.md": (b"---\ntitle: x\ncover: ../a.png\n---\n", 3, "cover"),
    "spaces.md": (b"text\n\n![[a.png]]\n", 3, "body"),
    "root.md": (b"![](/a.png)\n", 1, "body"),
    "encoded.md": (b"![](../%61.png)\n", 1, "body"),
    "page.htm": (b"<p>\n<img src=../a.png>", 2, "body"),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_path_in_a_document_is_known_by_the_manifest(posters: Project, name: str) -> None:
    content, line, part = DOCUMENTS[name]
    posters.add(f"posts/{name}", content)

    assert uses_of(used(posters, "--offline"), "a.png") == [("document", f"{name}:{line}", part)]


def test_pages_and_lists_of_ours_are_no_documents(posters: Project) -> None:
    posters.run("report", "-o", str(posters.root / "page.html"))
    posters.run("uses", "--offline", "--verbose", "-o", str(posters.root / "list.md"))
    posters.apply("--replace", "a.png")
    posters.run("plan", "--format", "html", "-o", str(posters.root / "plan.json"))

    assert used(posters, "--offline")["looked"]["documents"] == 0


def test_a_page_of_the_library_names_the_documents(posters: Project) -> None:
    posters.add("posts/a.md", b"![](../a.png)\n")
    page = posters.root / "library.html"

    assert posters.run("report", "-o", str(page)).code == 0
    assert "a.md:1: picture" in page.read_text(encoding="utf-8")


def test_an_id_in_a_document_counts(posters: Project) -> None:
    media_id = posters.materials()["b.png"]["media_id"]
    posters.add("notes.markdown", f"---\nthumb_media_id: {media_id}\n---\n".encode())

    assert uses_of(used(posters, "--offline"), "b.png") == [("document", "notes.markdown:2", "link")]


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_hidden_folders_links_and_what_is_no_document_are_passed_over(posters: Project, tmp_path: Path) -> None:
    picture = b"![](a.png) ![](../a.png)\n"
    for path in (".hidden/a.md", ".b.md", "node_modules/x/README.md", "notes.txt"):
        posters.add(path, picture)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "o.md").write_bytes(picture)
    (posters.root / "linked").symlink_to(tmp_path / "outside")
    (posters.root / "link.md").symlink_to(tmp_path / "outside" / "o.md")
    fifo(posters.root / "pipe.md")
    posters.add("latin.md", b"\xff ![](a.png)\n")
    posters.add("huge.md", b"x" * (4 * 1024 * 1024 + 1))

    found = used(posters, "--offline")

    assert uses_of(found, "a.png") == []
    assert found["looked"]["documents"] == 0
    [unread] = [one for one in found["unseen"] if "cannot be read" in one]
    assert "2 documents" in unread
    assert "latin.md" in unread


def test_documents_may_be_named(posters: Project, tmp_path: Path) -> None:
    posters.add("posts/a.md", b"![](../a.png)\n")
    elsewhere = posters.add("more/b.md", b"![](../b.png)\n")

    found = used(posters, "--offline", "--documents", str(elsewhere))
    missing = posters.run("uses", "--offline", "--documents", str(tmp_path / "gone.md"))

    assert found["looked"]["documents"] == 1
    assert uses_of(found, "a.png") == []
    assert uses_of(found, "b.png") == [("document", "b.md:1", "body")]
    assert missing.code == 4
    assert "gone.md is not there" in missing.err


def test_only_some_materials_can_be_asked_for(posters: Project) -> None:
    assert [one["name"] for one in used(posters, "[ab].png", "--offline")["materials"]] == ["a.png", "b.png"]
    unknown = posters.run("uses", "a.pnq")
    assert unknown.code == 4
    assert "did you mean a.png" in unknown.err


def test_offline_nobody_is_called_and_no_credentials_are_needed(posters: Project, server: Server) -> None:
    calls = server.calls()

    found = used(Project(posters.root, {}), "--offline")

    assert found["looked"] == {"documents": 0, "drafts": None, "menu": None}
    assert any("--offline" in one for one in found["unseen"])
    assert server.calls() == calls


@pytest.mark.parametrize(
    ("switches", "key", "code"),
    [
        (Switches(no_drafts=True), "drafts", "48001"),
        (Switches(no_menu=True), "menu", "48001"),
        (Switches(daily={"/cgi-bin/draft/batchget": 0}), "drafts", "45009"),
        (Switches(daily={"/cgi-bin/menu/get": 0}), "menu", "45009"),
    ],
)
def test_what_wechat_does_not_show_is_told_and_not_fatal(
    tmp_path: Path, switches: Switches, key: str, code: str
) -> None:
    with serving(switches=switches) as server:
        project = Project(tmp_path, server.environ)
        project.images("a.png")
        project.apply()
        found = used(project)
        other = {"drafts": "menu", "menu": "drafts"}[key]
        assert found["looked"][key] is None
        assert found["looked"][other] == 0
        assert code in found["unseen"][-1]


@pytest.mark.parametrize(("errcode", "code"), [(40164, 5), (50002, 0), (65301, 3)])
def test_any_other_refusal_is_told_beside_what_the_documents_say(
    posters: Project, server: Server, errcode: int, code: int
) -> None:
    posters.add("a.md", b"![](a.png)\n")
    server.fault(f"draft_batchget:errcode={errcode}")

    found = posters.run("uses", "--format", "json")

    assert found.code == code
    assert found.json["looked"]["drafts"] is None
    assert any(str(errcode) in one for one in found.json["unseen"])
    assert uses_of(found.json, "a.png") == [("document", "a.md:1", "body")]
    assert ("menu_get" in server.calls()) is (errcode != 40164)


def test_a_cloud_has_no_way_to_drafts_and_sees_the_menu(posters: Project) -> None:
    with serving(switches=Switches(cloud=True)) as server:
        project = Project(posters.root, server.environ | {"WXSYNC_AUTH": "cloud"})
        del project.environ["WXSYNC_SECRET"]
        found = used(project)
        assert found["looked"] == {"documents": 0, "drafts": None, "menu": 0}
        assert any("云调用" in one for one in found["unseen"])
        assert "draft_batchget" not in server.calls()


def test_a_thousand_drafts_take_fifty_calls(posters: Project, server: Server) -> None:
    cover = posters.materials()["a.png"]["media_id"]
    for number in range(1000):
        draft(server, {"thumb_media_id": cover, "title": f"{number}"})

    found = used(posters)

    assert found["looked"]["drafts"] == 1000
    assert len(uses_of(found, "a.png")) == 1000
    assert server.calls()["draft_batchget"] == 50


def test_where_today_has_too_few_calls_the_newest_drafts_are_shown(tmp_path: Path) -> None:
    with serving(switches=Switches(daily={"/cgi-bin/draft/batchget": 2})) as server:
        project = Project(tmp_path, server.environ)
        project.images("a.png")
        project.apply()
        for number in range(70):
            draft(server, {"thumb_media_id": project.materials()["a.png"]["media_id"], "title": f"{number}"})

        found = project.run("uses", "--format", "json")

        assert found.code == 0
        assert "1 of the 3 calls" in found.err
        assert found.json["looked"]["drafts"] == 40
        assert "40 of 70 drafts" in found.json["unseen"][-1]
        assert server.calls()["draft_batchget"] == 2


def test_a_repository_of_two_hundred_documents_is_read(posters: Project) -> None:
    for number in range(200):
        name = "abc"[number % 3]
        posters.add(
            f"posts/{number // 20}/{number}.md", f"# {number}\n\n{'text ' * 500}\n\n![](../../{name}.png)\n".encode()
        )

    found = used(posters, "--offline")

    assert found["looked"]["documents"] == 200
    assert [len(one["uses"]) for one in found["materials"]] == [67, 67, 66]


def test_pages_of_long_articles_are_asked_for_in_smaller_ones(posters: Project, server: Server) -> None:
    materials = posters.materials()
    content = f'<img src="{materials["b.png"]["url"]}"/>' + "文" * 300_000
    for _ in range(6):
        draft(server, *[{"thumb_media_id": materials["a.png"]["media_id"], "content": content}] * 7)

    found = used(posters)

    assert found["looked"]["drafts"] == 6
    assert len(uses_of(found, "b.png")) == 42, "drafts of one title are several"
    assert server.calls()["draft_batchget"] == 3, "too long, then five, then the last"


@pytest.fixture
def replaced(posters: Project, server: Server) -> Project:
    """A project where a.png was replaced and b.png dropped, while drafts, a menu and a document use both."""
    before = posters.materials()
    posters.add("old.md", f"![]({before['a.png']['url']})\n\n![](b.png)\n".encode())
    draft(server, {"thumb_media_id": before["a.png"]["media_id"]}, {"thumb_media_id": before["c.png"]["media_id"]})
    menu(server, {"type": "media_id", "name": "图", "media_id": before["b.png"]["media_id"]})
    posters.add("a.png", png("changed"))
    posters.manifest("materials:\n  - {path: a.png, type: image}\n  - {path: c.png, type: image}\n")
    return posters


def test_apply_names_the_command_that_lists_what_is_to_be_mended(replaced: Project) -> None:
    assert "`wxsync uses --retired`" in replaced.apply().out


def test_what_holds_an_old_id_is_listed_with_the_new_one_beside_it(replaced: Project) -> None:
    old = replaced.materials()
    replaced.apply()
    new = replaced.materials()["a.png"]

    found = used(replaced, "--retired")
    shown = replaced.run("uses", "--retired").out

    assert [one["name"] for one in found["materials"]] == ["a.png", "b.png"]
    first = found["materials"][0]
    assert (first["state"], first["media_id"]) == ("retired", old["a.png"]["media_id"])
    assert first["replaced_by"] == new["media_id"]
    assert uses_of(found, "a.png") == [("document", "old.md:1", "body"), ("draft", "“新品”, article 1 of 2", "cover")]
    assert uses_of(found, "b.png") == [("document", "old.md:3", "body"), ("menu", "图", "button")]
    assert f"media_id {old['a.png']['media_id']} → {new['media_id']}" in shown
    assert f"url {old['a.png']['url']} → {new['url']}".replace("http:", "https:") in shown
    assert "draft “新品”, article 1 of 2: cover" in shown


def test_what_is_mended_is_listed_no_more(replaced: Project, server: Server) -> None:
    replaced.apply()
    for one in server.state()["drafts"]:
        server.sandbox.account.draft_delete(one["media_id"])
    server.sandbox.account.menu_delete()
    (replaced.root / "old.md").unlink()

    found = replaced.run("uses", "--retired")

    assert "Nothing that is retired was found in 0 documents, 0 drafts and no menu made by API." in found.out


def test_what_was_replaced_twice_is_to_be_mended_by_what_is_in_use_now(replaced: Project) -> None:
    replaced.apply()
    replaced.add("a.png", png("once more"))
    replaced.apply()
    new = replaced.materials()["a.png"]

    [oldest] = used(replaced, "a.png", "--retired")["materials"]

    assert oldest["replaced_by"] == new["media_id"]
    assert new["url"].replace("http:", "https:") in replaced.run("uses", "--retired").out


def test_a_path_stands_for_what_is_in_use_now(replaced: Project) -> None:
    replaced.add("new.md", b"![](a.png)\n")
    replaced.apply()

    found = used(replaced, "a.png", "--offline")

    in_use, retired = (
        next(one for one in found["materials"] if one["state"] == state) for state in ("in use", "retired")
    )
    assert [Path(use["where"]).name for use in in_use["uses"]] == ["new.md:1"]
    assert [Path(use["where"]).name for use in retired["uses"]] == ["old.md:1"]


def test_an_url_that_two_ids_share_is_of_the_one_in_use(tmp_path: Path) -> None:
    with serving(switches=Switches(same_bytes_same_url=True)) as server:
        project = Project(tmp_path, server.environ)
        project.images("a.png")
        project.apply()
        project.add("a.md", f"![]({project.materials()['a.png']['url']})".encode())
        project.apply("--replace", "a.png")

        assert used(project, "--retired", "--offline")["materials"] == []
        assert uses_of(used(project, "--offline"), "a.png") == [("document", "a.md:1", "body")]


def test_the_list_to_mend_by_is_written_to_files(replaced: Project) -> None:
    replaced.apply()
    files = [replaced.root / name for name in ("mend.md", "mend.json", "mend.txt")]

    ended = replaced.run("uses", "--retired", *[word for file in files for word in ("-o", str(file))])
    wrong = replaced.run("uses", "-o", str(replaced.root / "mend.pdf"))

    assert (ended.code, ended.out, wrong.code) == (0, "", 64)
    markdown, document, plain = (file.read_text(encoding="utf-8") for file in files)
    assert markdown.startswith("### wxsync uses")
    assert len(json.loads(document)["materials"]) == 2
    assert "2 retired materials were found" in plain


def test_a_result_holds_the_uses_where_wechat_was_asked(replaced: Project) -> None:
    saved = replaced.root / "result.json"

    applied = replaced.apply("--uses", "-o", str(saved))
    document = json.loads(saved.read_text(encoding="utf-8"))
    again = {form: replaced.run("show", str(saved), "--format", form) for form in ("text", "markdown", "json", "html")}

    assert applied.code == 0
    assert document["uses"]["looked"] == {"documents": 1, "drafts": 1, "menu": 1}
    assert [one["name"] for one in document["uses"]["materials"]] == ["a.png", "b.png"]
    assert again["text"].out == applied.out
    assert "draft “新品”, article 1 of 2: cover" in again["text"].out
    assert "新品" in again["markdown"].out
    assert again["json"].json == document
    assert "article 1 of 2" in again["html"].out


def test_a_plan_says_which_documents_still_point_at_what_goes(replaced: Project, server: Server) -> None:
    calls = server.calls()
    saved = replaced.root / "plan.json"

    shown = replaced.run("plan", "-o", str(saved))
    document = replaced.run("plan", "--format", "json").json
    again = replaced.run("show", str(saved), "--format", "markdown")

    assert shown.out.count("documents still point at it") == 2
    assert document["documents"] == {
        "a.png": [f"{replaced.root / 'old.md'}:1"],
        "b.png": [f"{replaced.root / 'old.md'}:3"],
    }
    assert "documents still point at it" in again.out
    assert server.calls() == calls
    assert replaced.apply(str(saved)).code == 0
    assert "documents" not in replaced.run("plan", "--format", "json").json


def test_a_library_is_listed_by_what_no_lock_knows_the_oldest_first(posters: Project, server: Server) -> None:
    first = server.upload("image", "第一.png", png("first"))
    server.advance(60)
    second = server.upload("image", "second.png", png("second"))
    draft(server, {"thumb_media_id": first, "title": "旧稿"})
    before = server.ids()

    found = used(posters, "--library")
    shown = posters.run("uses", "--library")

    assert [one["media_id"] for one in found["materials"]] == [first, second]
    assert uses_of(found, "第一.png") == [("draft", "“旧稿”, article 1 of 1", "cover")]
    assert "second.png" in shown.out
    assert server.ids() == before
    assert posters.run("uses", "--library", "--offline").code == 64


def test_titles_and_names_from_outside_move_no_cursor_and_mention_nobody(posters: Project, server: Server) -> None:
    title = "x\x1b[2J|@everyone`<b>\n::error::"
    draft(server, {"thumb_media_id": posters.materials()["a.png"]["media_id"], "title": title})

    plain: Run = posters.run("uses")
    markdown = posters.run("uses", "--format", "markdown")

    assert "\x1b" not in plain.out + markdown.out
    assert not any(line.lstrip().startswith("::") for line in plain.out.splitlines())
    assert "``" in markdown.out
    assert "<b>" not in re.sub(r"``.*?``", "", markdown.out)


def test_in_chinese_the_whole_answer_is_chinese(posters: Project, server: Server) -> None:
    draft(server, {"thumb_media_id": posters.materials()["a.png"]["media_id"]})
    posters.environ["WXSYNC_LANG"] = "zh"

    shown = posters.run("uses").out
    speak(Language.ENGLISH)

    assert "草稿" in shown
    assert not re.search(r"\b(draft|cover|Not|found|looked)\b", shown)


def test_no_more_names_are_looked_at_than_a_bound(tmp_path: Path) -> None:
    for name in ("a.md", "b.md", "deep/c.md", "deep/d.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    seen = {"": {"a.md": "file", "b.md": "1 2 3 4", "deep": "folder"}}

    for left, found in {1: {0, 1}, 2: {1, 2}, 3: {2}, 4: {3}, 5: {4}}.items():
        for known in ({}, seen):
            walk = documents._Walk(known, documents._MOST_ENTRIES - left)
            assert len([*walk.files(tmp_path)]) in found
            assert walk.is_cut is (left < 5)
