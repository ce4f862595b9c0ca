"""The commands that show what apply would do, and show it again."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from wxsync.cli.exits import Exit
from wxsync.cli.options import Settings, emit, global_options
from wxsync.cli.plan_cache import question, recall, remember

if TYPE_CHECKING:
    from wxsync.model import Plan, Problem
    from wxsync.reconcile.planned import Planned
    from wxsync.results import Report

Function = TypeVar("Function", bound=Callable[..., Any])

format_option = click.option(
    "--format", "form", type=click.Choice(["text", "json", "markdown", "html"]), default="text", help="Default: text."
)


def planning_options(function: Function) -> Function:
    """Adds the options that narrow or widen a plan."""
    for option in (
        click.option("--no-cache", is_flag=True, help="Hash every file, whatever is remembered of it."),
        click.option("--refresh", "fresh", is_flag=True, help="Ask WeChat what is gone, and plan that again."),
        click.option("--replace", "renew", multiple=True, metavar="NAME", help="Upload NAME anew; repeatable."),
        click.option(
            "--target", "targets", multiple=True, metavar="NAME", help="Only these names or globs; repeatable."
        ),
    ):
        function = option(function)
    return function


@click.command()
@click.option(
    "-o", "--out", type=click.Path(dir_okay=False), metavar="FILE", help="Save the plan for `wxsync apply FILE`."
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when changes are pending.")
@format_option
@planning_options
@global_options
@click.pass_obj
def plan(
    settings: Settings,
    *,
    out: str | None,
    detailed_exitcode: bool,
    form: str,
    targets: tuple[str, ...],
    renew: tuple[str, ...],
    no_cache: bool,
    fresh: bool,
) -> int:
    """Show what apply would do; needs no network and no credentials but for --refresh."""
    asked = None
    if not (out or no_cache or fresh or settings.verbose):
        colored = settings.colored(sys.stdout)
        asked = question(settings, form=form, colored=colored, targets=[*targets], renew=[*renew])
        known = recall(asked)
        if known is not None:
            emit(known)
            return Exit.DONE
    planned = _planned(settings, targets, renew, use_cache=not no_cache, fresh=fresh)
    warn(settings, planned.warnings)
    if out:
        save(out, rendered(planned.plan, "json", settings))
    said = rendered(planned.plan, form, settings)
    emit(said)
    if planned.is_past_rail:
        settings.note("warning: this replaces or retires more than 30 % of the materials; apply will want --force")
    if asked:
        remember(asked, said, planned)
    return Exit.PENDING if detailed_exitcode and planned.plan.pending else Exit.DONE


@click.command()
@click.argument("file", type=click.Path(dir_okay=False))
@format_option
@global_options
@click.pass_obj
def show(settings: Settings, file: str, form: str) -> None:
    """Print a saved plan or result again, in any format."""
    emit(rendered(read_saved(file), form, settings))


def read_saved(file: str) -> Plan | Report:
    """Reads a saved plan or result; raises InvalidInput."""
    from pathlib import Path

    from wxsync.errors import InvalidInput
    from wxsync.model import Problem
    from wxsync.render import read_document

    try:
        content = Path(file).read_bytes()
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}"
        raise InvalidInput([Problem("unreadable", message, "name a file that --out wrote", path=file)]) from None
    return read_document(content, shown_as=file)


def rendered(shown: Plan | Report, form: str, settings: Settings, *, stream: Any = None) -> str:
    """Prints a plan or a report in a format; the pictures of a page are those beside the manifest."""
    from wxsync.model import Plan
    from wxsync.render import markdown, plan_page, plan_text, report_page, report_text, terminal

    if form == "html":
        from pathlib import Path

        from wxsync.workflow.report import html_of

        return html_of(shown, Path(settings.manifest).parent, everything=settings.verbose)
    if isinstance(shown, Plan):
        if form == "json":
            return plan_text(shown, everything=settings.verbose)
        page = plan_page(shown, everything=settings.verbose)
    else:
        if form == "json":
            return report_text(shown)
        page = report_page(shown)
    return markdown(page) if form == "markdown" else terminal(page, color=settings.colored(stream or sys.stdout))


def _planned(
    settings: Settings, targets: tuple[str, ...], renew: tuple[str, ...], *, use_cache: bool, fresh: bool
) -> Planned:
    from wxsync.reconcile.planned import PlanOptions
    from wxsync.reconcile.watcher import Watcher
    from wxsync.words import visible
    from wxsync.workflow.plan import plan as run

    watcher = Watcher(says=lambda message: settings.note(visible(message)))
    return run(settings.choice(), PlanOptions(targets, renew, use_cache, fresh), watcher)


def save(file: str, text: str) -> None:
    """Writes an output file, whole or not at all; raises PersonNeeded."""
    from pathlib import Path

    from wxsync.errors import PersonNeeded
    from wxsync.files import write_atomic

    try:
        write_atomic(Path(file), text.encode())
    except OSError as error:
        raise PersonNeeded(f"{file} cannot be written: {error.strerror}") from None


def warn(settings: Settings, warnings: tuple[Problem, ...]) -> None:
    """Shows warnings on standard error."""
    from wxsync.render import render_problems

    text = render_problems(warnings, color=settings.colored(sys.stderr))
    if text:
        settings.note(text.rstrip("\n"))
