"""One pure function says what an outcome means, for all outcomes, and never sends again what may have been done."""

from __future__ import annotations

from itertools import product

import pytest

from wxsync.wechat.errcodes import TABLE, Kind
from wxsync.wechat.outcome import Phase, Verdict, judge

STATUSES = [None, *range(100, 600)]
ERRCODES = [None, *range(-2, 100_000)]
NOT_DONE_CODES = {code for code, line in TABLE.items() if line.kind not in {Kind.OK, Kind.BUSY}}
SENDS_AGAIN = {Verdict.AGAIN, Verdict.SLOWER, Verdict.TOKEN}


def test_every_errcode_gets_a_verdict_and_no_doubtful_upload_is_sent_again() -> None:
    for errcode, fits in product(ERRCODES, [True, False]):
        verdict = judge(Phase.ANSWERED, 200, errcode, fits=fits, upload=True)
        if verdict in SENDS_AGAIN:
            assert errcode in NOT_DONE_CODES
            assert not fits
        elif errcode not in NOT_DONE_CODES:
            assert verdict in {Verdict.DONE, Verdict.PERHAPS, Verdict.UNLISTED}


@pytest.mark.parametrize("upload", [True, False])
def test_every_phase_and_status_gets_a_verdict_with_every_shape_of_body(upload: bool) -> None:
    for phase, status, errcode, fits in product(
        Phase, STATUSES, [None, 0, -1, 40001, 45011, 40005, 99999], [True, False]
    ):
        verdict = judge(phase, status, errcode, fits=fits, upload=upload)
        assert verdict in Verdict
        if upload and verdict in SENDS_AGAIN:
            assert phase is Phase.UNSENT or (status == 200 and errcode in {40001, 45011} and not fits)
        if not upload:
            assert verdict is not Verdict.PERHAPS
        if verdict is Verdict.DONE:
            assert (phase, status, errcode, fits) == (Phase.ANSWERED, 200, 0, True)


@pytest.mark.parametrize("errcode", [-1, 0, 40001, 45009, 99999, None])
def test_what_never_left_whole_is_not_done_whatever_else_was_heard(errcode: int | None) -> None:
    assert judge(Phase.UNSENT, 502, errcode, fits=True, upload=True) is Verdict.AGAIN


@pytest.mark.parametrize(
    ("status", "errcode", "fits", "upload", "other"),
    [
        (200, 0, True, Verdict.DONE, Verdict.DONE),
        (200, 0, False, Verdict.PERHAPS, Verdict.AGAIN),
        (200, None, False, Verdict.PERHAPS, Verdict.AGAIN),
        (200, None, True, Verdict.PERHAPS, Verdict.AGAIN),
        (200, 40005, True, Verdict.PERHAPS, Verdict.REFUSED),
        (200, -1, False, Verdict.PERHAPS, Verdict.SLOWER),
        (200, 46007, False, Verdict.PERHAPS, Verdict.SLOWER),
        (200, 45011, False, Verdict.SLOWER, Verdict.SLOWER),
        (200, 40001, False, Verdict.TOKEN, Verdict.TOKEN),
        (200, 40014, False, Verdict.TOKEN, Verdict.TOKEN),
        (200, 42001, False, Verdict.TOKEN, Verdict.TOKEN),
        (200, 45009, False, Verdict.LATER, Verdict.LATER),
        (200, 45101, False, Verdict.LATER, Verdict.LATER),
        (200, 85113, False, Verdict.LATER, Verdict.LATER),
        (200, 45034, False, Verdict.PERSON, Verdict.PERSON),
        (200, 45074, False, Verdict.PERSON, Verdict.PERSON),
        (200, 40164, False, Verdict.PERSON, Verdict.PERSON),
        (200, 48001, False, Verdict.PERSON, Verdict.PERSON),
        (200, 40125, False, Verdict.PERSON, Verdict.PERSON),
        (200, 89503, False, Verdict.PERSON, Verdict.PERSON),
        (200, 41001, False, Verdict.PERSON, Verdict.PERSON),
        (200, 40005, False, Verdict.REFUSED, Verdict.REFUSED),
        (200, 40009, False, Verdict.REFUSED, Verdict.REFUSED),
        (200, 40113, False, Verdict.REFUSED, Verdict.REFUSED),
        (200, 45001, False, Verdict.REFUSED, Verdict.REFUSED),
        (200, 45007, False, Verdict.REFUSED, Verdict.REFUSED),
        (200, 40007, False, Verdict.REFUSED, Verdict.REFUSED),
        (200, 53401, False, Verdict.REFUSED, Verdict.REFUSED),
        (200, 99999, False, Verdict.UNLISTED, Verdict.UNLISTED),
        (411, 0, False, Verdict.REFUSED, Verdict.REFUSED),
        (412, None, False, Verdict.REFUSED, Verdict.REFUSED),
        (413, 0, False, Verdict.REFUSED, Verdict.REFUSED),
        (302, 0, True, Verdict.PERHAPS, Verdict.AGAIN),
        (404, 0, False, Verdict.PERHAPS, Verdict.AGAIN),
        (429, 45011, False, Verdict.PERHAPS, Verdict.AGAIN),
        (500, 40005, False, Verdict.PERHAPS, Verdict.AGAIN),
        (503, 0, True, Verdict.PERHAPS, Verdict.AGAIN),
        (204, 0, True, Verdict.PERHAPS, Verdict.AGAIN),
    ],
)
def test_the_table_of_the_design_holds(
    status: int, errcode: int | None, fits: bool, upload: Verdict, other: Verdict
) -> None:
    assert judge(Phase.ANSWERED, status, errcode, fits=fits, upload=True) is upload
    assert judge(Phase.ANSWERED, status, errcode, fits=fits, upload=False) is other


def test_silence_after_all_was_sent_is_in_doubt_for_an_upload_alone() -> None:
    assert judge(Phase.SENT, None, 0, fits=False, upload=True) is Verdict.PERHAPS
    assert judge(Phase.SENT, 412, 0, fits=False, upload=True) is Verdict.PERHAPS
    assert judge(Phase.SENT, None, 0, fits=False, upload=False) is Verdict.AGAIN
