"""What people read: sentences in their language, text from outside made safe, sizes, counts and times.

A sentence is born as a `Text`: an English template, which is also its key in the catalogue, with named placeholders and
their facts. As a string it is the English sentence, which is what programs read; `say` gives it in the reader's
language, at the moment when it is shown.
"""

from __future__ import annotations

import errno
import gettext
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import tzinfo

_UNITS = ("B", "KiB", "MiB", "GiB")
_BINARY_STEP = 1024
_WIDE = ("W", "F")
_COMMAND = r"(?:\A|(?<=[\r\n]))([^\S\r\n]*)::"

LOCALE = f"{os.path.dirname(__file__)}/locale"  # noqa: PTH120 - to import pathlib takes longer than all that is said
"""Where the catalogues lie."""


class Language(StrEnum):
    """The languages that wxsync speaks."""

    ENGLISH = "en"
    CHINESE = "zh"


class Text(str):
    """A sentence for people: the English one, which remembers what it was made of, to be said in another language.

    Facts are numbers, words from outside, or sentences of their own. Two texts are equal where their English is.
    """

    __slots__ = ("facts", "many", "template")

    template: str
    many: str
    facts: Mapping[str, object]

    def __new__(cls, template: str, many: str = "", /, **facts: object) -> Text:
        """Fill a template; `many` is its form for another `count` than one."""
        chosen = many if many and facts["count"] != 1 else template
        # Without facts there is nothing to fill in, and braces may stand for themselves.
        made = super().__new__(cls, chosen.format(**facts) if facts else chosen)
        made.template, made.many, made.facts = template, many, facts
        return made


def text(template: str, /, **facts: object) -> Text:
    """Write a sentence with named placeholders: `text("{path} cannot be read", path=path)`."""
    return Text(template, **facts)


def plural(one: str, many: str, /, count: int, **facts: object) -> Text:
    """Write a sentence that depends on `count`: `plural("{count:,} file", "{count:,} files", count)`."""
    return Text(one, many, count=count, **facts)


def listing(items: Iterable[object], *, last: Literal["and", "or", ""] = "") -> Text:
    """Write several things in a row: a, b or c."""
    said, *rest = [item if isinstance(item, Text) else Text("{item}", item=item) for item in items] or [Text("")]
    for number, item in enumerate(rest, 1):
        if number < len(rest) or not last:
            said = text("{some}, {next}", some=said, next=item)
        elif last == "and":
            said = text("{some} and {next}", some=said, next=item)
        else:
            said = text("{some} or {next}", some=said, next=item)
    return said


def by_line(lines: Iterable[str]) -> Text:
    """Write sentences below each other."""
    whole, *rest = lines
    said = whole if isinstance(whole, Text) else Text("{line}", line=whole)
    for line in rest:
        said = Text("{lines}\n{line}", lines=said, line=line)
    return said


def some_of(items: Sequence[str], *, most: int) -> Text:
    """Write the first of several things in a row, and how many more there are."""
    if len(items) <= most:
        return listing(items)
    return text("{some} and {count:,} more", some=listing(items[:most]), count=len(items) - most)


def sentences(*said: str) -> Text:
    """Write sentences one behind the other; empty ones are left out."""
    whole, *rest = [each for each in said if each] or [Text("")]
    for each in rest:
        whole = text("{sentence} {next}", sentence=whole, next=each)
    return whole if isinstance(whole, Text) else Text("{sentence}", sentence=whole)


def say(words: str, language: Language | None = None, *, mark: Callable[[str], str] = lambda outside: outside) -> str:
    """Give a sentence in a language, by default the reader's; a plain string is taken for words from outside.

    `mark` writes the words from outside that a sentence holds.
    """
    if not isinstance(words, Text):
        return mark(words)
    language = language or _reader
    template = _template(words, language)
    facts = {
        # Whatever is not a number may hold words from outside: a path, or another program's error.
        name: fact if isinstance(fact, int | float) else say(_words(fact), language, mark=mark)
        for name, fact in words.facts.items()
    }
    return template.format(**facts) if facts else template


