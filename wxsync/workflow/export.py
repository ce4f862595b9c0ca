"""Ids and urls of all that is at WeChat, for programs."""

from __future__ import annotations

from wxsync.export import Entry
from wxsync.export import export as written
from wxsync.project.catalog import Catalog, read_catalog
from wxsync.project.folder import Choice


def export(choice: Choice, form: str) -> tuple[str, Catalog]:
    """Write what the lock holds of the manifest in one of the export's formats, with what it was made from."""
    catalog = read_catalog(choice)
    entries = [
        Entry(asset.name, asset.type, record.media_id, record.url, asset.path)
        for asset in catalog.assets
        if (record := catalog.records.get(asset.name))
    ]
    return written(entries, form), catalog
