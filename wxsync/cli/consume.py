"""The commands that give ids and urls to scripts, programs and documents; they talk to nobody."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wxsync.cli import completing
from wxsync.cli.exits import Exit
from wxsync.cli.options import Settings, emit, global_options
from wxsync.cli.output import out_option, tell_of, write_out
from wxsync.cli.plan import warn
from wxsync.formats import ExportFormat
from wxsync.words import listing, plural, some_of, text

if TYPE_CHECKING:
    from wxsync.model import Asset

_NAMED = 10


@click.command(short_help="Print the media_id or url of one material.")
@click.argument("name", shell_complete=completing.names)
@click.option(
    "--field",
    type=click.Choice(["media_id", "url"]),
    help="Default: media_id; for an article image, which has none, url.",
)
@global_options
@click.pass_obj
def get(settings: Settings, name: str, field: str | None) -> None:
    """Print one value of a material of the manifest, as the lock holds it; offline, without credentials."""
    from wxsync.workflow.get import get as look_up

    emit(look_up(settings.choice(), name, field) + "\n")


@click.command(short_help="Print all ids and urls for programs.")
@out_option(*ExportFormat)
@click.option("--format", "form", type=click.Choice([*map(str, ExportFormat)]), help="Needed where no -o is given.")
@global_options
@click.pass_obj
def export(settings: Settings, form: str | None, out: tuple[str, ...]) -> None:
    """Print type, media_id, url and path of every material; offline, without credentials.

    Constants are called WX_NAME_MEDIA_ID and WX_NAME_URL: the name in capitals, `_` for whatever is no ASCII letter or
    digit. Names that would share one, and names with letters beyond ASCII, get a digest of the name behind it. The
    values of csv are exact: import its columns as text where a spreadsheet would take one for a formula.
    """
    from wxsync.errors import UsageProblem
    from wxsync.project.catalog import read_catalog as run
    from wxsync.workflow.export import export as written

    if not (form or out):
        choices = listing([*map(str, ExportFormat)], last="or")
        raise UsageProblem(
            text("export needs a format"),
            hint=text("choose one with --format: {choices}; or write a file with -o", choices=choices),
        )
    catalog = run(settings.choice())
    write_out(out, lambda form: written(catalog, form))
    if form:
        emit(written(catalog, form))
    else:
        tell_of(out, settings)
    if catalog.missing:
        settings.note(_left_out(catalog.missing))
    if catalog.only_in_sandbox:
        lock = str(catalog.project.sandbox_lock_file)
        settings.note(text("{lock}, the sandbox's lock, has some of them: `wxsync --sandbox export`", lock=lock))


@click.command(short_help="Rewrite local image links to WeChat's urls.")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Write to this file, where one document is given and PATH ends like it; else below PATH under the same names.",
)
@click.option(
    "--front-matter",
    "keys",
    metavar="KEY",
    multiple=True,
    help="Rewrite the picture that this key of the front matter names too, such as cover; repeatable.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit with 4 where an image is not in the lock.")
@global_options
@click.pass_obj
def render(settings: Settings, files: tuple[Path, ...], out: Path | None, *, keys: tuple[str, ...], check: bool) -> int:
    """Rewrite what points at images of the manifest to their urls: Markdown images and HTML `src`.

    Obsidian's embeds, sizes (`=600x`) and spaces without brackets are pictures too. Paths are relative to the
    document; those that begin with `/` are left alone, as are web links, code, srcset and everything else. Where a
    file is both article_image and image, the url of the article_image is used, for article bodies take no other.
    Markdown is .md and .markdown, HTML is .html and .htm, in UTF-8. Without -o the one document is printed.
    """
    from wxsync.errors import UsageProblem
    from wxsync.workflow.render import render_documents, write_documents

    if check and out:
        raise UsageProblem(text("--check writes nothing, so it takes no -o"))
    if len(files) > 1 and not check and not out:
        raise UsageProblem(text("several documents need a folder"), hint=text("name it with -o DIR"))
    rendered = render_documents(settings.choice(), files, keys=keys)
    warn(settings, rendered.warnings)
    if out:
        for written in write_documents(rendered, out):
            settings.note(text("wrote {file}", file=str(written)))
    elif not check:
        emit(rendered.documents[0].text, is_document=True)
    return Exit.DONE


def _left_out(missing: tuple[Asset, ...]) -> str:
    return plural(
        "left out {count:,} material that is not at WeChat yet: {names}. Run apply.",
        "left out {count:,} materials that are not at WeChat yet: {names}. Run apply.",
        len(missing),
        names=some_of([asset.name for asset in missing], most=_NAMED),
    )
