"""Holds a document against its JSON Schema in schemas/, and says in calm words where it does not fit."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from wxsync.files import SCHEMAS

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

NAMES = ("manifest", "lock", "plan", "result", "problems")


def schema_text(name: str) -> str:
    """Reads the schema of one of NAMES as it was written."""
    return (SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8")


class Breach(NamedTuple):
    """Represents one way in which a document breaks its schema: where, by which keyword, and what stands there."""

    path: tuple[str | int, ...]
    validator: str
    wanted: Any
    instance: object


def breaches(name: str, document: object) -> list[Breach]:
    """Lists how a document breaks its schema, in the order of the document's places."""
    try:
        errors = sorted(_validator(name).iter_errors(document), key=lambda error: error.json_path)
    except RecursionError:
        return [Breach((), "depth", None, "nested too deeply")]
    return [
        Breach(tuple(error.absolute_path), str(error.validator), error.validator_value, error.instance)
        for error in errors
    ]


def violations(name: str, document: object) -> list[str]:
    """Lists how a document breaks its schema, each line with the JSON path; an empty list where it fits."""
    try:
        errors = sorted(_validator(name).iter_errors(document), key=lambda error: error.json_path)
    except RecursionError:
        return ["$: is nested too deeply"]
    return [f"{error.json_path}: {_shorten(error.message)}" for error in errors]


@cache
def _validator(name: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    schema: dict[str, Any] = json.loads(schema_text(name))
    return Draft202012Validator(schema)


def _shorten(message: str) -> str:
    return message if len(message) <= 200 else message[:200] + "…"