def language_of(environ: Mapping[str, str], *, of_the_system: Callable[[], str] = lambda: "") -> Language:
    """Tell the reader's language: WXSYNC_LANG, else the locale; logs of a CI are English unless WXSYNC_LANG says zh.

    `of_the_system` names the user's language, such as zh_CN, where no variable does. Raises ValueError where
    WXSYNC_LANG is neither en nor zh.
    """
    if environ.get("WXSYNC_LANG"):
        return Language(environ["WXSYNC_LANG"])
    if environ.get("CI"):
        return Language.ENGLISH
    named = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), None)
    locale = of_the_system() if named is None else named
    is_chinese = locale[:2].lower() == "zh" and locale[2:3] in ("", "_", ".", "@", "-")
    return Language.CHINESE if is_chinese else Language.ENGLISH


def speak(language: Language) -> None:
    """Set the reader's language for all that is said from now on."""
    global _reader  # noqa: PLW0603 - one process speaks to one reader
    _reader = language


def spoken() -> Language:
    """Tell the reader's language."""
    return _reader


_reader = Language.ENGLISH


@cache
def _catalogue(language: Language) -> gettext.NullTranslations:
    # By the standard library's own way, which keeps what is parsed: click asks for the same catalogue.
    return gettext.translation("wxsync", LOCALE, languages=[language])


def _words(fact: object) -> str:
    return fact if isinstance(fact, str) else str(fact)


def _template(words: Text, language: Language) -> str:
    catalogue = gettext.NullTranslations() if language is Language.ENGLISH else _catalogue(language)
    if words.many:
        count = words.facts["count"]
        return catalogue.ngettext(words.template, words.many, count if isinstance(count, int) else 2)
    # The empty key of a catalogue is its header, and what is one placeholder says nothing in any language.
    return catalogue.gettext(words.template) if words.template else ""


def visible(text: str) -> str:
    """Escapes whatever could move the cursor, change the direction of writing, break a line or hide in it.

    GitHub's runner takes `##[` for the start of a command wherever it stands in a line, so that is broken up too.
    """
    if not (text.isascii() and text.isprintable()):
        text = "".join(char if char == " " or char.isprintable() else _escape(char) for char in text)
    return text.replace("##[", "#\\x23[") if "##[" in text else text


def casefolded(name: str) -> str:
    """Give one form to all names that are one file on macOS or Windows."""
    if name.isascii():
        return name.lower()
    import unicodedata

    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def without_commands(text: str) -> str:
    """Break up what GitHub's runner would take for a command: two colons at the beginning of a line, blanks aside."""
    return re.sub(_COMMAND, r"\1\\x3a:", text) if "::" in text else text


def human_size(size: int) -> str:
    """Writes a size in bytes as people read it: 812 B, 12.1 KiB, 3.2 MiB."""
    amount, unit = float(size), 0
    while amount >= _BINARY_STEP and unit < len(_UNITS) - 1:
        amount, unit = amount / _BINARY_STEP, unit + 1
    return f"{size} B" if unit == 0 else f"{amount:.1f} {_UNITS[unit]}"


def share(part: int, whole: int) -> str:
    """Writes a part of a size in the unit of the whole: 1.2/8.4 MiB."""
    written = human_size(whole)
    unit = written.split()[1]
    amount = part / _BINARY_STEP ** _UNITS.index(unit)
    return f"{amount:.0f}/{written}" if unit == "B" else f"{amount:.1f}/{written}"


def moment(at: str, zone: tzinfo | None = None) -> str:
    """Writes a time of the lock as people read it, in a zone, by default theirs: 2026-11-23 18:00 +08:00."""
    from datetime import UTC, datetime

    try:
        there = datetime.strptime(at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).astimezone(zone)
    except (ValueError, OverflowError):
        return at
    offset = f"{there:%z}"
    return f"{there:%Y-%m-%d %H:%M} {f'{offset[:3]}:{offset[3:5]}' if there.utcoffset() else 'UTC'}"


