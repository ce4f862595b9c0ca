"""What a server, and the way to it, can do to a request: a table of faults, each with its weight."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from wxsync.wechat.outcome import Phase
from wxsync.wechat.transport import Answer, Trouble

LATEST_COMMIT = 60.0


@dataclass(frozen=True, slots=True)
class Fault:
    """Says what becomes of one request: whether WeChat does it, how much later, and what is heard of it.

    `answer` is None where the true answer is heard, `cut` where only its beginning is. `ends_token` has the token end.
    `seconds` pass before the deed, `takes` between it and its answer.
    """

    name: str
    weight: int
    answer: Answer | None = None
    stores: bool = False
    is_late: bool = False
    cut: bool = False
    seconds: float = 0.0
    takes: float = 0.0
    ends_token: bool = False


def said(**reply: object) -> Answer:
    """Answers with HTTP 200 and JSON."""
    return Answer(Phase.ANSWERED, 200, json.dumps(reply, ensure_ascii=False).encode())


def _no(errcode: int) -> Answer:
    return said(errcode=errcode, errmsg="no rid: 6aac005a-1b2c3d4e-5f607182")


_REFUSED = Answer(Phase.UNSENT, trouble=Trouble.CONNECT)
_CUT_OFF = Answer(Phase.UNSENT, trouble=Trouble.BROKEN)
_RESET = Answer(Phase.SENT, trouble=Trouble.BROKEN)
_SILENT = Answer(Phase.SENT, trouble=Trouble.SILENCE)
_BAD_GATEWAY = Answer(Phase.ANSWERED, 502, b"<html>502 Bad Gateway</html>")
_GARBAGE = Answer(Phase.ANSWERED, 200, b"<html>welcome to this hotel</html>")
_HALF_READ = Answer(Phase.ANSWERED, 200, trouble=Trouble.BROKEN)

UPLOAD_FAULTS = (
    Fault("connection refused", 4, _REFUSED),
    Fault("reset before the body was complete", 4, _CUT_OFF),
    Fault("reset, not stored", 4, _RESET),
    Fault("reset, stored", 8, _RESET, stores=True),
    Fault("reset, stored late", 8, _RESET, stores=True, is_late=True),
    Fault("time-out, not stored", 1, _SILENT, takes=60),
    Fault("time-out, stored", 2, _SILENT, stores=True, takes=60),
    Fault("502, not stored", 3, _BAD_GATEWAY),
    Fault("502, stored", 4, _BAD_GATEWAY, stores=True),
    Fault("502, stored late", 3, _BAD_GATEWAY, stores=True, is_late=True),
    Fault("-1, not stored", 3, _no(-1)),
    Fault("-1, stored", 4, _no(-1), stores=True),
    Fault("-1, stored late", 2, _no(-1), stores=True, is_late=True),
    Fault("garbage, not stored", 2, _GARBAGE),
    Fault("garbage, stored", 3, _GARBAGE, stores=True),
    Fault("answer cut, stored", 3, stores=True, cut=True),
    Fault("answer half read, stored", 2, _HALF_READ, stores=True),
    Fault("no media_id, not stored", 2, said(type="image")),
    Fault("no media_id, stored", 2, said(type="image"), stores=True),
    Fault("45009 quota", 2, _no(45009)),
    Fault("45011 too fast", 3, _no(45011)),
    Fault("40001 token", 3, _no(40001), ends_token=True),
    Fault("40005 file refused", 1, _no(40005)),
    Fault("413 too large", 1, Answer(Phase.ANSWERED, 413, b"")),
    Fault("code of no list", 1, _no(99999)),
)

# Every other call may be repeated, so only what is heard makes a difference.
OTHER_FAULTS = (
    Fault("asking: connection refused", 4, _REFUSED),
    Fault("asking: reset", 4, _RESET),
    Fault("asking: 502", 4, _BAD_GATEWAY),
    Fault("asking: -1", 3, _no(-1)),
    Fault("asking: garbage", 3, _GARBAGE),
    Fault("asking: 45009 quota", 2, _no(45009)),
    Fault("asking: 45011 too fast", 2, _no(45011)),
    Fault("asking: code of no list", 3, _no(99999)),
    Fault("asking: id refused for another reason", 2, _no(40006)),
    Fault("asking: answered slowly", 4, takes=50),
    Fault("asking: 40001 token", 3, _no(40001), ends_token=True),
)

_NONE = Fault("none", 0, stores=True)


@dataclass(slots=True)
class Weather:
    """Draws what happens to each request of one run; `uploads` and `others` are the chances of a fault."""

    rng: Random
    figures: Counter[str]
    uploads: float = 0.0
    others: float = 0.0
    kept: Fault | None = field(default=None)

    def draw(self, *, upload: bool) -> Fault:
        """Draws for one request; a fault likes to stay for a while."""
        if self.rng.random() >= (self.uploads if upload else self.others):
            self.kept = None
            return _NONE
        table = UPLOAD_FAULTS if upload else OTHER_FAULTS
        if not (self.kept in table and self.rng.random() < 0.5):
            self.kept = self.rng.choices(table, [fault.weight for fault in table])[0]
        assert self.kept
        self.figures[f"fault: {self.kept.name}"] += 1
        return self.kept
