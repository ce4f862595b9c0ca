"""Reads from the environment who calls WeChat and where; errors name variables and never show their values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from msgspec import Struct

from wxsync.errors import Conflict, PersonNeeded, UsageProblem
from wxsync.words import text

_APPID = r"wx[0-9a-z]{16}"
_SHOWN = 40

WECHAT = "https://api.weixin.qq.com"
# Inside 微信云托管 a sidecar intercepts plain HTTP to this name; over TLS it could not.
CLOUD_SIDECAR = "http://api.weixin.qq.com"
CLOUD_TOKEN_FILE = Path("/.tencentcloudbase/wx/cloudbase_access_token")


class Secret:
    """Holds a value that no repr, format, pickle or copy shows; only this room reveals it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Gives the value to the code that sends it."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return "***"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret is neither copied nor pickled")


class OwnSecret(Struct, frozen=True):
    """Calls with tokens fetched by the account's own AppSecret: stable_token, which leaves production's token alone.

    `classic` fetches by `token` instead, which ends the token that others hold: for gateways that know nothing newer.
    """

    secret: Secret
    classic: bool = False


class ForeignToken(Struct, frozen=True):
    """Calls with a token that somebody else fetched and renews."""

    token: Secret


class Platform(Struct, frozen=True):
    """Calls for an account that has authorised a third-party platform (第三方平台)."""

    component_appid: str
    component_token: Secret
    refresh_token: Secret


class Cloud(Struct, frozen=True):
    """Calls from inside 微信云托管 (云调用): by its token file where there is one, else without any token.

    With `from_appid` (another account that shares the environment) it always calls without a token.
    """

    from_appid: str | None = None
    token_file: Path = CLOUD_TOKEN_FILE


class Credentials(Struct, frozen=True):
    """Says for which account, at which address and by which means WeChat is called."""

    appid: str
    base: str
    access: OwnSecret | ForeignToken | Platform | Cloud


def read_credentials(environ: Mapping[str, str], *, account: str | None, appid: str | None) -> Credentials:
    """Reads the credentials of a manifest's account, or of the only one.

    `appid` is the manifest's. An empty variable counts as unset, for so CI passes a missing secret. Raises PersonNeeded
    where something is missing, UsageProblem for two kinds at once or a bad address, and Conflict for two appids.
    """
    variables = _Variables(environ, account)
    found = appid_from(environ, account=account, appid=appid)
    access = _access(variables)
    if found is None:
        raise PersonNeeded(
            text("the appid of the account is not known"),
            hint=text("Set {what}, or the manifest's appid.", what=variables.name("APPID")),
        )
    default = CLOUD_SIDECAR if isinstance(access, Cloud) else WECHAT
    return Credentials(found, _base(variables) or default, access)


def appid_from(environ: Mapping[str, str], *, account: str | None, appid: str | None) -> str | None:
    """Finds the appid in the environment or the manifest; raises Conflict where the two differ."""
    variables = _Variables(environ, account)
    said = variables.get("APPID")
    if said and not re.fullmatch(_APPID, said):
        raise UsageProblem(
            text("{variable} is {said}, which is not an appid", variable=variables.name("APPID"), said=said[:_SHOWN]),
            hint=text(
                "an appid is wx and 16 digits or small letters: copy it from 设置与开发 in mp.weixin.qq.com, and the "
                "AppSecret into {secret}",
                secret=variables.name("SECRET"),
            ),
        )
    if said and appid and said != appid:
        raise Conflict(
            text(
                "{what} names another account ({said}) than the manifest ({appid})",
                what=variables.name("APPID"),
                said=said,
                appid=appid,
            ),
            hint=text("Unset {what} or correct the one that is wrong.", what=variables.name("APPID")),
        )
    return said or appid


def is_loopback(base: str) -> bool:
    """Tells whether an address leads to this very machine."""
    import ipaddress  # who calls nobody has no address to judge
    from urllib.parse import urlsplit

    host = urlsplit(base).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Variables(Struct, frozen=True):
    environ: Mapping[str, str]
    account: str | None

    def name(self, word: str) -> str:
        middle = f"{self.account.replace('-', '_').upper()}_" if self.account else ""
        return f"WXSYNC_{middle}{word}"

    def get(self, word: str) -> str | None:
        return self.environ.get(self.name(word), "").strip() or None

    def secret(self, word: str) -> Secret:
        return Secret(self.get(word) or "")


