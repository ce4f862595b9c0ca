"""Turns words into calls and what comes back into output and exit codes; imports nothing heavy before it is needed."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

import click

from wxsync.cli.language import Group, in_language, speaking
from wxsync.cli.options import Settings, global_options
from wxsync.words import Language, language_of, say, speak, text

# Where each command is, and its line in --help, which therefore imports none of them.
_COMMANDS = {
    "accounts": ("accounts.accounts", "Name the manifest's accounts and their lock files."),
    "add": ("listing.add", "Add files to the manifest."),
    "apply": ("apply.apply", "Upload what is new or changed and write the lock."),
    "ci": ("ci.ci", "Do in any CI what a job of it needs: plan, apply, comment."),
    "completion": ("completion.completion", "Print the completion of a shell."),
    "doctor": ("doctor.doctor", "Check credentials, allowlist, permissions, library and quota."),
    "explain": ("explain.explain", "Explain an errcode in English and Chinese."),
    "export": ("consume.export", "Print all ids and urls for programs."),
    "forget": ("prune.forget", "Drop a record from the lock, without touching WeChat."),
    "get": ("consume.get", "Print the media_id or url of one material."),
    "import": ("importing.import_", "Take into the lock what already is at WeChat."),
    "init": ("start.init", "Write a manifest of the media that lie here; overwrites nothing."),
    "list": ("listing.list_", "List materials with their state, id and url."),
    "lock": ("lock.lock", "Work on lock files."),
    "plan": ("plan.plan", "Show what apply would do; needs no network and no credentials."),
    "prune": ("prune.prune", "Delete at WeChat what the lock has retired."),
    "pull": ("pull.pull", "Download an existing library into a new folder, with a manifest and a lock."),
    "render": ("consume.render", "Rewrite local image links to WeChat's urls."),
    "report": ("report.report", "Write one page of every material, with pictures."),
    "sandbox": ("sandbox.sandbox", "Serve an offline WeChat on 127.0.0.1."),
    "schema": ("start.schema", "Print the JSON Schema of a document."),
    "show": ("plan.show", "Print a saved plan or result again, in any format."),
    "uses": ("uses.uses", "Tell where materials are used: documents, drafts, the menu."),
    "validate": ("validate.validate", "Judge the manifest and its files, offline."),
}

_TRY_IT = "  wxsync --manifest materials.yaml.example --sandbox apply"


class _Commands(Group):
    """Lists its commands by the table above, and imports one when it is called."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Finds the command that the arguments begin with; raises UsageError."""
        name, listed, rest = super().resolve_command(ctx, args)
        return name, listed and in_language(_imported(listed)), rest

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as click calls it
        """Write what holds for every command."""
        codes = text(
            "Exit codes: 0 done or nothing to do, 1 a defect of wxsync, 2 changes are pending, 3 WeChat refused some "
            "materials, 4 something in the manifest, the lock or a file is invalid, 5 a person must act, 6 a conflict, "
            "7 try again later, 8 the outcome of an upload is unknown, 64 usage, 130 interrupted."
        )
        credentials = text(
            "Credentials come from the environment: WXSYNC_APPID and WXSYNC_SECRET, for example. "
            "Try it without an account:"
        )
        with formatter.indentation():
            for words in (codes, credentials):
                formatter.write_paragraph()
                formatter.write_text(say(words))
        formatter.write(f"  {_TRY_IT}\n")


def _imported(listed: click.Command) -> click.Command:
    module, function = _COMMANDS[str(listed.name)][0].split(".")
    command: click.Command = getattr(import_module(f"wxsync.cli.{module}"), function)
    return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@global_options
def cli() -> None:
    """Keep the permanent materials (永久素材) of WeChat Official Accounts in step with a git repository."""


for _name, (_, _line) in _COMMANDS.items():
    cli.add_command(click.Command(_name, help=_line, short_help=_line))


def main() -> None:
    """Runs the command line and leaves with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal says what it can show; what is piped or saved is UTF-8 for every program.
            encoding = stream.encoding if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace", newline="\n")
    sys.exit(run(sys.argv[1:]))


def run(
    arguments: Sequence[str],
    environ: Mapping[str, str] = os.environ,
    *,
    clock_ns: Callable[[], int] = time.time_ns,
    pause: Callable[[float], bool] | None = None,
) -> int:
    """Run the command line and return its exit code; every error becomes words on standard error.

    `clock_ns` gives Unix nanoseconds; `pause` waits some seconds and tells whether the run is being interrupted.
    """
    settings = Settings(environ=environ, clock_ns=clock_ns, pause=pause)
    try:
        speak(_language(environ))
    except ValueError:
        return _ended_by(_not_spoken(environ["WXSYNC_LANG"]), settings)
    with speaking():
        try:
            root = in_language(cli)
            if "_WXSYNC_COMPLETE" in environ:
                import_module("wxsync.cli.completion")  # where click learns how PowerShell asks
            code = root.main(args=list(arguments), prog_name="wxsync", standalone_mode=False, obj=settings)
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the one place where errors become words
            return _ended_by(error, settings)
    return code if isinstance(code, int) else 0


def _language(environ: Mapping[str, str]) -> Language:
    """Choose the reader's language; where the terminal cannot show Chinese, English is better than question marks."""

    def of_the_system() -> str:
        from wxsync.cli.system_language import system_language

        return system_language()

    if language_of(environ, of_the_system=of_the_system) is Language.ENGLISH:
        return Language.ENGLISH
    from wxsync.cli.system_language import can_show_chinese

    return Language.CHINESE if can_show_chinese(environ) else Language.ENGLISH


def _not_spoken(value: str) -> Exception:
    from wxsync.errors import UsageProblem

    speak(Language.ENGLISH)
    message = text("WXSYNC_LANG is {value}, which wxsync does not speak", value=value)
    return UsageProblem(message, hint=text("set it to `en` or `zh`, or unset it to follow the locale"))


def _ended_by(error: Exception | KeyboardInterrupt, settings: Settings) -> int:
    from wxsync.cli.exits import Exit, exit_code_for, print_error

    if isinstance(error, click.ClickException):
        error.show()
        return Exit.USAGE
    if isinstance(error, (click.Abort, KeyboardInterrupt)):
        return Exit.INTERRUPTED
    print_error(error, settings)
    return exit_code_for(error)
