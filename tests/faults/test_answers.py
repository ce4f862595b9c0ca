"""However the answer to an upload is lost or spoilt, the upload is found again and never made twice."""

from __future__ import annotations

import random

import pytest

from tests.faults import sweeps
from tests.faults.launcher import Launcher
from tests.faults.verdicts import THOROUGH, all_well
from tests.faults.world import World, judge, recover, world
from tests.project import png

KINDS = ("image", "voice", "thumb", "article_image")
CODES = {0, 3, 7}


def test_an_answer_that_is_lost_in_any_way_is_found_or_sent_again(launcher: Launcher) -> None:
    answers = sweeps.all_answers(KINDS) if THOROUGH else sweeps.some_answers(KINDS)

    stories = all_well(sweeps.answered(launcher, answers))

    assert {one.code for story in stories for one in story.ended} == CODES
    assert len(stories) >= len(sweeps.every_fault()) > 30


def test_an_answer_that_comes_too_late_is_waited_for(launcher: Launcher) -> None:
    answers = sweeps.late_answers(KINDS if THOROUGH else ["image"])

    stories = all_well(sweeps.timed_out(launcher, answers if THOROUGH else answers[:1]))

    assert all(story.ended[0].code == 0 for story in stories)
    assert all("answer was lost" in story.ended[0].said for story in stories)


def test_a_video_whose_answer_is_lost_is_adopted_where_only_one_can_be_it(launcher: Launcher) -> None:
    answers = sweeps.all_answers(["video"])

    all_well(sweeps.answered(launcher, answers if THOROUGH else random.Random(5).sample(answers, 4)))


@pytest.mark.parametrize("lie", ["errcode-after=40009", "status-after=413"])
def test_a_video_that_went_up_behind_a_no_is_for_a_person_and_never_sent_again(launcher: Launcher, lie: str) -> None:
    with world(launcher, {"video": 1, "image": 1}) as here:
        here.server.fault(f"add_material:{lie}*1@2")
        here.apply("--jobs", "1")

        ended = here.apply()

        assert ended.code == 5, ended.said
        assert here.server.calls()["add_material"] == 2
        assert here.project.apply("--replace", "video-0.mp4").code == 0


def test_a_doubt_is_looked_for_however_much_went_up_since(launcher: Launcher) -> None:
    with world(launcher, {"image": 1}) as here:
        add_later(here, 25)
        here.server.fault("add_material:reset-after*1", "batchget_material:errcode=45009@2")
        assert here.apply("--target", "image-0.png").code == 8
        here.server.forget_faults()
        assert here.apply("--target", "later/*").code == 0

        assert here.apply().code == 0

        assert judge(here.project, here.server).duplicates == 0
        assert here.server.calls()["add_material"] == 26


def test_a_doubt_that_was_left_alone_for_a_while_is_looked_for(launcher: Launcher) -> None:
    with world(launcher, {"image": 1}) as here:
        add_later(here, 10)
        here.server.fault("add_material:reset-after*1", "batchget_material:errcode=45009@2")
        assert here.apply("--target", "image-0.png").code == 8
        here.server.forget_faults()
        assert here.apply("--target", "later/*").code == 0

        assert recover(here).wrong == ()


def add_later(here: World, many: int) -> None:
    """Adds images in a folder of their own."""
    with (here.project.root / "materials.yaml").open("a", encoding="utf-8") as manifest:
        for number in range(many):
            path = f"later/{number:02}.png"
            here.project.add(path, png(path))
            manifest.write(f"  - {{path: {path}, type: image}}\n")
