"""Starts wxsync, as `wxsync` and as `python -m wxsync`."""

from __future__ import annotations

import gc


def main() -> None:
    """Runs the command line and leaves with its exit code."""
    # A short run makes many objects and hardly any cycles: to look for those less often, and not while everything is
    # imported nor at the end of all, saves it a tenth of its time or more.
    gc.set_threshold(100_000, 50, 50)
    from wxsync.cli import main as command_line

    try:
        command_line()
    finally:
        gc.freeze()


if __name__ == "__main__":
    main()
