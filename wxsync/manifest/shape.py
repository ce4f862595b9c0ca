"""Which keys and types a manifest may hold: asks the JSON Schema, and answers in calmer words than it does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from wxsync.files import SCHEMAS
from wxsync.manifest.document import Items, Number, Table, Text, Value
from wxsync.manifest.source import Source
from wxsync.model import MaterialType, Problem
from wxsync.words import text

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

MAX_ERRORS = 2000


def check_shape(document: Value, source: Source) -> list[Problem]:
    """Checks keys, types and required keys against schemas/manifest.schema.json."""
    if fits(document):
        return []
    if isinstance(document, Table) and (newer := _newer(document, source)):
        return [newer]
    errors = list(islice(_validator().iter_errors(_sample(document)), MAX_ERRORS))
    if errors:
        errors = list(islice(_validator().iter_errors(_suspects(document, errors)), MAX_ERRORS))
    problems = (problem for error in errors for problem in _explain(error, source))
    return list(dict.fromkeys(islice(problems, MAX_ERRORS)))


def fits(document: Value) -> bool:
    """Tells whether a document has the shape that the schema asks for, which has the words where it has not."""
    if not isinstance(document, Table):
        return False
    accounts, materials = document.value("accounts"), document.value("materials")
    return (
        document.keys() <= {"version", "accounts", "materials"}
        and isinstance(version := document.value("version"), Number)
        and version == 1
        and isinstance(materials, Items)
        and all(map(_is_material, materials))
        and (accounts is None or (isinstance(accounts, Table) and _are_accounts(accounts)))
    )


_KEYS = frozenset({"path", "type", "name", "exclude", "fit"})
_KEYS_OF_VIDEO = _KEYS | {"title", "introduction"}
FIT_WORDS = ("true", "false")
"""What `fit` may say, as YAML writes a boolean; whatever a manifest holds is read as text."""

_TYPES = frozenset(kind.value for kind in MaterialType)
_ACCOUNT = re.compile("(?!(sandbox|component|from)$)[a-z][a-z0-9-]*")
_APPID = re.compile("wx[0-9a-z]{16}")


def _is_material(entry: Value) -> bool:
    if not isinstance(entry, Table):
        return False
    kind = entry.value("type")
    is_video = kind == MaterialType.VIDEO.value
    return (
        isinstance(kind, Text)
        and kind in _TYPES
        and entry.keys() <= (_KEYS_OF_VIDEO if is_video else _KEYS)
        and "path" in entry
        and (not is_video or "title" in entry)
        and all(_is_value(key, value) for key, value in entry.items())
    )


def _is_value(key: str, value: Value) -> bool:
    if key == "exclude":
        return isinstance(value, Items) and all(_is_value("", item) for item in value)
    if key == "fit":
        return value in FIT_WORDS
    return isinstance(value, Text) and (key == "introduction" or not (value.isspace() or value == ""))


def _are_accounts(accounts: Table) -> bool:
    return len(accounts) > 0 and all(
        _ACCOUNT.fullmatch(name)
        and isinstance(said, Table)
        and said.keys() == {"appid"}
        and isinstance(appid := said.value("appid"), Text)
        and _APPID.fullmatch(appid)
        for name, said in accounts.items()
    )


@cache
def _validator() -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads((SCHEMAS / "manifest.schema.json").read_text(encoding="utf-8")))


def _newer(document: Table, source: Source) -> Problem | None:
    version = document.value("version")
    if not isinstance(version, Number) or version < 2:
        return None
    message = text(
        "version {version} of the manifest's format is newer than this wxsync, which reads version 1", version=version
    )
    return source.problem(version.spot, "newer-version", message, text("upgrade wxsync"))


def _sample(document: Value) -> Value:
    """Takes one entry of each kind, so that ten thousand entries are as quick as ten."""
    entries = _entries(document)
    return _with_entries(document, {_kind(entry): entry for entry in entries}.values())


def _suspects(document: Value, errors: Iterable[ValidationError]) -> Value:
    """Takes all entries whose kind has errors."""
    sample = _entries(_sample(document))
    paths = (tuple(error.absolute_path) for error in errors)
    bad = {_kind(sample[int(path[1])]) for path in paths if len(path) > 1 and path[0] == "materials"}
    return _with_entries(document, [entry for entry in _entries(document) if _kind(entry) in bad])


def _entries(document: Value) -> Items:
    materials = document.value("materials") if isinstance(document, Table) else None
    return materials if isinstance(materials, Items) else Items()


def _with_entries(document: Value, entries: Iterable[Value]) -> Value:
    if not isinstance(document, Table) or not _entries(document):
        return document
    changed = Table(document)
    changed.spot = document.spot
    changed[document.key("materials")] = Items(entries)
    return changed


def _kind(entry: Value) -> object:
    """Gives all that the schema looks at in an entry: its keys, its type, and which texts are blank."""
    if not isinstance(entry, Table):
        return _judged("", entry)
    return frozenset((key, _judged(key, value)) for key, value in entry.items())


def _judged(key: str, value: Value) -> object:
    if isinstance(value, Text):
        return value if key in ("type", "fit") else bool(value.strip())
    if isinstance(value, Items):
        return frozenset(_judged("", item) for item in value)
    return type(value)


def _explain(error: ValidationError, source: Source) -> Iterator[Problem]:
    from wxsync.manifest import wording

    path = tuple(step if isinstance(step, str) else "*" for step in error.absolute_path)
    found: Any = error.instance
    wanted: Any = error.validator_value
    match error.validator:
        case "additionalProperties":
            schema: Any = error.schema
            known = schema["properties"]
            yield from (wording.unknown_key(key, known, path, source) for key in found if key not in known)
        case "required":
            yield from (wording.missing_key(key, found, source) for key in wanted if key not in found)
        case "type" | "const" if path == ("version",):
            yield wording.wrong_version(found, source)
        case "type":
            yield wording.wrong_type(found, wanted, path, source)
        case "enum" if path[-1] == "fit":
            yield wording.wrong_fit(found, source)
        case "enum":
            yield wording.unknown_type(found, source)
        case _ if "propertyNames" in error.absolute_schema_path:
            yield wording.wrong_key(found, path, source)
        case _:
            yield wording.wrong_text(found, path, source)
