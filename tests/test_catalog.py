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


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.where)
def test_every_placeholder_has_its_fact(call: Call) -> None:
    if not call.facts:
        assert not any(re.search(r"\{\w+[}:!]", template) for template in call.templates), "a fact is missing"
        return
    for template in call.templates:
        assert placeholders(template) <= call.facts


def messages() -> list[Message]:
    return [message for message in written() if message.id]


@pytest.mark.parametrize("message", messages(), ids=lambda message: str(message.id)[:60])
def test_the_chinese_has_the_placeholders_of_the_english(message: Message) -> None:
    english = message.id if isinstance(message.id, tuple | list) else (message.id,)
    chinese = message.string if isinstance(message.string, tuple | list) else (message.string,)
    for each in filter(None, chinese):
        if "{" in str(english[0]):
            assert placeholders(str(each)) == placeholders(str(english[-1])), each
