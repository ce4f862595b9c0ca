"""The commands that end a material's life: at WeChat, or in the lock alone."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

import click

from wxsync.cli import completing
from wxsync.cli.asking import ask, stopping, yes_option
from wxsync.cli.exits import Exit, gravest
from wxsync.cli.options import Settings, emit, emit_line, global_options
from wxsync.cli.output import out_option, write_out
from wxsync.words import listing, text

if TYPE_CHECKING:
    from wxsync.errors import PersonNeeded
    from wxsync.results import Disposable, Disposal, Forgotten


@click.command(short_help="Delete retired materials at WeChat; the only command that deletes there.")
@yes_option
@click.option(
    "--keep-days",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    metavar="N",
    help="Keep materials retired less than N days ago.",
)
@click.option(
    "--max-delete", type=click.IntRange(0), metavar="N", help="Delete at most N materials; exit 7 if some are left."
)
@click.option(
    "--uses",
    "look",
    type=click.Choice(["auto", "none"]),
    default="auto",
    show_default=True,
    help="Whether to keep what documents, drafts or the menu still use; none: nobody is asked.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be deleted, and delete nothing.")
@out_option("text", "json")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Default: text.")
@global_options
@click.pass_obj
def prune(
    settings: Settings,
    *,
    yes: bool,
    keep_days: int,
    max_delete: int | None,
    look: str,
    dry_run: bool,
    out: tuple[str, ...],
    form: str,
) -> int:
    """Delete retired materials at WeChat, after showing them.

    Deletes only what wxsync itself uploaded, as its tag and WeChat's own listing prove, and what no lock uses: none
    in this folder, and none of the branch that this clone follows, as it was last fetched. What a document of the
    repository, a draft or the menu made by API still uses is kept, with the place as the reason. What a menu or an
    automatic reply uses WeChat refuses to delete: it stays retired.
    """
    from wxsync.cli.status import looking
    from wxsync.errors import NotAgreed
    from wxsync.render.disposals import disposable_page, disposals_page, disposals_text, fate_of
    from wxsync.render.terminal import terminal
    from wxsync.workflow.prune import PruneOptions
    from wxsync.workflow.prune import prune as run

    stop = threading.Event()
    seen = total = 0

    def agrees(found: Disposable) -> bool:
        nonlocal total
        total = len(found.delete) + len(found.drop)
        page = disposable_page(found)
        settings.aside(terminal(page, color=settings.colored(sys.stderr), columns=settings.columns(sys.stderr)))
        if not found.obstacles:
            return yes or settings.sandbox or ask(text("Delete these?"), "prune")
        if yes or settings.sandbox:
            raise _unseen(found)
        return ask(text("What uses these could not be looked at everywhere. Delete them all the same?"), "prune")

    def sees(disposal: Disposal) -> None:
        nonlocal seen
        seen += 1
        settings.note(
            text(
                "[{seen}/{total}] {fate} {name}",
                seen=seen,
                total=total,
                fate=fate_of(disposal),
                name=disposal.retired.name,
            )
        )

    watcher = settings.watcher(stop=stop)
    options = PruneOptions(keep_days, max_delete, looks=look == "auto", dry_run=dry_run)
    try:
        with stopping(stop, settings, finishing=text("the deletion that runs")), looking(settings) as progress:
            done = run(settings.choice(), options, watcher, agrees=agrees, sees=sees, progress=progress)
    except NotAgreed:
        settings.note(text("Nothing was deleted."))
        return Exit.INTERRUPTED

    def printed(form: str, *, color: bool = False, columns: int | None = None) -> str:
        return disposals_text(done) if form == "json" else terminal(disposals_page(done), color=color, columns=columns)

    write_out(out, printed)
    emit(printed(form, color=settings.colored(sys.stdout), columns=settings.columns(sys.stdout)))
    if dry_run and not stop.is_set():
        return Exit.DONE
    return gravest((one.error for one in done.disposals), interrupted=stop.is_set())


def _unseen(found: Disposable) -> PersonNeeded:
    """Build the error for what nobody agreed to: deleting what may be used where nothing could be seen."""
    from wxsync.errors import PersonNeeded
    from wxsync.model import Holder

    holder = {Holder.DRAFT: text("WeChat's drafts"), Holder.MENU: text("the menu")}
    what = listing([holder[one.holder] for one in found.obstacles], last="and")
    why = found.obstacles[0].failure
    return PersonNeeded(
        text("{what} could not be looked at, so nothing was deleted: {why}", what=what, why=why.message),
        hint=text("run prune on a terminal to decide by yourself, or with --uses none"),
    )


@click.command(short_help="Drop a record from the lock; touches nothing at WeChat.")
@click.argument("name", shell_complete=completing.recorded)
@global_options
@click.pass_obj
def forget(settings: Settings, name: str) -> None:
    """Drop NAME from the lock without touching WeChat; offline.

    What is dropped is printed, so that its media_id is not lost.
    """
    from wxsync.render.rows import what_it_is
    from wxsync.workflow.forget import forget as run

    forgotten = run(settings.choice(), name)
    for record in forgotten.records:
        emit_line(text("forgot {name}: {what}", name=name, what=what_it_is(record)))
    for unreadable in forgotten.unreadable:
        emit_line(text("forgot {name}: {what}", name=name, what=unreadable))
    for line in _afterwards(forgotten, name):
        settings.note(line)


def _afterwards(forgotten: Forgotten, name: str) -> list[str]:
    lines: list[str] = [text("It is still at WeChat; wxsync will not delete it.")]
    if forgotten.shared_by:
        lines = [text("Still in use by: {names}.", names=listing(forgotten.shared_by))]
    if forgotten.is_missed:
        lines.append(
            text(
                "The manifest names {name}: the next apply looks for it at WeChat by its tag, else uploads it.",
                name=name,
            )
        )
    return lines
