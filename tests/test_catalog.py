"""The catalogue of sentences: in step with the code, whole, and true to its placeholders."""

from __future__ import annotations

import re
import string

import pytest
from babel.messages.catalog import Message

from tests.catalog import MO, PO, Call, as_mo, as_po, calls, in_step, missing, written

CALLS = [call for call in calls() if call.facts is not None]


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def test_the_catalogue_holds_what_the_code_says_and_nothing_else() -> None:
    assert PO.read_bytes() == as_po(in_step(written())), "run python -m tests.catalog"


def test_the_compiled_catalogue_is_made_of_the_written_one() -> None:
    assert MO.read_bytes() == as_mo(PO.read_bytes()), "run python -m tests.catalog"


def test_every_sentence_has_its_chinese() -> None:
    assert missing(written()) == []


def test_every_placeholder_has_its_fact() -> None:
    assert [call.where for call in CALLS if not _has_its_facts(call)] == []


def test_the_chinese_has_the_placeholders_of_the_english() -> None:
    assert [str(message.id) for message in written() if message.id and not _agrees(message)] == []


def _has_its_facts(call: Call) -> bool:
    if call.facts:
        return all(placeholders(template) <= call.facts for template in call.templates)
    return not any(re.search(r"\{\w+(:[^ }]*)?\}", template) for template in call.templates)


def _agrees(message: Message) -> bool:
    english = message.id if isinstance(message.id, tuple | list) else (message.id,)
    chinese = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return all(_has_the_same(str(each), list(map(str, english))) for each in chinese if each)


def _has_the_same(chinese: str, english: list[str]) -> bool:
    try:
        known = set().union(*map(placeholders, english))
    except ValueError:  # a brace that stands for itself, in a sentence without facts
        return sorted(re.findall("[{}]", chinese)) == sorted(re.findall("[{}]", english[0]))
    # Of two forms either may lack a fact, which the one Chinese form then says or does not.
    return placeholders(chinese) == known or (len(english) > 1 and placeholders(chinese) <= known)


@pytest.mark.parametrize("word", ["沙盒", "退役", "图文消息图片", "令牌", "帐号", "漂移", "微信端", "修剪"])
def test_one_thing_has_one_word(word: str) -> None:
    """The terms stand in CONTRIBUTING; these are what slipped in beside them."""
    assert [str(message.id) for message in written() if word in str(message.string)] == [], word
