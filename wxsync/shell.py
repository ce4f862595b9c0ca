"""Writes file names into the commands that readers are told to run, for the shell of their system."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping

# What neither cmd nor PowerShell takes for more than a letter outside of quotes.
_PLAIN = r"[A-Za-z0-9_][A-Za-z0-9_./+=-]*"
# Within double quotes cmd replaces %NAME%, PowerShell $NAME and what follows a backtick, and it reads curly quotes too.
_NEVER_PLAIN = '["%$`!\u201c\u201d\u201e\\x00-\\x1f]'


def quoted(path: str, *, system: str) -> str:
    """Quotes a file name for sh, or on Windows ("win32") for both cmd and PowerShell.

    A name that no quotes of Windows can hold for both becomes FILE, which the reader replaces.
    """
    if system != "win32":
        return _quoted(path)
    if re.search(_NEVER_PLAIN, path):
        return "FILE" + re.sub(r"[^A-Za-z0-9.]", "", path[path.rfind(".") :]) if "." in path else "FILE"
    return path if re.fullmatch(_PLAIN, path) else f'"{path}"'


def assignment(name: str, value: str, *, shell: str) -> str:
    """Write how a shell (posix, powershell or cmd) sets a variable for the programs that it starts."""
    if shell == "powershell":
        escaped = value.replace("'", "''")
        return f"$env:{name} = '{escaped}'"
    if shell == "cmd":
        return f'set "{name}={value}"'
    return f"export {name}={_quoted(value)}"


def _quoted(text: str) -> str:
    import shlex  # hints are written where something is wrong

    return shlex.quote(text)


def shell_of(environ: Mapping[str, str], *, system: str = sys.platform) -> str:
    """Tell which shell somebody most likely types into: only cmd hands down its PROMPT."""
    if system != "win32":
        return "posix"
    return "cmd" if "PROMPT" in environ else "powershell"
