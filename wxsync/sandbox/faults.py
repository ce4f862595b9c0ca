"""Scripted misbehaviour: when a call goes wrong, in which way, and how often."""

from __future__ import annotations

import random
import re
import textwrap
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from msgspec import Struct

from wxsync.sandbox.paths import PATHS


class Kind(Struct, frozen=True):
    """Says what a kind of fault takes: `unit` names its value, `when` it may strike (the first by default)."""

    help: str
    unit: str = ""
    when: tuple[str, ...] = ("before", "after")


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "latency": Kind("waits; then all goes on as usual", "MS"),
        "reset": Kind("resets the connection, without an answer", when=("after", "before")),
        "reset-early": Kind("resets the connection before the body is read", when=("before",)),
        "status": Kind("answers this HTTP status and an HTML page", "CODE"),
        "busy": Kind("answers -1 system error"),
        "errcode": Kind("answers this errcode", "CODE"),
        "token-expired": Kind("ends the life of all tokens first, so the call answers 42001", when=("before",)),
        "token-replaced": Kind("another process forces a new token first, so the call answers 40001", when=("before",)),
        "html": Kind("answers 200 and the page of a firewall"),
        "garbage": Kind("answers 200 and 64 random bytes", when=("after", "before")),
        "empty": Kind("answers 200 and nothing", when=("after", "before")),
        "cut": Kind("answers the first half of the JSON", when=("after",)),
        "short": Kind("promises the whole answer in Content-Length and closes after half", when=("after",)),
        "slow-answer": Kind("lets the answer trickle for so long", "MS", when=("after",)),
        "no-media-id": Kind("leaves media_id out of the answer", when=("after",)),
        "control-character": Kind("puts a raw control character into the last text of the answer", when=("after",)),
        "errcode-as-text": Kind("writes errcode as text, also where none is due", when=("after",)),
    }
)


def _describe_kinds() -> str:
    lines = []
    for name, kind in KINDS.items():
        written = f"{name}={kind.unit}" if kind.unit else name
        lines.append(f"  {written:<18} {'|'.join(kind.when):<13} {kind.help}")
    return "\n".join(lines)


def _describe_endpoints() -> str:
    text = f"strikes calls of this endpoint only: {', '.join(PATHS)}; without it any call"
    return textwrap.fill(text, 118, initial_indent="  ENDPOINT   ", subsequent_indent=" " * 13)


WRITTEN = "[ENDPOINT:]KIND[-before|-after][=VALUE][@N][*T][%P][,seed=S][,id=MEDIA_ID]"
HELP = f"""\
A fault is written  {WRITTEN}

{_describe_endpoints()}
  -before    strikes before anything is done or stored; -after: it is done and stored, and the answer suffers
  @N         from the N-th matching call on (counted from 1)
  *T         at most T times; without it as often as it can
  %P         with a probability of P percent, by a seeded generator (seed=S, otherwise 0)
  ,id=       strikes calls about this media_id only, as their body or address names it

  add_material:reset-after*1@3        the third upload is stored and its answer lost, once
  busy%10,seed=7                      one call in ten or so answers -1, the same ones in every run
  get_material:busy,id=MEDIA_ID       this one material is never given
  latency=250                         every call takes a quarter of a second more

Where several strike one call, those before come first, each in the order given.

  KIND               when (first is the default)
{_describe_kinds()}
"""

GRAMMAR = re.compile(
    r"(?:(?P<endpoint>[a-z_]+):)?(?P<kind>[a-z-]+)(?:=(?P<value>-?\d+))?(?P<rest>(?:@\d+|\*\d+|%\d+(?:\.\d+)?|,seed=\d+|,id=[\w-]+)*)"
)


class FaultSyntax(ValueError):
    """Says what is wrong with the text of a fault."""


