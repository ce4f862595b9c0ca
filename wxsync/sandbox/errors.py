"""What WeChat says when it says no: one exception, and the text of every code the sandbox answers with."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

TEXTS: Mapping[int, str] = MappingProxyType(
    {
        -1: "system error",
        40001: "invalid credential, access_token is invalid or not latest, could get access_token by "
        "getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r",
        40002: "invalid grant_type",
        40004: "invalid media type",
        40005: "invalid file type",
        40007: "invalid media_id",
        40009: "invalid image size",
        40010: "invalid voice size",
        40011: "invalid video size",
        40012: "invalid thumb size",
        40013: "invalid appid",
        40014: "invalid access_token",
        40016: "invalid button size",
        40017: "invalid button type",
        40018: "invalid button name size",
        40023: "invalid sub button size",
        40062: "invalid title size",
        40113: "unsupported file type",
        40125: "invalid appsecret",
        40137: "invalid image format",
        40164: "invalid ip {ip} ipv6 ::ffff:{ip}, not in whitelist",
        40221: "invalid Content-Encoding",
        40227: "title is empty",
        41001: "access_token missing",
        41002: "appid missing",
        41004: "appsecret missing",
        41005: "media data missing",
        42001: "access_token expired",
        43001: "require GET method",
        43002: "require POST method",
        44001: "empty media data",
        44002: "empty post data",
        44003: "empty news data",
        45001: "media size out of limit",
        45002: "content size out of limit",
        45003: "title size out of limit",
        45004: "description size out of limit",
        45005: "url size out of limit",
        45007: "playtime out of limit",
        45008: "article size out of limit",
        45009: "reach max api daily quota limit",
        45011: "api minute-quota reach limit, must slower, retry next minute",
        45020: "too many image, please input less",
        45034: "media file count is out of limit",
        45060: "media is applied in ivr or menu, can not be deleted",
        46003: "menu no exist",
        47001: "data format error",
        48001: "api unauthorized",
        48005: "forbid to delete material used by auto-reply or menu",
        48006: "forbid to clear quota because of reaching the limit",
        61003: "component is not authorized by this account",
        61007: "api is unauthorized to component",
        61023: "refresh_token is invalid",
        76003: "could not query this rid,no permission",
        76021: "cgi_path not found, please check",
        76022: "could not use this cgi_path，no permission",
    }
)


class ApiError(Exception):
    """Says no with one of WeChat's codes; the wire adds hint and rid to the text."""

    def __init__(self, errcode: int, errmsg: str = "") -> None:
        self.errcode = errcode
        self.errmsg = errmsg or TEXTS.get(errcode, "error by request of a fault")
        super().__init__(f"{errcode} {self.errmsg}")


class StateProblem(ValueError):
    """Says that a state file cannot be used: it is no sandbox state, or it belongs to another account."""
