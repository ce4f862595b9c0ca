"""Other people's clients believe the sandbox: wechatpy, WeRoBot and curl, through every endpoint that they know."""

from __future__ import annotations

import shlex
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.project import Server, png, serving
from tests.sandbox_world import BMP, GIF, MEDIA, MP3, PNG, WEBP, padded, speech
from tests.sdk_clients import (
    WECHAT,
    Client,
    Curl,
    Refused,
    Way,
    Wechatpy,
    WechatpyPlatform,
    WeRoBot,
    fence,
    run_curl,
)
from wxsync.sandbox import Switches
from wxsync.sandbox.tokens import Tokens

Maker = Callable[..., Client]

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this machine")
WITH_SECRET = [
    pytest.param(Wechatpy, id="wechatpy"),
    pytest.param(WeRoBot, id="werobot"),
    pytest.param(Curl, id="curl", marks=needs_curl),
]
EVERYBODY = [*WITH_SECRET, pytest.param(WechatpyPlatform, id="wechatpy-platform")]

# wechatpy puts a video's description into the query, as ASCII: the two leniencies that it needs.
FOR_WECHATPY = Switches(description_in_query=True, decode_escapes=True)
AS_BEFORE = Switches(plain_text=True, without_item=True, short_ids=True, bare_uploadimg=True, https_uploads=True)

TITLE, INTRODUCTION = "产品介绍", "三分钟了解我们"
IMAGES = ["images/logo.png", "images/banner.gif", "images/icon.bmp", "images/posts/spring.jpg"]
LIMIT = "/cgi-bin/material/add_material"
MIB = 1024 * 1024


@contextmanager
def wechat(switches: Switches | None = None) -> Iterator[tuple[Server, Way]]:
    """Serves a WeChat and the only way to it; afterwards, all that was sent must have come in."""
    with serving(switches=switches) as server, Way(server.sandbox) as way, fence():
        yield server, way
        calls = server.calls()
        # A video's down_url is fetched like any other link, not by the client.
        assert sum(calls.values()) - calls.get("down_url", 0) == way.sent
        assert "unknown" not in calls


def named(folder: Path, name: str, content: bytes) -> Path:
    file = folder / name
    file.write_bytes(content)
    return file


@pytest.mark.parametrize("switches", [Switches(), AS_BEFORE], ids=["today", "before 2020"])
@pytest.mark.parametrize("maker", EVERYBODY)
def test_it_uploads_lists_counts_fetches_and_deletes(maker: Maker, switches: Switches) -> None:
    with wechat(switches) as (server, way):
        client = maker(way)
        files = [(MEDIA / path, "image") for path in IMAGES]
        files += [(MEDIA / "audio/welcome.mp3", "voice"), (MEDIA / "covers/intro.jpg", "thumb")]

        added = [client.add(kind, file) for file, kind in files]

        assert all(
            "mmbiz.qpic.cn" in answer["url"] for answer, (_, kind) in zip(added, files, strict=True) if kind != "voice"
        )
        assert client.count() == {"image_count": 5, "voice_count": 1, "video_count": 0, "news_count": 0}
        page = client.page("image", offset=0, count=20)
        assert [one["name"] for one in page["item"]] == [
            client.listed_as(file) for file, kind in reversed(files) if kind != "voice"
        ]
        for answer, (file, _) in zip(added, files, strict=True):
            assert client.get(answer["media_id"]) == file.read_bytes()
            client.delete(answer["media_id"])
        assert server.ids() == set()
        assert client.page("voice", offset=0, count=20) == {"item": [], "total_count": 0, "item_count": 0}


@pytest.mark.parametrize("maker", EVERYBODY)
def test_it_uploads_a_video_and_reads_its_words(maker: Maker) -> None:
    with wechat(FOR_WECHATPY if maker in (Wechatpy, WechatpyPlatform) else None) as (_, way):
        client = maker(way)
        added = client.add_video(MEDIA / "video/intro.mp4", title=TITLE, introduction=INTRODUCTION)

        found = client.get(added["media_id"])
        [listed] = client.page("video", offset=0, count=20)["item"]

        assert (found["title"], found["description"]) == (TITLE, INTRODUCTION)
        assert (listed["name"], listed["media_id"]) == (TITLE, added["media_id"])
        content = requests.get(found["down_url"], timeout=20).content
        assert content == (MEDIA / "video/intro.mp4").read_bytes()


@pytest.mark.parametrize("maker", EVERYBODY)
def test_it_uploads_an_article_image(maker: Maker) -> None:
    with wechat() as (server, way):
        url = maker(way).article_image(MEDIA / "articles/photo.jpg")
        assert [image["url"] for image in server.state()["article_images"]] == [url]


