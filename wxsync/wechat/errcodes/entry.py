"""What one line of the error table holds, and the advice that all codes of a kind share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from wxsync.words import Bilingual


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


@dataclass(frozen=True, slots=True)
class ErrCode:
    """One errcode: WeChat's own words, what they mean and what to do, in English and Chinese."""

    code: int
    kind: Kind
    errmsg: str
    meaning_en: str
    meaning_zh: str
    action_en: str
    action_zh: str

    @property
    def meaning(self) -> Bilingual:
        """What it means, in the reader's language."""
        return Bilingual(self.meaning_en, self.meaning_zh)

    @property
    def action(self) -> Bilingual:
        """What to do, in the reader's language."""
        return Bilingual(self.action_en, self.action_zh)


def entry(code: int, kind: Kind, errmsg: str, en: str, zh: str, *, advice: tuple[str, str] | None = None) -> ErrCode:
    """Builds one line of the table; without advice of its own it takes that of its kind."""
    do_en, do_zh = advice or _ADVICE[kind]
    return ErrCode(code, kind, errmsg, en, zh, do_en, do_zh)


_ADVICE = {
    Kind.OK: ("Nothing to do.", "无需处理。"),
    Kind.BUSY: (
        "Wait a little and run again; a file that always gets this answer is probably unreadable to WeChat: save it "
        "anew.",
        "请稍后重试；如果同一个文件总是得到此错误，多半是微信无法解析它，请重新导出后再试。",
    ),
    Kind.TOO_FAST: (
        "wxsync slows down by itself; if it happens often, use fewer --jobs.",
        "wxsync 会自动降速；如经常出现，请减小 --jobs。",
    ),
    Kind.TOKEN: (
        "wxsync fetches a new token once by itself. If it is still rejected: check the appid and the secret, or fetch "
        "WXSYNC_ACCESS_TOKEN anew, and see that no other program refreshes the same token.",
        "wxsync 会自动重新获取一次；若仍被拒绝，请检查 AppID 与 AppSecret，或重新获取 "
        "WXSYNC_ACCESS_TOKEN，并确认没有其他程序在刷新同一个 token。",
    ),
    Kind.QUOTA: (
        "What is done is saved. Run again after 00:00 Beijing time (UTC+8); `wxsync doctor` shows today's quota.",
        "已完成的部分已保存。请在北京时间 0 点以后再运行；`wxsync doctor` 可查看当日额度。",
    ),
    Kind.NOT_NOW: (
        "What is done is saved. Run again in some minutes or hours.",
        "已完成的部分已保存。请过几分钟或几小时再运行。",
    ),
    Kind.LIBRARY_FULL: (
        "Delete materials that nothing uses (`wxsync prune`, or 素材库 on mp.weixin.qq.com), then run again. The "
        "library holds 100,000 images and articles, and 1,000 of each other type.",
        "请删除不再使用的素材（`wxsync prune`，或公众平台的素材库）后再运行。"
        "上限：图片与图文共 100000，其他类型各 1000。",
    ),
    Kind.CREDENTIALS: (
        "Check the WXSYNC_… variables against 微信开发者平台 (developers.weixin.qq.com): 我的业务, 基础信息.",
        "请对照微信开发者平台（developers.weixin.qq.com）“我的业务 → 公众号/服务号 → 基础信息”检查 WXSYNC_… 环境变量。",
    ),
    Kind.ALLOWLIST: (
        "Add the address to the account's IP allowlist (IP白名单) on 微信开发者平台 (我的业务, 基础信息, 开发密钥); "
        "it takes some minutes. Where the address of a CI runner changes: use a runner with a fixed address, a relay "
        "(WXSYNC_API_BASE), a proxy (HTTPS_PROXY), a token from your own server (WXSYNC_ACCESS_TOKEN), or 云调用 "
        "(WXSYNC_AUTH=cloud).",
        "请在微信开发者平台（我的业务 → 基础信息 → 开发密钥）把该 IP 加入 IP 白名单，几分钟后生效。"
        "若 CI 的出口 IP 不固定：使用固定 IP 的 "
        "runner、中转服务（WXSYNC_API_BASE）、代理（HTTPS_PROXY）、"
        "由自己服务器提供的 token（WXSYNC_ACCESS_TOKEN），或云调用（WXSYNC_AUTH=cloud）。",
    ),
    Kind.CONFIRMATION: (
        "The account's administrator gets a message in WeChat about this address: confirm it there, wait, then "
        "run again.",
        "公众号管理员的微信会收到关于该 IP 的确认消息：请确认后稍候再运行。",
    ),
    Kind.PERMISSION: (
        "See 接口权限与额度 (接口管理) on 微信开发者平台: the account may have to be verified (微信认证), the "
        "verification may have lapsed, or the permission must be granted anew. That uploadimg works says nothing about "
        "the other calls.",
        "请在微信开发者平台“接口管理 → 接口权限与额度”查看；可能需要完成微信认证、认证已过期，或需重新授权。"
        "uploadimg 可用不代表其他接口可用。",
    ),
    Kind.ROUTE: (
        "Check WXSYNC_API_BASE, proxies and, in 微信云托管, that the open-interface service (开放接口服务) is on, "
        "the path is in its allowlist and the version was deployed again.",
        "请检查 WXSYNC_API_BASE 与代理；在微信云托管中请确认已开启“开放接口服务”、路径已加入白名单并已重新发布版本。",
    ),
    Kind.FILE: (
        "Correct this file and run again; the others are not affected.",
        "请修正该文件后再运行；其他文件不受影响。",
    ),
    Kind.GONE: (
        "The id is of another account, was deleted, or never was: `wxsync plan --refresh` shows what is missing.",
        "该 ID 属于其他账号、已被删除或从未存在：可用 `wxsync plan --refresh` 查看缺失的素材。",
    ),
    Kind.IN_USE: (
        "It stays. Take it out of menus and automatic replies first if it shall go.",
        "素材已保留。如需删除，请先从菜单和自动回复中移除。",
    ),
    Kind.REQUEST: (
        "wxsync's own requests do not cause this; look for a relay or proxy that changes them, else report it with "
        "the rid.",
        "wxsync 自身的请求不应导致此错误；请检查是否有中转或代理改写了请求，否则请附上 rid 反馈。",
    ),
    Kind.UNRELATED: (
        "Calls for materials are not known to give this code; look it up with the rid (openapi/rid/get, 7 days).",
        "素材接口通常不会返回此错误码；请用 rid 查询（openapi/rid/get，7 天内有效）。",
    ),
}
