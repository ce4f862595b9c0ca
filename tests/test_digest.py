"""Digests are remembered only while the file is surely the same, and a broken cache is an empty one."""

from __future__ import annotations

import json
import os
from pathlib import Path

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


ROW = [3, LONG_AGO, 7, "a" * 64, 3]
BROKEN = [
    b"",
    b"\xff\xfe",
    b"[]",
    b"null",
    b"7",
    b'{"a": 7}',
    b'{"a": []}',
    b'{"a": null}',
    b'{"a": {}}',
    b'{"a": [1, 2, 3, 4, 5]}',
    json.dumps({"a": [*ROW[:3], "not a digest", 3]}).encode(),
    json.dumps({"a": [*ROW[:3], None, 3]}).encode(),
    json.dumps({"a": ["3", *ROW[1:]]}).encode(),
    json.dumps({"a": [*ROW, 1]}).encode(),
    json.dumps({"a": ROW}).encode()[:-9],
    b"[" * 100_000,
]


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
    write_cache(tmp_path / "missing" / "cache", {"a": Remembered(3, LONG_AGO, 7, DIGEST)})
    (tmp_path / "folder").mkdir()
    write_cache(tmp_path / "folder", {})

    assert read_cache(tmp_path / "missing" / "cache") == {}
    assert read_cache(tmp_path / "folder") == {}
    assert [one.name for one in tmp_path.iterdir()] == ["folder"]
