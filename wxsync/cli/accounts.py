"""The command that lists the accounts of a manifest."""

from __future__ import annotations

import click

from wxsync.cli.options import Settings, emit, global_options


@click.command(short_help="List the manifest's accounts and their lock files.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Default: text.")
@global_options
@click.pass_obj
def accounts(settings: Settings, form: str) -> None:
    """List the manifest's accounts, each with its appid and its lock file; offline.

    --format json is fit for the matrix of a CI: a list of {"name", "appid", "lock"}.
    """
    from wxsync.render.accounts import accounts_page, accounts_text
    from wxsync.workflow.accounts import accounts as run

    found = run(settings.choice())
    emit(accounts_text(found) if form == "json" else accounts_page(found))
