"""Characters of a Chinese input method or of a web page where YAML needs one that looks like them.

The text is read as whoever wrote it meant it: a full-width colon behind a key is taken for a colon, a full-width
bracket for a bracket. So every such character is found in one go, each at its own place, where YAML's parser would
blame some line below the first one. Within values and titles they are as good as any others.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from msgspec import Struct

from wxsync.manifest.source import At, Source
from wxsync.model import Problem
from wxsync.words import text

# Blanks that are no blank to YAML, and what stands between two characters without being seen.
BLANKS = "\u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\u00ad\ufeff"
_DASHES = "－—–−‐‑‒―﹣ー"
_COLONS = "：﹕︰∶"
_COMMAS = "，、﹐"
_HASHES = "＃﹟"
_OPENING = {"［": "[", "【": "[", "〔": "[", "（": "[", "｛": "{", "﹛": "{"}
_CLOSING = {"］": "]", "】": "]", "〕": "]", "）": "]", "｝": "}", "﹜": "}"}
_QUOTES = "“”„‟＂‘’‚‛＇"
_SINGLE = "‘’‚‛＇"

_NAMES = {
    **dict.fromkeys(_COLONS, (text("a full-width colon"), ": ")),
    **dict.fromkeys(_COMMAS, (text("a full-width comma"), ", ")),
    **dict.fromkeys(_DASHES, (text("a dash"), "- ")),
    **dict.fromkeys(_HASHES, (text("a full-width number sign"), "#")),
    **{char: (text("a full-width bracket"), meant) for char, meant in (_OPENING | _CLOSING).items()},
    **{char: (text("a curly quote"), "'" if char in _SINGLE else '"') for char in _QUOTES},
    "、": (text("an ideographic comma"), ", "),
    "－": (text("a full-width hyphen"), "- "),
    "。": (text("an ideographic full stop"), "."),
    "！": (text("a full-width exclamation mark"), "!"),
    "＂": (text("a full-width quote"), '"'),
    "＇": (text("a full-width quote"), "'"),
}
_BLANK_NAMES = {
    "\u00a0": text("a no-break space"),
    "\u3000": text("an ideographic space"),
    "\u200b": text("a zero width space"),
    "\u2060": text("a word joiner"),
    "\u00ad": text("a soft hyphen"),
}
_HALF = str.maketrans(
    {char: meant.strip() for char, (_, meant) in _NAMES.items()}
    | {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
)

_B = f"[ \t{BLANKS}]"
_INDENTATION = re.compile(f"{_B}*")
_ENTRY = re.compile(rf"-(?={_B}|[\r\n]|$)|[{_DASHES}](?={_B}|[\r\n]|$|[\w“”\"']+{_B}*[:{_COLONS}])")
_KEY = re.compile(
    rf"""(?:[\w$-]+|"[^"\r\n]*"|'[^'\r\n]*'|[{_QUOTES}][^{_QUOTES}\r\n]*[{_QUOTES}\"'])(?={_B}*(?::(?:{_B}|[\r\n]|$)|[{_COLONS}]))"""
)
_COLON = re.compile(rf"({_B}*)([:{_COLONS}])({_B}*)")
_DOUBLE = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_ONE_QUOTE = re.compile(r"'(?:[^']|'')*+'?", re.DOTALL)
_COMMENT = re.compile(r"#[^\r\n]*")
_BLOCK_HEAD = re.compile(r"[|>][-+0-9]*[ \t]*(?:#[^\r\n]*)?(?=[\r\n]|$)")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_REST = re.compile(rf"(?:[^\r\n \t{BLANKS}]|{_B}++(?![#{_HASHES}\r\n]|$))*")
_BREAKS = re.compile("[\r\n]+")
_TOP = re.compile(r"(?:version|accounts|materials)[ \t]*:|-[ \t]")

_CURLY = re.compile(
    rf"[{_QUOTES}][^{_QUOTES}\r\n]*([{_QUOTES}\"'])(?={_B}*(?:[:{_COLONS},{_COMMAS}\]}}］｝#{_HASHES}\r\n]|$))"
)
_ORDINARY = re.compile(rf"[^,\[\]{{}}\r\n#{_COMMAS}{''.join(_CLOSING)}]+")
_FLOW_KEY = re.compile(rf"""[\w$-]+(?={_B}*(?::(?:{_B}|[,\[\]{{}}\r\n]|$)|[{_COLONS}]))""")
_NEXT_PAIR = re.compile(rf"""[\s{BLANKS}]*["'{_QUOTES}]?[\w$-]+["'{_QUOTES}]?{_B}*[:{_COLONS}]""")
_AFTER_CLOSE = re.compile(rf"{_B}*(?:[,{_COMMAS}\]}}］】｝#\r\n]|$)")


