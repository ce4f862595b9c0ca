"""Connects the real client with the simulated server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from tests.simulation.faults import Weather
from tests.simulation.process import Process
from tests.simulation.server import Server
from wxsync.wechat.answers import read_uploaded
from wxsync.wechat.client import WeChat
from wxsync.wechat.credentials import Credentials, OwnSecret, Secret
from wxsync.wechat.pace import Pace
from wxsync.wechat.retry import Caller
from wxsync.wechat.tokens import tokens_for
from wxsync.wechat.transport import Answer, Request, Transport

APPID = "wx0123456789abcdef"

# More than are ever taken: a worker that waited for a place would keep the others from going on.
_PLACES = 1 << 12


class SimulatedTransport(Transport):
    """Carries requests to the server, with a step before each and one between the deed and its answer."""

    def __init__(self, sender: str, server: Server, weather: Weather, process: Process, rng: Random) -> None:
        self.base = "https://simulated"
        self.clock = server.clock
        self.told: list[str] = []
        self._sender = sender
        self._server = server
        self._weather = weather
        self._process = process
        self._rng = rng

    def close(self) -> None:
        pass

    def send(self, request: Request) -> Answer:
        asked = request.path.rpartition("/")[2]
        alone = asked == "stable_token"  # the real code fetches tokens under a lock
        self._process.step(f"send {asked}", alone=alone)
        fault = self._weather.draw(upload=request.fresh)
        self._server.clock.advance(fault.seconds + self._rng.choice((0.1, 0.5, 3.0)))
        answer = self._server.answer(request, fault, sender=self._sender)
        self._process.tell(f"  WeChat: {fault.name}; heard: {answer.phase} {answer.status} {answer.body!r:.90}")
        self._process.step(f"hear from {asked}", alone=alone)
        uploaded = read_uploaded(answer) if request.fresh and answer.status == 200 else None
        if uploaded and uploaded.media_id:
            self.told.append(uploaded.media_id)
        return answer


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
