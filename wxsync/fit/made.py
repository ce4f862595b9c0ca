"""What a conversion gives: a file that WeChat takes, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from wxsync.media import Finding, Format
from wxsync.model import Severity
from wxsync.words import Text, text


class Note(NamedTuple):
    """Represents what one might not expect of a converted file; `frames` counts what its source had, or pages."""

    code: str
    frames: int = 0

    @property
    def finding(self) -> Finding:
        """Gives the warning that stands for this note."""
        if self.code == FIRST_FRAME:
            message = text("the first of its {count} frames is taken", count=self.frames)
            return _warning(self, message, text("this type takes no animations; `image` takes GIF"))
        if self.code == FIRST_PAGE:
            message = text("the first of its {count} pages is taken", count=self.frames)
            return _warning(self, message, text("export the page that you mean"))
        message = text("the SVG's text is drawn in the fonts of this machine, and not at all where one is missing")
        return _warning(self, message, text("turn its text into paths before you save it"))


FIRST_FRAME, FIRST_PAGE, FONTS = "fit-first-frame", "fit-first-page", "fit-fonts"


@dataclass(frozen=True, slots=True)
class Made:
    """Represents a converted file; `left_out` names the metadata of the source that is not in it, such as GPS."""

    format: Format
    content: bytes = field(repr=False)
    left_out: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()


class Unfit(Exception):
    """Says why a file cannot be made to fit."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding)
        self.finding = finding

    def __str__(self) -> str:
        return str(self.finding.message)


def unfit(code: str, message: Text, hint: Text) -> Unfit:
    """Makes the error of a file that cannot be made to fit."""
    return Unfit(Finding(code, Severity.ERROR, message, hint))


def _warning(note: Note, message: Text, hint: Text) -> Finding:
    return Finding(note.code, Severity.WARNING, message, hint)
