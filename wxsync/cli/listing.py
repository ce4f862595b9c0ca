"""The commands that show what a manifest holds, and add to it."""

from __future__ import annotations

from pathlib import Path

import click

from wxsync.cli import completing
from wxsync.cli.options import Settings, emit, emit_line, global_options
from wxsync.cli.output import out_option, tell_of, write_out
from wxsync.words import text

_TYPES = ("image", "voice", "video", "thumb", "article_image")


@click.command("list", short_help="List materials with their state, id and url.")
@click.argument("names", metavar="[NAME-OR-GLOB]...", nargs=-1, shell_complete=completing.names)
@out_option("text", "json", "csv")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "csv"]), help="Default: text, where no -o is given."
)
@global_options
@click.pass_obj
def list_(settings: Settings, names: tuple[str, ...], form: str | None, out: tuple[str, ...]) -> None:
    """List what the manifest and the lock hold: name, type, state, media_id and url; offline.

    State is `in step`, `new`, `changed`, `renamed`, `not in the manifest` or `retired`. Of what is changed the
    id is the old one, until apply has run.
    """
    from wxsync.cli.plan import warn
    from wxsync.render.listed import listed_csv, listed_json, listed_page
    from wxsync.workflow.list import list_materials

    listed, warnings = list_materials(settings.choice(), names)
    printers = {"text": listed_page, "json": listed_json, "csv": listed_csv}
    warn(settings, warnings)
    write_out(out, lambda wanted: printers[wanted](listed))
    if out and not form:
        tell_of(out, settings)
    else:
        emit(printers[form or "text"](listed))
    if not listed:
        settings.note(text("The manifest names nothing yet: `wxsync add PATH` adds to it."))


@click.command(short_help="Add files to the manifest.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--type", "type_", type=click.Choice(_TYPES), help="Needed where the bytes do not tell it.")
@click.option("--name", default="", help="What consumers call it; for one file.")
@click.option("--title", default="", help="Of a video; needed there.")
@click.option("--introduction", default="", help="Of a video.")
@global_options
@click.pass_obj
def add(
    settings: Settings, *, paths: tuple[Path, ...], type_: str | None, name: str, title: str, introduction: str
) -> None:
    """Add files, folders or globs to the manifest, and leave every other byte of it alone; offline.

    The type is told by the bytes where only one takes them. What would break the manifest, or what WeChat would refuse,
    is not written.
    """
    from wxsync.errors import UsageProblem
    from wxsync.model import MaterialType
    from wxsync.workflow.add import AddOptions
    from wxsync.workflow.add import add as run

    if name and len(paths) > 1:
        raise UsageProblem(text("--name is for one file"), hint=text("add the files one after the other"))
    options = AddOptions(MaterialType(type_) if type_ else None, name, title, introduction)
    added = run(settings.choice(), paths, options)
    for path, kind, fit in added.entries:
        words = text("added {path} as {type}, converted with fit: true", path=path, type=kind.value)
        emit_line(words if fit else text("added {path} as {type}", path=path, type=kind.value))
    for path in added.known:
        emit_line(text("{path} is in {manifest} already", path=path, manifest=added.manifest))
