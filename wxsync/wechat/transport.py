"""Sends one request and gives back one plain value; the only module that knows requests and urllib3.

Their exceptions, their logs and their repr hold the url, and the url holds the token: nothing of theirs leaves here.
"""

from __future__ import annotations

import io
import logging
import os
import threading
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from ssl import SSLContext
from urllib.parse import urlencode, urljoin, urlsplit

import requests
import urllib3
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies, select_proxy
from urllib3.util.ssl_ import create_urllib3_context

from wxsync import __version__
from wxsync.wechat.causes import Cause, Why, address_of, why_of
from wxsync.wechat.credentials import is_loopback
from wxsync.wechat.outcome import Phase
from wxsync.wechat.patience import PatientAdapter

MEBIBYTE = 1 << 20
_CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
_BYTES_PER_SECOND = 100_000
_MOST_HOPS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Trouble(StrEnum):
    """Says what kept an answer from coming, or from being read."""

    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    PROXY = "proxy"
    SILENCE = "timeout"
    BROKEN = "reset"
    TOO_LONG = "too-long"
    ENCODED = "encoded"


@dataclass(frozen=True, slots=True)
class Request:
    """Holds one request; `path` follows the base, and only `query` and `body` hold what is secret.

    An `upload` must not be sent again while nobody knows whether it was read.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    content_type: str = "application/json"
    limit: int = MEBIBYTE
    upload: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """Holds what came of a request; `body` is None where none could be read to its end."""

    phase: Phase
    status: int | None = None
    body: bytes | None = field(default=None, repr=False)
    disposition: str = ""
    trouble: Trouble | None = None
    cause: Cause | None = field(default=None, compare=False)


class Transport:
    """Sends requests to one base address from any number of threads.

    It knows no cookies, no netrc, no redirects and no retries. Proxies and certificates are those of the environment;
    loopback, and the plain HTTP of 云调用 inside its container, never go through a proxy.
    """

    def __init__(self, base: str, *, connections: int, read_seconds: float = READ_SECONDS) -> None:
        _silence_logs()
        self.base = base
        self._connections = connections
        self._read_seconds = read_seconds
        self._path = urlsplit(base).path
        self._proxies = get_environ_proxies(base) if base.startswith("https:") and not is_loopback(base) else {}
        self._told: tuple[float, float] | None = None
        self._verify = next((path for path in map(os.environ.get, _CERTIFICATES) if path), True)
        self._keeps = True
        self._opening = threading.Lock()
        self._opened: tuple[urllib3.HTTPConnectionPool, urllib3.HTTPConnectionPool] | None = None

    def close(self) -> None:
        """Closes the connections that were kept."""
        for pool in self._opened or ():
            pool.close()

    def now(self) -> float | None:
        """Tells the time at the other end, in Unix seconds, by the `Date` of its last answer; None before the first."""
        told = self._told
        return None if told is None else told[0] + time.monotonic() - told[1]

    def send(self, request: Request) -> Answer:
        """Sends a request once and never raises; the time-out of an answer grows with the body."""
        body = io.BytesIO(request.body)
        try:
            return self._exchange(request, body)
        except Exception as error:  # noqa: BLE001 - whatever a library raises, it may hold the url
            trouble = _trouble(error)
            cause = self._cause(error, trouble)
        phase = _phase(trouble, sent=body.tell(), size=len(request.body))
        # Whoever says that connections are kept and closes them all the same would put one upload after the other in
        # doubt: once one is, none is kept any more.
        self._keeps = self._keeps and not (request.upload and phase is Phase.SENT)
        return Answer(phase, trouble=trouble, cause=cause)

    def fetch(self, url: str, *, limit: int) -> Answer:
        """Gets a foreign address without a token and never raises; http is asked for as https.

        Redirects are followed to https only, a few of them; loopback is reached only where the base is on it too.
        """
        with suppress(ValueError):  # of an address that is none
            for _hop in range(_MOST_HOPS):
                url = _as_https(url)
                if not self._may_fetch(url):
                    break
                answer, target = self._get(url, limit)
                if target is None:
                    return answer
                url = urljoin(url, target)
        return Answer(Phase.UNSENT, trouble=Trouble.CONNECT)

    def _cause(self, error: Exception, trouble: Trouble) -> Cause | None:
        """Tell why no connection came about; None where it did, or nobody knows why."""
        if trouble not in _CONNECTING:
            return None
        why = Why.KIND if _is_odd_proxy(error) else why_of(error)
        used = select_proxy(self.base, self._proxies) if trouble in _BY_PROXY else None
        return Cause(why, address_of(self.base), address_of(used) if used else "") if why else None

    def _may_fetch(self, url: str) -> bool:
        if is_loopback(url) or not url.startswith("https://"):
            return is_loopback(url) and is_loopback(self.base)
        return bool(urlsplit(url).hostname)

    def _get(self, url: str, limit: int) -> tuple[Answer, str | None]:
        patience = self._read_seconds
        try:
            with closing(PatientAdapter()) as adapter:
                sent = adapter.send(
                    requests.Request("GET", url, headers=_HEADERS).prepare(),
                    stream=True,
                    timeout=(_CONNECT_SECONDS, patience),
                    verify=self._verify,
                    proxies={} if is_loopback(url) else get_environ_proxies(url),
                )
                with closing(sent) as response:
                    target = response.headers.get("Location") if response.status_code in _REDIRECTS else None
                    return _read(response.raw, limit, patience), target
        except Exception as error:  # noqa: BLE001 - as above
            trouble = _trouble(error)
        return Answer(_phase(trouble, sent=0, size=0), trouble=trouble), None

    def _exchange(self, request: Request, body: io.BytesIO) -> Answer:
        patience = self._read_seconds + len(request.body) / _BYTES_PER_SECOND
        response = self._carry(request, body, patience)
        try:
            if response.status == 200 and (date := _date(response.headers.get("Date", ""))):
                self._told = date, time.monotonic()
            return _read(response, request.limit, patience)
        finally:
            response.close()

    def _carry(self, request: Request, body: io.BytesIO, patience: float) -> urllib3.BaseHTTPResponse:
        """Send a request and give the head of its answer; whatever keeps it from coming is raised."""
        questions, uploads = self._pools()
        target = self._path + request.path + (f"?{urlencode(request.query)}" if request.query else "")
        headers = dict(_HEADERS)
        if request.upload and not self._keeps:
            headers["Connection"] = "close"
        if request.body:
            # The length is told, so that nothing is chunked: WeChat answers 412 to that.
            headers |= {"Content-Type": request.content_type, "Content-Length": str(len(request.body))}
        return (uploads if request.upload else questions).urlopen(
            request.method,
            target,
            # A file, so that its position tells afterwards how much was handed to the socket.
            body=body if request.body else None,
            headers=headers,
            retries=False,
            redirect=False,
            assert_same_host=False,
            timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=patience),
            preload_content=False,
            decode_content=False,
        )

    def _pools(self) -> tuple[urllib3.HTTPConnectionPool, urllib3.HTTPConnectionPool]:
        """Give the connections for questions and those for uploads; the first call makes them."""
        with self._opening:
            if self._opened is None:
                trust = _trusting(self._verify) if self.base.startswith("https:") else None
                self._opened = self._pool(trust, uploads=False), self._pool(trust, uploads=True)
            return self._opened

    def _pool(self, trust: SSLContext | None, *, uploads: bool) -> urllib3.HTTPConnectionPool:
        adapter = PatientAdapter(uploads=uploads, trust=trust, connections=self._connections)
        return adapter.pool(self.base, self._proxies)


_HEADERS = {"User-Agent": f"wxsync/{__version__}", "Accept": "*/*", "Accept-Encoding": "identity"}
_CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


def _trusting(certificates: str | bool) -> SSLContext:
    """Load whom TLS trusts, which takes longer than an upload does."""
    place = certificates if isinstance(certificates, str) else DEFAULT_CA_BUNDLE_PATH
    context = create_urllib3_context()
    try:
        context.load_verify_locations(**{"capath" if Path(place).is_dir() else "cafile": place})
    except OSError as error:
        raise urllib3.exceptions.SSLError(error) from None
    return context


def _as_https(url: str) -> str:
    return "https://" + url.removeprefix("http://") if url.startswith("http://") and not is_loopback(url) else url


@lru_cache(maxsize=1)  # the answers of one second say the same
def _date(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def _read(response: urllib3.BaseHTTPResponse, limit: int, patience: float) -> Answer:
    trouble = None
    content = b""
    if response.headers.get("Content-Encoding", "identity").strip().lower() not in {"", "identity"}:
        trouble = Trouble.ENCODED
    else:
        try:
            content = _content(response, limit, time.monotonic() + patience + limit / _BYTES_PER_SECOND)
        except Exception as error:  # noqa: BLE001 - as above; the status is known all the same
            trouble = _trouble(error)
        if len(content) > limit:
            trouble = Trouble.TOO_LONG
    return Answer(
        Phase.ANSWERED,
        status=response.status,
        body=None if trouble else content,
        disposition=response.headers.get("Content-Disposition", ""),
        trouble=trouble,
    )


def _content(raw: urllib3.BaseHTTPResponse, limit: int, deadline: float) -> bytes:
    content = bytearray()
    while len(content) <= limit and (piece := raw.read1(limit + 1 - len(content), decode_content=False)):
        content += piece
        if time.monotonic() > deadline:
            raise TimeoutError
    return bytes(content)


def _phase(trouble: Trouble, *, sent: int, size: int) -> Phase:
    """Tells whether all of a request may have left.

    The library reads a piece of the body, sends it, and reads the next: while the last piece was not even read, WeChat
    cannot have a whole request. A request without a body is a mere question, so the kind of trouble is enough.
    """
    if size:
        return Phase.UNSENT if sent < size else Phase.SENT
    return Phase.UNSENT if trouble in {Trouble.DNS, Trouble.CONNECT, Trouble.PROXY} else Phase.SENT


_TROUBLES: tuple[tuple[type[BaseException], Trouble], ...] = (
    (urllib3.exceptions.NameResolutionError, Trouble.DNS),
    (requests.exceptions.ProxyError, Trouble.PROXY),
    (requests.exceptions.InvalidProxyURL, Trouble.PROXY),
    (requests.exceptions.InvalidSchema, Trouble.PROXY),
    (urllib3.exceptions.ProxyError, Trouble.PROXY),
    (urllib3.exceptions.ProxySchemeUnknown, Trouble.PROXY),
    (urllib3.exceptions.ProxySchemeUnsupported, Trouble.PROXY),
    (requests.exceptions.SSLError, Trouble.TLS),
    (urllib3.exceptions.SSLError, Trouble.TLS),
    (requests.exceptions.ConnectTimeout, Trouble.CONNECT),
    (urllib3.exceptions.ConnectTimeoutError, Trouble.CONNECT),
    (requests.exceptions.MissingSchema, Trouble.CONNECT),
    (requests.exceptions.InvalidURL, Trouble.CONNECT),
    (urllib3.exceptions.LocationValueError, Trouble.CONNECT),
    (requests.exceptions.Timeout, Trouble.SILENCE),
    (urllib3.exceptions.TimeoutError, Trouble.SILENCE),
    (TimeoutError, Trouble.SILENCE),
)


_CONNECTING = frozenset({Trouble.DNS, Trouble.CONNECT, Trouble.TLS, Trouble.PROXY})
_BY_PROXY = frozenset({Trouble.CONNECT, Trouble.PROXY})
_ODD_PROXIES = (
    requests.exceptions.InvalidProxyURL,
    requests.exceptions.InvalidSchema,
    urllib3.exceptions.ProxySchemeUnknown,
    urllib3.exceptions.ProxySchemeUnsupported,
)


def _is_odd_proxy(error: Exception) -> bool:
    return any(isinstance(each, _ODD_PROXIES) for each in _chain(error))


def _chain(error: Exception) -> tuple[object, ...]:
    inner = error.args[0] if error.args else None
    return (error, inner, getattr(inner, "reason", None))


def _trouble(error: Exception) -> Trouble:
    chain = _chain(error)
    for kind, trouble in _TROUBLES:
        if any(isinstance(each, kind) for each in chain):
            return trouble
    # What requests says about a certificate file that is not there is a bare OSError.
    return Trouble.TLS if type(error) is OSError else Trouble.BROKEN


def _silence_logs() -> None:
    """Keeps urls out of every log: urllib3 writes them at DEBUG, and at WARNING where an answer's headers are odd.

    Filters hold whatever level the application sets later; adding one twice changes nothing.
    """
    for name in ("connection", "connectionpool", "poolmanager", "response", "util.retry"):
        logging.getLogger(f"urllib3.{name}").addFilter(_is_no_chatter)


def _is_no_chatter(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR
