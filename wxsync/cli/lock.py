"""The commands about the lock file itself."""

from __future__ import annotations

import sys

import click

from wxsync.cli.options import Settings, global_options


@click.group()
@global_options
def lock() -> None:
    """Work on lock files."""


@lock.command()
@click.argument("base", type=click.Path(dir_okay=False))
@click.argument("ours", type=click.Path(dir_okay=False))
@click.argument("theirs", type=click.Path(dir_okay=False))
@global_options
@click.pass_obj
def merge(settings: Settings, base: str, ours: str, theirs: str) -> int:
    """Merge lock files for git: writes OURS; exits with 0, or with 1 for a conflict."""
    from pathlib import Path

    from wxsync.cli.exits import print_error
    from wxsync.errors import WxsyncError
    from wxsync.workflow.merge import merge_locks

    try:
        merge_locks(Path(base), Path(ours), Path(theirs))
    except (WxsyncError, OSError) as error:
        print_error(error, settings)
        sys.stderr.flush()
        return 1
    return 0
