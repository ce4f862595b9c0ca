"""A token is fetched once for all workers, renewed when it dies, and never torn from those who share it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.wechat_fake import (
    APPID,
    EMPTY_PAGE,
    SECRET,
    STORED,
    FakeWeChat,
    Seen,
    Time,
    client,
    foreign_token,
    no,
    ok,
    older_way,
    picture,
    raw,
    token,
)
from wxsync.errors import CallFailed, HaltedForNow, HaltedForPerson
from wxsync.model import MaterialType
from wxsync.wechat.client import WeChat, connect
from wxsync.wechat.credentials import Cloud, Credentials, Platform, Secret


def list_once(wechat: WeChat) -> None:
    wechat.list_page(MaterialType.IMAGE, 0)


def tokens_used(server: FakeWeChat, name: str = "batchget_material") -> list[str | None]:
    return [seen.query.get("access_token") for seen in server.calls(name)]


def forced(server: FakeWeChat) -> list[object]:
    return [seen.json["force_refresh"] for seen in server.calls("stable_token")]


@pytest.mark.parametrize(
    ("expires_in", "still", "over"),
    [(7200, 6899, 2), (600, 299, 2), (345, 172, 1), (2, 0.9, 0.2)],
)
def test_a_token_is_used_for_its_life_less_five_minutes_or_half_of_it(
    expires_in: int, still: float, over: float
) -> None:
    time = Time()
    with (
        FakeWeChat(stable_token=[token("A", expires_in), token("B")], batchget_material=[EMPTY_PAGE]) as server,
        client(server, time) as wechat,
    ):
        list_once(wechat)
        time.now += still
        list_once(wechat)
        time.now += over
        list_once(wechat)
    assert tokens_used(server) == ["A", "A", "B"]


def test_an_expiry_written_as_text_is_read() -> None:
    reply = ok(access_token="A", expires_in="7200")
    with FakeWeChat(stable_token=[reply], batchget_material=[EMPTY_PAGE]) as server, client(server) as wechat:
        list_once(wechat)
        list_once(wechat)
    assert forced(server) == [False]


@pytest.mark.parametrize("errcode", [40001, 40014, 42001])
def test_a_token_that_died_is_renewed_and_the_upload_sent_again(errcode: int) -> None:
    scripts = {"stable_token": [token("A"), token("B")], "add_material": [no(errcode), STORED]}
    time = Time()
    with FakeWeChat(**scripts) as server, client(server, time) as wechat:
        assert wechat.upload(picture()).attempts == 2
    assert tokens_used(server, "add_material") == ["A", "B"]
    assert forced(server) == [False, False]
    assert time.waits == []


def test_a_new_token_that_is_rejected_too_needs_a_person() -> None:
    scripts = {"stable_token": [token("A"), token("B"), token("C")], "batchget_material": [no(40001)]}
    with FakeWeChat(**scripts) as server, client(server) as wechat, pytest.raises(HaltedForPerson) as caught:
        list_once(wechat)
    assert (caught.value.code, caught.value.errcode, caught.value.attempts) == ("token-rejected", 40001, 2)
    assert tokens_used(server) == ["A", "B"]


def test_the_older_way_asks_for_a_token_in_the_query_and_for_another_when_it_dies() -> None:
    scripts = {"token": [token("A"), token("B")], "batchget_material": [EMPTY_PAGE, no(42001), EMPTY_PAGE]}
    with FakeWeChat(**scripts) as server, client(server, credentials=older_way) as wechat:
        list_once(wechat)
        list_once(wechat)
    asked = {"grant_type": "client_credential", "appid": APPID, "secret": SECRET}
    assert [dict(seen.query) for seen in server.calls("/token")] == [asked, asked]
    assert tokens_used(server) == ["A", "A", "B"]
    assert server.calls("stable_token") == []


def test_force_refresh_is_asked_for_only_when_the_rejected_token_itself_came_back_and_was_rejected_again() -> None:
    scripts = {
        "stable_token": [token("A"), token("A"), token("B")],
        "batchget_material": [no(40001), no(40001), EMPTY_PAGE],
    }
    with FakeWeChat(**scripts) as server, client(server) as wechat:
        list_once(wechat)
    assert tokens_used(server) == ["A", "A", "B"]
    assert forced(server) == [False, False, True]


def test_force_refresh_is_asked_for_once_a_run_at_most() -> None:
    scripts = {"stable_token": [token("A")], "batchget_material": [no(40001)]}
    with FakeWeChat(**scripts) as server, client(server) as wechat:
        for _ in range(3):
            with pytest.raises(HaltedForPerson):
                list_once(wechat)
    assert forced(server).count(True) == 1


class Rotating(FakeWeChat):
    """Takes only its newest token; the old one dies while all workers hold it."""

    def __init__(self, workers: int) -> None:
        super().__init__(batchget_material=[EMPTY_PAGE])
        self.barrier = threading.Barrier(workers)
        self.issued = 0

    def play(self, seen: Seen) -> bytes:
        if seen.path.endswith("stable_token"):
            with self._lock:
                self.seen.append(seen)
                self.issued += 1
                return token(f"T{self.issued}")
        if seen.query["access_token"] == "T1":
            self.barrier.wait(10)
            super().play(seen)
            return no(42001)
        return super().play(seen)


def test_sixteen_workers_fetch_one_token_and_renew_it_once() -> None:
    with (
        Rotating(16) as server,
        client(server, jobs=16) as wechat,
        ThreadPoolExecutor(16) as workers,
    ):
        list(workers.map(lambda _: list_once(wechat), range(16)))
    assert forced(server) == [False, False]
    assert sorted(map(str, tokens_used(server))) == ["T1"] * 16 + ["T2"] * 16


class Refusing(FakeWeChat):
    """Refuses the token, slowly enough for all workers to be waiting for it."""

    def play(self, seen: Seen) -> bytes:
        self.ending.wait(0.3)
        super().play(seen)
        return no(40125, "invalid appsecret")


def test_a_wrong_secret_is_tried_once_and_not_once_for_each_worker() -> None:
    failures: list[CallFailed] = []

    def work(_: int) -> None:
        with pytest.raises(HaltedForPerson) as caught:
            list_once(wechat)
        failures.append(caught.value)

    with Refusing() as server, client(server, jobs=8) as wechat, ThreadPoolExecutor(8) as workers:
        list(workers.map(work, range(8)))
    assert len(server.seen) == 1
    assert {failure.errcode for failure in failures} == {40125}
    assert len({id(failure) for failure in failures}) == 8


@pytest.mark.parametrize(
    ("reply", "error", "code", "attempts"),
    [
        (no(40001), HaltedForPerson, "token-rejected", 1),
        (no(40013), HaltedForPerson, "credentials", 1),
        (no(40125), HaltedForPerson, "credentials", 1),
        (no(89503), HaltedForPerson, "confirmation", 1),
        (no(40002), HaltedForPerson, "bad-request", 1),
        (no(99999), HaltedForPerson, "unlisted-errcode", 1),
        (raw(b"", status="412 Precondition Failed"), HaltedForPerson, "http-412", 1),
        (no(45009), HaltedForNow, "quota", 1),
        (no(-1), HaltedForNow, "busy", 4),
        (raw(b"<html>", status="502 Bad Gateway"), HaltedForNow, "http-502", 5),
        (ok(access_token="", expires_in=1), HaltedForNow, "unreadable-answer", 5),
        (ok(access_token="A"), HaltedForNow, "unreadable-answer", 5),
    ],
    ids=str,
)
def test_without_a_token_nothing_can_follow(reply: bytes, error: type[CallFailed], code: str, attempts: int) -> None:
    with FakeWeChat(stable_token=[reply]) as server, client(server) as wechat, pytest.raises(error) as caught:
        wechat.upload(picture())
    assert (caught.value.code, caught.value.attempts) == (code, attempts)
    assert server.calls("add_material") == []


def test_a_foreign_token_that_is_rejected_needs_a_person_at_once() -> None:
    with (
        FakeWeChat(batchget_material=[no(42001)]) as server,
        client(server, credentials=foreign_token) as wechat,
        pytest.raises(HaltedForPerson) as caught,
    ):
        list_once(wechat)
    assert (caught.value.code, caught.value.attempts) == ("token-rejected", 1)
    assert "WXSYNC_ACCESS_TOKEN" in caught.value.hint


def platform(base: str) -> Credentials:
    return Credentials(APPID, base, Platform("wxcomponent", Secret("COMPONENT"), Secret("refreshtoken@@@1")))


def test_a_platform_calls_with_the_authorizers_token_and_remembers_the_refresh_token_that_follows() -> None:
    first = ok(authorizer_access_token="A", expires_in=600, authorizer_refresh_token="refreshtoken@@@2")
    second = ok(authorizer_access_token="B", expires_in=600)
    time = Time()
    with (
        FakeWeChat(api_authorizer_token=[first, second], batchget_material=[EMPTY_PAGE]) as server,
        client(server, time, credentials=platform) as wechat,
    ):
        for _ in range(3):
            list_once(wechat)
            time.now += 301
    assert tokens_used(server) == ["A", "B", "B"]
    calls = server.calls("api_authorizer_token")
    assert calls[0].path == "/cgi-bin/component/api_authorizer_token"
    assert [call.query for call in calls] == [{"component_access_token": "COMPONENT"}] * 3
    assert calls[0].json == {
        "component_appid": "wxcomponent",
        "authorizer_appid": APPID,
        "authorizer_refresh_token": "refreshtoken@@@1",
    }
    follows = [call.json["authorizer_refresh_token"] for call in calls]
    assert follows == ["refreshtoken@@@1", "refreshtoken@@@2", "refreshtoken@@@2"]


@pytest.mark.parametrize("errcode", [61023, 61007, 61004, 42007])
def test_a_platform_that_lost_its_authorisation_needs_a_person(errcode: int) -> None:
    with (
        FakeWeChat(api_authorizer_token=[no(errcode)]) as server,
        client(server, credentials=platform) as wechat,
        pytest.raises(HaltedForPerson) as caught,
    ):
        wechat.sign_in()
    assert caught.value.errcode == errcode


@pytest.mark.parametrize(
    ("from_appid", "query"), [(None, {"type": "image"}), ("wxother", {"type": "image", "from_appid": "wxother"})]
)
def test_the_cloud_calls_without_a_token(from_appid: str | None, query: dict[str, str], tmp_path: Path) -> None:
    def cloud(base: str) -> Credentials:
        return Credentials(APPID, base, Cloud(from_appid, token_file=tmp_path / "none"))

    with FakeWeChat(add_material=[STORED]) as server, client(server, credentials=cloud) as wechat:
        wechat.upload(picture())
    (seen,) = server.seen
    assert seen.query == query


def test_a_cloud_that_is_not_intercepted_needs_a_person(tmp_path: Path) -> None:
    def cloud(base: str) -> Credentials:
        return Credentials(APPID, base, Cloud(token_file=tmp_path / "none"))

    with (
        FakeWeChat(add_material=[no(41001)]) as server,
        client(server, credentials=cloud) as wechat,
        pytest.raises(HaltedForPerson, match="access_token missing") as caught,
    ):
        wechat.upload(picture())
    assert "开放接口服务" in caught.value.hint


def test_the_token_file_of_the_cloud_is_read_again_every_ten_minutes(tmp_path: Path) -> None:
    file = tmp_path / "cloudbase_access_token"
    file.write_text("A\n", encoding="utf-8")
    time = Time()

    def cloud(base: str) -> Credentials:
        return Credentials(APPID, base, Cloud(token_file=file))

    with FakeWeChat(batchget_material=[EMPTY_PAGE]) as server, client(server, time, credentials=cloud) as wechat:
        list_once(wechat)
        file.write_text("B", encoding="utf-8")
        list_once(wechat)
        time.now += 600
        list_once(wechat)
        time.now += 600
        file.unlink()
        with pytest.raises(HaltedForPerson, match="there is no token in"):
            list_once(wechat)
    assert [seen.query for seen in server.seen] == [{"cloudbase_access_token": value} for value in "AAB"]


@pytest.mark.parametrize(
    ("written", "base"), [(True, "https://api.weixin.qq.com"), (False, "http://api.weixin.qq.com")]
)
def test_a_token_of_the_cloud_never_goes_over_plain_http(written: bool, base: str, tmp_path: Path) -> None:
    file = tmp_path / "token"
    if written:
        file.write_text("A", encoding="utf-8")
    credentials = Credentials(APPID, "http://api.weixin.qq.com", Cloud(token_file=file))
    with connect(credentials, pause=Time().pause) as wechat:
        assert wechat.base == base


def test_the_appsecret_travels_in_no_url() -> None:
    with FakeWeChat() as server, client(server) as wechat:
        wechat.sign_in()
    (seen,) = server.seen
    assert SECRET.encode() in seen.body
    assert SECRET.encode() not in seen.head
