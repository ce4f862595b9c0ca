"""Commands that speak the reader's language; in English they do by themselves, and nothing is imported for it."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import click

from wxsync.words import Language, spoken


class Group(click.Group):
    """A group whose commands speak the reader's language, each when it is asked for."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find a command as it speaks to this reader."""
        found = super().get_command(ctx, cmd_name)
        return found and in_language(found)


def in_language(command: click.Command) -> click.Command:
    """Give a command whose help is in the reader's language."""
    if spoken() is Language.ENGLISH:
        return command
    from wxsync.cli import help as translated

    return translated.in_language(command)


def speaking() -> AbstractContextManager[None]:
    """Let click say its own words in the reader's language."""
    if spoken() is Language.ENGLISH:
        return nullcontext()
    from wxsync.cli import help as translated

    return translated.speaking()
