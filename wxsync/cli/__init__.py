"""Turns words into calls and what comes back into output and exit codes; imports nothing heavy before it is needed."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

import click

from wxsync.cli.apply import apply
from wxsync.cli.doctor import doctor
from wxsync.cli.exits import Exit, exit_code_for
from wxsync.cli.exits import explain as say_why
from wxsync.cli.explain import explain
from wxsync.cli.lock import lock
from wxsync.cli.options import Settings, global_options
from wxsync.cli.plan import plan, show
from wxsync.cli.sandbox import sandbox
from wxsync.cli.start import init, schema
from wxsync.cli.validate import validate

_EPILOG = """\b
Exit codes: 0 done or nothing to do, 1 a defect of wxsync, 2 changes are pending, 3 WeChat refused some materials,
4 something in the manifest, the lock or a file is invalid, 5 a person must act, 6 a conflict, 7 try again later,
8 the outcome of an upload is unknown, 64 usage, 130 interrupted.

\b
Credentials come from the environment: WXSYNC_APPID and WXSYNC_SECRET, for example. Try it without an account:
  wxsync --manifest materials.yaml.example --sandbox apply
"""


@click.group(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@global_options
def cli() -> None:
    """Keep the permanent materials (永久素材) of WeChat Official Accounts in step with a git repository."""


for _command in (init, validate, plan, apply, show, doctor, explain, sandbox, schema, lock):
    cli.add_command(_command)


def main() -> None:
    """Runs the command line and leaves with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str], environ: Mapping[str, str] = os.environ) -> int:
    """Runs the command line and gives its exit code; every error becomes words on standard error."""
    settings = Settings(environ=environ)
    try:
        code = cli.main(args=list(arguments), prog_name="wxsync", standalone_mode=False, obj=settings)
    except click.ClickException as error:
        error.show()
        return Exit.USAGE
    except (click.Abort, KeyboardInterrupt):
        return Exit.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the one place where errors become words
        say_why(error, settings)
        return exit_code_for(error)
    return code if isinstance(code, int) else Exit.DONE
