"""A run that is killed at any step leaves nothing that the next run loses or does twice."""

from __future__ import annotations

import pytest

from tests.faults import sweeps
from tests.faults.launcher import Fault, Launcher
from tests.faults.verdicts import THOROUGH, all_well, every_step, steps_until
from tests.faults.world import ALL_BUT_VIDEO, EVERYTHING, judge, remembered, world

SEED = 5


@pytest.mark.parametrize(("jobs", "apart"), [(1, 13), (4, 23)])
def test_whenever_a_run_is_killed_the_next_one_goes_on(launcher: Launcher, jobs: int, apart: int) -> None:
    stories = all_well(sweeps.killed(launcher, ALL_BUT_VIDEO, jobs=jobs, steps=every_step(apart)))

    assert sum(one.was_killed for story in stories for one in story.ended) == len(stories) - 1 > 5
    assert {story.sent for story in stories} >= {0, sum(ALL_BUT_VIDEO.values())}, "some died early, some late"


def test_whenever_a_run_is_killed_at_most_the_answer_that_just_came_must_be_looked_for(launcher: Launcher) -> None:
    unknown = []
    for step in every_step(9, first=4):
        with world(launcher, {"image": 3, "video": 1}) as here:
            ended = here.apply("--jobs", "1", faults=(Fault("SIGKILL", step),))
            unknown.append(len(here.server.ids() - remembered(here.project)))
        if not ended.was_killed:
            break

    assert max(unknown) <= 1
    assert len(unknown) > 5


def test_a_run_that_recovers_can_be_killed_as_well(launcher: Launcher) -> None:
    stories = all_well(sweeps.killed_twice(launcher, ALL_BUT_VIDEO, seed=SEED, times=300 if THOROUGH else 8))

    assert all(story.ended[0].was_killed for story in stories if story.sent == 0)
    assert sum(one.was_killed for story in stories for one in story.ended) > len(stories)


def test_a_run_whose_memory_is_lost_finds_everything_again(launcher: Launcher) -> None:
    stories = all_well(sweeps.forgetful(launcher, ALL_BUT_VIDEO, steps=steps_until(176, 75, first=26)))

    assert not stories[-1].ended[0].was_killed, "the last ones lose the memory of a whole run"
    assert stories[0].ended[0].was_killed


@pytest.mark.parametrize("gone", sweeps.MEMORIES, ids="+".join)
def test_a_whole_library_is_adopted_again_and_only_article_images_go_up(
    launcher: Launcher, gone: tuple[str, ...]
) -> None:
    with world(launcher, ALL_BUT_VIDEO) as here:
        assert here.apply().code == 0
        before = here.project.materials()
        sweeps.forget(here.project.root, gone)

        assert here.project.apply().code == 0

        after = here.project.materials()
        assert {name: one["media_id"] for name, one in before.items()} == {
            name: one["media_id"] for name, one in after.items()
        }
        assert here.server.calls()["add_material"] == 5
        assert here.server.calls()["uploadimg"] == 1 + (sweeps.LOCK in gone)


def test_a_killed_upload_of_a_video_is_adopted_where_only_one_can_be_it(launcher: Launcher) -> None:
    fault = Fault("SIGKILL", "write materials.journal#4")  # the answer is there, and not yet in the journal

    with world(launcher, {"video": 1}) as here:
        assert here.apply("--jobs", "1", faults=(fault,)).was_killed
        assert len(here.server.ids()) == 1

        assert here.project.apply().code == 0
        assert judge(here.project, here.server).wrong == ()


@pytest.mark.parametrize("step", ["opened .materials.lock.json.*.new#1", "replace .materials.lock.json.*.new#1"])
def test_a_run_that_is_killed_while_it_writes_leaves_nothing_for_git_to_see(launcher: Launcher, step: str) -> None:
    with world(launcher, {"image": 1}) as here:
        assert here.apply(faults=(Fault("SIGKILL", step),)).was_killed
        assert here.project.apply().code == 0

        assert [file.name for file in here.project.root.glob("*.new")] == []


@pytest.mark.parametrize("found", ["lost", "duplicates", "wrong"])
def test_the_judge_sees_what_goes_up_twice_and_what_is_lost(launcher: Launcher, found: str) -> None:
    with world(launcher, EVERYTHING) as here:
        assert here.apply().code == 0
        assert not getattr(judge(here.project, here.server), found)
        (here.project.root / sweeps.LOCK).unlink()

        assert here.apply("--look", "none").code == 0

        assert getattr(judge(here.project, here.server), found)


def test_a_run_without_a_fault_is_as_it_should_be(launcher: Launcher) -> None:
    [story] = all_well(sweeps.killed(launcher, EVERYTHING, jobs=4, steps=[10_000]))

    assert story.sent == story.found.answered == sum(EVERYTHING.values())
