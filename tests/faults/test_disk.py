"""A disk that fills up, fails or cannot be written stops a run in good order and takes no id with it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults import sweeps
from tests.faults.launcher import Ended, Fault, Launcher
from tests.faults.verdicts import THOROUGH, all_well, steps_until, stride
from tests.faults.world import ALL_BUT_VIDEO, World, recover, remembered, world
from tests.project import png

ROOMY = 600_000
NO_PLACE = [0, 1, 60, 100, 3000, 524_288, 1_048_576]


def test_a_disk_that_is_full_from_the_beginning_sends_nothing(launcher: Launcher) -> None:
    sizes = [*range(0, 6000, stride(997)), 524_288, 1_048_576, *range(1_048_600, 1_050_500, stride(500)), 10**7]

    stories = all_well(sweeps.full(launcher, {"image": 2}, steps=[1], sizes=sizes))

    for story in stories:
        assert story.found.answered == 2
        assert (story.sent > 0) == (story.ended[0].code == 0), story.label
    assert {story.ended[0].code == 0 for story in stories} == {True, False}


@pytest.mark.parametrize("size", NO_PLACE)
def test_where_nothing_can_be_remembered_nothing_is_sent_and_a_person_is_needed(launcher: Launcher, size: int) -> None:
    with world(launcher, ALL_BUT_VIDEO) as here:
        ended = here.apply(faults=(Fault("full", 1, size),))

        assert ended.code == 5, ended.said
        assert "add_material" not in here.server.calls()
        assert recover(here).wrong == ()


@pytest.mark.parametrize("size", [2, 40])
def test_where_even_the_name_of_the_run_has_no_place_a_person_is_needed(launcher: Launcher, size: int) -> None:
    with world(launcher, {"image": 1}) as here:
        ended = here.apply(faults=(Fault("full", 1, size),))

        assert ended.code == 5, ended.said


def test_whenever_the_disk_fills_up_nothing_is_lost_and_nothing_goes_up_twice(launcher: Launcher) -> None:
    sizes = (0, 1, 100, 2000, ROOMY) if THOROUGH else (0, ROOMY)

    stories = all_well(sweeps.full(launcher, ALL_BUT_VIDEO, steps=steps_until(130, 19), sizes=sizes))

    assert {story.ended[0].code == 0 for story in stories} == {True, False}


def test_what_was_answered_is_known_on_a_disk_that_fills_up_for_the_room_was_taken_before(launcher: Launcher) -> None:
    with world(launcher, {"video": 2}) as here:
        ended = here.apply("--jobs", "1", faults=(Fault("full", "write materials.journal#4", ROOMY),))

        assert ended.code == 0, "a lock has room in so much, and the journal's room is its own"
        assert remembered(here.project) | told(here, ended) == here.server.ids()


def test_an_id_that_neither_journal_nor_lock_can_take_is_at_least_told(launcher: Launcher) -> None:
    with world(launcher, {"video": 2}) as here:
        ended = here.apply("--jobs", "1", faults=(Fault("full", "write materials.journal#4"),))

        assert ended.code == 5
        assert len(here.server.ids()) == 1
        assert remembered(here.project) | told(here, ended) == here.server.ids()


def test_a_disk_that_syncs_no_more_loses_nothing(launcher: Launcher) -> None:
    stories = all_well(sweeps.unsynced(launcher, ALL_BUT_VIDEO, steps=steps_until(90, 16)))

    assert all(story.ended[0].code for story in stories)


@pytest.mark.parametrize(
    "step", ["fsync ..gitignore.*.new#1", "unlink materials.journal#1", "unlink materials.journal#2"]
)
def test_a_disk_that_syncs_no_more_is_for_a_person(launcher: Launcher, step: str) -> None:
    with world(launcher, {"image": 1}) as here:
        ended = here.apply("--jobs", "1", faults=(Fault("no-sync", step),))

        assert ended.code == 5, ended.said


def test_a_folder_that_can_only_be_read_is_for_a_person_before_anybody_is_called(launcher: Launcher) -> None:
    with world(launcher, ALL_BUT_VIDEO) as here:
        with read_only(here.project.root):
            ended = here.apply()

        assert ended.code == 5, ended.said
        assert here.server.calls() == {}
        assert recover(here).wrong == ()


def test_a_folder_that_can_only_be_read_any_more_is_for_a_person_before_anybody_is_called(launcher: Launcher) -> None:
    with world(launcher, ALL_BUT_VIDEO) as here:
        assert here.apply().code == 0
        here.project.add("image-0.png", png("changed"))
        calls = here.server.calls()
        with read_only(here.project.root):
            ended = here.apply()

        assert here.server.calls() == calls
        assert ended.code == 5, ended.said


def test_a_lock_that_cannot_be_replaced_loses_no_id(launcher: Launcher) -> None:
    with world(launcher, ALL_BUT_VIDEO) as here:
        assert here.apply().code == 0
        here.project.add("image-0.png", png("changed"))
        with pinned(here.project.root / sweeps.LOCK):
            ended = here.apply()

        assert ended.code == 5, ended.said
        assert recover(here).wrong == ()


def test_a_lock_that_cannot_be_replaced_is_found_out_before_anything_is_sent(launcher: Launcher) -> None:
    with world(launcher, ALL_BUT_VIDEO) as here:
        assert here.apply().code == 0
        here.project.add("image-0.png", png("changed"))
        ids = here.server.ids()
        with pinned(here.project.root / sweeps.LOCK):
            here.apply()

        assert here.server.ids() == ids


def told(here: World, ended: Ended) -> set[str]:
    """Gives the ids at the server that a run said."""
    return {media_id for media_id in here.server.ids() if media_id in ended.said}


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Takes the right to write away: from a user by the folder's mode, from root by a mount, or the test is skipped."""
    if sys.platform == "win32":
        raise NotImplementedError
    if os.geteuid():
        with _mode(folder):
            yield
    else:
        with _mounted(folder, lambda: _command("mount", "-o", "remount,ro,bind", str(folder))):
            yield


@contextmanager
def pinned(file: Path) -> Iterator[None]:
    """Makes a file one that cannot be replaced, as one that was mounted into a container; only root can do that."""
    if sys.platform == "win32":
        raise NotImplementedError
    if os.geteuid():
        pytest.skip("only root can mount")
    with _mounted(file, lambda: None):
        yield


@contextmanager
def _mode(folder: Path) -> Iterator[None]:
    folders = [folder, *(inner for inner in folder.rglob("*") if inner.is_dir())]
    for one in folders:
        one.chmod(0o555)
    try:
        yield
    finally:
        for one in folders:
            one.chmod(0o755)


@contextmanager
def _mounted(place: Path, then: Callable[[], None]) -> Iterator[None]:
    try:
        _command("mount", "--bind", str(place), str(place))
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("nothing can be mounted here")
    try:
        then()
        yield
    finally:
        _command("umount", str(place))


def _command(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)
