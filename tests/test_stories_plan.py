"""Plan, validate and show: the same decision in every format, offline, and a review that holds."""

from __future__ import annotations

import json
import re

import pytest

from tests.project import Project, Server, png
from wxsync.formats import PageFormat
from wxsync.schemas import violations
from wxsync.words import visible

HOSTILE = "<script>|*`x`##[error].png"


def test_a_plan_needs_no_account_and_writes_no_lock(offline: Project) -> None:
    offline.images("a.png")

    planned = offline.run("plan", "--format", "json")

    assert planned.code == 0
    assert planned.json["account"] is None
    assert planned.json["summary"]["create"] == 1
    assert violations("plan", planned.json) == []
    assert not (offline.root / "materials.lock.json").exists()


def test_detailed_exitcode_tells_pending_changes_from_none(project: Project) -> None:
    project.images("a.png")

    assert project.run("plan").code == 0
    assert project.run("plan", "--detailed-exitcode").code == 2
    project.apply()
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_a_plan_is_the_same_bytes_every_time(project: Project) -> None:
    project.images("b.png", "a.png")

    first = project.run("plan", "--format", "json").out

    assert project.run("plan", "--no-cache", "--format", "json").out == first
    project.run("plan", "--out", str(project.root / "plan.json"))
    assert (project.root / "plan.json").read_text() == first


@pytest.mark.parametrize("form", [*map(str, PageFormat)])
def test_a_saved_plan_is_shown_as_it_was(project: Project, form: str) -> None:
    project.images("a.png", "b.png")
    file = str(project.root / "saved.json")

    planned = project.run("plan", "--out", file, "--format", form)

    assert project.run("show", file, "--format", form).out == planned.out


@pytest.mark.parametrize("form", [*map(str, PageFormat)])
def test_a_saved_result_is_shown_as_it_was(project: Project, server: Server, form: str) -> None:
    project.images("a.png", "b.png", "c.png")
    project.apply()
    project.add("a.png", png("other"))
    project.add("b.png", png("another"))
    server.fault("add_material:errcode=40113*1")
    file = str(project.root / "saved.json")

    applied = project.apply("--out", file, "--format", form, "--jobs", "1")

    assert applied.code == 3
    assert violations("result", json.loads((project.root / "saved.json").read_text())) == []
    # A saved sentence is English, and what it holds of outside is not told apart any more.
    marks = {"markdown": "`", "html": ' data-zh="[^"]*"|</?bdi>'}.get(form, "(?!)")
    shown, told = (re.sub(marks, "", ran.out) for ran in (project.run("show", file, "--format", form), applied))
    assert shown == told


def test_apply_does_the_plan_that_was_saved_and_nothing_else(project: Project, server: Server) -> None:
    project.images("a.png")
    file = str(project.root / "saved.json")
    project.run("plan", "--out", file)
    project.images("a.png", "b.png")

    applied = project.apply(file)

    assert applied.code == 0
    assert set(project.materials()) == {"a.png"}
    assert len(server.ids()) == 1


def test_a_saved_plan_that_no_longer_fits_is_refused_with_the_difference(project: Project, server: Server) -> None:
    project.images("a.png", "b.png")
    file = str(project.root / "saved.json")
    project.run("plan", "--out", file)
    project.add("b.png", png("changed since"))

    applied = project.apply(file)

    assert applied.code == 6
    assert "b.png: the file is no longer the one that was planned" in applied.err
    assert "add_material" not in server.calls()


def test_a_saved_plan_that_is_done_already_is_done_again_without_an_upload(project: Project, server: Server) -> None:
    project.images("a.png")
    file = str(project.root / "saved.json")
    project.run("plan", "--out", file)
    project.apply(file)

    again = project.apply(file)

    assert again.code == 0
    assert len(server.ids()) == 1


def test_a_saved_plan_that_asks_for_an_upload_anew_is_done_once(project: Project, server: Server) -> None:
    project.images("a.png")
    project.apply()
    file = str(project.root / "saved.json")
    project.run("plan", "--replace", "a.png", "--out", file)

    assert project.apply(file).code == 0
    assert project.apply(file).code == 0
    assert len(server.ids()) == 2


def test_a_plan_that_was_edited_is_refused(project: Project) -> None:
    project.images("a.png")
    file = project.root / "saved.json"
    project.run("plan", "--out", str(file))
    file.write_text(file.read_text().replace('"create"', '"adopt"'))

    shown = project.run("show", str(file))

    assert shown.code == 4
    assert "edited" in shown.err


