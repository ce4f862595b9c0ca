"""Each kind of scripted misbehaviour, as a client sees it and as the library is left by it."""

from __future__ import annotations

import errno
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable

import pytest
import requests

from tests.sandbox_world import ABOUT, MP4, PNG, OverHttp, answer_of, stable_token
from wxsync.sandbox import FaultSyntax, Sandbox, Switches, serve
from wxsync.sandbox.faults import HELP, KINDS, parse

Post = Callable[[], requests.Response]


def poster(sandbox: Sandbox) -> Post:
    caller = OverHttp(sandbox)
    return lambda: caller.post("material/add_material", files={"media": ("a.png", PNG)}, type="image")


def stored(sandbox: Sandbox) -> int:
    return sandbox.account.library.counts()["image"]


ANSWERED = [
    ("add_material:status=502", 502, b"<html><head><title>502", 0),
    ("add_material:status-after=504", 504, b"<html><head><title>504", 1),
    ("add_material:busy", 200, b'{"errcode":-1,"errmsg":"system error rid: ', 0),
    ("add_material:busy-after", 200, b'{"errcode":-1,"errmsg":"system error rid: ', 1),
    ("add_material:errcode=45009", 200, b'{"errcode":45009,"errmsg":"reach max api daily quota limit rid: ', 0),
    ("add_material:errcode=99999", 200, b'{"errcode":99999,"errmsg":"error by request of a fault rid: ', 0),
    ("add_material:token-expired", 200, b'{"errcode":42001,"errmsg":"access_token expired rid: ', 0),
    ("add_material:token-replaced", 200, b'{"errcode":40001,"errmsg":"invalid credential', 0),
    ("add_material:html", 200, b"<html><body><script>", 0),
    ("add_material:html-after", 200, b"<html><body><script>", 1),
    ("add_material:garbage", 200, b"\xff", 1),
    ("add_material:garbage-before", 200, b"\xff", 0),
    ("add_material:empty", 200, b"", 1),
    ("add_material:empty-before", 200, b"", 0),
    ("add_material:latency=1", 200, b'{"media_id":"', 1),
    ("add_material:latency-after=1", 200, b'{"media_id":"', 1),
    ("add_material:slow-answer=20", 200, b'{"media_id":"', 1),
    ("add_material:cut", 200, b'{"media_id":"', 1),
    ("add_material:no-media-id", 200, b'{"url":"http://mmbiz', 1),
    ("add_material:control-character", 200, b'{"media_id":"', 1),
    ("add_material:errcode-as-text", 200, b'{"media_id":"', 1),
]


@pytest.mark.parametrize(("fault", "status", "beginning", "left"), ANSWERED, ids=[row[0] for row in ANSWERED])
def test_a_fault_changes_the_answer_and_says_what_is_left_behind(
    fault: str, status: int, beginning: bytes, left: int
) -> None:
    with serve(faults=[fault]) as sandbox:
        reply = poster(sandbox)()
        assert reply.status_code == status
        assert reply.content.startswith(beginning)
        assert stored(sandbox) == left


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_is_explained_and_tried_here(kind: str) -> None:
    tried = [row[0] for row in ANSWERED] + ["add_material:short", "add_material:reset", "add_material:reset-early"]
    assert f"  {kind}" in HELP
    assert any(parse(text).kind == kind for text in tried)


def plain_token(sandbox: Sandbox, **changed: str) -> bytes:
    query = {"grant_type": "client_credential", "appid": sandbox.appid, "secret": sandbox.secret, **changed}
    return requests.get(f"{sandbox.url}/cgi-bin/token", params=query, timeout=20).content


def test_spoiled_answers_are_spoiled_in_one_place_only() -> None:
    with serve(faults=["cut@1*1", "control-character@2*1", "errcode-as-text@3*2", "garbage@5*2"]) as sandbox:
        with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
            json.loads(plain_token(sandbox))
        controlled = plain_token(sandbox)
        with pytest.raises(ValueError, match="control character"):
            json.loads(controlled)
        assert json.loads(controlled.replace(b"\x02", b""))["expires_in"] == 7200
        assert json.loads(plain_token(sandbox))["errcode"] == "0"
        assert json.loads(plain_token(sandbox, appid="wx0"))["errcode"] == "40013"
        assert plain_token(sandbox) == plain_token(sandbox)


def test_a_short_answer_promises_more_than_it_sends() -> None:
    with serve(faults=["add_material:short"]) as sandbox:
        with pytest.raises(requests.exceptions.RequestException) as raised:
            poster(sandbox)()
        assert "IncompleteRead" in str(raised.value)
        assert stored(sandbox) == 1


@pytest.mark.parametrize(("fault", "left"), [("reset-before", 0), ("reset-after", 1), ("reset", 1)])
def test_a_reset_is_a_real_one(fault: str, left: int) -> None:
    with serve(faults=[f"add_material:{fault}"]) as sandbox:
        with pytest.raises(requests.ConnectionError) as raised:
            poster(sandbox)()
        assert "ConnectionResetError" in str(raised.value)
        assert stored(sandbox) == left


