"""Connections that wait for the head of an answer only so long, however often a byte of it comes.

The time-out of a socket counts from each byte; a server that sends one now and then would be waited for for ever.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


class PatientAdapter(HTTPAdapter):
    """An adapter of such connections; those through a SOCKS proxy are as they always are."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Make the manager of its connections."""
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """Give the manager of connections through a proxy."""
        manager = super().proxy_manager_for(proxy, **options)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = _POOLS
        return manager


class _Patient:
    """What the two kinds of connections have in common."""

    timeout: Any
    sock: Any

    def getresponse(self) -> Any:
        late = threading.Event()
        # As long for the whole head as a socket waits for its first byte.
        timer = threading.Timer(self.timeout or threading.TIMEOUT_MAX, self._give_up, (late,))
        timer.daemon = True
        timer.start()
        response = None
        try:
            response = super().getresponse()  # type: ignore[misc]
        except Exception:
            if not late.is_set():
                raise
        finally:
            timer.cancel()
        # To http.client the end of a connection is the end of a head as well.
        if late.is_set():
            if response is not None:
                response.close()
            raise TimeoutError("the head of the answer took too long")
        return response

    def _give_up(self, late: threading.Event) -> None:
        late.set()
        with suppress(OSError, AttributeError):
            self.sock.shutdown(socket.SHUT_RDWR)


class _Connection(_Patient, HTTPConnection):
    pass


class _SecureConnection(_Patient, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_POOLS = {"http": _Pool, "https": _SecurePool}
