"""Writes a manifest that reads back as exactly what was meant."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from wxsync.manifest.source import UNSEEN
from wxsync.model import Account

_NOTE = """\
# What this WeChat Official Account (公众号) holds as permanent materials (永久素材), as `wxsync pull` found it.
# `wxsync plan` shows what differs from the lock beside this file, `wxsync apply` uploads it. Commit both.
version: 1
"""


def render_manifest(entries: Iterable[Mapping[str, str]], *, account: Account | None = None) -> str:
    """Writes entries, each with its keys in the order given, and the one account that they belong to.

    Every value but the type is quoted, and what cannot be seen is escaped.
    """
    accounts = f"\naccounts:\n  {account.name}: {{appid: {account.appid}}}\n" if account else ""
    written = "".join(f"  - {_entry(entry)}\n" for entry in entries)
    return _NOTE + accounts + ("\nmaterials:\n" + written if written else "\nmaterials: []\n")


def _entry(entry: Mapping[str, str]) -> str:
    return "\n    ".join(f"{key}: {value if key == 'type' else _quoted(value)}" for key, value in entry.items())


def _quoted(text: str) -> str:
    """Writes JSON, which is YAML too; but of what JSON leaves as it is, YAML and a reader want more escaped."""
    return re.sub(UNSEEN, lambda found: f"\\u{ord(found[0]):04X}", json.dumps(text, ensure_ascii=False))
