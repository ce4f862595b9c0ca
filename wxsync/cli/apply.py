"""The command that does a plan: asks, shows progress, listens for Ctrl-C, and tells the end by its exit code."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

import click

from wxsync.cli.asking import can_ask, confirm, must_be_askable, stopping, yes_option
from wxsync.cli.exits import Exit, exit_code_of
from wxsync.cli.options import Settings, emit, global_options
from wxsync.cli.output import out_option, write_out
from wxsync.cli.plan import format_option, planning_options, read_saved, rendered, tell_of_merges, warn
from wxsync.formats import PageFormat
from wxsync.words import text

if TYPE_CHECKING:
    from wxsync.model import Plan, Problem
    from wxsync.results import Report


@click.command()
@click.argument("planfile", required=False, type=click.Path(dir_okay=False))
@out_option(*PageFormat)
@yes_option
@click.option("--jobs", type=click.IntRange(1, 64), default=4, show_default=True, help="Uploads side by side.")
@click.option(
    "--max-uploads", type=click.IntRange(0), metavar="N", help="Send at most N files; exit 7 if some are left."
)
@click.option(
    "--look",
    "how",
    type=click.Choice(["auto", "all", "none"]),
    default="auto",
    show_default=True,
    help="How much of WeChat's library to search for earlier uploads before sending.",
)
@click.option(
    "--settle",
    type=click.FloatRange(0),
    default=90.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for an upload whose answer was lost to show up.",
)
@click.option("--locked", is_flag=True, help="Exit with 2 if anything would be uploaded.")
@click.option("--force", is_flag=True, help="Go past the safety rail.")
@click.option("--uses", "asks", is_flag=True, help="Ask WeChat afterwards what still uses what is retired.")
@format_option
@planning_options
@global_options
@click.pass_obj
def apply(
    settings: Settings,
    *,
    planfile: str | None,
    out: tuple[str, ...],
    yes: bool,
    jobs: int,
    max_uploads: int | None,
    how: str,
    settle: float,
    locked: bool,
    force: bool,
    asks: bool,
    form: str,
    targets: tuple[str, ...],
    replace: tuple[str, ...],
    no_cache: bool,
    refresh: bool,
) -> int:
    """Upload what is new or changed and write the lock; PLANFILE: only what a saved plan says."""
    from wxsync.cli.progress import Progress
    from wxsync.cli.status import converting
    from wxsync.errors import NotAgreed
    from wxsync.executor import Limits
    from wxsync.reconcile.look import Look
    from wxsync.reconcile.planned import PlanOptions
    from wxsync.reconcile.send import ApplyOptions
    from wxsync.workflow.apply import WouldUpload
    from wxsync.workflow.apply import apply as run

    stop = threading.Event()
    progress = Progress(settings)
    options = ApplyOptions(
        plan=PlanOptions(targets, replace, not no_cache, refresh),
        saved=_saved_plan(planfile) if planfile else None,
        limits=Limits(jobs, max_uploads),
        look=Look(how),
        settle=settle,
        locked=locked,
        force=force,
    )

    def agrees(plan: Plan, warnings: tuple[Problem, ...]) -> bool:
        agreed = _agrees(settings, plan, warnings, yes=yes)
        progress.start(plan.uploads)
        return agreed

    def admits(plan: Plan) -> None:
        if not (yes or settings.sandbox or can_ask()):
            settings.aside(rendered(plan, "text", settings, stream=sys.stderr))
            must_be_askable("apply")

    try:
        finishing = text("the uploads that run")
        with stopping(stop, settings, finishing=finishing), progress, converting(settings) as converts:
            watcher = settings.watcher(
                sees=progress.sees, says=progress.says, traces=progress.traces, converts=converts, stop=stop
            )
            report = run(settings.choice(), options, watcher, agrees=agrees, admits=admits)
    except NotAgreed:
        settings.note(text("Nothing was done."))
        return Exit.INTERRUPTED
    except WouldUpload as would:
        emit(rendered(would.plan, form, settings))
        return Exit.PENDING
    if asks and not stop.is_set():
        report = _with_uses(report, settings)
    write_out(out, lambda written: rendered(report, written, settings, is_file=True))
    emit(rendered(report, form, settings))
    _tell_of_lock(report, settings)
    tell_of_merges(settings)
    return exit_code_of(report, interrupted=stop.is_set())


def _tell_of_lock(report: Report, settings: Settings) -> None:
    """Say what to do with the lock; a CI does it by itself."""
    if report.lock_file is None or settings.environ.get("CI"):
        return
    lock = str(report.lock_file)
    if lock.endswith(".sandbox.lock.json"):
        settings.note(text("wrote {lock}, whose ids are worth nothing at WeChat: leave it out of git", lock=lock))
    else:
        settings.note(text("wrote {lock}: commit it", lock=lock))


def _with_uses(report: Report, settings: Settings) -> Report:
    """Add to a result what still uses retired materials; that this cannot be told changes nothing of what was done."""
    from msgspec.structs import replace

    from wxsync.cli.status import looking
    from wxsync.errors import WxsyncError
    from wxsync.workflow.uses import UsesOptions, uses

    try:
        with looking(settings) as progress:
            found = uses(settings.choice(), UsesOptions(retired=True), settings.watcher(), progress=progress)
    except WxsyncError as error:
        settings.note(text("what still uses retired materials cannot be told: {why}", why=error.message))
        return report
    return replace(report, uses=found)


def _saved_plan(file: str) -> Plan:
    from wxsync.errors import InvalidInput
    from wxsync.model import Plan, Problem

    saved = read_saved(file)
    if not isinstance(saved, Plan):
        raise InvalidInput(
            [
                Problem(
                    "not-a-plan",
                    text("{file} is a result, not a plan", file=file),
                    text("save one with `wxsync plan -o FILE`"),
                )
            ]
        )
    return saved


def _agrees(settings: Settings, plan: Plan, warnings: tuple[Problem, ...], *, yes: bool) -> bool:
    warn(settings, warnings)
    settings.aside(rendered(plan, "text", settings, stream=sys.stderr))
    return yes or settings.sandbox or confirm(text("Apply this plan?"))
