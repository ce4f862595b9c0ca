"""Help in the reader's language and in terminal columns: what the commands say of themselves, and click's own words."""

from __future__ import annotations

import gettext
import inspect
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import copy

import click
from click.formatting import iter_rows, measure_table

from wxsync.words import LOCALE, Text, say, spoken, width, wrapped


class Formatter(click.HelpFormatter):
    """Wraps by columns of the terminal, of which a Chinese character takes two, and anywhere between those."""

    def write_text(self, text: str) -> None:
        """Write paragraphs; one that begins with a backspace keeps its lines, as click has it."""
        blocks = text.split("\n\n")
        for number, block in enumerate(blocks):
            lines = block.strip("\n").split("\n")
            kept = lines[1:] if lines[0].strip() == "\b" else wrapped(" ".join(map(str.strip, lines)), self._room)
            for line in kept:
                self.write(f"{'':{self.current_indent}}{line}\n" if line else "\n")
            if number < len(blocks) - 1:
                self.write("\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write terms and what they mean in two columns."""
        rows = list(rows)
        widths = measure_table(rows)
        first = min(widths[0], col_max) + col_spacing
        for term, meaning in iter_rows(rows, 2):
            self.write(f"{'':{self.current_indent}}{term}")
            lines = wrapped(meaning, max(self._room - first, 10)) if meaning else []
            if lines and width(term) <= first - col_spacing:
                self.write(" " * (first - width(term)) + lines.pop(0))
            self.write("\n")
            for line in lines:
                self.write(f"{'':{first + self.current_indent}}{line}\n")

    @property
    def _room(self) -> int:
        return max(self.width - self.current_indent, 11)


class Context(click.Context):
    """Writes its help by columns."""

    formatter_class = Formatter


def in_language(command: click.Command) -> click.Command:
    """Give a command whose help, and that of its options, is in the reader's language."""
    said = copy(command)
    said.context_class = Context
    # click keeps its own option once it was asked for, in the language of that time.
    said._help_option = None  # noqa: SLF001
    said.params = [_parameter(each) for each in command.params]
    said.help, said.short_help = map(_in_language, (command.help, command.short_help))
    return said


@contextmanager
def speaking() -> Iterator[None]:
    """Let click say its own words in the reader's language, which it asks the standard library's gettext for."""
    domain, before = gettext.textdomain(), os.environ.get("LANGUAGE")
    gettext.bindtextdomain("wxsync", LOCALE)
    gettext.textdomain("wxsync")
    os.environ["LANGUAGE"] = spoken()
    try:
        yield
    finally:
        gettext.textdomain(domain)
        os.environ.pop("LANGUAGE")
        if before is not None:
            os.environ["LANGUAGE"] = before


def _parameter(parameter: click.Parameter) -> click.Parameter:
    if not isinstance(parameter, click.Option):
        return parameter
    said = copy(parameter)
    said.help = _in_language(parameter.help)
    return said


def _in_language(help_text: str | None) -> str | None:
    return help_text and say(Text(inspect.cleandoc(help_text)))
