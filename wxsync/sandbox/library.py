"""The shelves of the material library: what lies there, newest first."""

from __future__ import annotations

import base64
import hashlib
import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from wxsync.sandbox.errors import ApiError
from wxsync.sandbox.quotas import Quotas
from wxsync.sandbox.store import Store

# The server's name for a format: the family in the url's path, and `wx_fmt`. BMP is a guess, the others were seen.
URL_WORDS = {"jpeg": ("mmbiz_jpg", "jpeg"), "png": ("mmbiz_png", "png"), "gif": ("mmbiz_gif", "gif")}
COLUMNS = "media_id, shelf, type, name, title, introduction, format, size, sha256, url, created, in_use"


@dataclass(frozen=True, slots=True)
class Incoming:
    """Holds an upload that passed every check; `format` is the word of the probed format."""

    type: str
    name: str
    format: str
    content: bytes
    title: str = ""
    introduction: str = ""

    @property
    def shelf(self) -> str:
        """Gives the shelf it is counted on: thumbs lie with the images (a live test of WxJava counts them there)."""
        return "image" if self.type == "thumb" else self.type


@dataclass(frozen=True, slots=True)
class Stored:
    """Holds what the library knows of a material, without its bytes; `created` is in Unix seconds."""

    media_id: str
    shelf: str
    type: str
    name: str
    title: str
    introduction: str
    format: str
    size: int
    sha256: str
    url: str
    created: float
    in_use: bool


class Library:
    """Keeps materials and article images; nothing is ever recognised as a copy, as at WeChat."""

    def __init__(self, store: Store, *, appid: str, quotas: Quotas, clock: Callable[[], float]) -> None:
        self._store = store
        self._quotas = quotas
        self._clock = clock
        self._prefix = hashlib.sha256(appid.encode()).digest()[:16]

    def add(self, incoming: Incoming) -> Stored:
        """Stores a new material; raises 45034 where its shelf is full."""
        pictured = incoming.shelf == "image"
        stored = Stored(
            media_id=base64.urlsafe_b64encode(self._prefix + secrets.token_bytes(16)).decode().rstrip("="),
            shelf=incoming.shelf,
            type=incoming.type,
            name=incoming.name,
            title=incoming.title,
            introduction=incoming.introduction,
            format=incoming.format,
            size=len(incoming.content),
            sha256=hashlib.sha256(incoming.content).hexdigest(),
            url=new_url(incoming.format) if pictured else "",
            created=self._clock(),
            in_use=False,
        )
        values = [getattr(stored, column) for column in COLUMNS.split(", ")]
        places = ", ".join("?" * (len(values) + 1))
        with self._store.transaction() as db:
            if _count(db, incoming.shelf) >= self._quotas.capacity(db, incoming.shelf):
                raise ApiError(45034)
            db.execute(f"INSERT INTO materials ({COLUMNS}, content) VALUES ({places})", (*values, incoming.content))  # noqa: S608  # constants only
        return stored

    def add_article_image(self, incoming: Incoming) -> str:
        """Stores the image of an article, which takes no place in the library, and gives its url."""
        url = new_url(incoming.format)
        sha256 = hashlib.sha256(incoming.content).hexdigest()
        row = (url, incoming.name, len(incoming.content), sha256, self._clock(), incoming.content)
        fields = "url, name, size, sha256, created, content"
        with self._store.transaction() as db:
            db.execute(f"INSERT INTO article_images ({fields}) VALUES (?, ?, ?, ?, ?, ?)", row)  # noqa: S608  # constants only
        return url

    def find(self, media_id: str) -> Stored:
        """Looks a material up; raises 40007 where it is not, or not any more."""
        with self._store.transaction() as db:
            row = db.execute(f"SELECT {COLUMNS} FROM materials WHERE media_id = ?", (media_id,)).fetchone()  # noqa: S608  # constants only
        if row is None:
            raise ApiError(40007)
        return Stored(*row)

    def content(self, media_id: str) -> bytes:
        """Gives the bytes of a material; raises 40007 where it is not."""
        with self._store.transaction() as db:
            row = db.execute("SELECT content FROM materials WHERE media_id = ?", (media_id,)).fetchone()
        if row is None:
            raise ApiError(40007)
        return bytes(row[0])

    def page(self, shelf: str, *, offset: int, count: int, thumbs: bool, before: float) -> tuple[int, list[Stored]]:
        """Gives how many there are on a shelf and one page of them by creation, newest first.

        Without `thumbs` these are left out, and so is what was created after `before` (Unix seconds).
        """
        where = "shelf = ? AND created <= ? AND (type != 'thumb' OR ?)"
        with self._store.transaction() as db:
            total = db.execute(f"SELECT count(*) FROM materials WHERE {where}", (shelf, before, thumbs)).fetchone()[0]  # noqa: S608  # constants only
            query = f"SELECT {COLUMNS} FROM materials WHERE {where} ORDER BY seq DESC LIMIT ? OFFSET ?"  # noqa: S608  # constants only
            rows = db.execute(query, (shelf, before, thumbs, count, offset)).fetchall()
        return total, [Stored(*row) for row in rows]

    def counts(self) -> dict[str, int]:
        """Counts the materials on each shelf."""
        with self._store.transaction() as db:
            return {shelf: _count(db, shelf) for shelf in ("voice", "video", "image")}

    def remove(self, media_id: str) -> None:
        """Takes a material out; raises 40007 where it is not and 48005 where a menu uses it."""
        if self.find(media_id).in_use:
            raise ApiError(48005)
        with self._store.transaction() as db:
            if not db.execute("DELETE FROM materials WHERE media_id = ?", (media_id,)).rowcount:
                raise ApiError(40007)

    def mark_in_use(self, media_id: str, *, used: bool) -> None:
        """Notes that a menu or an automatic answer uses a material; raises 40007 where it is not."""
        with self._store.transaction() as db:
            if not db.execute("UPDATE materials SET in_use = ? WHERE media_id = ?", (used, media_id)).rowcount:
                raise ApiError(40007)

    def everything(self) -> tuple[list[Stored], list[dict[str, object]]]:
        """Gives all materials and all article images in the order of their creation, without their bytes."""
        with self._store.transaction() as db:
            rows = db.execute(f"SELECT {COLUMNS} FROM materials ORDER BY seq").fetchall()  # noqa: S608  # constants only
            images = db.execute("SELECT url, name, size, sha256, created FROM article_images ORDER BY seq").fetchall()
        words = ("url", "name", "size", "sha256", "created")
        return [Stored(*row) for row in rows], [dict(zip(words, image, strict=True)) for image in images]


def new_url(image_format: str) -> str:
    """Makes the address of a new image, in the shape that add_material and uploadimg were seen to answer."""
    family, word = URL_WORDS.get(image_format, URL_WORDS["png"])
    token = secrets.token_urlsafe(63).replace("-", "a").replace("_", "b")
    return f"http://mmbiz.qpic.cn/{family}/{token}/0?wx_fmt={word}"


def _count(db: sqlite3.Connection, shelf: str) -> int:
    row: tuple[int] = db.execute("SELECT count(*) FROM materials WHERE shelf = ?", (shelf,)).fetchone()
    return row[0]
