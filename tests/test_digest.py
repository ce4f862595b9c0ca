"""Digests are remembered only while the file is surely the same, and a broken cache is an empty one."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxsync.digest import Digest, Remembered, read_cache, remember, write_cache

DIGEST = Digest("a" * 64, 3)
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

    write_cache(tmp_path / "cache", {"中文/a.png": entry})

    assert read_cache(tmp_path / "cache") == {"中文/a.png": entry}
    assert entry.fits(file.stat())


def test_another_size_time_or_inode_is_another_file(file: Path, tmp_path: Path) -> None:
    entry = remember(aged(file), DIGEST)
    assert entry
    assert not entry._replace(ctime_ns=entry.ctime_ns + 1).fits(file.stat()), "changed, and its time put back"
    copy = tmp_path / "copy"
    copy.write_bytes(b"xyz")

    assert not entry.fits(aged(copy))
    assert not entry.fits(aged(file, at=LONG_AGO + 1))
    file.write_bytes(b"abcd")
    assert not entry.fits(aged(file))


@pytest.mark.parametrize(("age", "remembered"), [(-5, False), (0, False), (1.999, False), (2, True), (60, True)])
def test_a_file_that_was_just_written_is_not_trusted(file: Path, age: float, remembered: bool) -> None:
    status = aged(file)

    entry = remember(status, DIGEST, clock=lambda: LONG_AGO + int(age * 1e9))

    assert (entry is not None) is remembered


TABLE: list[Any] = [["a", "b"], [3, 4], [LONG_AGO, 1], [LONG_AGO, 2], [7, 8], ["a" * 64, "b" * 64], [3, 4]]


def with_column(number: int, column: object) -> bytes:
    return json.dumps([*TABLE[:number], column, *TABLE[number + 1 :]]).encode()


BROKEN = [
    b"",
    b"\xff\xfe",
    b"[]",
    b"null",
    b"7",
    b"{}",
    b'{"a": [3, 1, 7, "digest", 3]}',
    json.dumps(TABLE[:-1]).encode(),
    json.dumps([*TABLE, [1, 2]]).encode(),
    json.dumps([7, *TABLE[1:]]).encode(),
    json.dumps(TABLE).encode()[:-9],
    with_column(0, ["a", 7]),
    with_column(0, ["a"]),
    with_column(1, [3, "4"]),
    with_column(1, [3, 4.0]),
    with_column(2, [3, None]),
    with_column(4, [3, True]),
    with_column(4, [3]),
    with_column(5, ["a" * 64, None]),
    with_column(5, ["a" * 64, "not a digest"]),
    with_column(5, ["a" * 64, "Z" * 64]),
    with_column(5, ["a" * 63, "a" * 65]),
    with_column(5, ["a" * 64, "a" * 63 + "\n"]),
    with_column(6, 7),
    b"[" * 100_000,
]


def test_a_whole_cache_is_read(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text(json.dumps(TABLE))

    assert read_cache(tmp_path / "cache")["b"] == Remembered(4, 1, 2, 8, "b" * 64, 4)


@pytest.mark.parametrize("content", BROKEN)
def test_a_broken_cache_is_an_empty_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cache").write_bytes(content)

    assert read_cache(tmp_path / "cache") == {}


@given(st.binary())
def test_no_bytes_make_it_fail(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any-cache"
    file.write_bytes(content)

    assert isinstance(read_cache(file), dict)


def test_a_cache_that_cannot_be_read_or_written_is_no_loss(tmp_path: Path) -> None:
    write_cache(tmp_path / "missing" / "cache", {"a": Remembered(3, LONG_AGO, LONG_AGO, 7, *DIGEST)})
    (tmp_path / "folder").mkdir()
    write_cache(tmp_path / "folder", {})

    assert read_cache(tmp_path / "missing" / "cache") == {}
    assert read_cache(tmp_path / "folder") == {}
    assert [one.name for one in tmp_path.iterdir()] == ["folder"]
