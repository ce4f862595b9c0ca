"""A run that is interrupted or killed loses no id and leaves nothing that the next run would do twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.project import Project, Server, until

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no signals of this kind")

FILES = 12
LATENCY = 0.1
ROOT = Path(__file__).parent.parent


@contextmanager
def applying(project: Project, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "wxsync", "-f", str(project.root / "materials.yaml"), "apply", "--yes", *arguments]
    environ = os.environ | project.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


@pytest.fixture
def slow(project: Project, server: Server) -> Project:
    project.images(*(f"{number:02}.png" for number in range(FILES)))
    server.fault(f"add_material:latency={LATENCY * 1000:.0f}")
    return project


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_ends_the_run_in_good_order(slow: Project, server: Server, number: signal.Signals) -> None:
    with applying(slow, "--jobs", "2", "--format", "json") as process:
        until(lambda: server.calls().get("add_material", 0) >= 3)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)

    assert process.returncode == 130, err
    held = {one["media_id"] for one in slow.materials().values()}
    assert held == server.ids()
    assert 3 <= len(held) < FILES
    assert '"skipped"' in out
    server.forget_faults()
    assert slow.apply().code == 0
    assert len(server.ids()) == FILES


def test_the_second_signal_leaves_at_once_and_loses_nothing(slow: Project, server: Server) -> None:
    server.forget_faults()
    server.fault("add_material:slow-answer=60000@3")
    with applying(slow, "--jobs", "2") as process:
        until(lambda: server.calls().get("add_material", 0) >= 4)
        while process.poll() is None:  # signals that come together are delivered as one
            process.send_signal(signal.SIGINT)
            time.sleep(0.05)
        process.communicate(timeout=30)

    assert process.returncode == 130
    server.forget_faults()
    assert slow.apply().code == 0
    assert {one["media_id"] for one in slow.materials().values()} == server.ids()
    assert len(server.ids()) == FILES


def test_a_job_that_is_cancelled_still_hands_over_its_lock(slow: Project, server: Server, tmp_path: Path) -> None:
    server.forget_faults()
    server.fault("add_material:slow-answer=60000@3")
    command = [sys.executable, "-m", "wxsync", "-f", str(slow.root / "materials.yaml")]
    command += ["ci", "apply", "--keep", str(tmp_path / "kept")]
    environ = os.environ | slow.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) as process:
        until(lambda: server.calls().get("add_material", 0) >= 6)
        while process.poll() is None:
            process.send_signal(signal.SIGINT)
            time.sleep(0.05)

    assert process.returncode == 130
    kept = json.loads((tmp_path / "kept/ended/materials.lock.json").read_bytes())
    assert kept["materials"]
    assert {one["media_id"] for one in kept["materials"].values()} <= server.ids()


@pytest.mark.parametrize("after", [1, 4, 7])
def test_a_killed_run_is_taken_up_where_it_was(slow: Project, server: Server, after: int) -> None:
    with applying(slow, "--jobs", "3") as process:
        until(lambda: server.calls().get("add_material", 0) >= after)
        process.kill()
        process.communicate(timeout=30)
    time.sleep(5 * LATENCY)  # what was under way at the server ends: nobody waits for it with --settle 0
    server.forget_faults()
    planned = slow.run("plan", "--format", "json").json

    applied = slow.apply()

    assert planned["summary"]["create"] < FILES or after == 1
    assert applied.code == 0, applied.err
    assert {one["media_id"] for one in slow.materials().values()} == server.ids()
    assert len(server.ids()) == FILES, "nothing went up twice"
    assert slow.lock()["unconfirmed"] == []
