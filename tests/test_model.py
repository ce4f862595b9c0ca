"""The nouns: what is true of a material type is told by it, and a new one cannot be forgotten anywhere."""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

import pytest

import wxsync
from wxsync.manifest import read_manifest
from wxsync.media import LIBRARY_LIMITS
from wxsync.model import MaterialType
from wxsync.render.html.labels import both_languages
from wxsync.schemas import NAMES, schema_text
from wxsync.workflow.init import _EXAMPLE

pytestmark = pytest.mark.quick

EVERY = frozenset(MaterialType)
SHELVES = frozenset(MaterialType.shelves())
WITH_MEDIA_ID = frozenset(one for one in MaterialType if one.has_media_id)
PICTURES = frozenset(one for one in MaterialType if one.is_picture)
UNDESCRIBED = frozenset(one for one in MaterialType if not one.has_description)
KINDS = (EVERY, SHELVES, WITH_MEDIA_ID, PICTURES, UNDESCRIBED)
"""What may be decided for some types only is decided for all of such a kind."""


def modules() -> Iterator[str]:
    return (found.name for found in pkgutil.walk_packages(wxsync.__path__, "wxsync.") if "__main__" not in found.name)


def mappings() -> Iterator[tuple[str, frozenset[MaterialType]]]:
    """Gives every table of the code whose keys are material types, and those types."""
    for module in modules():
        for name, value in vars(import_module(module)).items():
            if isinstance(value, Mapping) and len(value) > 1 and EVERY.issuperset(value.keys()):
                yield f"{module}.{name}", frozenset(map(MaterialType, value))


def choices(schema: object, at: str = "$") -> Iterator[tuple[str, frozenset[MaterialType]]]:
    """Gives every choice of a schema whose values are material types, and those types."""
    for key, value in schema.items() if isinstance(schema, dict) else enumerate(schema):  # type: ignore[arg-type]
        if key == "enum" and EVERY.issuperset(value):
            yield at, frozenset(map(MaterialType, value))
        elif isinstance(value, dict | list):
            yield from choices(value, f"{at}.{key}")


def test_every_table_of_the_code_decides_for_all_types_or_for_all_of_a_kind() -> None:
    found = dict(mappings())

    assert {name: types for name, types in found.items() if types not in KINDS} == {}
    assert {"wxsync.model._FACTS", "wxsync.media.limits.LIMITS"} <= found.keys(), "the tables are seen"


@pytest.mark.parametrize("name", [name for name in NAMES if name != "problems"])
def test_every_schema_knows_all_types_or_all_of_a_kind(name: str) -> None:
    found = dict(choices(json.loads(schema_text(name))))

    assert EVERY in found.values()
    assert {place: types for place, types in found.items() if types not in KINDS} == {}


@pytest.mark.parametrize("kind", MaterialType)
def test_the_first_manifest_tells_of_every_type(kind: MaterialType) -> None:
    assert kind.value in _EXAMPLE


@pytest.mark.parametrize("kind", MaterialType)
def test_the_page_says_every_type_in_chinese(kind: MaterialType) -> None:
    english, chinese = both_languages()[f"type.{kind}"]

    assert english != chinese
    assert kind.value in chinese


@pytest.mark.parametrize("kind", MaterialType)
def test_who_writes_no_type_or_a_wrong_one_is_told_of_every_type(kind: MaterialType, tmp_path: Path) -> None:
    (tmp_path / "a.bin").touch()
    (tmp_path / "materials.yaml").write_text("version: 1\nmaterials:\n  - {path: a.bin, type: nonsense}\n")

    _manifest, problems = read_manifest(tmp_path / "materials.yaml")

    assert kind.value in problems[0].hint


def test_every_shelf_of_the_library_has_its_limit() -> None:
    assert frozenset(map(MaterialType, LIBRARY_LIMITS)) == SHELVES


@pytest.mark.parametrize("kind", MaterialType)
def test_the_facts_of_a_type_agree_with_each_other(kind: MaterialType) -> None:
    assert kind.has_media_id == (kind.shelf is not None)
    assert kind.shelf is None or kind.shelf in SHELVES
    assert kind.folder
    assert len({one.folder for one in MaterialType}) == len(EVERY)
