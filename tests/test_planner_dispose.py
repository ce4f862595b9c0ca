"""What may be deleted and what is dropped, over locks drawn at random."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.nouns import NAMES, held, lock_of, locks, material, retire, uploaded_materials
from wxsync.model import Lock, Origin, Record
from wxsync.planner.dispose import forget, reasons_to_keep, without_retired


@given(locks(), locks())
def test_what_any_lock_uses_is_never_free_to_be_deleted(lock: Lock, other: Lock) -> None:
    reasons = reasons_to_keep(lock, {"other.lock.json": other}, until=None)

    used = {material(record) for one in (lock, other) for record in one.records.values()}
    free = [one for one in lock.retired if one not in reasons]
    assert used.isdisjoint(material(one.record) for one in free)
    assert all(one.record.origin is Origin.UPLOADED for one in free)


@given(locks())
def test_a_prune_takes_out_what_is_gone_and_nothing_else(lock: Lock) -> None:
    gone, stay = lock.retired[::2], lock.retired[1::2]

    left = without_retired(lock, gone)

    assert left.retired == stay
    assert (left.records, left.unconfirmed) == (lock.records, lock.unconfirmed)


@given(locks(), st.sampled_from(NAMES))
def test_what_forget_drops_it_also_tells(lock: Lock, name: str) -> None:
    left, dropped = forget(lock, name)

    told = {material(record) for record in dropped}
    assert uploaded_materials(lock) <= uploaded_materials(left) | told
    assert name not in left.records
    assert all(left.records[other] == record for other, record in lock.records.items() if other != name)


def test_a_name_in_use_is_forgotten_before_what_is_retired_under_it() -> None:
    def both(record: Record) -> Lock:
        return lock_of({"logo": record}, [retire("logo", held("logo", "b"))])

    once, first = forget(both(held("logo", "a")), "logo")
    twice, second = forget(once, "logo")

    assert [record.sha256[0] for record in (*first, *second)] == ["a", "b"]
    assert (twice.records, twice.retired) == ({}, ())


def test_what_was_retired_after_a_moment_stays() -> None:
    lock = lock_of({}, [retire("logo", held("logo"))])

    assert list(reasons_to_keep(lock, {}, until="2026-11-23T09:59:59Z")) == list(lock.retired)
    assert not reasons_to_keep(lock, {}, until="2026-11-23T10:00:00Z")
