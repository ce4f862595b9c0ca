"""The page in a real browser: it asks for nothing, complains of nothing, and serves eyes, fingers, keys and readers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from tests.browser import Visit, visiting
from tests.nouns import ACCOUNT, all_done, held, lock_of, retire, want
from tests.project import MEDIA, png
from tests.test_render import HOSTILE
from tests.test_render_html import view_of
from wxsync.media import LIBRARY_LIMITS
from wxsync.model import Drift, DriftKind, MaterialType, Plan, Record
from wxsync.planner import make_plan
from wxsync.render.html import Preview, View, html, library_view, plan_view, result_view
from wxsync.results import Report
from wxsync.words import visible

VOICE, VIDEO = MaterialType.VOICE, MaterialType.VIDEO
PREVIEWS = {
    "a" * 64: Preview("image/png", (MEDIA / "images/logo.png").read_bytes()),
    "b" * 64: Preview("audio/mpeg", (MEDIA / "audio/welcome.mp3").read_bytes()),
    "c" * 64: Preview("video/mp4", (MEDIA / "video/intro.mp4").read_bytes()),
}
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
LONG = "a-rather-long-name-without-any-place-to-break-it-" * 4
EVERY_STATE = {"logo": held("logo"), "welcome.mp3": held("welcome.mp3", "b", VOICE), "left": held("left", "e")}


def library() -> View:
    film = replace(held("产品", "c", VIDEO), title="产品介绍", introduction="三分钟\n了解我们")
    lock = lock_of({**EVERY_STATE, "产品": film, LONG: held(LONG, "d")}, [retire("was", held("was", "f"))])
    wanted = [want("logo"), want("welcome.mp3", "b", VOICE), want("fresh", "9"), want(LONG, "8")]
    return library_view(make_plan(wanted, lock, account=ACCOUNT), lock, PREVIEWS, places=LIBRARY_LIMITS)


def plan() -> Plan:
    lock = lock_of(EVERY_STATE)
    wanted = [want("logo", "9"), want("welcome.mp3", "b", VOICE), want("twin")]
    return replace(
        make_plan(wanted, lock, account=ACCOUNT, gone=["id-welcome.mp3-b"]),
        drift=(Drift("welcome.mp3", "id-welcome.mp3-b", DriftKind.GONE),),
    )


VIEWS: dict[str, Callable[[], View]] = {
    "library": library,
    "empty library": lambda: library_view(Plan(None, ()), None, {}, places=LIBRARY_LIMITS),
    "plan": lambda: plan_view(plan(), PREVIEWS),
    "result": lambda: result_view(Report(ACCOUNT, tuple(all_done(plan()))), PREVIEWS),
}


def written(tmp_path: Path, view: View) -> Path:
    file = tmp_path / "page.html"
    file.write_text(html(view), encoding="utf-8")
    return file


@pytest.fixture
def visit(browser: Browser, tmp_path: Path) -> Iterator[Visit]:
    with visiting(browser, written(tmp_path, library())) as opened:
        yield opened


@pytest.fixture
def page(visit: Visit) -> Page:
    return visit.page


def names(page: Page) -> list[str]:
    return page.locator(".card:visible h3").all_text_contents()


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_page_asks_for_nothing_and_complains_of_nothing(
    browser: Browser, tmp_path: Path, name: str, script: bool
) -> None:
    file = written(tmp_path, VIEWS[name]())

    with visiting(browser, file, java_script_enabled=script, offline=True) as visit:
        for one in visit.page.locator("button:visible").all()[:4]:
            one.click()
        visit.page.wait_for_load_state("networkidle")

        assert [url for url in visit.asked if not url.startswith("data:")] == [file.as_uri()]
        assert visit.said == []


@pytest.mark.parametrize("kind", [0, 1, 2], ids=["library", "plan", "result"])
def test_hostile_names_stay_text(browser: Browser, tmp_path: Path, kind: int) -> None:
    markup = ["</script><script>alert(1)</script>", '"><img src=//x onerror=alert(1)>', "javascript:alert(1)"]
    views = [view_of(text)[kind] for text in [*HOSTILE, *markup]]
    view = replace(views[-1], cards=tuple(card for view in views for card in view.cards))
    file = written(tmp_path, view)

    with visiting(browser, file) as visit:
        visit.page.on("dialog", lambda dialog: pytest.fail(f"the page said {dialog.message}"))
        visit.page.locator("#language").click()

        assert names(visit.page) == [visible(card.name) for card in view.cards]
        assert [url for url in visit.asked if not url.startswith("data:")] == [file.as_uri()]
        assert visit.said == []
        assert visit.page.locator("main script, main [onerror], main a, main iframe").count() == 0


def test_pictures_and_players_are_in_the_page(page: Page) -> None:
    picture, film = page.locator(".card img").first, page.locator("video")

    assert page.locator(".card:has-text('logo') img").count() == 1
    assert picture.evaluate("one => one.decode().then(() => one.naturalWidth)") == 192
    assert page.locator("audio").count() == 1
    film.scroll_into_view_if_needed()
    assert film.evaluate("one => one.error") is None


def test_search_finds_by_name_id_and_title_and_tells_how_many(page: Page) -> None:
    search = page.get_by_role("searchbox")

    for words, found in (
        ("WELCOME", ["welcome.mp3"]),
        ("id-logo-a", ["logo"]),
        ("产品 三分钟", ["产品"]),
        ("copy", []),
    ):
        search.fill(words)
        assert names(page) == found, words
        expect(page.get_by_role("status")).to_have_text(f"{len(found)} of 7 shown")

    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    page.get_by_role("button", name="Show everything").click()
    assert len(names(page)) == 7
    expect(search).to_be_focused()


def test_filters_by_state_and_type_narrow_the_list_together(page: Page) -> None:
    states, types = page.get_by_role("group", name="State"), page.get_by_role("group", name="Type")

    states.get_by_role("button", name="retired 3").click()
    assert names(page) == ["left", "was", "产品"]
    types.get_by_role("button", name="video 1").click()
    assert names(page) == ["产品"]
    states.get_by_role("button", name="retired 3").click()
    states.get_by_role("button", name="new 1").click()
    assert names(page) == []
    types.get_by_role("button", name="video 1").click()
    assert names(page) == ["fresh"]
    assert states.get_by_role("button", name="new 1").get_attribute("aria-pressed") == "true"


def test_copying_puts_the_id_or_the_url_on_the_clipboard(browser: Browser, tmp_path: Path) -> None:
    file = written(tmp_path, library())
    with visiting(browser, file, permissions=["clipboard-read", "clipboard-write"]) as visit:
        card = visit.page.locator(".card", has=visit.page.get_by_role("heading", name="logo"))
        for label, value in (("media_id", "id-logo-a"), ("url", "https://mmbiz.qpic.cn/id-logo-a")):
            button = card.get_by_role("button", name=f"Copy {label}")
            button.click()
            expect(card.get_by_role("button", name=f"Copied {label}")).to_be_visible()
            assert visit.page.evaluate("navigator.clipboard.readText()") == value
            expect(button).to_be_visible()


def test_copying_works_where_a_page_came_over_plain_http(browser: Browser, tmp_path: Path) -> None:
    file = written(tmp_path, library())
    with visiting(browser, file, permissions=["clipboard-read"]) as visit:
        visit.page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined, configurable: true})")
        visit.page.get_by_role("button", name="Copy media_id").first.click()

        expect(visit.page.get_by_role("button", name="Copied media_id")).to_be_visible()
        visit.page.evaluate("delete navigator.clipboard")
        assert visit.page.evaluate("navigator.clipboard.readText()").startswith("id-")


@pytest.mark.parametrize(
    ("locale", "heading", "other"),
    [
        ("zh-CN", "素材", "English"),
        ("zh-TW", "素材", "English"),
        ("en-US", "Materials", "中文"),
        ("fr", "Materials", "中文"),
    ],
)
def test_the_page_speaks_the_language_of_the_browser_and_can_be_told_another(
    browser: Browser, tmp_path: Path, locale: str, heading: str, other: str
) -> None:
    with visiting(browser, written(tmp_path, library()), locale=locale) as visit:
        page = visit.page
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        assert page.locator("html").get_attribute("lang") == ("zh-CN" if heading == "素材" else "en")
        page.get_by_role("button", name=other, exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text({"素材": "Materials", "Materials": "素材"}[heading])
        page.locator("#language").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)


def test_in_chinese_no_word_of_ours_stays_english(browser: Browser, tmp_path: Path) -> None:
    for view in VIEWS.values():
        with visiting(browser, written(tmp_path, view()), locale="zh-CN") as visit:
            words = visit.page.locator("[data-t]").evaluate_all("all => all.map((one) => one.textContent)")
            labels = visit.page.locator("[data-t-label]").evaluate_all("all => all.map((one) => one.ariaLabel)")
            assert [one for one in words + labels if not re.search(r"[\u4e00-\u9fff]", one)] == []


def test_light_and_dark_follow_the_system(browser: Browser, tmp_path: Path) -> None:
    shades = []
    for scheme in ("light", "dark"):
        with visiting(browser, written(tmp_path, library()), color_scheme=scheme) as visit:
            colour = visit.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
            shades.append(sum(map(int, re.findall(r"\d+", colour))))

    assert shades[0] > 600 > 150 > shades[1]


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("width", [320, 360, 768])
def test_nothing_is_wider_than_the_screen(browser: Browser, tmp_path: Path, name: str, width: int) -> None:
    options = PHONE | {"viewport": {"width": width, "height": 740}}
    with visiting(browser, written(tmp_path, VIEWS[name]()), **options) as visit:
        assert visit.page.evaluate("document.documentElement.scrollWidth") == width


def test_without_a_script_the_page_is_a_list_to_read(browser: Browser, tmp_path: Path) -> None:
    with visiting(browser, written(tmp_path, library()), java_script_enabled=False) as visit:
        assert len(names(visit.page)) == 7
        assert visit.page.locator("code:visible", has_text="id-logo-a").count() == 2
        assert visit.page.locator("button:visible, input:visible").count() == 0


def test_all_can_be_done_with_keys_alone(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Go to the list")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#language")).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid", "focus can be seen"
    page.keyboard.press("Tab")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("logo/")
    assert names(page) == []
    page.keyboard.press("Escape")
    assert len(names(page)) == 7
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert names(page) == ["fresh"]
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_checker_of_accessibility_finds_nothing(browser: Browser, tmp_path: Path, name: str, scheme: str) -> None:
    for options in ({}, PHONE):
        with visiting(browser, written(tmp_path, VIEWS[name]()), color_scheme=scheme, **options) as visit:
            found = Axe().run(visit.page).response["violations"]
            assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


def test_a_screen_reader_hears_landmarks_headings_and_names(page: Page) -> None:
    for role in ("banner", "main", "search"):
        assert page.get_by_role(role).count() == 1, role
    assert page.get_by_role("heading", level=3).count() == page.get_by_role("listitem").count() == 7
    assert page.get_by_role("meter", name="Voices").get_attribute("value") == "1"
    for button in page.get_by_role("button").all():
        assert button.inner_text().strip()


def test_on_paper_there_is_the_list_and_nothing_to_press(page: Page) -> None:
    page.emulate_media(media="print")

    assert len(names(page)) == 7
    assert page.locator("button:visible, input:visible, audio:visible").count() == 0


def test_of_thousands_of_materials_only_those_in_sight_are_drawn(browser: Browser, tmp_path: Path) -> None:
    records = {f"{number:04}.png": _record(number) for number in range(3_000)}
    wanted = [replace(want(name), sha256=record.sha256) for name, record in records.items()]
    lock = lock_of(records)
    pictures = {record.sha256: Preview("image/png", png(name)) for name, record in records.items()}
    view = library_view(make_plan(wanted, lock, account=ACCOUNT), lock, pictures, places=LIBRARY_LIMITS)

    with visiting(browser, written(tmp_path, view)) as visit:
        page = visit.page
        drawn = (
            "all => all.filter((one) => one.firstElementChild.checkVisibility({contentVisibilityAuto: true})).length"
        )
        assert page.locator(".card").count() == 3_000
        assert 0 < page.locator(".card").evaluate_all(drawn) < 40
        page.evaluate("""() => new Promise((settled) => {
            scrollTo(0, document.documentElement.scrollHeight / 2);
            requestAnimationFrame(() => requestAnimationFrame(settled));
        })""")
        assert 0 < page.locator(".card").evaluate_all(drawn) < 80
        assert page.locator(".card").first.evaluate("one => one.getBoundingClientRect().bottom") < -10_000
        page.get_by_role("searchbox").fill("2999")
        assert names(page) == ["2999.png"]


def _record(number: int) -> Record:
    name = f"{number:04}.png"
    return replace(held(name), media_id=f"id-{number}", sha256=hashlib.sha256(name.encode()).hexdigest())
