"""Remembers the last calls as they were seen on the wire, without their secrets."""

from __future__ import annotations

import threading
from collections import Counter, deque

from werkzeug.datastructures import Headers
from werkzeug.wrappers import Request

from wxsync.sandbox.multipart import Part

REMEMBERED = 500
SECRETS = frozenset({"access_token", "component_access_token", "cloudbase_access_token", "secret", "appsecret"})


class Traffic:
    """Counts the calls of each endpoint and keeps the last 500 of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: deque[dict[str, object]] = deque(maxlen=REMEMBERED)
        self._counts: Counter[str] = Counter()

    def note(
        self, request: Request, parts: tuple[Part, ...], *, endpoint: str, outcome: str, errcode: str, now: float
    ) -> None:
        """Notes one call: `outcome` is the HTTP status or `reset`, `errcode` what the answer said."""
        record: dict[str, object] = {
            "at": now,
            "endpoint": endpoint,
            "method": request.method,
            "path": request.path,
            "query": {key: "***" if key in SECRETS else value for key, value in request.args.items()},
            "headers": _pairs(request.headers),
            "size": request.content_length,
            "parts": [{"headers": [list(pair) for pair in part.headers], "size": len(part.content)} for part in parts],
            "outcome": outcome,
            "errcode": errcode,
        }
        with self._lock:
            self._counts[endpoint] += 1
            self._last.append(record)

    def last(self, most: int) -> list[dict[str, object]]:
        """Gives up to so many of the last calls, the newest last."""
        with self._lock:
            return list(self._last)[-most:] if most > 0 else []

    def counts(self) -> dict[str, int]:
        """Counts the calls of each endpoint since the sandbox started."""
        with self._lock:
            return dict(self._counts)


def _pairs(headers: Headers) -> list[list[str]]:
    return [[name, value] for name, value in headers]
