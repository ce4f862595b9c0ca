"""The life of access tokens and the counting of calls, told with a clock that the tests turn."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.sandbox_world import MP3, PNG, OverHttp, answer_of, stable_token
from wxsync.sandbox import (
    AUTHORIZER_REFRESH_TOKEN,
    COMPONENT_ACCESS_TOKEN,
    COMPONENT_APPID,
    DEFAULT_APPID,
    DEFAULT_SECRET,
    Sandbox,
    Switches,
    serve,
)

NOON = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.timezone(dt.timedelta(hours=8))).timestamp()
COUNT = "/cgi-bin/material/get_materialcount"


@dataclass
class Clock:
    now: float = NOON

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[Sandbox]:
    with serve(clock=clock) as running:
        yield running


def plain_token(sandbox: Sandbox, **changed: str) -> dict[str, str]:
    query = {"grant_type": "client_credential", "appid": sandbox.appid, "secret": sandbox.secret, **changed}
    reply = requests.get(f"{sandbox.url}/cgi-bin/token", params=query, timeout=20)
    return {key: str(value) for key, value in answer_of(reply).items()}


def verdict(sandbox: Sandbox, token: str) -> int:
    reply = requests.get(sandbox.url + COUNT, params={"access_token": token}, timeout=20)
    return int(str(answer_of(reply).get("errcode", 0)))


def test_the_stable_token_stays_the_same_and_tells_what_is_left(sandbox: Sandbox, clock: Clock) -> None:
    first = stable_token(sandbox)
    clock.now += 6855
    assert stable_token(sandbox) == {"access_token": first["access_token"], "expires_in": 345}
    assert 136 <= len(first["access_token"]) <= 157


def test_the_stable_token_is_renewed_five_minutes_early_and_both_are_valid_till_then(
    sandbox: Sandbox, clock: Clock
) -> None:
    old = stable_token(sandbox)["access_token"]
    clock.now += 6900
    new = stable_token(sandbox)
    assert new["access_token"] != old
    assert new["expires_in"] == 7200
    assert (verdict(sandbox, old), verdict(sandbox, new["access_token"])) == (0, 0)
    clock.now += 299
    assert verdict(sandbox, old) == 0
    clock.now += 1
    assert (verdict(sandbox, old), verdict(sandbox, new["access_token"])) == (42001, 0)


def test_a_forced_refresh_ends_the_old_token_at_once(sandbox: Sandbox) -> None:
    old = stable_token(sandbox)["access_token"]
    new = stable_token(sandbox, force_refresh=True)["access_token"]
    assert new != old
    assert (verdict(sandbox, old), verdict(sandbox, new)) == (40001, 0)


def test_forcing_again_within_30_seconds_refreshes_nothing(sandbox: Sandbox, clock: Clock) -> None:
    forced = stable_token(sandbox, force_refresh=True)["access_token"]
    clock.now += 29
    assert stable_token(sandbox, force_refresh=True)["access_token"] == forced
    clock.now += 1
    assert stable_token(sandbox, force_refresh=True)["access_token"] != forced


def test_the_21st_forced_refresh_of_a_day_refreshes_nothing_until_midnight_in_beijing(
    sandbox: Sandbox, clock: Clock
) -> None:
    tokens = []
    for _ in range(21):
        tokens.append(stable_token(sandbox, force_refresh=True)["access_token"])
        clock.now += 31
    assert len(set(tokens)) == 20
    assert tokens[-1] == tokens[-2]
    clock.now = NOON + 12 * 3600
    assert stable_token(sandbox, force_refresh=True)["access_token"] != tokens[-1]


def test_each_plain_token_ends_the_one_before_after_five_minutes(sandbox: Sandbox, clock: Clock) -> None:
    first, second = (plain_token(sandbox)["access_token"] for _ in range(2))
    assert first != second
    clock.now += 299
    assert (verdict(sandbox, first), verdict(sandbox, second)) == (0, 0)
    clock.now += 1
    assert (verdict(sandbox, first), verdict(sandbox, second)) == (40001, 0)
    clock.now += 6900
    assert verdict(sandbox, second) == 42001


def test_plain_and_stable_tokens_do_not_touch_each_other(sandbox: Sandbox) -> None:
    plain = plain_token(sandbox)["access_token"]
    stable_token(sandbox)
    stable = stable_token(sandbox, force_refresh=True)["access_token"]
    plain_token(sandbox)
    assert (verdict(sandbox, plain), verdict(sandbox, stable)) == (0, 0)


REFUSED_CREDENTIALS = [
    ({"appid": ""}, 41002),
    ({"appid": "wx0000000000000000", "grant_type": ""}, 40013),
    ({"grant_type": "password"}, 40002),
    ({"grant_type": ""}, 40002),
    ({"secret": ""}, 41004),
    ({"secret": "0" * 32}, 40125),
    ({"secret": "密码"}, 40125),
]


@pytest.mark.parametrize(("changed", "errcode"), REFUSED_CREDENTIALS)
def test_wrong_credentials_get_no_token(sandbox: Sandbox, changed: dict[str, str], errcode: int) -> None:
    assert plain_token(sandbox, **changed)["errcode"] == str(errcode)
    assert stable_token(sandbox, **changed)["errcode"] == errcode


def test_an_address_that_is_not_allowed_is_named(clock: Clock) -> None:
    with serve(clock=clock, switches=Switches(allowed_ips=("203.0.113.7",))) as sandbox:
        refused = stable_token(sandbox)
        assert refused["errcode"] == 40164
        assert refused["errmsg"].startswith("invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist rid: ")


@pytest.mark.parametrize(
    ("changed", "errcode"),
    [
        ({}, None),
        ({"component_appid": "wx0"}, 40013),
        ({"authorizer_appid": "wx0"}, 61003),
        ({"authorizer_refresh_token": "refreshtoken@@@old"}, 61023),
    ],
)
@pytest.mark.parametrize("parameter", ["component_access_token", "access_token"])
def test_a_third_party_platform_gets_the_token_of_its_customer(
    sandbox: Sandbox, parameter: str, changed: dict[str, str], errcode: int | None
) -> None:
    asked = {
        "component_appid": COMPONENT_APPID,
        "authorizer_appid": DEFAULT_APPID,
        "authorizer_refresh_token": AUTHORIZER_REFRESH_TOKEN,
        **changed,
    }
    url = f"{sandbox.url}/cgi-bin/component/api_authorizer_token"
    given = answer_of(requests.post(url, params={parameter: COMPONENT_ACCESS_TOKEN}, json=asked, timeout=20))
    assert given.get("errcode") == errcode
    if errcode is None:
        assert set(given) == {"authorizer_access_token", "expires_in", "authorizer_refresh_token"}
        assert verdict(sandbox, str(given["authorizer_access_token"])) == 0


@pytest.mark.parametrize(("token", "errcode"), [("", 41001), ("77_somebody-else", 40001)])
def test_a_platform_without_its_own_token_gets_none(sandbox: Sandbox, token: str, errcode: int) -> None:
    url = f"{sandbox.url}/cgi-bin/component/api_authorizer_token"
    given = requests.post(url, params={"component_access_token": token}, json={}, timeout=20)
    assert answer_of(given)["errcode"] == errcode


@pytest.mark.parametrize(("token", "errcode"), [("", 41001), ("88_nobody", 40001), ("no token!", 40001)])
def test_a_call_without_a_good_token_is_refused(sandbox: Sandbox, token: str, errcode: int) -> None:
    assert verdict(sandbox, token) == errcode


def test_an_impossible_token_may_have_its_own_code() -> None:
    with serve(switches=Switches(impossible_token=40014)) as sandbox:
        assert (verdict(sandbox, "no token!"), verdict(sandbox, "88_nobody")) == (40014, 40001)


def test_an_account_without_permission_is_refused_before_anything_is_counted() -> None:
    with serve(switches=Switches(unauthorized=True)) as sandbox:
        caller = OverHttp(sandbox)
        assert caller.add("image", "a.png", PNG)["errcode"] == 48001
        assert sandbox.account.quotas.usage("/cgi-bin/material/add_material").used == 0


def test_a_cloud_call_needs_no_token_and_shows_that_it_was_one() -> None:
    with serve(switches=Switches(cloud=True)) as sandbox:
        url = sandbox.url + COUNT
        reply = requests.get(url, params={"from_appid": DEFAULT_APPID}, timeout=20)
        assert "voice_count" in answer_of(reply)
        assert reply.headers["x-openapi-seqid"]
        stranger = requests.get(url, params={"from_appid": "wx0000000000000000"}, timeout=20)
        assert answer_of(stranger)["errcode"] == 48001
        quota = requests.post(f"{sandbox.url}/cgi-bin/openapi/quota/get", json={"cgi_path": COUNT}, timeout=20)
        assert answer_of(quota)["errcode"] == 41001


@pytest.mark.parametrize(
    ("allowed", "every", "answers"),
    [
        (("127.0.0.1",), True, [None, None]),
        (("127.0.0.0/8",), True, [None, None]),
        (("203.0.113.0/24",), False, [40164, None]),
        (("203.0.113.0/24", "::1"), True, [40164, 40164]),
    ],
)
def test_the_allowlist_is_looked_at_for_tokens_and_perhaps_for_every_call(
    tmp_path: Path, allowed: tuple[str, ...], every: bool, answers: list[int | None]
) -> None:
    with serve(state=tmp_path / "sandbox.db") as sandbox:
        token = OverHttp(sandbox).token
    switches = Switches(allowed_ips=allowed, allowlist_every_call=every)
    with serve(state=tmp_path / "sandbox.db", switches=switches) as sandbox:
        counted = requests.get(sandbox.url + COUNT, params={"access_token": token}, timeout=20)
        assert [stable_token(sandbox).get("errcode"), answer_of(counted).get("errcode")] == answers


def used(caller: OverHttp, path: str) -> dict[str, object]:
    answer = answer_of(caller.post("openapi/quota/get", body={"cgi_path": path}))
    assert isinstance(answer["quota"], dict)
    return answer["quota"]


def test_the_daily_quota_counts_failures_too_and_is_new_at_midnight_in_beijing(clock: Clock) -> None:
    path = "/cgi-bin/material/add_material"
    with serve(clock=clock, switches=Switches(daily={path: 3})) as sandbox:
        caller = OverHttp(sandbox)
        answers = [caller.add("image", name, PNG) for name in ("a.png", "no-extension", "b.png", "c.png")]
        assert [answer.get("errcode") for answer in answers] == [None, 40113, None, 45009]
        assert used(caller, path) == {"daily_limit": 3, "used": 3, "remain": 0}
        clock.now = NOON + 12 * 3600 - 1
        caller = OverHttp(sandbox)
        assert caller.add("image", "d.png", PNG)["errcode"] == 45009
        clock.now += 1
        assert "media_id" in caller.add("image", "d.png", PNG)


def test_calls_that_come_too_fast_wait_for_the_next_minute(clock: Clock) -> None:
    with serve(clock=clock, switches=Switches(minute={COUNT: 2})) as sandbox:
        caller = OverHttp(sandbox)
        assert [caller.count().get("errcode") for _ in range(3)] == [None, None, 45011]
        clock.now += 60
        assert caller.count().get("errcode") is None


def test_a_test_account_may_do_little(clock: Clock) -> None:
    with serve(clock=clock, switches=Switches(test_account=True)) as sandbox:
        caller = OverHttp(sandbox)
        assert [caller.add("voice", "a.mp3", MP3).get("errcode") for _ in range(11)] == [None] * 10 + [45009]
        assert [caller.count().get("errcode") for _ in range(11)] == [None] * 10 + [45009]
        assert [caller.delete("abc").get("errcode") for _ in range(11)] == [40007] * 10 + [45009]


def test_get_material_runs_dry_at_five_hundred_a_day(clock: Clock) -> None:
    with serve(clock=clock) as sandbox:
        caller = OverHttp(sandbox)
        for _ in range(500):
            sandbox.account.quotas.count("/cgi-bin/material/get_material")
        answer = caller.get("abc")
        assert isinstance(answer, dict)
        assert answer["errcode"] == 45009
        limits = [
            used(caller, f"/cgi-bin/material/{name}")["daily_limit"] for name in ("get_material", "batchget_material")
        ]
        assert limits == [500, 1000]


@pytest.mark.parametrize(
    ("path", "errcode"),
    [("/cgi-bin/nothing", 76021), ("cgi-bin/token", 76003), ("https://api.weixin.qq.com/cgi-bin/token", 76003)],
)
def test_the_quota_of_nothing_is_refused(sandbox: Sandbox, path: str, errcode: int) -> None:
    assert answer_of(OverHttp(sandbox).post("openapi/quota/get", body={"cgi_path": path}))["errcode"] == errcode


def test_counters_can_be_cleared_ten_times_a_month_by_token_or_secret(sandbox: Sandbox, clock: Clock) -> None:
    caller = OverHttp(sandbox)
    secret = {"appid": DEFAULT_APPID, "appsecret": DEFAULT_SECRET}
    caller.count()
    answers = [answer_of(caller.post("clear_quota", body={"appid": DEFAULT_APPID})) for _ in range(9)]
    assert used(caller, COUNT)["used"] == 0
    answers += [answer_of(requests.post(f"{sandbox.url}/cgi-bin/clear_quota/v2", json=secret, timeout=20))]
    assert {answer["errcode"] for answer in answers} == {0}
    assert answer_of(caller.post("clear_quota", body={"appid": DEFAULT_APPID}))["errcode"] == 48006
    assert answer_of(caller.post("clear_quota", body={"appid": "wx0"}))["errcode"] == 40013
    clock.now += 30 * 86_400
    assert answer_of(OverHttp(sandbox).post("clear_quota", body={"appid": DEFAULT_APPID}))["errcode"] == 0


def test_an_upload_may_take_a_while_to_be_listed(clock: Clock) -> None:
    with serve(clock=clock, switches=Switches(listing_delay=5.0)) as sandbox:
        caller = OverHttp(sandbox)
        caller.add("image", "a.png", PNG)
        assert caller.page({"type": "image", "count": 20})["total_count"] == 0
        assert caller.count()["image_count"] == 1
        clock.now += 5
        assert caller.page({"type": "image", "count": 20})["total_count"] == 1
