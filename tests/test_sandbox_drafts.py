"""The contract of drafts and the menu, which use materials: their shapes, and where they are not what was sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.sandbox_world import ABOUT, JPEG, MP3, MP4, PNG, OverHttp, answer_of
from wxsync.sandbox import Sandbox, Switches, serve


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with serve() as running:
        yield running


@pytest.fixture
def caller(sandbox: Sandbox) -> OverHttp:
    return OverHttp(sandbox)


def post(caller: OverHttp, path: str, **body: object) -> Any:
    return answer_of(caller.post(path, body=body))


def fetch(caller: OverHttp, path: str) -> Any:
    url = f"{caller.sandbox.url}/cgi-bin/{path}"
    return answer_of(requests.get(url, params={"access_token": caller.token}, timeout=20))


def cover(caller: OverHttp, name: str = "cover.png", content: bytes = PNG) -> Any:
    return caller.add("image", name, content)


def article(caller: OverHttp, **more: object) -> dict[str, object]:
    return {"title": "新品", "content": "<p>…</p>", "thumb_media_id": cover(caller)["media_id"], **more}


def token(url: object) -> str:
    found = re.search(r"/[a-z_]*mmbiz[a-z_]*/([A-Za-z0-9]+)/", str(url))
    assert found is not None
    return found.group(1)


def test_a_draft_shows_its_cover_under_another_id_which_works_and_at_another_size(caller: OverHttp) -> None:
    picture = cover(caller)
    draft = post(caller, "draft/add", articles=[{"title": "新品", "thumb_media_id": picture["media_id"]}])
    assert draft == {"media_id": draft["media_id"], "item": []}

    [shown] = post(caller, "draft/get", media_id=draft["media_id"])["news_item"]

    assert shown["thumb_media_id"] != picture["media_id"]
    assert caller.get(shown["thumb_media_id"]) == PNG
    assert shown["thumb_url"] == picture["url"].replace("/0?", "/640?")
    again = post(caller, "draft/add", articles=[{"title": "新品", "thumb_media_id": shown["thumb_media_id"]}])
    [once_more] = post(caller, "draft/get", media_id=again["media_id"])["news_item"]
    assert once_more["thumb_media_id"] == shown["thumb_media_id"]


def test_a_draft_may_show_the_id_that_was_set() -> None:
    with serve(switches=Switches(drafts_keep_ids=True)) as sandbox:
        caller = OverHttp(sandbox)
        written = article(caller)
        draft = post(caller, "draft/add", articles=[written])
        [shown] = post(caller, "draft/get", media_id=draft["media_id"])["news_item"]
        assert shown["thumb_media_id"] == written["thumb_media_id"]


def test_pictures_in_an_article_are_shown_as_data_src_and_strangers_are_gone(caller: OverHttp) -> None:
    inside, listed = caller.image("a.png", PNG)["url"], cover(caller, "b.jpg", JPEG)["url"]
    content = f'<p><img alt="1" src="{inside}"><IMG src=\'{listed}\'/><img src="https://example.com/0?x"/>文</p>'
    draft = post(caller, "draft/add", articles=[article(caller, content=content)])

    [shown] = post(caller, "draft/get", media_id=draft["media_id"])["news_item"]

    assert "example.com" not in shown["content"]
    assert " src=" not in shown["content"]
    assert re.findall(r"https?://[^\"']+", shown["content"]) == [
        str(url).replace("http:", "https:").replace("/0?", "/640?") for url in (inside, listed)
    ]
    assert shown["content"].endswith("文</p>")


def test_drafts_are_listed_newest_first_in_pages_and_counted(caller: OverHttp) -> None:
    written = article(caller)
    for number in range(23):
        post(caller, "draft/add", articles=[{**written, "title": f"{number}"}, {**written, "title": "二"}])

    pages = [post(caller, "draft/batchget", offset=offset, count=20, no_content=1) for offset in (0, 20, 40)]

    assert fetch(caller, "draft/count") == {"total_count": 23}
    assert [(page["total_count"], page["item_count"]) for page in pages] == [(23, 20), (23, 3), (23, 0)]
    titles = [item["content"]["news_item"][0]["title"] for page in pages for item in page["item"]]
    assert titles == [f"{number}" for number in reversed(range(23))]
    first = pages[0]["item"][0]
    assert set(first) == {"media_id", "content", "update_time"}
    assert [one["title"] for one in first["content"]["news_item"]] == ["22", "二"]
    assert "content" not in first["content"]["news_item"][0]
    whole = post(caller, "draft/batchget", offset=0, count=1)["item"][0]["content"]
    assert whole == post(caller, "draft/get", media_id=first["media_id"])
    assert whole["news_item"][0]["content"] == "<p>…</p>"


def test_a_picture_message_names_its_pictures(caller: OverHttp) -> None:
    pictures = [cover(caller), cover(caller, "b.jpg", JPEG)]
    images = {"image_list": [{"image_media_id": picture["media_id"]} for picture in pictures]}
    draft = post(caller, "draft/add", articles=[{"title": "图", "article_type": "newspic", "image_info": images}])

    [shown] = post(caller, "draft/get", media_id=draft["media_id"])["news_item"]

    listed = shown["image_info"]["image_list"]
    assert [token(image["url"]) for image in listed] == [token(picture["url"]) for picture in pictures]
    assert {image["image_media_id"] for image in listed}.isdisjoint(picture["media_id"] for picture in pictures)
    assert caller.get(listed[1]["image_media_id"]) == JPEG


def test_a_draft_outlives_its_cover(caller: OverHttp) -> None:
    written = article(caller)
    draft = post(caller, "draft/add", articles=[written])
    assert caller.delete(written["thumb_media_id"])["errcode"] == 0
    [shown] = post(caller, "draft/get", media_id=draft["media_id"])["news_item"]
    got = caller.get(shown["thumb_media_id"])
    assert isinstance(got, dict)
    assert got["errcode"] == 40007
    assert shown["thumb_url"]


def test_a_deleted_draft_is_gone(caller: OverHttp) -> None:
    draft = post(caller, "draft/add", articles=[article(caller)])["media_id"]
    assert post(caller, "draft/delete", media_id=draft) == {"errcode": 0, "errmsg": "ok"}
    assert post(caller, "draft/delete", media_id=draft)["errcode"] == 40007
    assert post(caller, "draft/get", media_id=draft)["errcode"] == 40007
    assert post(caller, "draft/batchget", offset=0, count=20) == {"item": [], "total_count": 0, "item_count": 0}


def test_a_draft_of_the_console_has_a_cover_without_an_id(sandbox: Sandbox, caller: OverHttp) -> None:
    url = str(cover(caller)["url"])
    door = f"{sandbox.url}/_sandbox/drafts"
    draft = requests.post(door, json={"articles": [{"title": "控制台", "thumb_url": url}]}, timeout=20).json()
    [shown] = post(caller, "draft/get", media_id=draft["media_id"])["news_item"]
    assert (shown["thumb_media_id"], shown["thumb_url"]) == ("", url.replace("/0?", "/640?"))
    assert requests.post(door, json={"articles": []}, timeout=20).status_code == 400


REFUSED: list[tuple[str, dict[str, object], int]] = [
    ("no title", {"title": ""}, 40227),
    ("a long title", {"title": "长" * 65}, 45003),
    ("a long digest", {"digest": "长" * 129}, 45004),
    ("a long link", {"content_source_url": "https://example.com/" + "a" * 1024}, 45005),
    ("a long text", {"content": "a" * 1_000_001}, 45002),
    ("no cover", {"thumb_media_id": ""}, 40007),
    ("a strange cover", {"thumb_media_id": "MEDIA_ID_123456"}, 40007),
    ("no pictures", {"article_type": "newspic", "image_info": {"image_list": []}}, 40007),
    ("no list of pictures", {"article_type": "newspic", "image_info": []}, 40007),
    ("too many", {"article_type": "newspic", "image_info": {"image_list": [{"image_media_id": "x"}] * 21}}, 45020),
]


@pytest.mark.parametrize(("changed", "errcode"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_draft_is_refused(caller: OverHttp, changed: dict[str, object], errcode: int) -> None:
    assert post(caller, "draft/add", articles=[article(caller, **changed)])["errcode"] == errcode
    assert fetch(caller, "draft/count") == {"total_count": 0}


@pytest.mark.parametrize(("articles", "errcode"), [([], 44003), ({}, 44003), (["x"], 47001), ([{}] * 9, 45008)])
def test_what_is_no_list_of_articles_is_refused(caller: OverHttp, articles: object, errcode: int) -> None:
    assert post(caller, "draft/add", articles=articles)["errcode"] == errcode


def test_a_voice_is_no_cover(caller: OverHttp) -> None:
    voice = caller.add("voice", "a.mp3", MP3)["media_id"]
    assert post(caller, "draft/add", articles=[article(caller, thumb_media_id=voice)])["errcode"] == 40007


def test_a_menu_made_by_api_comes_back(caller: OverHttp) -> None:
    media_id = cover(caller)["media_id"]
    buttons = [
        {"type": "view", "name": "官网", "url": "https://example.com/", "unknown": 1},
        {"name": "更多", "sub_button": [{"type": "media_id", "name": "图", "media_id": media_id}]},
    ]
    assert fetch(caller, "menu/get")["errcode"] == 46003
    assert post(caller, "menu/create", button=buttons) == {"errcode": 0, "errmsg": "ok"}

    sent = {"type": "media_id", "name": "图", "media_id": media_id}
    assert fetch(caller, "menu/get") == {
        "menu": {
            "button": [
                {"type": "view", "name": "官网", "url": "https://example.com/", "sub_button": []},
                {"name": "更多", "sub_button": [{**sent, "sub_button": []}]},
            ]
        }
    }
    current = fetch(caller, "get_current_selfmenu_info")
    assert current["is_menu_open"] == 1
    assert current["selfmenu_info"]["button"][1] == {"name": "更多", "sub_button": {"list": [sent]}}
    assert fetch(caller, "menu/delete")["errcode"] == 0
    assert fetch(caller, "menu/get")["errcode"] == 46003
    assert fetch(caller, "get_current_selfmenu_info") == {"is_menu_open": 0, "selfmenu_info": {"button": []}}


def test_a_menu_of_the_console_shows_new_ids_at_every_call(sandbox: Sandbox, caller: OverHttp) -> None:
    buttons = [{"name": "图", "type": "img"}, {"name": "站", "type": "view", "url": "https://example.com/"}]
    door = f"{sandbox.url}/_sandbox/menu"
    assert requests.post(door, json={"button": buttons}, timeout=20).status_code == 200
    assert requests.post(door, json={"button": "none"}, timeout=20).status_code == 400
    values = [fetch(caller, "get_current_selfmenu_info")["selfmenu_info"]["button"][0]["value"] for _ in range(2)]
    assert values[0] != values[1]
    assert fetch(caller, "menu/get")["errcode"] == 46003


@pytest.mark.parametrize(
    ("buttons", "errcode"),
    [
        ([], 40016),
        ("x", 40016),
        ([{"type": "click", "name": "a", "key": "k"}] * 4, 40016),
        ([{"name": "a", "sub_button": [{"type": "click", "name": "a", "key": "k"}] * 6}], 40023),
        ([{"type": "click", "key": "k"}], 40018),
        ([{"type": "click", "name": " ", "key": "k"}], 40018),
        ([{"type": "unheard", "name": "a"}], 40017),
        ([{"type": "view", "name": "a"}], 40017),
        ([{"type": "media_id", "name": "a", "media_id": "MEDIA_ID_123456"}], 40007),
    ],
)
def test_a_menu_is_refused_and_the_old_one_stays(caller: OverHttp, buttons: object, errcode: int) -> None:
    post(caller, "menu/create", button=[{"type": "click", "name": "old", "key": "k"}])
    assert post(caller, "menu/create", button=buttons)["errcode"] == errcode
    assert fetch(caller, "menu/get")["menu"]["button"][0]["name"] == "old"


def test_drafts_and_the_menu_are_there_again_after_a_restart(tmp_path: Path) -> None:
    with serve(state=tmp_path / "sandbox.db") as sandbox:
        caller = OverHttp(sandbox)
        video = caller.add("video", "a.mp4", MP4, ABOUT)["media_id"]
        draft = post(caller, "draft/add", articles=[article(caller)])["media_id"]
        post(caller, "menu/create", button=[{"type": "media_id", "name": "片", "media_id": video}])
        before = (post(caller, "draft/get", media_id=draft), fetch(caller, "menu/get"))
    with serve(state=tmp_path / "sandbox.db") as sandbox:
        caller = OverHttp(sandbox)
        assert (post(caller, "draft/get", media_id=draft), fetch(caller, "menu/get")) == before
        assert caller.delete(video)["errcode"] == 48005


CALLS = {
    "draft/count": "drafts",
    "menu/get": "menu",
    "material/get_materialcount": "materials",
    "get_current_selfmenu_info": "",
}


@pytest.mark.parametrize(
    ("switches", "refused"),
    [
        (Switches(no_drafts=True), "drafts"),
        (Switches(no_menu=True), "menu"),
        (Switches(no_materials=True), "materials"),
    ],
)
def test_rights_are_given_by_kind_and_the_quota_tells_them(switches: Switches, refused: str) -> None:
    with serve(switches=switches) as sandbox:
        caller = OverHttp(sandbox)
        for path, kind in CALLS.items():
            assert fetch(caller, path).get("errcode") in ((48001,) if kind == refused else (None, 46003)), path
            told = post(caller, "openapi/quota/get", cgi_path=f"/cgi-bin/{path}")["errcode"]
            assert told == (76022 if kind == refused else 0)
        assert caller.image("a.png", PNG)["errcode"] == 0


def test_the_quotas_of_drafts_and_menus_are_the_documented_ones(caller: OverHttp) -> None:
    paths = ("draft/add", "draft/get", "draft/batchget", "draft/count", "draft/delete", "menu/get", "menu/create")
    told = [post(caller, "openapi/quota/get", cgi_path=f"/cgi-bin/{path}")["quota"]["daily_limit"] for path in paths]
    assert told == [1000, 500, 1000, 1000, 1000, 10_000, 1000]


def test_a_draft_that_was_spent_on_the_day_is_45009() -> None:
    with serve(switches=Switches(daily={"/cgi-bin/draft/get": 1})) as sandbox:
        caller = OverHttp(sandbox)
        draft = post(caller, "draft/add", articles=[article(caller)])["media_id"]
        assert [post(caller, "draft/get", media_id=draft).get("errcode") for _ in range(2)] == [None, 45009]
