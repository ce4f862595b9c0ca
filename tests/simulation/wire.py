"""Connects the real client with the simulated server."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.utils import formatdate
from random import Random

import urllib3
from urllib3.connection import HTTPSConnection

from tests.simulation.faults import Weather
from tests.simulation.process import Process
from tests.simulation.server import Server
from wxsync.wechat.answers import read_uploaded
from wxsync.wechat.client import WeChat
from wxsync.wechat.credentials import Credentials, OwnSecret, Secret
from wxsync.wechat.outcome import Phase
from wxsync.wechat.pace import Pace
from wxsync.wechat.retry import Caller
from wxsync.wechat.tokens import tokens_for
from wxsync.wechat.transport import Answer, Request, Transport, Trouble

APPID = "wx0123456789abcdef"

# More than are ever taken: a worker that waited for a place would keep the others from going on.
_PLACES = 1 << 12


class SimulatedTransport(Transport):
    """The real transport over a simulated network, with a step before each request and one between deed and answer."""

    def __init__(self, sender: str, server: Server, weather: Weather, process: Process, rng: Random) -> None:
        super().__init__("http://simulated", connections=1)  # no proxy is looked for
        self.clock = server.clock
        self.told: list[str] = []
        self.sender = sender
        self.server = server
        self.weather = weather
        self.process = process
        self.rng = rng

    def send(self, request: Request) -> Answer:
        answer = super().send(request)
        self.process.tell(f"  heard: {answer.phase} {answer.status} {answer.body!r:.90}")
        uploaded = read_uploaded(answer) if request.upload and answer.status == 200 else None
        if uploaded and uploaded.media_id:
            self.told.append(uploaded.media_id)
        return answer

    def now(self) -> float | None:
        """Tell the time at the other end; the real one counts on from the last answer by a clock that is not ours."""
        return None if super().now() is None else self.clock.now

    def _carry(self, request: Request, body: io.BytesIO, patience: float) -> urllib3.BaseHTTPResponse:
        """Carry one request: the exceptions and answers are those that urllib3 gives over a socket."""
        del patience
        asked = request.path.rpartition("/")[2]
        alone = asked == "stable_token"  # the real code fetches tokens under a lock
        self.process.step(f"send {asked}", alone=alone)
        fault = self.weather.draw(upload=request.upload)
        self.server.clock.advance(fault.seconds + self.rng.choice((0.1, 0.5, 3.0)))
        answer = self.server.answer(request, fault, sender=self.sender)
        self.server.clock.advance(fault.takes)
        self.process.tell(f"  WeChat: {fault.name}")
        self._read(body, answer, len(request.body))
        self.process.step(f"hear from {asked}", alone=alone)
        if error := _ERRORS.get((answer.phase, answer.trouble)):
            raise error()
        return _response(answer, date=formatdate(self.server.clock.now, usegmt=True))

    def _read(self, body: io.BytesIO, answer: Answer, size: int) -> None:
        """Read as much of the body as leaves before the connection breaks, piece by piece as http.client does."""
        pieces = -(-size // _PIECE)
        if answer.phase is Phase.UNSENT and pieces:
            pieces = 0 if answer.trouble is Trouble.CONNECT else self.rng.randrange(pieces)
        for _ in range(pieces):
            body.read(_PIECE)


_PIECE = 16_384


def _broken() -> Exception:
    return urllib3.exceptions.ProtocolError(
        "Connection aborted.", ConnectionResetError(104, "Connection reset by peer")
    )


_ANYWHERE = HTTPSConnection("simulated")
_POOL = urllib3.HTTPSConnectionPool("simulated")
_ERRORS: Mapping[tuple[Phase, Trouble | None], Callable[[], Exception]] = {
    (Phase.UNSENT, Trouble.CONNECT): lambda: urllib3.exceptions.NewConnectionError(_ANYWHERE, "refused"),
    (Phase.UNSENT, Trouble.BROKEN): _broken,
    (Phase.SENT, Trouble.BROKEN): _broken,
    (Phase.SENT, Trouble.SILENCE): lambda: urllib3.exceptions.ReadTimeoutError(_POOL, "/", "Read timed out."),
}


def _response(answer: Answer, *, date: str) -> urllib3.HTTPResponse:
    content = b"" if answer.body is None else answer.body
    # Of an answer that breaks off less comes than was announced.
    headers = {"Date": date, "Content-Length": str(len(content) + (answer.trouble is not None))}
    if answer.disposition:
        headers["Content-Disposition"] = answer.disposition
    return urllib3.HTTPResponse(io.BytesIO(content), headers=headers, preload_content=False, status=answer.status or 0)


@contextmanager
def connected(transport: SimulatedTransport, process: Process) -> Iterator[WeChat]:
    """Builds the real client as `wxsync.wechat.connect` does, on a transport of ours."""
    clock = transport.clock

    def pause(seconds: float) -> bool:
        process.tell(f"  waits {seconds:g} s")
        clock.advance(seconds)
        return process.stop.is_set()

    credentials = Credentials(APPID, transport.base, OwnSecret(Secret("secret")))
    caller = Caller(transport, Pace(_PLACES, pause=pause, clock=clock), tell=lambda said: process.tell(f"  {said}"))
    tokens = tokens_for(credentials, lambda call: caller.run(call)[0], clock=clock)
    with WeChat(transport, caller, tokens) as remote:
        yield remote
