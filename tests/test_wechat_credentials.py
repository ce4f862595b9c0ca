"""Who calls WeChat is read from the environment; errors name variables and never show their values."""

from __future__ import annotations

import copy
import pickle

import pytest

from wxsync.errors import Conflict, PersonNeeded, UsageProblem, WxsyncError
from wxsync.wechat.credentials import (
    Cloud,
    Credentials,
    ForeignToken,
    OwnSecret,
    Platform,
    Secret,
    appid_from,
    read_credentials,
)

APPID = "wx0123456789abcdef"
VALUE = "canary5ec4e7"


def read(account: str | None = None, appid: str | None = APPID, **variables: str) -> Credentials:
    return read_credentials(variables, account=account, appid=appid)


def test_an_appsecret_calls_wechat_itself() -> None:
    found = read(WXSYNC_SECRET=f" {VALUE}\n")
    assert (found.appid, found.base) == (APPID, "https://api.weixin.qq.com")
    assert isinstance(found.access, OwnSecret)
    assert found.access.secret.reveal() == VALUE


def test_the_older_way_to_a_token_is_taken_only_where_it_is_asked_for() -> None:
    asked = read(WXSYNC_SECRET=VALUE, WXSYNC_AUTH="token").access
    assert isinstance(asked, OwnSecret)
    assert (asked.classic, asked.secret.reveal()) == (True, VALUE)
    plain = read(WXSYNC_SECRET=VALUE).access
    assert isinstance(plain, OwnSecret)
    assert not plain.classic


def test_a_token_of_somebody_else_is_taken_as_it_is() -> None:
    access = read(WXSYNC_ACCESS_TOKEN=VALUE).access
    assert isinstance(access, ForeignToken)
    assert access.token.reveal() == VALUE


def test_a_third_party_platform_needs_three_variables() -> None:
    access = read(
        WXSYNC_COMPONENT_APPID="wxc", WXSYNC_COMPONENT_ACCESS_TOKEN="t", WXSYNC_AUTHORIZER_REFRESH_TOKEN="r"
    ).access
    assert isinstance(access, Platform)
    assert (access.component_appid, access.component_token.reveal(), access.refresh_token.reveal()) == ("wxc", "t", "r")


def test_the_cloud_calls_plain_http_without_any_secret() -> None:
    found = read(WXSYNC_AUTH="cloud", WXSYNC_FROM_APPID="wxother")
    assert found.base == "http://api.weixin.qq.com"
    assert found.access == Cloud(from_appid="wxother")


def test_a_named_account_has_variables_of_its_own() -> None:
    variables = {"WXSYNC_PROD_EU_SECRET": VALUE, "WXSYNC_ACCESS_TOKEN": "for the other account"}
    access = read("prod-eu", **variables).access
    assert isinstance(access, OwnSecret)
    assert access.secret.reveal() == VALUE


def test_a_named_account_never_uses_the_secret_of_the_unnamed_one() -> None:
    with pytest.raises(PersonNeeded, match="no credentials"):
        read("prod", WXSYNC_SECRET=VALUE)


ONE, OTHER = "wx" + 16 * "a", "wx" + 16 * "b"


def test_the_appid_comes_from_the_variable_or_the_manifest() -> None:
    assert appid_from({"WXSYNC_APPID": ONE}, account=None, appid=None) == ONE
    assert appid_from({"WXSYNC_APPID": ONE}, account=None, appid=ONE) == ONE
    assert appid_from({"WXSYNC_APPID": ""}, account=None, appid=OTHER) == OTHER
    assert appid_from({"WXSYNC_APPID": ONE}, account="prod", appid=OTHER) == OTHER
    assert appid_from({}, account=None, appid=None) is None


@pytest.mark.parametrize("said", ["wx123", "gh_0123456789ab", "WX0123456789ABCDEF", "wx0123456789abcdef0"])
def test_what_is_not_an_appid_is_told_with_its_variable(said: str) -> None:
    with pytest.raises(UsageProblem) as caught:
        appid_from({"WXSYNC_PROD_APPID": said}, account="prod", appid=None)

    assert f"WXSYNC_PROD_APPID is {said}" in caught.value.message
    assert "WXSYNC_PROD_SECRET" in caught.value.hint


