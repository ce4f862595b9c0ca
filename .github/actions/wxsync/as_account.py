"""Becomes wxsync for one account: the account's own environment holds plain names, wxsync wants the account's.

    WXSYNC_ACCOUNT=prod WXSYNC_SECRET=… python as_account.py --manifest materials.yaml apply --yes

So an environment of GitHub can hold WXSYNC_SECRET for whichever account it is for. It does not start wxsync but becomes
it: when the job is cancelled, the signal reaches the run that must end in good order.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

WORDS = (
    "APPID",
    "SECRET",
    "ACCESS_TOKEN",
    "COMPONENT_APPID",
    "COMPONENT_ACCESS_TOKEN",
    "AUTHORIZER_REFRESH_TOKEN",
    "AUTH",
    "FROM_APPID",
    "API_BASE",
)


def for_account(environ: Mapping[str, str], account: str) -> dict[str, str]:
    """Gives the plain variables the names of an account; a proxy that is not set is no proxy."""
    given = {name: value for name, value in environ.items() if value or name != "HTTPS_PROXY"}
    if account:
        for word in WORDS:
            value = given.pop(f"WXSYNC_{word}", "")
            given.setdefault(f"WXSYNC_{account.replace('-', '_').upper()}_{word}", value)
    return given


def keep(lock: str, folder: Path) -> None:
    """Copies a lock, where there is one, to its own path below a folder."""
    if lock and Path(lock).is_file():
        copy = folder / lock
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(lock, copy)


def main() -> None:
    """Keeps the lock as it is, and becomes wxsync."""
    environ, account = os.environ, os.environ.get("WXSYNC_ACCOUNT", "")
    if "LOCKS" in environ:
        keep(environ.get("WXSYNC_LOCK", ""), Path(environ["LOCKS"]) / "started")
    chosen = ["--account", account] if account else []
    os.execvpe("wxsync", ["wxsync", *chosen, *sys.argv[1:]], for_account(environ, account))  # noqa: S606 - ours


if __name__ == "__main__":
    main()
