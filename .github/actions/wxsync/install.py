"""Installs the wxsync that lies beside this file, for the steps that follow, and sets this clone's merge driver.

Runs on the runner's own Python, so it imports nothing of ours.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[3]
DRIVER = {
    "merge.wxsync.name": "wxsync lock files: both sides' uploads are kept",
    "merge.wxsync.driver": "wxsync lock merge %O %A %B",
}


def main() -> int:
    """Makes an environment of its own, so that no package of the runner is touched."""
    home = Path(os.environ["RUNNER_TEMP"]) / "wxsync"
    venv.create(home, with_pip=True, clear=True)
    programs = home / ("Scripts" if os.name == "nt" else "bin")
    pip = [str(programs / "python"), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "install", str(SOURCE)], check=True)
    with Path(os.environ["GITHUB_PATH"]).open("a", encoding="utf-8") as stream:
        stream.write(f"{programs}\n")
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as stream:
        stream.write(f"scripts={Path(__file__).resolve().parent}\n")
    return set_merge_driver()


def set_merge_driver() -> int:
    """Tells the clone around the working folder how locks merge; without a clone there is nothing to tell."""
    for key, value in DRIVER.items():
        subprocess.run(["git", "config", key, value], check=False, capture_output=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