def test_a_target_leaves_everything_else_alone(project: Project) -> None:
    project.images("a.png", "b.png", "posts/c.png")
    project.apply("--target", "posts/*")
    assert set(project.materials()) == {"posts/c.png"}

    project.manifest("materials: []\n")
    project.apply("--target", "posts/c.png")

    assert project.materials() == {}


def test_a_name_that_no_material_has_is_answered_with_the_nearest(project: Project) -> None:
    project.images("logo.png")

    planned = project.run("plan", "--replace", "lgo.png")

    assert planned.code == 4
    assert "did you mean logo.png?" in planned.err


def test_replace_uploads_anew_what_is_in_step(project: Project, server: Server) -> None:
    project.images("a.png", "b.png")
    project.apply()

    applied = project.apply("--replace", "a.png", "--format", "json")

    assert [(one["name"], one["action"]) for one in applied.json["results"]] == [("a.png", "replace")]
    assert len(server.ids()) == 3


def test_locked_lets_renames_through_and_stops_before_an_upload(project: Project, server: Server) -> None:
    project.images("a.png")
    assert project.apply("--locked").code == 2
    assert server.calls() == {}
    project.apply()
    project.manifest("materials:\n  - {path: a.png, type: image, name: a}\n")

    assert project.apply("--locked").code == 0
    assert set(project.materials()) == {"a"}


def test_the_safety_rail_stops_a_plan_that_retires_nearly_everything(project: Project, server: Server) -> None:
    names = [f"{number}.png" for number in range(10)]
    project.images(*names)
    project.apply()
    project.images(*names[:6])

    planned, applied = project.run("plan"), project.apply()

    assert planned.code == 0
    assert "--force" in planned.err
    assert applied.code == 6
    assert len(project.materials()) == 10
    assert project.apply("--force").code == 0
    assert len(project.materials()) == 6


def test_a_plan_just_below_the_safety_rail_goes_through(project: Project) -> None:
    names = [f"{number}.png" for number in range(10)]
    project.images(*names)
    project.apply()
    project.images(*names[:7])

    assert project.apply().code == 0


def test_hostile_names_stay_text_in_every_format(offline: Project) -> None:
    offline.add(HOSTILE, png("hostile"))
    offline.manifest("materials:\n  - {path: '*.png', type: image}\n")

    text = offline.run("plan").out
    markdown = offline.run("plan", "--format", "markdown").out

    assert "##[" not in text
    assert "#\\x23[" in text
    [row] = [line for line in markdown.splitlines() if line.startswith("| + |")]
    assert row.startswith(f"| + | ``{visible(HOSTILE).replace('|', chr(92) + 'x7c')}`` |"), (
        "a code span, whatever it holds"
    )
    assert offline.run("plan", "--format", "json").json["changes"][0]["name"] == HOSTILE


def test_a_markdown_plan_of_thousands_stays_below_the_limit_of_a_comment(offline: Project) -> None:
    for number in range(1500):
        offline.add(f"images/a-rather-long-name-for-a-picture-{number:04}.png", png(str(number)))
    offline.manifest("materials:\n  - {path: images/**, type: image}\n")

    markdown = offline.run("plan", "--format", "markdown").out

    assert len(markdown) < 65_000
    assert "1,500 to create" in markdown
    assert "more (`images` " in markdown


def test_verbose_lists_what_is_kept_for_programs_and_quiet_says_nothing_aside(project: Project) -> None:
    project.images("a.png")
    quiet = project.run("apply", "--yes", "--quiet")
    assert quiet.err == ""

    assert "a.png" not in project.run("--verbose", "plan").out
    assert project.run("plan", "-v", "--format", "json").json["changes"][0]["action"] == "keep"


def test_validate_shows_every_problem_at_once_and_sends_nothing(offline: Project) -> None:
    offline.add("empty.png", b"")
    offline.add("page.jpg", b"<!DOCTYPE html><html></html>")
    offline.manifest(
        "materials:\n"
        "  - {path: empty.png, type: image}\n"
        "  - {path: page.jpg, type: image}\n"
        "  - {path: missing.mp4, type: video, title: x}\n"
    )

    shown = offline.run("validate")
    told = offline.run("validate", "--format", "json")

    assert (shown.code, told.code) == (4, 4)
    assert violations("problems", told.json) == []
    assert told.json["ok"] is False
    assert [one["line"] for one in told.json["problems"]] == [3, 4, 5]
    assert all(one["hint"] for one in told.json["problems"])
    assert "materials.yaml:3:" in shown.out
    assert "Traceback" not in shown.out + shown.err


def test_validate_is_content_with_a_sound_project(offline: Project) -> None:
    offline.images("a.png")

    assert offline.run("validate").code == 0
    assert offline.run("validate", "--format", "json").json == {"format_version": 1, "ok": True, "problems": []}