@pytest.mark.parametrize("maker", EVERYBODY)
def test_it_pages_through_a_library_newest_first(maker: Maker, tmp_path: Path) -> None:
    with wechat() as (server, way):
        client = maker(way)
        for number in range(23):
            client.add("image", named(tmp_path, f"{number:02}.png", png(f"{number}")))

        pages = [client.page("image", offset=offset, count=10) for offset in (0, 10, 20, 30)]

        assert [(page["total_count"], page["item_count"]) for page in pages] == [(23, 10), (23, 10), (23, 3), (23, 0)]
        ids = [one["media_id"] for page in pages for one in page["item"]]
        assert ids == [one["media_id"] for one in reversed(server.state()["materials"])]
        assert len(set(ids)) == 23


@pytest.mark.parametrize("maker", EVERYBODY)
def test_a_chinese_file_name_arrives(maker: Maker, tmp_path: Path) -> None:
    with wechat() as (_, way):
        client = maker(way)
        file = named(tmp_path, "产品图.png", PNG)
        client.add("image", file)
        assert client.page("image", offset=0, count=1)["item"][0]["name"] == client.listed_as(file)


UPLOADS: list[tuple[str, str, bytes, int]] = [
    ("gif", "a.gif", GIF, 40004),
    ("voice", "a.png", PNG, 40005),
    ("thumb", "a.bmp", BMP, 40005),
    ("image", "a.png", WEBP, 40113),
    ("image", "picture", PNG, 40113),
    ("image", "a.png", b"", 44001),
    ("image", "a.png", padded(PNG, 10 * MIB + 1), 45001),
    ("voice", "a.wav", speech(61), 45007),
    ("voice", "a.mp3", padded(MP3, 2 * MIB + 1), 45001),
]


@pytest.mark.parametrize("maker", EVERYBODY)
def test_it_understands_why_an_upload_is_refused(maker: Maker, tmp_path: Path) -> None:
    with wechat() as (server, way):
        client = maker(way)
        for kind, name, content, errcode in UPLOADS:
            with pytest.raises(Refused) as no:
                client.add(kind, named(tmp_path, name, content))
            assert no.value.errcode == errcode, (kind, name)
        for content, errcode in ((GIF, 40005), (padded(PNG, MIB), 40009)):
            with pytest.raises(Refused) as no:
                client.article_image(named(tmp_path, "a.png", content))
            assert no.value.errcode == errcode
        assert server.ids() == set()


CALLS: list[tuple[Callable[[Client], object], int]] = [
    (lambda client: client.get("MEDIA_ID_123456"), 40007),
    (lambda client: client.delete("MEDIA_ID_123456"), 40007),
    (lambda client: client.page("thumb", offset=0, count=20), 40004),
]


@pytest.mark.parametrize("maker", EVERYBODY)
def test_it_understands_why_a_call_is_refused(maker: Maker) -> None:
    with wechat() as (_, way):
        client = maker(way)
        for call, errcode in CALLS:
            with pytest.raises(Refused) as no:
                call(client)
            assert no.value.errcode == errcode


ACCOUNTS: list[tuple[Switches, int]] = [
    (Switches(daily={LIMIT: 0}), 45009),
    (Switches(minute={LIMIT: 0}), 45011),
    (Switches(capacity={"image": 0}), 45034),
]


@pytest.mark.parametrize(("switches", "errcode"), ACCOUNTS)
@pytest.mark.parametrize("maker", EVERYBODY)
def test_it_understands_that_a_limit_is_reached(maker: Maker, switches: Switches, errcode: int) -> None:
    with wechat(switches) as (_, way), pytest.raises(Refused) as no:
        maker(way).add("image", MEDIA / "images/logo.png")
    assert no.value.errcode == errcode


@pytest.mark.parametrize(
    ("maker", "as_seen", "errcode"),
    [
        pytest.param(Wechatpy, False, 48001, id="wechatpy"),
        pytest.param(WechatpyPlatform, False, 61007, id="wechatpy-platform"),
        pytest.param(WechatpyPlatform, True, 48001, id="wechatpy-platform, as seen"),
        pytest.param(WeRoBot, False, 48001, id="werobot"),
        pytest.param(Curl, False, 48001, id="curl", marks=needs_curl),
    ],
)
def test_it_understands_that_the_account_may_not(maker: Maker, as_seen: bool, errcode: int) -> None:
    switches = Switches(unauthorized=True, platform_48001=as_seen)
    with wechat(switches) as (_, way), pytest.raises(Refused) as no:
        maker(way).count()
    assert no.value.errcode == errcode


@pytest.mark.parametrize(
    ("switches", "credentials", "errcode"),
    [
        (Switches(), {"secret": "0" * 32}, 40125),
        (Switches(), {"appid": "wx0123456789abcdef"}, 40013),
        (Switches(allowed_ips=("203.0.113.7",)), {}, 40164),
    ],
    ids=["secret", "appid", "address"],
)
@pytest.mark.parametrize("maker", WITH_SECRET)
def test_it_understands_that_it_gets_no_token(
    maker: Maker, switches: Switches, credentials: dict[str, str], errcode: int
) -> None:
    with wechat(switches) as (server, way):
        with pytest.raises(Refused) as no:
            maker(way, **credentials).count()
        assert no.value.errcode == errcode
        assert set(server.calls()) <= {"token", "stable_token"}


