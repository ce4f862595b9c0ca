"""The body of an upload is the very bytes that WeChat's parser wants."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import HTTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxsync.model import MaterialType, Upload
from wxsync.wechat.multipart import description, encode


def test_an_image_is_one_part_byte_for_byte() -> None:
    body, content_type = encode(Upload(MaterialType.IMAGE, b"\x89PNG\r\n\x00", "logo.wxab.png"), boundary="wxsync1")
    assert content_type == "multipart/form-data; boundary=wxsync1"
    assert body == (
        b'--wxsync1\r\nContent-Disposition: form-data; name="media"; filename="logo.wxab.png"\r\n'
        b"Content-Type: image/png\r\n\r\n\x89PNG\r\n\x00\r\n--wxsync1--\r\n"
    )


def test_a_video_says_its_title_and_introduction_in_raw_utf8() -> None:
    upload = Upload(MaterialType.VIDEO, b"mp4", "intro.wxab.mp4", title='产品"介绍', introduction="三分钟 & <了解>😀")
    body, _ = encode(upload, boundary="B")
    assert (
        body
        == (
            '--B\r\nContent-Disposition: form-data; name="media"; filename="intro.wxab.mp4"\r\n'
            "Content-Type: video/mp4\r\n\r\nmp4\r\n"
            '--B\r\nContent-Disposition: form-data; name="description"\r\n\r\n'
            '{"title": "产品\\"介绍", "introduction": "三分钟 & <了解>😀"}\r\n--B--\r\n'
        ).encode()
    )


@pytest.mark.parametrize(
    "name", ["图 片.png", 'a".png', "a\r\nb.png", "a b.png", "../a.png", "", "a;b.png", "x" * 129, "a\\b.png"]
)
def test_a_name_that_would_have_to_be_quoted_is_a_mistake_of_ours(name: str) -> None:
    with pytest.raises(ValueError, match="letters"):
        encode(Upload(MaterialType.IMAGE, b"x", name), boundary="B")


def test_a_name_beyond_ascii_is_raw_utf_8() -> None:
    body, _ = encode(Upload(MaterialType.IMAGE, b"x", "秋季活动.wxtag.png"), boundary="B")
    assert 'name="media"; filename="秋季活动.wxtag.png"\r\n'.encode() in body


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])), st.text(st.characters(exclude_categories=["Cc", "Cs"])))
def test_no_text_is_ever_escaped_into_ascii(title: str, introduction: str) -> None:
    said = description(title, introduction).decode()
    assert "\\u" not in said.replace("\\\\", "")


@given(st.binary(max_size=200), st.sampled_from(["jpg", "png", "gif", "bmp", "mp3", "wma", "wav", "amr", "mp4", "odd"]))
def test_any_reader_of_mime_gets_the_same_bytes_back(content: bytes, extension: str) -> None:
    body, content_type = encode(Upload(MaterialType.VOICE, content, f"a.{extension}"), boundary="wxsyncB")
    head = f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: binary\r\n\r\n".encode()
    marked = body.replace(b"\r\nContent-Type:", b"\r\nContent-Transfer-Encoding: binary\r\nContent-Type:", 1)
    start = body.index(b"\r\n\r\n") + 4
    assert body[start : -len(b"\r\n--wxsyncB--\r\n")] == content
    (part,) = message_from_bytes(head + marked, policy=HTTP).iter_parts()
    assert part.get_filename() == f"a.{extension}"
