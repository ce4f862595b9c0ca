"""The command that takes materials which already are at WeChat into the lock."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from wxsync.cli import completing
from wxsync.cli.asking import ask, yes_option
from wxsync.cli.exits import Exit
from wxsync.cli.options import Settings, emit, emit_line, global_options
from wxsync.words import say, text

if TYPE_CHECKING:
    from wxsync.results import Gathered


class _WithId(click.Command):
    """Takes the word after NAME for the media_id, though it may look like an option: an id may begin with `-`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Reads the words; raises UsageError."""
        place = None if "--" in args else _place_of_the_id(args, _options(self, ctx))
        if place is not None:
            args = [*args[:place], *args[place + 1 :], "--", args[place]]
        return super().parse_args(ctx, args)


@click.command("import", cls=_WithId)
@click.argument("name", required=False, shell_complete=completing.names)
@click.argument("media_id", required=False)
@click.option("--all", "everything", is_flag=True, help="Look through the whole library for what the lock lacks.")
@yes_option
@global_options
@click.pass_obj
def import_(settings: Settings, *, name: str | None, media_id: str | None, everything: bool, yes: bool) -> int:
    """Take into the lock what already is at WeChat: NAME gets MEDIA_ID, without an upload.

    --all matches by our tag, else by equal base name and type where that is unique on both sides (a video by its
    title), shows what it would take and asks; the rest is listed.
    """
    if everything and not (name or media_id):
        return _all(settings, yes=yes)
    if everything or not (name and media_id):
        raise click.UsageError(say(text("write: wxsync import NAME MEDIA_ID, or: wxsync import --all")))
    _one(settings, name, media_id)
    return Exit.DONE


def _one(settings: Settings, name: str, media_id: str) -> None:
    from wxsync.render.rows import what_it_is
    from wxsync.workflow.import_one import import_one

    watcher = settings.watcher()
    imported = import_one(settings.choice(), name, media_id, watcher)
    record = imported.record
    emit_line(text("imported {name}: {what}", name=name, what=what_it_is(record)))
    for note in imported.notes:
        settings.note(text("note: {note}", note=note))


def _all(settings: Settings, *, yes: bool) -> int:
    from wxsync.errors import NotAgreed
    from wxsync.render.gathered import gathered_page, matches_page
    from wxsync.render.terminal import terminal
    from wxsync.workflow.import_all import import_all

    sure = yes or settings.sandbox

    def agrees(found: Gathered) -> bool:
        settings.aside(
            terminal(matches_page(found), color=settings.colored(sys.stderr), columns=settings.columns(sys.stderr))
        )
        return sure or ask(text("Take these into the lock?"), "import --all")

    watcher = settings.watcher()
    try:
        found = import_all(settings.choice(), watcher, agrees=agrees)
    except NotAgreed:
        settings.note(text("Nothing was taken."))
        return Exit.INTERRUPTED
    emit(terminal(gathered_page(found), color=settings.colored(sys.stdout), columns=settings.columns(sys.stdout)))
    return Exit.DONE


def _options(command: click.Command, ctx: click.Context) -> dict[str, bool]:
    """Tells of every option how it is written, and whether a word of its own follows it."""
    options = [one for one in command.get_params(ctx) if isinstance(one, click.Option)]
    return {written: not (one.is_flag or one.count) for one in options for written in (*one.opts, *one.secondary_opts)}


def _place_of_the_id(args: list[str], options: dict[str, bool]) -> int | None:
    """Finds the second word that is neither an option nor the value of one; the first is NAME."""
    named = follows = False
    for place, word in enumerate(args):
        written = word.partition("=")[0] if word.startswith("--") else word
        if follows:
            follows = False
        elif written in options:
            follows = options[written] and written == word
        elif named:
            return place
        elif not word.startswith("-"):
            named = True
    return None
