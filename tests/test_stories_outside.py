"""Nothing outside the manifest's folder is read, and nothing that changed its place or content on the way is sent."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.project import Project, Server, png
from wxsync.model import Outcome
from wxsync.project.folder import Choice, open_project
from wxsync.project.survey import sent_beyond, survey
from wxsync.reconcile.planned import PlanOptions
from wxsync.reconcile.send import ApplyOptions
from wxsync.reconcile.watcher import Watcher
from wxsync.workflow.apply import apply

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
needs_fifos = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")


def said(project: Project, path: str) -> list[str]:
    """Tells what validate says of one path, after it was seen that plan refuses it too."""
    project.manifest(f"materials:\n  - {{path: {json.dumps(path)}, type: image}}\n")
    assert project.run("plan").code == 4
    ran = project.run("validate", "--format", "json")
    assert ran.code == 4
    return [one["code"] for one in ran.json["problems"]]


@pytest.mark.parametrize(
    "path",
    [
        "../outside.png",
        "images/../../outside.png",
        "/etc/hostname",
        "/dev/zero",
        "/proc/self/environ",
        "~/outside.png",
        "C:/outside.png",
        "..\\outside.png",
        "file:///etc/hostname",
        "https://example.com/a.png",
        "../*.png",
        "/**",
    ],
)
def test_a_path_that_leads_outside_is_refused_as_it_is_written(offline: Project, path: str) -> None:
    (offline.root.parent / "outside.png").write_bytes(png("outside"))

    assert said(offline, path) == ["path-outside"]


@needs_links
@pytest.mark.parametrize("target", ["../outside.png", "/dev/zero", "/proc/self/environ", "../outside"])
def test_a_link_that_leads_outside_is_not_followed(offline: Project, target: str) -> None:
    outside = offline.root.parent / "outside"
    outside.mkdir()
    for secret in (outside / "a.png", offline.root.parent / "outside.png"):
        secret.write_bytes(png("outside"))
    (offline.root / "a.png").symlink_to(target)
    for written in ("a.png", "*.png", "a.png/a.png"):
        assert said(offline, written) == ["link-outside"], written


@needs_fifos
def test_a_fifo_is_told_and_nobody_waits_for_it(offline: Project) -> None:
    if sys.platform == "win32":
        pytest.skip("Windows has no FIFOs")
    os.mkfifo(offline.root / "a.png")

    assert said(offline, "a.png") == ["not-a-file"]


@pytest.mark.parametrize(("first", "second"), [("Logo.png", "logo.png"), ("caf\u00e9.png", "cafe\u0301.png")])
def test_two_files_that_are_one_elsewhere_are_told(offline: Project, first: str, second: str) -> None:
    offline.add(first, png(first))
    offline.add(second, png(second))
    if len(list(offline.root.iterdir())) == 1:
        pytest.skip("this file system holds only one of the two")

    assert said(offline, "*.png") == ["path-twins"]


def _gone(file: Path) -> None:
    file.unlink()


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _link(file: Path) -> None:
    outside = file.parent.parent / "outside.png"
    outside.write_bytes(file.read_bytes())
    file.unlink()
    file.symlink_to(outside)


def _fifo(file: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("Windows has no FIFOs")
    file.unlink()
    os.mkfifo(file)


def _rewritten(file: Path) -> None:
    file.write_bytes(png("rewritten"))


SWAPS = [_gone, _folder, pytest.param(_link, marks=needs_links), pytest.param(_fifo, marks=needs_fifos)]


@pytest.mark.parametrize("swap", SWAPS)
def test_a_file_that_is_swapped_after_the_manifest_was_read_is_a_problem_and_never_read(
    offline: Project, swap: Callable[[Path], None]
) -> None:
    offline.images("a.png", "b.png")
    opened = open_project(Choice(offline.root / "materials.yaml", None, False, {}))
    swap(offline.root / "a.png")

    found = survey(opened, sent_beyond(None))

    assert [(problem.code, problem.path) for problem in found.problems] == [
        ("missing" if swap is _gone else "unreadable", "a.png")
    ]
    assert [wanted.asset.name for wanted in found.desired] == ["b.png"]


@pytest.mark.parametrize("swap", [*SWAPS, _rewritten])
def test_a_file_that_is_swapped_after_it_was_planned_is_not_sent(
    project: Project, server: Server, swap: Callable[[Path], None]
) -> None:
    project.images("a.png", "b.png")

    def agree(_plan: object, _warnings: object) -> bool:
        swap(project.root / "a.png")
        return True

    choice = Choice(project.root / "materials.yaml", None, False, project.environ)
    report = apply(choice, ApplyOptions(plan=PlanOptions(use_cache=False)), Watcher(), agrees=agree)

    failed, done = report.results
    assert (failed.change.name, failed.outcome, done.outcome) == ("a.png", Outcome.FAILED, Outcome.DONE)
    assert failed.error
    assert failed.error.code == ("file-changed" if swap is _rewritten else "unreadable")
    assert set(project.materials()) == {"b.png"}
    assert len(server.ids()) == 1
