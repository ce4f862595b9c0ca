"""The commands about the lock file itself: merging, mending, and its way through git."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from wxsync.cli.language import Group
from wxsync.cli.options import Settings, emit_line, global_options
from wxsync.words import text

if TYPE_CHECKING:
    from pathlib import Path

    from wxsync.ci.resolve import Resolved

branch_option = click.option("--branch", metavar="NAME", help="The branch the locks belong to. Default: the CI's.")
forge_option = click.option(
    "--forge",
    type=click.Choice(["auto", "github", "gitlab", "gitee", "none"]),
    default="auto",
    help="Where requests are opened. Default: by the CI or the remote's address.",
)


@click.group(cls=Group)
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


@lock.command()
@click.argument("files", nargs=-1, type=click.Path(dir_okay=False), metavar="[FILE]...")
@global_options
@click.pass_obj
def resolve(settings: Settings, files: tuple[str, ...]) -> None:
    """Mend locks in conflict, losing no id of either side, and stage them; needs no merge driver.

    FILE: by default all locks of the manifest that are in conflict.
    """
    from pathlib import Path

    from wxsync.ci.resolve import in_conflict
    from wxsync.ci.resolve import resolve as run
    from wxsync.git import open_repository

    chosen = [Path(file) for file in files]
    if not chosen:
        around = open_repository(Path(settings.manifest).parent, settings.environ)
        chosen = in_conflict(around, _locks_of(settings))
    if not chosen:
        emit_line(text("No lock is in conflict."))
    for file in chosen:
        repository = open_repository(file.parent, settings.environ)
        emit_line(_told(run(repository, file), is_staged=repository is not None))


@lock.command()
@branch_option
@global_options
@click.pass_obj
def take(settings: Settings, branch: str | None) -> None:
    """Bring the locks that wait in a request into the work tree, so that nothing is sent again."""
    from wxsync.cli.gitops import open_here, take_waiting

    for line in take_waiting(open_here(settings, branch)).said():
        settings.note(line)


@lock.command()
@click.option(
    "--from", "source", type=click.Path(file_okay=False), metavar="DIR", help="What `ci apply --keep` left in DIR."
)
@click.option(
    "--deliver",
    type=click.Choice(["push", "request", "branch"]),
    default="request",
    show_default=True,
    help="Push to the branch, open a request, or leave the locks on a branch of their own.",
)
@branch_option
@forge_option
@global_options
@click.pass_obj
def commit(settings: Settings, *, source: str | None, deliver: str, branch: str | None, forge: str) -> None:
    """Commit locks, and only locks, after proving that no id is missing from them; joins what others pushed."""
    from pathlib import Path

    from wxsync.ci.commit import Deliver, Delivery
    from wxsync.ci.commit import deliver as run
    from wxsync.cli.gitops import left_here, open_here

    here = open_here(settings, branch, forge=forge)
    left = left_here(here, Path(source) if source else None)
    delivery = Delivery(here.manifest, here.branch, left, here.appids())
    settings.note(run(here.repository, here.forge, delivery, Deliver(deliver)))


def _locks_of(settings: Settings) -> list[Path]:
    from pathlib import Path

    from wxsync.ci.proof import is_lock_of

    manifest = Path(settings.manifest)
    found = manifest.parent.glob("*.lock.json")
    sandbox = manifest.name.partition(".")[0] + ".sandbox.lock.json"
    return sorted(file for file in found if is_lock_of(manifest.name, file.name) or file.name == sandbox)


def _told(resolved: Resolved, *, is_staged: bool) -> str:

    if resolved.sides is None:
        return text("{path}: not in conflict", path=resolved.path)
    ending = text("and staged") if is_staged else text("and not staged, for it lies in no git repository")
    return text(
        "{path}: mended from {source} {ending}; {kept} uploads kept, {ours} of them only ours and {theirs} only theirs",
        path=resolved.path,
        source=resolved.sides.source,
        ending=ending,
        kept=resolved.kept,
        ours=resolved.only_ours,
        theirs=resolved.only_theirs,
    )
