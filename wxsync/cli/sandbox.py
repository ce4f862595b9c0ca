"""The command that serves the offline WeChat for any SDK."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wxsync.cli.options import Settings, global_options
from wxsync.shell import assignment, shell_of
from wxsync.words import reason_of, say, text

if TYPE_CHECKING:
    from wxsync.sandbox import Sandbox, Switches


class _WithGrammar(click.Command):
    """Adds the grammars of switches and faults to the help, read from the sandbox only when somebody asks."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's own
        from wxsync.sandbox import admin, faults, switches

        shown = (
            (text("Switches"), switches.HELP),
            (text("Faults"), faults.HELP),
            (text("What it saw, over HTTP"), admin.HELP),
        )
        for heading, grammar in shown:
            with formatter.section(say(heading)):
                formatter.write("".join(f"  {line}".rstrip() + "\n" for line in grammar.splitlines()))


@click.command(cls=_WithGrammar)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Default: a free one.")
@click.option("--state", type=click.Path(dir_okay=False), metavar="FILE", help="Keep the library here; else nowhere.")
@click.option("--appid", help="Default: the sandbox's own.")
@click.option("--secret", help="Default: the sandbox's own.")
@click.option("--switch", "switches", multiple=True, metavar="SWITCH", help="Where truth is unknown; repeatable.")
@click.option("--fault", "faults", multiple=True, metavar="FAULT", help="Misbehave on request; repeatable.")
@click.option(
    "--shell", type=click.Choice(["posix", "powershell", "cmd"]), help="Whose words to print. Default: yours."
)
@global_options
@click.pass_obj
def sandbox(
    settings: Settings,
    *,
    port: int,
    state: str | None,
    appid: str | None,
    secret: str | None,
    switches: tuple[str, ...],
    faults: tuple[str, ...],
    shell: str | None,
) -> None:
    """Serve an offline WeChat on 127.0.0.1 until Ctrl-C; prints the variables to set."""
    chosen = _chosen(switches)
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: done.set())
    given = {"appid": appid, "secret": secret}
    named = {name: value for name, value in given.items() if value}
    kept = Path(state) if state else None
    with _served(port=port, state=kept, switches=chosen, faults=faults, **named) as running:
        _print_variables(running, shell or shell_of(settings.environ))
        _say_what_next(settings, is_kept=kept is not None)
        done.wait()


def _print_variables(running: Sandbox, shell: str) -> None:
    variables = {"API_BASE": running.url, "APPID": running.appid, "SECRET": running.secret}
    for name, value in variables.items():
        click.echo(assignment(f"WXSYNC_{name}", value, shell=shell))


def _say_what_next(settings: Settings, *, is_kept: bool) -> None:
    settings.note(text("Serving until Ctrl-C. Paste these lines into another terminal, and work there as at WeChat."))
    if not is_kept:
        settings.note(text("Its library is forgotten at the end; --state FILE keeps it."))


def _chosen(texts: tuple[str, ...]) -> Switches:
    from wxsync.errors import UsageProblem
    from wxsync.sandbox.switches import switches_from

    try:
        return switches_from(texts)
    except ValueError as error:
        raise UsageProblem(str(error), hint=text("wxsync sandbox --help lists the switches")) from None


def _served(**asked: Any) -> Sandbox:
    from wxsync.errors import PersonNeeded, UsageProblem
    from wxsync.sandbox import FaultSyntax, StateProblem, serve

    try:
        return serve(**asked)
    except (FaultSyntax, StateProblem) as error:
        raise UsageProblem(str(error), hint=text("wxsync sandbox --help tells how faults are written")) from None
    except OSError as error:
        raise PersonNeeded(
            text("the sandbox cannot start: {why}", why=reason_of(error)),
            hint=text("choose another port with --port, or none to take a free one"),
        ) from None
