"""Prints where materials are used, and always what could not be seen."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from wxsync.model import Holder, MaterialType, Part, Use
from wxsync.render.rows import Page, Row
from wxsync.results import Sightings, Standing, UsedMaterial, Uses
from wxsync.words import Text, https, listing, plural, some_of, text

_STATES = {
    Standing.IN_USE: (" ", text("in use")),
    Standing.RETIRED: ("-", text("retired")),
    Standing.LIBRARY: (" ", text("only at WeChat")),
}
_NAMED = 10


def uses_page(found: Uses, *, mending: bool = False, everything: bool = False) -> Page:
    """Shows materials with their uses; with `everything` also those that were found nowhere.

    `mending`: they are what is to be put right, so that the new id and url stand beside the old ones.
    """
    shown = [one for one in found.materials if one.uses or everything]
    rows = tuple(_row(one) for one in shown)
    absent = [one.name for one in found.materials if not one.uses]
    return Page(text("Uses"), found.account, rows, tuple(_summary(found, absent, mending=mending)))


def uses_text(found: Uses) -> str:
    """Writes uses as JSON."""
    return json.dumps(uses_document(found), ensure_ascii=False, indent=2) + "\n"


def uses_document(found: Uses, *, whole: bool = False) -> dict[str, Any]:
    """Gives uses as plain values; with `whole` so that they can be read again."""
    materials = [_material(one, whole=whole) for one in found.materials]
    return sightings_document(found.sightings) | {"materials": materials}


def sightings_document(sightings: Sightings) -> dict[str, Any]:
    """Gives as plain values how far uses were looked for."""
    looked = {"documents": sightings.documents, "drafts": sightings.drafts, "menu": sightings.menu}
    return {"looked": looked, "unseen": list(sightings.unseen)}


def uses_from(document: Mapping[str, Any], account: str) -> Uses:
    """Reads what uses_document gives as a whole."""
    looked = document["looked"]
    sightings = Sightings(looked["documents"], looked["drafts"], looked["menu"], tuple(document["unseen"]))
    return Uses(account, sightings, tuple(map(_material_from, document["materials"])))


def use_said(use: Use) -> Text:
    """Say where a material is used."""
    match use.kind, use.part:
        case Holder.DRAFT, Part.COVER:
            said = text("draft {where}: cover", where=use.where)
        case Holder.DRAFT, _:
            said = text("draft {where}: body", where=use.where)
        case Holder.MENU, Part.LINK:
            said = text("menu, button {where}: link", where=use.where)
        case Holder.MENU, _:
            said = text("menu, button {where}", where=use.where)
        case Holder.DOCUMENT, Part.COVER:
            said = text("{where}: cover", where=use.where)
        case Holder.DOCUMENT, Part.BODY:
            said = text("{where}: picture", where=use.where)
        case _:
            said = text("{where}: link", where=use.where)
    return text("{use} ({link})", use=said, link=use.link) if use.link else said


def looked_at(sightings: Sightings) -> Text:
    """Say through how much was looked."""
    seen: list[Text] = [plural("{count:,} document", "{count:,} documents", sightings.documents)]
    if sightings.drafts is not None:
        seen.append(plural("{count:,} draft", "{count:,} drafts", sightings.drafts))
    if sightings.menu is not None:
        seen.append(
            plural("{count:,} button of the menu", "{count:,} buttons of the menu", sightings.menu)
            if sightings.menu
            else text("no menu made by API")
        )
    return listing(seen, last="and")


def unseen_said(sightings: Sightings) -> Text:
    """Say what could not be looked at."""
    return text("Not looked at: {what}", what=_in_a_row(sightings.unseen))


def _in_a_row(parts: Iterable[str]) -> Text:
    first, *rest = [part if isinstance(part, Text) else Text("{part}", part=part) for part in parts] or [Text("")]
    for part in rest:
        first = text("{some}; {next}", some=first, next=part)
    return first


def _row(one: UsedMaterial) -> Row:
    mark, verb = _STATES[one.state]
    notes: list[str] = [use_said(use) for use in one.uses]
    told = (*_replacement(one), *notes)
    return Row(mark, one.name, verb, one.type, "", _identity(one), told, https(one.url), is_news=bool(notes))


def _identity(one: UsedMaterial) -> str:
    return one.media_id or https(one.url) or ""


def _replacement(one: UsedMaterial) -> list[Text]:
    """Say which id and url go into the places of the old ones."""
    if one.state is not Standing.RETIRED:
        return []
    said: list[Text] = []
    if one.media_id and one.replaced_by:
        said.append(text("media_id {old} → {new}", old=one.media_id, new=one.replaced_by))
    if one.url and one.replaced_url:
        said.append(text("url {old} → {new}", old=https(one.url), new=https(one.replaced_url)))
    return said or [text("nothing has taken its place")]


def _summary(found: Uses, absent: list[str], *, mending: bool) -> Iterable[Text]:
    used = len(found.materials) - len(absent)
    looked = looked_at(found.sightings)
    if mending and not used:
        yield text("Nothing that is retired was found in {looked}.", looked=looked)
    elif mending:
        yield plural(
            "Uses: {count:,} retired material was found in {looked}; put the new id and url there.",
            "Uses: {count:,} retired materials were found in {looked}; put the new ids and urls there.",
            used,
            looked=looked,
        )
    elif used:
        yield plural(
            "Uses: {count:,} material was found in {looked}.",
            "Uses: {count:,} materials were found in {looked}.",
            used,
            looked=looked,
        )
    if absent:
        yield text("Not found in {looked}: {names}.", looked=looked, names=some_of(absent, most=_NAMED))
    elif not used and not mending:
        yield text("Uses: there is no material to look for.")
    yield unseen_said(found.sightings)


def _material(one: UsedMaterial, *, whole: bool) -> dict[str, Any]:
    document: dict[str, Any] = {
        "name": one.name,
        "media_id": one.media_id,
        "url": https(one.url),
        "state": one.state.value,
        "replaced_by": one.replaced_by,
        "uses": [
            {"kind": use.kind.value, "where": use.where, "part": use.part.value, "link": use.link} for use in one.uses
        ],
    }
    return document | {"type": one.type.value, "replaced_url": https(one.replaced_url)} if whole else document


def _material_from(document: Mapping[str, Any]) -> UsedMaterial:
    return UsedMaterial(
        document["name"],
        MaterialType(document["type"]),
        document["media_id"],
        document["url"],
        Standing(document["state"]),
        replaced_by=document["replaced_by"],
        replaced_url=document["replaced_url"],
        uses=tuple(Use(Holder(use["kind"]), use["where"], Part(use["part"]), use["link"]) for use in document["uses"]),
    )
