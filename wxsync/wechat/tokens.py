"""Gets the token that signs a call, from whichever source, and once for all workers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from math import inf
from pathlib import Path
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from wxsync.errors import CallFailed, HaltedForPerson, Refused
from wxsync.wechat import endpoints
from wxsync.wechat.answers import NewToken
from wxsync.wechat.credentials import Cloud, Credentials, ForeignToken, OwnSecret, Platform, Secret
from wxsync.wechat.endpoints import Call
from wxsync.wechat.failures import restated
from wxsync.words import text

T = TypeVar("T")

_MARGIN_SECONDS = 300.0
_CLOUD_FILE_SECONDS = 600.0


class Grant(Struct, frozen=True):
    """Holds what signs a call: a parameter of the query and its value, for so many seconds.

    A grant without end cannot be renewed. `repeats` says that its very value was rejected before.
    """

    parameter: str
    value: Secret
    lifetime: float
    repeats: bool = False

    def query(self) -> Mapping[str, str]:
        """Gives the parameter to add to a query; none where calls need no token."""
        return {self.parameter: self.value.reveal()} if self.parameter else {}


Fetch = Callable[[bool], Grant]
"""Gets a grant; True asks to end the old one's life at once."""


class Tokens:
    """Keeps the grant of this run in memory; one thread fetches while the others wait for what it gets."""

    def __init__(self, fetch: Fetch, *, clock: Callable[[], float], can_force: bool = False) -> None:
        self._fetch = fetch
        self._clock = clock
        self._may_force = can_force
        self._lock = threading.Lock()
        self._grant: Grant | None = None
        self._renew_at = 0.0
        self._failures = 0
        self._last: CallFailed | None = None

    def current(self) -> Grant:
        """Gets a grant that is still good; raises what fetching raises."""
        return self._shared(lambda: self._grant if self._grant and self._clock() < self._renew_at else self._get())

    def renew(self, rejected: Grant) -> Grant | None:
        """Replaces a grant that WeChat rejected; None where no other can be had.

        Only while it is still the one in use: another worker may have replaced it already. A forced refresh ends the
        token that others use, so it is asked for once a run at most, and only when WeChat itself gave the very token
        again that it had rejected, and rejected it again.
        """
        return self._shared(lambda: self._grant if self._grant is not rejected else self._replace(rejected))

    def _replace(self, rejected: Grant) -> Grant | None:
        if rejected.lifetime == inf or (rejected.repeats and not self._may_force):
            return None
        if rejected.repeats:
            self._may_force = False
        return self._get(force=rejected.repeats, rejected=rejected)

    def _shared(self, work: Callable[[], T]) -> T:
        seen = self._failures
        with self._lock:
            # Who waited while another failed has failed too: a wrong secret is not tried once for each worker.
            if self._failures != seen and self._last:
                raise restated(self._last)
            try:
                return work()
            except CallFailed as error:
                self._failures, self._last = self._failures + 1, restated(error)
                raise

    def _get(self, *, force: bool = False, rejected: Grant | None = None) -> Grant:
        grant = self._fetch(force)
        if rejected and grant.value.reveal() == rejected.value.reveal():
            grant = replace(grant, repeats=True)
        # WeChat tells the life that is left; half of it at least is used, however short it is.
        margin = min(_MARGIN_SECONDS, grant.lifetime / 2) if grant.lifetime < inf else 0.0
        self._renew_at = self._clock() + grant.lifetime - margin
        self._grant = grant
        return grant


Ask = Callable[[Call[NewToken]], NewToken]


def tokens_for(credentials: Credentials, ask: Ask, *, clock: Callable[[], float]) -> Tokens:
    """Chooses the source of tokens; `ask` makes a call that needs none."""
    access = credentials.access
    match access:
        case OwnSecret():
            fetch = _classic if access.classic else _stable
            return Tokens(fetch(credentials.appid, access, ask), clock=clock, can_force=not access.classic)
        case ForeignToken():
            return Tokens(lambda _: Grant("access_token", access.token, inf), clock=clock)
        case Platform():
            return Tokens(_authorized(credentials.appid, access, ask), clock=clock)
        case Cloud():
            return Tokens(_from_cloud(access), clock=clock)


def uses_token_file(cloud: Cloud) -> bool:
    """Tells whether 云调用 goes by its token file, over https, and not through the sidecar, which knows plain HTTP."""
    return cloud.from_appid is None and cloud.token_file.exists()


def _stable(appid: str, own: OwnSecret, ask: Ask) -> Fetch:
    return lambda force: _granted(_required(ask, endpoints.stable_token(appid, own, force=force)))


def _classic(appid: str, own: OwnSecret, ask: Ask) -> Fetch:
    return lambda _: _granted(_required(ask, endpoints.classic_token(appid, own)))


def _authorized(appid: str, platform: Platform, ask: Ask) -> Fetch:
    known = platform

    def fetch(_: bool) -> Grant:
        # WeChat may hand out another refresh token each time; the new one is kept for this run and written nowhere.
        nonlocal known
        token = _required(ask, endpoints.authorizer_token(appid, known))
        known = replace(known, refresh_token=token.refresh_token or known.refresh_token)
        return _granted(token)

    return fetch


def _from_cloud(cloud: Cloud) -> Fetch:
    if uses_token_file(cloud):
        return lambda _: Grant("cloudbase_access_token", _read_token(cloud.token_file), _CLOUD_FILE_SECONDS)
    if cloud.from_appid:
        return lambda _: Grant("from_appid", Secret(cloud.from_appid or ""), inf)
    return lambda _: Grant("", Secret(""), inf)


def _granted(token: NewToken) -> Grant:
    return Grant("access_token", token.token, token.lifetime)


def _required(ask: Ask, call: Call[NewToken]) -> NewToken:
    try:
        return ask(call)
    except Refused as error:
        halt = restated(error, HaltedForPerson)
    raise halt


def _read_token(file: Path) -> Secret:
    try:
        token = file.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        token = ""
    if not token:
        raise HaltedForPerson(
            text("there is no token in {file}.", file=str(file)),
            code="credentials",
            hint=text(
                "云调用 writes it when the service starts: see that the permission is granted and deploy the version "
                "again."
            ),
        )
    return Secret(token)
