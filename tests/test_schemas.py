"""Documents are held against their schemas, in words that a person can read."""

from __future__ import annotations

import json

import pytest

from wxsync.schemas import NAMES, schema_text, violations


@pytest.mark.parametrize("name", NAMES)
def test_every_schema_names_itself_and_tells_what_it_is(name: str) -> None:
    schema = json.loads(schema_text(name))

    assert schema["title"] == f"wxsync {name}"
    assert schema["description"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("document", [None, [], "text", 7, float("nan")])
def test_what_is_no_object_fits_nothing(name: str, document: object) -> None:
    assert violations(name, document)


def test_a_violation_tells_where_and_is_never_endless() -> None:
    problems = {"format_version": 1, "ok": "x" * 10_000, "problems": [{"severity": "fatal"}]}

    found = violations("problems", problems)

    assert found == violations("problems", problems)
    assert any(one.startswith("$.problems[0].severity: 'fatal'") for one in found)
    assert any(one.startswith("$.ok: ") for one in found)
    assert all(len(one) < 300 for one in found)


def test_keys_that_are_not_known_are_let_through() -> None:
    assert violations("problems", {"format_version": 1, "ok": True, "problems": [], "since": "later"}) == []
