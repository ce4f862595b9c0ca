"""Runs every sweep in full and prints what came of it: `python -m tests.faults --table`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import count

from tests.faults import sweeps
from tests.faults.launcher import Launcher
from tests.faults.sweeps import Story
from tests.faults.world import ALL_BUT_VIDEO, VIDEO

KINDS = ("image", "voice", "thumb", "article_image")
SEED = 20261124
# Files of a run end at 2 bytes (.gitignore), some 70 (run.json), some thousand (cache, lock) and at twice 512 KiB and a
# bit (the journal's reserve): between those no write can tell one size from another.
SIZES = (*range(6000), *range(6000, 1_050_000, 8192), *range(1_048_500, 1_050_500, 5))
COLUMNS = ("what", "runs", "faults", "uploads answered", "duplicates", "of them retired", "lost ids", "wrong")


def main() -> int:
    """Prints the table, and each story that went wrong; 1 where one did."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--table", action="store_true", required=True, help="run all sweeps and print their figures")
    parser.add_argument("--only", metavar="WORD", default="", help="only the rows whose name holds this word")
    chosen = parser.parse_args()
    wrong = ""
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
    with Launcher() as launcher:
        for what, stories in _rows(launcher).items():
            if chosen.only in what:
                wrong += _row(what, stories)
    print(wrong, file=sys.stderr, end="")
    return 1 if wrong else 0


def _rows(launcher: Launcher) -> Mapping[str, Iterator[Story]]:
    rest, steps = ALL_BUT_VIDEO, range(1, 131)
    return {
        "kill -9 at every step, one job": sweeps.killed(launcher, rest, jobs=1, steps=count(1)),
        "kill -9 at every step, four jobs": sweeps.killed(launcher, rest, jobs=4, steps=count(1)),
        "kill -9 at every step, a video": sweeps.killed(launcher, VIDEO, jobs=1, steps=count(1)),
        f"kill -9 twice, by chance ({SEED})": sweeps.killed_twice(launcher, rest, seed=SEED, times=1000),
        "kill -9, then lock, state or both lost": sweeps.forgetful(launcher, rest, steps=steps),
        "SIGINT at every step": sweeps.interrupted(launcher, rest, ["SIGINT"], steps=steps),
        "SIGTERM at every step": sweeps.interrupted(launcher, rest, ["SIGTERM"], steps=steps),
        "SIGINT twice at every step": sweeps.interrupted(launcher, rest, ["SIGINT"] * 2, steps=steps),
        "disk full at every byte": sweeps.full(launcher, {"image": 2}, steps=[1], sizes=SIZES),
        "disk full from every step on": sweeps.full(launcher, rest, steps=steps, sizes=(0, 1, 100, 2000, 600_000)),
        "fsync fails from every step on": sweeps.unsynced(launcher, rest, steps=steps),
        "an answer lost, in every way": sweeps.answered(launcher, sweeps.all_answers(KINDS)),
        "an answer lost, in every way, videos": sweeps.answered(launcher, sweeps.all_answers(["video"])),
        "an answer that comes too late": sweeps.timed_out(launcher, sweeps.late_answers(KINDS)),
        "two processes at once": sweeps.together(launcher, rest, processes=2, rounds=100),
        "sixteen processes at once": sweeps.together(launcher, rest, processes=16, rounds=50),
        "two clones at once": sweeps.cloned(launcher, rest, rounds=100),
    }


def _row(what: str, stories: Iterable[Story]) -> str:
    runs = faults = answered = duplicates = retired = lost = spoilt = 0
    wrong = ""
    for story in stories:
        runs += len(story.ended) + 2
        faults += story.faults
        answered += story.found.answered
        duplicates += story.found.duplicates
        retired += story.found.retired
        lost += story.found.lost
        spoilt += bool(story.found.wrong)
        wrong += story.wrong
    figures = (runs, faults, answered, duplicates, retired, lost, spoilt)
    print(f"| {what} | {' | '.join(f'{one:,}' for one in figures)} |", flush=True)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
