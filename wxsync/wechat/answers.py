"""Reads what WeChat answered: bytes in, plain values out, None for whatever is not what was asked for."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from wxsync.model import Button, Draft, DraftArticle, DraftPage, ListingPage, Material, MaterialType, Uploaded
from wxsync.wechat.credentials import Secret

Json = Mapping[str, object]

if TYPE_CHECKING:
    from wxsync.wechat.transport import Answer  # requests comes along, which a plan does not need

_MEDIA_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_MOST = 2**53 - 1
_LAST_SECOND = 253_402_300_799  # of the year 9999
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}")
_RID = re.compile(r"rid:?\s*([0-9a-f]+-[0-9a-f]+-[0-9a-f]+)")
_URL = re.compile(r"https?://[!-~]+")
_EDITOR_ID = re.compile(r"[?&]mid=([0-9]{1,20})(?=[&#]|\Z)")
_FILENAME = re.compile(r'filename="?([^";]+)')


class Said(NamedTuple):
    """Holds what every answer may say: `errcode` is 0 where there is none, and None where it is no number."""

    errcode: int | None = 0
    errmsg: str = ""
    rid: str | None = None


@dataclass(frozen=True, slots=True)
class FileContent:
    """Holds the bytes of an image, voice or thumb as WeChat keeps them, and the name that they were sent under."""

    content: bytes = field(repr=False)
    filename: str | None


@dataclass(frozen=True, slots=True)
class VideoDetails:
    """Holds what get_material tells of a video; `down_url` expires and may be a web page."""

    title: str
    introduction: str
    down_url: str | None = field(repr=False)


class Article(Struct, frozen=True):
    """Says that a media_id is an article (图文), which is no material of ours."""


class Quota(Struct, frozen=True):
    """Holds today's calls of one path, and the limit of calls in a span of seconds where WeChat tells it."""

    daily_limit: int
    used: int
    remain: int
    calls: int | None = None
    seconds: int | None = None


class NewToken(Struct, frozen=True):
    """Holds a fresh token, its life in seconds as WeChat said, and the refresh token that follows it."""

    token: Secret
    lifetime: float
    refresh_token: Secret | None = None


def parse(body: bytes | None) -> Json | None:
    """Reads a JSON object as WeChat writes it: UTF-8 whatever the header says, perhaps with raw control characters."""
    text = (body or b"").removeprefix(codecs.BOM_UTF8)
    if not text.lstrip().startswith(b"{"):
        return None
    try:
        value = json.loads(text.decode(errors="replace"), strict=False)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def said(answer: Answer) -> Said:
    """Reads errcode (a number, or one written as text), errmsg and rid of an answer."""
    reply = parse(answer.body)
    if reply is None:
        return Said()
    errmsg = str(reply.get("errmsg", ""))
    rid = _RID.search(errmsg)
    return Said(_int(reply.get("errcode", 0)), errmsg, rid and rid[1])


def read_uploaded(answer: Answer) -> Uploaded | None:
    """Reads the answer of add_material; a url is promised for images only, thumbs have one too, videos an empty one."""
    reply = parse(answer.body) or {}
    media_id = reply.get("media_id")
    if not isinstance(media_id, str) or not _MEDIA_ID.fullmatch(media_id):
        return None
    return Uploaded(media_id=media_id, url=_url(reply.get("url")))


def read_article_image(answer: Answer) -> Uploaded | None:
    """Reads the answer of uploadimg: a url and nothing else."""
    url = _url((parse(answer.body) or {}).get("url"))
    return Uploaded(media_id=None, url=url) if url else None


def read_page(answer: Answer, material_type: MaterialType) -> ListingPage | None:
    """Reads the answer of batchget_material."""
    reply = parse(answer.body) or {}
    total = _int(reply.get("total_count"))
    found = reply.get("item", [] if total == 0 or reply.get("item_count") == 0 else None)
    if total is None or not isinstance(found, list):
        return None
    if not all(isinstance(item, dict) and isinstance(item.get("media_id"), str) for item in found):
        return None
    # What has an id that no command could be given is nobody's: it counts, and is passed over.
    usable = [item for item in found if _MEDIA_ID.fullmatch(item["media_id"])]
    items = tuple(_material(item, material_type) for item in usable)
    return ListingPage(total, items, unusable=len(found) - len(items))


def read_counts(answer: Answer) -> Mapping[str, int] | None:
    """Reads the answer of get_materialcount: voice, video, image and news."""
    reply = parse(answer.body) or {}
    counts = {kind: _int(reply.get(f"{kind}_count")) for kind in ("voice", "video", "image", "news")}
    known = {kind: count for kind, count in counts.items() if count is not None}
    return known if len(known) == len(counts) else None


def read_content(answer: Answer) -> FileContent | VideoDetails | Article | None:
    """Reads the answer of get_material: bytes, or JSON for a video, an article or an error, under any Content-Type."""
    body = answer.body or b""
    reply = parse(body)
    if reply is not None:
        return _details(reply)
    name = _FILENAME.search(answer.disposition)
    # Without the header only what cannot be a page of a proxy or cut JSON is taken for a file.
    if not body or (not answer.disposition and body.lstrip()[:1] in {b"<", b"{", b""}):
        return None
    return FileContent(body, name and _basename(name[1]))


