"""Plans and results as text: they come back as they were saved, and text from outside stays text in every format."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from msgspec.structs import replace

from tests.nouns import (
    ACCOUNT,
    ARTICLE,
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
from wxsync.errors import InvalidInput
from wxsync.export import FORMATS
from wxsync.formats import ExportFormat, PageFormat
from wxsync.model import (
    Action,
    Desired,
    Drift,
    DriftKind,
    Failure,
    Location,
    Lock,
    Material,
    Outcome,
    Plan,
    Problem,
    Remedy,
    Severity,
)
from wxsync.planner.plan import make_plan
from wxsync.reasons import recognized
from wxsync.render.documents import plan_text, problems_text, read_document, report_text
from wxsync.render.markdown import LIMIT, markdown
from wxsync.render.printers import PRINTERS
from wxsync.render.problems import render_problems
from wxsync.render.rows import Page, plan_page, report_page
from wxsync.render.terminal import terminal
from wxsync.results import Report, Result
from wxsync.schemas import violations
from wxsync.words import Language, counted, https, human_size, say, visible, width

GOLDEN = Path(__file__).parent / "golden"
REFUSAL = Failure("bad-format", "the format is not taken · 不支持该格式", "save it as PNG", Remedy.FILE, 40113, "rid-1")
failures = st.none() | st.builds(
    Failure,
    st.text(),
    st.text(),
    st.text(),
    st.sampled_from(Remedy),
    st.none() | st.integers(-1, 99999),
    st.none() | st.text(),
)
HOSTILE = [
    "\x1b[2J\x1b[31mred",
    "a\rb",
    "two\nlines",
    "::error file=a::pwned",
    "  ::stop-commands::x",
    "picture ##[add-matcher]x.png",
    "###[error]x",
    "\u202egnp.exe",
    "\u2066isolated\u2069",
    "zero\u200bwidth\ufeff",
    "line\u2028separator\x85",
    "<script>alert(1)</script>",
    "<img src=x onerror=y>&amp;",
    "|cell|\\|",
    "`code` **bold** _it_ ~~x~~",
    "[link](http://evil.example) ![i](http://evil.example)",
    "# heading",
    "@everyone #1",
    "\x00\x07\x08\x7f",
    "\ud800 half",
]
texts = st.text(min_size=1) | st.sampled_from(HOSTILE).filter(lambda text: "\ud800" not in text)


def read_plan(text: str) -> Plan:
    plan = read_document(text.encode(), shown_as="plan.json")
    assert isinstance(plan, Plan)
    return plan


@settings(deadline=None)
@given(desired_lists, locks(), observations, forced_names)
def test_a_saved_plan_gives_its_reasons_in_chinese_as_a_new_one_does(
    desired: list[Desired], lock: Lock, observed: list[Material], forced: set[str]
) -> None:
    plan = make_plan(desired, lock, account=ACCOUNT, observed=observed, forced=forced, gone=["id-a"])

    again = read_plan(plan_text(plan, everything=True))

    said = [(change.reason, say(change.reason, Language.CHINESE)) for change in plan.changes]
    assert [(change.reason, say(change.reason, Language.CHINESE)) for change in again.changes] == said


def test_a_reason_that_another_version_gave_stays_as_it_was_said() -> None:
    for said in ("", "moved", "type changed and more", "was", "{what} changed", "was {name}"):
        assert say(recognized(said), Language.ENGLISH) == said
    assert say(recognized("was {name}"), Language.CHINESE) == "原名 {name}"
    assert say(recognized("moved"), Language.CHINESE) == "moved"


def read_report(text: str) -> Report:
    report = read_document(text.encode(), shown_as="result.json")
    assert isinstance(report, Report)
    return report


@settings(deadline=None)
@given(desired_lists, locks(), observations, forced_names, st.none() | st.just(ACCOUNT), st.lists(texts, max_size=2))
def test_a_saved_plan_comes_back_as_it_was(
    desired: list[Desired],
    lock: Lock,
    observed: list[Material],
    forced: set[str],
    account: str | None,
    lost: list[str],
) -> None:
    plan = make_plan(desired, lock, account=account, observed=observed, forced=forced)
    plan = replace(plan, drift=tuple(Drift(name, "id", DriftKind.GONE) for name in lost))

    text, everything = plan_text(plan), plan_text(plan, everything=True)

    assert violations("plan", json.loads(text)) == violations("plan", json.loads(everything)) == []
    assert read_plan(everything) == plan
    saved = read_plan(text)
    assert saved.pending == plan.pending
    assert plan_text(saved) == text
    assert plan_page(saved) == plan_page(plan)


@settings(deadline=None)
@given(desired_lists, locks(), st.data())
def test_a_saved_result_comes_back_as_it_was(desired: list[Desired], lock: Lock, data: st.DataObject) -> None:
    done = all_done(make_plan(desired, lock, account=ACCOUNT))
    results = [
        result
        if data.draw(st.booleans())
        else Result(result.change, data.draw(st.sampled_from(Outcome)), None, 2, 1.5, data.draw(failures))
        for result in done
    ]
    report = Report(ACCOUNT, tuple(results))

    text = report_text(report)

    assert violations("result", json.loads(text)) == []
    kept = [replace(result, unconfirmed=None) for result in results]  # what only the journal needs is not saved
    assert read_report(text) == Report(ACCOUNT, tuple(kept))


SAVED = plan_text(make_plan([want("x"), want("y", "b")], lock_of({"y": held("y", "c")}), account=ACCOUNT))
EDITS: list[tuple[str, str]] = [
    ('"account": "wx0123456789abcdef"', '"account": "wxother"'),
    ('"action": "create"', '"action": "adopt"'),
    ('"sha256": "aaaa', '"sha256": "baaa'),
    ('"media_id": "id-y-c"', '"media_id": "id-y-d"'),
    ('"size": 10', '"size": 11'),
    ('"digest": "', '"digest": "0'),
    ('"format_version": 1', '"format_version": 2'),
    ('"summary"', '"results"'),
    ('"changes": [', '"changes": 7, "were": ['),
    ("wx0123456789abcdef", "\\ud800"),
]


@pytest.mark.parametrize(("old", "new"), EDITS)
def test_a_plan_that_was_edited_is_refused_in_words(old: str, new: str) -> None:
    assert old in SAVED

    with pytest.raises(InvalidInput, match=re.escape("plan.json is not a saved plan or result")):
        read_plan(SAVED.replace(old, new, 1))


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b"7", b"\xff", b"[" * 100_000, b'{"results": []}'])
def test_what_is_neither_plan_nor_result_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_document(content, shown_as="plan.json")

    assert all("--out FILE" in problem.hint for problem in caught.value.problems)


@settings(deadline=None)
@given(st.data())
def test_a_damaged_plan_says_the_same_or_is_refused(data: st.DataObject) -> None:
    content = SAVED.encode()
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(len(content), start + 3)))
    damaged = content[:start] + data.draw(st.binary(max_size=3)) + content[end:]

    try:
        found = read_document(damaged, shown_as="plan.json")
    except InvalidInput:
        return

    assert isinstance(found, Plan)
    assert (found.account, found.pending) == (read_plan(SAVED).account, read_plan(SAVED).pending)


def test_keys_that_this_version_does_not_know_are_ignored() -> None:
    document: dict[str, Any] = json.loads(SAVED) | {"later": 1}
    document["changes"][0] |= {"later": {"deep": []}}

    assert read_plan(json.dumps(document)) == read_plan(SAVED)


def page_of(text: str) -> Page:
    """Shows a text wherever text from outside can stand."""
    change = replace(make_plan([want("x")], None, account=ACCOUNT).changes[0], name=text, reason=text, path=text)
    failure = Failure(text, text, text, Remedy.FILE, 40113, text)
    record = replace(held("x"), media_id=text, url=text)
    results = (
        Result(change, Outcome.FAILED, error=failure),
        Result(replace(change, before=held("x")), Outcome.DONE, record),
    )
    page = report_page(Report(text, results))
    return replace(page, rows=(*plan_page(Plan(text, (change,))).rows, *page.rows), drift=(text,))


@settings(deadline=None)
@given(texts)
@pytest.mark.parametrize("color", [False, True])
def test_in_a_terminal_text_from_outside_can_neither_move_nor_command(color: bool, text: str) -> None:
    shown = terminal(page_of(text), color=color)

    lines = shown.removesuffix("\n").split("\n")
    assert len(lines) == len(terminal(page_of("tame"), color=color).removesuffix("\n").split("\n"))
    for line in lines:
        plain = re.sub(r"\x1b\[\d+m", "", line) if color else line
        assert all(char == " " or char.isprintable() for char in plain), ascii(plain)
        assert not plain.lstrip().startswith("::")


@settings(deadline=None)
@given(texts | st.text(alphabet="`|\\\\<>@#*_[]()!~ a/"))
@pytest.mark.parametrize("repeat", [1, 12])
def test_in_markdown_text_from_outside_stays_text(repeat: int, text: str) -> None:
    """A code span is where GitHub looks for no mention, no reference and no link, and CommonMark for no HTML."""
    page = page_of(text)

    tokens = parsed(markdown(replace(page, rows=page.rows * repeat)))

    inline = [token for outer in tokens for token in outer.children or []]
    tags = {"<br>"} | {token.content for token in inline if token.content.startswith("<img src=")}
    assert {token.content for token in inline if token.type == "html_inline"} <= tags
    ours = {"text", "code_inline", "html_inline", "strong_open", "strong_close", "hardbreak"}
    assert {token.type for token in inline} <= ours
    for block in [token.content for token in tokens if token.type == "html_block"]:
        assert re.fullmatch(r"<details( open)?><summary>.{1,20} · 12</summary>\n|</details>\n", block)
    plain = [token.content for token in inline if token.type == "text"]
    assert not any(re.search(r"[@#<>`]|https?:|www\.", one) for one in plain if one != "wxsync result · "), plain
    told = [token.content for token in inline if token.type == "code_inline"]
    assert told.count(parsed_code(text)) >= 2 * repeat or re.fullmatch(r"[\w ,;·，；。]*", text)
    assert sum(token.type == "tr_open" for token in tokens) == 3 * repeat + (3 if repeat > 1 else 1)


def parsed(shown: str) -> list[Token]:
    assert all(char in "\n " or char.isprintable() for char in shown)
    return MarkdownIt("commonmark").enable("table").parse(shown)


def parsed_code(text: str) -> str:
    return visible(text).replace("|", "\\x7c") or " "


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_are_told_in_full_and_can_be_printed(text: str) -> None:
    shown = visible(text)

    assert shown.isprintable()
    assert "##[" not in shown
    assert shown.encode()
    assert len(shown) >= len(text)


@pytest.mark.parametrize("text", ["", "plain words", "产品介绍 · ± → ✓", "emoji 🎉", "é e\u0301"])
def test_tame_words_are_shown_as_they_are(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize(
    ("rows", "drift", "length"),
    [(3, 3, 10), (3_000, 0, 30), (0, 900, 100), (900, 900, 100), (60, 60, 2_000), (2, 2, 70_000)],
)
def test_a_markdown_page_stays_below_the_limit_of_a_comment(rows: int, drift: int, length: int) -> None:
    [row] = plan_page(make_plan([want("x")], None, account=ACCOUNT)).rows
    page = Page("Plan", ACCOUNT, (replace(row, name="*" * length),) * rows, ("Plan.",), ("-" * length,) * drift)

    shown = markdown(page)

    assert len(shown) <= LIMIT + 500 < 65_536
    told = sum(int(number.replace(",", "")) for number in re.findall(r"… and ([\d,]+) more", shown))
    listed_here = sum(line.startswith(("| + |", "- ")) for line in shown.splitlines())
    assert told + listed_here == rows + drift, "what is not shown is counted"


def golden_plan() -> Plan:
    lock = lock_of(
        {
            "kept.png": held("kept.png"),
            "图片/moved.png": held("图片/moved.png", "b"),
            "old.png": held("old.png", "c"),
            "intro.mp4": held("intro.mp4", "d", VIDEO),
        },
        [retire("back.png", held("back.png", "e"))],
    )
    wanted = [
        want("kept.png"),
        want("图片/moved.png", "b", path="图片/new place.png"),
        want("back.png", "e"),
        want("intro.mp4", "f", VIDEO),
        want("kept again.png"),
        want("new.png", "0"),
        want("found.png", "1"),
        want("articles/a-rather-long-name-for-a-picture-of-an-article-1.png", "2", ARTICLE),
    ]
    plan = make_plan(wanted, lock, account=ACCOUNT, observed=[listed(want("found.png", "1"), "id-found")])
    return replace(plan, drift=(Drift("logo", "id-logo", DriftKind.GONE),))


def golden_report() -> Report:
    results = [
        Result(result.change, Outcome.FAILED, attempts=1, seconds=0.25, error=REFUSAL)
        if result.change.name == "new.png"
        else result
        for result in all_done(golden_plan())
    ]
    return Report(ACCOUNT, tuple(results))


def many_changes() -> Plan:
    """Plans 3,000 changes in a few folders."""
    lock = lock_of({f"old/{number}.png": held(f"old/{number}.png", "b") for number in range(20)})
    folders = ["posts/2026/spring", "posts/2026/summer", "articles", ""]
    names = [f"{folders[number % 7 % 4]}/{number:04}.png".lstrip("/") for number in range(2_960)]
    wanted = [want(name, f"{number % 10}") for number, name in enumerate(names)]
    wanted = [replace(one, sha256=f"{number:064x}") for number, one in enumerate(wanted)]
    replaced = [replace(want(f"old/{number}.png"), sha256=f"{number + 5_000:064x}") for number in range(10)]
    return make_plan([*wanted, *replaced], lock, account=ACCOUNT)


def with_pictures() -> Report:
    """Applies a plan at a WeChat whose urls look like its own."""
    urls = ["http://mmbiz.qpic.cn/mmbiz_png/AbC_-1/0?wx_fmt=png&x=1", "http://mmbiz.qpic.cn.evil.example/count.png"]
    results = all_done(make_plan([want("a | b.png"), want("`@all` #1.png", "b")], None, account=ACCOUNT))
    records = [replace(result.record, url=url) for result, url in zip(results, urls, strict=True) if result.record]
    done = [replace(one, record=record) for one, record in zip(results, records, strict=True)]
    return Report(ACCOUNT, tuple(done))


SHOWN = {
    "plan.txt": lambda: terminal(plan_page(golden_plan(), everything=True), color=False),
    "plan.md": lambda: markdown(plan_page(golden_plan())),
    "plan-many.md": lambda: markdown(plan_page(many_changes()), limit=4_000),
    "result-pictures.md": lambda: markdown(report_page(with_pictures())),
    "plan.json": lambda: plan_text(golden_plan()),
    "result.txt": lambda: terminal(report_page(golden_report()), color=False),
    "result.md": lambda: markdown(report_page(golden_report())),
    "result.json": lambda: report_text(golden_report()),
}


@pytest.mark.parametrize("name", SHOWN)
def test_pages_look_as_they_were_agreed_upon(name: str) -> None:
    assert SHOWN[name]() == (GOLDEN / name).read_text(encoding="utf-8")


def test_every_action_stands_in_the_golden_plan() -> None:
    assert {change.action for change in golden_plan().changes} == set(Action)


def test_a_plan_with_nothing_to_do_says_so() -> None:
    plan = make_plan([want("x"), want("y", "b")], lock_of({"x": held("x"), "y": held("y", "b")}), account=ACCOUNT)

    assert terminal(plan_page(plan), color=False) == "Nothing to do: 2 materials in step.\n"
    assert terminal(plan_page(read_plan(plan_text(plan))), color=False) == "Nothing to do: 2 materials in step.\n"
    assert terminal(report_page(Report(ACCOUNT, ())), color=False) == "Nothing to do: everything is in step.\n"


def test_commands_print_https_and_the_plan_shows_the_lock_as_it_is() -> None:
    report = json.loads(report_text(golden_report()))
    urls = [one["url"] for one in report["results"] if one["url"]]

    assert urls
    assert all(url.startswith("https://") for url in urls)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://mmbiz.qpic.cn/a", "https://mmbiz.qpic.cn/a"),
        ("https://mmbiz.qpic.cn/a", "https://mmbiz.qpic.cn/a"),
        ("http://a/?u=http://b", "https://a/?u=http://b"),
        ("", ""),
        (None, None),
    ],
)
def test_a_url_is_shown_as_https(url: str | None, shown: str | None) -> None:
    assert https(url) == shown


PLACE = Location("materials.yaml", 3, 11)
PROBLEMS: list[tuple[Problem, list[str]]] = [
    (Problem("c", "m"), ["error: m [c]"]),
    (Problem("c", "m", "h", Severity.WARNING), ["warning: m [c]", "    hint: h"]),
    (
        Problem(
            "unknown-key",
            "there is no key 'typ'",
            "did you mean type?",
            location=PLACE,
            excerpt="  - {path: a, typ: b}",
        ),
        [
            "materials.yaml:3:11: error: there is no key 'typ' [unknown-key]",
            "    |   - {path: a, typ: b}",
            "    |           ^",
            "    hint: did you mean type?",
        ],
    ),
    (
        Problem("c", "m", location=PLACE._replace(column=4), excerpt="产品\t介绍"),
        ["materials.yaml:3:4: error: m [c]", "    | 产品\\t介绍", "    |       ^"],
    ),
    (
        Problem("c", "m\n::error::x", "\x1b[2J", location=PLACE._replace(column=1), excerpt="::error::x"),
        ["materials.yaml:3:1: error: m\\n::error::x [c]", "    | ::error::x", "    | ^", "    hint: \\x1b[2J"],
    ),
    (Problem("c", "m", location=PLACE, excerpt="   "), ["materials.yaml:3:11: error: m [c]"]),
]


@pytest.mark.parametrize(("problem", "lines"), PROBLEMS)
def test_a_problem_is_told_as_a_compiler_does(problem: Problem, lines: list[str]) -> None:
    errors = "1 error, 0 warnings" if problem.is_error else "0 errors, 1 warning"

    assert render_problems([problem], color=False).splitlines() == [*lines, errors]
    assert re.sub(r"\x1b\[[\d;]+m", "", render_problems([problem], color=True)).splitlines() == [*lines, errors]


@pytest.mark.parametrize("column", [1, 80, 81, 500, 1000, 1001])
def test_of_a_long_line_the_part_around_the_place_is_shown(column: int) -> None:
    excerpt = "".join("x" if place != column else "!" for place in range(1, 1001))

    shown = render_problems([Problem("c", "m", location=Location("f", 1, column), excerpt=excerpt)], color=False)

    _place, cut, caret, _count = shown.splitlines()
    assert len(cut) <= 170
    assert cut[len(caret) - 1 :][:1] == ("!" if column <= 1000 else "")


def test_no_problems_are_no_text_and_a_sound_document() -> None:
    assert render_problems([], color=True) == ""
    assert json.loads(problems_text([])) == {"format_version": 1, "ok": True, "problems": []}


@settings(deadline=None)
@given(st.lists(st.builds(Problem, texts, texts, texts, st.sampled_from(Severity), st.none() | st.just(PLACE), texts)))
def test_problems_are_told_in_one_line_each_and_as_a_document_that_fits(problems: list[Problem]) -> None:
    document = json.loads(problems_text(problems))

    assert violations("problems", document) == []
    assert document["ok"] is not any(problem.is_error for problem in problems)
    for line in render_problems(problems, color=False).split("\n"):
        assert not line.lstrip().startswith("::")


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (12_390, "12.1 KiB"), (2**20, "1.0 MiB"), (2**40, "1024.0 GiB")],
)
def test_a_size_is_told_as_people_read_it(size: int, shown: str) -> None:
    assert human_size(size) == shown


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("中文", 4), ("e\u0301", 1), ("", 0), ("ｗｉｄｅ", 8)])
def test_a_text_is_as_wide_as_a_terminal_shows_it(text: str, columns: int) -> None:
    assert width(text) == columns


def test_a_count_has_its_noun() -> None:
    assert [counted(number, "file") for number in (0, 1, 2, 1500)] == ["0 files", "1 file", "2 files", "1,500 files"]


def test_every_format_that_can_be_chosen_has_its_printer() -> None:
    assert set(PRINTERS) == set(PageFormat)
    assert set(FORMATS) == set(ExportFormat)
