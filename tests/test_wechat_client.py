"""Each endpoint says what WeChat expects and reads what WeChat answers; failures are few and each of them is clear."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.wechat_fake import (
    EMPTY_PAGE,
    HANG_UP,
    MEDIA_ID,
    RESET,
    RESET_BEFORE_BODY,
    RID,
    STORED,
    TOKEN,
    FakeWeChat,
    Seen,
    Time,
    client,
    foreign_token,
    no,
    ok,
    own_secret,
    picture,
    raw,
)
from wxsync.errors import CallFailed, HaltedForNow, HaltedForPerson, OutcomeUnknown, Refused
from wxsync.model import ListingPage, Material, MaterialType, Upload, Uploaded
from wxsync.wechat.answers import Article, FileContent, Quota, VideoDetails
from wxsync.wechat.client import connect
from wxsync.wechat.errcodes import explain
from wxsync.words import Language, Text, say

LARGE = picture(b"x" * 8_000_000)


def test_an_image_is_uploaded_with_a_token_fetched_for_it() -> None:
    with FakeWeChat(add_material=[STORED]) as server, client(server) as wechat:
        assert wechat.upload(picture()) == Uploaded(MEDIA_ID, "http://mmbiz.qpic.cn/mmbiz_png/x/0?wx_fmt=png", 1)
    token, upload = server.seen
    assert (token.method, token.path, token.query) == ("POST", "/cgi-bin/stable_token", {})
    assert token.json.keys() == {"grant_type", "appid", "secret", "force_refresh"}
    assert (token.json["grant_type"], token.json["force_refresh"]) == ("client_credential", False)
    assert (upload.method, upload.path) == ("POST", "/cgi-bin/material/add_material")
    assert upload.query == {"access_token": TOKEN, "type": "image"}
    assert b'name="media"; filename="logo.wxk3v7q2m5n4p6r2ab.png"' in upload.body
    assert b"description" not in upload.body


def test_the_ids_of_another_server_may_be_short() -> None:
    with FakeWeChat(add_material=[ok(media_id="m-1")]) as server, client(server) as wechat:
        assert wechat.upload(picture()).media_id == "m-1"


@pytest.mark.parametrize(
    ("kind", "reply", "url"),
    [
        (MaterialType.VOICE, ok(media_id=MEDIA_ID), None),
        (MaterialType.VIDEO, ok(media_id=MEDIA_ID, url=""), None),
        (MaterialType.THUMB, ok(media_id=MEDIA_ID, url="http://mmbiz.qpic.cn/x/0"), "http://mmbiz.qpic.cn/x/0"),
        (MaterialType.IMAGE, ok(media_id=MEDIA_ID, errcode="0"), None),
        (MaterialType.IMAGE, ok(media_id=MEDIA_ID, url="javascript:alert(1)"), None),
        (MaterialType.IMAGE, ok(media_id=MEDIA_ID, url="http://a b"), None),
        (MaterialType.IMAGE, raw(b'\xef\xbb\xbf {"media_id":"%s","x":"\x01"}' % MEDIA_ID.encode()), None),
    ],
)
def test_a_url_is_optional_wherever_there_is_a_media_id(kind: MaterialType, reply: bytes, url: str | None) -> None:
    with FakeWeChat(add_material=[reply]) as server, client(server) as wechat:
        assert wechat.upload(Upload(kind, b"x", "a.bin", "标题", "介绍")) == Uploaded(MEDIA_ID, url, 1)
    assert server.seen[1].query["type"] == kind
    assert (b'"title": "\xe6\xa0' in server.seen[1].body) == (kind is MaterialType.VIDEO)


@pytest.mark.parametrize("more", [{}, {"errcode": 0, "errmsg": "ok"}])
def test_an_article_image_has_a_url_and_no_media_id(more: dict[str, object]) -> None:
    reply = ok(url="http://mmbiz.qpic.cn/x/0", **more)
    with FakeWeChat(uploadimg=[reply]) as server, client(server) as wechat:
        upload = Upload(MaterialType.ARTICLE_IMAGE, b"x", "a.png")
        assert wechat.upload(upload) == Uploaded(None, "http://mmbiz.qpic.cn/x/0", 1)
    assert (server.seen[1].path, server.seen[1].query) == ("/cgi-bin/media/uploadimg", {"access_token": TOKEN})


LIVE_PAGE = (
    '{"item":[{"media_id":"MEDIA_ID","name":"标志.jpg","update_time":1517394386,'
    '"url":"https:\\/\\/mmbiz.qpic.cn\\/x\\/0?wx_fmt=jpeg","tags":[]},'
    '{"media_id":"-2","name":"a","update_time":"7","description":"","tags":[]}],"total_count":2,"item_count":2}'
)


def test_a_page_of_the_library_is_read_as_wechat_writes_it() -> None:
    with (
        FakeWeChat(batchget_material=[raw(LIVE_PAGE.replace("MEDIA_ID", MEDIA_ID).encode())]) as server,
        client(server) as wechat,
    ):
        page = wechat.list_page(MaterialType.IMAGE, 40)
    url = "https://mmbiz.qpic.cn/x/0?wx_fmt=jpeg"
    first = Material(MEDIA_ID, MaterialType.IMAGE, "标志.jpg", url, 1517394386)
    assert page == ListingPage(2, (first, Material("-2", MaterialType.IMAGE, "a", None, 7)))
    assert server.seen[1].json == {"type": "image", "offset": 40, "count": 20}


@pytest.mark.parametrize("reply", [EMPTY_PAGE, ok(total_count=0, item_count=0), ok(total_count=9, item_count=0)])
def test_an_empty_page_is_a_page(reply: bytes) -> None:
    with FakeWeChat(batchget_material=[reply]) as server, client(server) as wechat:
        assert wechat.list_page(MaterialType.VIDEO, 100, 5).items == ()


@pytest.mark.parametrize("kind", [MaterialType.THUMB, MaterialType.ARTICLE_IMAGE])
def test_what_wechat_cannot_list_is_a_mistake_of_ours(kind: MaterialType) -> None:
    with FakeWeChat() as server, client(server) as wechat, pytest.raises(ValueError, match="no listing"):
        wechat.list_page(kind, 0)


@pytest.mark.parametrize(
    "reply",
    [
        ok(total_count=1, item_count=1),
        ok(item=[]),
        ok(total_count=1, item=[{"name": "no id"}]),
        ok(total_count=1, item=["odd"]),
        ok(total_count=True, item=[]),
        raw(b"[]"),
        raw(b"{" * 100_000),
        raw(b'{"total_count":' + b"9" * 5000 + b"}"),
        raw(b"<html>waf</html>"),
        raw(b""),
    ],
)
def test_a_page_that_is_none_is_asked_for_again_and_then_given_up(reply: bytes) -> None:
    time = Time()
    with (
        FakeWeChat(batchget_material=[reply]) as server,
        client(server, time) as wechat,
        pytest.raises(HaltedForNow) as caught,
    ):
        wechat.list_page(MaterialType.IMAGE, 0)
    assert (caught.value.code, caught.value.attempts) == ("unreadable-answer", 5)
    assert time.waits == [1, 2, 4, 8]


def test_the_library_is_counted() -> None:
    reply = ok(voice_count=1, video_count=2, image_count=3, news_count=4)
    with FakeWeChat(get_materialcount=[reply]) as server, client(server) as wechat:
        assert wechat.count() == {"voice": 1, "video": 2, "image": 3, "news": 4}
    assert server.seen[1].method == "GET"


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        (
            raw(b"\x89PNG", headers='Content-disposition: attachment; filename="a.png"\r\n'),
            FileContent(b"\x89PNG", "a.png"),
        ),
        (
            raw(b"x", headers='Content-Disposition: attachment; filename="images/2/图.jpg"\r\n'),
            FileContent(b"x", "图.jpg"),
        ),
        (raw(b"#!AMR\n"), FileContent(b"#!AMR\n", None)),
        (
            ok(title="标题", description="介绍", down_url="http://v.example/1"),
            VideoDetails("标题", "介绍", "http://v.example/1"),
        ),
        (ok(title="t", description="", down_url=""), VideoDetails("t", "", None)),
        (ok(news_item=[]), Article()),
    ],
)
def test_a_material_comes_back_as_bytes_or_as_what_is_told_of_it(
    reply: bytes, found: FileContent | VideoDetails | Article
) -> None:
    with FakeWeChat(get_material=[reply]) as server, client(server) as wechat:
        assert wechat.get(MEDIA_ID) == found
    assert server.seen[1].json == {"media_id": MEDIA_ID}


@pytest.mark.parametrize(
    "reply", [raw(b"\n<html>waf</html>"), raw(b'{"title"'), raw(b""), ok(description="alone"), raw(b"{}"), raw(b" \n")]
)
def test_a_page_of_a_proxy_is_never_taken_for_a_material(reply: bytes) -> None:
    with FakeWeChat(get_material=[reply]) as server, client(server) as wechat, pytest.raises(HaltedForNow) as caught:
        wechat.get(MEDIA_ID)
    assert (caught.value.code, caught.value.attempts) == ("unreadable-answer", 5)


@pytest.mark.parametrize("quota", [None, [], {}, {"daily_limit": 10, "used": "many", "remain": 7}])
def test_a_quota_that_is_none_is_not_guessed(quota: object) -> None:
    reply = ok(errcode=0, errmsg="ok", quota=quota)
    with FakeWeChat(get=[reply]) as server, client(server) as wechat, pytest.raises(HaltedForNow) as caught:
        wechat.quota("/cgi-bin/material/add_material")
    assert caught.value.code == "unreadable-answer"


def test_a_large_material_comes_back_whole() -> None:
    with FakeWeChat(get_material=[raw(LARGE.content)]) as server, client(server) as wechat:
        assert wechat.get(MEDIA_ID) == FileContent(LARGE.content, None)


@pytest.mark.parametrize("call", ["get", "delete"])
def test_an_id_that_the_account_does_not_have_is_refused_with_40007(call: str) -> None:
    script = [no(40007, "invalid media_id")]
    with (
        FakeWeChat(get_material=script, del_material=script) as server,
        client(server) as wechat,
        pytest.raises(Refused) as caught,
    ):
        getattr(wechat, call)(MEDIA_ID)
    assert (caught.value.errcode, caught.value.code, caught.value.rid) == (40007, "not-found", RID)


def test_a_deletion_whose_answer_was_lost_is_asked_for_again() -> None:
    time = Time()
    with FakeWeChat(del_material=[HANG_UP, ok(errcode=0, errmsg="ok")]) as server, client(server, time) as wechat:
        wechat.delete(MEDIA_ID)
    assert len(server.calls("del_material")) == 2
    assert server.calls("del_material")[0].json == {"media_id": MEDIA_ID}


@pytest.mark.parametrize(
    ("rate", "quota"),
    [
        ({}, Quota(10, 3, 7)),
        ({"rate_limit": {"call_count": 300, "refresh_second": 60}}, Quota(10, 3, 7, calls=300, seconds=60)),
    ],
)
def test_the_quota_of_a_path_is_told(rate: dict[str, object], quota: Quota) -> None:
    reply = ok(errcode=0, errmsg="ok", quota={"daily_limit": 10, "used": 3, "remain": 7}, **rate)
    with FakeWeChat(get=[reply]) as server, client(server) as wechat:
        assert wechat.quota("/cgi-bin/material/add_material") == quota
    assert server.seen[1].path == "/cgi-bin/openapi/quota/get"
    assert server.seen[1].json == {"cgi_path": "/cgi-bin/material/add_material"}


@pytest.mark.parametrize(
    ("reply", "error", "code", "errcode"),
    [
        (no(40005), Refused, "bad-file", 40005),
        (no(45001), Refused, "bad-file", 45001),
        (ok(errcode="40113", errmsg=f"x rid: {RID}"), Refused, "bad-file", 40113),
        (no(41005), Refused, "bad-request", 41005),
        (raw(b"<html>", status="412 Precondition Failed"), Refused, "http-412", None),
        (raw(b"", status="413 Too Large"), Refused, "http-413", None),
        (no(45009), HaltedForNow, "quota", 45009),
        (no(45034), HaltedForPerson, "library-full", 45034),
        (no(45074), HaltedForPerson, "library-full", 45074),
        (no(48001), HaltedForPerson, "permission", 48001),
        (no(41001), HaltedForPerson, "route", 41001),
        (no(-1), OutcomeUnknown, "busy", -1),
        (no(99999), OutcomeUnknown, "unlisted-errcode", 99999),
        (ok(), OutcomeUnknown, "unreadable-answer", None),
        (ok(media_id="no id"), OutcomeUnknown, "unreadable-answer", None),
        (ok(media_id=7), OutcomeUnknown, "unreadable-answer", None),
        (ok(media_id=f"{MEDIA_ID}\n"), OutcomeUnknown, "unreadable-answer", None),
        (ok(media_id=MEDIA_ID, errcode="odd"), OutcomeUnknown, "unreadable-answer", None),
        (ok(media_id=MEDIA_ID, errcode=True), OutcomeUnknown, "unreadable-answer", None),
        (raw(b"\xff\xfe"), OutcomeUnknown, "unreadable-answer", None),
        (raw(b"", status="302 Found", headers="Location: /elsewhere\r\n"), OutcomeUnknown, "http-302", None),
        (raw(b"", status="404 Not Found"), OutcomeUnknown, "http-404", None),
        (raw(b"<html>", status="502 Bad Gateway"), OutcomeUnknown, "http-502", None),
        (raw(b"{}", headers="Content-Encoding: gzip\r\n"), OutcomeUnknown, "encoded", None),
        (raw(b"{" + b" " * 1_100_000 + b"}"), OutcomeUnknown, "too-long", None),
        (raw(b"{", length=99, headers="Connection: close\r\n"), OutcomeUnknown, "reset", None),
        (RESET, OutcomeUnknown, "reset", None),
        (HANG_UP, OutcomeUnknown, "reset", None),
    ],
    ids=str,
)
def test_an_upload_is_sent_once_and_its_outcome_is_told(
    reply: bytes, error: type[CallFailed], code: str, errcode: int | None
) -> None:
    time = Time()
    with FakeWeChat(add_material=[reply]) as server, client(server, time) as wechat, pytest.raises(error) as caught:
        wechat.upload(picture())
    failure = caught.value
    assert (failure.code, failure.errcode, failure.attempts) == (code, errcode, 1)
    assert (failure.rid == RID) == (errcode is not None)
    assert len(server.calls("add_material")) == 1
    assert time.waits == []
    assert isinstance(failure.message, Text)
    assert isinstance(failure.hint, Text)
    line = explain(errcode) if errcode else None
    if line:
        assert line.meaning in failure.message
        assert say(line.meaning, Language.CHINESE) not in failure.message
        assert say(line.meaning, Language.CHINESE) in say(failure.message, Language.CHINESE)
        assert say(line.action, Language.CHINESE) in say(failure.hint, Language.CHINESE)


def test_what_broke_before_the_body_was_complete_is_sent_again() -> None:
    time = Time()
    told: list[str] = []
    with FakeWeChat(add_material=[RESET_BEFORE_BODY, STORED]) as server, client(server, time, told=told) as wechat:
        assert wechat.upload(LARGE).attempts == 2
    assert time.waits == [1]
    assert len(told) == 1
    assert "Again in 1 s" in told[0]


@pytest.mark.parametrize(
    ("base", "waits"), [("https://does-not-exist.invalid", [1, 2, 4, 8]), ("http://127.0.0.1:1", [])]
)
def test_a_network_that_is_not_there_halts_the_run_after_five_attempts(base: str, waits: list[int]) -> None:
    time = Time()
    with (
        connect(foreign_token(base), pause=time.pause, clock=time.clock) as wechat,
        pytest.raises(HaltedForNow) as caught,
    ):
        wechat.upload(picture())
    assert (caught.value.code, caught.value.attempts) == ("unreachable", 1 + len(waits))
    assert time.waits == waits


def test_too_fast_is_waited_out_and_then_it_works() -> None:
    time = Time()
    with FakeWeChat(add_material=[no(45011), no(45011), STORED]) as server, client(server, time) as wechat:
        assert wechat.upload(picture()).attempts == 3
        assert time.waits == [5, 15]
        server.scripts["add_material"] = [no(45011), STORED]
        wechat.upload(picture())
    assert time.waits == [5, 15, 5]


@pytest.mark.parametrize(("errcode", "code"), [(45011, "too-fast"), (-1, "busy")])
def test_what_stays_busy_is_given_up_after_three_pauses(errcode: int, code: str) -> None:
    time = Time()
    with (
        FakeWeChat(batchget_material=[no(errcode)]) as server,
        client(server, time) as wechat,
        pytest.raises(HaltedForNow) as caught,
    ):
        wechat.list_page(MaterialType.IMAGE, 0)
    assert (caught.value.code, caught.value.attempts, time.waits) == (code, 4, [5, 15, 60])


def test_a_code_of_no_list_is_no_doubt_where_nothing_is_uploaded() -> None:
    with (
        FakeWeChat(batchget_material=[no(99999, "odd\x1b[31m thing")]) as server,
        client(server) as wechat,
        pytest.raises(Refused) as caught,
    ):
        wechat.list_page(MaterialType.IMAGE, 0)
    assert (caught.value.code, caught.value.rid, caught.value.attempts) == ("unlisted-errcode", RID, 1)
    assert "odd" in caught.value.message
    assert RID in caught.value.message
    assert "\x1b" not in caught.value.message


@pytest.mark.parametrize("script", [[no(45011)], [RESET_BEFORE_BODY]])
def test_an_interrupted_wait_ends_the_call(script: list[bytes]) -> None:
    time = Time(interrupt_at=0)
    with (
        FakeWeChat(add_material=script) as server,
        client(server, time) as wechat,
        pytest.raises(HaltedForNow) as caught,
    ):
        wechat.upload(LARGE)
    assert (caught.value.code, caught.value.attempts, len(time.waits)) == ("interrupted", 1, 1)


class Crowd(FakeWeChat):
    """Says "too fast" to everybody of the first round and counts how many uploads are under way at once."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.barrier = threading.Barrier(size)
        self.rounds = 0
        self.at_once: list[int] = []
        self.under_way = 0

    def play(self, seen: Seen) -> bytes:
        if not seen.path.endswith("add_material"):
            return super().play(seen)
        with self._lock:
            first = self.rounds < self.size
            self.rounds += 1
            self.under_way += 1
            self.at_once.append(0 if first else self.under_way)
        if first:
            self.barrier.wait(10)
        self.ending.wait(0.01)
        with self._lock:
            self.under_way -= 1
        return no(45011) if first else STORED


