"""Appends entries to the text of a manifest and leaves every other byte of it alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml
from msgspec import Struct

from wxsync.manifest.document import LOADER, join_pairs
from wxsync.manifest.lookalikes import Lines
from wxsync.manifest.source import Spot
from wxsync.manifest.writing import Draft, block, flow

_MARK = b"\xef\xbb\xbf"


def append_entries(content: bytes, drafts: Sequence[Draft]) -> bytes:
    """Give a sound manifest with more entries at the end of its `materials`."""
    mark = _MARK if content.startswith(_MARK) else b""
    return mark + _Manifest.of(content.decode("utf-8-sig")).with_more(drafts).encode()


class _Manifest(Struct, frozen=True):
    """The text of a manifest, and the YAML nodes of it and of its `materials`."""

    text: str
    root: yaml.MappingNode
    materials: yaml.SequenceNode
    joined: Any

    @classmethod
    def of(cls, text: str) -> _Manifest:
        joined = join_pairs(text)
        root: Any = yaml.compose(joined.text, Loader=LOADER)
        materials = next(value for key, value in root.value if key.value == "materials")
        return cls(text, root, materials, joined)

    def with_more(self, drafts: Sequence[Draft]) -> str:
        items: list[yaml.Node] = self.materials.value
        if not self.materials.flow_style:
            indent = " " * self.materials.start_mark.column
            return self._below(self._end(items[-1]), block(drafts, indent=indent))
        if items:
            return self._insert(self._place(items[-1].end_mark), f", {flow(drafts)}")
        start, end = self._place(self.materials.start_mark), self._place(self.materials.end_mark)
        if self.root.flow_style:
            return self._insert(start + 1, flow(drafts))
        before, after = self.text[:start], self.text[end:]
        if after.lstrip(" \t")[:1] in ("", "\r", "\n"):
            before = before.rstrip(" \t")
        shorter = _Manifest(before + after, self.root, self.materials, self.joined)
        return shorter._below(len(before), block(drafts))

    def _below(self, place: int, lines: Sequence[str]) -> str:
        """Insert lines below the one in which a place is, or right there where a line begins."""
        written = "".join(f"{line}{self._break}" for line in lines)
        if place and self.text[place - 1] in "\r\n":
            return self._insert(place, written)
        breaks = [found for found in (self.text.find("\n", place), self.text.find("\r", place)) if found >= 0]
        if not breaks:
            return self.text + self._break + written
        end = min(breaks)
        return self._insert(end + (2 if self.text.startswith("\r\n", end) else 1), written)

    def _insert(self, place: int, more: str) -> str:
        return self.text[:place] + more + self.text[place:]

    @property
    def _break(self) -> str:
        return next((mark for mark in ("\r\n", "\n", "\r") if mark in self.text), "\n")

    def _end(self, node: yaml.Node) -> int:
        """Find the end of what is written of a node; a mapping's own mark stands behind the comments that follow."""
        while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
            last = node.value[-1]
            node = last[1] if isinstance(node, yaml.MappingNode) else last
        return self._place(node.end_mark)

    def _place(self, mark: Any) -> int:
        spot: Spot = self.joined.spot(mark)
        return Lines(self.text).start(spot.line) + spot.column
