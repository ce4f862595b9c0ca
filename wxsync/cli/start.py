"""The commands for the first minutes: a manifest to fill in, and the schemas for editors."""

from __future__ import annotations

from pathlib import Path

import click

from wxsync.cli.options import MANIFEST, Settings, emit, emit_line, global_options
from wxsync.schemas import NAMES
from wxsync.words import text


@click.command()
@click.option(
    "--ci",
    is_flag=False,
    flag_value="auto",
    type=click.Choice(["auto", "github", "gitlab", "gitee", "jenkins"]),
    help="Write a CI's pipeline too. Default: by the remote's address.",
)
@global_options
@click.pass_obj
def init(settings: Settings, *, ci: str | None) -> None:
    """Write a manifest of the media that lie here and set git up for its lock; overwrites nothing.

    Media are told by their bytes and named by globs for each folder and type. What a person must complete, such as
    the title of a video, is written as comments.
    """
    from wxsync.workflow.init import init as run

    manifest = Path(settings.named or MANIFEST)
    for line in run(manifest):
        emit_line(line)
    if ci:
        emit_line(_pipeline(settings, manifest, ci))
    settings.note(text("Next: look through {manifest}, then run `wxsync plan`.", manifest=str(manifest)))


def _pipeline(settings: Settings, manifest: Path, ci: str) -> str:
    from wxsync.ci.templates import write_pipeline
    from wxsync.errors import PersonNeeded
    from wxsync.git import open_repository
    from wxsync.manifest import read_manifest

    repository = open_repository(manifest.parent, settings.environ)
    accounts = [one.name for one in read_manifest(manifest)[0].accounts]
    try:
        return write_pipeline(ci, manifest, accounts, repository, settings.environ)
    except OSError as error:
        raise PersonNeeded(text("the pipeline cannot be written: {error}", error=error.strerror)) from None


@click.command()
@click.argument("name", type=click.Choice(NAMES))
@global_options
def schema(name: str) -> None:
    """Print the JSON Schema of a document."""
    from wxsync.schemas import schema_text

    emit(schema_text(name))
