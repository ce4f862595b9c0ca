"""`python -m tests.simulation`: plays histories and prints what they came to; exits with 1 where a promise broke."""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.simulation import planting
from tests.simulation.figures import faults, table
from tests.simulation.history import play
from tests.simulation.many import many
from tests.simulation.mutants import MUTANTS


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--histories", type=int, default=1000, metavar="N")
    parser.add_argument("--seed", type=int, help="the seed of the first history; drawn and printed where none is given")
    parser.add_argument("--jobs", type=int, default=1, help="processes side by side")
    parser.add_argument("--show", action="store_true", help="print every step of the one history of --seed")
    parser.add_argument("--table", action="store_true", help="print the figures for the README")
    parser.add_argument("--until-broken", action="store_true", help="end at the first promise that breaks")
    parser.add_argument("--mutants", action="store_true", help="plant every bug and print when it was caught")
    parser.add_argument("--only", default="", metavar="WORDS", help="of the bugs, those whose name holds these words")
    options = parser.parse_args()
    if options.mutants:
        return _plant(options.seed or 0, only=options.only, jobs=options.jobs)
    seed = secrets.randbelow(1 << 40) if options.seed is None else options.seed
    if options.show:
        return _show(seed)
    return _play(seed, options)


def _show(seed: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        told = play(seed, Path(folder), with_trace=True)
    print("\n".join(told.trace or ()))
    print("\n".join(f"BROKEN: {one.kind}: {one.what}" for one in told.broken) or "every promise was kept")
    return 1 if told.broken else 0


def _plant(seed: int, *, only: str, jobs: int) -> int:
    lines = []
    for line in planting.table((one for one in MUTANTS if only in one.name), seed=seed, jobs=jobs):
        print(line, flush=True)
        lines.append(line)
    return 1 if any("not in " in line for line in lines) else 0


def _play(seed: int, options: argparse.Namespace) -> int:
    print(f"seeds {seed} to {seed + options.histories - 1}", file=sys.stderr)
    figures, began = Counter[str](), time.monotonic()
    for told in many(seed, options.histories, jobs=options.jobs):
        figures.update(told.figures)
        for one in told.broken:
            print(f"seed {told.seed}: {one.kind}: {one.what}", flush=True)
        if told.broken and options.until_broken:
            print(f"broken after {figures['histories']} histories")
            return 1
    took = time.monotonic() - began
    print(
        f"{figures['histories']:,} histories in {took:.0f} s, {figures['histories'] / took:.0f} a second",
        file=sys.stderr,
    )
    print(table(figures))
    if not options.table:
        print(f"\n{faults(figures)}")
    return 1 if figures["broken"] else 0


if __name__ == "__main__":
    sys.exit(main())
