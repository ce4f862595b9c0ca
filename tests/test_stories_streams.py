"""Whoever reads our output may leave, be full or be absent: the work goes on, and the exit code tells the truth."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project import Project, Server

ROOT = Path(__file__).parent.parent


def command(project: Project, *words: str) -> list[str]:
    return [sys.executable, "-m", "wxsync", "-f", str(project.root / "materials.yaml"), *words]


def environ(project: Project) -> dict[str, str]:
    return os.environ | project.environ | {"PYTHONPATH": str(ROOT)}


def test_a_reader_that_leaves_stops_no_upload(project: Project, server: Server) -> None:
    project.images("a.png", "b.png", "c.png")
    read, write = os.pipe()
    os.close(read)

    try:
        ended = subprocess.run(
            command(project, "apply", "--yes"), env=environ(project), stdout=write, stderr=write, check=False
        )
    finally:
        os.close(write)

    assert ended.returncode == 0
    assert len(server.ids()) == len(project.materials()) == 3


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_disk_that_is_full_under_the_output_needs_a_person(project: Project) -> None:
    project.images("a.png")

    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            command(project, "plan"), env=environ(project), stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )

    assert ended.returncode == 5
    assert "standard output cannot be written" in ended.stderr


@pytest.mark.skipif(os.name == "nt", reason="a shell closes the streams")
@pytest.mark.parametrize(
    ("words", "closed", "code"), [("apply", "<&-", 64), ("plan", ">&-", 0), ("plan", "2>&-", 0), ("validate", ">&-", 0)]
)
def test_a_closed_stream_is_no_defect(project: Project, server: Server, words: str, closed: str, code: int) -> None:
    project.images("a.png")

    ended = subprocess.run(
        ["sh", "-c", f'"$@" {closed}', "sh", *command(project, words)],
        env=environ(project),
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == code, ended.stderr
    assert "defect" not in ended.stderr
    assert server.calls() == {}


def test_a_plan_that_was_saved_without_an_account_is_done_for_the_one_that_applies_it(
    project: Project, server: Server
) -> None:
    project.images("a.png")
    saved = str(project.root / "plan.json")
    nobody = Project(project.root, {})
    assert nobody.run("plan", "--out", saved).code == 0

    assert project.apply(saved).code == 0
    assert len(server.ids()) == 1
