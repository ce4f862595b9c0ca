"""`python -m tests.catalog`: brings the catalogue in step with the code, compiles it, and says what lacks its Chinese.

A sentence enters it by standing in `text(…)` or `plural(…)` of wxsync.words, or as the help of a command or an option.
What click says by itself is listed here.
"""

from __future__ import annotations

import ast
import inspect
import io
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from wxsync.cli import cli

ROOT = Path(__file__).parent.parent
PO = ROOT / "wxsync/locale/zh/LC_MESSAGES/wxsync.po"
MO = PO.with_suffix(".mo")

Key = str | tuple[str, ...]
"""A sentence, or one with its form for many."""

# Click 8.3 and 8.4 put some of these differently.
CLICK: tuple[Key, ...] = (
    "(dynamic)",
    "Aborted!",
    "Choose from:\n\t{choices}",
    "Commands",
    ("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
    "Error: invalid input",
    "Error: {message}",
    "Error: {e.message}",
    ("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
    "Invalid value for {param_hint}: {message}",
    "Invalid value: {message}",
    "Missing argument",
    "Missing command.",
    "Missing option",
    "Missing parameter",
    "Missing parameter: {param_name}",
    "Missing {param_type}",
    "No such command {name!r}.",
    "No such option {name!r}.",
    "No such option: {name}",
    "Option {name!r} does not take a value.",
    ("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
    "Options",
    "Show the version and exit.",
    "Show this message and exit.",
    "Try '{command} {option}' for help.",
    "Usage:",
    "argument",
    "default: {default}",
    "directory",
    "file",
    "option",
    "path",
    "required",
    "{name} {filename!r} does not exist.",
    "{name} {filename!r} is a directory.",
    "{name} {filename!r} is a file.",
    "{name} {filename!r} is not readable.",
    "{name} {filename!r} is not writable.",
    "{value!r} is not a valid {number_type}.",
    "{value} is not in the range {range}.",
    "{value!r} is not in the range {range}.",
    ("Takes {nargs} values but 1 was given.", "Takes {nargs} values but {len} were given."),
    "{value!r} is not a valid boolean. Recognized values: {states}",
    ("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
)


def said() -> dict[Key, None]:
    """Lists every sentence that wxsync can say to people, in the order of the alphabet."""
    found = [*_in_code(), *_in_help(cli), *CLICK]
    plurals = {key[0] for key in found if isinstance(key, tuple)}
    return dict.fromkeys(sorted((key for key in found if key and key not in plurals), key=str))


def written() -> Catalog:
    """Reads the catalogue as it is committed."""
    with PO.open("rb") as file:
        return read_po(file, locale="zh")


def in_step(before: Catalog) -> Catalog:
    """Makes the catalogue that the code wants, with the Chinese that is there."""
    catalog = Catalog(locale="zh", charset="utf-8", fuzzy=False, header_comment=HEADER)
    catalog.mime_headers = [("Content-Type", "text/plain; charset=utf-8"), ("Plural-Forms", "nplurals=1; plural=0;")]
    for key in said():
        name = key if isinstance(key, str) else key[0]
        known = before.get(name)
        chinese = _forms(known.string)[0] if known else ""
        catalog.add(key, (chinese,) if isinstance(key, tuple) else chinese)
    return catalog


HEADER = "# What wxsync says, in Chinese: `python -m tests.catalog` brings it in step with the code and compiles it."


def as_po(catalog: Catalog) -> bytes:
    """Writes a catalogue for people: sorted, a line for each sentence, and nothing that changes from day to day."""
    out = io.BytesIO()
    write_po(out, catalog, width=0, no_location=True, sort_output=True, omit_header=True)
    return HEADER_PO.encode() + out.getvalue()


HEADER_PO = f"""{HEADER}
msgid ""
msgstr ""
"Language: zh\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""


def as_mo(po: bytes) -> bytes:
    """Compiles a catalogue, the same bytes with every version of Babel; what has no Chinese is left out.

    Layout: https://www.gnu.org/software/gettext/manual/html_node/MO-Files.html.
    """
    entries = {b"": b"Content-Type: text/plain; charset=utf-8\nPlural-Forms: nplurals=1; plural=0;\n"}
    for message in read_po(io.BytesIO(po), locale="zh"):
        if message.id and any(_forms(message.string)):
            entries["\0".join(_forms(message.id)).encode()] = "\0".join(_forms(message.string)).encode()
    keys = sorted(entries)
    start = _HEADER_BYTES + 16 * len(keys)
    strings, table = b"", []
    for each in (*keys, *(entries[key] for key in keys)):
        table += [len(each), start + len(strings)]
        strings += each + b"\0"
    header = (0x950412DE, 0, len(keys), _HEADER_BYTES, _HEADER_BYTES + 8 * len(keys), 0, 0)
    return struct.pack(f"<7I{len(table)}I", *header, *table) + strings


_HEADER_BYTES = 28


def missing(catalog: Catalog) -> list[str]:
    """Names the sentences that have no Chinese."""
    return [_name(message.id) for message in catalog if message.id and not any(_forms(message.string))]


@dataclass(frozen=True, slots=True)
class Call:
    """A call of `text` or `plural` in the code: where it stands, its templates, and the names of its facts.

    `facts` is None where a mapping gives them, whose names only the running code knows.
    """

    where: str
    templates: tuple[str, ...]
    facts: frozenset[str] | None


def calls() -> Iterator[Call]:
    """Finds every sentence in the code; raises ValueError where a template is not written out."""
    for file in sorted((ROOT / "wxsync").rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        imported = {
            alias.asname or alias.name: alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "wxsync.words"
            for alias in node.names
        } | ({"text": "text", "plural": "plural"} if file.name == "words.py" else {})
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                count = _TEMPLATES.get(imported.get(node.func.id, ""), 0)
                if count:
                    yield _call(node, count, f"{file.relative_to(ROOT)}:{node.lineno}")


_TEMPLATES = {"text": 1, "plural": 2}


def _call(node: ast.Call, count: int, where: str) -> Call:
    templates = node.args[:count]
    if not all(isinstance(each, ast.Constant) and isinstance(each.value, str) for each in templates):
        raise ValueError(f"{where}: a template must be written out, or the catalogue cannot know it")
    named = [keyword.arg for keyword in node.keywords if keyword.arg]
    facts = frozenset(named) | ({"count"} if count == 2 else frozenset())
    is_known = len(named) == len(node.keywords)
    return Call(where, tuple(str(ast.literal_eval(each)) for each in templates), facts if is_known else None)


def _in_code() -> Iterator[Key]:
    for call in calls():
        yield call.templates if len(call.templates) > 1 else call.templates[0]


def _in_help(command: click.Command) -> Iterator[Key]:
    yield from (inspect.cleandoc(each) for each in (command.help, command.short_help) if each)
    yield from (option.help for option in command.params if isinstance(option, click.Option) and option.help)
    if isinstance(command, click.Group):
        for name, listed in command.commands.items():
            yield from filter(None, (listed.short_help,))
            _, found, _ = command.resolve_command(click.Context(command), [name])
            if found:
                yield from _in_help(found)


def _name(key: object) -> str:
    return str(key[0]) if isinstance(key, tuple | list) else str(key)


def _forms(string: object) -> tuple[str, ...]:
    return tuple(map(str, string)) if isinstance(string, tuple | list) else (str(string or ""),)


def main() -> int:
    """Writes both files; exits with 1 where something has no Chinese."""
    catalog = in_step(written() if PO.exists() else Catalog(locale="zh"))
    po = as_po(catalog)
    PO.write_bytes(po)
    MO.write_bytes(as_mo(po))
    lacking = missing(catalog)
    print(f"{len(said())} sentences, {len(lacking)} of them without Chinese:", *lacking, sep="\n  ")
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
