"""The journal survives whatever a crash, a full disk or a bad sector does to it, or says that it did not."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.nouns import ACCOUNT, ARTICLE, AT, VIDEO, doubt_of, held, record_of, want
from wxsync.errors import InvalidInput, PersonNeeded
from wxsync.files import DISK, Disk
from wxsync.journal import Journal, Replay, clear_journal, read_journal, replay
from wxsync.model import Record, Unconfirmed

ROOT = Path(__file__).parent.parent
STORY = [want("a"), want("b", "b", VIDEO), want("中文.png", "c", ARTICLE), want("d", "d"), want("e", "e")]


def tell(file: Path) -> None:
    """Sends five: three are answered, one is refused, and of one nothing is heard."""
    with Journal(file, account=ACCOUNT) as journal:
        for number, wanted in enumerate(STORY):
            journal.intend(doubt_of(wanted))
            if number < 3:
                journal.done(wanted.asset.name, record_of(wanted, f"id-{number}"))
        journal.refused(doubt_of(STORY[3]))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    file = tmp_path_factory.mktemp("journal") / "journal"
    tell(file)
    return file.read_bytes().rstrip(b"\0")


def line(said: object) -> bytes:
    text = said if isinstance(said, bytes) else json.dumps(said).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def read_back(tmp_path: Path, content: bytes) -> Replay:
    (tmp_path / "journal").write_bytes(content)
    return read_journal(tmp_path / "journal")


def test_no_journal_means_that_nothing_is_open(tmp_path: Path) -> None:
    assert read_journal(tmp_path / "journal") == Replay()
    clear_journal(tmp_path / "journal")


def test_what_was_told_is_read_in_its_order_with_what_is_open(tmp_path: Path, told: bytes) -> None:
    found = read_back(tmp_path, told)

    assert found.account == ACCOUNT
    assert found.done == tuple((one.asset.name, record_of(one, f"id-{at}")) for at, one in enumerate(STORY[:3]))
    assert found.unconfirmed == (doubt_of(STORY[4]),)
    clear_journal(tmp_path / "journal")
    assert read_journal(tmp_path / "journal") == Replay()


def test_a_journal_that_is_torn_at_any_byte_tells_its_whole_lines(told: bytes) -> None:
    whole = replay(told.split(b"\n"))
    lines = told.count(b"\n")
    heard = [replay(told[:end].split(b"\n")) for end in range(len(told) + 1)]

    assert heard[-1] == whole
    assert [len(one.done) for one in heard] == sorted(len(one.done) for one in heard)
    for end, one in enumerate(heard):
        assert one.done == whole.done[: len(one.done)]
        assert one == replay([*told.split(b"\n")[: told[:end].count(b"\n")], b""]), "the torn line says nothing"
    assert lines == 10


@pytest.mark.parametrize("zeros", [0, 1, 5000])
def test_zeros_after_the_last_line_are_no_line(tmp_path: Path, told: bytes, zeros: int) -> None:
    assert read_back(tmp_path, told + bytes(zeros)) == read_back(tmp_path, told)
    assert read_back(tmp_path, told[:-20] + bytes(zeros)) == read_back(tmp_path, told[:-20])


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_a_flipped_byte_stops_the_run_or_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, told: bytes, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(told) - 1))
    damaged = bytearray(told)
    damaged[place] ^= data.draw(st.integers(1, 255).filter(lambda bits: bits != damaged[place]))
    folder = tmp_path_factory.getbasetemp()

    last_line = place >= told[:-1].rfind(b"\n") + 1
    if last_line and bytes(damaged).endswith(b"\n") is False:
        assert read_back(folder, bytes(damaged)) == replay([*told.split(b"\n")[:-2], b""])
        return
    with pytest.raises(InvalidInput, match="damaged"):
        read_back(folder, bytes(damaged))


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_what_a_loss_of_power_left_as_zeros_is_passed_over_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, told: bytes, data: st.DataObject
) -> None:
    lines = told.splitlines(keepends=True)[:-1]  # a refusal is written when its intent is long on the disk
    hit = data.draw(st.integers(1, len(lines) - 1))
    start = data.draw(st.integers(0, len(lines[hit]) - 1))
    end = data.draw(st.integers(start + 1, len(lines[hit])))
    torn = lines[hit][:start] + bytes(end - start) + lines[hit][end:]

    found = read_back(tmp_path_factory.getbasetemp(), b"".join([*lines[:hit], torn, *lines[hit + 1 :]]))

    assert found == replay([*(line[:-1] for number, line in enumerate(lines) if number != hit), b""])


def test_a_journal_whose_very_first_line_never_reached_the_disk_tells_nothing(tmp_path: Path) -> None:
    first = line(FIRST)

    assert read_back(tmp_path, bytes(16) + first[16:] + bytes(100)) == Replay()


class FailsOnce(Disk):
    def __init__(self) -> None:
        self.syncs = 0

    def sync(self, descriptor: int) -> None:
        self.syncs += 1
        if self.syncs == 2:
            raise OSError(errno.EIO, "Input/output error")
        super().sync(descriptor)


def test_after_a_sync_that_failed_no_other_one_is_believed(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal", account=ACCOUNT, disk=FailsOnce()) as journal:
        for name in "ab":
            with pytest.raises(OSError, match="Input/output"):
                journal.intend(doubt_of(want(name)))


class Gated(Disk):
    """Lets the first sync of a line go on only when a later line was written, and notes the order."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.syncing, self.written = threading.Event(), threading.Event()

    def write(self, descriptor: int, content: bytes, place: int) -> int:
        count = super().write(descriptor, content, place)
        if b"later" in bytes(content):
            self.seen.append("later line")
            self.written.set()
        return count

    def sync(self, descriptor: int) -> None:
        self.seen.append("sync")
        if self.seen.count("sync") == 2:
            self.syncing.set()
            assert self.written.wait(timeout=10)
        super().sync(descriptor)


