"""Results become a lock: nothing is lost, nothing is done twice, and it does not matter in how many steps."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.nouns import (
    ACCOUNT,
    ARTICLE,
    AT,
    all_done,
    desired_lists,
    doubt_of,
    forced_names,
    held,
    listed,
    lock_of,
    locks,
    losses,
    material,
    moment,
    observations,
    record_of,
    retire,
    target_sets,
    uploaded_materials,
    want,
)
from wxsync.lockfile import render_lock
from wxsync.model import Action, Desired, Failure, Lock, Material, Origin, Outcome, Plan, Record, Remedy, Retired
from wxsync.planner.fold import fold, fold_journal
from wxsync.planner.plan import make_plan
from wxsync.results import Result

LATER = moment(59)
FAILURE = Failure("refused", "no", "", Remedy.FILE)


def applied(desired: list[Desired], lock: Lock, observed: list[Material] | None = None) -> Lock:
    return fold(lock, all_done(make_plan(desired, lock, account=ACCOUNT, observed=observed or ()), at=LATER), at=LATER)


@settings(max_examples=300)
@given(desired_lists, locks(), observations, forced_names, losses, target_sets)
def test_after_an_apply_there_is_nothing_to_do(
    desired: list[Desired],
    lock: Lock,
    observed: list[Material],
    forced: set[str],
    lost: set[str],
    targets: frozenset[str],
) -> None:
    gone = lost - {one.media_id for one in observed}
    plan = make_plan(
        desired, lock, account=ACCOUNT, observed=observed, forced=forced, gone=gone, targets=targets.__contains__
    )

    after = fold(lock, all_done(plan, at=LATER), at=LATER, gone=gone)

    assert make_plan(desired, after, account=ACCOUNT, observed=observed, targets=targets.__contains__).pending == ()
    wanted = {one.asset.name: one for one in desired}
    assert set(after.records) == (wanted.keys() & targets) | (lock.records.keys() - targets)
    for name in targets & wanted.keys():
        record = after.records[name]
        assert (record.fingerprint, record.path) == (wanted[name].fingerprint, wanted[name].asset.path)
    assert {name: after.records.get(name) for name in lock.records.keys() - targets} == {
        name: record for name, record in lock.records.items() if name not in targets
    }


@dataclass(frozen=True, slots=True)
class Twice:
    """A world in which WeChat lists another upload of ours of what is wanted, and the one that stays in the end.

    Of the uploads, `older` and `younger` are told by their age at WeChat, those of the lock lie in between.
    """

    says: str
    wanted: tuple[Desired, ...]
    records: dict[str, Record]
    observed: tuple[Material, ...]
    stays: dict[str, str]
    retired: tuple[str, ...]
    held_back: tuple[Record, ...] = ()
    forced: tuple[str, ...] = ()
    targets: tuple[str, ...] = ("x", "y", "z")


def _imported(record: Record) -> Record:
    return replace(record, origin=Origin.IMPORTED, uploaded_as=None)


OLDER, YOUNGER = 1_700_000_000, 1_900_000_000
UPLOADED_TWICE = [
    Twice(
        "a name is renamed, and the other upload is older",
        (want("y"),),
        {"x": held("x")},
        (listed(want("x"), "older", at=OLDER),),
        {"y": "older"},
        ("id-x-a",),
    ),
    Twice(
        "a name is renamed, and the other upload is younger",
        (want("y"),),
        {"x": held("x")},
        (listed(want("x"), "younger", at=YOUNGER),),
        {"y": "id-x-a"},
        ("younger",),
    ),
    Twice(
        "a file is moved, and the other upload is younger",
        (want("x", path="new/x.png"),),
        {"x": held("x")},
        (listed(want("x"), "younger", at=YOUNGER),),
        {"x": "id-x-a"},
        ("younger",),
    ),
    Twice(
        "two names that have uploads of their own",
        (want("x"), want("y")),
        {"x": held("x"), "y": held("y")},
        (listed(want("x"), "older", at=OLDER),),
        {"x": "older", "y": "older"},
        ("id-x-a", "id-y-a"),
    ),
    Twice(
        "a name outside the targets is shared from, and the other upload is older",
        (want("x"), want("y")),
        {"x": held("x")},
        (listed(want("x"), "older", at=OLDER),),
        {"x": "id-x-a", "y": "older"},
        (),
        targets=("y",),
    ),
    Twice(
        "a name outside the targets is shared from, and the other upload is younger",
        (want("x"), want("y")),
        {"x": held("x")},
        (listed(want("x"), "younger", at=YOUNGER),),
        {"x": "id-x-a", "y": "id-x-a"},
        ("younger",),
        targets=("y",),
    ),
    Twice(
        "a name that changes is shared from",
        (want("x", "b"), want("y")),
        {"x": held("x"), "z": held("z", "b")},
        (listed(want("x"), "older", at=OLDER),),
        {"x": "id-z-b", "y": "older"},
        ("id-x-a",),
    ),
    Twice(
        "an imported id that a name lets go bears the tag of what it wants",
        (want("x", "b"),),
        {"x": _imported(record_of(want("x"), "older"))},
        (listed(want("x", "b"), "older", at=OLDER),),
        {"x": "older"},
        (),
        held_back=(record_of(want("x", "b"), "retired"),),
    ),
    Twice(
        "an imported id that leaves the manifest bears the tag of what another name has",
        (want("y", "b"),),
        {"x": _imported(record_of(want("x"), "younger")), "y": held("y", "b")},
        (listed(want("x", "b"), "younger", at=YOUNGER),),
        {"y": "id-y-b"},
        ("younger",),
    ),
    Twice(
        "an imported id is to be uploaded anew, and bears our tag",
        (want("x"),),
        {"x": _imported(record_of(want("x"), "older"))},
        (listed(want("x"), "older", at=OLDER),),
        {"x": "new-0"},
        ("older",),
        forced=("x",),
    ),
    Twice(
        "one name is to be uploaded anew, and another keeps what it has",
        (want("x"), want("y")),
        {"x": held("x"), "y": held("x", path="y")},
        (listed(want("x"), "lost", at=YOUNGER),),
        {"x": "lost", "y": "id-x-a"},
        (),
        forced=("x",),
    ),
]


@pytest.mark.parametrize("case", UPLOADED_TWICE, ids=lambda case: case.says.replace(" ", "-"))
def test_one_apply_settles_what_was_uploaded_twice(case: Twice) -> None:
    lock = lock_of(case.records, [retire("was", record) for record in case.held_back])
    plan = make_plan(
        case.wanted,
        lock,
        account=ACCOUNT,
        observed=case.observed,
        forced=case.forced,
        targets=lambda name: name in case.targets,
    )

    after = fold(lock, all_done(plan, at=LATER), at=LATER)

    assert {name: record.media_id for name, record in after.records.items()} == case.stays
    assert {name: after.records[name].path for name in case.stays} == {
        one.asset.name: one.asset.path for one in case.wanted
    }
    before = {record.media_id for record in case.held_back}
    assert sorted(str(one.record.media_id) for one in after.retired if one.record.media_id not in before) == sorted(
        case.retired
    )
    second = make_plan(
        case.wanted, after, account=ACCOUNT, observed=case.observed, targets=lambda name: name in case.targets
    )
    assert second.pending == ()


@settings(max_examples=150)
@given(desired_lists, locks(), observations, forced_names, st.data())
def test_no_upload_is_ever_lost_whatever_part_of_a_plan_is_done(
    desired: list[Desired], lock: Lock, observed: list[Material], forced: set[str], data: st.DataObject
) -> None:
    plan = make_plan(desired, lock, account=ACCOUNT, observed=observed, forced=forced)
    results = [result for result in all_done(plan, at=LATER) if data.draw(st.booleans())]

    after = fold(lock, results, at=LATER)

    gained = {material(result.record) for result in results if result.record} | {
        material(one) for result in results for one in result.change.duplicates
    }
    everything = {material(one) for one in after.records.values()} | {material(one.record) for one in after.retired}
    imported = {material(one) for one in lock.records.values() if one.origin is Origin.IMPORTED}
    assert uploaded_materials(lock) | gained <= everything | imported
    used, retired = list(after.records.values()), [material(one.record) for one in after.retired]
    assert len(retired) == len(set(retired))
    assert {material(one) for one in used}.isdisjoint(retired)
    assert all(one.record.origin is Origin.UPLOADED for one in after.retired)


@given(desired_lists, locks(), st.data())
def test_what_was_not_done_leaves_the_records_as_they_were(
    desired: list[Desired], lock: Lock, data: st.DataObject
) -> None:
    outcomes = st.sampled_from([Outcome.FAILED, Outcome.SKIPPED, Outcome.UNKNOWN])
    results = [
        Result(
            change,
            data.draw(outcomes),
            error=FAILURE,
            unconfirmed=doubt_of(want(change.name, change.sha256[0], change.type)) if change.action.uploads else None,
        )
        for change in make_plan(desired, lock, account=ACCOUNT).pending
    ]

    after = fold(lock, results, at=LATER)

    assert (after.records, after.retired) == (lock.records, lock.retired)
    unknown = {one.unconfirmed for one in results if one.outcome is Outcome.UNKNOWN and one.unconfirmed}
    assert unknown <= set(after.unconfirmed)


@settings(max_examples=150)
@given(desired_lists, locks(), observations, st.data())
def test_in_however_many_steps_results_come_the_lock_is_the_same(
    desired: list[Desired], lock: Lock, observed: list[Material], data: st.DataObject
) -> None:
    results = all_done(make_plan(desired, lock, account=ACCOUNT, observed=observed), at=LATER)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(results)))) | {0, len(results)})

    stepwise = lock
    for start, end in pairwise(cuts):
        stepwise = fold(stepwise, results[start:end], at=LATER)

    assert render_lock(stepwise) == render_lock(fold(lock, results, at=LATER))


def test_nothing_done_is_nothing_changed() -> None:
    lock = lock_of({"x": held("x")}, [retire("y", held("y"))], [doubt_of(want("z"))])

    assert fold(lock, [], at=LATER) == lock


def test_a_replaced_record_says_when_and_by_what() -> None:
    after = applied([want("x", "b")], lock_of({"x": held("x")}))

    assert after.retired == (Retired("x", held("x"), LATER, "new-0"),)


def test_what_leaves_is_retired_and_what_was_imported_just_leaves() -> None:
    imported = replace(held("b"), origin=Origin.IMPORTED)

    after = applied([], lock_of({"a": held("a"), "b": imported}))

    assert after.records == {}
    assert after.retired == (Retired("a", held("a"), LATER, None),)


def test_a_shared_material_is_retired_only_when_its_last_name_leaves() -> None:
    lock = lock_of({"x": held("x"), "y": held("x", path="y")})

    one_left = applied([want("y")], lock)

    assert one_left.retired == ()
    assert [one.name for one in applied([], one_left).retired] == ["y"]


def test_the_other_uploads_with_one_tag_are_retired_when_one_is_adopted() -> None:
    observed = [listed(want("x"), "first", at=10), listed(want("x"), "second", at=20)]

    after = applied([want("x")], lock_of({}), observed)

    assert after.records["x"].media_id == "first"
    assert [(one.record.media_id, one.replaced_by) for one in after.retired] == [("second", "first")]


def test_article_images_with_equal_bytes_share_one_url_and_two_urls_are_two_pictures() -> None:
    shared = applied([want("x", kind=ARTICLE), want("y", kind=ARTICLE)], lock_of({}))
    assert {one.url for one in shared.records.values()} == {"http://mmbiz.qpic.cn/new-0"}

    apart = lock_of({name: record_of(want(name, kind=ARTICLE), f"url-{name}") for name in "xy"})
    after = applied([], apart)

    assert {one.record.url for one in after.retired} == {"http://mmbiz.qpic.cn/url-x", "http://mmbiz.qpic.cn/url-y"}


@pytest.mark.parametrize("sent_as", ["x", "former name"])
def test_an_answer_ends_the_doubt_about_the_same_content_whatever_it_was_called(sent_as: str) -> None:
    lock = lock_of({}, unconfirmed=[doubt_of(want(sent_as, path="file.png")), doubt_of(want("other", "b"))])

    after = applied([want("x", path="file.png")], lock)

    assert [one.name for one in after.unconfirmed] == ["other"]


def test_what_the_lock_had_says_nothing_of_an_upload_in_doubt_in_however_many_steps() -> None:
    lock = lock_of({"x": _imported(held("x", "b"))}, [retire("x", held("x"))], [doubt_of(want("y", "b"))])
    results = all_done(make_plan([want("x"), want("y", "b")], lock, account=ACCOUNT))

    assert [result.change.action for result in results] == [Action.ADOPT, Action.SHARE]
    stepwise = lock
    for result in results:
        stepwise = fold(stepwise, [result], at=LATER)
    assert stepwise.unconfirmed == fold(lock, results, at=LATER).unconfirmed == lock.unconfirmed


def test_a_doubt_ends_where_another_upload_of_the_content_is_listed_and_only_there() -> None:
    other, mine = listed(want("x"), "younger", at=YOUNGER), held("x")
    lock = lock_of({"x": mine}, unconfirmed=[doubt_of(want("x")), doubt_of(want("z", "b"))])

    after = applied([want("x")], lock, [other])

    assert [one.sha256[0] for one in after.unconfirmed] == ["b"]


def test_what_a_name_lets_go_is_retired_once_no_name_uses_it_in_however_many_steps() -> None:
    imported = _imported(record_of(want("x", "b"), "younger"))
    lock = lock_of({"x": imported, "y": imported, "z": held("z")})
    results = all_done(
        make_plan([want("z")], lock, account=ACCOUNT, observed=[listed(want("z"), "younger", at=YOUNGER)])
    )

    for order in (results, results[::-1]):
        stepwise = lock
        for result in order:
            stepwise = fold(stepwise, [result], at=LATER)
        assert [one.record.media_id for one in stepwise.retired] == ["younger"]
        assert {name: one.media_id for name, one in stepwise.records.items()} == {"z": "id-z-a"}


def test_a_refusal_ends_a_doubt_and_a_second_loss_renews_it() -> None:
    [change] = make_plan([want("x")], None, account=ACCOUNT).changes
    lock = lock_of({}, unconfirmed=[doubt_of(want("x"))])
    again = doubt_of(want("x"), at=LATER)

    refused = fold(lock, [Result(change, Outcome.FAILED, error=FAILURE, unconfirmed=again)], at=LATER)
    lost = fold(lock, [Result(change, Outcome.UNKNOWN, error=FAILURE, unconfirmed=again)], at=LATER)
    skipped = fold(lock, [Result(change, Outcome.SKIPPED, error=FAILURE)], at=LATER)

    assert (refused.unconfirmed, lost.unconfirmed, skipped.unconfirmed) == ((), (again,), lock.unconfirmed)


@given(desired_lists, locks(), forced_names)
def test_a_journal_tells_the_same_as_the_results_of_its_uploads(
    desired: list[Desired], lock: Lock, forced: set[str]
) -> None:
    plan = make_plan(desired, lock, account=ACCOUNT, forced=forced)
    uploads = [result for result in all_done(plan, at=LATER) if result.change.action.uploads]
    done = [(result.change.name, result.record) for result in uploads if result.record]

    told = fold_journal(lock, done, [], at=LATER)

    assert render_lock(told) == render_lock(fold(lock, uploads, at=LATER))
    assert fold_journal(told, done, [], at=moment(70)) == told, "a journal may be read again after the lock was written"


def test_a_doubt_of_the_journal_reaches_the_lock_and_an_end_takes_it_away() -> None:
    doubt = doubt_of(want("x"), at=AT)
    done: list[tuple[str, Record]] = [("x", held("x"))]

    assert fold_journal(lock_of({}), [], [doubt], at=LATER).unconfirmed == (doubt,)
    assert fold_journal(lock_of({}, unconfirmed=[doubt]), done, [], at=LATER).unconfirmed == ()


def test_a_plan_of_renames_is_folded_to_the_new_names_alone() -> None:
    lock = lock_of({"x": held("x"), "y": held("y", "b")})
    plan: Plan = make_plan([want("new x", path="x"), want("y", "a")], lock, account=ACCOUNT)

    after = fold(lock, all_done(plan), at=LATER)

    assert {name: one.media_id for name, one in after.records.items()} == {"new x": "id-x-a", "y": "id-x-a"}
    assert [one.record.media_id for one in after.retired] == ["id-y-b"]
