"""The shelves of the material library: what lies there, newest first."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Callable

from msgspec import Struct

from wxsync.sandbox.errors import ApiError
from wxsync.sandbox.ids import Ids
from wxsync.sandbox.quotas import Quotas
from wxsync.sandbox.store import Store
from wxsync.sandbox.switches import Switches

# The server's name for a format: the family in the url's path, and `wx_fmt`. BMP is a guess, the others were seen.
URL_WORDS = {"jpeg": ("mmbiz_jpg", "jpeg"), "png": ("mmbiz_png", "png"), "gif": ("mmbiz_gif", "gif")}
COLUMNS = "media_id, other_id, shelf, type, name, title, introduction, format, size, sha256, url, created, in_use"


class Incoming(Struct, frozen=True):
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


class Stored(Struct, frozen=True):
    """Holds what the library knows of a material, without its bytes; `created` is in Unix seconds.

    `other_id` is as good as `media_id`: drafts show it, and listings where `listing_renames_ids` is on.
    """

    media_id: str
    other_id: str
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

    def __init__(
        self, store: Store, *, ids: Ids, quotas: Quotas, clock: Callable[[], float], switches: Switches
    ) -> None:
        self._store = store
        self._ids = ids
        self._quotas = quotas
        self._clock = clock
        self._switches = switches
        with store.transaction() as db:
            # States of version 1 have materials without a second id.
            for (media_id,) in db.execute("SELECT media_id FROM materials WHERE other_id = ''").fetchall():
                db.execute("UPDATE materials SET other_id = ? WHERE media_id = ?", (ids.other(media_id), media_id))

    def add(self, incoming: Incoming) -> Stored:
        """Stores a new material; raises 45034 where its shelf is full."""
        media_id = self._ids.new()
        sha256 = hashlib.sha256(incoming.content).hexdigest()
        stored = Stored(
            media_id=media_id,
            other_id=self._ids.other(media_id),
            shelf=incoming.shelf,
            type=incoming.type,
            name=incoming.name,
            title=incoming.title,
            introduction=incoming.introduction,
            format=incoming.format,
            size=len(incoming.content),
            sha256=sha256,
            url=self._url(incoming.format, sha256) if incoming.shelf == "image" else "",
            created=self._clock(),
            in_use=False,
        )
        values = [getattr(stored, column) for column in COLUMNS.split(", ")]
        places = ", ".join("?" * (len(values) + 1))
        with self._store.transaction() as db:
            if _holds(db, incoming.shelf, self._quotas.capacity(db, incoming.shelf)):
                raise ApiError(45034)
            db.execute(f"INSERT INTO materials ({COLUMNS}, content) VALUES ({places})", (*values, incoming.content))  # noqa: S608  # constants only
        return stored

    def add_article_image(self, incoming: Incoming) -> str:
        """Stores the image of an article, which takes no place in the library, and gives its url."""
        sha256 = hashlib.sha256(incoming.content).hexdigest()
        fields = "url, name, size, sha256, created, content"
        with self._store.transaction() as db:
            before: int = db.execute("SELECT count(*) FROM article_images").fetchone()[0]
            url = _article_url(incoming.format, before, with_format=self._switches.uploadimg_format)
            row = (url, incoming.name, len(incoming.content), sha256, self._clock(), incoming.content)
            db.execute(f"INSERT INTO article_images ({fields}) VALUES (?, ?, ?, ?, ?, ?)", row)  # noqa: S608  # constants only
        return url

    def _url(self, image_format: str, sha256: str) -> str:
        if self._switches.same_bytes_same_url:
            query = "SELECT url FROM materials WHERE sha256 = ? AND shelf = 'image' ORDER BY seq LIMIT 1"
            if row := self._store.row(query, (sha256,)):
                return str(row[0])
        family, word = URL_WORDS.get(image_format, URL_WORDS["png"])
        return f"http://mmbiz.qpic.cn/{family}/{_new_token()}/0?wx_fmt={word}"

    def find(self, media_id: str) -> Stored:
        """Looks a material up by either of its ids; raises 40007 where it is not, or not any more."""
        with self._store.transaction() as db:
            return _find(db, media_id)

    def content(self, media_id: str) -> bytes:
        """Gives the bytes of a material; raises 40007 where it is not."""
        row = self._store.row("SELECT content FROM materials WHERE media_id = ?", (media_id,))
        if row is None:
            raise ApiError(40007)
        return bytes(row[0])

    def picture(self, token: str) -> tuple[str, bytes]:
        """Gives format and bytes of what lies under a url's token, deleted or not; raises 40007 where nothing does."""
        query = """
            SELECT format, content FROM materials WHERE url LIKE ?1 UNION ALL
            SELECT format, content FROM remains WHERE url LIKE ?1 UNION ALL
            SELECT '', content FROM article_images WHERE url LIKE ?1 LIMIT 1"""
        row = self._store.row(query, (f"%/{token}/%",)) if token.isalnum() else None
        if row is None:
            raise ApiError(40007)
        return row[0], bytes(row[1])

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
        """Takes a material out, its second id with it; raises 40007 where it is not."""
        with self._store.transaction() as db:
            stored = _find(db, media_id)
            if stored.url and not self._switches.urls_die:
                keep = "INSERT OR IGNORE INTO remains SELECT url, format, content FROM materials WHERE media_id = ?"
                db.execute(keep, (stored.media_id,))
            db.execute("DELETE FROM materials WHERE media_id = ?", (stored.media_id,))

    def mark_in_use(self, media_id: str, *, used: bool) -> None:
        """Notes that an automatic answer uses a material; raises 40007 where it is not."""
        with self._store.transaction() as db:
            db.execute("UPDATE materials SET in_use = ? WHERE media_id = ?", (used, _find(db, media_id).media_id))

    def everything(self) -> tuple[list[Stored], list[dict[str, object]]]:
        """Gives all materials and all article images in the order of their creation, without their bytes."""
        with self._store.transaction() as db:
            rows = db.execute(f"SELECT {COLUMNS} FROM materials ORDER BY seq").fetchall()  # noqa: S608  # constants only
            images = db.execute("SELECT url, name, size, sha256, created FROM article_images ORDER BY seq").fetchall()
        words = ("url", "name", "size", "sha256", "created")
        return [Stored(*row) for row in rows], [dict(zip(words, image, strict=True)) for image in images]


