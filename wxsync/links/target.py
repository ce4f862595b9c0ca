"""Tells what a link's target means: a file beside the document, or something of the web."""

from __future__ import annotations

import re
from urllib.parse import unquote

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_TAIL = re.compile(r"[?#].*", re.DOTALL)


def local_path(target: str) -> str | None:
    """Gives the path that a relative target names, percent signs resolved, query and fragment gone.

    None for what names no file beside the document: a web address, `data:`, a path from a server's root, a fragment.
    """
    if _SCHEME.match(target) or is_absolute(target) or target.startswith("//"):
        return None
    path = _TAIL.sub("", target)
    try:
        return unquote(path, errors="strict") or None
    except UnicodeDecodeError:
        return path


def is_absolute(target: str) -> bool:
    """Tells whether a target is a path from the root of a web server, which no document's folder says anything of."""
    return target.startswith("/") and not target.startswith("//")
