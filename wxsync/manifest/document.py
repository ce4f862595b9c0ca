"""YAML text to plain values that know where they stand; of YAML only what a manifest needs, the rest is refused."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence, Set

import yaml
from msgspec import Struct
from yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from wxsync.manifest.source import At, Source, Spot
from wxsync.model import Problem
from wxsync.words import text

MAX_DEPTH = 16
MAX_NODES = 500_000

_VALUES = (ScalarEvent, CollectionStartEvent)
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WHOLE_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
# JSON writes what lies beyond the first 65,536 characters, such as an emoji, as two escapes; YAML has one for it.
_PAIR = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_ESCAPE = re.compile(rf"{_PAIR.pattern}|\\.", re.DOTALL)


class Text(str):
    """Holds a scalar as it was written, and where; `plain` is true where it had no quotes."""

    __slots__ = ("plain", "spot")

    spot: Spot
    plain: bool

    def again(self, words: str) -> Text:
        """Gives other words that stand for these, at the same spot."""
        if words == self:
            return self
        text = Text(words)
        text.spot, text.plain = self.spot, self.plain
        return text


class Number(int):
    """Holds the whole number of `version`, the one scalar that is not text."""

    spot: Spot


class Items(list["Value"]):
    """Holds a list, and where it begins."""

    spot: Spot


class Table(dict[Text, "Value"]):
    """Holds a mapping, and where it begins; its keys know where they stand."""

    spot: Spot

    def key(self, name: str) -> Text:
        """Gives a key as it was written, with its spot. Raises KeyError."""
        for key in self:
            if key == name:
                return key
        raise KeyError(name)

    def value(self, name: str) -> Value | None:
        """Gives the value of a key, or None."""
        return self.get(name)  # type: ignore[call-overload, no-any-return]


Value = Text | Number | Items | Table


def is_sound(value: Value, broken: Set[tuple[int, int]]) -> bool:
    """Tells whether nothing in a value stands at a spot (line, column) where there is a problem."""
    if not broken:
        return True
    inner: list[Value] = []
    if isinstance(value, Table):
        inner = [*value, *value.values()]
    elif isinstance(value, Items):
        inner = list(value)
    return (value.spot.line, value.spot.column) not in broken and all(is_sound(each, broken) for each in inner)


class Reading(Struct, frozen=True):
    """Represents what YAML makes of a text: the document, and every problem that YAML itself has with it.

    `document` is None where nothing can be said of the content: the file is empty, or its YAML cannot be parsed.
    `broken` is the spot at which the parser gave up. `texts` are the stretches of the values beyond ASCII that it met.
    """

    document: Value | None
    problems: list[Problem]
    texts: Sequence[tuple[Spot, Spot]] = ()
    broken: Spot | None = None


def read_document(source: Source) -> Reading:
    """Reads the one YAML document of a text."""
    joined = join_pairs(source.text)
    reader = _Reader(source, joined)
    try:
        return Reading(reader.document(), reader.problems, reader.texts)
    except _TooMuch:
        return Reading(None, reader.problems)
    # PyYAML without libyaml lets chr() refuse an escape that is no character.
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        from wxsync.manifest.syntax import explain

        noticed, began = (joined.spot(getattr(error, mark, None)) for mark in ("problem_mark", "context_mark"))
        problem = explain(error, source, noticed=noticed, began=began)
        return Reading(None, [*reader.problems, problem], reader.texts, noticed or At(len(source.lines)))


class _Joined(Struct, frozen=True):
    """Represents a text whose pairs of JSON escapes are one of YAML's, and by line where that made it shorter."""

    text: str
    cuts: dict[int, list[int]]

    def spot(self, mark: Spot | None) -> Spot | None:
        """Finds in the text as it was written what a parser told of this one."""
        if mark is None or mark.line not in self.cuts:
            return mark
        return At(mark.line, mark.column + _SHORTER * bisect_left(self.cuts[mark.line], mark.column))


_SHORTER = len(r"\ud83d\ude00") - len(r"\U0001F600")


def join_pairs(text: str) -> _Joined:
    """Write JSON's escapes of what lies beyond the first 65,536 characters as YAML's."""
    if not _PAIR.search(text):
        return _Joined(text, {})
    from wxsync.manifest.lookalikes import Lines, look_over  # all that is not YAML's takes long to load

    pieces: list[str] = []
    cuts: dict[int, list[int]] = {}
    lines, done = Lines(text), 0
    for start, end in look_over(text).doubles:
        for found in _ESCAPE.finditer(text, start, end):
            if found[1]:
                pieces += (text[done : found.start()], f"\\U{_code_point(found[1], found[2]):08X}")
                done = found.end()
                spot = lines.at(found.start())
                of_line = cuts.setdefault(spot.line, [])
                of_line.append(spot.column - _SHORTER * len(of_line))
    return _Joined("".join([*pieces, text[done:]]), cuts)


def _code_point(high: str, low: str) -> int:
    return 0x10000 + ((int(high, 16) - 0xD800) << 10) + (int(low, 16) - 0xDC00)


class _TooMuch(Exception):
    """Stops the reading of a document that is deeper or larger than any manifest."""


