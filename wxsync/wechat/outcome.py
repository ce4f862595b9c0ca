"""Decides what an outcome means; the one question is whether WeChat may have done it: see `judge`."""

from __future__ import annotations

from enum import StrEnum

from wxsync.wechat.errcodes import Kind, explain


class Phase(StrEnum):
    """Says how far a request came."""

    UNSENT = "unsent"
    """The whole request never left: WeChat cannot have done it."""
    SENT = "sent"
    """All of it left, and no answer came."""
    ANSWERED = "answered"
    """An HTTP status came."""


class Verdict(StrEnum):
    """Says what happens next."""

    DONE = "done"
    AGAIN = "again"
    SLOWER = "slower"
    TOKEN = "token"  # noqa: S105 - a word, no secret
    REFUSED = "refused"
    PERSON = "person"
    LATER = "later"
    UNLISTED = "unlisted"
    PERHAPS = "perhaps"


def judge(phase: Phase, status: int | None, errcode: int | None, *, fits: bool, upload: bool) -> Verdict:
    """Tell what an outcome means, for every outcome there can be.

    | class | done? | what happens |
    |---|---|---|
    | cannot connect (DNS, refused, TLS), failed before the body was complete | no | back off, again |
    | too fast (45011); busy (-1) on anything but an upload | no | all workers pause, fewer jobs, again; bounded |
    | token rejected (40001, 40014, 42001) | no | refreshed once for all workers, again |
    | quota, library full, credentials, allowlist, permission (45009, 40164, 48001 ...) | no | nothing new starts |
    | this file (40005, 40009, 45001, 45007 ...); HTTP 411, 412, 413 | no | this one failed, the others go on |
    | HTTP 200 with an errcode that the table does not know | hardly | one look, no settling; not there: failed |
    | busy (-1) on an upload, silence or an end after sending, other HTTP, unreadable answer, no id | perhaps | settle |

    `errcode` is 0 where the answer has none, and None where it is not a number; `fits` tells whether the answer holds
    what was asked for, such as a valid media_id. Only an `upload` can be in doubt: every other call may be repeated.
    HTTP 411, 412 and 413 come from WeChat's front door, before anything is stored.
    """
    doubt = Verdict.PERHAPS if upload else Verdict.AGAIN
    if phase is Phase.UNSENT:
        return Verdict.AGAIN
    if phase is Phase.ANSWERED and status in {411, 412, 413}:
        return Verdict.REFUSED
    if phase is Phase.SENT or status != 200 or errcode is None:
        return doubt
    if errcode == 0:
        return Verdict.DONE if fits else doubt
    # A no that comes with a media_id contradicts itself.
    return Verdict.PERHAPS if fits and upload else _listed(errcode, upload=upload)


def _listed(errcode: int, *, upload: bool) -> Verdict:
    line = explain(errcode)
    if line is None:
        return Verdict.UNLISTED
    if line.kind is Kind.BUSY:
        return Verdict.PERHAPS if upload else Verdict.SLOWER
    return _BY_KIND.get(line.kind, Verdict.REFUSED)


_BY_KIND = {
    Kind.TOO_FAST: Verdict.SLOWER,
    Kind.TOKEN: Verdict.TOKEN,
    Kind.QUOTA: Verdict.LATER,
    Kind.NOT_NOW: Verdict.LATER,
    Kind.LIBRARY_FULL: Verdict.PERSON,
    Kind.CREDENTIALS: Verdict.PERSON,
    Kind.ALLOWLIST: Verdict.PERSON,
    Kind.CONFIRMATION: Verdict.PERSON,
    Kind.PERMISSION: Verdict.PERSON,
    Kind.ROUTE: Verdict.PERSON,
}
