"""What libyaml says in five words, said so that a person knows what to do."""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

from wxsync.manifest.source import MAX_EXCERPT, At, Source, Spot, brief
from wxsync.model import Problem
from wxsync.words import Text, text


class _Saying(Struct, frozen=True):
    """What one thing that libyaml says means; `at_start` points to where the broken thing began.

    Where the sentence names what stands there, it is made of that.
    """

    pattern: str
    code: str
    message: Text | Callable[[str], Text]
    hint: Text | Callable[[str], Text]
    at_start: bool = False


_HALF_A_PAIR = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


def _in_quotes(value: str) -> Text:
    return text('put it in quotes: "{value}"', value=value)


_QUOTE = text("close the text with the same quote; a quote inside a text is \"\\\"\" or ''''")

_SAYINGS = (
    _Saying(
        r"scanning an alias",
        "unquoted-value",
        text("a value cannot begin with `*` without quotes"),
        _in_quotes,
        at_start=True,
    ),
    _Saying(
        r"scanning an anchor",
        "unquoted-value",
        text("a value cannot begin with `&` without quotes"),
        _in_quotes,
        at_start=True,
    ),
    _Saying(
        r"(parsing|scanning) (a|an|the) (tag|%TAG)|undefined tag|parsing a node; found undefined",
        "unquoted-value",
        text("a value cannot begin with `!` without quotes"),
        _in_quotes,
        at_start=True,
    ),
    _Saying(
        r"cannot start any token|expected node content",
        "unquoted-value",
        lambda value: text("a value cannot begin with `{char}` without quotes", char=value[:1]),
        _in_quotes,
    ),
    _Saying(
        r"directive",
        "yaml-directive",
        text("lines that begin with `%` are YAML directives, which a manifest cannot have"),
        text("take the line out; a text that begins with `%` needs quotes"),
        at_start=True,
    ),
    _Saying(
        r"quoted scalar.*(end of stream|document indicator)",
        "unclosed-quote",
        text("this quote is never closed"),
        _QUOTE,
        at_start=True,
    ),
    _Saying(
        r"unknown escape character|hexdecimal|escape sequence|invalid Unicode",
        "bad-escape",
        text("invalid escape: inside double quotes a backslash must begin an escape that YAML knows"),
        text("write paths with forward slashes, or use single quotes"),
    ),
    _Saying(
        r"expected ',' or '([\]}])'",
        "unclosed-bracket",
        text("a bracket that was opened here is not closed, or a comma is missing in it"),
        text("close it with `]` or `}`, and put a comma between two values"),
        at_start=True,
    ),
    _Saying(
        r"mapping values are not allowed",
        "colon-in-value",
        text("a text that holds a colon and a space needs quotes"),
        text("put the whole value in quotes"),
    ),
    _Saying(
        r"could not find expected ':'",
        "missing-colon",
        text("this is neither `key: value` nor an entry of a list"),
        text("put a colon and a space between the key and its value"),
        at_start=True,
    ),
    _Saying(
        r"block sequence entries are not allowed",
        "misplaced-dash",
        text("an entry of a list cannot begin here"),
        text("begin each entry on a line of its own with `- `"),
    ),
    _Saying(
        r"parsing a block (mapping|collection)|expected <block end>|document start",
        "bad-indentation",
        text("this line does not fit what stands around it"),
        text("indent the keys of one entry alike, with spaces; quote the whole value, not a part of it"),
    ),
    _Saying(
        r"block scalar",
        "bad-block",
        text("`|` and `>` begin a text of several lines, and what follows them here does not fit"),
        text("begin the text on the next line, indented with spaces; a text that begins with `|` or `>` needs quotes"),
    ),
    _Saying(
        r"nest|max(imum)? depth",
        "too-deep",
        text("values are nested too deep"),
        text("close the brackets"),
    ),
    _Saying(
        r"",
        "yaml-syntax",
        lambda said: text("this is not valid YAML: {said}", said=said),
        text("look at the quotes, colons and indentation of this line and of the one before"),
    ),
)


