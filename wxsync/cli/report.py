"""The command that shows a whole library as one page."""

from __future__ import annotations

import click

from wxsync.cli.options import Settings, global_options
from wxsync.cli.output import out_option, tell_of, write_out
from wxsync.cli.plan import warn


@click.command(short_help="Write one page of every material, with pictures.")
@out_option("html", required=True)
@global_options
@click.pass_obj
def report(settings: Settings, out: tuple[str, ...]) -> None:
    """Write one self-contained HTML page: every material with its picture, state, id and url; offline.

    Voices and videos have their length there; the smallest (mp3, wav, mp4) play in it, up to 16 MiB of them.
    """
    from wxsync.workflow.report import report as run

    page, warnings = run(settings.choice())
    warn(settings, warnings)
    write_out(out, lambda _form: page)
    tell_of(out, settings)