def read_deleted(answer: Answer) -> bool | None:
    """Reads the answer of del_material, which must say that it worked."""
    return True if "errcode" in (parse(answer.body) or {}) else None


def read_draft_count(answer: Answer) -> int | None:
    """Reads the answer of draft/count."""
    return _int((parse(answer.body) or {}).get("total_count"))


def read_drafts(answer: Answer) -> DraftPage | None:
    """Reads the answer of draft/batchget."""
    reply = parse(answer.body) or {}
    total = _int(reply.get("total_count"))
    found = reply.get("item", [] if total == 0 or reply.get("item_count") == 0 else None)
    if total is None or not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        return None
    return DraftPage(total, tuple(map(_draft, found)))


def read_menu(answer: Answer) -> tuple[Button, ...] | None:
    """Reads the answer of menu/get, which must hold a menu: its buttons, and those of the menus for some followers."""
    reply = parse(answer.body) or {}
    menu, others = reply.get("menu"), _objects(reply.get("conditionalmenu"))
    if not isinstance(menu, dict):
        return None
    menus = enumerate([menu, *others])
    return tuple(button for number, one in menus for button in _buttons(one.get("button"), (), number))


def read_quota(answer: Answer) -> Quota | None:
    """Reads the answer of openapi/quota/get."""
    reply = parse(answer.body) or {}
    quota, rate = reply.get("quota"), reply.get("rate_limit")
    if not isinstance(quota, dict):
        return None
    limit, used, remain = (_int(quota.get(key)) for key in ("daily_limit", "used", "remain"))
    if limit is None or used is None or remain is None:
        return None
    rate = rate if isinstance(rate, dict) else {}
    return Quota(limit, used, remain, calls=_int(rate.get("call_count")), seconds=_int(rate.get("refresh_second")))


def read_token(answer: Answer, *, prefix: str = "") -> NewToken | None:
    """Reads a token and its life; the third-party platform's answer names both with the prefix `authorizer_`."""
    reply = parse(answer.body) or {}
    token, renewal = reply.get(f"{prefix}access_token"), reply.get(f"{prefix}refresh_token")
    lifetime = _int(reply.get("expires_in"))
    if not isinstance(token, str) or not token or lifetime is None:
        return None
    return NewToken(Secret(token), lifetime, Secret(renewal) if renewal and isinstance(renewal, str) else None)


def _int(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) <= _MOST else None
    return int(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else None


def _url(value: object) -> str | None:
    return value if isinstance(value, str) and _URL.fullmatch(value) else None


def _material(item: Json, material_type: MaterialType) -> Material:
    updated_at = _int(item.get("update_time")) or 0
    return Material(
        media_id=str(item["media_id"]),
        type=material_type,
        name=_text(item.get("name", "")),
        url=_url(item.get("url")),
        updated_at=updated_at if 0 <= updated_at <= _LAST_SECOND else 0,
    )


def _text(value: object) -> str:
    """Reads a text; half of a surrogate pair, which JSON can hold, could never be written again."""
    return str(value).encode(errors="replace").decode()


def _draft(item: Json) -> Draft:
    content = item.get("content")
    articles = _objects(content.get("news_item")) if isinstance(content, dict) else []
    return Draft(_text(item.get("media_id", "")), tuple(map(_draft_article, articles)))


def _draft_article(item: Json) -> DraftArticle:
    info = item.get("image_info")
    images = _objects(info.get("image_list")) if isinstance(info, dict) else []
    # The address itself is a key to a draft that nobody may have seen yet: only its number is kept.
    number = _EDITOR_ID.search(_text(item.get("url", "")))
    return DraftArticle(
        title=_text(item.get("title", "")),
        thumb_media_id=_text(item.get("thumb_media_id", "")),
        thumb_url=_text(item.get("thumb_url", "")),
        content=_text(item.get("content", "")),
        images=tuple((_text(one.get("image_media_id", "")), _text(one.get("url", ""))) for one in images),
        editor_id=number[1] if number else "",
    )


def _buttons(found: object, above: tuple[str, ...], condition: int) -> Iterator[Button]:
    for one in _objects(found):
        path = (*above, _text(one.get("name", "")))
        yield Button(path, _text(one.get("media_id", "")), _text(one.get("url", "")), condition)
        # A button that opens others has none below those.
        if not above:
            yield from _buttons(one.get("sub_button"), path, condition)


def _objects(value: object) -> list[Json]:
    """Reads a list of objects; whatever else is in it is passed over."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _details(reply: Json) -> VideoDetails | Article | None:
    if "news_item" in reply:
        return Article()
    if not isinstance(reply.get("title"), str) and not isinstance(reply.get("down_url"), str):
        return None
    return VideoDetails(
        title=_text(reply.get("title", "")),
        introduction=_text(reply.get("description", "")),
        down_url=_url(reply.get("down_url")),
    )


def _basename(name: str) -> str:
    # http.client reads headers as Latin-1; WeChat writes them in UTF-8.
    text = name.encode("latin-1", errors="replace").decode("utf-8", errors="replace")
    return re.split(r"[/\\]", text)[-1].strip()
