"""The contract of the material API, once on the account itself and once over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.sandbox_world import (
    ABOUT,
    BMP,
    COVER,
    GIF,
    HEIC,
    JPEG,
    MP3,
    MP4,
    PNG,
    SVG,
    WEBP,
    Caller,
    Directly,
    OverHttp,
    padded,
    speech,
)
from wxsync.sandbox import Sandbox, Switches, serve

MIB = 1024 * 1024
ARTICLE_URL = r"http://mmbiz\.qpic\.cn/(sz_)?mmbiz_png/[A-Za-z0-9]{84}/0\?from=appmsg"
PICTURE_URL = r"http://mmbiz\.qpic\.cn/mmbiz_{}/[A-Za-z0-9]{{84}}/0\?wx_fmt={}"


@pytest.fixture(params=[Directly, OverHttp])
def way(request: pytest.FixtureRequest) -> type[Directly] | type[OverHttp]:
    chosen: type[Directly] | type[OverHttp] = request.param
    return chosen


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with serve() as running:
        yield running


@pytest.fixture
def caller(sandbox: Sandbox, way: type[Directly] | type[OverHttp]) -> Caller:
    return way(sandbox)


REFUSED_UPLOADS = [
    ("an unknown type", "picture", "a.png", PNG, 40004),
    ("no type", "", "a.png", PNG, 40004),
    ("nothing in the file", "image", "a.png", b"", 44001),
    ("no extension", "image", "logo", PNG, 40113),
    ("an unknown extension", "image", "logo.webp", PNG, 40113),
    ("a dot in the folder only", "image", "a.png/logo", PNG, 40113),
    ("webp called png", "image", "a.png", WEBP, 40113),
    ("heic called jpg", "image", "a.jpg", HEIC, 40113),
    ("svg called png", "image", "a.png", SVG, 40113),
    ("text called png", "image", "a.png", b"hello", 40113),
    ("a video as image", "image", "a.mp4", MP4, 40005),
    ("a video called png as image", "image", "a.png", MP4, 40005),
    ("an image as voice", "voice", "a.png", PNG, 40005),
    ("an image as video", "video", "a.png", PNG, 40005),
    ("a png as thumb", "thumb", "a.png", PNG, 40005),
    ("an image over 10 MiB", "image", "a.png", padded(PNG, 10 * MIB + 1), 45001),
    ("a voice over 2 MiB", "voice", "a.mp3", padded(MP3, 2 * MIB + 1), 45001),
    ("a voice over 60 seconds", "voice", "a.wav", speech(61), 45007),
    ("a video over 10 MiB", "video", "a.mp4", padded(MP4, 10 * MIB + 1), 45001),
    ("a thumb over 64 KiB", "thumb", "a.jpg", padded(COVER, 65_537), 40012),
]


@pytest.mark.parametrize(
    ("kind", "filename", "content", "errcode"),
    [row[1:] for row in REFUSED_UPLOADS],
    ids=[row[0] for row in REFUSED_UPLOADS],
)
def test_an_upload_is_refused_for_its_first_fault(
    caller: Caller, kind: str, filename: str, content: bytes, errcode: int
) -> None:
    assert caller.add(kind, filename, content, ABOUT)["errcode"] == errcode
    assert set(caller.count().values()) == {0}


@pytest.mark.parametrize(
    ("kind", "filename", "content"),
    [
        ("image", "a.PNG", PNG),
        ("image", "a.jpeg", JPEG),
        ("image", "a.gif", GIF),
        ("image", "a.bmp", BMP),
        ("image", "png-by-another-name.jpg", PNG),
        ("image", "the-biggest.png", padded(PNG, 10 * MIB)),
        ("voice", "a.mp3", MP3),
        ("voice", "a-minute.wav", speech(60)),
        ("video", "a.mp4", MP4),
        ("thumb", "a.jpg", COVER),
        ("thumb", "the-biggest.jpg", padded(COVER, 65_536)),
    ],
)
def test_what_the_official_page_allows_is_stored(caller: Caller, kind: str, filename: str, content: bytes) -> None:
    answer = caller.add(kind, filename, content, ABOUT if kind == "video" else None)
    assert "errcode" not in answer
    assert re.fullmatch(r"[A-Za-z0-9_-]{64}", str(answer["media_id"]))
    assert answer["item"] == []


@pytest.mark.parametrize(
    ("kind", "filename", "content", "url"),
    [
        ("image", "a.png", PNG, PICTURE_URL.format("png", "png")),
        ("image", "a.jpg", JPEG, PICTURE_URL.format("jpg", "jpeg")),
        ("image", "a.gif", GIF, PICTURE_URL.format("gif", "gif")),
        ("thumb", "a.jpg", COVER, PICTURE_URL.format("jpg", "jpeg")),
    ],
)
def test_pictures_get_a_url(caller: Caller, kind: str, filename: str, content: bytes, url: str) -> None:
    assert re.fullmatch(url, str(caller.add(kind, filename, content, ABOUT)["url"]))


@pytest.mark.parametrize(("kind", "filename", "content"), [("voice", "a.mp3", MP3), ("video", "a.mp4", MP4)])
def test_voices_and_videos_have_no_url(caller: Caller, kind: str, filename: str, content: bytes) -> None:
    assert set(caller.add(kind, filename, content, ABOUT)) == {"media_id", "item"}


def test_article_images_tell_no_format_and_their_family_varies(caller: Caller) -> None:
    urls = [str(caller.image("a.png", PNG)["url"]) for _ in range(2)]
    assert all(re.fullmatch(ARTICLE_URL, url) for url in urls)
    assert ["/sz_mmbiz_png/" in url for url in urls] == [False, True]


@pytest.mark.parametrize(
    ("description", "errcode"),
    [
        (None, 41005),
        ("", 40062),
        ("  ", 40062),
        ("{title: shell quoting}", 40062),
        ('["title"]', 40062),
        ('{"introduction": "no title"}', 40062),
        ('{"title": " \t"}', 40062),
        ('{"title": 7}', 40062),
    ],
)
def test_a_video_needs_words(caller: Caller, description: str | None, errcode: int) -> None:
    assert caller.add("video", "a.mp4", MP4, description)["errcode"] == errcode


@pytest.mark.parametrize(
    ("description", "title"),
    [
        (ABOUT, "产品介绍"),
        (r'{"title": "\u4ea7\u54c1"}', r"\u4ea7\u54c1"),
        (r'{"title": "a\nb \"c\" \\u4ea7"}', 'a\nb "c" \\u4ea7'),
    ],
)
def test_a_video_keeps_its_words_and_escapes_stay_as_they_stand(caller: Caller, description: str, title: str) -> None:
    media_id = caller.add("video", "a.mp4", MP4, description)["media_id"]
    words = caller.get(media_id)
    assert isinstance(words, dict)
    assert words["title"] == title
    assert set(words) == {"title", "description", "down_url"}


def test_the_same_bytes_twice_are_two_materials_of_one_account(caller: Caller) -> None:
    ids = [str(caller.add("image", "a.png", PNG)["media_id"]) for _ in range(3)]
    assert len(set(ids)) == 3
    assert len({media_id[:21] for media_id in ids}) == 1
    assert caller.count()["image_count"] == 3


def test_thumbs_count_and_are_listed_as_images(caller: Caller) -> None:
    caller.add("image", "a.png", PNG)
    thumb = caller.add("thumb", "b.jpg", COVER)
    caller.add("voice", "c.mp3", MP3)
    caller.add("video", "d.mp4", MP4, ABOUT)
    assert caller.count() == {"voice_count": 1, "video_count": 1, "image_count": 2, "news_count": 0}
    newest = caller.page({"type": "image", "offset": 0, "count": 1})["item"]
    assert isinstance(newest, list)
    assert newest[0]["media_id"] == thumb["media_id"]


def test_listings_go_from_new_to_old_and_pages_fit_together(caller: Caller) -> None:
    names = [f"{number}.png" for number in range(25)]
    for name in names:
        caller.add("image", name, PNG)
    first, second = (caller.page({"type": "image", "offset": offset, "count": 20}) for offset in (0, 20))
    assert list(first) == ["item", "total_count", "item_count"]
    assert (first["total_count"], first["item_count"], second["item_count"]) == (25, 20, 5)
    assert isinstance(first["item"], list)
    assert isinstance(second["item"], list)
    assert [item["name"] for item in first["item"] + second["item"]] == names[::-1]


@pytest.mark.parametrize(
    ("kind", "filename", "content", "name", "keys"),
    [
        (
            "image",
            "some/folder/图片.png",
            PNG,
            "some/folder/图片.png",
            ["media_id", "name", "update_time", "url", "tags"],
        ),
        ("voice", "100%25.wxtag.mp3", MP3, "100%25.wxtag", ["media_id", "name", "update_time", "tags"]),
        ("video", "a.mp4", MP4, "产品介绍", ["media_id", "name", "update_time", "description", "tags"]),
    ],
)
def test_names_are_listed_as_sent_voices_without_extension_and_videos_by_their_title(
    caller: Caller, kind: str, filename: str, content: bytes, name: str, keys: list[str]
) -> None:
    caller.add(kind, filename, content, ABOUT)
    items = caller.page({"type": kind, "offset": 0, "count": 20})["item"]
    assert isinstance(items, list)
    assert items[0]["name"] == name
    assert list(items[0]) == keys
    assert items[0].get("url", "https://").startswith("https://")


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({"type": "thumb", "offset": 0, "count": 20}, 40004),
        ({"type": "IMAGE", "offset": 0, "count": 20}, 40004),
        ({"offset": 0, "count": 20}, 40004),
        ({"type": "image", "offset": "zero", "count": 20}, 47001),
        ({"type": "image", "offset": 0, "count": [20]}, 47001),
        ({"type": "image", "offset": None, "count": 20}, 47001),
    ],
)
def test_a_listing_is_refused(caller: Caller, body: dict[str, object], errcode: int) -> None:
    assert caller.page(body)["errcode"] == errcode


def test_what_lies_beyond_the_end_is_an_empty_page(caller: Caller) -> None:
    assert caller.page({"type": "news", "offset": 10**30, "count": 20}) == {
        "item": [],
        "total_count": 0,
        "item_count": 0,
    }


@pytest.mark.parametrize(
    ("kind", "filename", "content"), [("image", "a.png", PNG), ("voice", "b.mp3", MP3), ("thumb", "c.jpg", COVER)]
)
def test_a_material_comes_back_as_its_bytes(caller: Caller, kind: str, filename: str, content: bytes) -> None:
    assert caller.get(caller.add(kind, filename, content)["media_id"]) == content


@pytest.mark.parametrize("media_id", ["abc", "", None, 7, "\ud800"])
def test_a_strange_id_is_refused(caller: Caller, media_id: object) -> None:
    got = caller.get(media_id)
    assert isinstance(got, dict)
    assert got["errcode"] == 40007
    assert caller.delete(media_id)["errcode"] == 40007


def test_what_is_deleted_is_gone_and_cannot_be_deleted_again(caller: Caller) -> None:
    media_id = caller.add("image", "a.png", PNG)["media_id"]
    assert caller.delete(media_id) == {"errcode": 0, "errmsg": "ok"}
    assert caller.delete(media_id)["errcode"] == 40007
    assert caller.count()["image_count"] == 0
    assert caller.page({"type": "image", "offset": 0, "count": 20})["total_count"] == 0


def test_what_a_menu_uses_cannot_be_deleted(sandbox: Sandbox, caller: Caller) -> None:
    media_id = str(caller.add("image", "a.png", PNG)["media_id"])
    sandbox.account.library.mark_in_use(media_id, used=True)
    assert caller.delete(media_id)["errcode"] == 48005
    assert caller.get(media_id) == PNG


@pytest.mark.parametrize(
    ("filename", "content", "errcode"),
    [
        ("a.png", PNG, 0),
        ("a.jpg", JPEG, 0),
        ("a.gif", GIF, 40005),
        ("a.bmp", BMP, 40005),
        ("a.png", WEBP, 40137),
        ("a.png", b"hello", 40137),
        ("a", PNG, 40113),
        ("a.png", b"", 44001),
        ("a.png", padded(PNG, MIB + 1), 40009),
    ],
)
def test_an_article_image_gets_a_url_and_no_place(caller: Caller, filename: str, content: bytes, errcode: int) -> None:
    answer = caller.image(filename, content)
    assert answer["errcode"] == errcode
    assert ("url" in answer) == (errcode == 0)
    assert "media_id" not in answer
    assert caller.count()["image_count"] == 0


@pytest.mark.parametrize(("kind", "filename", "content"), [("voice", "a.mp3", MP3), ("video", "a.mp4", MP4)])
def test_a_full_shelf_takes_nothing_until_something_is_deleted(
    way: type[Directly] | type[OverHttp], kind: str, filename: str, content: bytes
) -> None:
    with serve(switches=Switches(capacity={kind: 2})) as sandbox:
        caller = way(sandbox)
        ids = [caller.add(kind, filename, content, ABOUT)["media_id"] for _ in range(2)]
        assert caller.add(kind, filename, content, ABOUT)["errcode"] == 45034
        caller.delete(ids[0])
        assert "media_id" in caller.add(kind, filename, content, ABOUT)


def test_thumbs_fill_the_shelf_of_images(way: type[Directly] | type[OverHttp]) -> None:
    with serve(switches=Switches(capacity={"image": 1})) as sandbox:
        caller = way(sandbox)
        caller.add("thumb", "a.jpg", COVER)
        assert caller.add("image", "a.png", PNG)["errcode"] == 45034


def listed(caller: Caller, kind: str) -> list[dict[str, object]]:
    items = caller.page({"type": kind, "offset": 0, "count": 20})["item"]
    assert isinstance(items, list)
    return items


@pytest.mark.parametrize(("count", "given"), [(0, 1), (-3, 1), (1, 1), (20, 20), (21, 20), (1000, 20)])
def test_a_count_beyond_the_page_is_clamped(caller: Caller, count: int, given: int) -> None:
    for number in range(21):
        caller.add("image", f"{number}.png", PNG)
    assert caller.page({"type": "image", "offset": -1, "count": count})["item_count"] == given


def test_numbers_in_quotation_marks_are_numbers(caller: Caller) -> None:
    for number in range(3):
        caller.add("image", f"{number}.png", PNG)
    page = caller.page({"type": "image", "offset": "1", "count": "1"})
    assert (page["total_count"], page["item_count"]) == (3, 1)


def test_a_listing_may_show_other_ids_and_both_work(way: type[Directly] | type[OverHttp]) -> None:
    with serve(switches=Switches(listing_renames_ids=True)) as sandbox:
        caller = way(sandbox)
        added = caller.add("image", "a.png", PNG)
        [item] = listed(caller, "image")
        assert item["media_id"] != added["media_id"]
        assert str(item["media_id"])[:21] == str(added["media_id"])[:21]
        assert str(item["url"]).replace("https", "http") == added["url"]
        assert caller.get(item["media_id"]) == caller.get(added["media_id"]) == PNG
        assert caller.delete(item["media_id"])["errcode"] == 0
        assert caller.delete(added["media_id"])["errcode"] == 40007


def test_the_same_bytes_may_get_the_same_url_under_a_new_id(way: type[Directly] | type[OverHttp]) -> None:
    with serve(switches=Switches(same_bytes_same_url=True)) as sandbox:
        caller = way(sandbox)
        first, second, other = (caller.add("image", "a.png", content) for content in (PNG, PNG, GIF))
        assert first["url"] == second["url"] != other["url"]
        assert first["media_id"] != second["media_id"]
        caller.delete(first["media_id"])
        assert caller.add("image", "a.png", PNG)["url"] == second["url"]


def test_too_big_a_video_may_be_taken_and_have_nothing_to_download(way: type[Directly] | type[OverHttp]) -> None:
    with serve(switches=Switches(lenient_video=True)) as sandbox:
        caller = way(sandbox)
        sizes = (10 * MIB, 10 * MIB + 1)
        words = [caller.get(caller.add("video", "a.mp4", padded(MP4, size), ABOUT)["media_id"]) for size in sizes]
        assert [bool(one["down_url"]) for one in words if isinstance(one, dict)] == [True, False]


@pytest.mark.parametrize("errcode", [41005, 40113])
def test_names_beyond_ascii_may_be_refused_and_nothing_is_stored(
    way: type[Directly] | type[OverHttp], errcode: int
) -> None:
    with serve(switches=Switches(ascii_names=errcode)) as sandbox:
        caller = way(sandbox)
        assert caller.add("image", "产品.png", PNG)["errcode"] == errcode
        assert caller.image("产品.png", PNG)["errcode"] == errcode
        assert caller.count()["image_count"] == 0
        assert "media_id" in caller.add("image", "product.png", PNG)


@pytest.mark.parametrize(
    ("switches", "errcode"), [(Switches(), 48005), (Switches(used_by_menu=45060), 45060)], ids=["48005", "45060"]
)
def test_what_a_button_sends_cannot_be_deleted(
    way: type[Directly] | type[OverHttp], switches: Switches, errcode: int
) -> None:
    with serve(switches=switches) as sandbox:
        caller = way(sandbox)
        media_id = caller.add("image", "a.png", PNG)["media_id"]
        sandbox.account.menu_create(menu_of({"type": "media_id", "name": "图", "media_id": media_id}))
        assert caller.delete(media_id)["errcode"] == errcode
        sandbox.account.menu_delete()
        assert caller.delete(media_id)["errcode"] == 0


def menu_of(*buttons: dict[str, object]) -> dict[str, object]:
    return {"button": [{"name": "更多", "sub_button": list(buttons)}]}


LENIENT = [
    (Switches(infer_type=True), "TYPE", "a.mp4", MP4, None),
    (Switches(lenient_thumb=True), "thumb", "a.png", padded(PNG, 155_000), None),
    (Switches(specific_size_codes=True), "image", "a.png", padded(PNG, 10 * MIB + 1), 40009),
    (Switches(specific_size_codes=True), "voice", "a.mp3", padded(MP3, 2 * MIB + 1), 40010),
    (Switches(specific_size_codes=True), "video", "a.mp4", padded(MP4, 10 * MIB + 1), 40011),
]


@pytest.mark.parametrize(("switches", "kind", "filename", "content", "errcode"), LENIENT)
def test_switches_change_what_is_refused(
    way: type[Directly] | type[OverHttp],
    switches: Switches,
    kind: str,
    filename: str,
    content: bytes,
    errcode: int | None,
) -> None:
    with serve(switches=switches) as sandbox:
        assert way(sandbox).add(kind, filename, content, ABOUT).get("errcode") == errcode


def test_switches_change_the_shape_of_answers(way: type[Directly] | type[OverHttp]) -> None:
    switches = Switches(
        empty_url=True,
        without_item=True,
        short_ids=True,
        uploadimg_format=True,
        bare_uploadimg=True,
        lenient_uploadimg=True,
        https_uploads=True,
        hide_thumbs=True,
        decode_escapes=True,
        empty_description=41005,
        count_out_of_range=40007,
        largest_count=1000,
        voice_extensions=True,
        video_file_names=True,
        delete_unknown_is_ok=True,
        test_account=True,
    )
    with serve(switches=switches) as sandbox:
        caller = way(sandbox)
        voice = caller.add("voice", "a.mp3", MP3)
        assert voice == {"media_id": voice["media_id"], "url": ""}
        assert len(str(voice["media_id"])) == 43
        assert listed(caller, "voice")[0]["name"] == "a.mp3"
        article_image = caller.image("a.gif", padded(GIF, 2 * MIB))
        assert set(article_image) == {"url"}
        assert str(article_image["url"]).endswith("/0?wx_fmt=gif")
        assert str(caller.add("thumb", "a.jpg", COVER)["url"]).startswith("https://")
        assert caller.page({"type": "image", "count": 99})["item"] == []
        assert [caller.page({"type": "image", "count": count}).get("errcode") for count in (0, 1001)] == [40007, 40007]
        assert caller.count()["image_count"] == 1
        video = caller.get(caller.add("video", "a.mp4", MP4, r'{"title":"\u4ea7","introduction":"i"}')["media_id"])
        assert isinstance(video, dict)
        assert (video["title"], video["description"]) == ("产", "")
        assert listed(caller, "video")[0]["name"] == "a.mp4"
        assert caller.add("video", "a.mp4", MP4, "")["errcode"] == 41005
        assert caller.delete("abc")["errcode"] == 0
