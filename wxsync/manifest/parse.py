"""The text of a manifest to what it says, with every problem that the text itself has; the door to YAML."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Set
from typing import TYPE_CHECKING

from msgspec import Struct

from wxsync.manifest.accounts import read_accounts
from wxsync.manifest.document import Items, Reading, Table, Text, is_sound, read_document
from wxsync.manifest.paths import in_shortest_form
from wxsync.manifest.said import Entry, Said, Word
from wxsync.manifest.shape import check_shape
from wxsync.manifest.source import MAX_PROBLEMS, At, Source
from wxsync.model import Problem

if TYPE_CHECKING:
    from wxsync.manifest.lookalikes import Slip


class Parsed(Struct, frozen=True):
    """Represents what a text says as far as it is sound, what is wrong with it, and how YAML read it."""

    said: Said
    problems: list[Problem]
    reading: Reading


def parse(source: Source) -> Parsed:
    """Reads what a manifest says; nothing is looked up."""
    reading = read_document(source)
    document, problems = reading.document, reading.problems
    if document is None:
        return Parsed(Said(), problems, reading)
    problems = problems + elsewhere(problems, check_shape(document, source))
    if not isinstance(document, Table) or any(problem.code == "newer-version" for problem in problems):
        return Parsed(Said(), problems, reading)
    broken = {(each.location.line - 1, each.location.column - 1) for each in problems if each.location}
    accounts, of_accounts = read_accounts(document, broken, source)
    said = Said(tuple(accounts), tuple(_entries(document, broken)))
    return Parsed(said, problems + elsewhere(problems, of_accounts), reading)


def with_slips(problems: list[Problem], reading: Reading, source: Source) -> list[Problem]:
    """Names the characters that only look like YAML's, before anything that follows from them."""
    if not problems or source.text.isascii():
        return problems
    from wxsync.manifest.lookalikes import Lines, explain_slip, look_over  # which most manifests need not

    lines = Lines(source.text)
    spots = [(slip, lines.at(slip.index)) for slip in look_over(source.text, most=MAX_PROBLEMS).slips]
    slips = [explain_slip(slip, spot, source) for slip, spot in _in_structure(spots, problems, reading)]
    wrong = {slip.location.line for slip in slips if slip.location}
    gave_up = reading.broken.line + 1 if reading.broken and reading.document is None else None
    # A parser that gave up blames what stands behind the first of them.
    follow_up = problems[-1:] if gave_up is not None and wrong and min(wrong) <= gave_up else []
    follow_up += _hidden(problems, wrong)
    left = [each for each in problems if each not in follow_up and each.location and each.location.line not in wrong]
    return [*slips, *left]


def _hidden(problems: Iterable[Problem], lines: Iterable[int]) -> list[Problem]:
    """Gives the keys that are missing above these lines: they stand in them, and are not what they look like."""
    missing = [each for each in problems if each.code == "missing-key" and each.location]
    starts = sorted({each.location.line for each in missing if each.location})
    nearest = {starts[found - 1] for line in lines if (found := bisect_right(starts, line))}
    return [each for each in missing if each.location and each.location.line in nearest]


def _in_structure(
    slips: Iterable[tuple[Slip, At]], problems: Iterable[Problem], reading: Reading
) -> Iterator[tuple[Slip, At]]:
    """Leaves out what stands in a text that YAML read and nothing is wrong with."""
    bad = {(each.location.line - 1, each.location.column - 1) for each in problems if each.location}
    before = reading.broken.line if reading.broken else None
    sound = [
        ((start.line, start.column), (end.line, end.column))
        for start, end in reading.texts
        if (start.line, start.column) not in bad and (before is None or end.line < before)
    ]
    starts = [start for start, _ in sound]
    for slip, spot in slips:
        at = spot.line, spot.column
        nearest = bisect_right(starts, at) - 1
        if nearest < 0 or at >= sound[nearest][1]:
            yield slip, spot


def elsewhere(known: Iterable[Problem], more: Iterable[Problem]) -> list[Problem]:
    """Leaves out what only follows from a problem that is known at the same place."""
    places = {problem.location for problem in known}
    return [problem for problem in more if problem.location not in places]


def _entries(document: Table, broken: Set[tuple[int, int]]) -> list[Entry]:
    materials = document.value("materials")
    tables = [entry for entry in materials if isinstance(entry, Table)] if isinstance(materials, Items) else []
    paths = [(table, table.value("path")) for table in tables]
    return [
        _entry(table, path, sound=is_sound(table, broken))
        for table, path in paths
        if isinstance(path, Text) and path.strip()
    ]


def _entry(table: Table, path: Text, *, sound: bool) -> Entry:
    """Takes from a mapping what an entry may hold."""
    said: dict[str, Text] = {key: value for key, value in table.items() if isinstance(value, Text)}
    patterns = table.value("exclude")
    return Entry(
        path=_word(path.again(in_shortest_form(path))),
        sound=sound,
        type=str(said.get("type", "")),
        name=_word(said["name"]) if "name" in said else None,
        title=_word(said["title"]) if "title" in said else None,
        introduction=str(said.get("introduction", "")),
        fit=said.get("fit") == "true",
        exclude=tuple(
            _word(each.again(in_shortest_form(each)))
            for each in (patterns if isinstance(patterns, Items) else ())
            if isinstance(each, Text)
        ),
        excluding=_key(table, "exclude"),
        naming=_key(table, "name"),
    )


def _key(table: Table, name: str) -> Word | None:
    return _word(table.key(name)) if name in table else None


def _word(text: Text) -> Word:
    return Word(str(text), text.spot.line, text.spot.column)
