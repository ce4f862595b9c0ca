"""Writes what consumers need of the materials, so that every name and every value is safe in its language."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import shlex
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import asdict

from wxsync.errors import InvalidInput
from wxsync.formats import ExportFormat
from wxsync.model import MaterialType, Problem
from wxsync.words import text, visible

_HEADER = "Written by `wxsync export`: change the manifest, not this file."
_COLUMNS = ("name", "type", "media_id", "url", "path")
_SEPARATORS = re.compile(r"[^A-Z0-9]+")
_DIGITS = 8
# Letters and marks by their category, which nobody sees.
_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u3164\ufe00-\ufe0f\uffa0]")

# What `sh` and python-dotenv read differently even between single quotes.
_DOTENV_UNSAFE = re.compile(r"['\\]|\$\{|[^\x20-\x7e]")


class Entry(Struct, frozen=True):
    """Holds what consumers may know of one material; an article image has no media_id, many have no url."""

    name: str
    type: MaterialType
    media_id: str | None
    url: str | None
    path: str


def export(entries: Iterable[Entry], form: str) -> str:
    """Writes the entries, sorted by name, in one of FORMATS; raises InvalidInput for what a format cannot hold."""
    return FORMATS[ExportFormat(form)](sorted(entries, key=lambda entry: entry.name))


def constants(names: Sequence[str]) -> dict[str, str]:
    """Gives each name a constant that is legal everywhere: `WX_` and its ASCII letters and digits in capitals.

    Names that share one, and names with other letters, get a digest of the name behind two underscores, which no name
    makes by itself: so no constant depends on the order of the names, and no two are the same.
    """
    plain = {name: _SEPARATORS.sub("_", name.upper()).strip("_") for name in names}
    shared = Counter(plain.values())
    digests = {name: hashlib.sha256(name.encode()).hexdigest() for name in names}
    digits = _DIGITS if len({digest[:_DIGITS] for digest in digests.values()}) == len(digests) else None
    return {
        name: f"WX_{word}" if shared[word] == 1 and name.isascii() and word else f"WX_{word}__{digests[name][:digits]}"
        for name, word in plain.items()
    }


def readable_constants(names: Sequence[str]) -> dict[str, str]:
    """Give each name a constant that is legal in Python and TypeScript, in the letters of the name.

    Names without other letters than ASCII's have those of `constants`. A name that shares its letters with another one,
    or holds letters that no identifier does, gets a digest as well.
    """
    plain = constants(names)
    words = {name: _word(name) for name in names}
    shared = Counter(words.values())
    return {
        name: plain[name] if word.isascii() else _readable(name, word, is_shared=shared[word] > 1, plain=plain[name])
        for name, word in words.items()
    }


def _readable(name: str, word: str, *, is_shared: bool, plain: str) -> str:
    is_whole = all(not char.isalnum() or _is_letter(char) for char in _folded(name))
    return f"WX_{word}" if is_whole and not is_shared else f"WX_{word}__{plain.rpartition('__')[2]}"


def _word(name: str) -> str:
    return "_".join("".join(char if _is_letter(char) else " " for char in _folded(name)).split())


def _folded(name: str) -> str:
    # Python reads every identifier in this form, so that other forms of the same letters would be the same name.
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).upper())


def _is_letter(char: str) -> bool:
    """Tell whether a character can stand in an identifier of either language, and can be seen there."""
    return char <= "\uffff" and char != "_" and f"a{char}".isidentifier() and not _UNSEEN.match(char)


def _json(entries: Sequence[Entry]) -> str:
    return json.dumps({entry.name: _document(entry) for entry in entries}, ensure_ascii=False, indent=2) + "\n"


def _csv(entries: Sequence[Entry]) -> str:
    # As RFC 4180 has it, and the values as they are: a sign put before them would spoil them for every program.
    out = io.StringIO(newline="")
    # Two colons that begin a line are a command to GitHub's runner; behind a quote they are none.
    is_command = any(entry.name.lstrip().startswith("::") for entry in entries)
    writer = csv.DictWriter(out, _COLUMNS, quoting=csv.QUOTE_ALL if is_command else csv.QUOTE_MINIMAL)
    writer.writeheader()
    writer.writerows(asdict(entry) for entry in entries)
    return out.getvalue()


def _dotenv(entries: Sequence[Entry]) -> str:
    unsafe = [
        Problem(
            "unsafe-value",
            text("{name}: dotenv cannot hold {value}", name=entry.name, value=value),
            text("use another format"),
            name=entry.name,
        )
        for entry in entries
        for value in (entry.media_id, entry.url)
        if value and _DOTENV_UNSAFE.search(value)
    ]
    if unsafe:
        raise InvalidInput(unsafe)
    named = constants([entry.name for entry in entries])
    lines = [f"# {_HEADER}"]
    for entry in entries:
        lines += [
            f"# {visible(entry.name)}",
            *(f"{name}={shlex.quote(value)}" for name, value in _values(entry, named)),
        ]
    return "\n".join([*lines, ""])


def _python(entries: Sequence[Entry]) -> str:
    lines = [f'"""{_HEADER}"""', "", "from typing import Final, TypedDict", ""]
    named = readable_constants([entry.name for entry in entries])
    lines += [f"{name}: Final = {value!r}" for entry in entries for name, value in _values(entry, named)]
    lines += ["", "", "class Material(TypedDict):", "    type: str", "    media_id: str | None", "    url: str | None"]
    lines += ["    path: str", "", "", "MATERIALS: Final[dict[str, Material]] = {"]
    lines += [f"    {entry.name!r}: {_document(entry)!r}," for entry in entries]
    return "\n".join([*lines, "}", ""])


def _typescript(entries: Sequence[Entry]) -> str:
    lines = [f"// {_HEADER}", ""]
    named = readable_constants([entry.name for entry in entries])
    lines += [f"export const {name} = {_script(value)};" for entry in entries for name, value in _values(entry, named)]
    lines += ["", "export const MATERIALS = {"]
    for entry in entries:
        values = ", ".join(f"{key}: {_script(value)}" for key, value in _document(entry).items())
        # As a plain key, __proto__ would be the object's prototype.
        key = _script(entry.name) if entry.name != "__proto__" else '["__proto__"]'
        lines.append(f"  {key}: {{ {values} }},")
    return "\n".join([*lines, "} as const;", "", "export type MaterialName = keyof typeof MATERIALS;", ""])


FORMATS: Mapping[ExportFormat, Callable[[Sequence[Entry]], str]] = MappingProxyType(
    {
        ExportFormat.JSON: _json,
        ExportFormat.DOTENV: _dotenv,
        ExportFormat.CSV: _csv,
        ExportFormat.PYTHON: _python,
        ExportFormat.TYPESCRIPT: _typescript,
    }
)


def _values(entry: Entry, named: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if entry.media_id:
        yield f"{named[entry.name]}_MEDIA_ID", entry.media_id
    if entry.url:
        yield f"{named[entry.name]}_URL", entry.url


def _document(entry: Entry) -> dict[str, str | None]:
    return {"type": entry.type.value, "media_id": entry.media_id, "url": entry.url, "path": entry.path}


def _script(value: str | None) -> str:
    if value is None:
        return "null"
    return f'"{"".join(map(_script_character, value))}"'


def _script_character(char: str) -> str:
    if char == "<":
        return "\\u003c"  # so that no value ends the script that it stands in
    return json.dumps(char, ensure_ascii=not char.isprintable())[1:-1]
