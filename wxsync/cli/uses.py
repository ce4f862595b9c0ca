"""The command that tells where materials are used."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wxsync.cli import completing
from wxsync.cli.exits import Exit, gravest
from wxsync.cli.options import Settings, emit, global_options
from wxsync.cli.output import out_option, tell_of, write_out
from wxsync.words import text

if TYPE_CHECKING:
    from wxsync.results import Uses


@click.command(short_help="Tell where materials are used: documents, drafts, the menu.")
@click.argument("names", metavar="[NAME-OR-GLOB]...", nargs=-1, shell_complete=completing.names)
@click.option("--retired", is_flag=True, help="Only what still holds an old id or url, with the new one beside it.")
@click.option("--library", is_flag=True, help="What is at WeChat and in no lock beside the manifest, the oldest first.")
@click.option("--offline", is_flag=True, help="Read documents only.")
@click.option(
    "--documents",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="PATH",
    help="Read this document or folder, not those below the manifest's folder; repeatable.",
)
@out_option("text", "json", "markdown")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "markdown"]), help="Default: text, where no -o is given."
)
@global_options
@click.pass_obj
def uses(
    settings: Settings,
    *,
    names: tuple[str, ...],
    retired: bool,
    library: bool,
    offline: bool,
    documents: tuple[Path, ...],
    out: tuple[str, ...],
    form: str | None,
) -> int:
    """Tell where ids and urls of the lock are used: in Markdown and HTML, in WeChat's drafts, in the menu made by API.

    Everything is only read. Hidden folders and node_modules are passed over. What cannot be seen is always told:
    published articles, menus and replies made in the console, other programs.
    """
    from wxsync.cli.status import looking
    from wxsync.errors import UsageProblem
    from wxsync.reconcile.uses import told_as_usual
    from wxsync.workflow.uses import UsesOptions
    from wxsync.workflow.uses import uses as run

    if library and (retired or offline):
        raise UsageProblem(text("--library asks WeChat what no lock knows: it takes neither --retired nor --offline"))
    options = UsesOptions(names, retired, library, offline, documents)
    with looking(settings) as progress:
        found = run(settings.choice(), options, settings.watcher(), progress=progress)
    write_out(out, lambda wanted: _printed(found, wanted, settings, mending=retired, color=False))
    if out and not form:
        tell_of(out, settings)
    else:
        emit(_printed(found, form or "text", settings, mending=retired, color=settings.colored(sys.stdout)))
    failures = (one.failure for one in found.sightings.obstacles if not told_as_usual(one.failure))
    return gravest(failures, interrupted=False) if found.sightings.obstacles else Exit.DONE


def _printed(found: Uses, form: str, settings: Settings, *, mending: bool, color: bool) -> str:
    from wxsync.render.markdown import markdown
    from wxsync.render.terminal import terminal
    from wxsync.render.uses import uses_page, uses_text

    if form == "json":
        return uses_text(found)
    page = uses_page(found, mending=mending, everything=settings.verbose)
    return markdown(page) if form == "markdown" else terminal(page, color=color)
