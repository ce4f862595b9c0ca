"""The command that looks whether everything is ready."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from wxsync.cli.asking import confirm, must_be_askable, yes_option
from wxsync.cli.exits import Exit, exit_code_for
from wxsync.cli.options import Settings, emit, global_options
from wxsync.words import listing, plural, text

if TYPE_CHECKING:
    from wxsync.results import Diagnosis

_GRAVEST = (Exit.PERSON, Exit.CONFLICT, Exit.INVALID, Exit.LATER)


@click.command()
@click.option(
    "--probe", is_flag=True, help="Find out what no page tells, by 8 uploads that are deleted again: on a test account."
)
@yes_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Default: text.")
@global_options
@click.pass_obj
def doctor(settings: Settings, *, probe: bool, yes: bool, form: str) -> int:
    """Check credentials, IP allowlist, permissions, library and today's quota, and say what to do.

    Needs no manifest; with one, its lock and its folder are checked too. Takes 10 calls at most when all is well.
    """
    if probe:
        return _probe(settings, form, yes=yes)
    from wxsync.render.checks import checks_page, checks_text
    from wxsync.workflow.doctor import doctor as run

    watcher = settings.watcher()
    found = run(settings.choice(), watcher)
    if form == "json":
        click.echo(checks_text(found.checks, account=found.account, host=found.host), nl=False)
    else:
        color = settings.colored(sys.stdout)
        columns = settings.columns(sys.stdout)
        page = checks_page(found.checks, account=found.account, host=found.host, color=color, columns=columns)
        click.echo(page, nl=False, color=True)
    settings.note(_calls(found))
    return exit_code_of(found)


def _probe(settings: Settings, form: str, *, yes: bool) -> int:
    from wxsync.errors import NotAgreed
    from wxsync.render.probed import probed_json, probed_page
    from wxsync.workflow.probe import UPLOADS, probe_wechat

    def agrees(appid: str, host: str) -> bool:
        if yes or settings.sandbox:
            return True
        must_be_askable("doctor --probe")
        what = text(
            "{uploads} small files are uploaded to {appid} at {host}, looked at and deleted again. That uses calls of "
            "today's quota, most of those of a test account. Go on?",
            uploads=UPLOADS,
            appid=appid,
            host=host,
        )
        return confirm(what)

    try:
        probed = probe_wechat(settings.choice(), settings.watcher(), agrees=agrees)
    except NotAgreed:
        settings.note(text("Nothing was sent."))
        return Exit.INTERRUPTED
    emit(probed_json(probed) if form == "json" else probed_page(probed))
    if probed.left:
        settings.note(text("These could not be deleted again: {ids}.", ids=listing(probed.left)))
    if probed.halted:
        settings.note(text("It broke off there: {why}", why=probed.halted.message))
        return exit_code_for(probed.halted)
    return Exit.PERSON if probed.left else Exit.DONE


def exit_code_of(found: Diagnosis) -> Exit:
    """Gives the exit code of a diagnosis; where several fit, the one that matters most."""
    codes = {exit_code_for(check.error) for check in found.checks if check.state == "error" and check.error}
    if Exit.REFUSED in codes:
        codes.add(Exit.PERSON)  # what WeChat refuses to tell, it refuses tomorrow too
    return next((code for code in _GRAVEST if code in codes), Exit.DONE)


def _calls(found: Diagnosis) -> str:

    made: list[str] = [text("{name} {count:,}", name=name, count=count) for name, count in found.calls.items()]
    if found.retries:
        made.append(plural("{count:,} repeat", "{count:,} repeats", found.retries))
    total = sum(found.calls.values())
    if not made:
        return plural("{count:,} call to WeChat.", "{count:,} calls to WeChat.", total)
    return plural(
        "{count:,} call to WeChat: {calls}.", "{count:,} calls to WeChat: {calls}.", total, calls=listing(made)
    )
