"""The page of a library, a plan or a result: text from outside stays text, and nothing is loaded from anywhere."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.nouns import (
    ACCOUNT,
    VIDEO,
    all_done,
    desired_lists,
    forced_names,
    held,
    listed,
    lock_of,
    locks,
    observations,
    retire,
    want,
)
from tests.test_render import GOLDEN, HOSTILE, REFUSAL, golden_plan, golden_report, texts
from wxsync.media import LIBRARY_LIMITS
from wxsync.model import (
    Capacity,
    Desired,
    Drift,
    DriftKind,
    Failure,
    Lock,
    Material,
    MaterialType,
    Outcome,
    Plan,
    Remedy,
    Usage,
)
from wxsync.planner.plan import make_plan
from wxsync.render.html import Preview, View, html, library_view, plan_view, result_view
from wxsync.render.html.labels import both_languages
from wxsync.render.html.page import _prose
from wxsync.render.html.view import MARKS, Order
from wxsync.results import Report, Result
from wxsync.words import visible

PIECES = Path(__file__).parent.parent / "wxsync/render/html"
TAGS = {
    *("html", "head", "meta", "title", "link", "style", "body", "script", "noscript", "header", "main", "section"),
    *("search", "nav", "dialog", "div", "h1", "h2", "h3", "h4", "p", "ul", "li", "a", "b", "br", "span", "bdi", "code"),
    *("del", "ins", "time", "img", "figure", "figcaption", "audio", "video", "label", "meter", "button", "input"),
    *("select", "option", "output"),
}
library = partial(library_view, places=LIBRARY_LIMITS)
PICTURE, VOICE = Preview("image/png", b"picture"), Preview("audio/mpeg", b"voice")


@dataclass
class Parsed(HTMLParser):
    """Holds what a page is made of: its elements with their attributes, its text, and the keys of its words."""

    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    sentences: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append((tag, attributes))
        self.keys += [attributes[name] for name in ("data-t", "data-t-label") if name in attributes]

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1][0] in ("script", "style"):
            return
        self.shown.append(data)
        if self.elements and "data-zh" in self.elements[-1][1]:
            self.sentences.append((data, self.elements[-1][1]["data-zh"]))

    @property
    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        return [(tag, tuple(attributes)) for tag, attributes in self.elements]


def parsed(view: View) -> Parsed:
    page = Parsed()
    page.feed(html(view))
    page.close()
    return page


def view_of(text: str) -> list[View]:
    """Shows a text wherever text from outside can stand."""
    record = replace(
        held("x", kind=VIDEO),
        media_id=text,
        url=text,
        path=f"folder/{text}",
        title=text,
        introduction=text,
        uploaded_at=text,
    )
    change = replace(make_plan([want("x")], None, account=ACCOUNT).changes[0], name=text, reason=text, path=text)
    changed = replace(change, before=record, after=replace(record, size=1))
    drift = (Drift(text, text, DriftKind.GONE), Drift(text, text, DriftKind.UNCLAIMED))
    plan = Plan(text, (change, changed), drift)
    lock = lock_of({text: record}, [replace(retire(text, record), replaced_by=text)])
    failure = Failure(text, text, text, Remedy.FILE, 40113, text)
    results = Result(changed, Outcome.FAILED, error=failure), Result(changed, Outcome.DONE, record)
    shown = {record.sha256: PICTURE}
    return [library(plan, lock, shown), plan_view(plan, shown), result_view(Report(text, results), shown)]


@settings(deadline=None)
@given(texts.map(lambda text: f"{text}<"))
def test_a_text_from_outside_makes_no_element_and_no_attribute(text: str) -> None:
    for hostile, tame in zip(view_of(text), view_of("tame<"), strict=True):
        assert parsed(hostile).shape == parsed(tame).shape


@pytest.mark.parametrize(
    "text", [*HOSTILE, "\"'><b onclick=x>", "</script><script>x", "{{ 7 * 7 }}{% raw %}", "&lt;b&gt;"]
)
def test_a_text_from_outside_is_shown_to_the_letter(text: str) -> None:
    for view in view_of(text):
        shown = "".join(parsed(view).shown)

        assert visible(text) in shown
        assert all(char in "\n\u3000\u200c\u200d" or char.isprintable() for char in shown)
        assert html(view).encode()


def test_prose_keeps_its_lines_and_joined_emoji_but_nothing_that_turns_or_hides() -> None:
    assert _prose("一\n二\u3000三 👩\u200d👧 <b>") == "一\n二\u3000三 👩\u200d👧 &lt;b&gt;"
    assert _prose("a\u202eb\u200bc\r") == "a\\u202eb\\u200bc\\r"


def every_kind() -> list[View]:
    plan = replace(golden_plan(), capacity=Capacity(MappingProxyType({"image": Usage(95_000, 100_000)})))
    nothing = Plan(None, ())
    lock = lock_of({"a": held("a")}, [retire("b", held("b", "b"))])
    previews = {"a" * 64: PICTURE, "b" * 64: VOICE, "d" * 64: Preview("video/mp4", b"film")}
    return [
        library(golden_plan(), lock, previews),
        library(nothing, None, {}),
        plan_view(plan, previews, everything=True),
        plan_view(nothing, {}),
        result_view(golden_report(), previews),
        result_view(Report("", ()), {}),
    ]


@pytest.mark.parametrize("view", every_kind(), ids=lambda view: f"{view.kind}-{len(view.cards)}")
def test_a_page_loads_nothing_and_runs_nothing_but_its_own_script(view: View) -> None:
    page = parsed(view)

    for tag, attributes in page.elements:
        assert tag in TAGS, tag
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "srcset", "action")]
        assert attributes.get("src", "data:").startswith("data:"), attributes
        assert attributes.get("href") in (None, "#list", "data:,")


def test_the_policy_forbids_all_but_data_and_names_the_script_and_the_style_by_their_hash() -> None:
    page = html(every_kind()[0])

    [policy] = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    [style] = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    [script] = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert policy.replace("&#39;", "'").split("; ") == [
        "default-src 'none'",
        "img-src data:",
        "media-src data:",
        f"style-src '{digest(style)}'",
        f"script-src '{digest(script)}'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert page.index("Content-Security-Policy") < page.index("<style>")


def digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def test_the_same_view_is_the_same_page() -> None:
    assert [html(view) for view in every_kind()] == [html(view) for view in every_kind()]


@settings(deadline=None)
@given(desired_lists, locks(), observations, forced_names, st.booleans())
def test_every_word_of_ours_has_its_chinese(
    desired: list[Desired], lock: Lock, observed: list[Material], forced: set[str], refreshed: bool
) -> None:
    gone = [record.media_id for record in lock.records.values() if record.media_id] if refreshed else []
    plan = make_plan(desired, lock, account=ACCOUNT, observed=observed, forced=forced, gone=gone)
    report = Report(ACCOUNT, tuple(all_done(plan)))

    for view in (library(plan, lock, {}), plan_view(plan, {}, everything=True), result_view(report, {})):
        page = parsed(view)
        assert set(page.keys) <= both_languages().keys()
        assert all(re.search(r"[\u4e00-\u9fff]", chinese) for _, chinese in page.sentences), page.sentences
        assert {card.reason for card in view.cards if card.reason} <= {english for english, _ in page.sentences}


def test_every_word_of_a_page_has_its_chinese_and_is_used() -> None:
    source = "".join(file.read_text(encoding="utf-8") for file in PIECES.glob("page.*"))
    words = both_languages()
    assert {key for key, (english, chinese) in words.items() if english == chinese} == set()

    spoken = {key for key in words if not key.startswith(("mark.", "type.", "by.", "before", "after"))}
    assert {key for key in spoken if f'"{key}"' not in source and f"said.{key}" not in source} == set()
    asked = re.findall(r'say\("([a-z.]+)"|\bt\("([a-z.]+)"|data-t(?:-label)?="([a-z.]+)"', source)
    assert {key for keys in asked for key in keys if key and not key.endswith(".")} <= words.keys()


@pytest.mark.parametrize(
    ("seconds", "length"),
    [(0.0, ""), (0.3, "0:01"), (59.4, "0:59"), (59.6, "1:00"), (605, "10:05"), (3_700, "1:01:40")],
)
def test_a_length_is_written_as_players_write_it(seconds: float, length: str) -> None:
    assert Preview("", b"", seconds=seconds).length == length


def test_states_and_orders_have_a_word_each() -> None:
    words = both_languages()

    assert {f"mark.{mark}" for mark in [*MARKS, *DriftKind]} <= words.keys()
    assert {f"type.{kind}" for kind in MaterialType} <= words.keys()
    assert {f"by.{order}" for order in Order} <= words.keys()
    assert words["mark.retired"] == ["retired", "已停用"]
    assert words["type.thumb"] == ["thumb", "缩略图 thumb"]


def test_a_card_can_be_filtered_by_what_is_counted() -> None:
    page = html(plan_view(golden_plan(), {}))

    for kind, attribute in (("mark", "data-marks"), ("type", "data-type")):
        for word, count in re.findall(rf'<button[^>]* data-{kind}="([^"]+)">.*?<b>(\d+)</b>', page):
            found = re.findall(rf'<li class="item[^>]* {attribute}="(?:[^" ]* )*{word}[ "]', page)
            assert len(found) == int(count) > 0, word


def test_states_come_from_the_plan_and_retired_materials_stand_beside_it() -> None:
    lock = lock_of(
        {"same": held("same"), "other": held("other", "b"), "left": held("left", "c")},
        [retire("was", held("was", "d"))],
    )
    plan = make_plan([want("same"), want("other", "e"), want("fresh", "f"), want("twin")], lock, account=ACCOUNT)

    cards = {card.name: card for card in library(plan, lock, {}).cards}

    assert {name: card.marks for name, card in cards.items()} == {
        "same": ("in step",),
        "other": ("replace",),
        "fresh": ("create",),
        "twin": ("share",),
        "left": ("retire",),
        "was": ("retired",),
    }
    [changed] = cards["other"].sides
    assert (changed.record.media_id, changed.record.sha256) == ("id-other-b", "e" * 64), "the id that is in use"


def test_what_is_gone_can_be_found_in_a_plan_by_that_word() -> None:
    lock = lock_of({"a": held("a"), "b": held("b", "b")})
    plan = make_plan([want("a"), want("b", "b")], lock, account=ACCOUNT, gone=["id-a-a"])
    plan = replace(plan, drift=(Drift("a", "id-a-a", DriftKind.GONE),))

    assert [(card.name, card.marks) for card in plan_view(plan, {}).cards] == [("a", ("gone", "replace"))]


def test_a_library_counts_each_id_once_and_no_article_image() -> None:
    shared, article = held("a"), held("c", "c", MaterialType.ARTICLE_IMAGE)
    lock = lock_of({"a": shared, "b": shared, "c": article}, [retire("d", held("d", "d", MaterialType.THUMB))])

    shown = library_view(Plan(ACCOUNT, ()), lock, {}, places={"image": 3, "voice": 1_000, "video": 1_000}).library

    assert shown
    assert shown.shelves == {"Images and thumbs": Usage(2, 3)}


def test_room_is_shown_where_more_than_half_is_taken() -> None:
    lock = lock_of({name: held(name, "ab"[number]) for number, name in enumerate(("a", "b"))})

    def shown(places: int) -> bool:
        limits = {"image": places, "voice": 10, "video": 10}
        return library_view(Plan(ACCOUNT, ()), lock, {}, places=limits).library is not None

    assert [shown(places) for places in (2, 3, 4, 5)] == [True, True, False, False]


def test_what_weighs_most_stands_first_and_a_new_name_is_one_line_at_the_end() -> None:
    lock = lock_of({"a": held("a"), "b": held("b", "b"), "c": held("c", "c")})
    plan = make_plan([want("a", "9"), want("z", "c"), want("y", "8")], lock, account=ACCOUNT)

    cards = plan_view(plan, {}).cards

    assert [(card.name, card.marks, card.is_line) for card in cards] == [
        ("a", ("replace",), False),
        ("b", ("retire",), False),
        ("y", ("create",), False),
        ("z", ("rename",), True),
    ]
    assert [len(card.sides) for card in cards] == [2, 1, 1, 1]
    assert str(cards[-1].reason) == "was c"


def test_a_plan_says_in_its_head_what_happens() -> None:
    plan = make_plan([want("a", "9"), want("y", "8")], lock_of({"a": held("a")}), account=ACCOUNT)

    page = html(plan_view(plan, {}))

    assert "Plan: 1 to create, 1 to replace." in page
    assert "1 个待新建" in page


def test_a_title_that_changes_is_shown_old_and_new() -> None:
    lock = lock_of({"film": held("film", "a", VIDEO)})
    plan = make_plan([want("film", "b", VIDEO)], lock, account=ACCOUNT)

    [card] = plan_view(plan, {}).cards

    assert card.names == ("title a", "title b")
    assert "<del><bdi>title a</bdi></del> → <ins><bdi>title b</bdi></ins>" in html(plan_view(plan, {}))


def test_a_replaced_material_shows_its_old_id_and_its_new_one() -> None:
    plan = make_plan([want("a", "b")], lock_of({"a": held("a")}), account=ACCOUNT)

    [planned] = plan_view(plan, {"a" * 64: PICTURE}).cards
    done = result_view(Report(ACCOUNT, tuple(all_done(plan))), {})

    assert [(side.label, side.record.media_id, side.preview) for side in planned.sides] == [
        ("before", "id-a-a", PICTURE),
        ("after", None, None),
    ]
    assert [side.record.media_id for side in done.cards[0].sides] == ["id-a-a", "new-0"]
    assert "Put each new media_id" in done.advice[0]


def test_a_failure_says_why_and_what_to_do() -> None:
    text = "".join(parsed(result_view(golden_report(), {})).shown)

    for said in (REFUSAL.message, REFUSAL.hint, f"errcode {REFUSAL.errcode}, rid {REFUSAL.rid}"):
        assert said in text


def test_an_adopted_material_is_planned_with_the_id_that_is_there() -> None:
    plan = make_plan([want("a")], None, account=ACCOUNT, observed=[listed(want("a"), "id-found")])

    [card] = plan_view(plan, {}).cards

    assert [side.record.media_id for side in card.sides] == ["id-found"]


@pytest.mark.parametrize(("name", "view"), [("plan.html", plan_view(golden_plan(), {"b" * 64: PICTURE}))])
def test_the_body_of_a_page_looks_as_it_was_agreed_upon(name: str, view: View) -> None:
    page = html(view)

    assert page[page.index("<body") : page.index('<script type="application/json"')] == (GOLDEN / name).read_text(
        encoding="utf-8"
    )