class Slip(Struct, frozen=True):
    """Holds a run of one character that stands where YAML needs another, by its place in the text."""

    index: int
    text: str


class Reading(Struct, frozen=True):
    """Holds what a forgiving look at a text finds: the slips, and where texts in double quotes begin and end."""

    slips: tuple[Slip, ...]
    doubles: tuple[tuple[int, int], ...]


def look_over(text: str, *, most: int | None = None) -> Reading:
    """Reads a manifest as it was meant; linear in its length, and ends early where it has met too many slips."""
    scan = _Scan(text, most=most)
    scan.run()
    return Reading(tuple(scan.slips), tuple(scan.doubles))


def half_width(text: str) -> str:
    """Gives a text with ASCII for all that only looks like it."""
    return text if text.isascii() else text.translate(_HALF)


def first_wide(text: str) -> str | None:
    """Gives the first character of a text that only looks like one of ASCII."""
    return next((char for char in text if ord(char) in _HALF), None)


def explain_slip(slip: Slip, spot: At, source: Source) -> Problem:
    """Says which character stands there, and which one YAML needs."""
    char = slip.text[0]
    if char in _NAMES:
        what, needed = _NAMES[char]
        hint = text("type it with the input method in half-width mode, then look at the whole line")
        return source.problem(
            spot,
            "full-width",
            text("`{char}` is {what}; YAML needs `{needed}`", char=char, what=what, needed=needed),
            hint,
        )
    name = _BLANK_NAMES.get(char) or text("a blank of another kind")
    message = text(
        "{name} (U+{char:04X}) stands here; YAML needs an ordinary space, or none", name=name, char=ord(char)
    )
    return source.problem(
        spot, "odd-blank", message, text("delete it and type a space; such blanks come from web pages")
    )


