"""One value of a material, for scripts."""

from __future__ import annotations

from wxsync.errors import InvalidInput
from wxsync.model import MaterialType, Problem
from wxsync.project.catalog import not_uploaded, read_catalog
from wxsync.project.folder import Choice
from wxsync.project.names import unknown_name
from wxsync.words import text


def get(choice: Choice, name: str, field: str | None) -> str:
    """Return one value of a material; without a field its media_id, or the url of an article image.

    Raises InvalidInput where the name is unknown, has no record yet, or has no such value.
    """
    catalog = read_catalog(choice)
    assets = {asset.name: asset for asset in catalog.assets}
    if name not in assets:
        raise unknown_name(text("the manifest has no material called {name}", name=name), name, assets)
    asset, record = assets[name], catalog.records.get(name)
    if record is None:
        raise InvalidInput([not_uploaded(catalog, asset)])
    if field is None:
        field = "media_id" if asset.type.has_media_id else "url"
    value = record.url if field == "url" else record.media_id
    if value is None:
        raise InvalidInput([_without(name, asset.type, field)])
    return value


def _without(name: str, kind: MaterialType, field: str) -> Problem:
    other = "media_id" if field == "url" else "url"
    hint = text(
        "WeChat gives none for this type; `wxsync get {name} --field {other}` is what there is", name=name, other=other
    )
    return Problem(
        "no-such-value",
        text("{name} is of type {type} and has no {field}", name=name, type=kind, field=field),
        hint,
        name=name,
    )
