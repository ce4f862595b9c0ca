"""Connections that wait for the head of an answer only so long, and that carry a second upload only where it is safe.

The time-out of a socket counts from each byte; a server that sends one now and then would be waited for for ever.
"""

from __future__ import annotations

import io
import time
from collections.abc import Mapping
from http.client import HTTPResponse
from ssl import SSLContext
from typing import Any

from requests import PreparedRequest, Request
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool

KEPT_SECONDS = 0.5
"""How long after an answer a connection may carry another upload.

No server is known to close one so soon that it said it would keep, so that what is sent on it is never lost on the way.
"""


class PatientAdapter(HTTPAdapter):
    """An adapter of such connections, straight or through a proxy, for `uploads` or for what may be asked again.

    `trust` is loaded once, and not once more for each connection, which takes longer than an upload does.
    """

    def __init__(self, *, uploads: bool = False, trust: SSLContext | None = None, connections: int = 1) -> None:
        self._kind: type[_Patient] = _Upload if uploads else _Patient
        self._trust = trust
        super().__init__(pool_connections=1, pool_maxsize=connections, max_retries=0)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Make the manager of its connections."""
        super().init_poolmanager(*arguments, **options)
        self._teach(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """Give the manager of connections through a proxy."""
        # What speaks TLS to the proxy itself has to trust it too; a SOCKS proxy knows no such option.
        trusts = self._trust and not proxy.lower().startswith("socks")
        manager = super().proxy_manager_for(proxy, **(options | ({"proxy_ssl_context": self._trust} if trusts else {})))
        self._teach(manager)
        return manager

    def build_connection_pool_key_attributes(self, request: PreparedRequest, verify: Any, cert: Any = None) -> Any:
        """Tell how a connection is secured."""
        host, security = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, security | ({"ssl_context": self._trust} if self._trust else {})

    def pool(self, base: str, proxies: Mapping[str, str]) -> HTTPConnectionPool:
        """Give the connections to one address, through the proxy that it asks for."""
        pool: Any = self.get_connection_with_tls_context(Request("GET", base).prepare(), verify=True, proxies=proxies)
        assert isinstance(pool, HTTPConnectionPool)
        return pool

    def _teach(self, manager: Any) -> None:
        pools = manager.pool_classes_by_scheme.items()
        manager.pool_classes_by_scheme = {scheme: _made_of(self._kind, pool) for scheme, pool in pools}


def _made_of(kind: type, pool: Any) -> type:
    """Make a kind of pool whose connections have in addition what `kind` says."""
    connection = type(f"{kind.__name__}{pool.ConnectionCls.__name__}", (kind, pool.ConnectionCls), {})
    return type(pool.__name__, (pool,), {"ConnectionCls": connection})


class _Answer(HTTPResponse):
    """An answer whose whole head is waited for as long as a socket waits for its first byte."""

    def __init__(self, sock: Any, *arguments: Any, **options: Any) -> None:
        self._received = _Received(sock)
        super().__init__(self._received, *arguments, **options)  # type: ignore[arg-type]  # it asks for nothing more

    def begin(self) -> None:
        """Read the head."""
        super().begin()
        self._received.is_hasty = False


class _Received:
    """What a socket receives, by one deadline for all of it as long as it `is_hasty`."""

    def __init__(self, sock: Any) -> None:
        self.sock = sock
        self.is_hasty = True
        self._patience: float | None = sock.gettimeout()
        self._deadline = time.monotonic() + (self._patience or 0.0)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Give it as a file, as a socket does."""
        return io.BufferedReader(_File(self))

    def seconds_left(self) -> float | None:
        """Tell how long the next bytes may take; raises TimeoutError where no time is left."""
        if not self.is_hasty or self._patience is None:
            return self._patience
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the head of the answer took too long")
        return left


class _File(io.RawIOBase):
    def __init__(self, received: _Received) -> None:
        super().__init__()
        self._received = received
        self._file = received.sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._received.sock.settimeout(self._received.seconds_left())
        taken: int | None = self._file.readinto(buffer)
        return taken

    def close(self) -> None:
        self._file.close()
        super().close()


class _Patient:
    """What the connections of the library are given: they wait only so long for the head of an answer."""

    response_class = _Answer


class _Upload(_Patient):
    """They carry a second upload only right after an answer that says that the server keeps them.

    On a connection that the server is just closing, a reset would not tell whether an upload was read.
    """

    _fit_until = 0.0
    _is_last = False

    @property
    def is_connected(self) -> bool:
        """Whether it may be used once more as it is; the pool closes it otherwise, and connects anew."""
        is_connected: bool = super().is_connected  # type: ignore[misc]
        return is_connected and time.monotonic() < self._fit_until

    def request(self, *arguments: Any, headers: Mapping[str, str], **options: Any) -> None:
        """Send a request."""
        self._fit_until, self._is_last = 0.0, headers.get("Connection") == "close"
        super().request(*arguments, headers=headers, **options)  # type: ignore[misc]

    def getresponse(self) -> Any:
        """Wait for the head of the answer."""
        answer = super().getresponse()  # type: ignore[misc]
        if not self._is_last and answer.headers.get("Connection", "").lower() == "keep-alive":
            self._fit_until = time.monotonic() + KEPT_SECONDS
        return answer
