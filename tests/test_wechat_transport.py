"""One request is one plain value: what left, what came, and never an exception."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from types import ModuleType

import pytest
import requests.exceptions
import urllib3.exceptions

from tests.wechat_fake import (
    DRIP,
    DRIP_HEAD,
    HANG_UP,
    RESET,
    RESET_BEFORE_BODY,
    SILENCE,
    FakeWeChat,
    Seen,
    raw,
)
from wxsync.wechat import patience
from wxsync.wechat.outcome import Phase
from wxsync.wechat.patience import KEPT_SECONDS
from wxsync.wechat.transport import Answer, Request, Transport, Trouble, _trouble

LARGE = b"x" * 8_000_000


def send(server: FakeWeChat, body: bytes = b"{}", *, base: str = "", limit: int = 1000, upload: bool = False) -> Answer:
    transport = Transport(base or server.base, connections=1, read_seconds=0.2)
    try:
        request = Request("POST" if body else "GET", "/x", query={"a": "ü&="}, body=body, limit=limit, upload=upload)
        return transport.send(request)
    finally:
        transport.close()


def test_an_answer_is_its_status_and_bytes() -> None:
    with FakeWeChat(x=[raw(b"\xff{}", headers='Content-Disposition: attachment; filename="a.png"\r\n')]) as server:
        assert send(server) == Answer(Phase.ANSWERED, 200, b"\xff{}", 'attachment; filename="a.png"')
    (seen,) = server.seen
    assert seen.query == {"a": "ü&="}


def test_a_request_is_whole_and_says_no_more_than_it_must() -> None:
    with FakeWeChat(x=[raw(b"{}")]) as server:
        send(server, b'{"a":1}')
        send(server, LARGE, upload=True)
        send(server, b"")
    small, large, question = server.seen
    assert small.headers.keys() == {
        "host",
        "user-agent",
        "accept",
        "accept-encoding",
        "content-type",
        "content-length",
    }
    assert small.headers["accept-encoding"] == "identity"
    assert large.headers["content-length"] == str(len(LARGE))
    assert large.headers.keys() == small.headers.keys()
    assert "transfer-encoding" not in large.headers
    assert large.body == LARGE
    assert (question.method, question.headers.keys() & {"content-length", "content-type"}) == ("GET", set())


@pytest.mark.parametrize(
    ("reply", "body", "answer"),
    [
        (RESET, b"{}", Answer(Phase.SENT, trouble=Trouble.BROKEN)),
        (HANG_UP, b"{}", Answer(Phase.SENT, trouble=Trouble.BROKEN)),
        (SILENCE, b"{}", Answer(Phase.SENT, trouble=Trouble.SILENCE)),
        (DRIP, b"{}", Answer(Phase.ANSWERED, 200, trouble=Trouble.SILENCE)),
        (DRIP_HEAD, b"{}", Answer(Phase.SENT, trouble=Trouble.SILENCE)),
        (DRIP_HEAD, b"", Answer(Phase.SENT, trouble=Trouble.SILENCE)),
        (RESET, LARGE, Answer(Phase.SENT, trouble=Trouble.BROKEN)),
        (RESET, b"", Answer(Phase.SENT, trouble=Trouble.BROKEN)),
        (RESET_BEFORE_BODY, LARGE, Answer(Phase.UNSENT, trouble=Trouble.BROKEN)),
        (b"garbage\r\n\r\n", b"{}", Answer(Phase.SENT, trouble=Trouble.BROKEN)),
        (b"HTTP/1.1 20", b"{}", Answer(Phase.SENT, trouble=Trouble.SILENCE)),
        (raw(b"{", length=9), b"{}", Answer(Phase.ANSWERED, 200, trouble=Trouble.SILENCE)),
        (
            raw(b"{", length=9, headers="Connection: close\r\n"),
            b"{}",
            Answer(Phase.ANSWERED, 200, trouble=Trouble.BROKEN),
        ),
        (raw(b"x" * 1001), b"{}", Answer(Phase.ANSWERED, 200, trouble=Trouble.TOO_LONG)),
        (raw(b"x" * 1000), b"{}", Answer(Phase.ANSWERED, 200, b"x" * 1000)),
        (raw(b"{}", headers="Content-Encoding: gzip\r\n"), b"{}", Answer(Phase.ANSWERED, 200, trouble=Trouble.ENCODED)),
        (raw(b"", status="412 Precondition Failed"), b"{}", Answer(Phase.ANSWERED, 412, b"")),
        (raw(b"", status="302 Found", headers="Location: /y\r\n"), b"{}", Answer(Phase.ANSWERED, 302, b"")),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            b"{}",
            Answer(Phase.ANSWERED, 200, b"{}"),
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n9\r\n{",
            b"{}",
            Answer(Phase.ANSWERED, 200, trouble=Trouble.BROKEN),
        ),
    ],
    ids=str,
)
def test_whatever_becomes_of_a_request_is_told_as_a_value(reply: bytes, body: bytes, answer: Answer) -> None:
    with FakeWeChat(x=[reply]) as server:
        assert send(server, body) == answer
    assert len(server.seen) == 1


@pytest.mark.parametrize("body", [b"{}", b""])
def test_a_refused_connection_sent_nothing(body: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with FakeWeChat() as server:
        answer = send(server, body, base=f"http://127.0.0.1:{port}")
    assert answer == Answer(Phase.UNSENT, trouble=Trouble.CONNECT)


@pytest.mark.parametrize("body", [b"{}", b""])
def test_a_name_that_leads_nowhere_sent_nothing(body: bytes) -> None:
    with FakeWeChat() as server:
        answer = send(server, body, base="https://does-not-exist.invalid")
    assert answer == Answer(Phase.UNSENT, trouble=Trouble.DNS)


def test_a_server_without_tls_is_sent_nothing() -> None:
    with FakeWeChat(x=[raw(b"{}")]) as server:
        answer = send(server, base=server.base.replace("http:", "https:"))
    assert answer == Answer(Phase.UNSENT, trouble=Trouble.TLS)
    assert server.seen == []


KEPT = raw(b"{}", headers="Connection: keep-alive\r\n")
QUESTION = Request("POST", "/x", body=b"{}")
UPLOAD = Request("POST", "/x", body=b"{}", upload=True)


def peers_of(*requests: Request, answers: list[bytes], pause: float = 0.0) -> list[int]:
    """Send requests one after the other and give the client's port of each: one number for each connection."""
    with FakeWeChat(x=answers) as server:
        transport = Transport(server.base, connections=1, read_seconds=20)
        for request in requests:
            transport.send(request)
            time.sleep(pause)
        transport.close()
    ports = [seen.peer for seen in server.seen]
    return [ports.index(port) for port in ports]


