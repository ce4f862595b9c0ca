"""Writes file names into the commands that readers are told to run, for the shell of their system."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Mapping

# What neither cmd nor PowerShell takes for more than a letter outside of quotes.
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./+=-]*")
# Within double quotes cmd replaces %NAME%, PowerShell $NAME and what follows a backtick, and it reads curly quotes too.
_NEVER_PLAIN = re.compile('["%$`!\u201c\u201d\u201e\\x00-\\x1f]')


def quoted(path: str, *, system: str) -> str:
    """Quotes a file name for sh, or on Windows ("win32") for both cmd and PowerShell.

    A name that no quotes of Windows can hold for both becomes FILE, which the reader replaces.
    """
    if system != "win32":
        return shlex.quote(path)
    if _NEVER_PLAIN.search(path):
        return "FILE" + re.sub(r"[^A-Za-z0-9.]", "", path[path.rfind(".") :]) if "." in path else "FILE"
    return path if _PLAIN.fullmatch(path) else f'"{path}"'


def assignment(name: str, value: str, *, shell: str) -> str:
    """Write how a shell (posix, powershell or cmd) sets a variable for the programs that it starts."""
    if shell == "powershell":
        escaped = value.replace("'", "''")
        return f"$env:{name} = '{escaped}'"
    if shell == "cmd":
        return f'set "{name}={value}"'
    return f"export {name}={shlex.quote(value)}"


def shell_of(environ: Mapping[str, str], *, system: str = sys.platform) -> str:
    """Tell which shell somebody most likely types into: only cmd hands down its PROMPT."""
    if system != "win32":
        return "posix"
    return "cmd" if "PROMPT" in environ else "powershell"
