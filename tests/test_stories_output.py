"""Results in files: the suffix says the format, several at once, and always UTF-8; and where the manifest is found."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.project import Project, png
from wxsync.cli.options import Settings


def test_a_plan_goes_to_a_file_of_each_suffix_and_the_screen_stays_as_it_was(offline: Project) -> None:
    offline.images("图片/一.png")
    files = {suffix: offline.root / f"plan{suffix}" for suffix in (".json", ".md", ".html", ".txt")}

    planned = offline.run("plan", *(word for file in files.values() for word in ("-o", str(file))))

    assert planned.code == 0
    assert files[".txt"].read_text(encoding="utf-8") == planned.out
    assert json.loads(files[".json"].read_bytes())["summary"]["create"] == 1
    assert files[".md"].read_text(encoding="utf-8").startswith("### wxsync plan")
    assert "<!doctype html>" in files[".html"].read_text(encoding="utf-8")


def test_what_was_saved_is_shown_again_in_a_file(project: Project) -> None:
    project.images("a.png")
    saved, page = project.root / "result.json", project.root / "result.html"

    assert project.apply("-o", str(saved)).code == 0
    shown = project.run("show", str(saved), "-o", str(page))

    assert (shown.code, shown.out, shown.err) == (0, "", f"wrote {page}\n")
    assert "a.png" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("command", "file", "named"),
    [
        (("plan",), "plan.pdf", ".json"),
        (("apply", "--yes"), "result", ".md"),
        (("validate",), "found.csv", ".sarif"),
        (("prune", "--yes"), "pruned.html", ".json"),
        (("export",), "ids.md", ".env"),
        (("report",), "page.txt", ".html"),
    ],
)
def test_a_suffix_that_a_command_does_not_write_is_refused_before_anything_is_done(
    project: Project, command: tuple[str, ...], file: str, named: str
) -> None:
    project.images("a.png")

    ended = project.run(*command, "-o", str(project.root / file))

    assert ended.code == 64
    assert file in ended.err
    assert named in ended.err
    assert not (project.root / file).exists()
    assert not (project.root / "materials.lock.json").exists()


def test_an_export_is_written_for_several_programs_at_once(project: Project) -> None:
    project.images("图.png")
    project.apply()
    env, module = project.root / "ids.env", project.root / "ids.py"

    exported = project.run("export", "-o", str(env), "-o", str(module))

    assert (exported.code, exported.out) == (0, "")
    assert "图.png" in env.read_text(encoding="utf-8")
    assert "MATERIALS" in module.read_text(encoding="utf-8")
    assert project.run("export").code == 64


def test_the_manifest_is_found_above_but_not_above_the_repository(
    offline: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    offline.images("a.png")
    deep = offline.root / "posts" / "spring"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)

    assert Settings().manifest == "materials.yaml"
    subprocess.run(["git", "init", "-q", str(offline.root)], check=True)
    assert Settings().manifest == "../../materials.yaml"
    subprocess.run(["git", "init", "-q", str(deep)], check=True)
    assert Settings().manifest == "materials.yaml"
    assert Settings(named=str(Path("b.yaml"))).manifest == "b.yaml"


def test_a_folder_in_the_place_of_a_manifest_is_one_problem(offline: Project) -> None:
    offline.add("nested/a.png", png("a"))

    judged = offline.run("validate", manifest="nested")

    assert judged.code == 4
    assert "1 error" in judged.out
    assert "nested/materials.yaml" in judged.out


def test_a_manifest_above_that_is_not_taken_is_told(offline: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    offline.images("a.png")
    deep = offline.root / "posts"
    deep.mkdir()
    monkeypatch.chdir(deep)

    planned = offline.run("plan", "-f", "materials.yaml")

    assert planned.code == 4
    assert "-f ../materials.yaml" in planned.err
