"""Says in plain words where a lock cannot be what wxsync wrote: the line, the record, what is wrong, the way back."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from itertools import islice
from typing import Any

from wxsync.model import Location, Problem
from wxsync.records import MOST_BYTES, unfit
from wxsync.schemas import Breach, breaches

MOST_PROBLEMS = 50

_Path = tuple[str | int, ...]

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}:,]|[^\s\[\]{}:,"]+', re.DOTALL)
_HALF = re.compile("[\ud800-\udfff]")

_WANTED = {
    "account": "the appid of one account",
    "introduction": "a text",
    "lock_version": "the number 1",
    "materials": "records by their names",
    "media_id": "the id that WeChat gave, without blanks; only an article image has none (null)",
    "name": "a text",
    "origin": "uploaded or imported",
    "path": "a text",
    "replaced_by": "the media_id of what took its place, or null",
    "retired": "a list",
    "retired_at": "a time in UTC such as 2026-11-23T10:00:00Z",
    "sent_at": "a time in UTC such as 2026-11-23T10:00:00Z",
    "sha256": "64 hexadecimal digits",
    "size": f"a whole number of bytes, at most {MOST_BYTES:,}",
    "title": "a text",
    "type": "image, voice, video, thumb or article_image",
    "unconfirmed": "a list",
    "uploaded_as": "the file name that WeChat was given, or null",
    "uploaded_at": "a time in UTC such as 2026-11-23T10:00:00Z, or null",
    "url": "an address that begins with https:// or http://, or null",
}
_ENTRIES = {"materials": "the record {}", "retired": "the retired record {}", "unconfirmed": "the upload in doubt {}"}


def explain_lock(text: str, document: object, *, shown_as: str) -> list[Problem]:
    """Lists what is wrong with the content of a lock whose text is JSON, sorted by place; at least one problem."""
    found = list(islice(_breaches(document), MOST_PROBLEMS + 1))
    wanted = {breach.path[:length] for breach in found for length in range(len(breach.path) + 1)}
    places = _places(text, wanted)
    problems = list(
        dict.fromkeys(problem for breach in found for problem in _problems(breach, document, places, shown_as))
    )
    problems.sort(key=lambda one: (one.location or Location("", 0, 0), one.message))
    if len(problems) > MOST_PROBLEMS:
        problems[MOST_PROBLEMS:] = [_problem("there are more problems in this lock", (1, 1), shown_as)]
    return problems or [_problem("the lock holds what wxsync never writes", (1, 1), shown_as)]


def explain_twin(text: str, *, shown_as: str) -> Problem | None:
    """Finds a key that stands twice in one object of a text that is JSON otherwise."""
    seen: set[_Path] = set()
    for path, index in _walk(text):
        if path in seen:
            entry = f" in the record {path[1]}" if len(path) > 2 else ""
            message = f"the key {json.dumps(path[-1], ensure_ascii=False)} stands twice{entry}"
            return _problem(message, _line_and_column(text, index), shown_as)
        seen.add(path)
    return None


def _problem(
    message: str, at: tuple[int, int], shown_as: str, name: str | None = None, *, drop: bool = False
) -> Problem:
    hint = f"undo the edit: `git checkout -- {shlex.quote(shown_as)}`"
    if drop and name and not _HALF.search(name):
        hint += f", or drop the record: `wxsync forget {shlex.quote(name)}`"
    return Problem(
        "lock-invalid",
        f"the lock is not valid: {message}",
        hint,
        location=Location(shown_as, *at),
        path=shown_as,
        name=name,
    )


def _breaches(document: object) -> Iterator[Breach]:
    yield from breaches("lock", document)
    yield from (Breach(path, "impossible", None, value) for path, value in unfit(document))


def _problems(
    breach: Breach, document: object, places: dict[_Path, tuple[int, int]], shown_as: str
) -> Iterator[Problem]:
    path, name = breach.path, _name(breach.path, document)
    at = next(places[path[:length]] for length in range(len(path), -1, -1) if path[:length] in places)
    drop = path[:1] in {("materials",), ("retired",)}
    for message in _messages(breach, _subject(path, name), path):
        yield _problem(message, at, shown_as, name, drop=drop)


def _messages(breach: Breach, subject: str, path: _Path) -> Iterator[str]:
    found = breach.instance
    if breach.validator == "required" and isinstance(found, dict):
        yield from (f"{subject} has no {key}" for key in breach.wanted if key not in found)
    elif len(path) in {0, 2}:
        yield f"{subject} is {_shown(found)}, and must be an object with keys and values"
    else:
        field = str(path[-1])
        of = f" of {subject}" if len(path) > 1 else ""
        if found == "":
            yield f"{subject if of else 'the lock'} has no {field}: it is empty"
        else:
            wanted = f" is {_WANTED[field]}" if field in _WANTED else " is something else"
            yield f"the {field}{of} cannot be {_shown(found)}; it{wanted}"


def _subject(path: _Path, name: str | None) -> str:
    if len(path) < 2:
        return "the lock"
    shown = name if name is not None else f"number {int(path[1]) + 1}" if isinstance(path[1], int) else path[1]
    return _ENTRIES[str(path[0])].format(shown) if path[0] in _ENTRIES else "the lock"


def _name(path: _Path, document: Any) -> str | None:
    if len(path) < 2:
        return None
    if path[0] == "materials":
        return str(path[1])
    entry = document[path[0]][path[1]]
    name = entry.get("name") if isinstance(entry, dict) else None
    return name if isinstance(name, str) and name else None


def _shown(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**30:
        return "a number of more than 30 digits"
    try:
        text = json.dumps(value)
    except (RecursionError, ValueError):
        return "what it is"
    return text if len(text) <= 60 else f"{text[:59]}…"


def _places(text: str, wanted: set[_Path]) -> dict[_Path, tuple[int, int]]:
    found: dict[_Path, tuple[int, int]] = {(): (1, 1)}
    found |= {path: _line_and_column(text, index) for path, index in _walk(text) if path in wanted}
    return found


def _line_and_column(text: str, index: int) -> tuple[int, int]:
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def _walk(text: str) -> Iterator[tuple[_Path, int]]:
    """Gives each key of an object and each item of a list in a text that is JSON: its path, and where it begins."""
    path: list[str | int] = []
    brackets: list[str] = []
    is_key = False
    for token in _TOKEN.finditer(text):
        word = token[0]
        if is_key and word != "}":
            path[-1] = str(json.loads(word))
            yield tuple(path), token.start()
        elif brackets[-1:] == ["["] and word not in "]},:":
            yield tuple(path), token.start()
        if word in "{[":
            brackets.append(word)
            path.append(0)
        elif word in "]}":
            brackets.pop()
            path.pop()
        elif word == "," and brackets[-1] == "[":
            path[-1] = int(path[-1]) + 1
        is_key = word == "{" or (word == "," and brackets[-1] == "{")
