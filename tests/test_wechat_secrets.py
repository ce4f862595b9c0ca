"""Whatever fails, no token and no secret is in an error, its chain, its traceback, a log, or a word to the user."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from types import TracebackType
from urllib.parse import quote

import pytest

from tests.wechat_fake import (
    HANG_UP,
    RESET,
    RESET_BEFORE_BODY,
    SECRET,
    STORED,
    TOKEN,
    FakeWeChat,
    Seen,
    Time,
    foreign_token,
    no,
    ok,
    older_way,
    own_secret,
    picture,
    raw,
    token,
)
from wxsync.errors import CallFailed
from wxsync.model import MaterialType
from wxsync.wechat.client import WeChat, connect
from wxsync.wechat.credentials import Credentials, ForeignToken, Platform, Secret

REFRESH = "refreshtoken@@@CanaryRefresh0123456789"
NEEDLES = [SECRET, TOKEN, TOKEN[:40], REFRESH, quote(REFRESH), "access_token=8", "CanaryComponent"]
NOISY = [
    "urllib3",
    "urllib3.connection",
    "urllib3.connectionpool",
    "urllib3.util.retry",
    "urllib3.poolmanager",
    "requests",
]
ODD_HEADERS = "garbage without a colon\r\n"

How = Callable[[str], Credentials]


def platform(base: str) -> Credentials:
    access = Platform("wxcomponent", Secret("88_CanaryComponent0123456789"), Secret(REFRESH))
    return Credentials("wx0123456789abcdef", base, access)


def texts_of(error: BaseException) -> Iterator[str]:
    """Everything that a log, a debugger or a report could show of an error."""
    yield from map(repr, (error, error.args, vars(error)))
    yield str(error)
    yield "".join(traceback.format_exception(error))
    yield from map(repr, getattr(error, "__notes__", []))
    for other in (error.__cause__, error.__context__):
        if other:
            yield from texts_of(other)


def rooms_of(at: TracebackType | None) -> Iterator[str]:
    while at:
        yield at.tb_frame.f_code.co_filename
        at = at.tb_next


def assert_clean(error: CallFailed, told: list[str], log: str) -> None:
    shown = "\n".join([*texts_of(error), *told, log])
    assert [needle for needle in NEEDLES if needle in shown] == []
    strangers = [room for room in rooms_of(error.__traceback__) if "site-packages" in room or "http" in room]
    assert strangers == []


def upload(wechat: WeChat) -> None:
    wechat.upload(picture(b"x" * 300_000))


def look(wechat: WeChat) -> None:
    wechat.list_page(MaterialType.IMAGE, 0)


FAILURES = [
    RESET,
    RESET_BEFORE_BODY,
    HANG_UP,
    b"garbage\r\n\r\n",
    b"\x16\x03\x01\r\n",
    raw(b"<html>", status="502 Bad Gateway"),
    raw(b"", status="412 Precondition Failed"),
    raw(b"", status="302 Found", headers="Location: https://evil.example/?access_token=stolen\r\n"),
    raw(b"{}", headers="Content-Encoding: gzip\r\n"),
    raw(b"{", length=9, headers="Connection: close\r\n"),
    raw(b"not json"),
    raw(b"not json", headers=ODD_HEADERS),
    raw(b"x" * 1_100_000),
    no(-1),
    no(40001),
    no(40005),
    no(45009),
    no(45011),
    no(40164, "invalid ip 203.0.113.7"),
    no(99999),
    no(99999, f"echo access_token={TOKEN}&secret={SECRET} {TOKEN} [{SECRET}],{SECRET}:{TOKEN}中{SECRET} {REFRESH}"),
    no(40125, f"echo {SECRET}"),
    ok(media_id=TOKEN),
    ok(errcode=0, errmsg=TOKEN),
]


@pytest.mark.parametrize(
    ("how", "where"),
    [
        (own_secret, "token"),
        (older_way, "token"),
        (platform, "token"),
        (own_secret, "call"),
        (platform, "call"),
        (foreign_token, "call"),
    ],
)
@pytest.mark.parametrize("call", [upload, look])
@pytest.mark.parametrize("failure", FAILURES, ids=range(len(FAILURES)))
def test_no_failure_shows_a_secret(
    failure: bytes, call: Callable[[WeChat], None], how: How, where: str, caplog: pytest.LogCaptureFixture
) -> None:
    for name in NOISY:
        caplog.set_level(logging.DEBUG, logger=name)
    caplog.set_level(logging.DEBUG)
    authorized = ok(authorizer_access_token=TOKEN, expires_in=7200, authorizer_refresh_token=REFRESH)
    broken = {
        "token": ["stable_token", "token", "api_authorizer_token"],
        "call": ["add_material", "batchget_material"],
    }[where]
    scripts = {"stable_token": [token()], "api_authorizer_token": [authorized], "add_material": [STORED]}
    told: list[str] = []
    time = Time()
    with (
        FakeWeChat(**scripts | {name: [failure] for name in broken}) as server,
        connect(how(server.base), pause=time.pause, clock=time.clock, on_retry=told.append) as wechat,
        pytest.raises(CallFailed) as caught,
    ):
        call(wechat)
    assert server.seen
    assert_clean(caught.value, told, caplog.text)


@pytest.mark.parametrize("how", [own_secret, older_way, platform, foreign_token])
@pytest.mark.parametrize(
    "base",
    [
        "http://127.0.0.1:1",
        "https://127.0.0.1:1",
        "https://does-not-exist.invalid",
        "https://does-not-exist.invalid/relay",
        "https://a..b.invalid",
    ],
)
def test_no_network_that_is_missing_shows_a_secret(base: str, how: How, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told: list[str] = []
    time = Time()
    with (
        connect(how(base), pause=time.pause, clock=time.clock, on_retry=told.append) as wechat,
        pytest.raises(CallFailed) as caught,
    ):
        upload(wechat)
    # What nobody listens to on this machine does not change by itself, and is not tried again.
    assert len(told) == (0 if "127.0.0.1" in base else 4)
    assert_clean(caught.value, told, caplog.text)


def test_bad_tls_shows_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    time = Time()
    with (
        FakeWeChat() as server,
        connect(foreign_token(server.base.replace("http", "https")), pause=time.pause, clock=time.clock) as wechat,
        pytest.raises(CallFailed, match="TLS") as caught,
    ):
        upload(wechat)
    assert_clean(caught.value, [], caplog.text)


def test_a_call_that_works_logs_nothing_even_where_the_headers_are_odd(caplog: pytest.LogCaptureFixture) -> None:
    for name in NOISY:
        caplog.set_level(logging.DEBUG, logger=name)
    reply = raw(b'{"total_count":0,"item_count":0}', headers=ODD_HEADERS)
    time = Time()
    with (
        FakeWeChat(batchget_material=[reply]) as server,
        connect(foreign_token(server.base), pause=time.pause, clock=time.clock) as wechat,
    ):
        look(wechat)
    assert server.seen[0].query["access_token"] == TOKEN
    assert [record for record in caplog.records if record.name.startswith("urllib3")] == []


@pytest.mark.parametrize("odd", ["a b\x00c\r\nX: y", "CanaryComponent ü 🔑", "%zz&x=y#z", "\ud800"])
def test_a_token_of_odd_letters_is_sent_as_it_is_or_not_at_all(odd: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    time = Time()
    seen: list[Seen] = []
    failures: list[CallFailed] = []
    with FakeWeChat(batchget_material=[no(40014)]) as server:
        credentials = Credentials("wx0", server.base, ForeignToken(Secret(odd)))
        with connect(credentials, pause=time.pause, clock=time.clock) as wechat, pytest.raises(CallFailed) as caught:
            look(wechat)
        failures.append(caught.value)
        seen = server.seen
    assert [each.query.get("access_token") for each in seen] in ([odd], [])
    assert odd not in "\n".join([*texts_of(failures[0]), caplog.text])
