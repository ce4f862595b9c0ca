"""The command that serves the offline WeChat for any SDK."""

from __future__ import annotations

import signal
import threading

import click

from wxsync.cli.options import global_options


@click.command(short_help="Serve an offline WeChat on 127.0.0.1.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Default: a free one.")
@click.option("--state", type=click.Path(dir_okay=False), metavar="FILE", help="Keep the library here; else nowhere.")
@click.option("--appid", help="Default: the sandbox's own.")
@click.option("--secret", help="Default: the sandbox's own.")
@click.option("--fault", "faults", multiple=True, metavar="FAULT", help="Misbehave on request; repeatable.")
@global_options
def sandbox(port: int, state: str | None, appid: str | None, secret: str | None, faults: tuple[str, ...]) -> None:
    """Serve an offline WeChat on 127.0.0.1 until Ctrl-C; prints the variables to set."""
    from pathlib import Path

    from wxsync.sandbox import DEFAULT_APPID, DEFAULT_SECRET, serve

    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: done.set())
    with serve(
        state=Path(state) if state else None,
        port=port,
        appid=appid or DEFAULT_APPID,
        secret=secret or DEFAULT_SECRET,
        faults=faults,
    ) as running:
        click.echo(f"export WXSYNC_API_BASE={running.url}")
        click.echo(f"export WXSYNC_APPID={running.appid}")
        click.echo(f"export WXSYNC_SECRET={running.secret}")
        done.wait()
