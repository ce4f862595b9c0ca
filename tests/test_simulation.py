"""Histories of crashes, losses and faults, drawn from seeds, keep the five promises; planted bugs break them."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.simulation.figures import table, total
from tests.simulation.history import play
from tests.simulation.many import many
from tests.simulation.mutants import MUTANTS, Mutant
from tests.simulation.planting import catch, has_its_place, planted

USUAL = 1000


def test_some_thousand_histories_keep_every_promise(pytestconfig: pytest.Config) -> None:
    """Plays `--histories N` from `--first-seed`; unasked, the same ones each time, so that no day fails by chance."""
    asked = pytestconfig.getoption("histories") or USUAL
    played = list(many(pytestconfig.getoption("first_seed"), asked, jobs=os.cpu_count() or 1))

    figures = total(told.figures for told in played)
    print(table(figures))
    assert [(told.seed, told.broken) for told in played if told.broken] == []
    assert figures["histories"] == asked
    assert min(figures["crashes: kill"], figures["crashes: power loss"], figures["adopted"]) > 0


def test_a_seed_always_plays_the_same_history(tmp_path: Path) -> None:
    for seed in (1, 2, 3):
        first, second = (play(seed, tmp_path / name, with_trace=True) for name in _folders(tmp_path))
        assert first.figures == second.figures
        assert _without_chance(first.trace) == _without_chance(second.trace)


def test_every_bug_to_plant_has_its_place_in_the_code() -> None:
    assert [mutant.name for mutant in MUTANTS if not has_its_place(mutant)] == []
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)


def test_a_bug_is_planted_in_its_function_alone() -> None:
    source = (
        "def other():\n    total = 1\n    return total\n\n\n"
        "class Till:\n    def add(self):\n        total = 1\n        return total\n"
    )

    assert planted(source, "Till.add", "total = 1\nreturn total", "total = 2\nreturn -total") == (
        "def other():\n    total = 1\n    return total\n\n\n"
        "class Till:\n    def add(self):\n        total = 2\n        return -total\n"
    )
    for name, old in (("Till.add", "total = 3"), ("other", "total")):
        with pytest.raises(LookupError):
            planted(source, name, old, "")


@pytest.mark.parametrize(
    "mutant",
    [one for one in MUTANTS if one.quick or os.environ.get("WXSYNC_FAULTS") == "all"],
    ids=lambda one: one.name,
)
def test_a_planted_bug_breaks_a_promise(mutant: Mutant) -> None:
    """Plants one small change in a copy of the package; all of them where WXSYNC_FAULTS is `all`."""
    assert catch(mutant) is not None


def _folders(root: Path) -> list[str]:
    names = [f"{number}" for number in range(len(list(root.iterdir())), len(list(root.iterdir())) + 2)]
    for name in names:
        (root / name).mkdir()
    return names


def _without_chance(trace: list[str] | None) -> list[str]:
    # Names of temporary files are drawn by the real code, and the folders are two.
    return [re.sub(r"lock\.json\.[0-9a-f]+\.new|sync folder \d+|/\S+/", "", line) for line in trace or ()]
