"""Writes a manifest that reads back as exactly what was meant, or entries into one that is there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from wxsync.manifest.source import UNSEEN
from wxsync.model import Account, MaterialType

_NOTE = """\
# What this WeChat Official Account (公众号) holds as permanent materials (永久素材), as `wxsync pull` found it.
# `wxsync plan` shows what differs from the lock beside this file, `wxsync apply` uploads it. Commit both.
version: 1
"""
# What needs no quotes for wxsync, for YAML 1.1 and 1.2, and for the schema in an editor.
_PLAIN = re.compile(r"[\w.][\w.+-]*(?:[/ ]?[\w.*+-]+)*")
_WORDS = re.compile(r"(?i)[-+.\d_e:xo]*|y|n|yes|no|on|off|true|false|null|[.]?(?:inf|nan)")


class Draft(Struct, frozen=True):
    """An entry that is yet to be written; `path` may be a glob, which `exclude` takes files from."""

    path: str
    type: MaterialType
    name: str = ""
    title: str = ""
    introduction: str = ""
    exclude: tuple[str, ...] = ()
    fit: bool = False

    def lines(self) -> list[str]:
        """Write its keys, one on each line."""
        return [f"{key}: {value}" for key, value in self.written()]

    def written(self) -> Iterator[tuple[str, str]]:
        """Give its keys and their values as YAML."""
        yield "path", _scalar(self.path)
        if self.exclude:
            yield "exclude", f"[{', '.join(map(_quoted, self.exclude))}]"
        yield "type", self.type.value
        for key, value in (("name", self.name), ("title", self.title), ("introduction", self.introduction)):
            if value:
                yield key, _scalar(value)
        if self.fit:
            yield "fit", "true"


def block(drafts: Iterable[Draft], *, indent: str = "  ", mark: str = "") -> list[str]:
    """Write entries as lines of a list; `mark` begins each, such as `# `."""
    written = [draft.lines() for draft in drafts]
    return [f"{indent}{mark}{'  ' if number else '- '}{line}" for lines in written for number, line in enumerate(lines)]


def flow(drafts: Sequence[Draft]) -> str:
    """Write entries as a list between brackets holds them."""
    return ", ".join("{" + ", ".join(f"{key}: {value}" for key, value in each.written()) + "}" for each in drafts)


def render_manifest(entries: Iterable[Mapping[str, str]], *, account: Account | None = None) -> str:
    """Writes entries, each with its keys in the order given, and the one account that they belong to.

    Every value but the type is quoted, and what cannot be seen is escaped.
    """
    accounts = f"\naccounts:\n  {account.name}: {{appid: {account.appid}}}\n" if account else ""
    written = "".join(f"  - {_entry(entry)}\n" for entry in entries)
    return _NOTE + accounts + ("\nmaterials:\n" + written if written else "\nmaterials: []\n")


def _entry(entry: Mapping[str, str]) -> str:
    return "\n    ".join(f"{key}: {value if key == 'type' else _quoted(value)}" for key, value in entry.items())


def _scalar(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and not _WORDS.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    """Writes JSON, which is YAML too; but of what JSON leaves as it is, YAML and a reader want more escaped."""
    return re.sub(UNSEEN, lambda found: f"\\u{ord(found[0]):04X}", json.dumps(text, ensure_ascii=False))
