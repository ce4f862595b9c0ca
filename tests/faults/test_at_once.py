"""Runs at the same moment: in one folder only one works, and between machines nothing is lost."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.faults import sweeps
from tests.faults.launcher import Launcher
from tests.faults.verdicts import THOROUGH, all_well
from tests.faults.world import ALL_BUT_VIDEO, APPLY, World, fill, rest, world
from tests.project import Project


@pytest.mark.parametrize(("processes", "rounds"), [(2, 5), (16, 2)])
def test_one_of_many_works_and_the_others_say_which(launcher: Launcher, processes: int, rounds: int) -> None:
    rounds *= 20 if THOROUGH else 1

    stories = all_well(sweeps.together(launcher, ALL_BUT_VIDEO, processes=processes, rounds=rounds))

    for story in stories:
        assert story.sent == sum(ALL_BUT_VIDEO.values()), story.label
        workers = {one.pid for one in story.ended if one.code == 0}
        losers = [one for one in story.ended if one.code]
        assert {one.code for one in losers} <= {6}
        assert {named(one.said) for one in losers} <= workers
    assert any(one.code == 6 for story in stories for one in story.ended)


def test_two_clones_at_once_lose_nothing_and_merge_into_one_live_material_of_each(launcher: Launcher) -> None:
    stories = all_well(sweeps.cloned(launcher, ALL_BUT_VIDEO, rounds=50 if THOROUGH else 4))

    for story in stories:
        assert {one.code for one in story.ended} == {0}
        assert story.found.duplicates == story.found.retired


def test_two_clones_at_once_hear_of_what_went_up_twice(launcher: Launcher, tmp_path: Path) -> None:
    with world(launcher, {"image": 3}) as here:
        there = Project(tmp_path, here.project.environ)
        fill(there, {"image": 3})
        here.server.fault("batchget_material:slow-answer=2000*2")  # both look before either has sent
        ended = launcher.run(here.launch(*APPLY), World(there, here.server, launcher).launch(*APPLY))
        rest(here.server)
        merged = sweeps.merge_locks(here.project, there)

        assert here.server.calls()["add_material"] == 6
        assert len(here.project.lock()["retired"]) == 3
        assert "retired" in merged + "".join(one.said for one in ended)


def named(said: str) -> int:
    """Gives the process that a conflict names."""
    found = re.search(r"wxsync apply, process (\d+) on", said)
    assert found, said
    return int(found[1])
