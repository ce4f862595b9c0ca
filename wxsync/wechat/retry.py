"""Makes a call until it is done or must not be tried again; what may be tried again, `outcome` decides."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from msgspec import Struct

from wxsync.errors import CallFailed
from wxsync.wechat.answers import Said, said
from wxsync.wechat.endpoints import Call
from wxsync.wechat.errcodes import Kind, explain
from wxsync.wechat.failures import failure, interrupted
from wxsync.wechat.outcome import Verdict, judge
from wxsync.wechat.pace import PAUSES, InterruptedWait, Pace
from wxsync.wechat.tokens import Grant, Tokens
from wxsync.wechat.transport import Answer, Transport, Trouble
from wxsync.words import Text, call_reference, sentences, text

WAITS = (1.0, 2.0, 4.0, 8.0)
_MOST_ODD = 4

T = TypeVar("T")


@dataclass(slots=True)
class _Patience:
    """Counts what one call has been through, so that everything about it ends."""

    attempts: int = 0
    waits: Iterator[float] = field(default_factory=lambda: iter(WAITS))
    pauses: int = len(PAUSES)
    rejections: int = 0
    pause: float = 0.0
    grant: Grant | None = None


class _Tried(Struct, Generic[T], frozen=True):
    answer: Answer
    value: T | None
    verdict: Verdict


def _traced(path: str, answer: Answer, heard: Said, seconds: float) -> Text:
    """Tell of a request by its path, which holds no secret, and of what came of it."""
    if answer.cause:
        outcome = text("{host}: {why}", host=answer.cause.proxy or answer.cause.host, why=answer.cause.why.value)
    elif answer.trouble:
        outcome = Text("{trouble}", trouble=answer.trouble.value)
    elif answer.status != 200:
        outcome = text("HTTP {status}", status=answer.status)
    else:
        outcome = call_reference(heard.errcode or 0, heard.rid) or text("done")
    return text("{path}: {seconds:.2f} s, {outcome}", path=path, seconds=seconds, outcome=outcome)


class Caller:
    """Makes calls for any number of threads, at one pace."""

    def __init__(
        self,
        transport: Transport,
        pace: Pace,
        *,
        tell: Callable[[str], None],
        trace: Callable[[str], None] = lambda _said: None,
    ) -> None:
        self._transport = transport
        self._pace = pace
        self._tell = tell
        self._trace = trace

    def run(self, call: Call[T], tokens: Tokens | None = None) -> tuple[T, int]:
        """Makes a call and gives its value and the number of requests it took.

        Raises Refused, HaltedForPerson, HaltedForNow and, for an upload, OutcomeUnknown.
        """
        patience = _Patience()
        try:
            while True:
                tried = self._attempt(call, patience, tokens)
                if tried.verdict is Verdict.DONE and tried.value is not None:
                    return tried.value, patience.attempts
                error = failure(call.name, tried.verdict, tried.answer, attempts=patience.attempts, upload=call.upload)
                if not self._may_go_on(tried.verdict, error, patience, tokens):
                    raise error
        except InterruptedWait:
            halt = interrupted(call.name, attempts=patience.attempts)
        raise halt

    def _attempt(self, call: Call[T], patience: _Patience, tokens: Tokens | None) -> _Tried[T]:
        query = dict(call.request.query)
        if tokens:
            patience.grant = patience.grant or tokens.current()
            query.update(patience.grant.query())
        with self._pace.place() as round_:
            patience.attempts += 1
            started = time.monotonic()
            answer = self._transport.send(replace(call.request, query=query))
            heard = said(answer)
            self._trace(_traced(call.request.path, answer, heard, time.monotonic() - started))
            value = call.read(answer) if answer.status == 200 and answer.body is not None else None
            verdict = self._verdict(call, answer, heard.errcode, patience, fits=value is not None)
            # Still on its place, so that nobody sends between the answer and the pause.
            if verdict is Verdict.SLOWER:
                patience.pause = self._pace.slow_down(round_)
            if verdict is Verdict.DONE:
                self._pace.went_well(round_)
        return _Tried(answer, value, verdict)

    def _verdict(
        self, call: Call[T], answer: Answer, errcode: int | None, patience: _Patience, *, fits: bool
    ) -> Verdict:
        verdict = judge(answer.phase, answer.status, errcode, fits=fits, upload=call.upload)
        if answer.trouble is Trouble.TOO_LONG and verdict is Verdict.AGAIN:
            return Verdict.LATER  # it would be as long once more
        if answer.cause and answer.cause.is_final and verdict is Verdict.AGAIN:
            return Verdict.LATER  # nothing changes by itself there
        line = explain(errcode) if errcode else None
        if call.odd and verdict is Verdict.SLOWER and line and line.kind is Kind.BUSY:
            # Perhaps this one thing is never to be had: others need not wait for it, and it is not asked for for ever.
            return Verdict.AGAIN if patience.attempts < _MOST_ODD else Verdict.LATER
        return verdict

    def sit_out(self, seconds: float, name: str) -> None:
        """Waits for what no call can hasten; raises HaltedForNow where the user ends the wait."""
        halt = None
        try:
            self._pace.wait(seconds)
        except InterruptedWait:
            halt = interrupted(name, attempts=1)
        if halt:
            raise halt

    def _may_go_on(self, verdict: Verdict, error: CallFailed, patience: _Patience, tokens: Tokens | None) -> bool:
        if verdict is Verdict.TOKEN:
            return tokens is not None and self._renews(error, patience, tokens)
        # After a wait the token may have reached its end: the next attempt asks for the current one.
        patience.grant = None
        if verdict is Verdict.SLOWER and patience.pauses:
            patience.pauses -= 1
            self._announce(error, patience.pause)
            return True
        if verdict is Verdict.AGAIN and (wait := next(patience.waits, None)):
            self._announce(error, wait)
            self._pace.wait(wait)
            return True
        return False

    def _renews(self, error: CallFailed, patience: _Patience, tokens: Tokens) -> bool:
        rejected = patience.grant
        patience.rejections += 1
        # A second chance is for the new token; a third only where WeChat first gave the rejected one again.
        if rejected is None or patience.rejections > 2 or (patience.rejections == 2 and not rejected.repeats):
            return False
        patience.grant = tokens.renew(rejected)
        if patience.grant:
            self._tell(sentences(error.message, text("Trying again with a new token.")))
        return patience.grant is not None

    def _announce(self, error: CallFailed, seconds: float) -> None:
        self._tell(sentences(error.message, text("Again in {seconds:g} s.", seconds=seconds)))
