"""Tells what a link's target means: a file beside the document, a file of one machine, or something of the web."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, unquote

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_WEB = frozenset({"http", "https", "data", "cid", "blob"})
PICTURE_SUFFIX = r"\.(?:png|jpe?g|jfif|gif|bmp|webp|svg|avif|heic|heif|tiff?|ico)"
"""What the names of pictures end with, as a regular expression."""
_PICTURE = re.compile(rf"{PICTURE_SUFFIX}(?:[?#]\S*+)?\Z", re.IGNORECASE)
_TAIL = re.compile(r"[?#].*", re.DOTALL)
# Where systems keep what is their user's: no server has such a folder at its root.
_HOMES = ("/Users/", "/Volumes/", "/private/", "/var/folders/")
_FILE = re.compile(r"file:(?://[^/\\]*)?(?=[/\\])/*(?=[A-Za-z]:|/)", re.IGNORECASE)


def is_web(target: str) -> bool:
    """Tells whether a target is an address of the web, or holds its picture itself."""
    scheme = _SCHEME.match(target)
    return target.startswith("//") or (scheme is not None and scheme[1].lower() in _WEB)


def is_of_one_machine(target: str) -> bool:
    """Tells whether a target names what one machine has: a drive, a share, a home folder, a program's own scheme."""
    return not is_web(target) and (bool(_SCHEME.match(target)) or target.startswith(("\\", *_HOMES)))


def looks_like_a_picture(target: str) -> bool:
    """Tells whether a target ends like the name of a picture."""
    return bool(_PICTURE.search(target))


def is_absolute(target: str) -> bool:
    """Tells whether a target is a path from the root of a web server, which no document's folder says anything of."""
    return target.startswith("/") and not target.startswith(("//", *_HOMES))


def machine_path(target: str) -> str:
    """Gives the path, with forward slashes, that a target of one machine names."""
    path = _FILE.sub("", target)
    return (_decoded(path) if path != target else target).replace("\\", "/")


def local_path(target: str) -> str | None:
    """Gives the path that a relative target names, percent signs resolved, query and fragment gone.

    None for what names no file beside the document: a web address, a file of one machine, a path from a server's root,
    a fragment.
    """
    return next(iter(local_paths(target)), None)


def local_paths(target: str) -> tuple[str, ...]:
    """Gives the paths that a relative target may name: the one that a browser asks for, then what its author may mean.

    A name that holds `#`, `?` or a percent sign is often written as it is.
    """
    if is_web(target) or is_of_one_machine(target) or is_absolute(target):
        return ()
    path = _TAIL.sub("", target)
    meant = (_decoded(path), path, target, _decoded(target))
    return tuple(dict.fromkeys(one for one in meant if one)) if path else ()


def as_target(path: str) -> str:
    """Writes a relative path as a target that every reader takes for this very file."""
    kept = "".join(_escaped(character) for character in path)
    return f"./{kept}" if _SCHEME.match(kept) else kept


def _escaped(character: str) -> str:
    plain = character.isprintable() and character not in ' %#?<>"\\()' and not unicodedata.combining(character)
    return character if plain or character == "/" else quote(character, safe="")


def _decoded(path: str) -> str:
    try:
        return unquote(path, errors="strict")
    except UnicodeDecodeError:
        return path
