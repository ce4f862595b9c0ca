"""Prints what a manifest and its lock hold, for people, for programs and for spreadsheets."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

from wxsync.render.table import table
from wxsync.results import Listed
from wxsync.words import text

_COLUMNS = ("name", "type", "state", "media_id", "url", "path")


def listed_page(listed: Sequence[Listed]) -> str:
    """Write a line for each material, and its media_id and url below it."""
    if not listed:
        return ""
    head = (text("name"), text("type"), text("state"))
    first, *lines = table(head, [(one.name, one.type, one.state) for one in listed])
    said = [first]
    for line, one in zip(lines, listed, strict=True):
        said += [line, *(f"    {value}" for value in (one.media_id, one.url) if value)]
    return "".join(f"{line}\n" for line in said)


def listed_json(listed: Sequence[Listed]) -> str:
    """Write a list of objects."""
    return json.dumps([_document(one) for one in listed], ensure_ascii=False, indent=2) + "\n"


def listed_csv(listed: Sequence[Listed]) -> str:
    """Write a table with a head as RFC 4180 has it."""
    out = io.StringIO(newline="")
    # Two colons that begin a line are a command to GitHub's runner; behind a quote they are none.
    is_command = any(one.name.lstrip().startswith("::") for one in listed)
    writer = csv.DictWriter(out, _COLUMNS, quoting=csv.QUOTE_ALL if is_command else csv.QUOTE_MINIMAL)
    writer.writeheader()
    writer.writerows(map(_document, listed))
    return out.getvalue()


def _document(one: Listed) -> dict[str, str | None]:
    return {
        "name": one.name,
        "type": one.type.value,
        "state": str(one.state),
        "media_id": one.media_id,
        "url": one.url,
        "path": one.path,
    }
