"""The page in a real browser: it asks for nothing, complains of nothing, and serves eyes, fingers, keys and readers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from msgspec.structs import replace
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import Visit, visiting
from tests.nouns import ACCOUNT, all_done, held, lock_of, retire, want
from tests.project import MEDIA, Project, png
from tests.test_render import HOSTILE
from tests.test_render_html import view_of
from tests.test_stories_report import MIB, padded, wave
from wxsync.media import LIBRARY_LIMITS
from wxsync.model import Drift, DriftKind, MaterialType, Plan, Record
from wxsync.planner.plan import make_plan
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
    return page.locator(".item:visible h3").all_text_contents()


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

        assert sorted(visit.page.locator(".item h3").all_text_contents()) == sorted(
            visible(card.name) for card in view.cards
        )
        assert [url for url in visit.asked if not url.startswith("data:")] == [file.as_uri()]
        assert visit.said == []
        assert visit.page.locator("main script, main [onerror], main a, main iframe").count() == 0


def test_pictures_and_players_are_in_the_page(page: Page) -> None:
    picture, film = page.locator(".item img").first, page.locator("video")

    assert page.locator(".item:has-text('logo') img").count() == 1
    assert picture.evaluate("one => one.decode().then(() => one.naturalWidth)") == 192
    assert page.locator("audio").count() == 1
    film.scroll_into_view_if_needed()
    assert film.evaluate("one => one.error") is None


@pytest.fixture
def recordings(offline: Project) -> Path:
    """A page with a film of three megabytes, a voice of one and a half, one film too many, and a voice in AMR."""
    film = (MEDIA / "video/intro.mp4").read_bytes()
    offline.add("介绍.mp4", padded(film, 3 * MIB))
    offline.add("开场白.wav", wave((MEDIA / "voices/pcm.wav").read_bytes(), 3 * MIB // 2))
    for name in ("one.mp4", "two.mp4"):
        offline.add(name, padded(film + name.encode(), 8 * MIB))
    offline.sample("voices/narrow.amr", "电话.amr")
    films = "".join(f"  - {{path: {name}, type: video, title: t}}\n" for name in ("介绍.mp4", "one.mp4", "two.mp4"))
    offline.manifest(f"materials:\n{films}  - {{path: 开场白.wav, type: voice}}\n  - {{path: 电话.amr, type: voice}}\n")
    file = offline.root / "page.html"
    assert offline.run("report", "-o", str(file)).code == 0
    return file


def tile(page: Page, name: str) -> Locator:
    return page.locator("#drawn .item").filter(has=page.get_by_role("heading", name=name, exact=True))


@pytest.mark.parametrize("options", [{}, PHONE], ids=["desk", "phone"])
def test_a_voice_and_a_video_have_their_length_and_play(
    browser: Browser, recordings: Path, options: dict[str, Any]
) -> None:
    with visiting(browser, recordings, **options) as visit:
        page = visit.page
        for name, length in (("介绍.mp4", "0:02"), ("one.mp4", "0:02"), ("开场白.wav", "0:36"), ("电话.amr", "0:01")):
            expect(tile(page, name).locator(".measures")).to_contain_text(length)
        for name, seconds in (("介绍.mp4", 2.4), ("开场白.wav", 35.6)):
            player = tile(page, name).locator("audio, video")
            player.scroll_into_view_if_needed()
            played = player.evaluate(
                "async (one) => { one.muted = true; await one.play(); one.pause(); return [one.duration, one.error]; }"
            )
            assert played == [pytest.approx(seconds, abs=0.1), None]
        expect(tile(page, "one.mp4").locator("video")).to_have_count(1)
        expect(tile(page, "two.mp4").locator("video")).to_have_count(0)
        expect(tile(page, "two.mp4")).to_contain_text("left out to keep this page small")
        expect(tile(page, "电话.amr")).to_contain_text("browsers do not play this format")
        assert Axe().run(page).response["violations"] == []
        assert page.evaluate("document.documentElement.scrollWidth") == page.viewport_size["width"]  # type: ignore[index]
        page.locator("#language").click()
        expect(tile(page, "two.mp4")).to_contain_text("未放入此网页，以免网页过大")
        tile(page, "two.mp4").locator(".open").click()
        expect(page.get_by_role("dialog").locator(".length")).to_have_text("0:02")
        assert Axe().run(page).response["violations"] == []
        assert visit.said == []


def test_search_finds_by_name_id_and_title_and_tells_how_many(page: Page) -> None:
    search = page.get_by_role("searchbox")

    for words, found in (
        ("WELCOME", ["welcome.mp3"]),
        ("id-logo-a", ["logo"]),
        ("产品 三分钟", ["产品"]),
        ("copy", []),
        ("sha256", []),
    ):
        search.fill(words)
        assert names(page) == found, words
        expect(page.locator("#count")).to_have_text(f"{len(found)} of 7 shown")

    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    page.get_by_role("button", name="Show everything").click()
    assert len(names(page)) == 7
    expect(search).to_be_focused()


def test_chips_narrow_the_list_together_and_count_what_each_of_them_would_show(page: Page) -> None:
    states, types = page.get_by_role("group", name="State"), page.get_by_role("group", name="Type")

    states.get_by_role("button", name="retire 2").click()
    assert names(page) == ["left", "产品"]
    expect(types.get_by_role("button", name="video 1")).to_be_visible()
    expect(types.get_by_role("button", name="voice 0")).to_be_visible()
    types.get_by_role("button", name="video 1").click()
    assert names(page) == ["产品"]
    expect(states.get_by_role("button", name="retire 1")).to_be_visible()
    expect(states.get_by_role("button", name="in step 0")).to_be_visible()
    states.get_by_role("button", name="retire 1").click()
    states.get_by_role("button", name="create 0").click()
    assert names(page) == []
    types.get_by_role("button", name="video 0").click()
    assert names(page) == ["fresh"]
    assert states.get_by_role("button", name="create 1").get_attribute("aria-pressed") == "true"


def test_the_counts_of_chips_follow_the_search(page: Page) -> None:
    page.get_by_role("searchbox").fill("welcome")

    expect(page.get_by_role("button", name="voice 1")).to_be_visible()
    expect(page.get_by_role("button", name="image 0")).to_be_visible()


def test_what_is_seen_stands_in_the_address_and_can_be_sent(browser: Browser, tmp_path: Path) -> None:
    file = written(tmp_path, library())
    with visiting(browser, file) as visit:
        page = visit.page
        page.get_by_role("searchbox").fill("id-")
        page.get_by_role("button", name="image 4").click()
        page.get_by_role("combobox", name="Sort by").select_option("name")
        page.get_by_role("button", name="List", exact=True).click()
        expect(page).to_have_url(re.compile("view=list"))
        address, seen = page.url, names(page)
    with visiting(browser, file) as visit:
        visit.page.goto(address)
        visit.page.reload()
        assert names(visit.page) == seen
        assert len(seen) == 4
        expect(visit.page.get_by_role("button", name="image 4")).to_have_attribute("aria-pressed", "true")
        assert visit.page.locator("#drawn").get_attribute("class") == "list"
        visit.page.goto(f"{file.as_uri()}#q=logo")
        expect(visit.page.locator("#count")).to_have_text("1 of 7 shown")


# Whoever types and follows a link at once: what was typed is due before the browser tells of the link.
HASTY = """() => {
    const search = document.querySelector("#search");
    search.value = "id-";
    search.dispatchEvent(new Event("input", {bubbles: true}));
    setTimeout(() => (location.hash = "q=logo"), 10);
    const due = performance.now() + 150;
    while (performance.now() < due);
}"""


def test_an_address_that_is_gone_to_is_never_written_over(browser: Browser, tmp_path: Path) -> None:
    with visiting(browser, written(tmp_path, library())) as visit:
        for _ in range(5):
            visit.page.evaluate(HASTY)
            visit.page.wait_for_timeout(200)
            assert visit.page.url.endswith("#q=logo")
            expect(visit.page.locator("#count")).to_have_text("1 of 7 shown")
            visit.page.evaluate("location.hash = ''")


@pytest.mark.parametrize(
    "hash_",
    [
        "q=%E0%A4%A",
        "state=nonsense&type=%22%5D",
        "sort=__proto__&view=<b>&page=-9e99",
        "page=99&open=nobody",
        "folder=/no",
        "=",
    ],
)
def test_an_address_from_anybody_shows_a_page_all_the_same(browser: Browser, tmp_path: Path, hash_: str) -> None:
    file = written(tmp_path, library())
    with visiting(browser, file) as visit:
        visit.page.goto(f"{file.as_uri()}#{hash_}")
        visit.page.reload()

        expect(visit.page.locator("#count")).to_have_text(re.compile(r"^\d of 7 shown$"))
        assert visit.said == []


def test_a_library_is_sorted_by_name_date_and_size_and_grouped_by_folder(browser: Browser, tmp_path: Path) -> None:
    records = {
        "b/图10.png": replace(held("b/图10.png"), uploaded_at="2026-01-02T00:00:00Z", size=5),
        "b/图9.png": replace(held("b/图9.png", "b"), uploaded_at="2026-01-03T00:00:00Z", size=7),
        "a/z.png": replace(held("a/z.png", "c"), uploaded_at="2026-01-01T00:00:00Z", size=6),
    }
    wanted = [replace(want(name, one.sha256[0]), size=one.size) for name, one in records.items()]
    view = library_view(
        make_plan(wanted, lock_of(records), account=ACCOUNT), lock_of(records), {}, places=LIBRARY_LIMITS
    )

    with visiting(browser, written(tmp_path, view)) as visit:
        page = visit.page
        assert page.locator("#drawn h2").all_text_contents() == ["a 1", "b 2"]
        for order, found in (
            ("name", ["a/z.png", "b/图9.png", "b/图10.png"]),
            ("date", ["b/图9.png", "b/图10.png", "a/z.png"]),
            ("size", ["b/图9.png", "a/z.png", "b/图10.png"]),
        ):
            page.get_by_role("combobox", name="Sort by").select_option(order)
            assert names(page) == found
        page.get_by_role("combobox", name="Folder").select_option("a")
        assert names(page) == ["a/z.png"]


def test_a_picture_opens_large_with_all_that_is_known_of_it(browser: Browser, tmp_path: Path) -> None:
    with visiting(browser, written(tmp_path, library()), timezone_id="Asia/Shanghai") as visit:
        page, large = visit.page, visit.page.get_by_role("dialog")
        page.get_by_role("button", name="Open logo").click()
        expect(large).to_be_visible()
        expect(large).to_have_accessible_name("logo")
        expect(large.get_by_role("button", name="Copy media_id of logo")).to_be_visible()
        expect(large.get_by_role("button", name="Copy url of logo")).to_be_visible()
        expect(large.locator("time")).to_have_text(re.compile("6:00"))
        assert Axe().run(page).response["violations"] == []
        large.get_by_role("button", name="Next").click()
        expect(large).to_have_accessible_name("was")
        page.keyboard.press("ArrowLeft")
        expect(large).to_have_accessible_name("logo")
        page.keyboard.press("Escape")
        expect(large).to_be_hidden()
        expect(page.get_by_role("button", name="Open logo")).to_be_focused()


def picture(width: int, height: int) -> bytes:
    out = BytesIO()
    Image.new("RGB", (width, height), (40, 120, 200)).save(out, "PNG")
    return out.getvalue()


def test_a_picture_that_opens_is_as_large_as_the_page_has_it_and_tells_its_size(
    browser: Browser, offline: Project
) -> None:
    for name, size in (("large.png", (2_400, 1_800)), ("small.png", (300, 200))):
        offline.add(name, picture(*size))
    offline.manifest("materials:\n  - {path: '*.png', type: image}\n")
    file = offline.root / "page.html"
    assert offline.run("report", "-o", str(file)).code == 0

    with visiting(browser, file, viewport={"width": 1_400, "height": 1_800}) as visit:
        large = visit.page.get_by_role("dialog")
        visit.page.get_by_role("button", name="Open large.png").click()
        expect(large.get_by_text("in this page 1280 × 960")).to_be_visible()
        expect(large.get_by_text("2400 × 1800")).to_be_visible()
        assert large.locator("img").bounding_box()["width"] > 1_000  # type: ignore[index]
        assert Axe().run(visit.page).response["violations"] == []
        large.get_by_role("button", name="Next").click()
        expect(large.get_by_text("300 × 200")).to_be_visible()
        assert large.locator("img").bounding_box()["width"] == 300, "and is not blown up"  # type: ignore[index]
        expect(large.get_by_text("in this page")).to_have_count(0)


def test_what_has_one_name_is_told_apart(browser: Browser, tmp_path: Path) -> None:
    step = replace(held("step", "7", MaterialType.ARTICLE_IMAGE), media_id=None)
    old = [retire("logo", held("logo", "5")), retire("logo", held("logo", "6")), retire("step", step)]
    records = {"logo": held("logo"), "step": replace(step, sha256="8" * 64)}
    wanted = [want("logo"), want("step", "8", MaterialType.ARTICLE_IMAGE)]
    lock = lock_of(records, old)
    view = library_view(make_plan(wanted, lock, account=ACCOUNT), lock, {}, places=LIBRARY_LIMITS)
    file = written(tmp_path, view)

    with visiting(browser, file) as visit:
        page = visit.page
        for shown in ("Gallery", "List"):
            page.get_by_role("button", name=shown, exact=True).click()
            for selector in ("button", ".pick"):
                buttons = page.locator(f"main {selector}:visible")
                called = buttons.evaluate_all("all => all.map((one) => one.ariaLabel || one.textContent)")
                assert len(called) == len(set(called)), called
        expect(page.get_by_role("button", name="Open logo", exact=True)).to_have_count(1)
        expect(page.get_by_role("button", name="Open step, retired, sha256 777777777777", exact=True)).to_have_count(1)
        page.get_by_role("button", name="Open logo, retired, …logo-6", exact=True).click()
        expect(page.get_by_role("dialog").get_by_text("id-logo-6", exact=True)).to_be_visible()
        expect(page).to_have_url(re.compile("open=logo"))
        address = page.url
    with visiting(browser, file, locale="zh-CN") as visit:
        visit.page.goto(address)
        visit.page.reload()
        expect(visit.page.get_by_role("dialog").get_by_text("id-logo-6", exact=True)).to_be_visible()
        expect(visit.page.get_by_role("button", name="，已停用，…logo-6").first).to_be_attached()


def test_what_was_before_is_copied_under_another_name_than_what_is_after(browser: Browser, tmp_path: Path) -> None:
    view = VIEWS["result"]()
    with visiting(browser, written(tmp_path, view)) as visit:
        visit.page.get_by_role("button", name="List", exact=True).click()
        called = visit.page.locator(".copy:visible").evaluate_all("all => all.map((one) => one.ariaLabel)")
        assert {"Copy media_id of logo, before", "Copy media_id of logo, after"} <= set(called)
        assert len(called) == len(set(called))


def test_copying_puts_the_id_or_the_url_on_the_clipboard(browser: Browser, tmp_path: Path) -> None:
    file = written(tmp_path, library())
    with visiting(browser, file, permissions=["clipboard-read", "clipboard-write"]) as visit:
        page = visit.page
        page.get_by_role("button", name="List", exact=True).click()
        for label, value in (("media_id", "id-logo-a"), ("url", "https://mmbiz.qpic.cn/id-logo-a")):
            page.get_by_role("button", name=f"Copy {label} of logo").click()
            expect(page.get_by_role("button", name=f"Copied {label} of logo")).to_be_visible()
            assert page.evaluate("navigator.clipboard.readText()") == value
            expect(page.get_by_role("button", name=f"Copy {label} of logo")).to_be_visible()


def test_copying_works_where_a_page_came_over_plain_http(browser: Browser, tmp_path: Path) -> None:
    file = written(tmp_path, library())
    with visiting(browser, file, permissions=["clipboard-read"]) as visit:
        visit.page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined, configurable: true})")
        visit.page.get_by_role("button", name="Open logo").click()
        visit.page.get_by_role("dialog").get_by_role("button", name="Copy media_id").click()

        expect(visit.page.get_by_role("button", name="Copied media_id of logo")).to_be_visible()
        visit.page.evaluate("delete navigator.clipboard")
        assert visit.page.evaluate("navigator.clipboard.readText()") == "id-logo-a"


def test_many_are_selected_and_copied_at_once(browser: Browser, tmp_path: Path) -> None:
    file = written(tmp_path, library())
    with visiting(browser, file, permissions=["clipboard-read", "clipboard-write"]) as visit:
        page = visit.page
        page.get_by_role("checkbox", name="Select logo").check()
        page.get_by_role("searchbox").fill("welcome")
        page.get_by_role("checkbox", name="Select welcome.mp3").check()
        expect(page.locator("#selected")).to_have_text("2 selected")
        page.get_by_role("button", name="Copy media_ids").click()
        expect(page.locator("#chosen").get_by_role("button", name="Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == "id-logo-a\nid-welcome.mp3-b"
        expect(page.get_by_role("button", name="Copy media_ids")).to_be_visible()
        page.get_by_role("button", name="Copy urls").click()
        expect(page.locator("#chosen").get_by_role("button", name="Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()").startswith("https://")
        page.get_by_role("button", name="Clear").click()
        expect(page.locator("#chosen")).to_be_hidden()
        page.get_by_role("searchbox").fill("")
        expect(page.get_by_role("checkbox", name="Select logo")).not_to_be_checked()


def test_a_plan_shows_by_weight_what_changes_and_folds_new_names(browser: Browser, tmp_path: Path) -> None:
    lock = lock_of({**EVERY_STATE, "old name": held("old name", "c")})
    wanted = [want("logo", "9"), want("welcome.mp3", "b", VOICE), want("fresh", "8"), want("new name", "c")]
    view = plan_view(make_plan(wanted, lock, account=ACCOUNT), PREVIEWS)

    with visiting(browser, written(tmp_path, view)) as visit:
        page = visit.page
        assert page.locator("#drawn h2").all_text_contents() == ["replace 1", "retire 1", "create 1", "rename 1"]
        assert (
            page.locator(".lead").text_content()
            == "Plan: 1 to create, 1 to replace, 1 to rename, 1 to retire, 1 in step."
        )
        assert names(page) == ["logo", "left", "fresh"]
        page.get_by_role("heading", name="rename").click()
        assert names(page) == ["logo", "left", "fresh", "new name"]
        expect(page.get_by_text("was old name")).to_be_visible()
        assert page.locator(".line").bounding_box()["height"] < 80  # type: ignore[index]
        captions = page.locator(".pair figcaption").all_text_contents()
        assert captions == ["before", "after"]


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
            words = visit.page.locator("[data-t], [data-zh]").evaluate_all("all => all.map((one) => one.textContent)")
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
        assert visit.page.locator("button:visible, input:visible, select:visible").count() == 0
        assert visit.page.locator("img").first.evaluate("one => one.naturalWidth") > 0


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
    assert names(page) == [LONG], "the first chip is of what is replaced"
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Open logo").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()


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
    called = [button.get_attribute("aria-label") or button.inner_text() for button in page.get_by_role("button").all()]
    assert all(name.strip() for name in called)
    assert len(called) == len(set(called)), "each tells what it is of"


def test_on_paper_there_is_the_list_and_nothing_to_press(page: Page) -> None:
    page.emulate_media(media="print")

    assert len(names(page)) == 7
    assert page.locator(".copy:visible, input:visible, audio:visible, select:visible").count() == 0


def test_of_thousands_of_materials_one_page_is_drawn_and_all_are_found(browser: Browser, tmp_path: Path) -> None:
    records = {f"{number:04}.png": _record(number) for number in range(3_000)}
    wanted = [replace(want(name), sha256=record.sha256) for name, record in records.items()]
    lock = lock_of(records)
    pictures = {record.sha256: Preview("image/png", png(name)) for name, record in records.items()}
    view = library_view(make_plan(wanted, lock, account=ACCOUNT), lock, pictures, places=LIBRARY_LIMITS)

    with visiting(browser, written(tmp_path, view)) as visit:
        page = visit.page
        assert page.locator(".item").count() == 200
        expect(page.locator("#page")).to_have_text("Page 1 of 15")
        page.get_by_role("button", name="Next").click()
        assert names(page)[0] == "0200.png"
        expect(page).to_have_url(re.compile("#page=2$"))
        page.get_by_role("searchbox").fill("2999")
        assert names(page) == ["2999.png"]
        expect(page.locator("#pages")).to_be_hidden()
        page.get_by_role("checkbox", name="Select 2999.png").check()
        page.get_by_role("searchbox").fill("")
        page.get_by_role("button", name="Select all that are shown").click()
        expect(page.locator("#selected")).to_have_text("3,000 selected")


def test_a_heading_counts_its_whole_folder_and_stands_on_every_page_of_it(browser: Browser, tmp_path: Path) -> None:
    wanted = [want(name) for name in (*(f"a/{number:03}.png" for number in range(250)), "b/1.png")]
    view = library_view(make_plan(wanted, None, account=ACCOUNT), None, {}, places=LIBRARY_LIMITS)

    with visiting(browser, written(tmp_path, view)) as visit:
        assert visit.page.locator("#drawn h2").all_text_contents() == ["a 250"]
        visit.page.get_by_role("button", name="Next").click()
        assert visit.page.locator("#drawn h2").all_text_contents() == ["a 250", "b 1"]
        assert len(names(visit.page)) == 51


def _record(number: int) -> Record:
    name = f"{number:04}.png"
    return replace(held(name), media_id=f"id-{number}", sha256=hashlib.sha256(name.encode()).hexdigest())
