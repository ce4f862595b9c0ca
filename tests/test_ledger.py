"""The lock of a run under way is written every two seconds, or so rarely that its writing is no load."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from wxsync.lockfile import read_lock, write_lock
from wxsync.model import Lock, MaterialType, Record
from wxsync.project.ledger import Ledger

ACCOUNT = "wx0123456789abcdef"


class Clock:
    """Stands still until it is told otherwise; a writing takes as long as it says."""

    def __init__(self, cost: float) -> None:
        self.now = 1_000.0
        self.cost = cost

    def __call__(self) -> float:
        return self.now


def ledger_of(file: Path, clock: Clock) -> Ledger[str]:
    def fold(lock: Lock, done: Iterable[str]) -> Lock:
        clock.now += clock.cost
        return Lock(ACCOUNT, records={**lock.records, **{name: record(name) for name in done}})

    write_lock(file, Lock(ACCOUNT))
    return Ledger(file, Lock(ACCOUNT), fold, clock=clock)


def written(file: Path) -> list[str]:
    lock = read_lock(file)
    return list(lock.records) if lock else []


def record(name: str) -> Record:
    return Record(MaterialType.IMAGE, name, "0" * 64, 1, f"id-{name}", None, None, None)


@pytest.mark.parametrize(("cost", "pause"), [(0.0, 2.0), (0.05, 2.0), (0.5, 15.0), (1.5, 45.0), (30.0, 60.0)])
def test_a_lock_that_takes_long_is_written_less_often(tmp_path: Path, cost: float, pause: float) -> None:
    clock = Clock(cost)
    file = tmp_path / "materials.lock.json"
    ledger = ledger_of(file, clock)
    ledger.add("first")
    clock.now += 2
    ledger.write_if_due()

    ledger.add("second")
    clock.now += pause - 0.01
    ledger.write_if_due()
    assert written(file) == ["first"]

    clock.now += 0.02
    ledger.write_if_due()
    assert written(file) == ["first", "second"]


def test_a_clock_that_was_set_back_ends_the_wait(tmp_path: Path) -> None:
    clock = Clock(0.0)
    file = tmp_path / "materials.lock.json"
    ledger = ledger_of(file, clock)
    ledger.add("first")
    clock.now -= 3600

    ledger.write_if_due()

    assert written(file) == ["first"]


def test_what_was_added_last_is_in_the_lock_at_the_end(tmp_path: Path) -> None:
    file = tmp_path / "materials.lock.json"
    ledger = ledger_of(file, Clock(30.0))
    ledger.add("last")

    ledger.write()

    assert written(file) == ["last"]