def explain(error: Exception, source: Source, *, noticed: Spot | None, began: Spot | None) -> Problem:
    """Turns an error of libyaml (or of PyYAML where libyaml is missing) into a problem with a place and a hint.

    `noticed` is where it gave up, `began` where what it was reading begins.
    """
    noticed = noticed or _end(source)
    began = began or noticed
    if tab := _leading_tab(source, noticed):
        hint = text("indent with spaces; editors can do it for you")
        return source.problem(tab, "tab", text("a tab stands in the indentation, where YAML allows only spaces"), hint)
    said = "; ".join(filter(None, (getattr(error, "context", None), getattr(error, "problem", None))))
    if slip := _half_a_pair(source, noticed) or _slip(said, source, noticed):
        return slip
    saying = next(saying for saying in _SAYINGS if re.search(saying.pattern, said))
    spot = _inside(source, began if saying.at_start else noticed)
    value = _value_at(source, spot) if saying.pattern else said or text("it cannot be read")
    return source.problem(spot, saying.code, _filled(saying.message, value), _filled(saying.hint, value))


def _filled(words: Text | Callable[[str], Text], value: str) -> Text:
    return words if isinstance(words, Text) else words(value)


def _half_a_pair(source: Source, spot: Spot) -> Problem | None:
    found = _HALF_A_PAIR.match(source.line(spot), max(0, spot.column - 2))
    if found is None:
        return None
    message = text("`{lstrip}` is one half of a character, and the other half is missing", lstrip=found[0].lstrip())
    hint = text("write the character itself, or its one escape such as `\\U0001F600`")
    return source.problem(At(spot.line, found.start()), "bad-escape", message, hint)


def _slip(said: str, source: Source, spot: Spot) -> Problem | None:
    """Finds a slip that libyaml cannot name: text behind a closing quote, a missing blank, a line too far right."""
    before = source.line(spot)[: min(spot.column, MAX_EXCERPT)]
    if re.search("parsing a block|<block end>", said) and re.search(r""":\s.*["'}\]]\s*$""", before):
        hint = text("put the whole value in quotes, not a part of it")
        return source.problem(spot, "half-quoted", text("the value goes on after its closing quote or bracket"), hint)
    if "mapping values" not in said or re.search(r":\s", before):
        return None
    above = max((line for line in range(spot.line) if source.lines[line].strip()), default=0)
    if found := re.match(r"\s*(?:- +)?[\w$-]+:(?=[^\s/])|\s*-(?=\w+:\s)", source.lines[above]):
        hint = text("write a blank after the colon and after the dash: `- path: images/logo.png`")
        return source.problem(At(above, found.end()), "missing-blank", text("a blank is missing here"), hint)
    start = At(spot.line, len(before) - len(before.lstrip()))
    hint = text("indent the keys of one entry alike, with spaces")
    return source.problem(
        start, "bad-indentation", text("this line stands further right than what it belongs to"), hint
    )


def _end(source: Source) -> At:
    return At(len(source.lines) - 1, len(source.lines[-1]))


def _inside(source: Source, spot: Spot) -> Spot:
    """Steps back from the empty end of a file, where libyaml notices what is missing, to the last line with text."""
    line = spot.line
    if source.line(spot).strip():
        return spot
    while line > 0 and (line >= len(source.lines) or not source.lines[line].strip()):
        line -= 1
    return At(line, len(source.lines[line].rstrip()))


def _leading_tab(source: Source, spot: Spot) -> At | None:
    line = source.line(spot)
    indentation = line[: len(line) - len(line.lstrip(" \t"))]
    return At(spot.line, indentation.index("\t")) if "\t" in indentation else None


def _value_at(source: Source, spot: Spot) -> str:
    found = re.match(r"[^\s,\]}]+", source.excerpt(spot)[spot.column :])
    return brief(found[0]) if found else "…"