class Lines:
    """Turns places in a text into lines and columns, many of them at once."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(found.end() for found in re.finditer(r"\r\n|\r|\n", text))]

    def at(self, index: int) -> At:
        """Finds the line and column of a character."""
        line = bisect_right(self._starts, index) - 1
        return At(line, index - self._starts[line])

    def start(self, line: int) -> int:
        """Give the index at which a line begins, counted from 0."""
        return self._starts[line]


@dataclass(slots=True)
class _Scan:
    """Walks over a text once, line by line outside of brackets and token by token within them."""

    text: str
    most: int | None = None
    at: int = 0
    slips: list[Slip] = field(default_factory=list)
    doubles: list[tuple[int, int]] = field(default_factory=list)

    def run(self) -> None:
        while self._goes_on():
            self._line()

    def _goes_on(self) -> bool:
        return self.at < len(self.text) and (self.most is None or len(self.slips) < self.most)

    def _line(self) -> None:
        start = self.at
        indentation = self._take(_INDENTATION)
        if self._ended():
            self._take(_LINE)
            return
        self._odd_blanks(start, indentation)
        while found := _ENTRY.match(self.text, self.at):
            self._slip_if(found[0], _DASHES)
            self.at = found.end()
            self._blanks()
        parent = self.at - start
        if key := _KEY.match(self.text, self.at):
            self._quoted_key(key[0])
            self.at = key.end()
            self._colon()
        self._value(parent)

    def _value(self, parent: int) -> None:
        """Reads what stands behind a key or a dash, to the end of its line or of its brackets or quotes."""
        if (head := _BLOCK_HEAD.match(self.text, self.at)) is not None:
            self.at = head.end()
            self._take(_LINE)
            self._block(parent)
            return
        char = self.text[self.at : self.at + 1]
        if char in {"[", "{"} or char in _OPENING:
            self._flow()
        elif char in {'"', "'"}:
            self._quoted()
        elif char and char in _QUOTES:
            self._curly()
        self._rest()

    def _rest(self) -> None:
        """Reads on to the end of a line: a plain text, and the comment behind it."""
        if self.text[self.at : self.at + 1] not in {*_HASHES, "#"}:
            self._take(_REST)
        start = self.at
        blanks = self._take(_INDENTATION)
        if (char := self.text[self.at : self.at + 1]) and char in f"#{_HASHES}":
            self._odd_blanks(start, blanks)
            self._slip_if(char, _HASHES)
        self._take(_LINE)

    def _block(self, parent: int) -> None:
        """Passes over the lines of a block text, which stand further right than its key."""
        while self.at < len(self.text):
            line = _LINE.match(self.text, self.at)
            assert line  # it matches at every place
            body = line[0].lstrip(" ")
            if body.strip("\r\n \t") and len(line[0]) - len(body) < max(parent, 1):
                return
            if body.strip("\r\n \t") and len(line[0]) - len(body) == parent and parent:
                return
            self.at = line.end()

    def _flow(self) -> None:
        """Reads what stands in brackets, to the one that closes the first."""
        open_for: list[str] = []
        in_key = True
        while self._goes_on():
            char = self.text[self.at]
            if char in "[{" or char in _OPENING:
                self._slip_if(char, _OPENING)
                open_for.append(_OPENING.get(char, char))
                self.at += 1
                in_key = True
            elif char in "]}" or (char in _CLOSING and _AFTER_CLOSE.match(self.text, self.at + 1)):
                self._slip_if(char, _CLOSING)
                self.at += 1
                open_for.pop()
                in_key = False
                if not open_for:
                    return
            elif char == "," or char in _COMMAS:
                self._slip_if(char, _COMMAS)
                self.at += 1
                in_key = True
            elif not self._breaks_off():
                in_key = self._token(char, open_for[-1], in_key=in_key)
            else:
                return

    def _token(self, char: str, bracket: str, *, in_key: bool) -> bool:
        """Reads one text in brackets with its colon, or blanks, or a comment; tells whether a key may still follow."""
        if char in " \t\r\n":
            self.at += 1
            return in_key
        if re.match(_B, char):
            self._blanks()
            return in_key
        if char == "#":
            self._take(_COMMENT)
            return in_key
        if char in {'"', "'"}:
            self._quoted()
        elif char in _QUOTES and _CURLY.match(self.text, self.at):
            self._curly()
        elif in_key and bracket == "{" and (key := _FLOW_KEY.match(self.text, self.at)):
            self.at = key.end()
        else:
            self._plain_in_flow(bracket)
            return False
        found = _COLON.match(self.text, self.at)
        if in_key and found:
            self._colon()
        return False

    def _plain_in_flow(self, bracket: str) -> None:
        while self.at < len(self.text):
            char = self.text[self.at]
            if char in ",[]{}\r\n":
                return
            if char in _CLOSING and _AFTER_CLOSE.match(self.text, self.at + 1):
                return
            if char in _COMMAS and bracket == "{" and _NEXT_PAIR.match(self.text, self.at + 1):
                return
            if char == "#" and self.text[self.at - 1] in " \t":
                return
            self.at += 1
            self._take(_ORDINARY)

    def _breaks_off(self) -> bool:
        """Tells whether brackets that were never closed are left behind: the next part of the manifest begins here."""
        return self.text[self.at - 1 : self.at] in {"\r", "\n"} and _TOP.match(self.text, self.at) is not None

    def _quoted(self) -> None:
        start = self.at
        if self.text[start] == '"':
            self._take(_DOUBLE)
            self.doubles.append((start, self.at))
        else:
            self._take(_ONE_QUOTE)

    def _quoted_key(self, key: str) -> None:
        if key[0] in _QUOTES:
            self.slips.append(Slip(self.at, key[0]))
            self._slip_if(key[-1], _QUOTES, self.at + len(key) - 1)
        elif key[0] == '"':
            self.doubles.append((self.at, self.at + len(key)))

    def _curly(self) -> None:
        if found := _CURLY.match(self.text, self.at):
            self.slips.append(Slip(self.at, found[0][0]))
            self._slip_if(found[1], _QUOTES, found.end() - 1)
            self.at = found.end()

    def _colon(self) -> None:
        if found := _COLON.match(self.text, self.at):
            self._odd_blanks(found.start(1), found[1])
            self._slip_if(found[2], _COLONS, found.start(2))
            self._odd_blanks(found.start(3), found[3])
            self.at = found.end()

    def _blanks(self) -> None:
        start = self.at
        self._odd_blanks(start, self._take(_INDENTATION))

    def _odd_blanks(self, start: int, blanks: str) -> None:
        if not blanks.isspace() or not blanks.isascii():
            self.slips += (Slip(start + run.start(), run[0]) for run in re.finditer(rf"([{BLANKS}])\1*", blanks))

    def _slip_if(self, char: str, kind: str | dict[str, str], index: int | None = None) -> None:
        if char in kind:
            self.slips.append(Slip(self.at if index is None else index, char))

    def _ended(self) -> bool:
        return self.at >= len(self.text) or self.text[self.at] in "\r\n"

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if found is None:
            return ""
        self.at = found.end()
        return found[0]
