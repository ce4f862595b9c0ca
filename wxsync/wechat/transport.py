"""Sends one request and gives back one plain value; the only module that knows requests and urllib3.

Their exceptions, their logs and their repr hold the url, and the url holds the token: nothing of theirs leaves here.
"""

from __future__ import annotations

import io
import logging
import os
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from enum import StrEnum
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies, select_proxy

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
    """Holds one request; `path` follows the base, and only `query` and `body` hold what is secret."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    content_type: str = "application/json"
    limit: int = MEBIBYTE
    fresh: bool = False


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
        self._kept = self._adapter()
        self._proxies = get_environ_proxies(base) if base.startswith("https:") and not is_loopback(base) else {}
        self._told: tuple[float, float] | None = None
        self._verify = next((path for path in map(os.environ.get, _CERTIFICATES) if path), True)

    def close(self) -> None:
        """Closes the connections that were kept."""
        self._kept.close()

    def now(self) -> float | None:
        """Tells the time at the other end, in Unix seconds, by the `Date` of its last answer; None before the first."""
        told = self._told
        return None if told is None else told[0] + time.monotonic() - told[1]

    def send(self, request: Request) -> Answer:
        """Sends a request once and never raises; the time-out of an answer grows with the body."""
        # An upload goes over a connection of its own: on a kept one that the server is just closing, a reset would not
        # tell whether the upload was read.
        adapter = self._adapter() if request.fresh else self._kept
        body = io.BytesIO(request.body)
        try:
            return self._exchange(adapter, request, body)
        except Exception as error:  # noqa: BLE001 - whatever a library raises, it may hold the url
            trouble = _trouble(error)
            cause = self._cause(error, trouble)
        finally:
            if request.fresh:
                adapter.close()
        return Answer(_phase(trouble, sent=body.tell(), size=len(request.body)), trouble=trouble, cause=cause)

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
        headers = {"User-Agent": f"wxsync/{__version__}", "Accept": "*/*", "Accept-Encoding": "identity"}
        patience = self._read_seconds
        try:
            with closing(PatientAdapter(max_retries=0)) as adapter:
                sent = adapter.send(
                    requests.Request("GET", url, headers=headers).prepare(),
                    stream=True,
                    timeout=(_CONNECT_SECONDS, patience),
                    verify=self._verify,
                    proxies={} if is_loopback(url) else get_environ_proxies(url),
                )
                with closing(sent) as response:
                    target = response.headers.get("Location") if response.status_code in _REDIRECTS else None
                    return _read(response, limit, patience), target
        except Exception as error:  # noqa: BLE001 - as above
            trouble = _trouble(error)
        return Answer(_phase(trouble, sent=0, size=0), trouble=trouble), None

    def _adapter(self) -> HTTPAdapter:
        return PatientAdapter(pool_connections=1, pool_maxsize=self._connections, max_retries=0)

    def _exchange(self, adapter: HTTPAdapter, request: Request, body: io.BytesIO) -> Answer:
        patience = self._read_seconds + len(request.body) / _BYTES_PER_SECOND
        response = adapter.send(
            self._prepare(request, body),
            stream=True,
            timeout=(_CONNECT_SECONDS, patience),
            verify=self._verify,
            proxies=self._proxies,
        )
        try:
            if response.status_code == 200 and (date := _date(response.headers.get("Date", ""))):
                self._told = date, time.monotonic()
            return _read(response, request.limit, patience)
        finally:
            response.close()

    def _prepare(self, request: Request, body: io.BytesIO) -> requests.PreparedRequest:
        headers = {"User-Agent": f"wxsync/{__version__}", "Accept": "*/*", "Accept-Encoding": "identity"}
        if request.fresh:
            headers["Connection"] = "close"
        if request.body:
            headers["Content-Type"] = request.content_type
        # A file, so that its position tells afterwards how much was handed to the socket; its length is known, so that
        # nothing is chunked (WeChat answers 412 to that).
        data = body if request.body else None
        url = self.base + request.path
        return requests.Request(request.method, url, headers=headers, params=dict(request.query), data=data).prepare()


_CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


def _as_https(url: str) -> str:
    return "https://" + url.removeprefix("http://") if url.startswith("http://") and not is_loopback(url) else url


def _date(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def _read(response: requests.Response, limit: int, patience: float) -> Answer:
    trouble = None
    content = b""
    if response.headers.get("Content-Encoding", "identity").strip().lower() not in {"", "identity"}:
        trouble = Trouble.ENCODED
    else:
        try:
            content = _content(response.raw, limit, time.monotonic() + patience + limit / _BYTES_PER_SECOND)
        except Exception as error:  # noqa: BLE001 - as above; the status is known all the same
            trouble = _trouble(error)
        if len(content) > limit:
            trouble = Trouble.TOO_LONG
    return Answer(
        Phase.ANSWERED,
        status=response.status_code,
        body=None if trouble else content,
        disposition=response.headers.get("Content-Disposition", ""),
        trouble=trouble,
    )


def _content(raw: urllib3.HTTPResponse, limit: int, deadline: float) -> bytes:
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
