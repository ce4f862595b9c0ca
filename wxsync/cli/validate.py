"""The command that judges a manifest and its files."""

from __future__ import annotations

import sys

import click

from wxsync.cli.exits import Exit
from wxsync.cli.options import Settings, emit, emit_line, global_options
from wxsync.words import plural


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "sarif", "codequality"]),
    default="text",
    help="Default: text; github: annotations.",
)
@global_options
@click.pass_obj
def validate(settings: Settings, form: str) -> int:
    """Judge the manifest and every file that it names; needs no network and no credentials."""
    from wxsync.cli.progress import converting
    from wxsync.render import problems_text, render_problems
    from wxsync.render.annotations import codequality, github_annotations, sarif
    from wxsync.workflow.validate import validate as run

    with converting(settings) as converts:
        manifest, problems = run(settings.choice(), converts=converts)
    if form == "github":
        emit(github_annotations(problems), is_document=True)
    elif form != "text":
        emit({"json": problems_text, "sarif": sarif, "codequality": codequality}[form](problems))
    elif problems:
        emit(render_problems(problems, color=settings.colored(sys.stdout)))
    else:
        emit_line(
            plural(
                "{manifest}: {count:,} material, all in order.",
                "{manifest}: {count:,} materials, all in order.",
                len(manifest.assets),
                manifest=settings.manifest,
            )
        )
    return Exit.INVALID if any(problem.is_error for problem in problems) else Exit.DONE