def in_step(count: int) -> Text:
    """Say that a plan has nothing to do."""
    return plural("Nothing to do: {count:,} material in step.", "Nothing to do: {count:,} materials in step.", count)


@cache
def _reasons() -> Mapping[int, Text]:
    return {
        errno.ENOENT: text("no such file or folder"),
        errno.EACCES: text("permission denied"),
        errno.EPERM: text("operation not permitted"),
        errno.ENOSPC: text("no space left on the disk"),
        errno.EDQUOT: text("the disk quota is used up"),
        errno.EFBIG: text("the file would be too large"),
        errno.EROFS: text("the file system is read-only"),
        errno.EISDIR: text("it is a folder"),
        errno.ENOTDIR: text("a part of its path is not a folder"),
        errno.EEXIST: text("it exists already"),
        errno.ELOOP: text("it is a link, which is not followed"),
        errno.ENAMETOOLONG: text("its name is too long"),
        errno.EMFILE: text("too many files are open"),
        errno.EIO: text("the disk reports an error"),
        errno.EBUSY: text("another program uses it"),
        errno.EADDRINUSE: text("the port is taken"),
    }


def call_reference(errcode: int | None, rid: str | None) -> Text | None:
    """Write what WeChat's support asks for: the errcode of a call, with the id of the request where it is known."""
    if errcode is None:
        return None
    if rid is None:
        return text("errcode {errcode}", errcode=errcode)
    return text("errcode {errcode}, rid {rid}", errcode=errcode, rid=rid)


def https(url: str | None) -> str | None:
    """Gives a url as it is shown; WeChat answers http (reported), and browsers want https."""
    return "https://" + url.removeprefix("http://") if url and url.startswith("http://") else url


def width(text: str) -> int:
    """Counts the terminal columns of a text; a Chinese character takes two."""
    if text.isascii():
        return len(text)
    import unicodedata

    columns = (
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in _WIDE else 1 for char in text
    )
    return sum(columns)


def wrapped(text: str, columns: int) -> list[str]:
    """Break a text into lines of so many columns: between words, and in Chinese anywhere but before its marks."""
    lines, line = list[str](), ""
    for piece in _pieces(text):
        if line and width(line + piece.rstrip()) > columns:
            lines.append(line.rstrip())
            line = ""
        line += piece if line else piece.lstrip()
    return [*lines, line.rstrip()]


def hanging(text: str, indent: int, columns: int | None) -> list[str]:
    """Break a line into lines of so many columns, all but the first indented; without columns it stays one.

    The line may begin with blanks, which stay.
    """
    if columns is None or width(text) <= columns:
        return [text]
    start = len(text) - len(text.lstrip(" "))
    first = wrapped(text[start:], max(columns - start, _LEAST_COLUMNS))[0]
    rest = text[start + len(first) :].lstrip(" ")
    more = wrapped(rest, max(columns - indent, _LEAST_COLUMNS)) if rest else []
    return [" " * start + first, *(" " * indent + line for line in more)]


_LEAST_COLUMNS = 20


def _pieces(text: str) -> Iterator[str]:
    """Give the parts between which a line may be broken; blanks and marks go with what stands before them."""
    for word in re.findall(r"\S+\s*|\s+", text):
        start = 0
        for place in range(1, len(word)):
            if _breaks(word[place - 1], word[place]):
                yield word[start:place]
                start = place
        yield word[start:]


def _breaks(before: str, after: str) -> bool:
    is_wide = width(before) > 1 or width(after) > 1
    return is_wide and after not in "，。、；：？！）》」』”’…%" and not after.isspace() and before not in "（《「『“‘"


def paint(text: str, code: str, *, color: bool) -> str:
    """Wraps a text in an ANSI code where colours are wanted."""
    return f"\x1b[{code}m{text}\x1b[0m" if color else text


def reason_of(error: OSError) -> str:
    """Say why the system refused; what is not known here is said as the system puts it."""
    return _reasons().get(error.errno or 0) or error.strerror or str(error) or type(error).__name__


def counted(count: int, noun: str) -> str:
    """Writes a count with its noun."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
