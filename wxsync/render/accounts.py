"""Prints the accounts of a manifest, for people and for the matrix of a CI."""

from __future__ import annotations

import json
from collections.abc import Sequence

from wxsync.render.table import table
from wxsync.results import AccountLine
from wxsync.words import text


def accounts_page(accounts: Sequence[AccountLine]) -> str:
    """Writes a line for each account."""
    rows = [(one.name or "-", one.appid or text("no appid yet"), one.lock) for one in accounts]
    return "".join(f"{line}\n" for line in table((text("account"), text("appid"), text("lock")), rows))


def accounts_text(accounts: Sequence[AccountLine]) -> str:
    """Writes them as JSON: `[{"name", "appid", "lock"}]`."""
    document = [{"name": one.name, "appid": one.appid, "lock": one.lock} for one in accounts]
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
