"""The built wheel does the main job in a fresh environment, from another folder, with its schemas inside."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BIN = "Scripts" if os.name == "nt" else "bin"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    _run([sys.executable, "-m", "build", "--wheel", "--outdir", str(out), str(ROOT)])
    [built] = out.glob("wxsync-*.whl")
    return built


@pytest.fixture(scope="module")
def wxsync(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed command."""
    environment = tmp_path_factory.mktemp("fresh")
    venv.create(environment, with_pip=True)
    _run([str(environment / BIN / "python"), "-m", "pip", "install", "--quiet", str(wheel)])
    return environment / BIN / "wxsync"


def test_the_wheel_holds_the_schemas_and_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    assert {name for name in names if name.startswith("wxsync/schemas/")} == {
        f"wxsync/schemas/{file.name}" for file in (ROOT / "schemas").iterdir()
    }
    assert {name.split("/")[0].split("-")[0] for name in names} == {"wxsync"}
    assert "wxsync/py.typed" in names


def test_the_installed_command_runs_the_example_from_another_folder(wxsync: Path, tmp_path: Path) -> None:
    shutil.copy(ROOT / "materials.yaml.example", tmp_path)
    shutil.copytree(ROOT / "tests/media", tmp_path / "tests/media")
    command = [str(wxsync), "--manifest", "materials.yaml.example", "--sandbox"]

    _run([*command, "apply"], cwd=tmp_path)
    again = _run([*command, "plan", "--detailed-exitcode"], cwd=tmp_path)
    _run([*command, "report", "-o", "page.html"], cwd=tmp_path)

    lock = json.loads((tmp_path / "materials.sandbox.lock.json").read_text(encoding="utf-8"))
    assert {one["type"] for one in lock["materials"].values()} == {"image", "voice", "video", "thumb", "article_image"}
    assert "Nothing to do" in again
    assert "data:image/" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_the_wheel_holds_the_pipelines_that_init_writes(wxsync: Path, tmp_path: Path) -> None:
    for name in ("github", "gitlab", "gitee", "jenkins"):
        _run([str(wxsync), "init", "--ci", name], cwd=tmp_path)

    assert (tmp_path / ".gitlab-ci.yml").is_file()
    assert (tmp_path / "Jenkinsfile").is_file()


def test_what_the_image_copies_is_all_that_a_build_needs(tmp_path: Path) -> None:
    copied = re.findall(r"(?m)^COPY (?!--from)(.+) \S+$", (ROOT / ".github/Containerfile").read_text(encoding="utf-8"))
    for path in " ".join(copied).split():
        target = tmp_path / "source" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (ROOT / path).is_dir() else shutil.copy)(ROOT / path, target)

    built = [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path / "dist"), str(tmp_path / "source")]
    _run(built)

    [wheel] = (tmp_path / "dist").glob("wxsync-*.whl")
    assert "wxsync/ci/templates/gitlab.yml" in zipfile.ZipFile(wheel).namelist()


@pytest.mark.parametrize("repository", ["", "https://github.example/agency/wxsync"])
def test_the_long_description_has_no_link_that_leads_nowhere(wheel: Path, repository: str, tmp_path: Path) -> None:
    if repository:
        built = [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path), str(ROOT)]
        _run(built, environ={"PROJECT_REPOSITORY": repository})
        [wheel] = tmp_path.glob("*.whl")
    archive = zipfile.ZipFile(wheel)
    [metadata] = [name for name in archive.namelist() if name.endswith("METADATA")]
    said = archive.read(metadata).decode()

    links = re.findall(r"(?<!!)\[[^\]]*\]\(([^)]+)\)", said.split("\n\n", 1)[1])
    assert all(link.startswith(("https://", "#")) for link in links), links
    assert ("Project-URL: Source, " in said) == bool(repository)
    assert (f"{repository}/blob/main/LICENSE" in links) == bool(repository)


@pytest.mark.parametrize("name", ["manifest", "lock", "plan", "result", "problems"])
def test_the_installed_command_prints_its_schemas(wxsync: Path, name: str, tmp_path: Path) -> None:
    assert _run([str(wxsync), "schema", name], cwd=tmp_path) == (ROOT / f"schemas/{name}.schema.json").read_text(
        encoding="utf-8"
    )


def _run(command: list[str], *, cwd: Path | None = None, environ: Mapping[str, str] | None = None) -> str:
    # The sandbox is on loopback, and pip must find the machine's own index: so the environment comes along.
    variables = {**os.environ, **(environ or {})}
    ended = subprocess.run(
        command, cwd=cwd, env=variables, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout
