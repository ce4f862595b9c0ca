"""What keeps a connection from coming about is told once, with the host or the proxy and what to look at."""

from __future__ import annotations

import errno
import socket
import ssl

import pytest
import requests
import urllib3

from tests.project import Project, Server
from wxsync.wechat.causes import Cause, Why, address_of, why_of

HOST = "api.weixin.qq.com"


def certificate(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = code
    return error


@pytest.mark.parametrize(
    ("beneath", "why"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), Why.REFUSED),
        (socket.gaierror(socket.EAI_NONAME, "unknown"), Why.NO_ADDRESS),
        (TimeoutError("timed out"), Why.TIMED_OUT),
        (OSError(errno.EHOSTUNREACH, "no route"), Why.NO_ROUTE),
        (OSError("Tunnel connection failed: 407 Proxy Authentication Required"), Why.LOGIN),
        (certificate(10), Why.EXPIRED),
        (certificate(18), Why.SELF_SIGNED),
        (certificate(20), Why.UNKNOWN_ISSUER),
        (certificate(62), Why.OTHER_HOST),
        (certificate(26), None),
        (ValueError("odd"), None),
    ],
)
def test_what_lies_beneath_the_error_of_a_library_is_found(beneath: Exception, why: Why | None) -> None:
    pool = urllib3.HTTPSConnectionPool(HOST)
    wrapped = urllib3.exceptions.MaxRetryError(pool, "/", beneath)
    library = requests.exceptions.ConnectionError(wrapped)
    linked = requests.exceptions.ConnectionError("hidden")
    linked.__context__ = beneath

    assert why_of(library) is why
    assert why_of(linked) is why


def test_an_error_that_leads_back_to_itself_ends() -> None:
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one

    assert why_of(one) is None


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://robot:secret@10.0.0.1:3128/x?token=1", "10.0.0.1:3128"),
        ("socks5h://[::1]:1080", "[::1]:1080"),
        ("proxy.corp", "proxy.corp"),
        ("http://[::1", ""),
        ("https://a:99999", ""),
    ],
)
def test_an_address_holds_no_secret(url: str, address: str) -> None:
    assert address_of(url) == address


@pytest.mark.parametrize("why", Why)
@pytest.mark.parametrize("proxy", ["", "10.0.0.1:3128"])
def test_every_cause_says_whom_and_what_to_do(why: Why, proxy: str) -> None:
    cause = Cause(why, HOST, proxy)

    assert (proxy or HOST) in cause.said()
    assert cause.todo()


def test_a_port_of_this_machine_that_nobody_serves_is_told_at_once(project: Project) -> None:
    project.images("a.png")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    project.environ["WXSYNC_API_BASE"] = f"http://127.0.0.1:{port}"

    ended = project.apply()

    assert ended.code == 7
    assert f"127.0.0.1:{port} refused the connection." in ended.err
    assert "WXSYNC_API_BASE" in ended.err
    assert "Again in" not in ended.err


@pytest.mark.parametrize(("proxy", "said"), [("ftp://127.0.0.1:9", "kind"), ("socks5h://u:pw@127.0.0.1:9", "refused")])
def test_a_proxy_that_cannot_be_used_is_named_at_once(
    project: Project, proxy: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.images("a.png")
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    project.environ["WXSYNC_API_BASE"] = "https://wechat.test"

    ended = project.apply()

    assert ended.code == 7
    assert "the proxy 127.0.0.1:9 " in ended.err
    assert said in ended.err
    assert "pw" not in ended.err.replace("HTTPS_PROXY", "")
    assert "Again in" not in ended.err


def test_verbose_shows_each_call_with_its_time_and_errcode_and_no_secret(project: Project, server: Server) -> None:
    project.images("a.png")
    server.fault("add_material:errcode=45009*1")

    told = project.run("apply", "--yes", "-v", "--settle", "0").err
    quiet = project.apply().err

    calls = [line for line in told.splitlines() if line.startswith("/cgi-bin/")]
    assert not any(line.startswith("/cgi-bin/") for line in quiet.splitlines())
    assert any(line.startswith("/cgi-bin/stable_token: 0.") for line in calls)
    assert any("add_material: 0." in line and "errcode 45009, rid " in line for line in calls)
    assert server.environ["WXSYNC_SECRET"] not in told
    assert "access_token" not in told
