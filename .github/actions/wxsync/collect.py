"""Takes what apply left, however it ended: the lock for the job that commits it, the result for the step summary.

WXSYNC_LOCK=materials.lock.json LOCKS=locks python collect.py result.json
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from as_account import keep


def main() -> int:
    """Copies the lock and shows the result; never fails, for the lock matters more than its summary."""
    if "LOCKS" in os.environ:
        keep(os.environ.get("WXSYNC_LOCK", ""), Path(os.environ["LOCKS"]) / "ended")
    shown = subprocess.run(
        ["wxsync", "show", sys.argv[1], "--format", "markdown"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    said = shown.stdout or "### wxsync\n\nThe run ended before it had a result; its log says why.\n"
    with Path(os.environ["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as stream:
        stream.write(said)
    return 0


if __name__ == "__main__":
    sys.exit(main())
