"""Drafts and menus as answers may show them, and how what they mention is matched."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxsync.model import Button, Draft, DraftArticle, Holder, MaterialType, Mention, Part, Use, picture_tokens
from wxsync.planner.uses import draft_mentions, menu_mentions, with_uses
from wxsync.results import Standing, UsedMaterial
from wxsync.wechat.answers import read_drafts, read_menu
from wxsync.wechat.outcome import Phase
from wxsync.wechat.transport import Answer

KEYS = (
    "item", "total_count", "item_count", "media_id", "content", "news_item", "title", "thumb_media_id", "thumb_url",
    "image_info", "image_list", "image_media_id", "url", "menu", "button", "sub_button", "name", "conditionalmenu",
)  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)
URL = "https://mmbiz.qpic.cn/{family}/{token}/{size}"


def answer(document: Any) -> Answer:
    return Answer(Phase.ANSWERED, status=200, body=json.dumps(document).encode())


@given(document=ANYTHING)
def test_no_answer_however_odd_is_more_than_drafts_buttons_or_none(document: Any) -> None:
    page, buttons = read_drafts(answer(document)), read_menu(answer(document))
    for draft in page.items if page else ():
        list(draft_mentions(draft, frozenset({"x" * 20})))
    list(menu_mentions(buttons or ()))


def test_the_menus_for_some_followers_are_read_too() -> None:
    menu = {"button": [{"name": "全部", "sub_button": [{"type": "media_id", "name": "图", "media_id": "A"}]}]}
    other = {"button": [{"type": "media_id", "name": "北京", "media_id": "B"}], "matchrule": {"city": "北京"}}

    buttons = read_menu(answer({"menu": menu, "conditionalmenu": [other, other]}))

    assert buttons is not None
    said = [(one.use.where, one.media_id) for one in menu_mentions(buttons)]
    assert said == [
        ("全部 › 图", "A"),
        ("北京 in menu 1 for some followers", "B"),
        ("北京 in menu 2 for some followers", "B"),
    ]


@pytest.mark.parametrize("document", [{}, {"menu": None}, {"menu": []}, {"errcode": 46003, "errmsg": "menu no exist"}])
def test_what_holds_no_menu_is_none(document: Any) -> None:
    assert read_menu(answer(document)) is None


def test_a_title_without_end_is_shown_in_part() -> None:
    draft = Draft("D", (DraftArticle("长" * 10_000, "A", ""),))
    [mention] = draft_mentions(draft, frozenset())
    assert len(mention.use.where) < 150


@pytest.mark.parametrize("family", ["mmbiz", "mmbiz_png", "mmbiz_jpg", "sz_mmbiz_png", "sz_mmbiz_gif", "mmbiz_svg"])
@pytest.mark.parametrize("size", ["0", "640", "0?wx_fmt=png", "640?wx_fmt=jpeg&amp;from=appmsg", "300"])
def test_the_token_is_what_stands_between_family_and_size(family: str, size: str) -> None:
    url = URL.format(family=family, token="aZ09-_Tok", size=size)
    written = [url, url.replace("https:", "http:"), url.replace("qpic", "qlogo"), url.replace("/", "\\/")]
    for one in written:
        assert [token for _at, token in picture_tokens(f'<i style="url({one})">')] == ["aZ09-_Tok"]


@pytest.mark.parametrize(
    "url",
    ["https://mmbiz.qpic.cn.evil.example/mmbiz/T/0", "https://evil.example/mmbiz/T/0", "https://qpic.cn/mmbiz/T/0"],
)
def test_addresses_of_others_have_no_token(url: str) -> None:
    assert list(picture_tokens(url)) == []


def image(name: str, media_id: str, state: Standing, token: str = "T", paths: tuple[str, ...] = ()) -> UsedMaterial:
    url = URL.format(family="mmbiz_png", token=token, size="0")
    return UsedMaterial(name, MaterialType.IMAGE, media_id, url, state, paths)


def used(materials: list[UsedMaterial], mention: Mention) -> list[str]:
    return [one.media_id or "" for one in with_uses(materials, [mention]) if one.uses]


def test_an_id_says_more_than_a_url_and_a_url_more_than_a_path() -> None:
    use = Use(Holder.DRAFT, "x", Part.COVER)
    held = [
        image("a", "A", Standing.RETIRED, "TA"),
        image("b", "B", Standing.IN_USE, "TB"),
        image("c", "C", Standing.IN_USE, "TC", ("c.png",)),
    ]
    assert used(held, Mention(use, media_id="A", token="TB", path="c.png")) == ["A"]
    assert used(held, Mention(use, media_id="strange", token="TB", path="c.png")) == ["B"]
    assert used(held, Mention(use, media_id="strange", token="strange", path="c.png")) == ["C"]
    assert used(held, Mention(use)) == []


def test_two_names_of_one_material_are_both_used_and_what_is_retired_gives_way() -> None:
    use = Use(Holder.MENU, "x", Part.BUTTON)
    held = [image("a", "A", Standing.IN_USE), image("b", "A", Standing.IN_USE), image("c", "C", Standing.RETIRED)]
    assert used(held, Mention(use, token="T")) == ["A", "A"]
    assert used(held, Mention(use, media_id="C")) == ["C"]


def test_drafts_of_one_title_are_told_apart() -> None:
    drafts = [Draft(name, (DraftArticle("同", "A", ""), DraftArticle("同", "A", ""))) for name in ("D1", "D2")]
    mentions = [mention for one in drafts for mention in draft_mentions(one, frozenset())]
    [found] = with_uses([image("a", "A", Standing.IN_USE)], mentions)
    assert len(found.uses) == 4


def test_a_button_without_a_material_is_no_use() -> None:
    assert list(menu_mentions([Button(("点",)), Button(("看",), url="https://example.com/a.png")])) == []
