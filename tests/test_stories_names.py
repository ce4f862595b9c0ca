"""People read in WeChat's console what they called their files; the tag alone is matched."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project import Project, Server, png, serving
from wxsync.sandbox import Switches
from wxsync.upload_names import tag_in

FILES = ("图片/活动/秋季活动.png", "产品 1.png", "logo.png", "हिन्दी.png")
SLUGS = {"图片/活动/秋季活动.png": "秋季活动", "产品 1.png": "产品-1", "logo.png": "logo", "हिन्दी.png": "हिन्दी"}


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with serving(switches=getattr(request, "param", None)) as running:
        yield running


@pytest.fixture
def project(tmp_path: Path, server: Server) -> Project:
    project = Project(tmp_path / "project", server.environ)
    for file in FILES:
        project.add(file, png(file))
    project.manifest("materials:\n  - {path: '**/*.png', type: image}\n")
    return project


def refusing(code: int) -> Switches:
    return Switches(ascii_names=code)


def test_every_upload_goes_under_the_name_of_its_file(project: Project, server: Server) -> None:
    assert project.apply().code == 0

    for name, record in project.materials().items():
        assert record["uploaded_as"].split(".")[0] == SLUGS[name]
        assert record["uploaded_as"] in server.names()


def test_a_voice_and_a_video_have_readable_names_too(project: Project, server: Server) -> None:
    project.sample("audio/welcome.mp3", "欢迎.mp3")
    project.sample("video/intro.mp4", "介绍.mp4")
    project.sample("articles/step-1.png", "步骤.png")
    project.manifest(
        "materials:\n  - {path: 欢迎.mp3, type: voice}\n  - {path: 介绍.mp4, type: video, title: 介绍}\n"
        "  - {path: 步骤.png, type: article_image}\n"
    )

    assert project.apply().code == 0

    names = {name: record["uploaded_as"].partition(".")[0] for name, record in project.materials().items()}
    assert names == {"欢迎.mp3": "欢迎", "介绍.mp4": "介绍", "步骤.png": "步骤"}
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_locks_of_today_stay_in_step_without_an_upload(project: Project, server: Server) -> None:
    assert project.apply().code == 0
    lock = project.lock()
    for record in lock["materials"].values():
        tag = tag_in(record["uploaded_as"])
        record["uploaded_as"] = f"material.{tag}.png"
    (project.root / "materials.lock.json").write_text(json.dumps(lock), encoding="utf-8")
    uploads = server.calls()["add_material"]

    assert project.run("plan", "--detailed-exitcode").code == 0
    assert project.apply("--refresh").code == 0
    assert server.calls()["add_material"] == uploads


def test_a_lost_lock_finds_uploads_under_names_of_before(project: Project, server: Server) -> None:
    environ = project.environ
    project.environ = environ | {"WXSYNC_NAMES": "ascii"}
    assert project.apply().code == 0
    assert all(name.isascii() for name in server.names())
    shutil.rmtree(project.root / ".wxsync")
    (project.root / "materials.lock.json").unlink()

    project.environ = environ
    run = project.apply()

    assert run.code == 0, run.err
    assert len(server.ids()) == len(FILES)
    assert all(tag_in(record["uploaded_as"]) for record in project.materials().values())


@pytest.mark.parametrize("server", [refusing(41005), refusing(40113)], indirect=True)
@pytest.mark.parametrize("jobs", ["1", "4"])
def test_a_refused_name_goes_up_once_more_and_those_after_it_in_ascii(
    project: Project, server: Server, jobs: str
) -> None:
    run = project.apply("--jobs", jobs, "--format", "json")

    assert run.code == 0, run.err
    assert len(server.ids()) == len(FILES)
    assert all(name.isascii() for name in server.names())
    for record in project.materials().values():
        assert record["uploaded_as"] in server.names(), "the lock tells the name that WeChat knows"
    sent = server.calls()["add_material"]
    assert sent == len(FILES) + 1 if jobs == "1" else sent <= 2 * len(FILES)
    assert max(result["attempts"] for result in run.json["results"]) == 2
    assert project.run("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("server", [refusing(41005)], indirect=True)
def test_ascii_from_the_start_is_refused_by_nobody(project: Project, server: Server) -> None:
    project.environ = project.environ | {"WXSYNC_NAMES": "ascii"}

    assert project.apply().code == 0

    assert server.calls()["add_material"] == len(FILES)


def test_a_file_that_is_refused_itself_is_tried_under_another_name_once_in_a_run(
    project: Project, server: Server
) -> None:
    server.fault("add_material:errcode=40113")

    run = project.apply("--jobs", "1", "--format", "json")

    assert run.code == 3
    assert {result["error"]["errcode"] for result in run.json["results"]} == {40113}
    assert server.calls()["add_material"] == len(FILES) + 1
    server.forget_faults()
    assert project.apply().code == 0
    assert len(server.ids()) == len(FILES)


def test_another_refusal_is_no_sign_against_a_name(project: Project, server: Server) -> None:
    server.fault("add_material:errcode=40009*1")

    run = project.apply("--jobs", "1")

    assert run.code == 3
    assert server.calls()["add_material"] == len(FILES)
    assert sum(not name.isascii() for name in server.names()) >= 2


@pytest.mark.parametrize("fault", ["add_material:errcode=41005*1", "add_material:errcode=40113*1"])
def test_an_answer_that_is_lost_after_a_refused_name_makes_no_second_upload(
    project: Project, server: Server, fault: str
) -> None:
    (project.root / "logo.png").unlink()  # whose name is in ASCII, so that it goes up once
    server.fault(fault, "add_material:reset-after*1")

    run = project.apply("--jobs", "1")

    assert run.code == 0, run.err
    assert len(server.ids()) == len(FILES) - 1


@pytest.mark.parametrize("value", ["utf-8", "ASCII", "no"])
def test_names_are_readable_or_ascii_and_nothing_else(project: Project, value: str) -> None:
    project.environ = project.environ | {"WXSYNC_NAMES": value}

    run = project.apply()

    assert run.code == 64
    assert "WXSYNC_NAMES" in run.err


def test_pull_brings_the_names_back(project: Project, server: Server, tmp_path: Path) -> None:
    assert project.apply().code == 0

    run = project.run("pull", str(tmp_path / "pulled"))

    assert run.code == 0, run.err
    pulled = sorted(file.name for file in (tmp_path / "pulled" / "images").iterdir())
    assert pulled == sorted(["秋季活动.png", "产品-1.png", "logo.png", "हिन्दी.png"])


def test_import_all_matches_names_that_were_brought_back(project: Project, server: Server, tmp_path: Path) -> None:
    assert project.apply().code == 0
    (project.root / "materials.lock.json").unlink()
    shutil.rmtree(project.root / ".wxsync")

    run = project.run("import", "--all", "--yes")

    assert run.code == 0, run.err
    assert project.materials().keys() == set(FILES)


def test_import_all_matches_a_name_of_ours_whose_tag_is_of_another_account(project: Project, server: Server) -> None:
    other = "wxaaaaaaaaaaaaaaaa"
    for file in FILES:
        server.upload("image", f"{SLUGS[file]}.{other}.png", png(file))

    run = project.run("import", "--all", "--yes")

    assert run.code == 0, run.err
    assert project.materials().keys() == set(FILES)
    assert {record["origin"] for record in project.materials().values()} == {"imported"}
