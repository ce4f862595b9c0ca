"""The command that brings an existing library into a new folder."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from wxsync.cli.exits import Exit
from wxsync.cli.options import Settings, emit, global_options
from wxsync.words import text


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False))
@global_options
@click.pass_obj
def pull(settings: Settings, folder: str) -> int:
    """Download an existing library into DIR, with a manifest and a lock; overwrites nothing.

    DIR is new or empty, or that of a pull that was cut off, which is taken up where it was. A video whose address
    gives no file is left out. Article images are in no library.
    """
    from wxsync.render.pulled import pulled_page
    from wxsync.render.terminal import terminal
    from wxsync.workflow.pull import pull as run

    watcher = settings.watcher()
    try:
        pulled = run(settings.choice(), Path(folder), watcher)
    except KeyboardInterrupt:
        settings.note(text("interrupted: what was downloaded is kept; run the same command again to go on"))
        return Exit.INTERRUPTED
    emit(terminal(pulled_page(pulled), color=settings.colored(sys.stdout), columns=settings.columns(sys.stdout)))
    return Exit.REFUSED if any(one.refused for one in pulled.left_out) else Exit.DONE
