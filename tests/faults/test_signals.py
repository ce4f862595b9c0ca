"""Signals at any step of a run: it ends in good order or at once, and the next one goes on."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.faults import sweeps
from tests.faults.launcher import ROOT, Launcher
from tests.faults.verdicts import all_well, steps_until
from tests.faults.world import ALL_BUT_VIDEO, judge, world
from tests.project import Project, Server, until


@pytest.mark.parametrize(("signals", "apart"), [(["SIGINT"], 17), (["SIGTERM"], 23), (["SIGINT", "SIGINT"], 19)])
def test_whenever_a_run_is_interrupted_it_says_so_and_the_next_one_goes_on(
    launcher: Launcher, signals: list[str], apart: int
) -> None:
    stories = all_well(sweeps.interrupted(launcher, ALL_BUT_VIDEO, signals, steps=steps_until(110, apart)))

    assert {one.code for story in stories for one in story.ended} <= {0, 130}
    assert stories[0].ended[0].code == 130
    assert len({story.sent for story in stories}) > 1


def test_the_first_signal_leaves_a_lock_that_knows_every_id(launcher: Launcher) -> None:
    stories = sweeps.interrupted(launcher, {"image": 2}, ["SIGTERM"], steps=steps_until(50, 12, first=30))

    assert {story.found.answered for story in stories} == {2}, "nothing was sent again"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_wait_for_an_upload_in_doubt(launcher: Launcher, number: signal.Signals) -> None:
    with world(launcher, {"image": 2}) as here:
        here.server.fault("add_material:reset-before*1")
        with subprocess.Popen(
            _command(here.project, "--settle", "60"), env=_environ(here.project), stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stderr
            while "looking again in" not in (line := process.stderr.readline()):
                assert line, "it never waited"
            time.sleep(0.1)  # it has said so, and waits
            begun = time.monotonic()
            process.send_signal(number)
            said = process.stderr.read()

        assert process.returncode == 130, said
        assert time.monotonic() - begun < 15
        assert here.server.calls()["add_material"] == 2, "a doubt that was not settled is not sent again"
        assert here.project.apply().code == 0
        assert judge(here.project, here.server).wrong == ()


def test_a_signal_while_something_is_being_said_ends_the_run_in_good_order(project: Project, server: Server) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux makes a pipe small")
    project.images(*(f"{'long-' * 20}{number:02}.png" for number in range(80)))
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)  # the plan does not fit: it is stuck in the middle of its words
    with os.fdopen(reading, encoding="utf-8") as pipe:
        process = subprocess.Popen(
            _command(project, "--verbose"), env=_environ(project), stdout=writing, stderr=writing
        )
        os.close(writing)
        until(lambda: _is_stuck(reading))
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)  # the handler runs before anything is read
        said = pipe.read()

    assert process.wait(timeout=30) == 130, said
    assert "add_material" not in server.calls()


def _is_stuck(reading: int) -> bool:
    if sys.platform != "linux":
        raise NotImplementedError
    waiting = int.from_bytes(fcntl.ioctl(reading, 0x541B, bytes(4)), sys.byteorder)  # FIONREAD
    return (
        waiting > 2048
    )  # how full it gets tells the sizes of the writes; in any case most of the plan is still to come


def _command(project: Project, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "wxsync", "-f", str(project.root / "materials.yaml"), "apply", "--yes", *arguments]


def _environ(project: Project) -> dict[str, str]:
    # An empty PYTHONUNBUFFERED is none: standard error has the buffer that it usually has.
    return os.environ | project.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": ""}
