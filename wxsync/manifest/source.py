"""The manifest as text: reads the bytes, refuses what is no honest text, and makes problems that show their line."""

from __future__ import annotations

import re
import stat
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from wxsync.model import Location, Problem, Severity
from wxsync.words import text

MAX_BYTES = 8 * 1024 * 1024
MAX_EXCERPT = 400
MAX_PROBLEMS = 1000
"""More are not told at once."""
_MOST_ABOVE = 5

# None of these is compiled before a manifest is read: most commands remember what theirs says.
_BREAK = r"\r\n|\r|\n"
_CONFLICT = r"(?m)^(<{7}|\|{7}|={7}|>{7})(?: .*)?\r?$"

# Bidirectional overrides and isolates show a reviewer another line than the one that is read (CVE-2021-42574).
UNSEEN = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"

# What nobody sees: in a name it makes two names that look alike, and one that cannot be typed.
_NEVER_SEEN = (
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2060-\u206f\u3164\uffa0\ufff0-\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\ud800-\udfff\U000e0000-\U000e001f\U000e0080-\U000e00ff\U000e01f0-\U000e0fff]"
)
# Joiners, variation selectors and tags belong to what stands before them: to an emoji, or to a letter of some scripts.
_JOINING = "[\u200c\u200d\ufe00-\ufe0f\U000e0020-\U000e007f\U000e0100-\U000e01ef]"
_BLANK_TO_SEE = "\u2800\u3164"

# A secret that was written here by mistake must not go on from here into a public log.
_TELLING = r"""(?i)([\w-]*(?:secret|secert|token|passw|credential|api[_-]?key)[\w-]*["']?\s*[:=]\s*)\S.*"""


class Spot(Protocol):
    """Says where something stands; line and column count from 0, as libyaml counts."""

    @property
    def line(self) -> int:
        """Counts the lines before it."""

    @property
    def column(self) -> int:
        """Counts the characters before it in its line."""


class At(Struct, frozen=True):
    """Holds a spot that was found without libyaml."""

    line: int = 0
    column: int = 0


class Source(Struct, frozen=True):
    """Holds the manifest's text, its lines, and what its file is called in messages."""

    shown_as: str
    text: str
    lines: Sequence[str]

    def spot(self, index: int) -> At:
        """Finds the line and column of a character of the text."""
        before = re.split(_BREAK, self.text[:index])
        return At(len(before) - 1, len(before[-1]))

    def line(self, spot: Spot) -> str:
        """Gives the line of a spot; "" behind the end of the text."""
        return self.lines[spot.line] if spot.line < len(self.lines) else ""

    def excerpt(self, spot: Spot) -> str:
        """Gives the line of a spot as it may be shown: cut where it is endless, and silent where it holds a secret."""
        # Cut first: the search for secrets must not be slow on a line of eight mebibytes.
        return re.sub(_TELLING, r"\1…", self.line(spot)[:MAX_EXCERPT]) if spot.column <= MAX_EXCERPT else ""

    def location(self, spot: Spot) -> Location:
        """Turns a spot into what a person is shown, counting from 1."""
        return Location(self.shown_as, spot.line + 1, spot.column + 1)

    def problem(
        self,
        spot: Spot,
        code: str,
        message: str,
        hint: str = "",
        *,
        path: str | None = None,
        name: str | None = None,
        severity: Severity = Severity.ERROR,
    ) -> Problem:
        """Makes a problem that carries its place and its line."""
        return Problem(code, message, hint, severity, self.location(spot), self.excerpt(spot), name, path)


def brief(text: str) -> str:
    """Shortens a text for a message, and makes file names printable that are not UTF-8."""
    if not text.isascii():
        text = text.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= 100 else f"{text[:99]}…"


def unseen_in(text: str) -> str | None:
    """Finds the first character of a text that cannot be seen and belongs to none that can."""
    if text.isascii() and text.isprintable():
        return None
    for found in _doubtful().finditer(text):
        char, index = found[0], found.start()
        if not re.match(_JOINING, char) or not _joins(char, text[index - 1 : index], text[index + 1 : index + 2]):
            return char
    return None


def without_unseen(text: str) -> str:
    """Takes away the characters that cannot be seen and belong to none that can."""
    kept = ""
    for index, char in enumerate(text):
        before, after = kept[-1:], text[index + 1 : index + 2]
        if not _doubtful().match(char) or (re.match(_JOINING, char) and _joins(char, before, after)):
            kept += char
    return kept


