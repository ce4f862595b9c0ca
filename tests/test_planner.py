"""What the planner says: the table of `wxsync.planner.plan`, and what holds for any manifest and any lock."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.nouns import (
    ACCOUNT,
    ARTICLE,
    AT,
    VIDEO,
    actions,
    desired_lists,
    doubt_of,
    forced_names,
    held,
    listed,
    lock_of,
    locks,
    observations,
    record_of,
    retire,
    want,
)
from wxsync.model import (
    Action,
    Desired,
    Fingerprint,
    Lock,
    Material,
    MaterialType,
    Origin,
    Outcome,
    Plan,
    Record,
    Retired,
    Unconfirmed,
)
from wxsync.planner.fit import exceeds_safety_rail, stale_reasons
from wxsync.planner.fold import fold
from wxsync.planner.naming import filename_for, tag_in
from wxsync.planner.plan import make_plan
from wxsync.results import Result
from wxsync.upload_names import in_ascii


@dataclass(frozen=True, slots=True)
class Case:
    """Holds one line of the table: what is wanted and known, and what the plan says of each name."""

    says: str
    wanted: tuple[Desired, ...]
    expected: dict[str, tuple[Action, str]]
    records: dict[str, Record] | None = None
    retired: tuple[Retired, ...] = ()
    unconfirmed: tuple[Unconfirmed, ...] = ()
    observed: tuple[Material, ...] = ()
    forced: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()


IN_MANIFEST_ONLY = [
    Case("there is no lock", (want("x"),), {"x": (Action.CREATE, "new")}),
    Case("the lock is empty", (want("x"),), {"x": (Action.CREATE, "new")}, {}),
    Case(
        "an upload is in doubt",
        (want("x"),),
        {"x": (Action.CREATE, "new; an earlier upload is in doubt and is looked for first")},
        unconfirmed=(doubt_of(want("x")),),
    ),
    Case(
        "two names want the same new bytes",
        (want("x"), want("y")),
        {"x": (Action.CREATE, "new"), "y": (Action.SHARE, "same content as x")},
    ),
    Case(
        "the same bytes as two types are two materials",
        (want("x"), want("y", kind=MaterialType.THUMB)),
        {"x": (Action.CREATE, "new"), "y": (Action.CREATE, "new")},
    ),
    Case(
        "another name has it",
        (want("x"), want("y")),
        {"x": (Action.KEEP, "in step"), "y": (Action.SHARE, "same content as x")},
        {"x": held("x")},
    ),
    Case(
        "a name that leaves has it",
        (want("x"),),
        {"x": (Action.RENAME, "was y")},
        {"y": held("y")},
    ),
    Case(
        "two names that leave have it, and one is wanted",
        (want("x"),),
        {"x": (Action.RENAME, "was y"), "z": (Action.RETIRE, "no longer in the manifest")},
        {"y": held("y"), "z": held("z")},
    ),
    Case(
        "a name that leaves has it, and two are wanted",
        (want("x"), want("w")),
        {"w": (Action.RENAME, "was y"), "x": (Action.SHARE, "same content as w")},
        {"y": held("y")},
    ),
    Case(
        "it is retired",
        (want("x"),),
        {"x": (Action.ADOPT, "taken back from retired")},
        retired=(retire("x", held("x")),),
    ),
    Case(
        "it is at WeChat and the lock was lost",
        (want("x"),),
        {"x": (Action.ADOPT, "an earlier upload of ours is at WeChat")},
        observed=(listed(want("x"), "seen"),),
    ),
    Case(
        "it is at WeChat, sent under another name",
        (want("x"),),
        {"x": (Action.ADOPT, "an earlier upload of ours is at WeChat")},
        observed=(listed(want("former"), "seen"),),
    ),
    Case(
        "what is listed is another type of the same bytes",
        (want("x"),),
        {"x": (Action.CREATE, "new")},
        observed=(listed(want("x", kind=MaterialType.THUMB), "seen"),),
    ),
    Case(
        "what is listed is known to the lock already",
        (want("x"), want("y", "b")),
        {"x": (Action.CREATE, "new"), "y": (Action.KEEP, "in step")},
        {"y": record_of(want("y", "b"), "seen")},
        observed=(listed(want("x"), "seen"),),
    ),
    Case(
        "a rename goes before a share, a share before what is retired",
        (want("x"), want("y", "b"), want("z", "b")),
        {
            "x": (Action.RENAME, "was gone"),
            "y": (Action.KEEP, "in step"),
            "z": (Action.SHARE, "same content as y"),
        },
        {"gone": held("gone"), "y": held("y", "b")},
        retired=(retire("old", held("old")), retire("old", held("old", "b"))),
    ),
]
IN_BOTH = [
    Case("nothing changed", (want("x"),), {"x": (Action.KEEP, "in step")}, {"x": held("x")}),
    Case(
        "the file moved",
        (want("x", path="new/x.png"),),
        {"x": (Action.RENAME, "moved from x")},
        {"x": held("x")},
    ),
    Case("the bytes changed", (want("x", "b"),), {"x": (Action.REPLACE, "file changed")}, {"x": held("x")}),
    Case(
        "the type changed",
        (want("x", kind=MaterialType.THUMB),),
        {"x": (Action.REPLACE, "type changed")},
        {"x": held("x")},
    ),
    Case(
        "the title of a video changed",
        (want("x", kind=VIDEO),),
        {"x": (Action.REPLACE, "title changed")},
        {"x": replace(held("x", kind=VIDEO), title="another")},
    ),
    Case(
        "the introduction of a video changed",
        (want("x", kind=VIDEO),),
        {"x": (Action.REPLACE, "introduction changed")},
        {"x": replace(held("x", kind=VIDEO), introduction="another")},
    ),
    Case(
        "all of it changed",
        (want("x", "b", VIDEO),),
        {"x": (Action.REPLACE, "type, file, title and introduction changed")},
        {"x": held("x")},
    ),
    Case(
        "the bytes come back",
        (want("x"),),
        {"x": (Action.ADOPT, "taken back from retired")},
        {"x": held("x", "b")},
        retired=(retire("x", held("x")),),
    ),
    Case(
        "two names swap their bytes",
        (want("x", "b"), want("y", "a")),
        {"x": (Action.SHARE, "same content as y"), "y": (Action.SHARE, "same content as x")},
        {"x": held("x", "a"), "y": held("y", "b")},
    ),
    Case(
        "a name takes the bytes of one that leaves",
        (want("x", "b"),),
        {"x": (Action.RENAME, "was y")},
        {"x": held("x", "a"), "y": held("y", "b")},
    ),
]
ASKED_FOR = [
    Case("nothing else is known", (want("x"),), {"x": (Action.REPLACE, "asked for")}, {"x": held("x")}, forced=("x",)),
    Case(
        "what is retired is not taken",
        (want("x"),),
        {"x": (Action.REPLACE, "asked for")},
        {"x": held("x")},
        retired=(retire("x", record_of(want("x"), "older")),),
        forced=("x",),
    ),
    Case(
        "an upload whose answer was lost is taken",
        (want("x"),),
        {"x": (Action.ADOPT, "an earlier upload of ours is at WeChat")},
        {"x": held("x")},
        observed=(listed(want("x"), "lost"), listed(want("x"), "id-x-a")),
        forced=("x",),
    ),
    Case(
        "two that share go up once",
        (want("x"), want("y")),
        {"x": (Action.REPLACE, "asked for"), "y": (Action.SHARE, "same content as x")},
        {"x": held("x"), "y": held("x")},
        forced=("x", "y"),
    ),
    Case(
        "a newcomer before it shares the new one, not the old",
        (want("new"), want("x")),
        {"new": (Action.CREATE, "new"), "x": (Action.SHARE, "same content as new")},
        {"x": held("x")},
        forced=("x",),
    ),
    Case(
        "another name that was not asked for stays",
        (want("x"), want("y")),
        {"x": (Action.REPLACE, "asked for"), "y": (Action.KEEP, "in step")},
        {"x": held("x"), "y": held("x", path="y")},
        forced=("x",),
    ),
]
IN_LOCK_ONLY = [
    Case("ours", (), {"x": (Action.RETIRE, "no longer in the manifest")}, {"x": held("x")}),
    Case(
        "imported",
        (),
        {"x": (Action.RETIRE, "no longer in the manifest; imported, so it only leaves the lock")},
        {"x": replace(held("x"), origin=Origin.IMPORTED)},
    ),
]


TWINS = "uploaded by two runs at once, the older stays"
GONE_OR_TWICE = [
    Case(
        "its id is gone",
        (want("x"),),
        {"x": (Action.REPLACE, "gone at WeChat")},
        {"x": record_of(want("x"), "dead")},
        gone=("dead",),
    ),
    Case(
        "the id that a name left behind is gone",
        (want("x"),),
        {"x": (Action.CREATE, "new"), "y": (Action.RETIRE, "no longer in the manifest")},
        {"y": record_of(want("y"), "dead")},
        gone=("dead",),
    ),
    Case(
        "the retired id is gone",
        (want("x"),),
        {"x": (Action.CREATE, "new")},
        retired=(retire("x", record_of(want("x"), "dead")),),
        gone=("dead",),
    ),
    Case(
        "two names share an id that is gone",
        (want("x"), want("y")),
        {"x": (Action.REPLACE, "gone at WeChat"), "y": (Action.SHARE, "same content as x")},
        {"x": record_of(want("x"), "dead"), "y": record_of(want("y"), "dead")},
        gone=("dead",),
    ),
    Case(
        "a gone id has a successor that the lock does not know",
        (want("x"),),
        {"x": (Action.ADOPT, "an earlier upload of ours is at WeChat")},
        {"x": record_of(want("x"), "dead")},
        observed=(listed(want("x"), "seen"),),
        gone=("dead",),
    ),
    Case(
        "another run uploaded it too",
        (want("x"),),
        {"x": (Action.ADOPT, TWINS)},
        {"x": held("x")},
        observed=(listed(want("x"), "seen"),),
    ),
    Case(
        "another run uploaded it too, and a new name wants it",
        (want("b"), want("x")),
        {"b": (Action.SHARE, "same content as x"), "x": (Action.ADOPT, TWINS)},
        {"x": held("x")},
        observed=(listed(want("x"), "seen", at=1),),
    ),
    Case(
        "what was imported is not traded for an upload",
        (want("x"),),
        {"x": (Action.KEEP, "in step")},
        {"x": replace(held("x"), origin=Origin.IMPORTED)},
        observed=(listed(want("x"), "seen"),),
    ),
]


@pytest.mark.parametrize(
    "case",
    [*IN_MANIFEST_ONLY, *IN_BOTH, *ASKED_FOR, *IN_LOCK_ONLY, *GONE_OR_TWICE],
    ids=lambda case: case.says.replace(" ", "-"),
)
def test_every_line_of_the_table(case: Case) -> None:
    has_lock = case.records is not None or case.retired or case.unconfirmed
    lock = lock_of(case.records or {}, case.retired, case.unconfirmed) if has_lock else None

    plan = make_plan(case.wanted, lock, account=ACCOUNT, observed=case.observed, forced=case.forced, gone=case.gone)

    assert {change.name: (change.action, change.reason) for change in plan.changes} == case.expected


def test_of_two_uploads_with_one_tag_the_oldest_is_adopted_and_the_others_are_to_be_retired() -> None:
    observed = [listed(want("x"), media_id, at=at) for media_id, at in [("c", 30), ("b", 20), ("a", 20), ("d", 10)]]

    [change] = make_plan([want("x")], None, account=ACCOUNT, observed=observed).changes

    assert change.after
    assert change.after.media_id == "d"
    assert change.after.uploaded_at == "1970-01-01T00:00:10Z"
    assert [one.media_id for one in change.duplicates] == ["a", "b", "c"]


@pytest.mark.parametrize(("at", "stays", "leaves"), [(1, "seen", "mine"), (4_000_000_000, "mine", "seen")])
def test_of_two_uploads_of_one_content_the_older_stays_and_every_name_uses_it(at: int, stays: str, leaves: str) -> None:
    mine = record_of(want("x"), "mine")
    lock = lock_of({"x": mine, "z": replace(mine, path="z")})
    wanted = [want("b"), want("x"), want("z")]

    plan = make_plan(wanted, lock, account=ACCOUNT, observed=[listed(want("x"), "seen", at=at)])
    folded = fold(
        lock, [Result(change, Outcome.DONE, change.after) for change in plan.pending], at="2027-01-01T00:00:00Z"
    )

    assert {record.media_id for record in folded.records.values()} == {stays}
    assert [one.record.media_id for one in folded.retired] == [leaves]


def test_of_two_retired_with_one_fingerprint_the_oldest_is_taken_back() -> None:
    old, new = (
        record_of(want("x"), media_id, at=at) for media_id, at in [("old", AT), ("new", "2027-01-01T00:00:00Z")]
    )

    for retired in ([old, new], [new, old]):
        lock = lock_of({}, [retire("x", one) for one in retired])
        [change] = make_plan([want("x")], lock, account=ACCOUNT).changes
        assert change.after
        assert change.after.media_id == "old"


def test_without_an_account_nothing_is_named_and_nothing_adopted() -> None:
    [change] = make_plan([want("x")], None, account=None, observed=[listed(want("x"), "seen")]).changes

    assert change.action is Action.CREATE
    assert change.after
    assert change.after.uploaded_as is None


def test_what_lies_outside_the_targets_is_shared_but_not_touched() -> None:
    lock = lock_of({"left": held("left"), "changed": held("changed", "b")})
    wanted = [want("x"), want("changed", "c")]

    plan = make_plan(wanted, lock, account=ACCOUNT, targets=lambda name: name == "x", forced=["changed"])

    assert actions(plan) == {"x": Action.SHARE}


@given(desired_lists, st.none() | locks(), observations, forced_names, st.randoms())
def test_a_plan_is_the_same_whatever_the_order_of_what_it_is_made_of(
    desired: list[Desired], lock: Lock | None, observed: list[Material], forced: set[str], random: object
) -> None:
    assert hasattr(random, "shuffle")
    before = (list(desired), lock, list(observed), set(forced))
    plan = make_plan(desired, lock, account=ACCOUNT, observed=observed, forced=forced)
    assert before == (desired, lock, observed, forced)
    names = [change.name for change in plan.changes]
    assert names == sorted(set(names))

    shuffled, seen, turned = list(desired), list(observed), lock
    random.shuffle(shuffled)
    random.shuffle(seen)
    if lock:
        names, retired = list(lock.records), list(lock.retired)
        random.shuffle(names)
        random.shuffle(retired)
        turned = Lock(ACCOUNT, {name: lock.records[name] for name in names}, tuple(retired), lock.unconfirmed[::-1])

    assert make_plan(shuffled, turned, account=ACCOUNT, observed=seen, forced=sorted(forced)) == plan


@given(desired_lists, locks(), observations, forced_names)
def test_no_fingerprint_goes_up_twice_and_no_id_is_adopted_twice(
    desired: list[Desired], lock: Lock, observed: list[Material], forced: set[str]
) -> None:
    plan = make_plan(desired, lock, account=ACCOUNT, observed=observed, forced=forced)

    sent = [change.after.fingerprint for change in plan.uploads if change.after]
    assert len(sent) == len(set(sent))
    adopted = [
        record.media_id
        for change in plan.changes
        if change.action is Action.ADOPT and change.after
        for record in (change.after, *change.duplicates)
        if record.media_id
    ]
    assert len(adopted) == len(set(adopted))
    for change in plan.changes:
        assert (change.after is None) == (change.action is Action.RETIRE)
        assert (change.before is None) <= (change.action in {Action.CREATE, Action.SHARE, Action.ADOPT})


NAMED = [
    ("logo", "images/logo.png", "logo"),
    ("images/Logo Final (2).png", "images/Logo Final (2).png", "logo-final-2"),
    ("产品介绍", "x.png", "产品介绍"),
    ("图片/活动/秋季活动.png", "图片/活动/秋季活动.png", "秋季活动"),
    ("产品 Intro", "x.png", "产品-intro"),
    ("!?", "x.png", "material"),
    ("🙂", "x.png", "material"),
    ("Cafe\u0301", "x.png", "café"),
    ("हिन्दी", "x.png", "हिन्दी"),
    ("a \u0301b", "x.png", "a-b"),
    ("图" * 20, "x.png", "图" * 13),
    ("ab" + "图" * 12 + "é-x", "x.png", "ab" + "图" * 12 + "é"),
    ("１号", "x.png", "１号"),
    ("x" * 50, "x.png", "x" * 40),
    ("-a-", "x.png", "a"),
    ("y" * 39 + "- z", "x.png", "y" * 39),
    ("dir/.hidden", "dir/.hidden", "hidden"),
    ("İstanbul", "x.png", "i-stanbul"),
]


@pytest.mark.parametrize(("name", "path", "slug"), NAMED)
def test_an_upload_is_named_by_a_slug_a_tag_and_its_format(name: str, path: str, slug: str) -> None:
    wanted = want(name, path=path)

    named = filename_for(ACCOUNT, wanted)

    assert named == f"{slug}.{wanted.fingerprint.tag(ACCOUNT)}.png"
    assert len(named.partition(".")[0].encode()) <= 40
    assert re.fullmatch(r"[a-z0-9-]{1,40}\.wx[a-z2-7]{16}\.png", in_ascii(named))
    assert tag_in(in_ascii(named)) == tag_in(named)


@given(st.text(min_size=1) | st.from_regex(r"wx[a-z2-7]{16}(\.wx[a-z2-7]{16})?", fullmatch=True))
def test_the_tag_is_found_in_every_name_that_we_give_also_where_the_slug_looks_like_one(name: str) -> None:
    wanted = want(name, path="x.png")

    named = filename_for(ACCOUNT, wanted)

    slug, tag, extension = named.rsplit(".", 2)
    assert (tag, extension) == (wanted.fingerprint.tag(ACCOUNT), "png")
    assert 0 < len(slug.encode()) <= 40
    assert slug == unicodedata.normalize("NFC", slug)
    assert not slug.startswith("-")
    assert not slug.endswith("-")
    assert tag_in(named) == tag_in(in_ascii(named)) == tag
    assert in_ascii(named).isascii()


@pytest.mark.parametrize(
    "name", ["", "logo.png", "wxabc.png", "xwxaaaaaaaaaaaaaaaa.png", "wx0000000000000000.png", "."]
)
def test_a_name_of_somebody_else_has_no_tag(name: str) -> None:
    assert tag_in(name) is None


def test_the_tag_is_the_same_in_every_version() -> None:
    video = Fingerprint(VIDEO, "a" * 64, "产品介绍", "三分钟了解我们")

    # Computed once with printf and sha256sum, not with this code.
    assert video.tag(ACCOUNT) == "wxnf2ifiickbv5mt4j"
    assert Fingerprint(ARTICLE, "b" * 64).tag(ACCOUNT) == "wxbqjry5hwwyxh6oub"


@pytest.mark.parametrize(("held_before", "hit", "past"), [(9, 9, False), (10, 3, False), (10, 4, True), (20, 6, False)])
def test_the_safety_rail_lies_above_thirty_percent_of_at_least_ten(held_before: int, hit: int, past: bool) -> None:
    lock = lock_of({f"{number}.png": held(f"{number}.png") for number in range(held_before)})
    wanted = [want(f"{number}.png") for number in range(hit, held_before)]

    assert exceeds_safety_rail(make_plan(wanted, lock, account=ACCOUNT), lock) is past


def plan_of(*wanted: Desired, lock: Lock | None = None, forced: tuple[str, ...] = (), account: str = ACCOUNT) -> Plan:
    return make_plan(wanted, lock, account=account, forced=forced)


X_IN_LOCK = lock_of({"x": held("x")})
FITS = [
    ("nothing has changed", plan_of(want("x")), plan_of(want("x")), ""),
    ("something else came", plan_of(want("x")), plan_of(want("x"), want("y", "b")), ""),
    ("it is done already", plan_of(want("x")), plan_of(want("x"), lock=X_IN_LOCK), ""),
    ("its retiring is done already", plan_of(lock=X_IN_LOCK), plan_of(), ""),
    ("another account", plan_of(want("x")), plan_of(want("x"), account="wxother"), "the plan is for account"),
    ("the file changed", plan_of(want("x")), plan_of(want("x", "b")), "x: the file is no longer"),
    ("the manifest lost it", plan_of(want("x")), plan_of(), "x: it is no longer in the manifest"),
    (
        "the title changed",
        plan_of(want("x", kind=VIDEO)),
        plan_of(replace(want("x", kind=VIDEO), asset=replace(want("x", kind=VIDEO).asset, title="new"))),
        "x: its type, title or introduction",
    ),
    (
        "the lock changed",
        plan_of(want("x", "b"), lock=X_IN_LOCK),
        plan_of(want("x", "b"), lock=lock_of({"x": held("x", "c")})),
        "x: the lock has changed since",
    ),
    (
        "it was to be retired and is wanted again",
        plan_of(lock=X_IN_LOCK),
        plan_of(want("x"), lock=X_IN_LOCK),
        "x: it was planned as retire and is keep now",
    ),
    (
        "it was to be uploaded anew and would silently stay",
        plan_of(want("x"), lock=X_IN_LOCK, forced=("x",)),
        plan_of(want("x"), lock=X_IN_LOCK),
        "x: it was planned as replace and is keep now",
    ),
    (
        "it was uploaded anew already",
        plan_of(want("x"), lock=X_IN_LOCK, forced=("x",)),
        plan_of(want("x"), lock=lock_of({"x": record_of(want("x"), "newer")})),
        "",
    ),
]


@pytest.mark.parametrize(("saved", "now", "said"), [case[1:] for case in FITS], ids=[case[0] for case in FITS])
def test_a_saved_plan_fits_or_says_why_not(saved: Plan, now: Plan, said: str) -> None:
    reasons = stale_reasons(saved, now)

    assert [reason[: len(said)] for reason in reasons] == ([said] if said else [])


def test_a_planned_upload_may_have_become_an_adoption() -> None:
    now = make_plan([want("x")], None, account=ACCOUNT, observed=[listed(want("x"), "seen")])

    assert actions(now) == {"x": Action.ADOPT}
    assert stale_reasons(plan_of(want("x")), now) == []


@given(desired_lists, locks(), forced_names)
def test_a_plan_fits_itself(desired: list[Desired], lock: Lock, forced: set[str]) -> None:
    plan = make_plan(desired, lock, account=ACCOUNT, forced=forced)

    assert stale_reasons(plan, plan) == []
