"""Walks the boxes that MP4 and its kin are made of (ISO/IEC 14496-12)."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct


class Box(Struct, frozen=True):
    """Holds where a box's content begins and ends; `missing` counts the bytes that the file lacks for it."""

    kind: bytes
    start: int
    end: int
    missing: int


class Boxes(Struct, frozen=True):
    """Walks boxes; `steps` is one supply for the whole file, so that nested boxes cannot multiply the work."""

    content: bytes
    steps: Iterator[int]

    def within(self, at: int, end: int) -> Iterator[Box]:
        """Gives the boxes that lie side by side from a place to another."""
        content = self.content
        while at + 8 <= end and next(self.steps, None) is not None:
            size, head = int.from_bytes(content[at : at + 4], "big"), 8
            if size == 1:
                size, head = int.from_bytes(content[at + 8 : at + 16], "big"), 16
            elif size == 0:
                size = end - at
            if size < head:
                return
            yield Box(content[at + 4 : at + 8], min(at + head, end), min(at + size, end), max(at + size - end, 0))
            at += size

    def every(self, outer: Box, kind: bytes) -> Iterator[Box]:
        """Gives the boxes of a kind that lie in another."""
        return (inner for inner in self.within(outer.start, outer.end) if inner.kind == kind)

    def inside(self, outer: Box | None, *path: bytes) -> Box | None:
        """Gives the first box at the end of a path of kinds, None where there is none."""
        found = outer
        for kind in path:
            found = next(self.every(found, kind), None) if found else None
        return found
