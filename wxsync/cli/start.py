"""The commands for the first minutes: a manifest to fill in, and the schemas for editors."""

from __future__ import annotations

from pathlib import Path

import click

from wxsync.cli.options import Settings, emit, global_options
from wxsync.schemas import NAMES
from wxsync.words import text, visible


@click.command()
@click.option("--ci", is_flag=True, help="Write .github/workflows/wxsync.yml too.")
@global_options
@click.pass_obj
def init(settings: Settings, *, ci: bool) -> None:
    """Write a commented manifest and set git up for its lock; overwrites nothing."""
    from wxsync.workflow.init import init as run

    for line in run(Path(settings.manifest), ci=ci):
        emit(visible(line) + "\n")
    settings.note(text("Next: name your media in it, then run `wxsync plan`."))


@click.command()
@click.argument("name", type=click.Choice(NAMES))
@global_options
def schema(name: str) -> None:
    """Print the JSON Schema of a document."""
    from wxsync.schemas import schema_text

    emit(schema_text(name))
