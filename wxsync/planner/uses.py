"""Tells which materials are used where: matches what documents, drafts and the menu mention with what a lock holds."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from wxsync.model import (
    Asset,
    Button,
    Draft,
    DraftArticle,
    Holder,
    Lock,
    Material,
    MaterialType,
    Mention,
    Part,
    Plan,
    Record,
    Retired,
    Use,
    picture_token,
    picture_tokens,
)
from wxsync.results import Standing, UsedMaterial
from wxsync.words import text

_ID = re.compile(r"[A-Za-z0-9_-]{16,}")
_IN_BODIES = frozenset({MaterialType.IMAGE, MaterialType.ARTICLE_IMAGE})
_LONGEST_SHOWN = 100
_EDITOR = "https://mp.weixin.qq.com/cgi-bin/appmsg?t=media/appmsg_edit&action=edit&type=77&appmsgid="


def materials_of(lock: Lock, assets: Iterable[Asset] = ()) -> tuple[UsedMaterial, ...]:
    """Give what a lock holds, in use and retired, sorted by name, as what uses of it are looked for.

    `assets` say where files lie now. A path that nothing in use has stands for what was retired there last.
    """
    wanted = {asset.name: asset for asset in assets}
    held = [
        _material(name, record, Standing.IN_USE, _paths(record, wanted.get(name)))
        for name, record in lock.records.items()
    ]
    taken = {path for one in held for path in one.paths} | {asset.path for asset in wanted.values()}
    last: dict[str, str] = {}
    for one in lock.retired:
        last[one.record.path] = max(last.get(one.record.path, ""), one.retired_at)
    for one in lock.retired:
        path = one.record.path
        paths = (path,) if path not in taken and last[path] == one.retired_at else ()
        media_id, url = _successor(lock, one)
        material = _material(one.name, one.record, Standing.RETIRED, paths)
        held.append(replace(material, replaced_by=media_id, replaced_url=url))
    return tuple(sorted(held, key=lambda one: (one.name, one.state, one.media_id or "")))


def leaving(plan: Plan, assets: Iterable[Asset]) -> tuple[UsedMaterial, ...]:
    """Give what a plan would retire."""
    held = {one.before.path for one in plan.leaving if one.before}
    staying = held.intersection(asset.path for asset in assets)
    return tuple(
        _material(one.name, one.before, Standing.RETIRED, () if one.before.path in staying else (one.before.path,))
        for one in plan.leaving
        if one.before
    )


def staying(plan: Plan, lock: Lock | None, assets: Iterable[Asset]) -> tuple[UsedMaterial, ...]:
    """Give as in use what a plan leaves in the lock, by which it is told apart from what it would retire."""
    going = {one.name for one in plan.leaving}
    wanted = {asset.name: asset for asset in assets}
    return tuple(
        _material(name, record, Standing.IN_USE, _paths(record, wanted.get(name)))
        for name, record in (lock.records if lock else {}).items()
        if name not in going
    )


def library_materials(listed: Iterable[Material], known: Collection[str]) -> tuple[UsedMaterial, ...]:
    """Give what a library holds and no lock knows, the oldest first."""
    unknown = sorted((one for one in listed if one.media_id not in known), key=lambda one: (one.updated_at, one.name))
    return tuple(UsedMaterial(one.name, one.type, one.media_id, one.url, Standing.LIBRARY) for one in unknown)


def stand_in_bodies(materials: Iterable[UsedMaterial]) -> bool:
    """Tell whether an article's text may show one of some materials by a url that is known."""
    return any(one.type in _IN_BODIES and picture_token(one.url) for one in materials)


def with_uses(materials: Iterable[UsedMaterial], mentions: Iterable[Mention]) -> tuple[UsedMaterial, ...]:
    """Add to each material where it is used.

    What is in use goes before what is retired: one picture may have two ids and one url (reported 2016), and whatever
    shows that url shows the one in use.
    """
    listed = tuple(materials)
    index, found = _index(listed), defaultdict[int, dict[tuple[str, Use], None]](dict)
    for mention in mentions:
        for number in index.meant_by(mention):
            found[number][mention.holder, mention.use] = None
    return tuple(replace(one, uses=tuple(use for _, use in found.get(number, ()))) for number, one in enumerate(listed))


