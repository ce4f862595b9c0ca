"""What one line of the error table holds, and the advice that all codes of a kind share."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from wxsync.words import Text, text


class Kind(StrEnum):
    """Sorts WeChat's codes by what must happen next; the value is the stable word for programs."""

    OK = "ok"
    BUSY = "busy"
    TOO_FAST = "too-fast"
    TOKEN = "token-rejected"  # noqa: S105 - a word, no secret
    QUOTA = "quota"
    NOT_NOW = "not-now"
    LIBRARY_FULL = "library-full"
    CREDENTIALS = "credentials"
    ALLOWLIST = "allowlist"
    CONFIRMATION = "confirmation"
    PERMISSION = "permission"
    ROUTE = "route"
    FILE = "bad-file"
    GONE = "not-found"
    IN_USE = "in-use"
    REQUEST = "bad-request"
    UNRELATED = "unrelated"


class ErrCode(Struct, frozen=True):
    """One errcode: WeChat's own words, what they mean and what to do."""

    code: int
    kind: Kind
    errmsg: str
    meaning: Text
    action: Text


def entry(code: int, kind: Kind, errmsg: str, meaning: Text, *, advice: Text | None = None) -> ErrCode:
    """Build one line of the table; without advice of its own it takes that of its kind."""
    return ErrCode(code, kind, errmsg, meaning, advice or _ADVICE[kind])


_ADVICE = {
    Kind.OK: text("Nothing to do."),
    Kind.BUSY: text(
        "Wait a little and run again; a file that always gets this answer is probably unreadable to WeChat: save it "
        "anew."
    ),
    Kind.TOO_FAST: text("wxsync slows down by itself; if it happens often, use fewer --jobs."),
    Kind.TOKEN: text(
        "wxsync fetches a new token once by itself. If it is still rejected: check the appid and the secret, or fetch "
        "WXSYNC_ACCESS_TOKEN anew, and see that no other program refreshes the same token."
    ),
    Kind.QUOTA: text(
        "What is done is saved. Run again after 00:00 Beijing time (UTC+8); `wxsync doctor` shows today's quota."
    ),
    Kind.NOT_NOW: text("What is done is saved. Run again in some minutes or hours."),
    Kind.LIBRARY_FULL: text(
        "Delete materials that nothing uses (`wxsync prune`, or 素材库 on mp.weixin.qq.com), then run again. The "
        "library holds 100,000 images and articles, and 1,000 of each other type."
    ),
    Kind.CREDENTIALS: text(
        "Check the WXSYNC_… variables against 微信开发者平台 (developers.weixin.qq.com): 我的业务, 基础信息."
    ),
    Kind.ALLOWLIST: text(
        "Add the address to the account's IP allowlist (IP白名单) on 微信开发者平台 (我的业务, 基础信息, 开发密钥); "
        "it takes some minutes. Where the address of a CI runner changes: use a runner with a fixed address, a relay "
        "(WXSYNC_API_BASE), a proxy (HTTPS_PROXY), a token from your own server (WXSYNC_ACCESS_TOKEN), or 云调用 "
        "(WXSYNC_AUTH=cloud)."
    ),
    Kind.CONFIRMATION: text(
        "The account's administrator gets a message in WeChat about this address: confirm it there, wait, then "
        "run again."
    ),
    Kind.PERMISSION: text(
        "See 接口权限与额度 (接口管理) on 微信开发者平台: the account may have to be verified (微信认证), the "
        "verification may have lapsed, or the permission must be granted anew. That uploadimg works says nothing about "
        "the other calls."
    ),
    Kind.ROUTE: text(
        "Check WXSYNC_API_BASE, proxies and, in 微信云托管, that the open-interface service (开放接口服务) is on, "
        "the path is in its allowlist and the version was deployed again."
    ),
    Kind.FILE: text("Correct this file and run again; the others are not affected."),
    Kind.GONE: text(
        "The id is of another account, was deleted, or never was: `wxsync plan --refresh` shows what is missing."
    ),
    Kind.IN_USE: text("It stays. Take it out of menus and automatic replies first if it shall go."),
    Kind.REQUEST: text(
        "wxsync's own requests do not cause this; look for a relay or proxy that changes them, else report it with "
        "the rid."
    ),
    Kind.UNRELATED: text(
        "Calls for materials are not known to give this code; look it up with the rid (openapi/rid/get, 7 days)."
    ),
}
