"""The draft box: articles as draft/add takes them, and as draft/get shows them, which is not the same."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Callable, Mapping

from msgspec import Struct, field
from msgspec.structs import asdict

from wxsync.sandbox.errors import ApiError
from wxsync.sandbox.ids import Ids
from wxsync.sandbox.library import Library, Stored
from wxsync.sandbox.store import Store
from wxsync.sandbox.switches import Switches

MOST_ARTICLES = 8
MOST_IMAGES = 20
MOST_CONTENT = 1_000_000
# Documented: a title of 32 characters, though 64 were taken (reported). Which code is for which field is a guess.
LENGTHS = {"title": (64, 45003), "author": (16, 45004), "digest": (128, 45004), "content_source_url": (1024, 45005)}
HOSTED = r"https?://mmbiz\.(?:qpic|qlogo)\.cn/"

JSON = dict[str, object]


class Article(Struct, frozen=True):
    """Holds an article of a draft; its cover is known by the id that drafts show, and by its url."""

    article_type: str
    title: str
    author: str = ""
    digest: str = ""
    content: str = ""
    content_source_url: str = ""
    thumb_media_id: str = ""
    thumb_url: str = ""
    need_open_comment: int = 0
    only_fans_can_comment: int = 0
    images: list[dict[str, str]] = field(default_factory=list)


class Drafts:
    """Keeps drafts, the newest first."""

    def __init__(
        self, store: Store, *, ids: Ids, library: Library, clock: Callable[[], float], switches: Switches
    ) -> None:
        self._store = store
        self._ids = ids
        self._library = library
        self._clock = clock
        self._switches = switches

    def add(self, articles: object, *, console: bool = False) -> str:
        """Stores a draft and gives its id.

        The console (`console`) needs no cover, and may give one by `thumb_url` alone, which has no id then.
        """
        if not isinstance(articles, list) or not articles:
            raise ApiError(44003)
        if len(articles) > MOST_ARTICLES:
            raise ApiError(45008)
        read = [self._read(article, console=console) for article in articles]
        media_id = self._ids.new()
        values = (media_id, json.dumps([asdict(article) for article in read], ensure_ascii=False), self._clock())
        with self._store.transaction() as db:
            db.execute("INSERT INTO drafts (media_id, articles, created) VALUES (?, ?, ?)", values)
        return media_id

    def get(self, media_id: str) -> JSON:
        """Shows one draft; raises 40007 for a strange id."""
        with self._store.transaction() as db:
            row = db.execute(
                "SELECT media_id, articles, created FROM drafts WHERE media_id = ?", (media_id,)
            ).fetchone()
        if row is None:
            raise ApiError(40007)
        return _content(*row, with_content=True)

    def page(self, *, offset: int, count: int, with_content: bool) -> JSON:
        """Shows one page of the drafts."""
        query = "SELECT media_id, articles, created FROM drafts ORDER BY seq DESC LIMIT ? OFFSET ?"
        with self._store.transaction() as db:
            total = _count(db)
            rows = db.execute(query, (count, offset)).fetchall()
        item = [
            {"media_id": row[0], "content": _content(*row, with_content=with_content), "update_time": int(row[2])}
            for row in rows
        ]
        return {"item": item, "total_count": total, "item_count": len(item)}

    def count(self) -> int:
        """Counts the drafts."""
        with self._store.transaction() as db:
            return _count(db)

    def remove(self, media_id: str) -> None:
        """Deletes a draft; raises 40007 where it is not."""
        with self._store.transaction() as db:
            if not db.execute("DELETE FROM drafts WHERE media_id = ?", (media_id,)).rowcount:
                raise ApiError(40007)

    def everything(self) -> list[JSON]:
        """Gives all drafts as they are kept, the oldest first."""
        with self._store.transaction() as db:
            rows = db.execute("SELECT media_id, articles, created FROM drafts ORDER BY seq").fetchall()
        return [{"media_id": row[0], "articles": json.loads(row[1]), "created": row[2]} for row in rows]

    def _read(self, article: object, *, console: bool) -> Article:
        if not isinstance(article, Mapping):
            raise ApiError(47001)
        texts = {name: _text(article, name) for name in (*LENGTHS, "content")}
        _check_lengths(texts)
        kind = _text(article, "article_type") or "news"
        thumb = _text(article, "thumb_media_id")
        cover = self._picture(thumb) if thumb or (kind == "news" and not console) else None
        images = self._images(article) if kind == "newspic" else []
        if kind == "newspic" and not images and not console:
            raise ApiError(40007)
        return Article(
            article_type=kind,
            **(texts | {"content": _without_strangers(texts["content"])}),
            thumb_media_id=self._shown(cover) if cover else "",
            thumb_url=cover.url if cover else _text(article, "thumb_url"),
            need_open_comment=int(article.get("need_open_comment") == 1),
            only_fans_can_comment=int(article.get("only_fans_can_comment") == 1),
            images=images,
        )

    def _images(self, article: Mapping[str, object]) -> list[dict[str, str]]:
        info = article.get("image_info")
        listed = info.get("image_list") if isinstance(info, Mapping) else None
        if not isinstance(listed, list) or not all(isinstance(image, Mapping) for image in listed):
            raise ApiError(40007)
        if len(listed) > MOST_IMAGES:
            raise ApiError(45020)
        found = [self._picture(_text(image, "image_media_id")) for image in listed]
        return [{"image_media_id": self._shown(picture), "url": picture.url} for picture in found]

    def _picture(self, media_id: str) -> Stored:
        stored = self._library.find(media_id)
        if stored.shelf != "image":
            raise ApiError(40007)
        return stored

    def _shown(self, picture: Stored) -> str:
        return picture.media_id if self._switches.drafts_keep_ids else picture.other_id


def _check_lengths(texts: Mapping[str, str]) -> None:
    if not texts["title"].strip():
        raise ApiError(40227)
    for name, (most, errcode) in LENGTHS.items():
        if len(texts[name]) > most:
            raise ApiError(errcode)
    if len(texts["content"].encode()) > MOST_CONTENT:
        raise ApiError(45002)


def _without_strangers(content: str) -> str:
    """Takes out the images of an article that do not lie at WeChat, as documented."""
    return re.sub(rf"""<img\b(?![^>]*\bsrc=["']{HOSTED})[^>]*>""", "", content, flags=re.IGNORECASE)


def _as_shown(content: str) -> str:
    """Writes the images of an article as drafts were seen to show them: data-src, https and the size 640."""
    content = re.sub(r"""(<img\b[^>]*?\s)src=""", r"\1data-src=", content, flags=re.IGNORECASE)
    return re.sub(rf"""{HOSTED}([\w-]+/[\w-]+)/0(?=[?"'])""", r"https://mmbiz.qpic.cn/\1/640", content)


def _content(media_id: str, articles: str, created: float, *, with_content: bool) -> JSON:
    news = [
        _article(article, media_id=media_id, index=index, with_content=with_content)
        for index, article in enumerate(json.loads(articles), 1)
    ]
    return {"news_item": news, "create_time": int(created), "update_time": int(created)}


def _article(kept: dict[str, object], *, media_id: str, index: int, with_content: bool) -> JSON:
    shown = {name: value for name, value in kept.items() if name != "images"}
    shown["thumb_url"] = re.sub(r"/0(?=\?|$)", "/640", str(kept["thumb_url"]))
    if with_content:
        shown["content"] = _as_shown(str(kept["content"]))
    else:
        del shown["content"]
    key = hashlib.sha256(f"{media_id} {index}".encode()).hexdigest()
    shown["url"] = f"http://mp.weixin.qq.com/s?__biz=c2FuZGJveA==&mid=100000001&idx={index}&tempkey={key}#rd"
    if kept["article_type"] == "newspic":
        shown["image_info"] = {"image_list": kept["images"]}
    return shown


def _count(db: sqlite3.Connection) -> int:
    total: int = db.execute("SELECT count(*) FROM drafts").fetchone()[0]
    return total


def _text(value: Mapping[str, object], key: str) -> str:
    text = value.get(key)
    return text.encode(errors="replace").decode() if isinstance(text, str) else ""
