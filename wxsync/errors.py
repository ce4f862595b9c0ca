"""The error tree; each error says what happened, where, and what to do next.

WxsyncError
├── InvalidInput       the manifest, the lock, a local file or a name is wrong; carries every Problem
├── UsageProblem       the command line or the environment asks for what cannot be
├── Conflict           another run, a stale plan, a foreign lock, the safety rail
├── TryLater           others are at work on the same thing; nothing is lost, and a later run ends well
├── PersonNeeded       credentials, allowlist, disk: nobody but a person can mend it
└── CallFailed         a call to WeChat that gave no result; carries errcode and rid where WeChat told them
    ├── Refused        WeChat said no to this one thing; others may go on
    ├── Halted         WeChat said no to all that would follow; nothing new may start
    │   ├── HaltedForPerson    until a person has acted: credentials, allowlist, permission, library full
    │   └── HaltedForNow       until later: the day's quota, an unreachable network
    └── OutcomeUnknown         WeChat may have done it: look before sending again

None of them ever holds a token, a secret or a url that carries one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from wxsync.model import Failure, Problem, Remedy


class WxsyncError(Exception):
    """The root of every error that wxsync raises on purpose."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InvalidInput(WxsyncError):
    """A manifest, a lock, a local file or a name is wrong; `problems` are all that were found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problem.message for problem in self.problems))


class UsageProblem(WxsyncError):
    """The command line or the environment asks for something that cannot be."""


class Conflict(WxsyncError):
    """Going on would undo somebody else's work or break a promise."""


class TryLater(WxsyncError):
    """Says that others are at work on the same thing, and that trying again later is all that it takes."""


class PersonNeeded(WxsyncError):
    """Only a person can mend it; the hint says how."""


class CallFailed(WxsyncError):
    """A call to WeChat gave no result; `code` is a stable word for programs, `remedy` says who can mend it."""

    remedy: ClassVar[Remedy] = Remedy.FILE

    def __init__(
        self,
        message: str,
        *,
        code: str,
        hint: str = "",
        errcode: int | None = None,
        rid: str | None = None,
        attempts: int = 1,
    ) -> None:
        super().__init__(message, hint=hint)
        self.code = code
        self.errcode = errcode
        self.rid = rid
        self.attempts = attempts

    @property
    def failure(self) -> Failure:
        """What a result keeps of this error."""
        return Failure(self.code, self.message, self.hint, self.remedy, self.errcode, self.rid)


class Refused(CallFailed):
    """WeChat refused this one thing and did not do it."""


class Halted(CallFailed):
    """WeChat did not do it and would refuse all that follows too."""

    remedy = Remedy.TIME


class HaltedForPerson(Halted):
    """Nothing can follow until a person has acted."""

    remedy = Remedy.PERSON


class HaltedForNow(Halted):
    """Nothing can follow now, but later it can."""


class OutcomeUnknown(CallFailed):
    """WeChat may or may not have done it."""

    remedy = Remedy.LOOK


class NotAgreed(Exception):
    """Whoever was asked did not want it to be done, and nothing was."""
