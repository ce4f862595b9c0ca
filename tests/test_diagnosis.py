"""What was learnt about an account becomes checks: limits, proxies and appids, without anybody being called."""

from __future__ import annotations

import pytest

from tests.wechat_fake import SECRET
from wxsync.cli.doctor import exit_code_of
from wxsync.errors import HaltedForNow, Refused, WxsyncError
from wxsync.model import ListingPage
from wxsync.results import Diagnosis, failed
from wxsync.wechat.answers import Quota
from wxsync.wechat.interface import ADD_MATERIAL, LIST_MATERIALS
from wxsync.workflow.diagnosis import Answers, AuthMethod, check_appid, check_proxy, diagnose

pytestmark = pytest.mark.quick

WAY = AuthMethod("its own secret", "all is well")


@pytest.mark.parametrize(
    ("environ", "found", "state"),
    [
        ({}, "none", "ok"),
        ({"HTTPS_PROXY": f"http://me:{SECRET}@proxy.example:3128"}, "proxy.example:3128 (HTTPS_PROXY)", "ok"),
        ({"https_proxy": "proxy.example", "HTTPS_PROXY": "other.example"}, "proxy.example (https_proxy)", "ok"),
        ({"ALL_PROXY": "socks5://[::1]:1080/"}, "[::1]:1080 (ALL_PROXY)", "ok"),
        ({"HTTPS_PROXY": f"http://me:1#{SECRET}@proxy.example"}, "hard to read", "warning"),
        ({"HTTPS_PROXY": SECRET + "\n"}, "hard to read", "warning"),
        ({"HTTPS_PROXY": "http://p", "NO_PROXY": "localhost, .weixin.qq.com"}, "none", "ok"),
        ({"HTTPS_PROXY": "http://p", "no_proxy": "*"}, "none", "ok"),
        ({"HTTPS_PROXY": "http://p", "no_proxy": "qq.com.example"}, "p (HTTPS_PROXY)", "ok"),
    ],
)
def test_a_proxy_is_named_without_its_password(environ: dict[str, str], found: str, state: str) -> None:
    checked = check_proxy(environ, "https://api.weixin.qq.com")

    assert found in checked.found
    assert checked.state == state
    assert SECRET not in checked.found + checked.todo


@pytest.mark.parametrize("base", ["http://127.0.0.1:8000", "http://api.weixin.qq.com"])
def test_plain_http_never_goes_through_a_proxy(base: str) -> None:
    assert check_proxy({"HTTPS_PROXY": "http://proxy.example"}, base).found == "none"


@pytest.mark.parametrize(("appid", "state"), [("wx0123456789abcdef", "ok"), ("gh_0123456789ab", "warning")])
def test_what_cannot_be_an_appid_is_said_so(appid: str, state: str) -> None:
    assert check_appid(appid, source="WXSYNC_APPID", host="api.weixin.qq.com", way=WAY).state == state


@pytest.mark.parametrize(
    ("quota", "state", "words"),
    [
        (Quota(1000, 899, 101), "ok", "101 left until 00:00 Beijing time (in 1 h 30 min)"),
        (Quota(1000, 900, 100), "warning", "100 left"),
        (Quota(1000, 1003, -3), "error", "all 1,000 calls"),
        (Quota(0, 0, 0), "ok", "no limit"),
    ],
)
def test_a_quota_becomes_a_line(quota: Quota, state: str, words: str) -> None:
    half_past_ten_at_night_in_beijing = 86_400 * 20_000 + 14.5 * 3600
    heard = Answers(None, {}, ListingPage(0, ()), {ADD_MATERIAL: quota})

    checks = {one.name: one for one in diagnose(heard, WAY, now=half_past_ten_at_night_in_beijing)}

    assert checks["quota:add_material"].state == state
    assert words in checks["quota:add_material"].found
    assert checks["quota:uploadimg"].state == "skipped"


@pytest.mark.parametrize(
    ("path", "limit", "is_one"),
    [(ADD_MATERIAL, 10, True), (LIST_MATERIALS, 10, True), (LIST_MATERIALS, 11, False), (LIST_MATERIALS, 0, False)],
)
def test_a_test_account_is_known_by_its_limits(path: str, limit: int, is_one: bool) -> None:
    heard = Answers(None, {}, ListingPage(0, ()), {path: Quota(limit, 0, limit)})

    assert ("test-account" in [one.name for one in diagnose(heard, WAY, now=0)]) == is_one


def test_the_gravest_of_several_decides_the_exit_code() -> None:
    def ending(*errors: WxsyncError) -> int:
        return exit_code_of(Diagnosis(None, None, tuple(failed("x", error) for error in errors), {}, 0))

    refused, later = Refused("no", code="x"), HaltedForNow("later", code="x")

    assert ending() == 0
    assert ending(later) == 7
    assert ending(later, refused) == 5
