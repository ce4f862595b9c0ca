"""What goes over the wire byte by byte: framing, part headers, the order of refusals, the look of answers."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator

import pytest
import requests

from tests.sandbox_world import ABOUT, MP4, PNG, OverHttp, answer_of, padded
from wxsync.sandbox import Sandbox, Switches, serve

ADD = "/cgi-bin/material/add_material"
GOOD = 'Content-Disposition: form-data; name="media"; filename="a.png"'
RID = r"rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with serve() as running:
        yield running


def talk(sandbox: Sandbox, request: bytes) -> tuple[str, dict[str, str], bytes]:
    """Sends bytes as they are and reads status line, headers and body until the sandbox hangs up."""
    host, port = sandbox.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(request)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    return status, dict(line.split(": ", 1) for line in lines), body


def upload(
    sandbox: Sandbox,
    *parts: tuple[str, bytes],
    content_type: str = "multipart/form-data; boundary=XXX",
    kind: str = "image",
    method: str = "POST",
    extra: str = "",
    path: str = ADD,
) -> dict[str, object]:
    """Uploads a form that is written by hand."""
    body = b"".join(b"--XXX\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n" for head, content in parts)
    body += b"--XXX--\r\n" if parts else b""
    head = (
        f"{method} {path}?access_token={OverHttp(sandbox).token}&type={kind} HTTP/1.1\r\nHost: api.weixin.qq.com\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n{extra}\r\n"
    )
    answered: dict[str, object] = json.loads(talk(sandbox, head.encode() + body)[2])
    return answered


FORMS = [
    ("plain", [(GOOD, PNG)], {}, None),
    ("raw utf-8 file name", [(GOOD.replace("a.png", "图片.png"), PNG)], {}, None),
    ("any part type", [(GOOD + "\r\nContent-Type: text/nonsense", PNG)], {}, None),
    ("other fields first", [('Content-Disposition: form-data; name="x"', b"1"), (GOOD, PNG)], {}, None),
    ("bytes that look like a boundary", [(GOOD, PNG + b"\r\n--XX")], {}, None),
    ("wrong field", [(GOOD.replace("media", "file"), PNG)], {}, 41005),
    ("the old field of cards", [(GOOD.replace("media", "buffer"), PNG)], {}, 41005),
    ("no file name", [('Content-Disposition: form-data; name="media"', PNG)], {}, 41005),
    ("empty file name", [(GOOD.replace("a.png", ""), PNG)], {}, 41005),
    (
        "RFC 2231 file name only",
        [("Content-Disposition: form-data; name=\"media\"; filename*=utf-8''%E5%9B%BE.png", PNG)],
        {},
        41005,
    ),
    (
        "unquoted names, as .NET writes",
        [("Content-Disposition: form-data; name=media; filename=a.png", PNG)],
        {},
        41005,
    ),
    ("quoted boundary", [(GOOD, PNG)], {"content_type": 'multipart/form-data; boundary="XXX"'}, 41005),
    ("no boundary", [(GOOD, PNG)], {"content_type": "multipart/form-data"}, 44001),
    ("another boundary", [(GOOD, PNG)], {"content_type": "multipart/form-data; boundary=YYY"}, 41005),
    ("a form without files", [(GOOD, PNG)], {"content_type": "application/x-www-form-urlencoded"}, 47001),
    ("JSON", [(GOOD, PNG)], {"content_type": "application/json"}, 47001),
    ("an empty body", [], {}, 44002),
    ("a compressed body", [(GOOD, PNG)], {"extra": "Content-Encoding: gzip\r\n"}, 40221),
    ("GET", [(GOOD, PNG)], {"method": "GET"}, 43002),
    ("PUT", [(GOOD, PNG)], {"method": "PUT"}, 43002),
    ("no part headers", [("X-Nothing: 1", PNG)], {}, 41005),
    ("no media, no type", [(GOOD.replace("media", "file"), PNG)], {"kind": ""}, 41005),
    ("no type, no bytes", [(GOOD, b"")], {"kind": ""}, 40004),
    ("no bytes, no extension", [(GOOD.replace("a.png", "a"), b"")], {}, 44001),
    ("video without words before its place", [(GOOD.replace("a.png", "a.mp4"), MP4)], {"kind": "video"}, 41005),
]


@pytest.mark.parametrize(("parts", "more", "errcode"), [row[1:] for row in FORMS], ids=[row[0] for row in FORMS])
def test_a_form_is_read_as_the_naive_parser_reads_it(
    sandbox: Sandbox, parts: list[tuple[str, bytes]], more: dict[str, str], errcode: int | None
) -> None:
    assert upload(sandbox, *parts, **more).get("errcode") == errcode


def test_a_body_that_breaks_off_inside_the_file_has_no_media(sandbox: Sandbox) -> None:
    caller = OverHttp(sandbox)
    body = f"--XXX\r\n{GOOD}\r\n\r\n".encode() + PNG
    headers = {"Content-Type": "multipart/form-data; boundary=XXX"}
    url = f"{sandbox.url}{ADD}?access_token={caller.token}&type=image"
    assert answer_of(requests.post(url, data=body, headers=headers, timeout=20))["errcode"] == 41005


def test_chunked_bodies_and_bodies_without_a_length_get_412_and_no_json(sandbox: Sandbox) -> None:
    chunked = requests.post(sandbox.url + ADD, data=iter([b"a", b"b"]), timeout=20)
    assert (chunked.status_code, chunked.content) == (412, b"")
    status, _, body = talk(sandbox, f"POST {ADD} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert status.startswith("HTTP/1.1 412 ")
    assert body == b""


def test_a_client_that_expects_100_continue_gets_it_once(sandbox: Sandbox) -> None:
    head = "POST /cgi-bin/stable_token HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}"
    status, _, rest = talk(sandbox, head.encode())
    assert status == "HTTP/1.1 100 Continue"
    assert rest.startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_body_far_too_big_gets_503_and_a_page(sandbox: Sandbox) -> None:
    reply = requests.post(sandbox.url + ADD, data=bytes(30_000_001), timeout=20)
    assert reply.status_code == 503
    assert reply.text.startswith("<html>")


@pytest.mark.parametrize(
    "path", ["/", "/cgi-bin/material/add_news", "/cgi-bin/material/add_material/", "/cgi-bin//token"]
)
def test_an_unknown_path_gets_404_and_nothing(sandbox: Sandbox, path: str) -> None:
    status, _, body = talk(sandbox, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert status.startswith("HTTP/1.1 404 ")
    assert body == b""


def test_the_token_is_judged_before_the_method_unless_switched() -> None:
    for switches, errcode in ((Switches(), 41001), (Switches(method_before_token=True), 43002)):
        with serve(switches=switches) as sandbox:
            assert answer_of(requests.get(sandbox.url + ADD, timeout=20))["errcode"] == errcode


@pytest.mark.parametrize("path", ["/cgi-bin/stable_token", "/cgi-bin/component/api_authorizer_token"])
def test_what_must_be_posted_refuses_get(sandbox: Sandbox, path: str) -> None:
    assert answer_of(requests.get(sandbox.url + path, timeout=20))["errcode"] == 43002


def test_a_delete_is_not_a_get(sandbox: Sandbox) -> None:
    assert answer_of(requests.delete(f"{sandbox.url}/cgi-bin/token", timeout=20))["errcode"] == 43001


@pytest.mark.parametrize(
    ("body", "content_type", "errcode"),
    [
        (b"", "application/json", 44002),
        (b"{", "application/json", 47001),
        (b"[1]", "application/json", 47001),
        (b"\xff\xfe", "application/json", 47001),
        (b"[" * 100_000, "application/json", 47001),
        (b"media_id=abc", "application/x-www-form-urlencoded", 40007),
        (b'{"media_id":"abc"}', "application/x-www-form-urlencoded", 40007),
        (b"{}", "application/json", 40007),
    ],
)
@pytest.mark.parametrize("path", ["get_material", "del_material"])
def test_a_json_body_is_read_whatever_it_calls_itself(
    sandbox: Sandbox, path: str, body: bytes, content_type: str, errcode: int
) -> None:
    url = f"{sandbox.url}/cgi-bin/material/{path}?access_token={OverHttp(sandbox).token}"
    reply = requests.post(url, data=body, headers={"Content-Type": content_type}, timeout=20)
    assert answer_of(reply)["errcode"] == errcode


def test_refusals_look_as_they_were_seen(sandbox: Sandbox) -> None:
    missing = requests.get(f"{sandbox.url}/cgi-bin/material/get_materialcount", timeout=20)
    assert missing.status_code == 200
    assert re.fullmatch(rf'{{"errcode":41001,"errmsg":"access_token missing {RID}"}}', missing.text)
    refused = upload(sandbox, (GOOD.replace("a.png", "a"), PNG))
    assert re.fullmatch(rf"unsupported file type hint: \[[A-Za-z0-9]{{12}}-0\] {RID}", str(refused["errmsg"]))
    headers = missing.headers
    assert headers["Content-Type"] == "application/json; encoding=utf-8"
    assert (headers["RetKey"], headers["LogicRet"], headers["Connection"]) == ("11", "41001", "close")
    assert headers["Content-Length"] == str(len(missing.content))


def test_the_rid_begins_with_the_time() -> None:
    with serve(clock=lambda: 0x617682E0 + 0.5) as sandbox:
        assert "rid: 617682e0-" in stable_refusal(sandbox)


def stable_refusal(sandbox: Sandbox) -> str:
    return str(answer_of(requests.post(f"{sandbox.url}/cgi-bin/stable_token", json={}, timeout=20))["errmsg"])


def test_listings_escape_their_slashes_and_uploads_do_not(sandbox: Sandbox) -> None:
    caller = OverHttp(sandbox)
    files = {"media": ("图.png", PNG)}
    uploaded = caller.post("material/add_material", files=files, type="image")
    assert b"http://mmbiz.qpic.cn/" in uploaded.content
    listed = caller.post("material/batchget_material", body={"type": "image", "offset": 0, "count": 1})
    assert listed.content.startswith(b'{"item":[{"media_id":')
    assert rb"https:\/\/mmbiz.qpic.cn\/mmbiz_png\/" in listed.content
    assert "图.png".encode() in listed.content


def test_a_picture_comes_back_as_a_file_and_a_video_as_a_link_that_works_here(sandbox: Sandbox) -> None:
    caller = OverHttp(sandbox)
    media_id = caller.add("image", "图.png", PNG)["media_id"]
    reply = caller.post("material/get_material", body={"media_id": media_id})
    assert reply.headers["Content-Type"] == "image/png"
    disposition = reply.headers["Content-disposition"].encode("latin-1").decode()
    assert disposition == 'attachment; filename="图.png"'
    video = caller.get(caller.add("video", "a.mp4", MP4, ABOUT)["media_id"])
    assert isinstance(video, dict)
    assert video["description"] == "三分钟了解我们"
    assert requests.get(str(video["down_url"]), timeout=20).content == MP4


def test_a_video_may_lead_to_a_web_page(sandbox: Sandbox) -> None:
    with serve(switches=Switches(video_page=True)) as paged:
        caller = OverHttp(paged)
        video = caller.get(caller.add("video", "a.mp4", MP4, ABOUT)["media_id"])
        assert isinstance(video, dict)
        assert re.search(r"[?&]vid=wxv_\d{19}$", str(video["down_url"]))
        page = requests.get(str(video["down_url"]), timeout=20)
        assert page.headers["Content-Type"].startswith("text/html")
        assert page.text.startswith("<!DOCTYPE html>")


def at_sandbox(sandbox: Sandbox, url: object) -> requests.Response:
    return requests.get(str(url).replace("http://mmbiz.qpic.cn", sandbox.url), timeout=20)


@pytest.mark.parametrize(("switches", "status"), [(Switches(), 200), (Switches(urls_die=True), 404)])
def test_a_picture_lies_under_its_url_and_perhaps_stays_there(switches: Switches, status: int) -> None:
    with serve(switches=switches) as sandbox:
        caller = OverHttp(sandbox)
        added = caller.add("image", "a.png", PNG)
        assert at_sandbox(sandbox, added["url"]).content == PNG
        assert at_sandbox(sandbox, caller.image("b.png", PNG)["url"]).content == PNG
        caller.delete(added["media_id"])
        assert at_sandbox(sandbox, added["url"]).status_code == status


@pytest.mark.parametrize("path", ["mmbiz_png/nothing/0", "mmbiz_png/%25/0", "mmbiz_png/_/0", "down/MEDIA_ID_123456"])
def test_where_nothing_lies_is_404(sandbox: Sandbox, path: str) -> None:
    OverHttp(sandbox).add("image", "a.png", PNG)
    assert requests.get(f"{sandbox.url}/{path}", timeout=20).status_code == 404


def test_the_date_of_answers_is_the_clock_of_the_sandbox() -> None:
    with serve(clock=lambda: 0x617682E0 + 0.5) as sandbox:
        told = requests.get(sandbox.url, timeout=20).headers["Date"]
        assert told == "Mon, 25 Oct 2021 10:11:44 GMT"
        requests.post(f"{sandbox.url}/_sandbox/clock", json={"advance": 3600}, timeout=20).raise_for_status()
        for path in ("/cgi-bin/token", "/nothing", "/_sandbox/"):
            assert requests.get(sandbox.url + path, timeout=20).headers["Date"] == "Mon, 25 Oct 2021 11:11:44 GMT"


def test_any_answer_can_be_plain_text() -> None:
    with serve(switches=Switches(plain_text=True)) as sandbox:
        caller = OverHttp(sandbox)
        media_id = caller.add("image", "a.png", PNG)["media_id"]
        for body in ({"media_id": media_id}, {"media_id": "abc"}):
            reply = caller.post("material/get_material", body=body)
            assert reply.headers["Content-Type"] == "text/plain"


def test_switches_take_what_some_sdks_send() -> None:
    switches = Switches(description_in_query=True, infer_type=True, lenient_uploadimg=True)
    with serve(switches=switches) as sandbox:
        caller = OverHttp(sandbox)
        in_query = caller.post(
            "material/add_material", files={"media": ("a.mp4", MP4)}, type="video", description='{"title":"t"}'
        )
        assert "media_id" in answer_of(in_query)
        in_form = caller.post("material/add_material", files={"media": ("a.png", PNG)}, data={"type": "thumb"})
        assert answer_of(in_form)["errcode"] == 40005
        assert upload(sandbox, (GOOD.replace("media", "buffer"), PNG), path="/cgi-bin/media/uploadimg")["errcode"] == 0


def test_the_description_in_the_query_is_not_seen_by_default(sandbox: Sandbox) -> None:
    reply = OverHttp(sandbox).post(
        "material/add_material", files={"media": ("a.mp4", MP4)}, type="video", description='{"title":"t"}'
    )
    assert answer_of(reply)["errcode"] == 41005


def test_a_client_that_hangs_up_in_its_body_stores_nothing(sandbox: Sandbox) -> None:
    host, port = sandbox.url.removeprefix("http://").split(":")
    token = OverHttp(sandbox).token
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(f"POST {ADD}?access_token={token}&type=image HTTP/1.1\r\nHost: x\r\n".encode())
        connection.sendall(
            b"Content-Type: multipart/form-data; boundary=XXX\r\nContent-Length: 100000\r\n\r\n--XXX\r\n"
        )
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""
    assert sandbox.account.get_materialcount()["image_count"] == 0


def test_ten_megabytes_go_through(sandbox: Sandbox) -> None:
    big = padded(PNG, 10 * 1024 * 1024)
    caller = OverHttp(sandbox)
    assert caller.get(caller.add("image", "a.png", big)["media_id"]) == big
