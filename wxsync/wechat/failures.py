"""The words for what went wrong: one error of the tree for each verdict."""

from __future__ import annotations

import ipaddress
import re

from wxsync.errors import CallFailed, HaltedForNow, HaltedForPerson, OutcomeUnknown, Refused
from wxsync.wechat.answers import Said, said
from wxsync.wechat.errcodes import ErrCode, Kind, explain
from wxsync.wechat.outcome import Phase, Verdict
from wxsync.wechat.transport import Answer, Trouble
from wxsync.words import Text, sentences, text

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
        message, hint = sentences(message, _PERHAPS), sentences(hint, _LOOKED_FOR)
    return error(
        text("{call}: {message}", call=call, message=message),
        code=code,
        hint=hint,
        errcode=heard.errcode or None,
        rid=heard.rid,
        attempts=attempts,
    )


def interrupted(call: str, *, attempts: int) -> HaltedForNow:
    """Builds the error for a wait that the user ended; what was waited for is not done."""
    return HaltedForNow(text("{call}: interrupted while waiting.", call=call), code=INTERRUPTED, attempts=attempts)


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

_PERHAPS = text("WeChat may have stored it all the same.")
_LOOKED_FOR = text("wxsync looks for it before it is ever sent again.")

_TROUBLES = {
    Trouble.DNS: text("the name of the host does not resolve."),
    Trouble.CONNECT: text("no connection could be made."),
    Trouble.TLS: text("TLS failed: the certificate or the connection is not trusted."),
    Trouble.PROXY: text("the proxy gave no connection."),
    Trouble.SILENCE: text("no answer came in time."),
    Trouble.BROKEN: text("the connection broke."),
    Trouble.TOO_LONG: text("the answer is too long."),
    Trouble.ENCODED: text("the answer is compressed, though that was not asked for."),
}

_NETWORK = text("Check the network, HTTPS_PROXY, WXSYNC_API_BASE and the certificates (SSL_CERT_FILE), then run again.")
_STATUS = text(
    "Between here and WeChat something else answered: check WXSYNC_API_BASE and proxies; in 微信云托管 404 means that "
    "开放接口服务 is off, 502 that the path is not in its list."
)


def _of_errcode(heard: Said, errcode: int) -> tuple[str, Text, Text]:
    line = explain(errcode)
    if line is None:
        return (
            UNLISTED,
            text(
                "{errcode} {errmsg}: wxsync does not know this code.", errcode=errcode, errmsg=_harmless(heard.errmsg)
            ),
            text("Look it up among WeChat's 通用错误码, or by its rid."),
        )
    said_by_wechat = text("{errcode} {errmsg}", errcode=errcode, errmsg=line.errmsg) if line.errmsg else errcode
    message = text("{what}: {meaning}", what=said_by_wechat, meaning=line.meaning)
    return line.kind.value, message, sentences(_address(line, heard), line.action)


def _of_silence(answer: Answer) -> tuple[str, Text, Text]:
    if answer.phase is Phase.ANSWERED and answer.status != 200:
        return f"http-{answer.status}", text("HTTP {status} instead of an answer.", status=answer.status), _STATUS
    if answer.trouble is None:
        return UNREADABLE, text("the answer does not hold what was asked for."), _STATUS
    code = UNREACHABLE if answer.phase is Phase.UNSENT else answer.trouble.value
    if answer.cause:
        return code, answer.cause.said(), answer.cause.todo()
    return code, _TROUBLES[answer.trouble], _NETWORK


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
        return text("The address to allow is {address}.", address=str(mapped or address))
    return ""


def _harmless(errmsg: str) -> str:
    """Cleans words from outside: one line, not long, and in it no long word, which could be a token or a secret."""
    line = "".join(letter if letter.isprintable() else " " for letter in errmsg)
    return _LONG_WORD.sub(lambda word: word[0] if _RID.fullmatch(word[0]) else "***", line)[:200]


_LONG_WORD = re.compile(r"[\w@%+/=.~&?-]{16,}", re.ASCII)
_RID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{8}){2}")
