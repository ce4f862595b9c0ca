"""Keeps of the environment what names the machine: what a CI, a shell or a person set besides decides no test."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping

# Where programs, homes and temporary files are, how this Python and a browser are found, how pip reaches its index.
_OF_THE_MACHINE = re.compile(
    r"PATH|PATHEXT|HOME|USER|LOGNAME|USERNAME|USERPROFILE|TMPDIR|TEMP|TMP|SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|"
    r"APPDATA|LOCALAPPDATA|PROGRAMFILES.*|PROGRAMDATA|LD_LIBRARY_PATH|DYLD_.*|VIRTUAL_ENV|PYENV_.*|COVERAGE_.*|"
    r"HYPOTHESIS_.*|PYTEST_.*|PYTHON(PATH|HASHSEED|DONTWRITEBYTECODE|UTF8|FAULTHANDLER)|PLAYWRIGHT_.*|WXSYNC_FAULTS|"
    r"WXSYNC_TEST_.*|PIP_.*|UV_.*|NPM_CONFIG_.*|NODE_EXTRA_CA_CERTS|SSL_CERT_.*|.*_CA_BUNDLE|(HTTPS?|ALL|NO)_PROXY",
    re.IGNORECASE,
)


def machine_of(environ: Mapping[str, str]) -> dict[str, str]:
    """Gives the environment that the tests run in: English, at UTC, in no CI, with no proxy before loopback."""
    kept = {name: value for name, value in environ.items() if _OF_THE_MACHINE.fullmatch(name)}
    near = ",".join(filter(None, [environ.get("NO_PROXY") or environ.get("no_proxy"), "127.0.0.1,localhost,::1"]))
    return kept | {"LANG": "C.UTF-8", "TZ": "UTC", "NO_PROXY": near, "no_proxy": near}


def enter() -> None:
    """Makes it the environment of this process, and so of all that it starts."""
    kept = machine_of(os.environ)
    os.environ.clear()
    os.environ.update(kept)
    if hasattr(time, "tzset"):
        time.tzset()
