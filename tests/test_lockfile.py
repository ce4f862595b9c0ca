"""The lock on the disk: one state is one sequence of bytes, and what is not a lock never passes for one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import datetime
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.nouns import ARTICLE, VIDEO, doubt_of, held, lock_of, locks, record_of, retire, want
from wxsync.errors import Conflict, InvalidInput
from wxsync.lockfile import parse_lock, read_lock, render_lock, write_lock
from wxsync.model import Lock, MaterialType, Origin, Record
from wxsync.schemas import violations

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
IDS = st.characters(min_codepoint=ord("!"), max_codepoint=ord("~"))
SAMPLE = lock_of(
    {"视频\n\"'\u2028": held("v", "c", VIDEO), "x": held("x"), "y": held("y", "b", ARTICLE)},
    [retire("x", held("x", "d")), retire("z", held("z", "e", VIDEO))],
    [doubt_of(want("w", "f"))],
)


@st.composite
def records(draw: st.DrawFn) -> Record:
    kind = draw(st.sampled_from(MaterialType))
    optional = st.none() | TEXT
    ids = st.text(IDS, min_size=1, max_size=256)
    return Record(
        type=kind,
        path=draw(TEXT),
        sha256=draw(st.text("0123456789abcdef", min_size=64, max_size=64)),
        size=draw(st.integers(0, 2**40)),
        media_id=draw(ids) if kind is not ARTICLE else None,
        url=draw(st.none() | ids.map("http://{}".format)),
        uploaded_as=draw(optional),
        uploaded_at=draw(st.none() | st.datetimes(datetime(1000, 1, 1)).map("{:%Y-%m-%dT%H:%M:%SZ}".format)),
        origin=draw(st.sampled_from(Origin)),
        title=draw(TEXT) if kind is VIDEO else "",
        introduction=draw(TEXT) if kind is VIDEO else "",
    )


def parsed(content: bytes) -> Lock:
    return parse_lock(content, shown_as="materials.lock.json")


def entries(lock: Lock) -> tuple[int, int, int]:
    return len(lock.records), len(lock.retired), len(lock.unconfirmed)


@settings(deadline=None)
@given(st.dictionaries(TEXT, records(), max_size=4), st.text(IDS, min_size=1, max_size=64))
def test_what_is_written_is_read_again(held_records: dict[str, Record], account: str) -> None:
    lock = replace(lock_of(held_records), account=account)

    assert parsed(render_lock(lock)) == lock


@settings(deadline=None)
@given(locks())
def test_the_same_state_is_the_same_canonical_bytes(lock: Lock) -> None:
    content = render_lock(lock)

    document = json.loads(content)
    assert content == (json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()
    assert violations("lock", document) == []
    assert render_lock(parsed(content)) == content
    backwards = replace(
        lock,
        records=dict(reversed(list(lock.records.items()))),
        retired=lock.retired[::-1],
        unconfirmed=lock.unconfirmed[::-1],
    )
    assert render_lock(backwards) == content


def test_two_retired_article_images_of_one_name_have_one_order() -> None:
    retired = [retire("x", record_of(want("x", kind=ARTICLE), media_id)) for media_id in ("one", "two")]

    assert render_lock(lock_of({}, retired)) == render_lock(lock_of({}, retired[::-1]))


def test_the_lock_of_the_design_looks_as_it_does_there() -> None:
    record = Record(MaterialType.IMAGE, "images/logo.png", "0" * 64, 12345, "ID", "http://u", "logo.png", "2026-11-23")

    assert render_lock(lock_of({"logo": record})).decode().splitlines() == [
        "{",
        '  "account": "wx0123456789abcdef",',
        '  "lock_version": 1,',
        '  "materials": {',
        '    "logo": {',
        '      "media_id": "ID",',
        '      "origin": "uploaded",',
        '      "path": "images/logo.png",',
        f'      "sha256": "{"0" * 64}",',
        '      "size": 12345,',
        '      "type": "image",',
        '      "uploaded_as": "logo.png",',
        '      "uploaded_at": "2026-11-23",',
        '      "url": "http://u"',
        "    }",
        "  },",
        '  "retired": [],',
        '  "unconfirmed": []',
        "}",
    ]


def test_half_a_lock_is_no_lock() -> None:
    content = render_lock(SAMPLE)

    for end in range(len(content) - 1):
        with pytest.raises(InvalidInput):
            parsed(content[:end])
    assert parsed(content[:-1]) == SAMPLE, "but for the last line feed"


@settings(deadline=None, max_examples=500)
@given(st.data())
def test_a_damaged_lock_is_refused_or_holds_as_much_as_before(data: st.DataObject) -> None:
    content = render_lock(SAMPLE)
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(len(content), start + 3)))
    damaged = content[:start] + data.draw(st.binary(max_size=3)) + content[end:]

    try:
        lock = parsed(damaged)
    except (InvalidInput, Conflict):
        return

    assert entries(lock) == entries(SAMPLE)
    assert parsed(render_lock(lock)) == lock


@settings(deadline=None)
@given(st.binary() | st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists).map(str))
def test_anything_else_is_refused_in_words(anything: bytes | str) -> None:
    content = anything if isinstance(anything, bytes) else anything.encode("utf-8", "surrogatepass")

    with pytest.raises(InvalidInput) as caught:
        parsed(content)

    assert all(problem.message and problem.hint for problem in caught.value.problems)


def broken(**changes: Any) -> bytes:
    document = json.loads(render_lock(SAMPLE))
    for key, value in changes.items():
        document["materials"]["x"][key] = value
    return json.dumps(document).encode()


WRONG = [
    broken(type="banana"),
    broken(type=None),
    broken(sha256="A" * 64),
    broken(size=-1),
    broken(size="10"),
    broken(size=float("nan")),
    broken(size=True),
    broken(media_id=""),
    broken(media_id=7),
    broken(origin="found"),
    broken(path=""),
    broken(type="video"),
    broken(path="half a pair \ud800"),
]


@pytest.mark.parametrize("content", WRONG)
def test_a_record_of_the_wrong_shape_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidInput):
        parsed(content)


def test_however_deep_a_lock_is_nested_it_is_refused_in_words() -> None:
    for depth in range(500, 1100):  # somewhere there it can just be read and no longer be told
        with pytest.raises(InvalidInput):
            parsed(b'{"lock_version": 1, "account": ' + b"[" * depth + b"]" * depth + b"}")


@pytest.mark.parametrize("twin", ["account", "x", "media_id"])
def test_a_key_that_stands_twice_is_refused_at_every_depth(twin: str) -> None:
    content = render_lock(SAMPLE).decode()
    key = f'"{twin}": '

    with pytest.raises(InvalidInput, match="stands twice"):
        parsed(content.replace(key, f"{key}null, {key}", 1).encode())


@pytest.mark.parametrize("marker", ["<<<<<<< ours\n", "=======\n", ">>>>>>> theirs\n", "=======\r\n"])
@pytest.mark.parametrize("line", [0, 3, 20])
def test_conflict_markers_are_named_with_their_line(marker: str, line: int) -> None:
    lines = render_lock(SAMPLE).decode().splitlines(keepends=True)

    with pytest.raises(InvalidInput, match="conflict markers") as caught:
        parsed("".join([*lines[:line], marker, *lines[line:]]).encode())

    [problem] = caught.value.problems
    assert problem.location
    assert problem.location.line == line + 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{}", "lock-invalid"),
        ('{"materials": 7, "lock_version": 2}', "lock-newer"),
        ('{"lock_version": 99, "new": [1]}', "lock-newer"),
    ],
)
def test_the_version_is_asked_before_all_else(text: str, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parsed(text.encode())

    assert {problem.code for problem in caught.value.problems} == {code}


PLAIN = st.none() | st.booleans() | st.integers(-1, 2) | st.just("a" * 64) | st.text("b\n", max_size=1)
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=1) | st.dictionaries(TEXT, inner, max_size=1))
WORDS = st.sampled_from([*MaterialType, *Origin, "1e3", "a" * 63, "A" * 64, "a" * 65])


def places(value: Any, *above: Any) -> Iterator[tuple[Any, ...]]:
    """Gives the path of everything in a document."""
    yield above
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, *above, key)


@settings(deadline=None, max_examples=500)
@given(st.data())
def test_what_is_read_is_just_what_the_schema_takes(data: st.DataObject) -> None:
    document: Any = json.loads(render_lock(SAMPLE))
    *above, key = data.draw(st.sampled_from([place for place in places(document) if place]))
    inner = reduce(lambda value, step: value[step], above, document)
    if data.draw(st.booleans()):
        inner[key] = data.draw(VALUES | WORDS)
    else:
        del inner[key]

    fits = violations("lock", document) == []
    with nullcontext() if fits else pytest.raises(InvalidInput, match=r"not valid|newer wxsync"):
        parsed(json.dumps(document).encode())


def test_what_no_schema_can_tell_is_refused_all_the_same() -> None:
    document = json.loads(render_lock(SAMPLE))
    document["materials"]["x"]["sha256"] += "\n"

    assert violations("lock", document) == [], "Python's $ matches before a line feed"
    with pytest.raises(InvalidInput, match="wxsync never writes"):
        parsed(json.dumps(document).encode())


def test_keys_that_this_version_does_not_know_are_ignored() -> None:
    document = json.loads(render_lock(SAMPLE)) | {"later": {"deep": [1]}}
    document["materials"]["x"] |= {"colour": "red", "title": "only a video has one"}

    assert parsed(json.dumps(document).encode()) == SAMPLE


def test_only_not_found_means_that_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").touch()

    assert read_lock(tmp_path / "missing") is None
    assert read_lock(tmp_path / "no" / "folder" / "either") is None
    for there in ("folder", "empty"):
        with pytest.raises(InvalidInput):
            read_lock(tmp_path / there)


def test_a_lock_is_written_and_read(tmp_path: Path) -> None:
    file = tmp_path / "materials.lock.json"

    write_lock(file, SAMPLE)
    write_lock(file, SAMPLE)

    assert read_lock(file) == SAMPLE
    assert [one.name for one in tmp_path.iterdir()] == ["materials.lock.json"]


def test_no_id_of_a_lock_of_the_first_version_is_ever_lost() -> None:
    """Whatever lock_version comes: this file is what the first one wrote, and it must give all that stands in it."""
    content = (Path(__file__).parent / "golden/lock-1.json").read_bytes()

    again = render_lock(parsed(content))

    assert json.loads(content)["lock_version"] == 1
    assert identities(json.loads(again)) == identities(json.loads(content))


@pytest.mark.parametrize("version", [0, -1, 0.5, "1", "one", None, True, [1], {}])
def test_a_version_that_was_never_written_is_refused_and_not_guessed_at(version: object) -> None:
    document = json.loads(render_lock(SAMPLE)) | {"lock_version": version}

    with pytest.raises(InvalidInput, match="lock_version") as caught:
        parsed(json.dumps(document).encode())

    assert {problem.code for problem in caught.value.problems} == {"lock-invalid"}


def identities(document: Any) -> set[tuple[str, ...]]:
    entries = [(name, one) for name, one in document["materials"].items()]
    entries += [(one["name"], one) for one in (*document["retired"], *document["unconfirmed"])]
    keys = ("media_id", "url", "sha256", "uploaded_as", "origin", "replaced_by", "sent_at")
    return {(name, *(str(one.get(key)) for key in keys)) for name, one in entries}
