"""The command that prints a shell's completion, and how PowerShell asks for it."""

from __future__ import annotations

import os

import click
from click.shell_completion import CompletionItem, ShellComplete, add_completion_class, get_completion_class

from wxsync.cli.options import emit, global_options

VARIABLE = "_WXSYNC_COMPLETE"
SHELLS = ("bash", "zsh", "fish", "powershell")

# Windows PowerShell 5.1 reads what programs print in the code page of the console, unless it is told otherwise.
_POWERSHELL = """\
Register-ArgumentCompleter -Native -CommandName %(prog_name)s -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $before = [Console]::OutputEncoding
    try {
        [Console]::OutputEncoding = [System.Text.Encoding]::UTF8
        $env:%(complete_var)s = 'powershell_complete'
        $env:COMP_WORDS = (@($commandAst.CommandElements) | Where-Object {
            $_.Extent.StartOffset -lt $cursorPosition
        } | ForEach-Object { if ($_.Value) { $_.Value } else { $_.ToString() } }) -join "`n"
        $env:COMP_CWORD = $wordToComplete
        %(prog_name)s | ForEach-Object {
            $value, $help = $_ -split "`t", 2
            if (-not $help) { $help = $value }
            $typed = if ($value -match '[\\s''()&;|,@$]') { "'" + $value.Replace("'", "''") + "'" } else { $value }
            [System.Management.Automation.CompletionResult]::new($typed, $value, 'ParameterValue', $help)
        }
    } finally {
        [Console]::OutputEncoding = $before
        Remove-Item Env:%(complete_var)s, Env:COMP_WORDS, Env:COMP_CWORD -ErrorAction SilentlyContinue
    }
}
"""


@add_completion_class
class PowerShellComplete(ShellComplete):
    """Answers PowerShell, 5.1 and later, with a line for each word: the word, a tab, what it means."""

    name = "powershell"
    source_template = _POWERSHELL

    def get_completion_args(self) -> tuple[list[str], str]:
        """Gives the whole words before the cursor, and the one that is not whole."""
        _program, *words = os.environ.get("COMP_WORDS", "").split("\n")
        incomplete = os.environ.get("COMP_CWORD", "").strip("'\"")
        if incomplete and words and words[-1] == incomplete:
            words.pop()
        return words, incomplete

    def format_completion(self, item: CompletionItem) -> str:
        """Writes a word for the script above."""
        return f"{item.value}\t{item.help}" if item.help else str(item.value)


@click.command(short_help="Print the completion of a shell.")
@click.argument("shell", type=click.Choice(SHELLS))
@global_options
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion of a shell; names, accounts and errcodes complete too.

    \b
    bash        eval "$(wxsync completion bash)"                           in ~/.bashrc
    zsh         eval "$(wxsync completion zsh)"                            in ~/.zshrc
    fish        wxsync completion fish | source                            in config.fish
    powershell  wxsync completion powershell | Out-String | Invoke-Expression    in $PROFILE
    """
    kind = get_completion_class(shell)
    assert kind
    asked = kind(context.find_root().command, {}, "wxsync", VARIABLE)
    # Not bash's own `source`, which starts a bash to ask how old it is.
    emit(ShellComplete.source(asked) + "\n")