def test_a_line_is_synced_by_a_sync_that_began_after_it_was_written(tmp_path: Path) -> None:
    disk = Gated()
    with Journal(tmp_path / "journal", account=ACCOUNT, disk=disk) as journal:
        first = threading.Thread(target=journal.intend, args=[doubt_of(want("first"))])
        first.start()
        assert disk.syncing.wait(timeout=10)
        journal.intend(doubt_of(want("later")))
        first.join()

    assert disk.seen == ["sync", "sync", "later line", "sync"]


FIRST = {"account": ACCOUNT}
INTENT: dict[str, Any] = {
    "name": "a", "type": "image", "sha256": "a" * 64, "uploaded_as": "a.png", "sent_at": AT
}  # fmt: skip
DONE: dict[str, Any] = {
    "type": "image", "path": "a", "sha256": "a" * 64, "size": 1, "media_id": "id", "url": None, "uploaded_as": "a.png",
    "uploaded_at": AT, "origin": "uploaded",
}  # fmt: skip
WRONG: list[object] = [
    b"",
    b"no json",
    b"[" * 100_000,
    b"\xff",
    None,
    7,
    "intent",
    [],
    ["intent"],
    {},
    {"account": 7},
    {"account": ""},
    {"later": "unknown"},
    {"intent": None},
    {"intent": "image"},
    {"intent": {}},
    {"intent": INTENT | {"type": "banana"}},
    {"intent": INTENT | {"type": []}},
    {"intent": INTENT | {"uploaded_as": []}},
    {"intent": INTENT | {"uploaded_as": 7}},
    {"intent": INTENT | {"sha256": "short"}},
    {"done": None, "name": "a"},
    {"done": []},
    {"done": DONE},
    {"done": DONE, "name": 7},
    {"done": DONE, "name": ""},
    {"done": DONE | {"media_id": 7}, "name": "a"},
    {"done": DONE | {"size": "large"}, "name": "a"},
    {"done": DONE | {"origin": None}, "name": "a"},
    {"done": DONE | {"url": {"deep": []}}, "name": "a"},
    {"done": DONE | {"size": 10**400}, "name": "a"},
    {"done": DONE | {"media_id": "id\x1b[2J"}, "name": "a"},
    {"done": DONE | {"media_id": "i d"}, "name": "a"},
    {"done": DONE | {"path": "\ud800"}, "name": "a"},
    {"done": DONE | {"uploaded_at": "zzz"}, "name": "a"},
    {"done": DONE | {"uploaded_at": "2026-02-31T00:00:00Z"}, "name": "a"},
    {"done": DONE | {"url": "javascript:alert(1)"}, "name": "a"},
    {"intent": INTENT | {"sent_at": "garbage"}},
    {"intent": INTENT | {"sent_at": "9" * 5000}},
    {"account": "wx\n::stop-commands::x"},
    {"account": "wx" * 1000},
    {"refused": []},
]


def test_a_journal_of_sound_lines_is_read(tmp_path: Path) -> None:
    found = read_back(tmp_path, line(FIRST) + line({"intent": INTENT}) + line({"done": DONE, "name": "a"}))

    assert [name for name, _record in found.done] == ["a"]
    assert found.unconfirmed == ()


@pytest.mark.parametrize("said", WRONG, ids=lambda said: str(said)[:40])
def test_a_line_that_says_nonsense_under_a_right_checksum_stops_the_run(tmp_path: Path, said: object) -> None:
    with pytest.raises(InvalidInput, match="damaged") as caught:
        read_back(tmp_path, line(FIRST) + line(said))

    [problem] = caught.value.problems
    assert "ids" in problem.hint
    assert problem.location
    assert problem.location.line == 2


def test_lines_without_an_account_are_nobody_s(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="damaged"):
        read_back(tmp_path, line({"intent": INTENT}))


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such name to be impossible")
def test_only_where_nothing_lies_there_is_no_journal(tmp_path: Path) -> None:
    impossible = tmp_path / ("x" * 300)

    assert [DISK.holds(file) for file in (tmp_path, tmp_path / "missing", impossible)] == [True, False, True]
    with pytest.raises(PersonNeeded, match="cannot be read"):
        read_journal(impossible)


