"""The HTTP server on loopback: framing, routing, faults around each call, and the running sandbox itself."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPMessage
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from werkzeug.exceptions import ClientDisconnected, HTTPException
from werkzeug.http import http_date
from werkzeug.routing import Map, Rule
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wrappers import Request, Response

from wxsync import SANDBOX_APPID
from wxsync.sandbox.account import Account, open_account
from wxsync.sandbox.admin import AdminApi, Clock
from wxsync.sandbox.endpoints import ENDPOINTS, Call, Endpoint, answer
from wxsync.sandbox.faults import Script
from wxsync.sandbox.misbehave import Scene, strike, will_reset
from wxsync.sandbox.replies import UNAVAILABLE, bare
from wxsync.sandbox.store import Store
from wxsync.sandbox.switches import Switches
from wxsync.sandbox.traffic import Traffic

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

DEFAULT_APPID = SANDBOX_APPID
DEFAULT_SECRET = "5a4db0c55a4db0c55a4db0c55a4db0c5"  # noqa: S105  # opens nothing but a sandbox
STRICT = Switches()
FAREWELL_SECONDS = 5.0

ROUTES = Map([Rule(endpoint.path, endpoint=endpoint) for endpoint in ENDPOINTS], merge_slashes=False)


@dataclass(slots=True)
class App:
    """Answers HTTP requests; `closing` wakes those that a fault lets wait, `running` counts those under way."""

    account: Account
    script: Script
    door: AdminApi
    traffic: Traffic
    closing: threading.Event = field(default_factory=threading.Event)
    running: int = 0
    idle: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answers one request as WSGI asks."""
        with self.idle:
            self.running += 1
        try:
            # Without a way back from the environment, which would keep each body until garbage is collected.
            reply = self._respond(Request(environ, populate_request=False))
        except ClientDisconnected as error:
            raise ConnectionAbortedError("the client went away in the middle of its body") from error
        finally:
            with self.idle:
                self.running -= 1
                self.idle.notify_all()
        return reply(environ, start_response)

    def _respond(self, request: Request) -> Response:
        if request.path.startswith("/_sandbox/"):
            return self.door.answer(request)
        try:
            endpoint, named = ROUTES.bind("sandbox").match(request.path, request.method)
        except HTTPException:
            endpoint, named = None, {}
        call = Call(request, self.account, named)
        outcome, errcode = "reset", ""
        try:
            reply = refuse_framing(request, most=self.account.switches.largest_body) or self._answer(call, endpoint)
            outcome, errcode = str(reply.status_code), reply.headers.get("LogicRet", "")
        finally:
            now = self.account.clock()
            name = endpoint.name if endpoint else "unknown"
            self.traffic.note(request, call.parts, endpoint=name, outcome=outcome, errcode=errcode, now=now)
        if self.account.switches.plain_text:
            reply.headers["Content-Type"] = "text/plain"
        return reply

    def _answer(self, call: Call, endpoint: Endpoint | None) -> Response:
        if endpoint is None:
            return bare(404)
        scene = Scene(call.request, self.account, self.closing.wait)
        faults = self.script.striking(endpoint.name, call.media_id)
        for fault in faults:
            if not fault.stored and (instead := strike(fault, scene, None)):
                return instead
        reply = answer(call, endpoint)
        for fault in faults:
            if fault.stored:
                reply = strike(fault, scene, reply) or reply
        return reply


def refuse_framing(request: Request, *, most: int) -> Response | None:
    """Refuses what the machines in front of the service refuse: 412 for no length, 503 for a body far too big."""
    chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
    if chunked or (request.method == "POST" and request.content_length is None):
        return bare(412)
    return bare(503, UNAVAILABLE) if (request.content_length or 0) > most else None


class Head(HTTPMessage):
    """Holds the headers of a request; for their parser nothing follows them, so that it looks for no form below."""

    def get_content_type(self) -> str:
        """Says what is to be parsed next."""
        return "text/plain"


class Handler(WSGIRequestHandler):
    """Reads one request from a connection, quietly."""

    MessageClass = Head

    def version_string(self) -> str:
        """Names the server in its answers, so that nobody takes it for the real one."""
        return "wxsync-sandbox"

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Dates answers by the sandbox's clock, which a client may compare with its own."""
        app = self.server.app
        return http_date(app.account.clock() if timestamp is None and isinstance(app, App) else timestamp)

    def handle_expect_100(self) -> bool:
        """Leaves the interim answer to Werkzeug, which would otherwise be sent twice."""
        return True

    def connection_dropped(self, error: BaseException, environ: WSGIEnvironment | None = None) -> None:  # noqa: ARG002
        """Ends a connection that broke, or that a fault broke; HTTP/1.1 would wait for the next request on it."""
        self.close_connection = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Says nothing: /_sandbox/requests remembers."""

    def log_error(self, format: str, *args: object) -> None:  # noqa: A002  # the name is http.server's
        """Says nothing of connections that clients break."""


class Server(ThreadedWSGIServer):
    """Serves each connection in a thread of its own and closes those with a reset that a fault chose."""

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """Closes a connection; where a reset is due without the polite farewell, which would hide it."""
        with suppress(OSError):
            if isinstance(request, socket.socket) and will_reset(request):
                self.close_request(request)
                return
        super().shutdown_request(request)


class Sandbox:
    """Is a running offline WeChat; closing it ends the server and leaves the state file whole."""

    def __init__(self, app: App, store: Store, server: Server) -> None:
        self.account = app.account
        self.appid = app.account.appid
        self.secret = app.account.secret
        self.url = f"http://127.0.0.1:{server.port}"
        self._app = app
        self._store = store
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="sandbox", daemon=True)
        self._thread.start()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stops listening, lets running calls end, and closes the state; a second time does nothing."""
        self._server.shutdown()
        self._thread.join()
        self._app.closing.set()
        with self._app.idle:
            self._app.idle.wait_for(lambda: self._app.running == 0, FAREWELL_SECONDS)
        self._store.close()


def serve(
    *,
    state: Path | None = None,
    port: int = 0,
    appid: str = DEFAULT_APPID,
    secret: str = DEFAULT_SECRET,
    switches: Switches = STRICT,
    faults: Sequence[str] = (),
    clock: Callable[[], float] = time.time,
) -> Sandbox:
    """Starts a sandbox on 127.0.0.1 that is listening when this returns.

    Port 0 takes any free one; without `state` nothing is kept. Raises FaultSyntax for a fault that is not understood,
    StateProblem for a file that is no state of this account, OSError for a port that is taken.
    """
    script = Script(faults)
    ticking = Clock(clock)
    store = Store(state, appid=appid)
    account = open_account(store, appid=appid, secret=secret, switches=switches, clock=ticking)
    traffic = Traffic()
    app = App(account, script, AdminApi(account, script, traffic, ticking), traffic)
    try:
        with socket.create_server(("127.0.0.1", port), backlog=128) as listening:
            server = Server("127.0.0.1", port, app, Handler, fd=listening.fileno())
    except OSError:
        store.close()
        raise
    return Sandbox(app, store, server)
