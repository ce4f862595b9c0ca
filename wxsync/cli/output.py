"""Where results go beside the screen: into files whose suffix says the format, whole or not at all, always in UTF-8."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

from wxsync.cli.options import Settings
from wxsync.words import listing, reason_of, text

Function = TypeVar("Function", bound=Callable[..., Any])

SUFFIXES = {
    ".txt": "text",
    ".json": "json",
    ".md": "markdown",
    ".html": "html",
    ".csv": "csv",
    ".env": "dotenv",
    ".py": "python",
    ".ts": "typescript",
    ".sarif": "sarif",
}


def out_option(*forms: str, required: bool = False) -> Callable[[Function], Function]:
    """Add `-o FILE`, which may be given several times, to a command that writes these formats."""
    suffixes = [suffix for suffix, form in SUFFIXES.items() if form in forms]

    def checked(_context: click.Context, _option: click.Parameter, files: tuple[str, ...]) -> tuple[str, ...]:
        for file in files:
            _check_suffix(file, suffixes)
        return files

    return click.option(
        "-o",
        "--out",
        type=click.Path(dir_okay=False),
        multiple=True,
        required=required,
        callback=checked,
        metavar=f"FILE{'|'.join(suffixes)}",
        help="Write it to a file too, whose suffix says the format; repeatable.",
    )


def write_out(files: Iterable[str], printed: Callable[[str], str]) -> None:
    """Write a result to each file, as `printed` gives it in the format of the file."""
    for file in files:
        save(file, printed(SUFFIXES[_suffix(file)]))


def tell_of(files: Iterable[str], settings: Settings) -> None:
    """Say which files were written; for commands that show nothing else then."""
    for file in files:
        settings.note(text("wrote {file}", file=file))


def save(file: str, content: str) -> None:
    """Write an output file, whole or not at all; raises PersonNeeded."""
    from pathlib import Path

    from wxsync.errors import PersonNeeded
    from wxsync.files import write_atomic

    try:
        write_atomic(Path(file), content.encode())
    except OSError as error:
        raise PersonNeeded(text("{file} cannot be written: {why}", file=file, why=reason_of(error))) from None


def _check_suffix(file: str, suffixes: list[str]) -> None:
    from wxsync.errors import UsageProblem

    suffix = _suffix(file)
    if suffix not in suffixes:
        raise UsageProblem(
            text("{file} has no suffix of a format that this command writes", file=file)
            if suffix not in SUFFIXES
            else text("this command does not write {suffix}: {file}", suffix=suffix, file=file),
            hint=text("the suffix says the format: {suffixes}", suffixes=listing(suffixes, last="or")),
        )


def _suffix(file: str) -> str:
    return os.path.splitext(file)[1].lower()  # noqa: PTH122 - plan is run on every save, and pathlib takes 3 ms
