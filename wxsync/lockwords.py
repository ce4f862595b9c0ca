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
from wxsync.words import Text, text

MOST_PROBLEMS = 50

_Path = tuple[str | int, ...]

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}:,]|[^\s\[\]{}:,"]+', re.DOTALL)
_HALF = re.compile("[\ud800-\udfff]")

_WANTED = {
    "account": text("the appid of one account"),
    "introduction": text("a text"),
    "lock_version": text("the number 1"),
    "materials": text("records by their names"),
    "media_id": text("the id that WeChat gave, without blanks; only an article image has none (null)"),
    "name": text("a text"),
    "origin": text("uploaded or imported"),
    "path": text("a text"),
    "replaced_by": text("the media_id of what took its place, or null"),
    "retired": text("a list"),
    "retired_at": text("a time in UTC such as 2026-11-23T10:00:00Z"),
    "sent_at": text("a time in UTC such as 2026-11-23T10:00:00Z"),
    "sha256": text("64 hexadecimal digits"),
    "size": text("a whole number of bytes, at most {most:,}", most=MOST_BYTES),
    "title": text("a text"),
    "type": text("image, voice, video, thumb or article_image"),
    "unconfirmed": text("a list"),
    "uploaded_as": text("the file name that WeChat was given, or null"),
    "uploaded_at": text("a time in UTC such as 2026-11-23T10:00:00Z, or null"),
    "url": text("an address that begins with https:// or http://, or null"),
}


def explain_lock(content: str, document: object, *, shown_as: str) -> list[Problem]:
    """Lists what is wrong with the content of a lock whose text is JSON, sorted by place; at least one problem."""
    found = list(islice(_breaches(document), MOST_PROBLEMS + 1))
    wanted = {breach.path[:length] for breach in found for length in range(len(breach.path) + 1)}
    places = _places(content, wanted)
    problems = list(
        dict.fromkeys(problem for breach in found for problem in _problems(breach, document, places, shown_as))
    )
    problems.sort(key=lambda one: (one.location or Location("", 0, 0), one.message))
    if len(problems) > MOST_PROBLEMS:
        problems[MOST_PROBLEMS:] = [_problem(text("there are more problems in this lock"), (1, 1), shown_as)]
    return problems or [_problem(text("the lock holds what wxsync never writes"), (1, 1), shown_as)]


def explain_twin(content: str, *, shown_as: str) -> Problem | None:
    """Finds a key that stands twice in one object of a text that is JSON otherwise."""
    seen: set[_Path] = set()
    for path, index in _walk(content):
        if path in seen:
            key = json.dumps(path[-1], ensure_ascii=False)
            if len(path) > 2:
                message = text("the key {key} stands twice in the record {name}", key=key, name=path[1])
            else:
                message = text("the key {key} stands twice", key=key)
            return _problem(message, _line_and_column(content, index), shown_as)
        seen.add(path)
    return None


def _problem(
    message: str, at: tuple[int, int], shown_as: str, name: str | None = None, *, drop: bool = False
) -> Problem:
    hint = text("undo the edit: `git checkout -- {lock}`", lock=shlex.quote(shown_as))
    if drop and name and not _HALF.search(name):
        hint = text(
            "undo the edit: `git checkout -- {lock}`, or drop the record: `wxsync forget {name}`",
            lock=shlex.quote(shown_as),
            name=shlex.quote(name),
        )
    return Problem(
        "lock-invalid",
        text("the lock is not valid: {message}", message=message),
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


def _messages(breach: Breach, subject: Text, path: _Path) -> Iterator[Text]:
    found = breach.instance
    if breach.validator == "required" and isinstance(found, dict):
        for key in breach.wanted:
            if key not in found:
                yield text("{subject} has no {key}", subject=subject, key=key)
    elif len(path) in {0, 2}:
        shown = _shown(found)
        yield text("{subject} is {found}, and must be an object with keys and values", subject=subject, found=shown)
    else:
        field = str(path[-1])
        of = subject if len(path) > 1 else text("the lock")
        if found == "":
            yield text("{subject} has no {key}: it is empty", subject=of, key=field)
        else:
            where = text("the {key} of {subject}", key=field, subject=subject) if len(path) > 1 else None
            yield _cannot_be(where or text("the {key}", key=field), _shown(found), _WANTED.get(field))


def _cannot_be(what: Text, found: str, wanted: Text | None) -> Text:
    if wanted is None:
        return text("{what} cannot be {found}", what=what, found=found)
    return text("{what} cannot be {found}; it is {wanted}", what=what, found=found, wanted=wanted)


def _subject(path: _Path, name: str | None) -> Text:
    if len(path) < 2:
        return text("the lock")
    number = text("number {number}", number=int(path[1]) + 1) if isinstance(path[1], int) else path[1]
    match path[0]:
        case "materials":
            return text("the record {name}", name=name or number)
        case "retired":
            return text("the retired record {name}", name=name or number)
        case "unconfirmed":
            return text("the unconfirmed upload {name}", name=name or number)
        case _:
            return text("the lock")


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