@dataclass(slots=True)
class Fault:
    """Holds one scripted fault; `seen` and `struck` count the matching calls and the times it struck."""

    text: str
    endpoint: str | None
    kind: str
    stored: bool
    value: int
    first: int = 1
    times: int | None = None
    percent: float = 100.0
    seed: int = 0
    media_id: str | None = None
    seen: int = 0
    struck: int = 0
    dice: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)  # noqa: S311  # mischief that can be repeated, no secret

    def strikes(self, endpoint: str, media_id: str) -> bool:
        """Counts a call and tells whether this fault strikes it; the dice are thrown for every call it could strike."""
        if self.endpoint not in (None, endpoint) or self.media_id not in (None, media_id):
            return False
        self.seen += 1
        if self.seen < self.first or (self.times is not None and self.struck >= self.times):
            return False
        if self.percent < 100 and self.dice.random() * 100 >= self.percent:
            return False
        self.struck += 1
        return True


class Script:
    """Keeps the faults that are to come; calls from several threads are counted one by one."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._faults = [parse(text) for text in texts]

    def add(self, texts: Sequence[str]) -> None:
        """Adds faults, all or, where one is not understood (FaultSyntax), none."""
        faults = [parse(text) for text in texts]
        with self._lock:
            self._faults += faults

    def clear(self) -> None:
        """Forgets all faults."""
        with self._lock:
            self._faults.clear()

    def describe(self) -> list[dict[str, object]]:
        """Lists the faults with how many calls each has seen and struck."""
        with self._lock:
            return [{"fault": fault.text, "seen": fault.seen, "struck": fault.struck} for fault in self._faults]

    def striking(self, endpoint: str, media_id: Callable[[], str]) -> list[Fault]:
        """Gives the faults that strike this call, those before it first.

        `media_id` reads what the call is about, and is asked only where a fault waits for an id: others may have to
        strike before a body is read.
        """
        with self._lock:
            asked = any(fault.media_id and fault.endpoint in (None, endpoint) for fault in self._faults)
        about = media_id() if asked else ""
        with self._lock:
            struck = [fault for fault in self._faults if fault.strikes(endpoint, about)]
        return sorted(struck, key=lambda fault: fault.stored)


def parse(text: str) -> Fault:
    """Reads a fault as HELP explains it; raises FaultSyntax with what to write instead."""
    found = GRAMMAR.fullmatch(text.strip())
    if not found:
        raise FaultSyntax(f"the fault {text!r} is not understood: write {WRITTEN}")
    endpoint = found["endpoint"]
    if endpoint is not None and endpoint not in PATHS:
        raise FaultSyntax(f"the fault {text!r} names no endpoint; there are {', '.join(PATHS)}")
    name, stored = _kind(text, found["kind"])
    value = _value(text, name, found["value"])
    return _with_marks(Fault(text.strip(), endpoint, name, stored, value), found["rest"])


def _kind(text: str, written: str) -> tuple[str, bool]:
    name, when = written, ""
    if name not in KINDS:
        name, _, when = written.rpartition("-")
    if name not in KINDS:
        raise FaultSyntax(f"the fault {text!r} is of no known kind; there are {', '.join(KINDS)}")
    when = when or KINDS[name].when[0]
    if when not in KINDS[name].when:
        raise FaultSyntax(f"the fault {text!r} cannot strike {when!r}; {name} strikes {' or '.join(KINDS[name].when)}")
    return name, when == "after"


def _value(text: str, name: str, value: str | None) -> int:
    unit = KINDS[name].unit
    if bool(unit) != (value is not None):
        raise FaultSyntax(f"the fault {text!r} needs {name}={unit}" if unit else f"{name} takes no value in {text!r}")
    number = int(value or 0)
    if name == "status" and not 200 <= number <= 599:
        raise FaultSyntax(f"the fault {text!r} needs an HTTP status from 200 to 599")
    if unit == "MS" and number < 0:
        raise FaultSyntax(f"the fault {text!r} cannot wait for less than nothing")
    return number


def _with_marks(fault: Fault, marks: str) -> Fault:
    found = dict(re.findall(r"(@|\*|%|,seed=|,id=)([^@*%,]+)", marks))
    fault.first = int(found.get("@", 1))
    fault.times = int(found["*"]) if "*" in found else None
    fault.percent = float(found.get("%", 100))
    fault.seed = int(found.get(",seed=", 0))
    fault.media_id = found.get(",id=")
    fault.dice.seed(fault.seed)
    return fault