def test_questions_share_a_connection_and_uploads_do_not_where_nobody_says_that_it_is_kept() -> None:
    assert peers_of(QUESTION, QUESTION, QUESTION, UPLOAD, UPLOAD, answers=[raw(b"{}")]) == [0, 0, 0, 3, 4]


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets a busy machine take its time between two uploads."""
    monkeypatch.setattr(patience, "KEPT_SECONDS", 600.0)


@pytest.mark.usefixtures("patient")
def test_uploads_share_a_connection_that_the_server_says_it_keeps() -> None:
    assert peers_of(UPLOAD, UPLOAD, UPLOAD, answers=[KEPT]) == [0, 0, 0]


def test_a_connection_that_the_server_closes_carries_no_second_upload() -> None:
    assert peers_of(UPLOAD, UPLOAD, answers=[raw(b"{}", headers="Connection: close\r\n")]) == [0, 1]


def test_an_upload_takes_no_connection_that_a_server_may_be_closing() -> None:
    assert peers_of(UPLOAD, UPLOAD, answers=[KEPT], pause=KEPT_SECONDS) == [0, 1]


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("lost", [HANG_UP, RESET, SILENCE])
def test_after_an_upload_is_in_doubt_none_shares_a_connection(lost: bytes) -> None:
    with FakeWeChat(x=[KEPT, lost, KEPT]) as server:
        transport = Transport(server.base, connections=1, read_seconds=1.0)
        phases = [transport.send(UPLOAD).phase for _ in range(4)]
        transport.close()
    assert phases == [Phase.ANSWERED, Phase.SENT, Phase.ANSWERED, Phase.ANSWERED]
    ports = [seen.peer for seen in server.seen]
    assert [ports.index(port) for port in ports] == [0, 0, 2, 3]
    assert [seen.headers.get("connection") for seen in server.seen] == [None, None, "close", "close"]


@pytest.mark.usefixtures("patient")
def test_a_question_that_is_lost_says_nothing_of_the_connections_of_uploads() -> None:
    assert peers_of(UPLOAD, QUESTION, UPLOAD, answers=[KEPT, RESET, KEPT]) == [0, 1, 0]


IN_ANOTHER_PROCESS = """
import sys
from wxsync.wechat.transport import Request, Transport
answer = Transport(sys.argv[1], connections=1, read_seconds=5).send(Request("POST", "/x", body=b"{}"))
print(answer.phase, answer.status, answer.trouble)
"""


def in_another_process(base: str, **variables: str) -> str:
    plain = {key: value for key, value in os.environ.items() if "proxy" not in key.lower()}
    command = [sys.executable, "-c", IN_ANOTHER_PROCESS, base]
    done = subprocess.run(command, env=plain | variables, capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == ""
    return done.stdout.strip()


class Proxy(FakeWeChat):
    """Refuses every CONNECT, and remembers who asked."""

    def next_is(self, path: str, action: bytes) -> bool:
        return False

    def play(self, seen: Seen) -> bytes:
        self.seen.append(seen)
        return raw(b"", status="403 Forbidden")


def test_the_proxy_of_the_environment_is_used_and_its_refusal_sent_nothing() -> None:
    with Proxy() as proxy:
        assert in_another_process("https://wechat.invalid", HTTPS_PROXY=proxy.base) == "unsent None proxy"
    assert [seen.head.split(b" HTTP/")[0] for seen in proxy.seen] == [b"CONNECT wechat.invalid:443"]


def test_no_proxy_is_honoured() -> None:
    with Proxy() as proxy:
        said = in_another_process("https://wechat.invalid", HTTPS_PROXY=proxy.base, NO_PROXY=".invalid")
    assert (said, proxy.seen) == ("unsent None dns", [])


@pytest.mark.parametrize(("scheme", "said"), [("http", "answered 200 None"), ("https", "unsent None tls")])
def test_loopback_never_goes_through_a_proxy(scheme: str, said: str) -> None:
    with Proxy() as proxy, FakeWeChat(x=[raw(b"{}")]) as server:
        variables = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"), proxy.base)
        assert in_another_process(server.base.replace("http", scheme), **variables) == said
    assert proxy.seen == []


def test_a_certificate_file_that_is_not_there_is_trouble_with_tls() -> None:
    assert in_another_process("https://127.0.0.1:9", REQUESTS_CA_BUNDLE="/nowhere.pem") == "unsent None tls"


def test_a_kind_of_proxy_that_cannot_be_used_is_trouble_with_the_proxy() -> None:
    assert in_another_process("https://wechat.invalid", HTTPS_PROXY="odd://proxy.invalid") == "unsent None proxy"


def fetch(url: str, *, base: str, limit: int = 1000) -> Answer:
    transport = Transport(base, connections=1, read_seconds=0.2)
    try:
        return transport.fetch(url, limit=limit)
    finally:
        transport.close()


def moved(target: str) -> bytes:
    return raw(b"", status="302 Found", headers=f"Location: {target}\r\n")


def test_a_foreign_address_is_asked_for_without_anything_of_ours() -> None:
    with FakeWeChat(first=[moved("/film?x=1")], film=[raw(b"bytes")]) as server:
        assert fetch(f"{server.base}/first", base=server.base).body == b"bytes"
    first, film = server.seen
    assert first.headers.keys() == film.headers.keys() == {"host", "user-agent", "accept", "accept-encoding"}
    assert (first.query, film.query) == ({}, {"x": "1"})


@pytest.mark.parametrize("target", ["ftp://127.0.0.1/x", "file:///etc/passwd", "https://", "http://[", "/first", "//"])
def test_a_redirect_leads_to_no_other_protocol_and_in_no_circle(target: str) -> None:
    with FakeWeChat(first=[moved(target)]) as server:
        assert fetch(f"{server.base}/first", base=server.base).body is None
    assert len(server.seen) <= 5


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_wechat_cannot_send_us_to_this_machine(scheme: str, host: str) -> None:
    with FakeWeChat(x=[raw(b"secret")]) as server:
        port = server.base.rpartition(":")[2]
        answer = fetch(f"{scheme}://{host}:{port}/x", base="https://api.weixin.qq.com")
    assert (answer.phase, answer.body) == (Phase.UNSENT, None)
    assert server.seen == []


def test_a_foreign_answer_that_is_too_long_is_none() -> None:
    with FakeWeChat(x=[raw(b"x" * 2000)]) as server:
        assert fetch(f"{server.base}/x", base=server.base).trouble is Trouble.TOO_LONG


# Every exception of the two libraries and what it means here. One that a new version brings has to be placed too:
# most mean that the connection broke, after which WeChat may have the request.
MEANINGS = {
    Trouble.DNS: {"urllib3.NameResolutionError"},
    Trouble.CONNECT: {
        "requests.ConnectTimeout",
        "requests.InvalidURL",
        "requests.MissingSchema",
        "urllib3.ConnectTimeoutError",
        "urllib3.LocationParseError",
        "urllib3.LocationValueError",
        "urllib3.NewConnectionError",
        "urllib3.URLSchemeUnknown",
    },
    Trouble.TLS: {"requests.SSLError", "urllib3.SSLError"},
    Trouble.PROXY: {
        "requests.InvalidProxyURL",
        "requests.InvalidSchema",
        "requests.ProxyError",
        "urllib3.ProxyError",
        "urllib3.ProxySchemeUnknown",
        "urllib3.ProxySchemeUnsupported",
    },
    Trouble.SILENCE: {"requests.ReadTimeout", "requests.Timeout", "urllib3.ReadTimeoutError", "urllib3.TimeoutError"},
    Trouble.BROKEN: {
        "requests.ChunkedEncodingError",
        "requests.ConnectionError",
        "requests.ContentDecodingError",
        "requests.HTTPError",
        "requests.InvalidHeader",
        "requests.InvalidJSONError",
        "requests.JSONDecodeError",
        "requests.RequestException",
        "requests.RetryError",
        "requests.StreamConsumedError",
        "requests.TooManyRedirects",
        "requests.URLRequired",
        "requests.UnrewindableBodyError",
        "urllib3.BodyNotHttplibCompatible",
        "urllib3.ClosedPoolError",
        "urllib3.DecodeError",
        "urllib3.EmptyPoolError",
        "urllib3.FullPoolError",
        "urllib3.HTTPError",
        "urllib3.HeaderParsingError",
        "urllib3.HostChangedError",
        "urllib3.IncompleteRead",
        "urllib3.InvalidChunkLength",
        "urllib3.InvalidHeader",
        "urllib3.MaxRetryError",
        "urllib3.PoolError",
        "urllib3.ProtocolError",
        "urllib3.RequestError",
        "urllib3.ResponseError",
        "urllib3.ResponseNotChunked",
        "urllib3.TimeoutStateError",
        "urllib3.UnrewindableBodyError",
    },
}


def exceptions_of(module: ModuleType) -> dict[str, type[Exception]]:
    library = module.__name__.partition(".")[0]
    return {
        f"{library}.{kind.__name__}": kind
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Exception) and not issubclass(kind, Warning)
        if kind.__module__.startswith(library)
    }


RAISED = exceptions_of(requests.exceptions) | exceptions_of(urllib3.exceptions)


@pytest.mark.quick
@pytest.mark.parametrize("name", RAISED)
def test_every_exception_of_the_libraries_has_a_meaning_here(name: str) -> None:
    placed = [trouble for trouble, names in MEANINGS.items() if name in names]
    error = RAISED[name].__new__(RAISED[name])  # whatever it is made of

    assert placed == [_trouble(error)]


@pytest.mark.quick
def test_what_one_library_wraps_in_another_keeps_its_meaning() -> None:
    refused = urllib3.exceptions.NewConnectionError.__new__(urllib3.exceptions.NewConnectionError)
    wrapped = urllib3.exceptions.MaxRetryError.__new__(urllib3.exceptions.MaxRetryError)
    wrapped.reason = refused

    assert _trouble(requests.exceptions.ConnectionError(wrapped)) is Trouble.CONNECT
