"""Finds what stands behind the tags that programs write in front of a sound: ID3v2 and APE, of any length."""

from __future__ import annotations

import re
from collections.abc import Callable

# Says whether a sound, a picture or another tag begins at a place.
Begins = Callable[[bytes, int], bool]

_MOST_TAGS = 64
_MARKS = (b"ID3\2", b"ID3\3", b"ID3\4", b"APETAGEX\xd0\7\0\0", b"APETAGEX\xe8\3\0\0")
_PADDING = re.compile(rb"\0*")
_ID3_HEADER_BYTES = 10
_ID3_FOOTER = 0x10
_APE_HEADER_BYTES = 32


def begins_with_tag(content: bytes, at: int = 0) -> bool:
    """Tells whether a tag that may stand in front of a sound begins at a place."""
    return content.startswith(_MARKS, at)


def skip_tags(content: bytes, at: int = 0, *, begins: Begins) -> int:
    """Finds where the tags that begin at a place end, with the padding behind them.

    An ID3v2 size leaves out every eighth bit, and some programs write it like any other number: the reading behind
    which something begins is the right one. A tag that says it is longer than the file ends behind its header.
    """
    for _ in range(_MOST_TAGS):
        if not begins_with_tag(content, at):
            break
        first, *others = _tag_ends(content, at)
        ends = (first, _behind_padding(content, first), *others)
        default = first if first < len(content) else at + _ID3_HEADER_BYTES
        at = next((end for end in ends if begins(content, end)), default)
    return at


def behind_end_tag(content: bytes, at: int) -> int | None:
    """Finds where the ID3v1, APE or Lyrics3 tag at a place ends, for whatever is joined to it; None without one."""
    if content.startswith(b"TAG", at):
        return at + 128
    if content.startswith(b"APETAGEX", at):
        return _tag_ends(content, at)[0]
    if content.startswith(b"LYRICSBEGIN", at):
        end = content.find(b"LYRICS200", at)
        return end + 9 if end >= 0 else len(content)
    return None


def _tag_ends(content: bytes, at: int) -> tuple[int, ...]:
    if content.startswith(b"APETAGEX", at):
        return (at + _APE_HEADER_BYTES + int.from_bytes(content[at + 12 : at + 16], "little"),)
    header = content[at : at + _ID3_HEADER_BYTES].ljust(_ID3_HEADER_BYTES, b"\0")
    spread = 0
    for byte in header[6:]:
        spread = spread << 7 | byte & 0x7F
    ends = tuple(at + _ID3_HEADER_BYTES + size for size in (spread, int.from_bytes(header[6:], "big")))
    return (ends[0] + _ID3_HEADER_BYTES, *ends) if header[5] & _ID3_FOOTER else ends


def _behind_padding(content: bytes, at: int) -> int:
    found = _PADDING.match(content, at)
    return found.end() if found else at
