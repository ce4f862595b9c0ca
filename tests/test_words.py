"""Sentences in the reader's language, and the language told from the environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxsync.words import (
    Language,
    Text,
    hanging,
    language_of,
    listing,
    moment,
    plural,
    say,
    sentences,
    speak,
    spoken,
    text,
    width,
    wrapped,
)


@pytest.fixture(autouse=True)
def _afterwards_english() -> Iterator[None]:
    yield
    speak(Language.ENGLISH)


def test_a_text_is_its_english_sentence_and_says_its_chinese() -> None:
    said = text("{some} or {next}", some="a", next="b")

    assert said == "a or b"
    assert say(said) == "a or b"
    assert say(said, Language.CHINESE) == "a 或 b"
    speak(Language.CHINESE)
    assert spoken() is Language.CHINESE
    assert say(said) == "a 或 b"


def test_a_text_in_a_text_is_said_in_the_same_language() -> None:
    names = listing(["a", text("{some}, {next}", some="b", next="c"), "d"], last="and")

    assert names == "a, b, c and d"
    assert say(names, Language.CHINESE) == "a、b、c 和 d"


def test_english_has_a_form_for_one_and_another_for_many() -> None:
    one, many = (plural("{count:,} file", "{count:,} files", count) for count in (1, 1234))

    assert (one, many) == ("1 file", "1,234 files")


def test_braces_of_a_fact_and_of_a_text_without_facts_stay() -> None:
    assert text("write `{{}}` for {name}", name="{x}") == "write `{}` for {x}"
    assert Text('write {"a": 1}') == 'write {"a": 1}'
    assert say(Text('write {"a": 1}'), Language.CHINESE) == 'write {"a": 1}'


def test_what_has_no_chinese_is_said_in_english() -> None:
    assert say(Text("nobody has translated {this}", this="it"), Language.CHINESE) == "nobody has translated it"
    assert say("a plain string", Language.CHINESE) == "a plain string"


def test_sentences_stand_one_behind_the_other() -> None:
    assert sentences(text("A."), "", text("B.")) == "A. B."
    assert sentences() == ""


@pytest.mark.parametrize(
    ("environ", "system", "language"),
    [
        ({}, "", "en"),
        ({}, "zh_CN", "zh"),
        ({"LANG": "zh_CN.UTF-8"}, "", "zh"),
        ({"LANG": "zh"}, "", "zh"),
        ({"LANG": "zh-Hans-CN"}, "", "zh"),
        ({"LANG": "zh_TW.Big5"}, "", "zh"),
        ({"LANG": "zhx_XX"}, "", "en"),
        ({"LANG": "C.UTF-8"}, "zh_CN", "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "", "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, "", "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "", "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "", "zh"),
        ({"LANG": "zh_CN.UTF-8", "WXSYNC_LANG": "en"}, "", "en"),
        ({"LANG": "en_US.UTF-8", "WXSYNC_LANG": "zh"}, "", "zh"),
        ({"LANG": "zh_CN.UTF-8", "CI": "true"}, "", "en"),
        ({"WXSYNC_LANG": "zh", "CI": "true"}, "", "zh"),
    ],
)
def test_the_language_is_that_of_the_variable_or_the_locale(
    environ: Mapping[str, str], system: str, language: str
) -> None:
    assert language_of(environ, of_the_system=lambda: system) == language


def test_another_language_is_not_spoken() -> None:
    with pytest.raises(ValueError, match="fr"):
        language_of({"WXSYNC_LANG": "fr"})


def test_english_is_broken_between_words_and_chinese_between_letters_but_not_before_its_marks() -> None:
    assert wrapped("one two three", 8) == ["one two", "three"]
    assert wrapped("上传新增的素材，并写入锁文件。", 14) == ["上传新增的素", "材，并写入锁文", "件。"]
    assert wrapped("用 wxsync plan 查看", 10) == ["用 wxsync", "plan 查看"]
    assert wrapped("", 10) == [""]


@given(st.text(st.sampled_from("ab 素材，。（）"), max_size=60), st.integers(8, 30))
def test_whatever_is_wrapped_keeps_its_letters_and_fits_where_it_can(said: str, columns: int) -> None:
    lines = wrapped(said, columns)

    assert "".join("".join(lines).split()) == "".join(said.split())
    assert all(width(line) <= columns or not _could_be_broken(line) for line in lines)


def _could_be_broken(line: str) -> bool:
    return len(wrapped(line, 8)) > 1 and width(wrapped(line, 8)[0]) < width(line) - 8 and "（" not in line


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        (UTC, "2026-11-23 10:00 UTC"),
        (timezone(timedelta(hours=8)), "2026-11-23 18:00 +08:00"),
        (timezone(-timedelta(hours=11, minutes=30)), "2026-11-22 22:30 -11:30"),
    ],
)
def test_a_time_is_told_in_the_zone_of_its_reader(zone: timezone, told: str) -> None:
    assert moment("2026-11-23T10:00:00Z", zone) == told
    assert moment("soon", zone) == "soon"


def test_a_line_hangs_below_its_beginning_and_no_word_is_broken() -> None:
    line = "    hint: write the path of a file, such as images/logo.png, or a glob"

    broken = hanging(line, 10, 40)

    assert broken == ["    hint: write the path of a file, such", "          as images/logo.png, or a glob"]
    assert hanging(line, 10, None) == [line]
