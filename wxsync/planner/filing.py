"""Names the files of a pulled library, so that every system can hold them and none takes the place of another."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Set

from wxsync.planner.naming import tag_in
from wxsync.words import casefolded

_MOST_BYTES = 150
# What Windows forbids ("Naming Files, Paths, and Namespaces"); `*` and `?` would make globs too.
_FORBIDDEN = re.compile(r'[<>:"|?*\s]+')
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,5}$")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)", re.IGNORECASE)


def file_name(said: str, extension: str, taken: Set[str]) -> str:
    """Make a file name of what a library calls a material: without our tag, with the extension of its content.

    `taken` are names that are in use, each `casefolded`.
    """
    stem, end = _stem(said), f".{extension}" if extension else ""
    for number in range(1, len(taken) + 2):
        name = f"{stem}-{number}{end}" if number > 1 else stem + end
        if casefolded(name) not in taken:
            break
    return name


def _stem(said: str) -> str:
    text = re.split(r"[/\\]", unicodedata.normalize("NFC", said))[-1]
    text = _FORBIDDEN.sub("-", "".join(letter for letter in text if _is_seen(letter)))
    text = _SUFFIX.sub("", text)
    tag = tag_in(text)
    text = text.removesuffix(tag) if tag else text
    text = _short(text.strip(" .-~")) or "material"
    return f"_{text}" if _RESERVED.match(text) else text


def _is_seen(letter: str) -> bool:
    return unicodedata.category(letter)[0] != "C" or letter in "\t\n"


def _short(text: str) -> str:
    return text.encode()[:_MOST_BYTES].decode(errors="ignore").rstrip(" .-~")
