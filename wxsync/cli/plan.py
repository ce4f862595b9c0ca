"""The commands that show what apply would do, and show it again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

from wxsync.cli import completing
from wxsync.cli.exits import Exit
from wxsync.cli.options import Settings, emit, global_options
from wxsync.cli.output import out_option, tell_of, write_out
from wxsync.cli.plan_cache import lookup, question, store
from wxsync.formats import PageFormat
from wxsync.plan_cache import InStep
from wxsync.states import Seen
from wxsync.words import in_step, paint, reason_of, say, text

if TYPE_CHECKING:
    from wxsync.model import Plan, Problem, Record
    from wxsync.reconcile.planned import Planned
    from wxsync.render.html import Preview
    from wxsync.results import Report

Function = TypeVar("Function", bound=Callable[..., Any])

format_option = click.option(
    "--format", "form", type=click.Choice([*map(str, PageFormat)]), default=str(PageFormat.TEXT), help="Default: text."
)


def planning_options(function: Function) -> Function:
    """Adds the options that narrow or widen a plan."""
    for option in (
        click.option("--no-cache", is_flag=True, help="Hash every file, whatever is remembered of it."),
        click.option("--refresh", is_flag=True, help="Ask WeChat what is gone, and plan that again."),
        click.option(
            "--replace",
            multiple=True,
            metavar="NAME",
            shell_complete=completing.names,
            help="Upload NAME anew; repeatable.",
        ),
        click.option(
            "--target",
            "targets",
            multiple=True,
            metavar="NAME",
            shell_complete=completing.names,
            help="Only these names or globs; repeatable.",
        ),
    ):
        function = option(function)
    return function


@click.command()
@out_option(*PageFormat)
@click.option("--force", is_flag=True, help="With --refresh: believe WeChat, however much it says is gone.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when changes are pending.")
@format_option
@planning_options
@global_options
@click.pass_obj
def plan(
    settings: Settings,
    *,
    out: tuple[str, ...],
    force: bool,
    detailed_exitcode: bool,
    form: str,
    targets: tuple[str, ...],
    replace: tuple[str, ...],
    no_cache: bool,
    refresh: bool,
) -> int:
    """Show what apply would do; needs no network and no credentials but for --refresh.

    `-o plan.json` saves it for `wxsync apply plan.json`.
    """
    asked, seen = None, Seen()
    if not (out or no_cache or refresh or settings.verbose):
        asked = question(settings, targets=targets, replace=replace)
        known, seen = lookup(asked)
        if known:
            emit(_nothing_to_do(known, form, settings))
            return Exit.DONE
    planned = _planned(settings, targets, replace, use_cache=not no_cache, refresh=refresh, force=force, seen=seen)
    warn(settings, planned.warnings)
    write_out(out, lambda written: rendered(planned.plan, written, settings, is_file=True))
    emit(rendered(planned.plan, form, settings))
    if planned.exceeds_safety_rail:
        settings.note(
            text("warning: this replaces or retires more than 30 % of the materials; apply will want --force")
        )
    if asked:
        store(asked, planned)
    tell_of_merges(settings)
    return Exit.PENDING if detailed_exitcode and planned.plan.pending else Exit.DONE


@click.command()
@click.argument("file", type=click.Path(dir_okay=False))
@out_option(*PageFormat)
@click.option(
    "--format", "form", type=click.Choice([*map(str, PageFormat)]), help="Default: text, where no -o is given."
)
@global_options
@click.pass_obj
def show(settings: Settings, file: str, form: str | None, out: tuple[str, ...]) -> None:
    """Print a saved plan or result again, in any format."""
    shown = read_saved(file)
    write_out(out, lambda written: rendered(shown, written, settings, is_file=True))
    if out and not form:
        tell_of(out, settings)
    else:
        emit(rendered(shown, form or PageFormat.TEXT, settings))


def tell_of_merges(settings: Settings) -> None:
    """Say once where a clone does not merge locks by itself; a clone of a CI merges none."""
    from pathlib import Path

    from wxsync.project.merging import first_time_without_driver

    if settings.sandbox or settings.environ.get("CI"):
        return
    if first_time_without_driver(Path(settings.manifest).parent, settings.environ):
        settings.note(
            text(
                "note: this clone does not merge lock files by itself: run `wxsync init`, or after a conflict "
                "`wxsync lock resolve`"
            )
        )


def read_saved(file: str) -> Plan | Report:
    """Reads a saved plan or result; raises InvalidInput."""
    from pathlib import Path

    from wxsync.errors import InvalidInput
    from wxsync.model import Problem
    from wxsync.render.documents import read_document

    try:
        content = Path(file).read_bytes()
    except OSError as error:
        message = text("{file} cannot be read: {why}", file=file, why=reason_of(error))
        hint = text("name a file that `wxsync plan -o` or `wxsync apply -o` wrote")
        raise InvalidInput([Problem("unreadable", message, hint, path=file)]) from None
    return read_document(content, shown_as=file)


def rendered(
    shown: Plan | Report, form: str, settings: Settings, *, stream: TextIO | None = None, is_file: bool = False
) -> str:
    """Print a plan or a report in a format; the pictures of a page are those beside the manifest."""
    from wxsync.render.printers import PRINTERS, Printing

    how = Printing(
        lambda records: _previews(settings, records),
        everything=settings.verbose,
        color=not is_file and settings.colored(stream or sys.stdout),
        columns=None if is_file else settings.columns(stream or sys.stdout),
    )
    return PRINTERS[PageFormat(form)](shown, how)


def _previews(settings: Settings, records: Iterable[Record]) -> Mapping[str, Preview]:
    from pathlib import Path

    from wxsync.workflow.previews import previews

    return previews(Path(settings.manifest).parent, records, settings.environ)


def _planned(
    settings: Settings,
    targets: tuple[str, ...],
    replace: tuple[str, ...],
    *,
    use_cache: bool,
    refresh: bool,
    force: bool,
    seen: Seen,
) -> Planned:
    from wxsync.cli.status import converting
    from wxsync.reconcile.planned import PlanOptions
    from wxsync.workflow.plan import plan as run

    with converting(settings) as converts:
        options, watcher = PlanOptions(targets, replace, use_cache, refresh), settings.watcher(converts=converts)
        return run(settings.choice(), options, watcher, force=force, seen=seen)


def _nothing_to_do(known: InStep, form: str, settings: Settings) -> str:
    """Print a plan that is remembered; the text is one line, for which the printers need not be imported."""
    if form == "text":
        return paint(say(in_step(known.kept)), "1", color=settings.colored(sys.stdout)) + "\n"
    from wxsync.model import Plan

    return rendered(Plan(known.account, (), kept_beside=known.kept), form, settings)


def warn(settings: Settings, warnings: tuple[Problem, ...]) -> None:
    """Shows warnings on standard error."""
    if not warnings:
        return
    from wxsync.render.problems import render_problems

    settings.aside(render_problems(warnings, color=settings.colored(sys.stderr), columns=settings.columns(sys.stderr)))
