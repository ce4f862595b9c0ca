"""Says why a connection failed: whom it was to reach, by which proxy, and what the system or TLS said of it."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from enum import StrEnum
from urllib.parse import urlsplit

from msgspec import Struct

from wxsync.wechat.credentials import is_loopback
from wxsync.words import Text, text

_MOST_LINKS = 30


class Why(StrEnum):
    """The reasons that a person can do something about."""

    REFUSED = "refused"
    TIMED_OUT = "timed out"
    NO_ADDRESS = "no address"
    NO_ROUTE = "no route"
    EXPIRED = "expired"
    SELF_SIGNED = "self-signed"
    OTHER_HOST = "other host"
    UNKNOWN_ISSUER = "unknown issuer"
    LOGIN = "login"
    KIND = "kind"


# OpenSSL's X509_V_ERR_*, see x509_vfy.h.
_CERTIFICATES = {
    9: Why.EXPIRED,
    10: Why.EXPIRED,
    18: Why.SELF_SIGNED,
    19: Why.SELF_SIGNED,
    20: Why.UNKNOWN_ISSUER,
    21: Why.UNKNOWN_ISSUER,
    62: Why.OTHER_HOST,
    64: Why.OTHER_HOST,
}
_NO_USE = frozenset({Why.EXPIRED, Why.SELF_SIGNED, Why.OTHER_HOST, Why.UNKNOWN_ISSUER, Why.LOGIN, Why.KIND})


class Cause(Struct, frozen=True):
    """Why no connection came about: `host` and `proxy` are addresses without a path, a name or a password."""

    why: Why
    host: str
    proxy: str = ""

    @property
    def is_final(self) -> bool:
        """Whether the same call has no better chance some seconds later."""
        is_near = is_loopback(f"http://{self.proxy or self.host}")
        return self.why in _NO_USE or (self.why is Why.REFUSED and is_near)

    def said(self) -> Text:
        """Say whom it was to reach and what came between."""
        who = text("the proxy {proxy}", proxy=self.proxy) if self.proxy else Text("{host}", host=self.host)
        return text("{what}.", what=text("{who} {why}", who=who, why=_SAID[self.why]))

    def todo(self) -> Text:
        """Say what to look at."""
        if self.proxy and self.why is not Why.OTHER_HOST:
            return _PROXIED.get(
                self.why, text("Check HTTPS_PROXY and ALL_PROXY, or unset them where no proxy is needed.")
            )
        if self.why is Why.REFUSED and is_loopback(f"http://{self.host}"):
            return text("Start what WXSYNC_API_BASE names, such as `wxsync sandbox`, or correct it.")
        return _TODO[self.why]


_SAID = {
    Why.REFUSED: text("refused the connection"),
    Why.TIMED_OUT: text("did not take the connection in time"),
    Why.NO_ADDRESS: text("has no address: the name does not resolve"),
    Why.NO_ROUTE: text("cannot be reached from here"),
    Why.EXPIRED: text("shows a certificate that is not valid now"),
    Why.SELF_SIGNED: text("shows a certificate that it signed itself"),
    Why.OTHER_HOST: text("shows a certificate for another name"),
    Why.UNKNOWN_ISSUER: text("shows a certificate whose issuer this machine does not know"),
    Why.LOGIN: text("wants a name and a password"),
    Why.KIND: text("is of a kind that cannot be used"),
}
_REACH = text("Check the network and WXSYNC_API_BASE, then run again.")
_TRUST = text("Name the certificates of your network in SSL_CERT_FILE, and check WXSYNC_API_BASE.")
_TODO = {
    Why.REFUSED: _REACH,
    Why.TIMED_OUT: text("Check the network and the firewall; where a proxy is needed, name it in HTTPS_PROXY."),
    Why.NO_ADDRESS: _REACH,
    Why.NO_ROUTE: _REACH,
    Why.EXPIRED: text("Check the clock of this machine, and WXSYNC_API_BASE."),
    Why.SELF_SIGNED: _TRUST,
    Why.OTHER_HOST: text("Check WXSYNC_API_BASE, and what answers there instead of WeChat."),
    Why.UNKNOWN_ISSUER: _TRUST,
    Why.LOGIN: _REACH,
    Why.KIND: _REACH,
}
_PROXIED = {
    Why.LOGIN: text("Write them into HTTPS_PROXY: http://NAME:PASSWORD@HOST:PORT."),
    Why.KIND: text("Write it as http://HOST:PORT, https://HOST:PORT or socks5h://HOST:PORT."),
}


def why_of(error: BaseException) -> Why | None:
    """Tell why a connection failed by what lies beneath the error of a library."""
    return next((why for each in _beneath(error) if (why := _why(each))), None)


def _why(error: BaseException) -> Why | None:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _CERTIFICATES.get(error.verify_code)
    for kind, why in _KINDS:
        if isinstance(error, kind):
            return why
    if isinstance(error, OSError) and error.errno in {errno.ENETUNREACH, errno.EHOSTUNREACH}:
        return Why.NO_ROUTE
    # http.client tells so what a proxy answered instead of a tunnel.
    return Why.LOGIN if isinstance(error, OSError) and "Tunnel connection failed: 407" in str(error) else None


_KINDS = ((socket.gaierror, Why.NO_ADDRESS), (ConnectionRefusedError, Why.REFUSED), (TimeoutError, Why.TIMED_OUT))


def address_of(url: str) -> str:
    """Give the host of a url and its port where that is written, and nothing else of it."""
    try:
        parts = urlsplit(url if "//" in url else f"//{url}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{port}" if port else host


def _beneath(error: BaseException) -> Iterator[BaseException]:
    """Walk from an error to what it was made of, the outermost first."""
    pending, seen = [error], set[int]()
    while pending and len(seen) < _MOST_LINKS:
        each = pending.pop(0)
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        linked = (*each.args, getattr(each, "reason", None), each.__cause__, each.__context__)
        pending += [one for one in linked if isinstance(one, BaseException)]
