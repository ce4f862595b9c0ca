"""Ids and urls of all that is at WeChat, for programs."""

from __future__ import annotations

from wxsync.export import Entry
from wxsync.export import export as written
from wxsync.project.catalog import Catalog


def export(catalog: Catalog, form: str) -> str:
    """Write what the lock holds of a manifest in one of the export's formats."""
    entries = [
        Entry(asset.name, asset.type, record.media_id, record.url, asset.path)
        for asset in catalog.assets
        if (record := catalog.records.get(asset.name))
    ]
    return written(entries, form)
