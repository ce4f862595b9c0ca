"""A WeChat in memory: it keeps what it is sent, lists it newest first, and forgets nothing."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.simulation.clock import Clock
from tests.simulation.faults import LATEST_COMMIT, Fault, said
from wxsync.model import MaterialType
from wxsync.planner.naming import tag_in
from wxsync.wechat.outcome import Phase
from wxsync.wechat.transport import Answer, Request

_TOKEN_LIFE = 7200
# However short its pages are: a listing of many more than a library has is taken for one without an end.
_PAGES = 50
_FILENAME = re.compile(rb'filename="([^"]+)"')
_LISTED = {"image": (MaterialType.IMAGE,), "voice": (MaterialType.VOICE,), "video": (MaterialType.VIDEO,)}


@dataclass(frozen=True, slots=True)
class Item:
    """Holds one material of the library, sent by some machine, and shown from the moment `at` on."""

    media_id: str
    type: MaterialType
    name: str
    sha256: str
    at: int
    sent: float = 0.0
    sender: str = ""
    title: str = ""
    introduction: str = ""
    listed_id: str = ""

    @property
    def ids(self) -> frozenset[str]:
        """The ids that work: the one that the upload was answered, and the one that listings show."""
        return frozenset({self.media_id, self.listed_id})

    @property
    def tag(self) -> str | None:
        return tag_in(self.name)

    @property
    def shown(self) -> str:
        return self.title if self.type is MaterialType.VIDEO else self.name


@dataclass(slots=True)
class Server:
    """Answers requests; `lists_thumbs`, `keeps_introductions` and `renames` are what nobody knows of the real one.

    A server that `renames` lists pictures and voices under another id than their uploads were answered. A listing gives
    no more than `page` at once, so that a few materials fill several pages. `deleted` are those that were there, each
    with who had it deleted.
    """

    clock: Clock
    rng: Random
    lists_thumbs: bool = True
    keeps_introductions: bool = True
    renames: bool = False
    page: int = 20
    deleted: dict[str, tuple[Item, str]] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)
    article_images: int = 0
    asked: list[str] = field(default_factory=list)
    token: str = ""
    token_ends: float = 0.0

    def fill(self, count: int, *, apart: int) -> None:
        """Puts materials of others there, the last one now, and so many seconds between two."""
        for number in range(count):
            kind = self.rng.choice([MaterialType.IMAGE, MaterialType.VOICE])
            at = int(self.clock.now) - apart * (count - number - 1)
            self._keep(kind, f"photo-{number}.jpg", b"", at)

    def answer(self, request: Request, fault: Fault, *, sender: str) -> Answer:
        """Does what is asked, as far as the fault lets it, and says what is heard of it."""
        asked = request.path.rpartition("/")[2]
        self.asked.append(asked)
        if fault.ends_token:
            self.token_ends = self.clock.now
        if asked == "stable_token":
            return fault.answer or self._new_token()
        if fault.answer and not fault.stores:
            if asked == "del_material" and fault.answer.phase is Phase.SENT and self.rng.random() < 0.5:
                self._delete(json.loads(request.body)["media_id"], sender)
            return fault.answer
        if request.query.get("access_token") != self.token or self.clock.now >= self.token_ends:
            return said(errcode=40001, errmsg="invalid credential")
        true = self._store(request, fault, sender) if request.upload else self._told(asked, request, sender)
        if fault.cut:
            return Answer(Phase.ANSWERED, 200, (true.body or b"")[: self.rng.randrange(1, 20)])
        return fault.answer or true

    def find(self, media_id: str | None) -> Item | None:
        """Find what is there, shown or not yet, by either of its ids."""
        return next((item for item in self.items if media_id in item.ids), None)

    def every_id(self, media_ids: Iterable[str | None]) -> frozenset[str | None]:
        """Add to some ids the other one of each."""
        wanted = frozenset(media_ids)
        items = (*self.items, *(item for item, _sender in self.deleted.values()))
        return wanted.union(*(item.ids for item in items if item.ids & wanted))

    def visible(self) -> list[Item]:
        """Lists what has been stored by now, newest first."""
        found = [item for item in self.items if item.at <= self.clock.now]
        return sorted(found, key=lambda item: (item.at, item.media_id), reverse=True)

    def _told(self, asked: str, request: Request, sender: str) -> Answer:
        said_by_client = json.loads(request.body) if request.body else {}
        if asked == "batchget_material":
            return self._page(said_by_client)
        if asked == "get_material":
            return self._material(said_by_client["media_id"])
        if asked == "del_material":
            return self._delete(said_by_client["media_id"], sender)
        if asked == "get_materialcount":
            return self._counts()
        if request.path.endswith("/quota/get"):
            return said(quota={"daily_limit": 5000, "used": 10, "remain": 4990})
        raise AssertionError(f"nobody should ask for {asked}")

    def _store(self, request: Request, fault: Fault, sender: str) -> Answer:
        kind = MaterialType(request.query.get("type", MaterialType.ARTICLE_IMAGE))
        name, content, about = _parts(request.body)
        if kind is MaterialType.ARTICLE_IMAGE:
            self.article_images += 1
            return said(url=f"http://mmbiz.qpic.cn/mmbiz_png/article-{self.article_images}/0")
        delay = self.rng.uniform(1, LATEST_COMMIT) if fault.is_late else 0
        item = self._keep(kind, name, content, int(self.clock.now + delay), sender, **about)
        url = {"url": _url(item)} if kind is not MaterialType.VOICE else {}
        return said(media_id=item.media_id, **url)

    def _keep(
        self,
        kind: MaterialType,
        name: str,
        content: bytes,
        at: int,
        sender: str = "",
        title: str = "",
        introduction: str = "",
    ) -> Item:
        media_id = f"{self.rng.getrandbits(24):06x}-{len(self.items)}"  # an id tells nothing of its age
        kept = introduction if self.keeps_introductions else ""
        digest = hashlib.sha256(content).hexdigest()
        listed_id = f"listed-{media_id}" if self.renames and kind is not MaterialType.VIDEO else media_id
        item = Item(media_id, kind, name, digest, at, self.clock.now, sender, title, kept, listed_id)
        self.items.append(item)
        return item

    def _page(self, asked: dict[str, Any]) -> Answer:
        kinds: tuple[MaterialType, ...] = _LISTED[asked["type"]]
        if MaterialType.IMAGE in kinds and self.lists_thumbs:
            kinds = (*kinds, MaterialType.THUMB)
        found = [item for item in self.visible() if item.type in kinds]
        size = max(self.page, -(-len(found) // _PAGES))
        page = found[asked["offset"] : asked["offset"] + min(asked["count"], size)]
        rows = [_row(item) for item in page]
        return said(total_count=len(found), item_count=len(rows), item=rows)

    def _material(self, media_id: str) -> Answer:
        item = next((one for one in self.visible() if media_id in one.ids), None)
        if item is None:
            return said(errcode=40007, errmsg="invalid media_id")
        if item.type is MaterialType.VIDEO:
            return said(title=item.title, description=item.introduction, down_url="http://mp.weixin.qq.com/v")
        return Answer(Phase.ANSWERED, 200, b"\x89PNG", disposition=f'attachment; filename="{item.name}"')

    def _delete(self, media_id: str, sender: str) -> Answer:
        item = next((one for one in self.visible() if media_id in one.ids), None)
        if item is None:
            return said(errcode=40007, errmsg="invalid media_id")
        self.items.remove(item)
        self.deleted[item.media_id] = (item, sender)
        return said(errcode=0, errmsg="ok")

    def _counts(self) -> Answer:
        kinds = [item.type for item in self.visible()]
        images = kinds.count(MaterialType.IMAGE) + kinds.count(MaterialType.THUMB)
        voices, videos = kinds.count(MaterialType.VOICE), kinds.count(MaterialType.VIDEO)
        return said(voice_count=voices, video_count=videos, image_count=images, news_count=0)

    def _new_token(self) -> Answer:
        if self.clock.now >= self.token_ends - 300:
            self.token = f"token-{self.rng.getrandbits(64):x}"
            self.token_ends = self.clock.now + _TOKEN_LIFE
        return said(access_token=self.token, expires_in=int(self.token_ends - self.clock.now))


def _row(item: Item) -> dict[str, object]:
    row = {"media_id": item.listed_id, "name": item.shown, "update_time": item.at}
    return row | ({"url": _url(item)} if item.type.is_picture else {})


def _url(item: Item) -> str:
    return f"http://mmbiz.qpic.cn/mmbiz_png/{item.media_id}/0?wx_fmt=png"


def _parts(body: bytes) -> tuple[str, bytes, dict[str, str]]:
    boundary = body[: body.index(b"\r\n")]
    first, *others = body.split(boundary)[1:-1]
    named = _FILENAME.search(first)
    assert named
    content = first.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")
    about = json.loads(others[0].partition(b"\r\n\r\n")[2]) if others else {}
    return named[1].decode(), content, about
