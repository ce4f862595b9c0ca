"""The command that shows a whole library as one page."""

from __future__ import annotations

import click

from wxsync.cli.options import Settings, global_options
from wxsync.cli.plan import save, warn
from wxsync.words import text


@click.command(short_help="Write one page of every material, with pictures.")
@click.option("-o", "--out", type=click.Path(dir_okay=False), metavar="FILE.html", required=True, help="The page.")
@global_options
@click.pass_obj
def report(settings: Settings, out: str) -> None:
    """Write one self-contained HTML page: every material with its picture, state, id and url; offline.

    Voices (mp3, wav) and videos of up to 1 MiB can be played in it, as long as they are 16 MiB together.
    """
    from wxsync.workflow.report import report as run

    page, warnings = run(settings.choice())
    warn(settings, warnings)
    save(out, page)
    settings.note(text("wrote {file}", file=out))
