"""Two branches both uploaded: their locks become one, and no id is lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.nouns import (
    ACCOUNT,
    AT,
    all_done,
    desired_lists,
    doubt_of,
    forced_names,
    held,
    lock_of,
    locks,
    material,
    moment,
    record_of,
    retire,
    uploaded_materials,
    want,
)
from wxsync.errors import Conflict
from wxsync.lockfile import render_lock
from wxsync.model import Desired, Failure, Lock, Origin, Outcome, Remedy, Retired
from wxsync.planner.fold import fold
from wxsync.planner.merge import merge
from wxsync.planner.plan import make_plan
from wxsync.results import Result

LOST = Failure("lost", "no answer", "", Remedy.LOOK)


@st.composite
def branches(draw: st.DrawFn) -> tuple[Lock, Lock, Lock]:
    """Draws a lock and what two branches made of it: applies, lost answers, prunes and forgets."""
    base = draw(locks())
    return base, _branch(draw, base, "ours", 60), _branch(draw, base, "theirs", 61)


def _branch(draw: st.DrawFn, lock: Lock, series: str, start: int) -> Lock:
    for step in range(draw(st.integers(0, 3))):
        at = moment(start + 2 * step)
        desired, forced = draw(desired_lists), draw(forced_names)
        lock = _apply(draw, lock, desired, forced, f"{series}-{step}", at)
        if draw(st.booleans()):
            lock = replace(lock, retired=tuple(one for one in lock.retired if draw(st.booleans())))
        if lock.records and draw(st.integers(0, 4)) == 0:
            forgotten = draw(st.sampled_from(sorted(lock.records)))
            lock = replace(lock, records={name: one for name, one in lock.records.items() if name != forgotten})
    return lock


def _apply(draw: st.DrawFn, lock: Lock, desired: list[Desired], forced: set[str], series: str, at: str) -> Lock:
    plan = make_plan(desired, lock, account=ACCOUNT, forced=forced)
    lost = {change.name for change in plan.uploads if draw(st.integers(0, 4)) == 0}
    unknown = {change.after.fingerprint for change in plan.uploads if change.after and change.name in lost}
    wanted = {one.asset.name: one for one in desired}
    results = [
        result
        for result in all_done(plan, series=series, at=at)
        if not (result.change.after and result.change.after.fingerprint in unknown)
    ]
    doubts = [
        Result(change, Outcome.UNKNOWN, error=LOST, unconfirmed=doubt_of(wanted[change.name], at=at))
        for change in plan.uploads
        if change.name in lost
    ]
    return fold(lock, [*results, *doubts], at=at)


def everything(lock: Lock) -> set[str]:
    return {material(one) for one in (*lock.records.values(), *(one.record for one in lock.retired))}


@settings(deadline=None, max_examples=150)
@given(branches())
def test_the_order_of_the_sides_makes_no_difference(story: tuple[Lock, Lock, Lock]) -> None:
    base, ours, theirs = story

    assert render_lock(merge(base, ours, theirs)) == render_lock(merge(base, theirs, ours))
    assert render_lock(merge(None, ours, theirs)) == render_lock(merge(None, theirs, ours))


@settings(deadline=None, max_examples=150)
@given(branches())
def test_no_upload_of_either_side_is_lost_unless_the_other_dropped_it(story: tuple[Lock, Lock, Lock]) -> None:
    base, ours, theirs = story
    dropped = (everything(base) - everything(ours)) | (everything(base) - everything(theirs))

    merged = merge(base, ours, theirs)

    assert uploaded_materials(merged) >= (uploaded_materials(ours) | uploaded_materials(theirs)) - dropped
    assert uploaded_materials(merged).isdisjoint(dropped), "what is deleted at WeChat does not come back"
    retired = [material(one.record) for one in merged.retired]
    assert len(retired) == len(set(retired))
    assert {material(one) for one in merged.records.values()}.isdisjoint(retired)
    assert all(one.record.origin is Origin.UPLOADED for one in merged.retired)


@settings(deadline=None, max_examples=150)
@given(branches())
def test_a_side_that_did_nothing_changes_nothing(story: tuple[Lock, Lock, Lock]) -> None:
    base, ours, _theirs = story

    assert render_lock(merge(base, base, ours)) == render_lock(ours)
    assert render_lock(merge(ours, ours, ours)) == render_lock(ours)
    assert render_lock(merge(base, ours, ours)) == render_lock(ours)


@settings(deadline=None)
@given(branches())
def test_a_doubt_stays_until_a_side_settles_it(story: tuple[Lock, Lock, Lock]) -> None:
    base, ours, theirs = story

    merged = {one.uploaded_as for one in merge(base, ours, theirs).unconfirmed}

    assert merged <= {one.uploaded_as for one in (*ours.unconfirmed, *theirs.unconfirmed)}
    both = {one.uploaded_as for one in ours.unconfirmed} & {one.uploaded_as for one in theirs.unconfirmed}
    assert both <= merged


def test_two_branches_that_each_added_a_picture_keep_both() -> None:
    base = lock_of({"a": held("a")})
    ours = lock_of({"a": held("a"), "b": held("b", "b")})
    theirs = lock_of({"a": held("a"), "c": held("c", "c")})

    assert merge(base, ours, theirs) == lock_of({"a": held("a"), "b": held("b", "b"), "c": held("c", "c")})


def test_of_two_uploads_of_the_same_content_the_older_stays_and_the_other_is_retired() -> None:
    first, second = (record_of(want("x"), media_id, at=moment(at)) for media_id, at in (("first", 1), ("second", 2)))

    merged = merge(None, lock_of({"x": second}), lock_of({"x": first}))

    assert merged.records["x"] == first
    assert merged.retired == (Retired("x", second, moment(2), "first"),)


def test_of_two_different_contents_the_newer_stays_and_the_other_is_retired() -> None:
    base = lock_of({"x": held("x")})
    ours = lock_of({"x": record_of(want("x", "b"), "ours", at=moment(2))}, [retire("x", held("x"))])
    theirs = lock_of({"x": record_of(want("x", "c"), "theirs", at=moment(1))}, [retire("x", held("x"))])

    merged = merge(base, ours, theirs)

    assert merged.records["x"].media_id == "ours"
    assert {one.record.media_id: one.replaced_by for one in merged.retired} == {"id-x-a": None, "theirs": "ours"}


def test_the_moment_of_retiring_is_the_real_one_from_either_side() -> None:
    base = lock_of({"x": held("x")})
    left = lock_of({}, [Retired("x", held("x"), moment(30), None)])

    for merged in (merge(base, left, base), merge(base, base, left)):
        assert [one.retired_at for one in merged.retired] == [moment(30)], "prune --keep-days counts from it"


def test_what_one_side_pruned_is_not_used_by_the_other_under_a_new_name() -> None:
    base, pruned = lock_of({"x": held("x")}), lock_of({})
    renamed = lock_of({"new": held("x", path="new")})

    assert merge(base, pruned, renamed).records == {}
    assert merge(base, renamed, pruned).records == {}


def test_what_was_imported_is_still_at_wechat_when_one_side_leaves_it_out() -> None:
    imported = replace(held("x"), origin=Origin.IMPORTED)
    renamed = lock_of({"new": imported})

    assert merge(lock_of({"x": imported}), lock_of({}), renamed) == renamed


def test_a_change_is_news_and_a_removal_is_not() -> None:
    base = lock_of({"x": held("x")})
    changed = lock_of({"x": held("x", "b")}, [retire("x", held("x"))])
    removed = lock_of({}, [retire("x", held("x"))])

    assert merge(base, changed, removed).records == changed.records
    assert merge(base, removed, changed).records == changed.records


def test_locks_of_two_accounts_are_a_conflict() -> None:
    with pytest.raises(Conflict, match="two accounts"):
        merge(None, lock_of({}), Lock("wxother"))


def test_an_upload_of_one_side_answers_the_older_doubt_of_the_other_and_no_younger_one() -> None:
    answered = lock_of({"x": record_of(want("x"), "found", at=moment(5))})

    older = merge(None, lock_of({}, unconfirmed=[doubt_of(want("x"), at=AT)]), answered)
    younger = merge(None, lock_of({}, unconfirmed=[doubt_of(want("x"), at=moment(9))]), answered)
    same_second = merge(None, lock_of({}, unconfirmed=[doubt_of(want("x"), at=moment(5))]), answered)

    assert older.unconfirmed == ()
    assert [one.sent_at for one in younger.unconfirmed] == [moment(9)]
    assert [one.sent_at for one in same_second.unconfirmed] == [moment(5)]