class _Reader:
    """Walks over libyaml's events; it never builds what an alias or a tag asks for, so no text can make it large."""

    def __init__(self, source: Source, joined: _Joined) -> None:
        self.problems: list[Problem] = []
        self.texts: list[tuple[Spot, Spot]] = []
        self._source = source
        self._joined = joined
        self._next: Callable[[], Event] = LOADER(joined.text).get_event
        self._depth = 0
        self._nodes = 0

    def document(self) -> Value | None:
        self._next()
        start = self._next()
        if isinstance(start, StreamEndEvent):
            self._empty()
            return None
        if isinstance(start, DocumentStartEvent) and (start.version or start.tags):
            self._say(
                start,
                "yaml-directive",
                text("a manifest cannot have directives like %YAML or %TAG"),
                text("take the line out"),
            )
        value = self._value(self._next())
        self._end()
        if isinstance(value, Text) and not value and value.plain:
            self._empty()
            return None
        if isinstance(value, Table):
            _number_version(value)
        return value

    def _empty(self) -> None:
        hint = text("write `version: 1` and a list of `materials`, or let `wxsync init` write a first one")
        self.problems.append(self._source.problem(At(), "empty-manifest", text("the manifest is empty"), hint))

    def _end(self) -> None:
        event = self._next()
        while isinstance(event, DocumentEndEvent):
            event = self._next()
        if not isinstance(event, StreamEndEvent):
            hint = text("take the `---` out, or move what follows into a manifest of its own")
            self._say(event, "several-documents", text("a second YAML document begins here; a manifest is one"), hint)

    def _value(self, event: Event, *, is_key: bool = False) -> Value:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._say(
                event,
                "too-many-values",
                text("the manifest holds more than {most:,} values", most=MAX_NODES),
                text("use globs"),
            )
            raise _TooMuch
        if isinstance(event, _VALUES) and (event.anchor or event.tag):
            self._refuse_marks(event)
        if isinstance(event, ScalarEvent):
            if not is_key and not event.value.isascii():
                self.texts.append((self._spot(event), self._joined.spot(event.end_mark) or At()))
            return self._placed(event.value, event, plain=event.implicit[0])
        if isinstance(event, CollectionStartEvent):
            return self._deeper(event)
        return self._alias(event)

    def _deeper(self, event: Event) -> Value:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._say(
                event,
                "too-deep",
                text("values are nested deeper than {most} levels", most=MAX_DEPTH),
                text("close the brackets"),
            )
            raise _TooMuch
        value = self._items(event) if isinstance(event, SequenceStartEvent) else self._table(event)
        self._depth -= 1
        return value

    def _items(self, start: Event) -> Items:
        items = Items()
        items.spot = self._spot(start)
        while not isinstance(event := self._next(), SequenceEndEvent):
            items.append(self._value(event))
        return items

    def _table(self, start: Event) -> Table:
        table = Table()
        table.spot = self._spot(start)
        while not isinstance(event := self._next(), MappingEndEvent):
            key = self._key(event)
            event = self._next()
            if key == "<<":
                self._merge(key, event)
                continue
            value = self._value(event)
            if key is None:
                continue
            if key in table:
                self._duplicate(key, table.key(key))
            else:
                table[key] = value
        return table

    def _key(self, event: Event) -> Text | None:
        key = self._value(event, is_key=True)
        if isinstance(key, Text) and (key.isprintable() or not _CONTROL.search(key)):
            return key
        hint = text('write `key: value`; a text that begins with "{" or "[" needs quotes')
        self._say(event, "key-not-text", text("a key must be one line of text"), hint)
        return None

    def _merge(self, key: Text, event: Event) -> None:
        hint = text("write the keys out")
        self._say_at(key.spot, "yaml-merge-key", text("merge keys (<<) cannot be used in a manifest"), hint)
        if not isinstance(event, AliasEvent):
            self._value(event)

    def _duplicate(self, key: Text, first: Text) -> None:
        message = text(
            "the key `{key}` stands here twice; the first is in line {line}", key=key, line=first.spot.line + 1
        )
        self._say_at(
            key.spot, "duplicate-key", message, text("keep one of the two; a new entry of a list begins with `- `")
        )

    def _alias(self, event: Event) -> Text:
        written = f"*{event.anchor}" if isinstance(event, AliasEvent) else "*"
        hint = text('if it is a pattern, put it in quotes: "{written}"; else write the value out', written=written)
        self._say(event, "yaml-alias", text("aliases (*) cannot be used in a manifest"), hint)
        return self._placed(written, event, plain=True)

    def _refuse_marks(self, event: ScalarEvent | CollectionStartEvent) -> None:
        if event.anchor:
            hint = text('if it is text, put it in quotes: "&{anchor}…"; else take it out', anchor=event.anchor)
            self._say(event, "yaml-anchor", text("anchors (&) cannot be used in a manifest"), hint)
        else:
            hint = text("take the tag out: text is text here; a text that begins with `!` needs quotes")
            self._say(event, "yaml-tag", text("tags (!) cannot be used in a manifest"), hint)

    def _say(self, event: Event, code: str, message: str, hint: str) -> None:
        self._say_at(self._spot(event), code, message, hint)

    def _say_at(self, spot: Spot, code: str, message: str, hint: str) -> None:
        self.problems.append(self._source.problem(spot, code, message, hint))

    def _spot(self, event: Event) -> Spot:
        return self._joined.spot(event.start_mark) or At()

    def _placed(self, value: str, event: Event, *, plain: bool) -> Text:
        text = Text(value)
        text.spot = self._spot(event)
        text.plain = plain
        return text


def _number_version(table: Table) -> None:
    written = table.value("version")
    if isinstance(written, Text) and written.plain and _WHOLE_NUMBER.fullmatch(written):
        number = Number(written)
        number.spot = written.spot
        table[table.key("version")] = number
