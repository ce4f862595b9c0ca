"""Slips of a Chinese input method and of web pages: each is named where it stands, and only where it is one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.project import Project, png
from wxsync.manifest import read_manifest
from wxsync.manifest.lookalikes import look_over
from wxsync.model import Problem

ENTRY = "version: 1\nmaterials:\n  - path: v.mp4\n    type: video\n    title: {}\n"


def read(folder: Path, text: str, *files: str) -> tuple[Problem, ...]:
    for file in files:
        (folder / file).touch()
    (folder / "materials.yaml").write_text(text, encoding="utf-8")
    return read_manifest(folder / "materials.yaml", shown_as="materials.yaml")[1]


def title(folder: Path, written: str) -> str | None:
    problems = read(folder, ENTRY.format(written), "v.mp4")
    manifest, _ = read_manifest(folder / "materials.yaml")
    return None if problems else manifest.assets[0].title


SLIPS = [
    ("version：1\nmaterials: []\n", "1:8", "：", ": "),
    ("version: 1\nmaterials：\n  - path: a.png\n    type: image\n", "2:10", "：", ": "),
    ("version: 1\nmaterials: ［］\n", "2:12", "［", "["),
    ("version: 1\nmaterials:\n  - ｛path: a.png, type: image｝\n", "3:5", "｛", "{"),
    ("version: 1\nmaterials:\n  ー path: a.png\n    type: image\n", "3:3", "ー", "- "),
    ("version: 1\nmaterials:\n  - path: a.png\n    ‘type’: image\n", "4:5", "‘", "'"),
    ("version: 1\nmaterials:\n  – path: a.png\n    type: image\n", "3:3", "–", "- "),
    ("version: 1\r\nmaterials:\r\n  - path﹕ a.png\r\n    type: image\r\n", "3:9", "﹕", ": "),
    ("version: 1\naccounts:\n  prod： {appid: wx0123456789abcdef}\nmaterials: []\n", "3:7", "：", ": "),
    ('version: 1\nmaterials:\n  - {path: "a.png"，type: image}\n', "3:19", "，", ", "),
    ("＃ 素材\nversion: 1\nmaterials: []\n", "1:1", "＃", "#"),
]


@pytest.mark.parametrize(("text", "place", "char", "needed"), SLIPS)
def test_a_look_alike_is_named_at_its_place_with_what_yaml_needs(
    tmp_path: Path, text: str, place: str, char: str, needed: str
) -> None:
    first, *more = read(tmp_path, text, "a.png")

    assert first.code == "full-width"
    assert str(first.location) == f"materials.yaml:{place}"
    assert first.message.startswith(f"`{char}` is ")
    assert first.message.endswith(f"YAML needs `{needed}`")
    assert {one.code for one in more} <= {"full-width"}, "and nothing that only follows from it"


@pytest.mark.parametrize("blank", ["\u00a0", "\u3000", "\u2003", "\u202f", "\u200b", "\u2060"])
@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("version:{0}1\nmaterials: []\n", "1:9"),
        ("version: 1\nmaterials:\n  -{0}path: a.png\n    type: image\n", "3:4"),
        ("version: 1\nmaterials:\n  - path: a.png\n{0}{0}{0}{0}type: image\n", "4:1"),
        ("version: 1\nmaterials:\n  - path: a.png\n    type{0}: image\n", "4:9"),
    ],
)
def test_a_blank_that_yaml_does_not_know_is_named_at_its_place(
    tmp_path: Path, text: str, place: str, blank: str
) -> None:
    first, *_ = read(tmp_path, text.format(blank), "a.png")

    assert (first.code, str(first.location)) == ("odd-blank", f"materials.yaml:{place}")
    assert f"U+{ord(blank):04X}" in first.message


@pytest.mark.parametrize(
    "said",
    [
        "重要：通知",
        "“新版”",
        "［一］、［二］",
        "你好，世界。",
        "－—～！＃",
        "（完）",
        "全　角",
        "‘a’",
        "a：b, c：d",
        "完　＃1",
    ],
)
def test_in_a_title_they_are_as_good_as_any_others(tmp_path: Path, said: str) -> None:
    assert title(tmp_path, said) == said
    assert title(tmp_path, f'"{said}"') == said
    flow = f"version: 1\nmaterials: [{{path: v.mp4, type: video, title: {json.dumps(said)}}}]\n"
    assert read(tmp_path, flow) == ()


@pytest.mark.parametrize("said", ["重要：通知", "“新版”", "－ path：x"])
def test_they_are_not_blamed_for_another_slip(tmp_path: Path, said: str) -> None:
    text = f"{ENTRY.format(said)}    introduction: |\n      {said}\n"

    assert [one.code for one in read(tmp_path, text + "    nmae: x\n", "v.mp4")] == ["unknown-key"]
    assert [one.code for one in read(tmp_path, text + '    name: "x\n')] == ["unclosed-quote"]


def test_a_manifest_that_a_program_wrote_as_json_is_read(tmp_path: Path) -> None:
    said = "😀 开箱 👩‍👩‍👧 \\ud83d 🏴󠁧󠁢󠁥󠁮󠁧󠁿"
    document = {
        "version": 1,
        "materials": [{"path": "v.mp4", "type": "video", "title": said, "introduction": "😀" * 40}],
    }

    for indent in (None, 2):
        assert read(tmp_path, json.dumps(document, indent=indent), "v.mp4") == ()
        manifest, _ = read_manifest(tmp_path / "materials.yaml")
        assert (manifest.assets[0].title, manifest.assets[0].introduction) == (said, "😀" * 40)


def test_what_stands_behind_an_escaped_emoji_is_shown_where_it_is(tmp_path: Path) -> None:
    line = '  - {path: v.mp4, type: video, "title": "\\ud83d\\ude00\\ud83d\\ude01", typ: x} # \\ud83d\\ude00'
    [problem] = read(tmp_path, f"version: 1\nmaterials:\n{line}\n", "v.mp4")

    assert problem.location
    assert problem.location.column == line.index("typ: x") + 1


def test_single_quotes_and_plain_texts_keep_what_looks_like_an_escape(tmp_path: Path) -> None:
    assert title(tmp_path, r"'\ud83d\ude00'") == r"\ud83d\ude00"
    assert title(tmp_path, r"a \ud83d\ude00") == r"a \ud83d\ude00"
    assert title(tmp_path, r'"\\ud83d\\ude00"') == r"\ud83d\ude00"


@pytest.mark.parametrize("half", [r"\ud83d", r"\uDE00", r"\ude00\ud83d"])
def test_half_a_pair_is_named(tmp_path: Path, half: str) -> None:
    [problem] = read(tmp_path, ENTRY.format(f'"开箱 {half}"'), "v.mp4")

    assert (problem.code, str(problem.location)) == ("bad-escape", "materials.yaml:5:16")
    assert problem.message.startswith(f"`{half[:6]}` is one half of a character")


UNSEEN = [
    "\u200b",
    "\u2060",
    "\u00ad",
    "\u200e",
    "\u061c",
    "\u3164",
    "\u115f",
    "\u2063",
    "\U000e0001",
    "\u180e",
    "\u200d",
]


@pytest.mark.parametrize("char", UNSEEN)
def test_what_nobody_sees_is_refused_in_names_and_titles(tmp_path: Path, char: str) -> None:
    escaped = f"\\U{ord(char):08X}"
    for said in (f"{char}logo", f"logo{char}", f"{escaped}logo", f"logo{escaped}"):
        assert title(tmp_path, f'"{said}"') is None, said
        named = f'version: 1\nmaterials:\n  - {{path: a.png, type: image, name: "{said}"}}\n'
        [problem] = read(tmp_path, named, "a.png")
        assert problem.code == "wrong-name"
        assert f"U+{ord(char):04X}" in problem.message


@pytest.mark.parametrize("char", [*UNSEEN, " ", "\u3000", "\u2800", "\ufe0f", "\\u202E", "\\t", ""])
def test_a_title_of_which_nothing_can_be_seen_is_refused(tmp_path: Path, char: str) -> None:
    assert title(tmp_path, f'"{char}{char}"') is None
    assert title(tmp_path, f'" {char} "') is None


@pytest.mark.parametrize("said", ["👩‍👩‍👧", "❤️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣ 一", "می‌خواهم", "क्‍ष", "葛󠄀城", "🏳️‍🌈旗"])
def test_joiners_and_selectors_of_what_is_seen_are_text(tmp_path: Path, said: str) -> None:
    assert title(tmp_path, said) == said
    named = f'version: 1\nmaterials:\n  - {{path: a.png, type: image, name: "{said}"}}\n'
    assert read(tmp_path, named, "a.png") == ()


def test_a_file_name_that_nobody_can_type_needs_a_name(offline: Project) -> None:
    offline.add("lo\u200bgo.png", png("logo"))

    offline.manifest('materials:\n  - {path: "*.png", type: image}\n')
    assert "[odd-file-name]" in offline.run("validate").out
    offline.manifest('materials:\n  - {path: "lo\\u200bgo.png", type: image}\n')
    assert "give it a `name`" in offline.run("validate").out
    offline.manifest('materials:\n  - {path: "lo\\u200bgo.png", type: image, name: logo}\n')
    assert offline.run("validate").code == 0


def test_a_path_may_begin_where_it_is(offline: Project) -> None:
    offline.add("images/a.png", png("a"))
    offline.add("images/b.png", png("b"))
    offline.manifest('materials:\n  - {path: ./images/a.png, type: image}\n  - {path: "././images/*", type: image}\n')

    plan = json.loads(offline.run("plan", "--format", "json").out)

    assert [(one["name"], one["path"]) for one in plan["changes"]] == [(f"images/{one}.png",) * 2 for one in "ab"]


@pytest.mark.parametrize("path", [".", "./", "././", "./.", "images/", "./images/", "images/."])
def test_a_folder_is_answered_with_what_can_be_written(offline: Project, path: str) -> None:
    offline.add("images/a.png", png("a"))
    offline.manifest(f"materials:\n  - {{path: '{path}', type: image}}\n")

    said = offline.run("validate")

    assert said.code == 4
    assert "write `images/**`" in said.out or "such as `images/*`" in said.out
    assert "``" not in said.out


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from([*"：，、｛｝［］“”‘’－＃\u00a0\u3000\u200b", *"ab:-,[]{}\"'#|> \n"])))
def test_whatever_is_looked_over_is_read_to_its_end(text: str) -> None:
    reading = look_over(text)

    assert all(text.startswith(slip.text, slip.index) for slip in reading.slips)
    assert all(text[start] == '"' and start < end <= len(text) for start, end in reading.doubles)


@pytest.mark.parametrize(
    "part",
    [
        "“",
        "[“",
        "{a，",
        '"\\',
        "[",
        "a: ",
        "\u3000",
        "- ",
        "{“a",
        "a\u3000",
        "{a：",
        "{］ ",
        "{， ",
        "－a",
        "|\n ",
        "'",
    ],
)
def test_a_text_made_to_be_slow_is_looked_over_all_the_same(tmp_path: Path, part: str) -> None:
    assert len(read(tmp_path, part * 300_000)) <= 1001