@pytest.mark.parametrize("deed", [Tokens.expire, Tokens.replace])
@pytest.mark.parametrize("maker", [Wechatpy, WechatpyPlatform])
def test_wechatpy_renews_a_token_that_died(maker: Maker, deed: Callable[[Tokens], None]) -> None:
    with wechat() as (server, way):
        client = maker(way)
        client.count()
        deed(server.sandbox.account.tokens)
        client.count()
        door = "api_authorizer_token" if maker is WechatpyPlatform else "token"
        assert server.calls() == {door: 2, "get_materialcount": 3}


@pytest.mark.parametrize(("deed", "errcode"), [(Tokens.expire, 42001), (Tokens.replace, 40001)])
def test_werobot_tells_its_caller_that_a_token_died(deed: Callable[[Tokens], None], errcode: int) -> None:
    with wechat() as (server, way):
        client = WeRoBot(way)
        client.count()
        deed(server.sandbox.account.tokens)
        with pytest.raises(Refused) as no:
            client.count()
        assert no.value.errcode == errcode


@pytest.mark.parametrize(
    ("switches", "title"),
    [
        (Switches(description_in_query=True), TITLE.encode("unicode_escape").decode()),
        (Switches(description_in_query=True, decode_escapes=True), TITLE),
    ],
    ids=["kept", "decoded"],
)
def test_a_description_in_the_query_is_read_as_the_switches_say(switches: Switches, title: str) -> None:
    with wechat(switches) as (server, way):
        Wechatpy(way).add_video(MEDIA / "video/intro.mp4", title=TITLE, introduction=INTRODUCTION)
        assert [one["title"] for one in server.state()["materials"]] == [title]


def test_a_description_in_the_query_is_none_by_the_official_page() -> None:
    with wechat() as (_, way), pytest.raises(Refused) as no:
        Wechatpy(way).add_video(MEDIA / "video/intro.mp4", title=TITLE, introduction=INTRODUCTION)
    assert no.value.errcode == 41005


# From the official page 上传永久素材, 5.1 and 5.2, with its placeholders; the names of the files are ours, because
# `media.file` has an extension that WeChat does not take.
OFFICIAL = [
    (
        'curl "https://api.weixin.qq.com/cgi-bin/material/add_material?access_token=ACCESS_TOKEN&type=TYPE"'
        """ -F media=@media.file -F description='{"title":VIDEO_TITLE, "introduction":INTRODUCTION}'""",
        "video",
        "video/intro.mp4",
    ),
    (
        'curl "https://api.weixin.qq.com/cgi-bin/material/add_material?access_token=ACCESS_TOKEN&type=TYPE"'
        " -F media=@media.file",
        "image",
        "images/logo.png",
    ),
]


@needs_curl
@pytest.mark.parametrize(("sample", "kind", "path"), OFFICIAL)
def test_the_commands_of_the_official_page_work(sample: str, kind: str, path: str) -> None:
    with wechat() as (server, way):
        token = server.sandbox.account.tokens.plain().token
        filled = {"ACCESS_TOKEN": token, "=TYPE": f"={kind}", "media.file": str(MEDIA / path)}
        filled |= {"VIDEO_TITLE": f'"{TITLE}"', "INTRODUCTION": f'"{INTRODUCTION}"'}
        for placeholder, value in filled.items():
            sample = sample.replace(placeholder, value)
        _, *arguments = shlex.split(sample)

        answer = run_curl(way, *arguments).decode()

        [stored] = server.state()["materials"]
        assert (stored["type"], stored["title"]) == (kind, TITLE if kind == "video" else "")
        assert stored["media_id"] in answer


@pytest.mark.parametrize(
    "url", ["https://example.com/", "http://api.weixin.qq.com/", "https://mp.weixin.qq.com/x", "http://127.0.0.1:9/"]
)
def test_the_way_leads_nowhere_else(url: str) -> None:
    with wechat() as (_, way), pytest.raises(AssertionError, match="would have left the machine"):
        way.get(url)


@pytest.mark.parametrize("host", ["api.weixin.qq.com", "203.0.113.7"])
def test_no_socket_leaves_this_machine(host: str) -> None:
    with fence(), pytest.raises(AssertionError, match="would have left the machine"):
        socket.create_connection((host, 443), timeout=1)


@needs_curl
def test_curl_is_led_nowhere_else() -> None:
    with wechat() as (_, way), pytest.raises(AssertionError):
        run_curl(way, "https://example.com/")


def test_the_way_takes_the_address_that_the_sdks_hold() -> None:
    with wechat() as (server, way):
        assert way.get(f"{WECHAT}cgi-bin/material/get_materialcount").json()["errcode"] == 41001
        assert server.calls() == {"get_materialcount": 1}
