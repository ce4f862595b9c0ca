"""Holds the options that every command takes, before or after its name."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

from wxsync import __version__
from wxsync.cli import completing

if TYPE_CHECKING:
    from wxsync.project.folder import Choice
    from wxsync.reconcile.watcher import Watcher

Function = TypeVar("Function", bound=Callable[..., Any])

MANIFEST = "materials.yaml"
"""What a manifest is called where it is not named."""


class Settings:
    """Holds the global options as they were given; the later word wins.

    `leaving` is called before a run leaves at once, in the middle of whatever it does.
    """

    # No dataclass: to import dataclasses and make one takes a fiftieth of a plan that is remembered.
    def __init__(
        self,
        *,
        named: str | None = None,
        environ: Mapping[str, str] = os.environ,
        clock_ns: Callable[[], int] = time.time_ns,
        pause: Callable[[float], bool] | None = None,
    ) -> None:
        self.named = named
        self.account: str | None = None
        self.sandbox = False
        self.color = "auto"
        self.verbose = False
        self.quiet = False
        self.environ = environ
        self.clock_ns = clock_ns
        self.pause = pause
        self.leaving: Callable[[], None] = lambda: None

    @property
    def manifest(self) -> str:
        """The manifest as it was named, or the nearest one: here, or in a folder above in the same git repository."""
        if self.named is None:
            self.named = _nearest(MANIFEST)
        return self.named

    @manifest.setter
    def manifest(self, named: str) -> None:
        self.named = named

    def choice(self) -> Choice:
        """Gives what a workflow needs to know of them, together with the environment."""
        from pathlib import Path

        from wxsync.project.folder import Choice

        return Choice(Path(self.manifest), self.account, self.sandbox, self.environ)

    def colored(self, stream: TextIO | None) -> bool:
        """Tells whether a stream is to be written in colours (https://no-color.org); one that is closed is not."""
        if stream is None:
            return False
        if self.color != "auto":
            return self.color == "always"
        return stream.isatty() and not self.environ.get("NO_COLOR") and self.environ.get("TERM") != "dumb"

    def columns(self, stream: TextIO | None) -> int | None:
        """Tells how many columns a stream has; a file or a pipe has none."""
        if stream is None or not stream.isatty():
            return None
        import shutil

        return max(shutil.get_terminal_size().columns, 40)

    def watcher(self, **callbacks: Any) -> Watcher:
        """Give how a run reports to this reader, and how it waits."""
        from wxsync.reconcile.watcher import Watcher

        return Watcher(**{"says": self.note, "traces": self.trace, "pause": self.pause} | callbacks)

    def note(self, words: str) -> None:
        """Say a sentence on standard error, in the reader's language, unless nobody wants to hear it."""
        from wxsync.words import hanging, visible
        from wxsync.words import say as in_language

        lines = hanging(visible(in_language(words)), 2, self.columns(sys.stderr))
        self.aside("".join(f"{line}\n" for line in lines))

    def trace(self, words: str) -> None:
        """Say on standard error what only somebody who looks for an error wants to read."""
        if self.verbose:
            self.note(words)

    def aside(self, text: str) -> None:
        """Show what is printed already, such as a plan, on standard error, unless nobody wants to see it."""
        if not self.quiet:
            say(text)


def _nearest(name: str) -> str:
    """Find a file here or above, no higher than the git repository, named relative to where the command was run."""
    here = os.path.realpath(".")
    steps = 0
    folder = here
    while not os.path.lexists(os.path.join(folder, name)):  # noqa: PTH118 - pathlib takes longer to import than a plan
        above = os.path.dirname(folder)  # noqa: PTH120 - as above
        if os.path.lexists(os.path.join(folder, ".git")) or above == folder:  # noqa: PTH118 - as above
            return name
        folder, steps = above, steps + 1
    if steps and not _in_repository(folder):
        return name
    return "../" * steps + name


def _in_repository(folder: str) -> bool:
    """Tell whether a folder lies in a git repository: without one, what lies above is anybody's."""
    while not os.path.lexists(os.path.join(folder, ".git")):  # noqa: PTH118 - as above
        above = os.path.dirname(folder)  # noqa: PTH120 - as above
        if above == folder:
            return False
        folder = above
    return True


def say(text: str) -> None:
    """Writes to standard error; that nobody can read it stops no run. No line begins as a command of a CI does."""
    from wxsync.words import without_commands

    _write_error(without_commands(text))


def command_ci(text: str) -> None:
    """Writes to standard error what a CI's log takes for commands, such as annotations."""
    _write_error(text)


def emit(content: str, *, is_document: bool = False) -> None:
    """Writes data to standard output; raises PersonNeeded where it cannot be, but not where its reader has left.

    No line begins as a command of a CI does, but in a document of the user's, which stays byte for byte.
    """
    from wxsync.words import without_commands

    try:
        click.echo(content if is_document else without_commands(content), nl=False, color=True)
    except BrokenPipeError:
        _turn_away(sys.stdout)
    except OSError as error:
        from wxsync.errors import PersonNeeded
        from wxsync.words import reason_of, text

        _turn_away(sys.stdout)
        raise PersonNeeded(text("standard output cannot be written: {why}", why=reason_of(error))) from None


def emit_line(words: str) -> None:
    """Write a sentence to standard output, in the reader's language; raises as emit does."""
    from wxsync.words import say as in_language
    from wxsync.words import visible

    emit(visible(in_language(words)) + "\n")


def _write_error(text: str) -> None:
    try:
        click.echo(text, nl=False, file=sys.stderr, color=True)
    except OSError:
        _turn_away(sys.stderr)


def _turn_away(stream: TextIO) -> None:
    # What is still in its buffer would fail once more when Python ends, and spoil the exit code.
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def global_options(function: Function) -> Function:
    """Adds the options that work before and after a command; they reach it through its Settings."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def _keep(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value and parameter.name:
        setattr(context.find_object(Settings), parameter.name, value)


_OPTIONS = (
    click.option(
        "-f",
        "--manifest",
        metavar="PATH",
        expose_value=False,
        callback=_keep,
        help="Default: materials.yaml, here or in the nearest folder above in the git repository.",
    ),
    click.option(
        "-a",
        "--account",
        metavar="NAME",
        expose_value=False,
        callback=_keep,
        shell_complete=completing.accounts,
        help="One of the manifest's.",
    ),
    click.option(
        "--sandbox", is_flag=True, expose_value=False, callback=_keep, help="Use the embedded offline WeChat."
    ),
    click.option("--color", type=click.Choice(["auto", "always", "never"]), expose_value=False, callback=_keep),
    click.option(
        "-v",
        "--verbose",
        is_flag=True,
        expose_value=False,
        callback=_keep,
        help="Say more: every row, and each call to WeChat.",
    ),
    click.option("-q", "--quiet", is_flag=True, expose_value=False, callback=_keep, help="Only results and errors."),
    click.version_option(__version__, message="wxsync %(version)s"),
)
