"""The command that explains a code of WeChat's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wxsync.cli import completing
from wxsync.cli.options import global_options
from wxsync.words import Language, listing, say, text

if TYPE_CHECKING:
    from wxsync.errors import InvalidInput
    from wxsync.wechat.errcodes import ErrCode


# Click would take -1, the commonest code of all, for an option.
@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("code", type=int, shell_complete=completing.errcodes)
@global_options
def explain(code: int) -> None:
    """Explain an errcode of WeChat in English and Chinese: what it means, what to do; offline."""
    from wxsync.wechat.errcodes import explain as look_up

    line = look_up(code)
    if line is None:
        raise _unknown(code)
    click.echo(_text(line), nl=False)


def _text(line: ErrCode) -> str:
    """Write what it means and what to do in both languages, whatever the reader's is."""
    said = line.errmsg or say(text("(no official text is known)"))
    lines = [f"{line.code} {said} [{line.kind}]"]
    for words in (line.meaning, text("What to do:"), line.action):
        lines += [f"  {say(words, language)}" for language in Language]
    return "".join(f"{each}\n" for each in lines)


def _unknown(code: int) -> InvalidInput:
    from wxsync.errors import InvalidInput
    from wxsync.model import Problem
    from wxsync.near import near_names
    from wxsync.wechat.errcodes import TABLE

    alike = near_names(str(code), map(str, TABLE))
    near = [int(digits) for digits in alike] or sorted(TABLE, key=lambda known: abs(known - code))[:3]
    named = listing(text("{code} ({meaning})", code=known, meaning=TABLE[known].meaning) for known in sorted(near))
    message = text("{code} is in none of wxsync's lists; errcodes are WeChat's own", code=code)
    hint = text(
        "the nearest are {codes}. Look it up in WeChat's list of global errcodes, or by the rid that came with it",
        codes=named,
    )
    return InvalidInput([Problem("unknown-errcode", message, hint)])
