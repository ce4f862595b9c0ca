"""Histories of crashes, losses and faults, drawn from seeds, keep the five promises; planted bugs break them."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.simulation.figures import table, total
from tests.simulation.history import play
from tests.simulation.many import many

FIXED = 1000
DRAWN = 500


def test_some_thousand_histories_keep_every_promise(pytestconfig: pytest.Config) -> None:
    """`--histories N` plays that many from `--first-seed`; without it, some are always the same and some are today's."""
    asked = pytestconfig.getoption("histories")
    first = pytestconfig.getoption("first_seed") or int(datetime.now(UTC).strftime("%Y%m%d")) * 1_000_000
    print(f"seeds from {first}")
    if asked:
        played = list(many(first, asked, jobs=os.cpu_count() or 1))
    else:
        played = [*many(0, FIXED), *many(first, DRAWN)]

    figures = total(told.figures for told in played)
    print(table(figures))
    assert [(told.seed, told.broken) for told in played if told.broken] == []
    assert figures["histories"] == (asked or FIXED + DRAWN)
    assert min(figures["crashes: kill"], figures["crashes: power loss"], figures["adopted"]) > 0


def test_a_seed_always_plays_the_same_history(tmp_path: Path) -> None:
    for seed in (1, 2, 3):
        first, second = (play(seed, tmp_path / name, with_trace=True) for name in _folders(tmp_path))
        assert first.figures == second.figures
        assert _without_chance(first.trace) == _without_chance(second.trace)


def _folders(root: Path) -> list[str]:
    names = [f"{number}" for number in range(len(list(root.iterdir())), len(list(root.iterdir())) + 2)]
    for name in names:
        (root / name).mkdir()
    return names


def _without_chance(trace: list[str] | None) -> list[str]:
    # Names of temporary files are drawn by the real code, and the folders are two.
    return [re.sub(r"lock\.json\.[0-9a-f]+\.new|sync folder \d+|/\S+/", "", line) for line in trace or ()]
