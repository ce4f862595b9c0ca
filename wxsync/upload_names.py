"""The names of uploads: a slug for people, our tag for machines, the extension of what is sent.

`秋季活动.wxk3v7q2m5n4p6r2ab.png`. Only the tag is ever matched.
"""

from __future__ import annotations

import re
import unicodedata

SLUG_BYTES = 40
"""The most bytes of a slug, in UTF-8."""

_TAG = re.compile(r"(?:^|\.)(wx[a-z2-7]{16})(?=\.|$)")
_NO_NAME = "material"
# Of Unicode's categories: letters, the marks that belong to letters, and numbers.
_KEPT = "LMN"


def upload_name(called: str, tag: str, extension: str) -> str:
    """Name an upload of something that people call so."""
    return f"{slug(called)}.{tag}.{extension}"


def in_ascii(name: str) -> str:
    """Give the name of an upload as a server takes it that knows no letters beyond ASCII."""
    if name.isascii() or (tag := tag_in(name)) is None:
        return name
    called, _, rest = name.rpartition(f".{tag}")
    return f"{slug(''.join(char if char.isascii() else '-' for char in called))}.{tag}{rest}"


def tag_in(name: str) -> str | None:
    """Find our tag in a name that WeChat lists."""
    found = _TAG.findall(name)
    return found[-1] if found else None  # a slug, which stands before it, may look like a tag


def slug(called: str) -> str:
    """Keep the letters and digits of any script, in small letters and NFC; all else becomes hyphens."""
    said = "".join(map(_small, unicodedata.normalize("NFC", called)))
    words = "".join(char if is_kept(char) else " " for char in said).split()
    cut = "-".join(filter(None, map(_without_marks_in_front, words))).encode()[:SLUG_BYTES].decode(errors="ignore")
    return cut.strip("-") or _NO_NAME


def untagged(name: str) -> str:
    """Give what somebody called an upload of ours; the names of others stay what they are."""
    tag = tag_in(name)
    if tag is None:
        return name
    called, _, rest = name.rpartition(f".{tag}")
    return called + rest


def _without_marks_in_front(word: str) -> str:
    """Drop marks that follow no letter: they would join whatever stands before the name."""
    while word and unicodedata.category(word[0])[0] == "M":
        word = word[1:]
    return word


def _small(char: str) -> str:
    """Give a letter in small; the dot that İ leaves behind is none."""
    small = char.lower()
    return small if len(small) == 1 else f"{small[0]} "


def is_kept(char: str) -> bool:
    """Tell whether a character stands in a slug as it is."""
    return unicodedata.category(char)[0] in _KEPT