@pytest.mark.parametrize(
    ("account", "variables", "error", "names"),
    [
        (None, {}, PersonNeeded, ["WXSYNC_SECRET", "WXSYNC_ACCESS_TOKEN", "WXSYNC_AUTH"]),
        (None, {"WXSYNC_SECRET": ""}, PersonNeeded, ["WXSYNC_SECRET"]),
        ("prod", {}, PersonNeeded, ["WXSYNC_PROD_SECRET"]),
        (None, {"WXSYNC_SECRET": VALUE, "WXSYNC_ACCESS_TOKEN": VALUE}, UsageProblem, ["WXSYNC_ACCESS_TOKEN"]),
        (None, {"WXSYNC_SECRET": VALUE, "WXSYNC_AUTH": "cloud"}, UsageProblem, ["WXSYNC_AUTH"]),
        (None, {"WXSYNC_AUTH": VALUE}, UsageProblem, ["WXSYNC_AUTH"]),
        (None, {"WXSYNC_AUTH": "token"}, UsageProblem, ["WXSYNC_AUTH", "WXSYNC_SECRET"]),
        (None, {"WXSYNC_AUTH": "token", "WXSYNC_ACCESS_TOKEN": VALUE}, UsageProblem, ["WXSYNC_AUTH"]),
        (
            None,
            {"WXSYNC_COMPONENT_ACCESS_TOKEN": VALUE},
            PersonNeeded,
            ["WXSYNC_COMPONENT_APPID", "WXSYNC_AUTHORIZER_REFRESH_TOKEN"],
        ),
        (None, {"WXSYNC_SECRET": VALUE, "WXSYNC_APPID": OTHER}, Conflict, ["WXSYNC_APPID", OTHER, APPID]),
        ("prod", {"WXSYNC_PROD_SECRET": VALUE, "WXSYNC_PROD_APPID": OTHER}, Conflict, ["WXSYNC_PROD_APPID"]),
    ],
)
def test_what_is_missing_or_too_much_is_named_and_never_shown(
    account: str | None, variables: dict[str, str], error: type[WxsyncError], names: list[str]
) -> None:
    with pytest.raises(error) as caught:
        read(account, **variables)
    words = f"{caught.value.message} {caught.value.hint}"
    assert all(name in words for name in names)
    assert VALUE not in words


def test_without_any_appid_nothing_can_be_sent() -> None:
    with pytest.raises(PersonNeeded, match="appid") as caught:
        read(appid=None, WXSYNC_SECRET=VALUE)
    assert "WXSYNC_APPID" in caught.value.hint


@pytest.mark.parametrize(
    "base",
    [
        "https://api2.weixin.qq.com",
        "https://relay.example.com/wechat",
        "https://relay.example.com:8443",
        "http://127.0.0.1:8080",
        "http://127.8.9.1",
        "http://[::1]:80",
        "http://localhost:9999",
    ],
)
def test_another_host_a_relay_or_a_sandbox_may_stand_in(base: str) -> None:
    assert read(WXSYNC_SECRET=VALUE, WXSYNC_API_BASE=f"{base}/").base == base


@pytest.mark.parametrize(
    "base",
    [
        "http://api.weixin.qq.com",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "http://10.0.0.1",
        f"https://user:{VALUE}@relay.example.com",
        "https://relay.example.com?to=",
        "https://relay.example.com/#x",
        "https://relay.example.com\\@evil.example",
        "https://relay example.com",
        "https://",
        "https://[::1",
        "https://relay.example.com:99999",
        "ftp://127.0.0.1",
        "127.0.0.1:8080",
        f"{VALUE}",
    ],
)
def test_no_token_is_sent_to_an_address_that_is_not_safe(base: str) -> None:
    with pytest.raises(UsageProblem, match="WXSYNC_API_BASE") as caught:
        read(WXSYNC_SECRET=VALUE, WXSYNC_API_BASE=base)
    assert VALUE not in f"{caught.value.message} {caught.value.hint}"


def test_an_account_may_have_an_address_of_its_own() -> None:
    variables = {
        "WXSYNC_PROD_SECRET": VALUE,
        "WXSYNC_STAGING_SECRET": VALUE,
        "WXSYNC_API_BASE": "https://all.example.com",
        "WXSYNC_PROD_API_BASE": "https://prod.example.com",
    }
    assert read("prod", **variables).base == "https://prod.example.com"
    assert read("staging", **variables).base == "https://all.example.com"


def test_a_secret_is_shown_by_nothing() -> None:
    secret = Secret(VALUE)
    credentials = Credentials(APPID, "https://api.weixin.qq.com", OwnSecret(secret))
    assert {repr(secret), str(secret), f"{secret}", f"{secret:>9}"} == {"***"}
    assert VALUE not in f"{credentials!r} {credentials}"
    for reader in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="secret"):
            reader(secret)
    with pytest.raises(TypeError, match="secret"):
        pickle.dumps(credentials)