def _find(db: sqlite3.Connection, media_id: str) -> Stored:
    query = f"SELECT {COLUMNS} FROM materials WHERE media_id = ? OR other_id = ?"  # noqa: S608  # constants only
    row = db.execute(query, (media_id, media_id)).fetchone()
    if row is None:
        raise ApiError(40007)
    return Stored(*row)


def _article_url(image_format: str, before: int, *, with_format: bool) -> str:
    # Seen in 2026: two families for the same account and even for the same bytes.
    family, word = URL_WORDS.get(image_format, URL_WORDS["png"])
    tail = f"wx_fmt={word}" if with_format else "from=appmsg"
    return f"http://mmbiz.qpic.cn/{'sz_' * (before % 2)}{family}/{_new_token()}/0?{tail}"


def _new_token() -> str:
    return secrets.token_urlsafe(63).replace("-", "a").replace("_", "b")


def _holds(db: sqlite3.Connection, shelf: str, most: int) -> bool:
    """Tell whether a shelf holds so many; it never does where fewer were ever stored, which is told without a count."""
    ever: int = db.execute("SELECT coalesce(max(seq), 0) FROM materials").fetchone()[0]
    return ever >= most and _count(db, shelf) >= most


def _count(db: sqlite3.Connection, shelf: str) -> int:
    row: tuple[int] = db.execute("SELECT count(*) FROM materials WHERE shelf = ?", (shelf,)).fetchone()
    return row[0]
