"""The command that judges a manifest and its files."""

from __future__ import annotations

import sys

import click

from wxsync.cli.exits import Exit
from wxsync.cli.options import Settings, emit, global_options


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
    from wxsync.render import problems_text, render_problems
    from wxsync.render.annotations import codequality, github_annotations, sarif
    from wxsync.words import counted, visible
    from wxsync.workflow.validate import validate as run

    manifest, problems = run(settings.choice())
    if form == "github":
        emit(github_annotations(problems), is_document=True)
    elif form != "text":
        emit({"json": problems_text, "sarif": sarif, "codequality": codequality}[form](problems))
    elif problems:
        emit(render_problems(problems, color=settings.colored(sys.stdout)))
    else:
        materials = counted(len(manifest.assets), "material")
        emit(f"{visible(settings.manifest)}: {materials}, all in order.\n")
    return Exit.INVALID if any(problem.is_error for problem in problems) else Exit.DONE
