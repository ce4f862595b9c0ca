"""Prints the accounts of a manifest, for people and for the matrix of a CI."""

from __future__ import annotations

import json
from collections.abc import Sequence

from wxsync.results import AccountLine
from wxsync.words import say, text, visible, width


def accounts_page(accounts: Sequence[AccountLine]) -> str:
    """Writes a line for each account."""
    rows = [
        (visible(one.name or "-"), visible(one.appid or say(text("no appid yet"))), visible(one.lock))
        for one in accounts
    ]
    columns = [max(map(width, cells)) for cells in zip(*rows, strict=True)]
    lines = ("  ".join(_padded(cell, column) for cell, column in zip(row, columns, strict=True)) for row in rows)
    return "".join(f"{line.rstrip()}\n" for line in lines)


def accounts_text(accounts: Sequence[AccountLine]) -> str:
    """Writes them as JSON: `[{"name", "appid", "lock"}]`."""
    document = [{"name": one.name, "appid": one.appid, "lock": one.lock} for one in accounts]
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _padded(cell: str, column: int) -> str:
    return cell + " " * (column - width(cell))