def draft_mentions(draft: Draft, ids: Collection[str]) -> Iterator[Mention]:
    """Find what a draft mentions: covers by id and url, pictures in its texts by url, and any of some ids."""
    for number, article in enumerate(draft.articles, 1):
        where = text(
            "“{title}”, article {number} of {count}",
            title=_short(article.title) or text("(no title)"),
            number=number,
            count=len(draft.articles),
        )
        link = f"{_EDITOR}{article.editor_id}" if article.editor_id else None
        for mention in _article_mentions(article, ids, Use(Holder.DRAFT, where, Part.COVER, link)):
            yield replace(mention, holder=draft.media_id)


def menu_mentions(buttons: Iterable[Button]) -> Iterator[Mention]:
    """Find what the buttons of a menu send or open."""
    for button in buttons:
        where = " › ".join(map(_short, button.path))
        if button.condition:
            where = text("{button} in menu {number} for some followers", button=where, number=button.condition)
        if button.media_id:
            yield Mention(Use(Holder.MENU, where, Part.BUTTON), media_id=button.media_id)
        for _, token in picture_tokens(button.url):
            yield Mention(Use(Holder.MENU, where, Part.LINK), token=token)


def text_mentions(written: str, ids: Collection[str], use: Callable[[int], Use]) -> Iterator[Mention]:
    """Find WeChat's pictures by their urls, and any of some ids, in a text; `use` says what stands at a place of it."""
    for at, token in picture_tokens(written):
        yield Mention(use(at), token=token)
    for word in _ID.finditer(written) if ids else ():
        if word[0] in ids:
            yield Mention(use(word.start()), media_id=word[0])


class _Index(Struct, frozen=True):
    """Knows materials by their numbers, for each way to mention one."""

    ids: Mapping[str, list[int]] = field(default_factory=dict)
    tokens: Mapping[str, list[int]] = field(default_factory=dict)
    paths: Mapping[str, list[int]] = field(default_factory=dict)

    def meant_by(self, mention: Mention) -> list[int]:
        return (
            self.ids.get(mention.media_id)
            or self.tokens.get(mention.token)
            or self.paths.get(mention.path)
            or list[int]()
        )


def _index(materials: Iterable[UsedMaterial]) -> _Index:
    ids, tokens, paths = (defaultdict[str, list[int]](list) for _ in range(3))
    numbered = list(enumerate(materials))
    for is_in_use in (True, False):
        before = [set(table) for table in (ids, tokens, paths)]
        for number, one in numbered:
            if (one.state is Standing.IN_USE) is not is_in_use:
                continue
            keys = ((one.media_id or "",), (picture_token(one.url) or "",), one.paths)
            for table, taken, named in zip((ids, tokens, paths), before, keys, strict=True):
                for key in named:
                    if key and key not in taken:
                        table[key].append(number)
    return _Index(dict(ids), dict(tokens), dict(paths))


def _article_mentions(article: DraftArticle, ids: Collection[str], cover: Use) -> Iterator[Mention]:
    if article.thumb_media_id or article.thumb_url:
        yield Mention(cover, article.thumb_media_id, picture_token(article.thumb_url) or "")
    body = replace(cover, part=Part.BODY)
    for media_id, url in article.images:
        yield Mention(body, media_id, picture_token(url) or "")
    yield from text_mentions(article.content, ids, lambda _place: body)


def _short(words: str) -> str:
    return words if len(words) <= _LONGEST_SHOWN else f"{words[:_LONGEST_SHOWN]}…"


def _material(name: str, record: Record, state: Standing, paths: tuple[str, ...]) -> UsedMaterial:
    return UsedMaterial(name, record.type, record.media_id, record.url, state, paths)


def _paths(record: Record, asset: Asset | None) -> tuple[str, ...]:
    return (record.path, asset.path) if asset and asset.path != record.path else (record.path,)


def _successor(lock: Lock, one: Retired) -> tuple[str | None, str | None]:
    """Give the id and the url that stand for a retired material now: what replaced it may be replaced itself."""
    later = {other.record.media_id: other.replaced_by for other in lock.retired}
    new, seen = one.replaced_by, set[str]()
    while new and new in later and new not in seen:
        seen.add(new)
        new = later[new]
    named = lock.records.get(one.name)
    candidates = [*([named] if named and named.type is one.record.type else []), *lock.records.values()]
    return new, next((record.url for record in candidates if record.media_id == new and (new or record is named)), None)
