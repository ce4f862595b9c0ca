"""Finds the words for what went wrong: one error of the tree for each verdict, in English and Chinese."""

from __future__ import annotations

import ipaddress
import re

from wxsync.errors import CallFailed, HaltedForNow, HaltedForPerson, OutcomeUnknown, Refused
from wxsync.wechat.answers import Said, said
from wxsync.wechat.errcodes import ErrCode, Kind, explain
from wxsync.wechat.outcome import Phase, Verdict
from wxsync.wechat.transport import Answer, Trouble

UNLISTED = "unlisted-errcode"
INTERRUPTED = "interrupted"
UNREACHABLE = "unreachable"
UNREADABLE = "unreadable-answer"


def failure(call: str, verdict: Verdict, answer: Answer, *, attempts: int, upload: bool) -> CallFailed:
    """Builds the error for an outcome that is not done and not to be tried again.

    `code` is the kind of the errcode or `unlisted-errcode`, `unreachable`, `unreadable-answer`, `http-502`, a trouble.
    No text from outside is repeated but the errmsg of an unlisted code, and there nothing that could be a token.
    """
    heard = said(answer)
    error = _ERRORS.get(verdict, HaltedForNow)
    if verdict is Verdict.UNLISTED and not upload:
        error = Refused
    if answer.status == 200 and heard.errcode:
        code, message, hint = _of_errcode(heard, heard.errcode)
    else:
        code, message, hint = _of_silence(answer)
    if error is OutcomeUnknown:
        message, hint = f"{message} {_PERHAPS[0]}", f"{hint} {_PERHAPS[1]}".strip()
    return error(
        f"{call}: {message}", code=code, hint=hint, errcode=heard.errcode or None, rid=heard.rid, attempts=attempts
    )


def interrupted(call: str, *, attempts: int) -> HaltedForNow:
    """Builds the error for a wait that the user ended; what was waited for is not done."""
    return HaltedForNow(f"{call}: interrupted while waiting. · 等待时被中断。", code=INTERRUPTED, attempts=attempts)


def restated(error: CallFailed, kind: type[CallFailed] | None = None) -> CallFailed:
    """Builds the same error anew, for another thread or as another kind; one error is never raised twice."""
    return (kind or type(error))(
        error.message, code=error.code, hint=error.hint, errcode=error.errcode, rid=error.rid, attempts=error.attempts
    )


_ERRORS: dict[Verdict, type[CallFailed]] = {
    Verdict.REFUSED: Refused,
    Verdict.PERSON: HaltedForPerson,
    Verdict.TOKEN: HaltedForPerson,
    Verdict.UNLISTED: OutcomeUnknown,
    Verdict.PERHAPS: OutcomeUnknown,
}

_PERHAPS = (
    "WeChat may have stored it all the same. · 微信可能仍已保存该素材。",
    "wxsync looks for it before it is ever sent again. · wxsync 会先查找，绝不盲目重传。",
)

_TROUBLES = {
    Trouble.DNS: ("the name of the host does not resolve.", "域名无法解析。"),
    Trouble.CONNECT: ("no connection could be made.", "无法建立连接。"),
    Trouble.TLS: ("TLS failed: the certificate or the connection is not trusted.", "TLS 失败：证书或连接不受信任。"),
    Trouble.PROXY: ("the proxy gave no connection.", "代理无法建立连接。"),
    Trouble.SILENCE: ("no answer came in time.", "等待应答超时。"),
    Trouble.BROKEN: ("the connection broke.", "连接中断。"),
    Trouble.TOO_LONG: ("the answer is too long.", "应答过长。"),
    Trouble.ENCODED: ("the answer is compressed, though that was not asked for.", "应答被压缩，并非所请求的格式。"),
}

_NETWORK = (
    "Check the network, HTTPS_PROXY, WXSYNC_API_BASE and the certificates (SSL_CERT_FILE), then run again. · "
    "请检查网络、HTTPS_PROXY、WXSYNC_API_BASE 与证书（SSL_CERT_FILE）后再运行。"
)
_STATUS = (
    "Between here and WeChat something else answered: check WXSYNC_API_BASE and proxies; in 微信云托管 404 means that "
    "开放接口服务 is off, 502 that the path is not in its list. · 应答并非来自微信接口：请检查 WXSYNC_API_BASE 与代理；"
    "在微信云托管中 404 表示未开启开放接口服务，502 表示路径不在白名单。"
)


def _of_errcode(heard: Said, errcode: int) -> tuple[str, str, str]:
    line = explain(errcode)
    if line is None:
        return (
            UNLISTED,
            f"{errcode} {_harmless(heard.errmsg)}: no list of ours explains this code. · 未收录的错误码。",
            "Look it up among WeChat's 通用错误码, or by its rid. · 请在官方通用错误码或用 rid 查询。",
        )
    said_by_wechat = f" {line.errmsg}" if line.errmsg else ""
    message = f"{errcode}{said_by_wechat}: {line.meaning_en} · {line.meaning_zh}"
    return line.kind.value, message, _address(line, heard) + f"{line.action_en} · {line.action_zh}"


def _of_silence(answer: Answer) -> tuple[str, str, str]:
    if answer.phase is Phase.ANSWERED and answer.status != 200:
        return (
            f"http-{answer.status}",
            f"HTTP {answer.status} instead of an answer. · 返回 HTTP {answer.status}。",
            _STATUS,
        )
    if answer.trouble is None:
        return UNREADABLE, "the answer does not hold what was asked for. · 应答中没有所需的内容。", _STATUS
    code = UNREACHABLE if answer.phase is Phase.UNSENT else answer.trouble.value
    return code, " · ".join(_TROUBLES[answer.trouble]), _NETWORK


def _address(line: ErrCode, heard: Said) -> str:
    """Names the address that WeChat saw (reported text: `invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist`)."""
    if line.kind not in {Kind.ALLOWLIST, Kind.CONFIRMATION}:
        return ""
    for word in re.findall(r"[0-9A-Fa-f.:]{3,}", heard.errmsg):
        try:
            address = ipaddress.ip_address(word)
        except ValueError:
            continue
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        return f"The address to allow is {mapped or address} (需加入白名单的 IP：{mapped or address}). "
    return ""


def _harmless(errmsg: str) -> str:
    """Cleans words from outside: one line, not long, and in it no long word, which could be a token or a secret."""
    line = "".join(letter if letter.isprintable() else " " for letter in errmsg)
    return _LONG_WORD.sub(lambda word: word[0] if _RID.fullmatch(word[0]) else "***", line)[:200]


_LONG_WORD = re.compile(r"[\w@%+/=.~&?-]{16,}", re.ASCII)
_RID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{8}){2}")