def test_an_early_reset_comes_before_the_body_is_read() -> None:
    with serve(faults=["reset-early"]) as sandbox:
        host, port = sandbox.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            connection.sendall(b"POST /cgi-bin/stable_token HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
            with pytest.raises(ConnectionResetError):
                connection.recv(100)


def test_the_kernel_says_that_the_connection_was_reset() -> None:
    with serve(faults=["reset-before"]) as sandbox:
        host, port = sandbox.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            connection.sendall(b"GET /cgi-bin/token HTTP/1.1\r\nHost: x\r\n\r\n")
            with pytest.raises(ConnectionResetError) as raised:
                connection.recv(100)
            assert raised.value.errno == errno.ECONNRESET


def test_latency_is_waited_for_and_ends_with_the_sandbox() -> None:
    sandbox = serve(faults=["token:latency=60000", "stable_token:latency=80"])
    begun = time.monotonic()
    stable_token(sandbox)
    assert time.monotonic() - begun >= 0.08
    host, port = sandbox.url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=20)
    connection.request("GET", "/cgi-bin/token")
    while not requests.get(f"{sandbox.url}/_sandbox/faults", timeout=20).json()["faults"][0]["struck"]:
        pass
    closing = threading.Thread(target=sandbox.close)
    closing.start()
    assert connection.getresponse().status == 200
    closing.join()
    connection.close()
    assert time.monotonic() - begun < 20


def test_a_slow_answer_trickles_over_its_time() -> None:
    with serve(faults=["stable_token:slow-answer=120"]) as sandbox:
        begun = time.monotonic()
        assert "access_token" in stable_token(sandbox)
        assert time.monotonic() - begun >= 0.12


def test_the_third_upload_loses_its_answer_once() -> None:
    with serve(faults=["add_material:reset-after*1@3"]) as sandbox:
        post = poster(sandbox)
        outcomes = []
        for _ in range(5):
            try:
                outcomes.append("media_id" in answer_of(post()))
            except requests.ConnectionError:
                outcomes.append(False)
        assert outcomes == [True, True, False, True, True]
        assert stored(sandbox) == 5


def test_a_fault_strikes_its_endpoint_only_and_its_own_way() -> None:
    with serve(faults=["get_materialcount:busy*2", "del_material:errcode=48005@2"]) as sandbox:
        caller = OverHttp(sandbox)
        assert [caller.count().get("errcode") for _ in range(3)] == [-1, -1, None]
        assert [caller.delete("abc")["errcode"] for _ in range(3)] == [40007, 48005, 48005]


def test_an_expired_token_is_really_expired_and_a_new_one_works() -> None:
    with serve(faults=["get_materialcount:token-expired*1@2"]) as sandbox:
        caller = OverHttp(sandbox)
        assert [caller.count().get("errcode") for _ in range(3)] == [None, 42001, 42001]
        assert OverHttp(sandbox).count().get("errcode") is None


def test_a_fault_may_wait_for_one_material() -> None:
    with serve() as sandbox:
        caller = OverHttp(sandbox)
        good, bad = (str(caller.add("image", name, PNG)["media_id"]) for name in ("good.png", "bad.png"))
        requests.post(
            f"{sandbox.url}/_sandbox/faults", json={"faults": [f"get_material:busy,id={bad}*3"]}, timeout=20
        ).raise_for_status()
        assert [caller.get(media_id) == PNG for media_id in (good, bad, good, bad, bad, bad)] == [
            True,
            False,
            True,
            False,
            False,
            True,
        ]
        assert "media_id" in caller.add("image", "another.png", PNG)


def test_a_fault_may_wait_for_one_download() -> None:
    with serve() as sandbox:
        caller = OverHttp(sandbox)
        media_id = caller.add("video", "a.mp4", MP4, ABOUT)["media_id"]
        words = caller.get(media_id)
        assert isinstance(words, dict)
        requests.post(
            f"{sandbox.url}/_sandbox/faults", json={"faults": [f"down_url:status=404,id={media_id}*1"]}, timeout=20
        ).raise_for_status()
        assert [requests.get(str(words["down_url"]), timeout=20).status_code for _ in range(2)] == [404, 200]


def strikes(fault: str) -> list[bool]:
    with serve(faults=[fault]) as sandbox:
        caller = OverHttp(sandbox)
        return [caller.count().get("errcode") == -1 for _ in range(40)]


def test_random_faults_are_the_same_in_every_run_of_a_seed() -> None:
    first, again, other = (strikes(f"get_materialcount:busy%30,seed={seed}") for seed in (7, 7, 8))
    assert first == again
    assert first != other
    assert 4 <= sum(first) <= 20


def test_several_faults_join_and_the_ones_before_come_first() -> None:
    with serve(faults=["add_material:no-media-id", "add_material:latency=1", "add_material:busy*1"]) as sandbox:
        post = poster(sandbox)
        assert answer_of(post())["errcode"] == -1
        assert set(answer_of(post())) == {"url", "item"}


def test_faults_come_before_the_switches_of_an_account() -> None:
    with serve(faults=["get_materialcount:status=503"], switches=Switches(unauthorized=True)) as sandbox:
        reply = OverHttp(sandbox).post("material/get_materialcount", body={})
        assert reply.status_code == 503


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not understood"),
        ("busy!", "is not understood"),
        ("busy@x", "is not understood"),
        ("add_news:busy", "names no endpoint"),
        ("sleepy", "of no known kind"),
        ("busy-later", "cannot strike 'later'"),
        ("cut-before", "cannot strike 'before'"),
        ("latency", "needs latency=MS"),
        ("latency=-1", "less than nothing"),
        ("status=99", "from 200 to 599"),
        ("busy=3", "takes no value"),
        ("reset-early-after", "cannot strike 'after'"),
    ],
)
def test_a_fault_that_is_not_understood_says_what_to_write(text: str, words: str) -> None:
    with pytest.raises(FaultSyntax, match=words):
        serve(faults=[text])
