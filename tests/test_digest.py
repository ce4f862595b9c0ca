"""Digests are remembered only while the file is surely the same, and a broken cache is an empty one."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxsync import __version__
from wxsync.digest import Digest, Digests, Remembered, read_cache, remember, write_cache
from wxsync.states import state_in

DIGEST = Digest("a" * 64, 3)


def knows_nothing(cache: Path) -> bool:
    return not any(read_cache(cache).of(folder, name) for folder in ("", "x") for name in "abc")


LONG_AGO = 1_700_000_000_000_000_000


def aged(file: Path, *, at: int = LONG_AGO) -> os.stat_result:
    os.utime(file, ns=(at, at))
    return file.stat()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "a.png"
    file.write_bytes(b"abc")
    return file


def test_a_file_that_stayed_is_known_again(file: Path, tmp_path: Path) -> None:
    entry = remember(aged(file), DIGEST)
    assert entry

    write_cache(tmp_path / "cache", Digests().with_learnt({"中文/a.png": entry}, paths=["中文/a.png"]))

    assert read_cache(tmp_path / "cache").of("中文", "a.png") == entry
    assert entry.state == state_in(file.stat())


def test_of_a_folder_in_which_something_was_learnt_only_what_is_still_named_stays(tmp_path: Path) -> None:
    known = {name: Remembered(name, *DIGEST) for name in ("a", "gone", "x/b", "x/gone", "y/gone")}
    before = Digests().with_learnt(known, paths=known)
    learnt = Remembered("another", *DIGEST)

    write_cache(tmp_path / "cache", before.with_learnt({"x/b": learnt}, paths=["a", "x/b", "new/c"]))

    after = read_cache(tmp_path / "cache")
    assert (after.of("", "a"), after.of("x", "b")) == (known["a"], learnt)
    assert [after.of(*place) for place in (("x", "gone"), ("y", "gone"), ("new", "c"))] == [None] * 3


def test_another_size_time_or_inode_is_another_state(file: Path, tmp_path: Path) -> None:
    state = state_in(aged(file))
    copy = tmp_path / "copy"
    copy.write_bytes(b"xyz")

    assert state_in(aged(copy)) != state
    assert state_in(aged(file, at=LONG_AGO + 1)) != state
    assert state_in(aged(file)) != state, "changed, and its time put back"
    file.write_bytes(b"abcd")
    assert state_in(aged(file)) != state


@pytest.mark.parametrize(("age", "remembered"), [(-5, False), (0, False), (1.999, False), (2, True), (60, True)])
def test_a_file_that_was_just_written_is_not_trusted(file: Path, age: float, remembered: bool) -> None:
    status = aged(file)

    entry = remember(status, DIGEST, clock=lambda: LONG_AGO + int(age * 1e9))

    assert (entry is not None) is remembered


WHOLE: dict[str, Any] = {
    "version": __version__,
    "folders": {"": {"a": ["3 1 2 7", "a" * 64, 3], "b": ["4 1 2 8", "b" * 64, 4, "image", "png"]}, "x": {}},
}


def with_entry(*entry: object) -> bytes:
    return json.dumps(WHOLE | {"folders": {"": WHOLE["folders"][""] | {"c": entry}}}).encode()


BROKEN = [
    b"",
    b"\xff\xfe",
    b"[]",
    b"null",
    b"7",
    b"{}",
    b'{"a": ["3 1 7", "digest", 3]}',
    json.dumps(WHOLE | {"folders": list(WHOLE["folders"])}).encode(),
    json.dumps(WHOLE | {"folders": {"": ["a", "b"]}}).encode(),
    json.dumps(WHOLE | {"version": 2}).encode(),
    json.dumps(WHOLE).encode()[:-9],
    with_entry(),
    with_entry("3 1 1 7", "a" * 64),
    with_entry(3, 1, 1, 7, "a" * 64, 3),
    with_entry(4.5, "a" * 64, 3),
    with_entry(None, "a" * 64, 3),
    with_entry("3 1 1 7", None, 3),
    with_entry("3 1 1 7", "not a digest", 3),
    with_entry("3 1 1 7", "Z" * 64, 3),
    with_entry("3 1 1 7", "a" * 63, 3),
    with_entry("3 1 1 7", "a" * 63 + "\n", 3),
    with_entry("3 1 1 7", "a" * 63 + "\u00e4", 3),
    with_entry("3 1 1 7", "a" * 64, 3, 7),
    b"[" * 100_000,
]


def test_a_whole_cache_is_read(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text(json.dumps(WHOLE))

    cache = read_cache(tmp_path / "cache")
    assert cache.of("", "a") == Remembered("3 1 2 7", "a" * 64, 3)
    assert cache.of("", "b") == Remembered("4 1 2 8", "b" * 64, 4, "image", "png")
    assert cache.of("x", "a") is cache.of("y", "a") is None


def test_what_another_version_learnt_is_learnt_again(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text(json.dumps(WHOLE | {"version": "0.0.1"}))

    assert knows_nothing(tmp_path / "cache")


@pytest.mark.parametrize("content", BROKEN)
def test_a_broken_cache_is_an_empty_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cache").write_bytes(content)

    assert knows_nothing(tmp_path / "cache")


@given(st.binary())
def test_no_bytes_make_it_fail(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any-cache"
    file.write_bytes(content)

    assert knows_nothing(file)


def test_a_cache_that_cannot_be_read_or_written_is_no_loss(tmp_path: Path) -> None:
    write_cache(tmp_path / "missing" / "cache", Digests().with_learnt({"a": Remembered("3 1", *DIGEST)}, paths="a"))
    (tmp_path / "folder").mkdir()
    write_cache(tmp_path / "folder", Digests())

    assert knows_nothing(tmp_path / "missing" / "cache")
    assert knows_nothing(tmp_path / "folder")
    assert [one.name for one in tmp_path.iterdir()] == ["folder"]
