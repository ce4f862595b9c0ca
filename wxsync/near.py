"""Names that come near one that nobody knows, so that a slip is answered with what was meant."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from wxsync.words import Text, casefolded, listing, text

# Comparing two names takes the product of their lengths.
_LONGEST = 256


def near_names(name: str, known: Iterable[str], *, most: int = 3, alike: float = 0.6) -> tuple[str, ...]:
    """Return the known names nearest to a name, nearest first.

    Those that differ only in case, Unicode form or width come first, then paths that end with the name, with or without
    a suffix, then those that are spelled alike;
    `alike` says how much, from 0 to 1.
    """
    from difflib import get_close_matches  # takes longer to import than most plans to make

    if len(name) > _LONGEST:
        return ()
    forms: dict[str, list[str]] = {}
    for one in sorted(known):
        if len(one) <= _LONGEST:
            forms.setdefault(_form(one), []).append(one)
    wanted = _form(name)
    named = [form for form in forms if wanted and form != wanted and wanted in (_last(form), _stem(form))]
    spelled = get_close_matches(wanted, (form for form in forms if form != wanted), n=most, cutoff=alike)
    return tuple(one for form in dict.fromkeys((wanted, *named, *spelled)) for one in forms.get(form, ()))[:most]


def did_you_mean(near: Iterable[str]) -> Text:
    """Ask whether one of some names was meant."""
    return text("did you mean {names}?", names=listing(near, last="or"))


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def _stem(path: str) -> str:
    return _last(path).rpartition(".")[0]


def _form(name: str) -> str:
    return casefolded(unicodedata.normalize("NFKC", name))
