"""What a file said is recalled only while the file is surely the same, and a memo that is broken says nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.nouns import locks
from wxsync.errors import Conflict
from wxsync.manifest.said import Entry, Said, Word
from wxsync.model import Account, Lock
from wxsync.recall import Memo

SAID = Said(
    (Account("prod", "wx0123456789abcdef"),),
    (
        Entry(Word("视频/*.mp4", 3, 8), sound=True, type="video", title=Word("标题", 4, 9), introduction="x", fit=True),
        Entry(Word("a", 9, 1), sound=True, exclude=(Word("b", 1, 2),), excluding=Word("exclude", 1, 0)),
    ),
)
LATER = 10**18 * 5
"""In Unix nanoseconds: long after every file here was written."""


def memo_of(file: Path) -> Memo:
    return Memo(file.parent, file, clock=lambda: LATER)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "materials.yaml"
    file.write_text("what it says")
    return file


@pytest.fixture
def kept(file: Path) -> Path:
    memo_of(file).keep(SAID)
    assert memo_of(file).recall(Said) == SAID
    return file.parent / ".wxsync" / "materials.yaml.read"


@given(lock=locks())
def test_whatever_a_lock_says_is_recalled(lock: Lock, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.getbasetemp() / "any.lock.json"
    file.touch()

    memo_of(file).keep(lock)

    assert memo_of(file).recall(Lock) == lock


def test_a_file_that_changed_in_any_way_is_read_again(file: Path, kept: Path) -> None:
    status = file.stat()
    file.write_text("what it SAYS")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert file.stat().st_size == status.st_size
    assert memo_of(file).recall(Said) is None, "written over, and its time put back"

    memo_of(file).keep(SAID)
    file.rename(file.with_name("moved"))
    file.symlink_to("moved")
    assert memo_of(file).recall(Said) is None, "a link is another file than the one that it leads to"
    file.unlink()
    assert memo_of(file).recall(Said) is None
    memo_of(file).keep(SAID)
    assert memo_of(file).recall(Said) is None, "of a file that is not there nothing is kept"


def test_what_changed_while_it_was_read_is_not_kept(file: Path) -> None:
    memo = memo_of(file)
    file.write_text("something else")

    memo.keep(SAID)

    assert not (file.parent / ".wxsync").exists()


def test_a_file_that_was_just_written_is_neither_kept_nor_recalled(file: Path, kept: Path) -> None:
    kept.unlink()

    Memo(file.parent, file).keep(SAID)
    assert not kept.exists()
    memo_of(file).keep(SAID)
    assert Memo(file.parent, file).recall(Said) is None
    assert memo_of(file).recall(Said) == SAID


def test_what_is_kept_answers_for_its_kind_and_version_only(file: Path, kept: Path) -> None:
    assert memo_of(file).recall(Lock) is None

    kept.write_bytes(b"0.0.1" + kept.read_bytes()[5:])
    assert memo_of(file).recall(Said) is None


@given(cut=st.integers(0, 200), end=st.binary(max_size=20))
def test_no_bytes_make_it_fail(cut: int, end: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.touch()
    memo_of(file).keep(SAID)
    kept = file.parent / ".wxsync" / "any.yaml.read"
    whole = kept.read_bytes()
    kept.write_bytes(whole[:cut] + end)

    assert isinstance(memo_of(file).recall(Said), Said | None)


def test_a_memo_that_is_a_link_is_not_followed(file: Path, kept: Path, tmp_path: Path) -> None:
    kept.rename(tmp_path / "elsewhere")
    kept.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(Conflict):
        memo_of(file).recall(Said)


def test_where_nothing_can_be_written_nothing_is_lost(file: Path) -> None:
    (file.parent / ".wxsync").write_text("")

    memo_of(file).keep(SAID)

    assert memo_of(file).recall(Said) is None
