"""The command that judges a manifest and its files."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from wxsync.cli.exits import Exit
from wxsync.cli.options import Settings, emit, global_options
from wxsync.cli.output import out_option, write_out
from wxsync.words import plural, say, visible

if TYPE_CHECKING:
    from wxsync.model import Problem


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "sarif", "codequality"]),
    default="text",
    help="Default: text; github: annotations.",
)
@out_option("text", "json", "sarif")
@global_options
@click.pass_obj
def validate(settings: Settings, form: str, out: tuple[str, ...]) -> int:
    """Judge the manifest and every file that it names; needs no network and no credentials."""
    from wxsync.cli.status import converting
    from wxsync.workflow.validate import validate as run

    with converting(settings) as converts:
        manifest, problems = run(settings.choice(), converts=converts)

    def printed(form: str, *, color: bool = False, columns: int | None = None) -> str:
        if form == "text":
            return _told(problems, color=color, columns=columns) or _in_order(len(manifest.assets), settings)
        return _printer(form)(problems)

    write_out(out, printed)
    emit(
        printed(form, color=settings.colored(sys.stdout), columns=settings.columns(sys.stdout)),
        is_document=form == "github",
    )
    return Exit.INVALID if any(problem.is_error for problem in problems) else Exit.DONE


def _told(problems: tuple[Problem, ...], *, color: bool, columns: int | None) -> str:
    from wxsync.render.problems import render_problems

    return render_problems(problems, color=color, columns=columns) if problems else ""


def _printer(form: str) -> Callable[[Sequence[Problem]], str]:
    from wxsync.render.annotations import codequality, github_annotations, sarif
    from wxsync.render.documents import problems_text

    return {"json": problems_text, "github": github_annotations, "sarif": sarif, "codequality": codequality}[form]


def _in_order(count: int, settings: Settings) -> str:
    said = plural(
        "{manifest}: {count:,} material, all in order.",
        "{manifest}: {count:,} materials, all in order.",
        count,
        manifest=settings.manifest,
    )
    return visible(say(said)) + "\n"
