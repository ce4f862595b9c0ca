"""Looks where materials are used: in documents of the repository, in WeChat's drafts, and in the menu made by API.

Everything here reads. WeChat's drafts and its menu are never written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from wxsync.errors import CallFailed
from wxsync.model import Button, Draft, DraftPage, Failure, Holder, MaterialType, Mention, Remedy
from wxsync.planner.uses import draft_mentions, menu_mentions, stand_in_bodies, with_uses
from wxsync.project.documents import read_documents
from wxsync.reconcile.capacity import ask_today
from wxsync.results import Obstacle, Sightings, UsedMaterial
from wxsync.wechat.errcodes import Kind
from wxsync.wechat.interface import LIST_DRAFTS, PAGE_SIZE
from wxsync.words import Text, text

if TYPE_CHECKING:
    from wxsync.wechat.client import WeChat

Progress = Callable[[int, int], None]
"""Hears how many drafts were looked at, and of how many; at the end the two are one number."""

_MOST_PAGES = 1_000
# A page of long articles may be too much for one answer; then it is asked for in smaller ones.
_SMALLER_PAGES = (5, 1)
_TOO_LONG = "too-long"
_TELLS_OF_ONE_PATH = frozenset({Kind.PERMISSION, Kind.QUOTA})
# After these every other call would get, after as long a wait, the same answer.
_TELLS_OF_ALL = frozenset(
    {Kind.TOKEN, Kind.BUSY, Kind.TOO_FAST, Kind.ROUTE, Kind.ALLOWLIST, Kind.CREDENTIALS, Kind.CONFIRMATION}
)
_SHORT, _MOVED = "quota-short", "drafts-moved"


class Search(Struct, frozen=True):
    """What to look through: the documents below `root` or the named ones, and WeChat where `remote` leads to it."""

    root: Path
    documents: Sequence[Path] = ()
    remote: WeChat | None = None
    progress: Progress = lambda _seen, _total: None
    says: Callable[[str], None] = lambda _message: None


def search(
    materials: Iterable[UsedMaterial], where: Search, *, wanted: Callable[[UsedMaterial], bool] = lambda _one: True
) -> tuple[tuple[UsedMaterial, ...], Sightings]:
    """Give the wanted ones of some materials with their uses, and how far these were looked for.

    The others tell what is meant where one url belongs to several. Raises InvalidInput where a document that is named
    is not there; what WeChat refuses is told by the sightings.
    """
    listed = tuple(materials)
    sought = [one for one in listed if wanted(one)]
    documents = read_documents(where.root, sought, where.documents)
    sightings = Sightings(documents.count, unseen=(*_unseen(sought), *documents.unread))
    mentions = list(documents.mentions)
    if where.remote:
        heard = _Heard(where.remote, where.says, where.progress, contents=stand_in_bodies(sought))
        ids = frozenset(one.media_id for one in sought if one.media_id)
        mentions += heard.mentions(ids)
        sightings = replace(
            sightings,
            drafts=heard.drafts,
            menu=heard.menu,
            obstacles=tuple(heard.obstacles),
            unseen=(*sightings.unseen, *map(_told, heard.obstacles)),
        )
    found = with_uses(listed, mentions)
    return tuple(one for one in found if wanted(one)), sightings


@dataclass(slots=True)
class _Heard:
    """Asks WeChat for its drafts and its menu, and keeps why something could not be seen."""

    remote: WeChat
    says: Callable[[str], None]
    progress: Progress
    contents: bool
    page_size: int = PAGE_SIZE
    drafts: int | None = None
    menu: int | None = None
    obstacles: list[Obstacle] = field(default_factory=list)

    def mentions(self, ids: frozenset[str]) -> Iterator[Mention]:
        drafts = self._list()
        for draft in drafts or ():
            yield from draft_mentions(draft, ids)
        yield from menu_mentions(self._buttons())

    def _list(self) -> list[Draft] | None:
        """List all drafts; where not all can be seen, those that were are given all the same."""
        if not self.remote.sees_drafts:
            self._stop(Holder.DRAFT, _CLOUD)
            return None
        seen: dict[str, Draft] = {}
        offset, total, bound = 0, 0, _MOST_PAGES
        for number in range(_MOST_PAGES):
            if number >= bound:
                self._stop(Holder.DRAFT, _short(len(seen), total))
                break
            try:
                page = self._page(offset)
            except CallFailed as error:
                self._stop(Holder.DRAFT, error.failure)
                break
            seen |= {one.media_id or f"#{offset + place}": one for place, one in enumerate(page.items)}
            offset, total = offset + len(page.items), page.total
            self.progress(len(seen), total)
            if not page.items or offset >= total:
                break
            if number == 0:
                bound = self._bound(total)
        if not self.obstacles and len(seen) < total:
            self._stop(Holder.DRAFT, _moved(len(seen), total))
        self.progress(len(seen), len(seen))
        # A part of them is worth showing, but it is not what was to be looked at.
        self.drafts = None if self.obstacles and not seen else len(seen)
        return list(seen.values())

    def _bound(self, total: int) -> int:
        """Ask how many pages fit into what is left of today."""
        wanted = -(-total // PAGE_SIZE)
        today = ask_today(self.remote, LIST_DRAFTS)
        if today is None or today.left >= wanted - 1:
            return _MOST_PAGES
        self.says(
            text(
                "draft/batchget: {left:,} of the {wanted:,} calls that are still wanted fit into today's quota",
                left=today.left,
                wanted=wanted - 1,
            )
        )
        return 1 + today.left

    def _page(self, offset: int) -> DraftPage:
        while True:
            try:
                return self.remote.list_drafts(offset, self.page_size, contents=self.contents)
            except CallFailed as error:
                smaller = next((size for size in _SMALLER_PAGES if size < self.page_size), None)
                if error.code != _TOO_LONG or smaller is None:
                    raise
                self.page_size = smaller

    def _buttons(self) -> tuple[Button, ...]:
        unanswered = next((one.failure for one in self.obstacles if _is_for_all(one.failure)), None)
        if unanswered:
            self._stop(Holder.MENU, unanswered)
            return ()
        try:
            buttons = self.remote.menu() or ()
        except CallFailed as error:
            # Where an account has no right to menus it is WeChat that refuses to delete what one uses.
            self._stop(Holder.MENU, error.failure, is_harmless=error.code == Kind.PERMISSION)
            return ()
        self.menu = len(buttons)
        return buttons

    def _stop(self, holder: Holder, failure: Failure, *, is_harmless: bool = False) -> None:
        self.obstacles.append(Obstacle(holder, failure, is_harmless))


def told_as_usual(failure: Failure) -> bool:
    """Tell whether a failure is about drafts or the menu alone, and not about the account or the network."""
    return failure.code in _TELLS_OF_ONE_PATH or failure.code in (_SHORT, _MOVED)


def _is_for_all(failure: Failure) -> bool:
    is_silence = failure.errcode is None and not told_as_usual(failure) and failure.code != _TOO_LONG
    return is_silence or failure.code in _TELLS_OF_ALL


_CLOUD = Failure(
    Kind.PERMISSION.value,
    text("云调用 has no way to drafts"),
    text("look at them with a secret or a token of the account"),
    Remedy.PERSON,
)


def _short(seen: int, total: int) -> Failure:
    return Failure(
        _SHORT,
        text("today's calls suffice for {seen:,} of {total:,} drafts", seen=seen, total=total),
        text("Run it again after 00:00 Beijing time."),
        Remedy.TIME,
    )


def _moved(seen: int, total: int) -> Failure:
    return Failure(
        _MOVED,
        text("WeChat counts {total:,} drafts and listed {seen:,}", seen=seen, total=total),
        text("Run it again."),
        Remedy.TIME,
    )


def _unseen(materials: Iterable[UsedMaterial]) -> Iterator[Text]:
    """Say what nobody can see."""
    yield text("articles that are published or were sent to followers")
    yield text("menus and automatic replies that were made on mp.weixin.qq.com")
    yield text("whatever else holds an id or a url: sites, mini programs, other programs")
    if any(one.type in (MaterialType.VOICE, MaterialType.VIDEO) for one in materials):
        yield text("voices and videos within articles, where they have another id")


def _told(obstacle: Obstacle) -> Text:
    if obstacle.holder is Holder.MENU:
        return text("the menu: {why}", why=obstacle.failure.message)
    return text("drafts: {why}", why=obstacle.failure.message)
