"""A glance at a manifest's shape sees just what its schema sees."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from wxsync.manifest.document import read_document
from wxsync.manifest.shape import fits
from wxsync.manifest.source import Source
from wxsync.schemas import schema_text

SCHEMA = Draft202012Validator(json.loads(schema_text("manifest")))
SAMPLE: Any = {
    "version": 1,
    "accounts": {"prod": {"appid": "wx0123456789abcdef"}},
    "materials": [
        {"path": "a.png", "type": "image", "name": "a"},
        {"path": "b/*.jpg", "type": "thumb", "exclude": ["b/x-*"]},
        {"path": "c.mp4", "type": "video", "title": "c", "introduction": ""},
    ],
}
WORDS = [
    "",
    " ",
    "\u3000",
    "a",
    "video",
    "voice",
    "film",
    "sandbox",
    "Prod",
    "wx0123456789abcdeF",
    "wx0123456789abcde0",
]
KEYS = ["version", "accounts", "materials", "appid", "path", "type", "title", "introduction", "exclude"]
TEXTS = st.sampled_from([*WORDS, *KEYS])
VALUES = st.recursive(
    st.sampled_from([0, 1, 2]) | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
)


def places(value: Any, *above: Any) -> Iterator[tuple[Any, ...]]:
    """Gives the path of everything in a document."""
    yield above
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, *above, key)


@settings(deadline=None, max_examples=600)
@given(st.data())
def test_what_fits_is_just_what_the_schema_takes(data: st.DataObject) -> None:
    document = json.loads(json.dumps(SAMPLE))
    *above, key = data.draw(st.sampled_from([place for place in places(document) if place]))
    inner = reduce(lambda value, step: value[step], above, document)
    match data.draw(st.sampled_from(["change", "remove", "add"])):
        case "change":
            inner[key] = data.draw(VALUES)
        case "remove":
            del inner[key]
        case "add":
            inner[data.draw(TEXTS) if isinstance(inner, dict) else key] = data.draw(VALUES)

    text = json.dumps(document, ensure_ascii=False)
    reading = read_document(Source(str(Path("materials.yaml")), text, text.split("\n")))
    value, problems = reading.document, reading.problems

    assert not problems
    assert value is not None
    assert fits(value) == SCHEMA.is_valid(value)