def is_blank(text: str) -> bool:
    """Tells whether nothing of a text can be seen."""
    return all(char.isspace() or char in _BLANK_TO_SEE or _doubtful().match(char) for char in text)


@cache
def _doubtful() -> re.Pattern[str]:
    return re.compile(f"{UNSEEN}|{_NEVER_SEEN}|{_JOINING}")


def _joins(char: str, before: str, after: str) -> bool:
    if not before or before.isspace() or re.match(_NEVER_SEEN, before):
        return False
    return char not in "\u200c\u200d" or (before != char and after != "" and not after.isspace())


class NotReadable(Exception):
    """Says that nothing of the manifest could be read, with the one problem that explains it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def read_source(file: Path, shown_as: str, content: bytes | None = None) -> Source:
    """Reads the manifest's text; UTF-8, with or without a byte order mark, at most 8 MiB. Raises NotReadable.

    `content` is what the file is going to hold.
    """
    content = _read_bytes(file, shown_as) if content is None else content
    written = _decode(content, shown_as)
    source = Source(shown_as, written, re.split(_BREAK, written))
    if found := re.search(_CONFLICT, written):
        raise NotReadable(
            source.problem(
                source.spot(found.start()),
                "conflict-marker",
                text("a merge conflict was left here: {found}", found=found[1]),
                text("resolve the conflict: keep what you want of both sides and take the marker lines out"),
            )
        )
    if found := re.search(UNSEEN, written):
        raise NotReadable(
            source.problem(
                source.spot(found.start()),
                "invisible-character",
                text(
                    "the character U+{found:04X} cannot be seen and must not stand in a manifest", found=ord(found[0])
                ),
                text('take it out; where a text needs it, write it in double quotes as an escape like "\\u202A"'),
            )
        )
    return source


def _read_bytes(file: Path, shown_as: str) -> bytes:
    try:
        status = file.lstat()
        if stat.S_ISLNK(status.st_mode):
            hint = text("put the file itself there: nothing outside its folder is read")
            raise _nothing(shown_as, "manifest-not-a-file", text("this is a link, not a manifest"), hint)
        if stat.S_ISDIR(status.st_mode):
            inner = text("name the file in it, such as {file}", file=f"{shown_as.rstrip('/')}/materials.yaml")
            raise _nothing(shown_as, "manifest-is-a-folder", text("this is a folder, not a manifest"), inner)
        # A FIFO or a device is never opened: it could wait for ever or have no end.
        if not stat.S_ISREG(status.st_mode):
            raise _nothing(
                shown_as, "manifest-not-a-file", text("this is not an ordinary file"), text("write it to a file first")
            )
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        hint = text("name another with --manifest, or write a first one with `wxsync init`")
        # Outside of a git repository nothing is taken from above, for that may be anybody's; but it can be told.
        above = (f"{'../' * steps}{shown_as}" for steps in range(1, _MOST_ABOVE) if not file.is_absolute())
        if found := next((path for path in above if Path(path).is_file()), None):
            hint = text("there is one above: `-f {file}` takes it; or write one here with `wxsync init`", file=found)
        raise _nothing(shown_as, "manifest-missing", text("there is no such manifest"), hint) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        hint = text("look at the file's permissions and at the disk")
        raise _nothing(
            shown_as, "manifest-unreadable", text("the manifest cannot be read: {reason}", reason=reason), hint
        ) from None
    if len(content) > MAX_BYTES:
        hint = text("use globs instead of one entry for each file, or split it into several manifests")
        raise _nothing(shown_as, "manifest-too-large", text("the manifest is larger than 8 MiB"), hint)
    return content


def _decode(content: bytes, shown_as: str) -> str:
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\0" in content[:2]:
        raise _nothing(shown_as, "utf-16", text("the manifest is written in UTF-16"), text("save it as UTF-8"))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The codec counts behind the byte order mark.
        before = content.removeprefix(b"\xef\xbb\xbf")[: error.start].decode("utf-8", "replace")
        bad = error.object[error.start]
    source = Source(shown_as, before, re.split(_BREAK, before))
    raise NotReadable(
        source.problem(
            source.spot(len(before)),
            "not-utf-8",
            text("the byte 0x{bad:02X} is not UTF-8", bad=bad),
            text("save the manifest as UTF-8; it may be in GBK (cp936) now"),
        )
    )


def _nothing(shown_as: str, code: str, message: str, hint: str) -> NotReadable:
    return NotReadable(Problem(code, message, hint, location=Location(shown_as, 1, 1)))