def test_a_journal_that_is_a_folder_needs_a_person(tmp_path: Path) -> None:
    with pytest.raises(PersonNeeded, match="cannot be read"):
        read_journal(tmp_path)
    with pytest.raises(PersonNeeded, match="cannot be written"):
        Journal(tmp_path, account=ACCOUNT)
    with pytest.raises(PersonNeeded, match="cannot be written"):
        Journal(tmp_path / "missing" / "journal", account=ACCOUNT)


def test_many_threads_at_once_lose_nothing(tmp_path: Path) -> None:
    file = tmp_path / "journal"
    start = threading.Barrier(8)

    def work(worker: int, journal: Journal) -> None:
        start.wait(timeout=10)
        for number in range(10):
            wanted = want(f"{worker}-{number}", path="x.png")
            journal.intend(doubt_of(wanted))
            if number % 2:
                journal.done(wanted.asset.name, record_of(wanted, wanted.asset.name))

    with Journal(file, account=ACCOUNT) as journal:
        threads = [threading.Thread(target=work, args=(worker, journal)) for worker in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    found = read_journal(file)
    assert len(found.done) == 40
    assert {doubt.name for doubt in found.unconfirmed} == {
        f"{worker}-{number}" for worker in range(8) for number in (0, 2, 4, 6, 8)
    }


def test_a_second_journal_goes_on_after_a_torn_line(tmp_path: Path, told: bytes) -> None:
    before = read_back(tmp_path, told[:-10] + bytes(1000))

    with Journal(tmp_path / "journal", account=ACCOUNT) as journal:
        journal.done("new", held("new"))

    after = read_journal(tmp_path / "journal")
    assert after.done == (*before.done, ("new", held("new")))


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.text(min_size=1), st.sampled_from("abc"), st.booleans()), max_size=6))
def test_whatever_is_told_is_heard(
    tmp_path_factory: pytest.TempPathFactory, story: list[tuple[str, str, bool]]
) -> None:
    file = tmp_path_factory.getbasetemp() / "any-journal"
    done: list[tuple[str, Record]] = []
    doubts: dict[str, Unconfirmed] = {}
    with Journal(file, account=ACCOUNT) as journal:
        for name, content, answered in story:
            wanted = want(name.encode("utf-8", "replace").decode(), content, VIDEO, path="x.mp4")
            doubt = doubt_of(wanted)
            journal.intend(doubt)
            doubts[doubt.uploaded_as] = doubt
            if answered:
                journal.done(doubt.name, record_of(wanted, "id"))
                done.append((doubt.name, record_of(wanted, "id")))
                del doubts[doubt.uploaded_as]

    found = read_journal(file)
    clear_journal(file)

    assert (found.done, set(found.unconfirmed)) == (tuple(done), set(doubts.values()))


FILLS_UP = """
import resource, signal, sys
from pathlib import Path
from tests.nouns import ACCOUNT, AT, doubt_of, record_of, want
from wxsync.journal import Journal

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
file = Path(sys.argv[1])
sent = []
with Journal(file, account=ACCOUNT) as journal:
    journal.intend(doubt_of(want("first")))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size + int(sys.argv[2]),) * 2)
    for number in range(100_000):
        wanted = want(f"{number}.png", "b")
        try:
            journal.intend(doubt_of(wanted))
        except OSError:
            break
        sent.append(wanted)
        if len(sent) > 64:
            oldest = sent.pop(0)
            journal.done(oldest.asset.name, record_of(oldest, oldest.asset.name))
    for wanted in (want("first"), *sent):
        journal.done(wanted.asset.name, record_of(wanted, wanted.asset.name))
print(number)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limits of this kind")
@pytest.mark.parametrize("spare", [0, 1, 100, 1000])
def test_a_disk_that_fills_up_stops_what_is_new_and_loses_no_answer(tmp_path: Path, spare: int) -> None:
    file = tmp_path / "journal"

    ended = subprocess.run(
        [sys.executable, "-c", FILLS_UP, str(file), str(spare)], capture_output=True, text=True, cwd=ROOT, check=False
    )

    assert ended.returncode == 0, ended.stderr
    found = read_journal(file)
    assert len(found.done) == int(ended.stdout) + 1
    assert found.unconfirmed == (), "what was not to be said was not half said"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limits of this kind")
@pytest.mark.parametrize("limit", [0, 10])
def test_a_disk_that_is_full_at_the_beginning_needs_a_person(tmp_path: Path, limit: int) -> None:
    script = (
        "import resource, signal, sys; from pathlib import Path; from wxsync.journal import Journal\n"
        "from wxsync.errors import PersonNeeded\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
        "try:\n    Journal(Path(sys.argv[1]), account='wx')\n"
        "except PersonNeeded as error:\n    print(error.hint)\n"
    )

    ended = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "journal")], capture_output=True, text=True, cwd=ROOT, check=False
    )

    assert "free some space" in ended.stdout, ended.stderr
    assert read_journal(tmp_path / "journal") == Replay()


def test_a_journal_that_somebody_else_wrote_into_too_proves_nothing() -> None:
    assert Replay(seals=frozenset({"mine"})).is_by("mine")
    assert not Replay(seals=frozenset({"mine", "another"})).is_by("mine")
    assert not Replay().is_by("mine")