_KINDS = (
    ("SECRET",),
    ("ACCESS_TOKEN",),
    ("COMPONENT_APPID", "COMPONENT_ACCESS_TOKEN", "AUTHORIZER_REFRESH_TOKEN"),
    ("AUTH",),
)
_CLASSIC = "token"


def _access(variables: _Variables) -> OwnSecret | ForeignToken | Platform | Cloud:
    kind = _only_kind(variables)
    missing = [variables.name(word) for word in kind if not variables.get(word)]
    if missing:
        raise PersonNeeded(
            text("{missing} {what} not set", missing=" and ".join(missing), what="is" if len(missing) == 1 else "are"),
            hint="A third-party platform needs all three: " + ", ".join(map(variables.name, kind)) + ".",
        )
    if kind == ("SECRET",):
        return OwnSecret(variables.secret("SECRET"), classic=variables.get("AUTH") == _CLASSIC)
    if kind == ("ACCESS_TOKEN",):
        return ForeignToken(variables.secret("ACCESS_TOKEN"))
    if kind == ("AUTH",):
        return _cloud(variables)
    return Platform(
        component_appid=variables.get("COMPONENT_APPID") or "",
        component_token=variables.secret("COMPONENT_ACCESS_TOKEN"),
        refresh_token=variables.secret("AUTHORIZER_REFRESH_TOKEN"),
    )


def _only_kind(variables: _Variables) -> tuple[str, ...]:
    kinds = [kind for kind in _KINDS if any(variables.get(word) for word in kind)]
    if kinds == [("SECRET",), ("AUTH",)] and variables.get("AUTH") == _CLASSIC:
        return ("SECRET",)  # here AUTH is no kind of its own but says how the secret is used
    if len(kinds) > 1:
        found = [variables.name(word) for kind in kinds for word in kind if variables.get(word)]
        raise UsageProblem(
            text("there are {kinds} kinds of credentials: {found}", kinds=len(kinds), found=", ".join(found)),
            hint=text("Set one kind and unset the others."),
        )
    if not kinds:
        raise PersonNeeded(
            text("there are no credentials in the environment"),
            hint=text(
                "Set {appid} and {what} (the AppSecret), or {what2}, or {what3}=cloud. Without an account try it with "
                "--sandbox. A pull request from a fork gets no secrets: it can validate and plan.",
                appid=variables.name("APPID"),
                what=variables.name("SECRET"),
                what2=variables.name("ACCESS_TOKEN"),
                what3=variables.name("AUTH"),
            ),
        )
    return kinds[0]


def _cloud(variables: _Variables) -> Cloud:
    if variables.get("AUTH") != "cloud":
        raise UsageProblem(
            text(
                "{what} can only be: cloud, or beside {what2}: {CLASSIC}",
                what=variables.name("AUTH"),
                what2=variables.name("SECRET"),
                CLASSIC=_CLASSIC,
            ),
            hint=text("Unset it to call with a secret or token."),
        )
    return Cloud(variables.get("FROM_APPID"))


def _base(variables: _Variables) -> str | None:
    own = variables.get("API_BASE")
    name = variables.name("API_BASE") if own else "WXSYNC_API_BASE"
    value = own or _Variables(variables.environ, None).get("API_BASE")
    if value is None:
        return None
    if not _is_safe(value):
        raise UsageProblem(
            text("{name} is not an address that a token may be sent to", name=name),
            hint=text("Write https://host or https://host/path, or http:// with 127.0.0.1, [::1] or localhost."),
        )
    return value.rstrip("/")


def _is_safe(value: str) -> bool:
    from urllib.parse import urlsplit

    try:
        url = urlsplit(value)
        plain = url.port != 0 and bool(url.hostname) and "@" not in url.netloc and not any(map(value.count, "?#\\ \t"))
    except ValueError:
        return False
    return plain and value.isprintable() and (url.scheme == "https" or (url.scheme == "http" and is_loopback(value)))
