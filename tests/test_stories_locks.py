"""A lock that somebody edited by hand: the line, the record, what is wrong, and the way back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.project import Project, Server


def edited(project: Project, part: str = "materials", name: str = "a.png", /, **changes: Any) -> None:
    """Edits an entry of the lock by hand; a value of ... takes the key out."""
    lock = project.lock()
    entry = lock[part][name] if part == "materials" else lock[part][0]
    entry |= changes
    for key in [key for key, value in changes.items() if value is ...]:
        del entry[key]
    (project.root / "materials.lock.json").write_text(json.dumps(lock, indent=2, sort_keys=True, ensure_ascii=True))


def line_of(project: Project, text: str) -> int:
    return 1 + next(number for number, line in enumerate(project.lock_bytes().decode().split("\n")) if text in line)


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"media_id": ""}, '"media_id": ""', "the record a.png has no media_id"),
    ({"media_id": None}, '"media_id": null', "the media_id of the record a.png cannot be null"),
    ({"media_id": "two words"}, "two words", 'the media_id of the record a.png cannot be "two words"'),
    ({"media_id": "id\x1b[2J"}, "u001b", "the media_id of the record a.png cannot be"),
    ({"media_id": "\u202e"}, "u202e", "the media_id of the record a.png cannot be"),
    ({"media_id": "\ud800"}, "ud800", "the media_id of the record a.png cannot be"),
    ({"media_id": "x" * 300}, '"media_id"', "the media_id of the record a.png cannot be"),
    ({"sha256": ...}, '"a.png": {', "the record a.png has no sha256"),
    ({"sha256": "ABC"}, "ABC", "64 hexadecimal digits"),
    ({"size": "10"}, '"size"', 'the size of the record a.png cannot be "10"'),
    ({"size": 10**400}, '"size"', "cannot be a number of more than 30 digits"),
    ({"size": -1}, '"size"', "cannot be -1"),
    ({"size": 2**53}, '"size"', "cannot be 9007199254740992"),
    ({"size": 1.5}, '"size"', "cannot be 1.5"),
    ({"type": "picture"}, "picture", "image, voice, video, thumb or article_image"),
    ({"uploaded_at": "zzz"}, "zzz", "a time in UTC such as"),
    ({"uploaded_at": "2026-02-31T10:00:00Z"}, "2026-02-31", "a time in UTC such as"),
    ({"uploaded_at": "2026-11-23 10:00"}, "2026-11-23 ", "a time in UTC such as"),
    ({"uploaded_at": "10000-01-01T00:00:00Z"}, "10000-", "a time in UTC such as"),
    ({"url": "javascript:alert(1)"}, "javascript", "an address that begins with"),
    ({"url": "https://x/\n::error::"}, "::error", "an address that begins with"),
    ({"origin": "found"}, "found", "uploaded or imported"),
    ({"path": "\udfff"}, "udfff", "the path of the record a.png cannot be"),
]


COMMANDS = [["apply", "--yes"], ["get", "a.png"], ["export", "--format", "json"], ["prune", "--yes"]]
TRIED = [(["plan"], *wrong) for wrong in WRONG] + [
    (command, *WRONG[one]) for command in COMMANDS for one in (0, 10, 15)
]


@pytest.mark.parametrize(("command", "changes", "where", "said"), TRIED, ids=lambda one: str(one)[:30])
def test_a_value_that_cannot_be_is_told_where_it_stands(
    project: Project, server: Server, command: list[str], changes: dict[str, Any], where: str, said: str
) -> None:
    project.images("a.png", "b.png")
    project.apply()
    calls = server.calls()
    edited(project, **changes)
    before = project.lock_bytes()

    ran = project.run(*command)

    assert ran.code == 4
    assert f"materials.lock.json:{line_of(project, where)}:" in ran.err
    assert said in ran.err
    assert "git checkout -- " in ran.err
    assert "wxsync forget a.png" in ran.err
    assert "1 error" in ran.err
    assert project.lock_bytes() == before
    assert server.calls() == calls


def test_every_record_that_is_wrong_is_told_at_once(project: Project) -> None:
    project.images("a.png", "b.png", "c.png")
    project.apply()
    edited(project, media_id="", size=-1)
    edited(project, "materials", "c.png", uploaded_at=...)

    ran = project.run("plan")

    assert "3 errors" in ran.err
    assert ran.err.index("a.png has no media_id") < ran.err.index("size of the record a.png") < ran.err.index("c.png")


def test_a_lock_with_a_thousand_errors_shows_the_first_ones(project: Project) -> None:
    project.images("a.png")
    project.apply()
    lock = project.lock()
    lock["materials"] = {f"{number}.png": {} for number in range(1000)}
    project.add("materials.lock.json", json.dumps(lock).encode())

    ran = project.run("plan")

    assert ran.code == 4
    assert "there are more problems" in ran.err
    assert len(ran.err.splitlines()) < 200


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"account": "wx\\n::error::x", %s}', "the account cannot be"),
        ('{"account": "", %s}', "the lock has no account"),
        ('{"account": "wx", "account": "wx", %s}', 'the key "account" stands twice'),
        ('{"account": %s9, %%s}' % ("9" * 5000), "the account cannot be a number of more than 30 digits"),
        ("[%s]", "not valid JSON"),
        ("7", "the lock is 7, and must be an object"),
    ],
)
def test_what_is_no_lock_at_all_is_told_in_words(project: Project, text: str, said: str) -> None:
    project.images("a.png")
    rest = '"lock_version": 1, "materials": {}, "retired": [], "unconfirmed": []'
    project.add("materials.lock.json", (text.replace("%s", rest)).encode())

    ran = project.run("plan")

    assert ran.code == 4
    assert said in ran.err
    assert not any(line.lstrip().startswith("::") for line in ran.err.splitlines())


def test_a_retired_record_and_a_doubt_are_named_too(project: Project) -> None:
    project.images("a.png", "b.png")
    project.apply()
    project.images("b.png")
    project.apply()
    edited(project, "retired", retired_at="yesterday")

    ran = project.run("plan")

    assert f"materials.lock.json:{line_of(project, 'yesterday')}:" in ran.err
    assert 'the retired_at of the retired record a.png cannot be "yesterday"' in ran.err

    edited(project, "retired", retired_at="2026-11-23T10:00:00Z")
    lock = project.lock()
    lock["unconfirmed"] = [{"name": "b.png", "type": "image", "sha256": "0" * 64, "uploaded_as": "b", "sent_at": "x"}]
    project.add("materials.lock.json", json.dumps(lock).encode())

    ran = project.run("plan")

    assert 'the sent_at of the unconfirmed upload b.png cannot be "x"' in ran.err
    assert "wxsync forget" not in ran.err, "which drops no doubt"


def test_the_record_can_be_dropped_as_the_hint_says(project: Project, server: Server) -> None:
    project.images("a.png", "b.png")
    project.apply()
    kept = project.materials()["b.png"]
    edited(project, media_id="", url="kept in the output")

    dropped = project.run("forget", "a.png")

    assert dropped.code == 0
    assert "kept in the output" in dropped.out
    assert project.materials() == {"b.png": kept}
    assert project.apply().code == 0
    assert len(server.ids()) == 2, "what is at WeChat was found by its tag"


def test_no_other_record_is_dropped_with_it(project: Project) -> None:
    project.images("a.png", "b.png")
    project.apply()
    edited(project, media_id="")
    edited(project, "materials", "b.png", size="x")
    before = project.lock_bytes()

    assert project.run("forget", "a.png").code == 4
    assert project.lock_bytes() == before


@pytest.mark.parametrize("said", [b"not a line", b"00000000 {}", b"deadbeef " + b"[" * 10_000])
def test_a_journal_that_cannot_be_is_told_with_its_line(project: Project, server: Server, said: bytes) -> None:
    project.images("a.png")
    project.add(".wxsync/materials.journal", said + b"\n")

    for command in (["plan"], ["apply", "--yes"], ["get", "a.png"]):
        ran = project.run(*command)
        assert ran.code == 4
        assert "materials.journal:1:1: error: the journal of an earlier run is damaged" in ran.err
    assert server.calls() == {}
