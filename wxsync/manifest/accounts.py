"""The accounts of a manifest."""

from __future__ import annotations

from collections.abc import Set

from wxsync.manifest.document import Table, Text, is_sound
from wxsync.manifest.source import Source
from wxsync.model import Account, Problem
from wxsync.words import text


def read_accounts(document: Table, broken: Set[tuple[int, int]], source: Source) -> tuple[list[Account], list[Problem]]:
    """Takes the accounts whose shape is sound, in the order written; two with one AppID are a problem."""
    written = document.value("accounts")
    accounts: dict[str, Account] = {}
    problems = []
    for name, said in written.items() if isinstance(written, Table) else ():
        appid = said.value("appid") if isinstance(said, Table) else None
        if not isinstance(appid, Text) or not is_sound(said, broken) or not is_sound(name, broken):
            continue
        if first := accounts.get(appid):
            message = text("the accounts `{name}` and `{name2}` have the same AppID", name=first.name, name2=name)
            hint = text("one account has one entry; take one of them out or write the AppID that was meant")
            problems.append(source.problem(appid.spot, "duplicate-appid", message, hint))
        else:
            accounts[appid] = Account(str(name), str(appid))
    return list(accounts.values()), problems