def test_one_pause_is_shared_by_all_workers_and_halves_them() -> None:
    time = Time()
    with Crowd(4) as server, client(server, time, jobs=4) as wechat, ThreadPoolExecutor(8) as workers:
        results = list(workers.map(lambda _: wechat.upload(picture()), range(8)))
    assert len(results) == 8
    assert set(time.waits) <= {5.0}
    assert time.now <= 1000 + 5 * 4
    assert max(server.at_once) <= 2


@pytest.mark.parametrize(
    ("errmsg", "address"),
    [
        ("invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist", "203.0.113.7"),
        ("invalid ip ::ffff:203.0.113.7, not in whitelist hint: [abc]", "203.0.113.7"),
        ("invalid ip 2001:db8::1, not in whitelist", "2001:db8::1"),
    ],
)
def test_an_address_that_is_not_allowed_is_named(errmsg: str, address: str) -> None:
    with (
        FakeWeChat(stable_token=[no(40164, errmsg)]) as server,
        client(server) as wechat,
        pytest.raises(HaltedForPerson) as caught,
    ):
        wechat.sign_in()
    assert (caught.value.code, caught.value.errcode, caught.value.rid) == ("allowlist", 40164, RID)
    assert f"The address to allow is {address}. " in caught.value.hint
    assert "WXSYNC_API_BASE" in caught.value.hint


def test_a_relay_with_a_path_of_its_own_is_called_there() -> None:
    time = Time()
    with (
        FakeWeChat(add_material=[STORED]) as server,
        connect(own_secret(f"{server.base}/wechat"), pause=time.pause, clock=time.clock) as wechat,
    ):
        wechat.upload(picture())
    assert [seen.path for seen in server.seen] == [
        "/wechat/cgi-bin/stable_token",
        "/wechat/cgi-bin/material/add_material",
    ]
