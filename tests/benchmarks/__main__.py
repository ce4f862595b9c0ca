"""Measures wxsync beside its peers: python -m tests.benchmarks, in the project's folder.

Everything is made in a temporary folder; ours and theirs run pair by pair, so that a busy machine slows both.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from tests.benchmarks import rows
from tests.benchmarks.rows import Row
from tests.benchmarks.world import Spent

GROUPS = {
    "starting": (rows.starting, (0,)),
    "in-step": (rows.in_step, (1_000, 10_000, 100_000)),
    "listed": (rows.listed, (10_000,)),
    "judged": (rows.judged, (10_000,)),
    "small": (rows.small, (10_000,)),
    "large": (rows.large, (200,)),
    "waiting": (rows.waiting, (500, 5_000)),
    "quick": (rows.quick, (1_000,)),
    "far": (rows.far, (500,)),
    "pages": (rows.pages, (3_000,)),
    "growth": (rows.growth, (10_000,)),
}
LONG = {"many": (rows.many, (10_000,))}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "groups", nargs="*", metavar="GROUP", help=f"of: {', '.join(GROUPS | LONG)}; {', '.join(LONG)} only by name"
    )
    parser.add_argument("--files", type=int, nargs="+", help="other numbers of files than the usual ones")
    parser.add_argument("--runs", type=int, default=5, help="runs of each; the median is shown (default: 5)")
    asked = parser.parse_args()
    if unknown := set(asked.groups) - GROUPS.keys() - LONG.keys():
        parser.error(f"no such group: {', '.join(sorted(unknown))}")
    print(f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {platform.machine()}, {_system()}\n", flush=True)
    print("| work | measured | beside | measured | ratio | target | memory |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for group in asked.groups or GROUPS:
        for line in _lines(group, asked.files, asked.runs):
            print(line, flush=True)


def _lines(group: str, files: Sequence[int] | None, runs: int) -> Iterator[str]:
    make, usual = (GROUPS | LONG)[group]
    for number in files or usual:
        with tempfile.TemporaryDirectory(prefix="wxsync-benchmark-") as place:
            for row in make(Path(place) / "library", number):
                if group not in LONG:
                    row.ours(), row.theirs()  # the first run warms the caches and is not counted
                yield _line(row, runs)


def _line(row: Row, runs: int) -> str:
    pairs = [(row.ours(), row.theirs()) for _ in range(runs)]
    ratio = median(ours.seconds / theirs.seconds for ours, theirs in pairs)
    ours, theirs = ([pair[side] for pair in pairs] for side in (0, 1))
    target = f"{row.most:g} ×" if row.most else ""
    verdict = " ✗" if row.most and ratio > row.most else " ✓" if row.most else ""
    memory = f"{max(one.mebibytes for one in ours):.0f} MiB" + (f" of {row.mebibytes:g}" if row.mebibytes else "")
    cells = (row.work, _time(ours), row.peer, _time(theirs), f"{ratio:.2f} ×{verdict}", target, memory)
    return f"| {' | '.join(cells)} |"


def _time(spent: Sequence[Spent]) -> str:
    seconds = median(one.seconds for one in spent)
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def _system() -> str:
    git = shutil.which("git") and os.popen("git --version").read().strip()
    return f"Python {platform.python_version()}, {platform.system()}, {git or 'no git'}"


if __name__ == "__main__":
    main()
