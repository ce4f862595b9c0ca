"""The executor obeys: what is sent when, what is written down before and after, and what stops the rest."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.nouns import ACCOUNT, AT, VIDEO, desired_lists, held, lock_of, locks, want
from wxsync.errors import CallFailed, HaltedForNow, HaltedForPerson, InvalidInput, OutcomeUnknown, Refused
from wxsync.executor import Event, Finished, Limits, Started, Tick, apply_plan
from wxsync.model import Change, Desired, Lock, Outcome, Plan, Problem, Record, Remedy, Unconfirmed, Upload, Uploaded
from wxsync.planner.fold import fold
from wxsync.planner.plan import make_plan
from wxsync.results import Result

ONE_BY_ONE = Limits(jobs=1)
REFUSED = Refused("the format is not taken", code="bad-format", errcode=40113, rid="rid-1", hint="another format")
FULL = HaltedForPerson("the library is full", code="full", errcode=45034)
QUOTA = HaltedForNow("today's quota is used up", code="quota", errcode=45009)
LOST = OutcomeUnknown("the connection broke", code="broken", attempts=1)


@dataclass(slots=True)
class Script:
    """Plays WeChat, the journal and the disk: says what was asked of it, and fails where it is told to."""

    answers: Mapping[str, Exception | Callable[[], None]] = field(default_factory=dict)
    broken: Mapping[tuple[str, str], OSError] = field(default_factory=dict)
    changed: frozenset[str] = frozenset()
    said: list[tuple[str, str]] = field(default_factory=list)
    sent: list[Upload] = field(default_factory=list)

    def upload(self, upload: Upload) -> Uploaded:
        name = upload.content.decode()
        self.sent.append(upload)
        self._say("upload", name)
        answer = self.answers.get(name)
        if isinstance(answer, Exception):
            raise answer
        if answer:
            answer()
        return Uploaded(f"id-{name}", f"http://u/{name}")

    def intend(self, doubt: Unconfirmed) -> None:
        self._say("intend", doubt.name)

    def done(self, name: str, record: Record) -> None:
        assert record.media_id == f"id-{name}"
        self._say("done", name)

    def refused(self, doubt: Unconfirmed) -> None:
        self._say("refused", doubt.name)

    def read(self, change: Change) -> bytes:
        self._say("read", change.name)
        if change.name in self.changed:
            raise InvalidInput([Problem("file-changed", f"{change.path} changed", "plan again")])
        return change.name.encode()

    def _say(self, what: str, name: str) -> None:
        self.said.append((what, name))
        if (what, name) in self.broken:
            raise self.broken[what, name]

    def words(self, what: str) -> list[str]:
        return [name for word, name in self.said if word == what]


def running(
    plan: Plan, script: Script, *, limits: Limits = ONE_BY_ONE, stop: threading.Event | None = None, tick: float = 30
) -> Iterable[Event]:
    return apply_plan(
        plan,
        remote=script,
        read=script.read,
        memory=script,
        limits=limits,
        stop=stop or threading.Event(),
        now=lambda: AT,
        tick=tick,
    )


def results(events: Iterable[Event]) -> dict[str, Result]:
    finished = [event.result for event in events if isinstance(event, Finished)]
    found = {result.change.name: result for result in finished}
    assert len(found) == len(finished), "every change ends once"
    return found


def outcomes(events: Iterable[Event]) -> dict[str, Outcome]:
    return {name: result.outcome for name, result in results(events).items()}


def uploads(names: str) -> Plan:
    return make_plan([want(name, f"{number:x}") for number, name in enumerate(names)], None, account=ACCOUNT)


def test_an_intent_stands_before_every_request_and_an_end_after_every_answer() -> None:
    script = Script({"b": REFUSED, "c": LOST})

    assert outcomes(running(uploads("abc"), script)) == {
        "a": Outcome.DONE,
        "b": Outcome.FAILED,
        "c": Outcome.UNKNOWN,
    }
    assert script.said == [
        *[("read", "a"), ("intend", "a"), ("upload", "a"), ("done", "a")],
        *[("read", "b"), ("intend", "b"), ("upload", "b"), ("refused", "b")],
        *[("read", "c"), ("intend", "c"), ("upload", "c")],
    ]


def test_what_is_sent_is_what_the_plan_says_and_what_is_remembered_is_what_was_answered() -> None:
    plan = make_plan([want("v", "a", VIDEO)], None, account=ACCOUNT)
    [change] = plan.changes
    script = Script()

    [result] = results(running(plan, script)).values()

    assert change.after
    assert script.sent == [Upload(VIDEO, b"v", str(change.after.uploaded_as), "title a", "about")]
    assert result.record == replace(change.after, media_id="id-v", url="http://u/v", uploaded_at=AT)
    assert result.unconfirmed == Unconfirmed("v", VIDEO, "a" * 64, str(change.after.uploaded_as), AT)
    assert result.attempts == 1


FAILURES: list[tuple[CallFailed, Outcome, Remedy, bool]] = [
    (REFUSED, Outcome.FAILED, Remedy.FILE, False),
    (FULL, Outcome.FAILED, Remedy.PERSON, True),
    (QUOTA, Outcome.FAILED, Remedy.TIME, True),
    (LOST, Outcome.UNKNOWN, Remedy.LOOK, False),
]


@pytest.mark.parametrize(("error", "outcome", "remedy", "halts"), FAILURES, ids=str)
def test_what_a_failure_means_for_this_one_and_for_the_rest(
    error: CallFailed, outcome: Outcome, remedy: Remedy, halts: bool
) -> None:
    found = results(running(uploads("abc"), Script({"a": error})))

    failure = found["a"].error
    assert failure
    assert (found["a"].outcome, failure.remedy, found["a"].record) == (outcome, remedy, None)
    assert (failure.code, failure.message, failure.hint) == (error.code, error.message, error.hint)
    assert (failure.errcode, failure.rid) == (error.errcode, error.rid)
    for name in "bc":
        assert found[name].outcome is (Outcome.SKIPPED if halts else Outcome.DONE)
        assert found[name].error == (failure if halts else None)


def test_three_lost_answers_in_a_row_let_nothing_new_begin() -> None:
    script = Script(dict.fromkeys("abcdef", LOST))

    found = results(running(uploads("abcdef"), script))

    assert script.words("upload") == ["a", "b", "c"]
    assert [found[name].outcome for name in "abcdef"] == [Outcome.UNKNOWN] * 3 + [Outcome.SKIPPED] * 3
    for name in "def":
        error = found[name].error
        assert error
        assert (error.code, error.remedy) == ("answers-lost", Remedy.TIME), "nothing of it is in doubt"
        assert found[name].unconfirmed is None


@pytest.mark.parametrize(
    ("lost", "refused", "sent"),
    [("abdegh", "", 9), ("abde", "c", 4), ("acegi", "", 9), ("abd", "c", 4), ("", "abcdefg", 9)],
)
def test_a_success_between_lost_answers_begins_the_count_anew_and_a_refusal_does_not(
    lost: str, refused: str, sent: int
) -> None:
    script = Script(dict.fromkeys(lost, LOST) | dict.fromkeys(refused, REFUSED))

    results(running(uploads("abcdefghi"), script))

    assert len(script.sent) == sent


def test_once_stopped_nothing_begins_and_what_needs_no_upload_is_done() -> None:
    stop, script = threading.Event(), Script()
    stop.set()
    plan = make_plan([want("a"), want("new", "b")], lock_of({"old": held("old", "b")}), account=ACCOUNT)

    found = results(running(plan, script, stop=stop))

    assert script.said == []
    assert found["a"].outcome is Outcome.SKIPPED
    assert found["new"].outcome is Outcome.DONE


def test_a_stop_lets_what_runs_end_and_skips_the_rest() -> None:
    stop = threading.Event()
    script = Script({"b": stop.set})

    found = results(running(uploads("abcd"), script, stop=stop))

    assert [found[name].outcome for name in "abcd"] == [Outcome.DONE] * 2 + [Outcome.SKIPPED] * 2
    assert {found[name].error.code for name in "cd" if found[name].error} == {"interrupted"}  # type: ignore[union-attr]


def test_what_runs_beside_a_halt_is_finished_and_kept() -> None:
    b_is_sent, a_has_failed = threading.Event(), threading.Event()

    def fail() -> None:
        assert b_is_sent.wait(10)
        raise FULL

    def wait() -> None:
        b_is_sent.set()
        assert a_has_failed.wait(10)

    found = {}
    for event in running(uploads("abc"), Script({"a": fail, "b": wait}), limits=Limits(jobs=2)):
        if isinstance(event, Finished):
            found[event.result.change.name] = event.result
            a_has_failed.set()

    assert (found["a"].outcome, found["b"].outcome) == (Outcome.FAILED, Outcome.DONE)
    assert found["c"].outcome is Outcome.SKIPPED


@pytest.mark.parametrize("bound", [None, 0, 1, 2, 5])
def test_a_bound_sends_the_first_and_tells_what_is_left(bound: int | None) -> None:
    script = Script()

    found = results(running(uploads("abc"), script, limits=Limits(jobs=2, uploads=bound)))

    expected = "abc"[:bound]
    assert sorted(script.words("upload")) == list(expected)
    for name, result in found.items():
        assert result.outcome is (Outcome.DONE if name in expected else Outcome.SKIPPED)
        assert result.error is None or (result.error.code, result.error.remedy) == ("max-uploads", Remedy.TIME)


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_no_more_run_at_once_than_asked_for_and_as_many_as_that_do(jobs: int) -> None:
    together = threading.Barrier(jobs, timeout=10)
    inside: list[int] = []
    lock, most = threading.Lock(), []

    def meet() -> None:
        with lock:
            inside.append(1)
            most.append(len(inside))
        together.wait()
        with lock:
            inside.pop()

    names = "abcdef"
    found = outcomes(running(uploads(names), Script(dict.fromkeys(names, meet)), limits=Limits(jobs=jobs)))

    assert set(found.values()) == {Outcome.DONE}
    assert max(most) == jobs


@pytest.mark.parametrize("crash", ["upload", "read", "intend", "done"])
def test_a_defect_in_a_worker_surfaces_and_lets_nothing_new_begin(crash: str) -> None:
    class Defective(Script):
        def _say(self, what: str, name: str) -> None:
            Script._say(self, what, name)
            if (what, name) == (crash, "b"):
                raise ZeroDivisionError("a defect")

    script = Defective()

    with pytest.raises(ZeroDivisionError, match="a defect"):
        results(running(uploads("abcdefgh"), script))

    assert set(script.words("read")) == {"a", "b"}
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("upload")]


def test_who_stops_listening_leaves_no_thread_behind() -> None:
    script = Script()
    events = iter(running(uploads("abc"), script))

    assert isinstance(next(events), Started)
    events.close()  # type: ignore[attr-defined]

    assert not [thread for thread in threading.enumerate() if thread.name.startswith("upload")]


def test_a_file_that_changed_is_not_sent_and_not_intended() -> None:
    script = Script(changed=frozenset("a"))

    found = results(running(uploads("ab"), script))

    assert script.words("intend") == script.words("upload") == ["b"]
    assert found["a"].outcome is Outcome.FAILED
    assert found["a"].error
    assert (found["a"].error.code, found["a"].error.remedy) == ("file-changed", Remedy.FILE)
    assert found["a"].unconfirmed is None


DISK = OSError(28, "No space left on device")


@pytest.mark.parametrize(
    ("word", "answer", "first", "sent"),
    [("intend", None, Outcome.SKIPPED, 0), ("done", None, Outcome.DONE, 1), ("refused", REFUSED, Outcome.FAILED, 1)],
)
def test_a_journal_that_fails_stops_the_rest_and_loses_no_answer(
    word: str, answer: Exception | None, first: Outcome, sent: int
) -> None:
    script = Script({"a": answer} if answer else {}, broken={(word, "a"): DISK})

    found = results(running(uploads("abc"), script))

    assert found["a"].outcome is first
    assert (found["a"].record is not None) is (first is Outcome.DONE)
    assert len(script.sent) == sent
    for name in "bc":
        error = found[name].error
        assert error
        assert (found[name].outcome, error.code, error.remedy) == (Outcome.SKIPPED, "disk", Remedy.PERSON)


def test_time_passes_while_an_upload_takes_its_time() -> None:
    heard = threading.Event()
    script = Script({"a": lambda: None if heard.wait(10) else pytest.fail("no tick came")})
    ticks = 0

    for event in running(uploads("a"), script, tick=0.01):
        if isinstance(event, Tick):
            ticks += 1
            heard.set()

    assert ticks


def test_every_sent_change_begins_before_it_ends() -> None:
    events = list(running(uploads("abcdef"), Script({"c": REFUSED}), limits=Limits(jobs=3)))

    for name in "abcdef":
        places = [
            type(event)
            for event in events
            if (isinstance(event, Started) and event.change.name == name)
            or (isinstance(event, Finished) and event.result.change.name == name)
        ]
        assert places == [Started, Finished]


def test_a_plan_without_uploads_needs_nobody() -> None:
    plan = make_plan([want("new")], lock_of({"old": held("old"), "left": held("left", "b")}), account=ACCOUNT)
    script = Script()

    assert outcomes(running(plan, script)) == {"new": Outcome.DONE, "left": Outcome.DONE}
    assert script.said == []


SHARED = [
    (None, ONE_BY_ONE, Outcome.DONE, None),
    (REFUSED, ONE_BY_ONE, Outcome.SKIPPED, Remedy.FILE),
    (FULL, ONE_BY_ONE, Outcome.SKIPPED, Remedy.PERSON),
    (LOST, ONE_BY_ONE, Outcome.SKIPPED, Remedy.LOOK),
    (None, Limits(1, 0), Outcome.SKIPPED, Remedy.TIME),
]


@pytest.mark.parametrize(("answer", "limits", "outcome", "remedy"), SHARED, ids=lambda value: str(value)[:30])
def test_who_shares_has_the_fate_of_the_one_that_it_shares(
    answer: Exception | None, limits: Limits, outcome: Outcome, remedy: Remedy | None
) -> None:
    plan = make_plan([want("a"), want("b")], None, account=ACCOUNT)

    shared = results(running(plan, Script({"a": answer} if answer else {}), limits=limits))["b"]

    assert shared.outcome is outcome
    assert (shared.record.media_id if shared.record else None) == ("id-a" if outcome is Outcome.DONE else None)
    assert (shared.error.remedy if shared.error else None) is remedy


def test_who_shares_an_upload_that_was_taken_out_of_the_plan_waits() -> None:
    plan = make_plan([want("a"), want("b")], None, account=ACCOUNT)
    alone = replace(plan, changes=plan.changes[1:])

    [result] = results(running(alone, Script())).values()

    assert result.outcome is Outcome.SKIPPED


@settings(deadline=None, max_examples=60)
@given(desired_lists, locks(), st.data())
def test_whatever_happens_nothing_is_done_without_an_id_and_all_that_is_left_can_be_planned_again(
    desired: list[Desired], lock: Lock, data: st.DataObject
) -> None:
    plan = make_plan(desired, lock, account=ACCOUNT)
    endings = st.sampled_from([None, None, REFUSED, FULL, QUOTA, LOST])
    answers = {change.name: data.draw(endings) for change in plan.uploads}
    script = Script({name: answer for name, answer in answers.items() if answer})
    limits = Limits(data.draw(st.integers(1, 3)), data.draw(st.none() | st.integers(0, 3)))

    found = results(running(plan, script, limits=limits))

    assert set(found) == {change.name for change in plan.pending}
    assert set(script.words("upload")) == set(script.words("intend"))
    for result in found.values():
        if result.outcome is Outcome.DONE and result.change.after:
            assert result.record
            assert result.record.media_id or result.record.url
        else:
            assert (result.record is None) or result.outcome is Outcome.DONE
            assert (result.error is None) is (result.outcome is Outcome.DONE)
    left = make_plan(desired, fold(lock, found.values(), at=AT), account=ACCOUNT)
    open_names = {name for name, result in found.items() if result.outcome is not Outcome.DONE}
    assert {change.name for change in left.pending} == open_names


@dataclass(slots=True)
class Crowd(Script):
    """Plays them for many workers: keeps four requests open until a fifth file is read, and counts the requests."""

    fifth: threading.Event = field(default_factory=threading.Event)
    stop: threading.Event = field(default_factory=threading.Event)
    stops: bool = False
    answers_at: threading.Event | None = None
    turn: threading.Lock = field(default_factory=threading.Lock)
    open_now: int = 0
    most: int = 0

    def read(self, change: Change) -> bytes:
        content = Script.read(self, change)
        if len(self.words("read")) == 5:
            if self.stops:
                self.stop.set()
            self.fifth.set()
        return content

    def upload(self, upload: Upload) -> Uploaded:
        with self.turn:
            self.open_now += 1
            self.most = max(self.most, self.open_now)
        assert (self.answers_at or self.fifth).wait(30)
        with self.turn:
            self.open_now -= 1
        return Script.upload(self, upload)


def test_while_four_files_are_sent_a_fifth_is_read_and_waits_for_a_place() -> None:
    crowd = Crowd()

    found = outcomes(running(uploads("abcdefghij"), crowd, limits=Limits(jobs=4)))

    assert set(found.values()) == {Outcome.DONE}
    assert crowd.most <= 4


def test_what_waits_for_a_place_is_not_sent_any_more_once_the_run_is_to_stop() -> None:
    crowd = Crowd(stops=True)

    found = outcomes(running(uploads("abcdefghij"), crowd, limits=Limits(jobs=4), stop=crowd.stop))

    sent = {name for name, outcome in found.items() if outcome is Outcome.DONE}
    assert set(crowd.words("intend")) == set(crowd.words("upload")) == sent
    assert len(sent) <= 4
    assert {found[name] for name in found.keys() - sent} == {Outcome.SKIPPED}


def test_what_waits_for_a_place_is_not_sent_once_nobody_listens() -> None:
    closed = threading.Event()
    crowd = Crowd(answers_at=closed)
    events = iter(running(uploads("abcdefghij"), crowd, limits=Limits(jobs=4)))

    assert isinstance(next(events), Started)
    assert crowd.fifth.wait(30)
    threading.Timer(0.2, closed.set).start()  # those that run end when the listener has gone
    events.close()  # type: ignore[attr-defined]

    assert len(crowd.words("intend")) <= 4
