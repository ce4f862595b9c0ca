"""The command that explains a code of WeChat's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wxsync.cli.options import global_options

if TYPE_CHECKING:
    from wxsync.errors import InvalidInput
    from wxsync.wechat.errcodes import ErrCode


# Click would take -1, the commonest code of all, for an option.
@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("code", type=int)
@global_options
def explain(code: int) -> None:
    """Explain an errcode of WeChat in English and Chinese: what it means, what to do; offline."""
    from wxsync.wechat.errcodes import explain as look_up

    line = look_up(code)
    if line is None:
        raise _unknown(code)
    click.echo(_text(line), nl=False)


def _text(line: ErrCode) -> str:
    said = line.errmsg or "(no official text is known)"
    lines = [f"{line.code} {said} [{line.kind}]", f"  {line.meaning_en}", f"  {line.meaning_zh}"]
    lines += ["What to do · 如何处理", f"  {line.action_en}", f"  {line.action_zh}"]
    return "".join(f"{each}\n" for each in lines)


def _unknown(code: int) -> InvalidInput:
    from wxsync.errors import InvalidInput
    from wxsync.model import Problem
    from wxsync.near import near_names
    from wxsync.wechat.errcodes import TABLE

    alike = near_names(str(code), map(str, TABLE))
    near = [int(digits) for digits in alike] or sorted(TABLE, key=lambda known: abs(known - code))[:3]
    named = "; ".join(f"{known} ({TABLE[known].meaning_en.rstrip('.')})" for known in sorted(near))
    message = f"{code} is in none of wxsync's lists; errcodes are WeChat's own · 未收录的错误码"
    hint = f"the nearest are {named}. Look it up among WeChat's 通用错误码, or by the rid that came with it"
    return InvalidInput([Problem("unknown-errcode", message, hint)])
