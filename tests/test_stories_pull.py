"""An existing library becomes a folder with media, a manifest and a lock, in which there is nothing left to do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.project import MEDIA, Project, Run, Server, png, until
from tests.wechat_fake import SECRET, FakeWeChat, ok, raw, token
from wxsync.manifest import read_manifest
from wxsync.manifest.writing import render_manifest
from wxsync.model import Account
from wxsync.planner import file_name
from wxsync.schemas import violations
from wxsync.words import casefolded

APPID = "wx0123456789abcdef"


@pytest.fixture
def library(server: Server) -> dict[str, str]:
    """A library that others filled over the years; gives the ids by what was uploaded."""
    return {
        "logo": server.upload("image", "logo.png", media("images/logo.png")),
        "logo again": server.upload("image", "LOGO.PNG", png("another")),
        "wrong name": server.upload("image", "photo.png", media("covers/intro.jpg")),
        "voice": server.upload("voice", "welcome.mp3", media("audio/welcome.mp3")),
        "video": server.upload("video", "x.mp4", media("video/intro.mp4"), title="产品: “介绍”", introduction="a\nb"),
    }


def media(name: str) -> bytes:
    return (MEDIA / name).read_bytes()


def pulled(project: Project, *arguments: str) -> Run:
    return project.run("pull", str(project.root / "old"), *arguments)


def within(project: Project, *arguments: str) -> Run:
    return project.run(*arguments, manifest="old/materials.yaml")


def lock(project: Project, name: str = "old/materials.lock.json") -> Any:
    return project.lock(name)


def files(project: Project) -> set[str]:
    old = project.root / "old"
    found = {file.relative_to(old).as_posix() for file in old.rglob("*") if file.is_file()}
    return {file for file in found if not file.startswith(".wxsync/")}


def test_a_library_becomes_a_folder_in_step_with_it(project: Project, server: Server, library: dict[str, str]) -> None:
    done = pulled(project)

    assert done.code == 0, done.err
    assert "Pulled: 3 images, 1 voice, 1 video" in done.out
    assert within(project, "validate").code == 0
    assert within(project, "plan", "--format", "json").json["summary"]["keep"] == 5
    assert within(project, "plan", "--detailed-exitcode").code == 0
    held = lock(project)
    assert violations("lock", held) == []
    assert {one["media_id"] for one in held["materials"].values()} == set(library.values()) == server.ids()
    assert {one["origin"] for one in held["materials"].values()} == {"imported"}
    assert server.calls()["add_material"] == 5, "nothing was uploaded"


def test_names_are_safe_and_extensions_are_those_of_the_content(project: Project, library: dict[str, str]) -> None:
    assert pulled(project).code == 0

    assert {file for file in files(project) if "/" in file} == {
        "images/photo.jpg",
        "images/LOGO.png",
        "images/logo-2.png",
        "voices/welcome.mp3",
        "videos/产品-“介绍”.mp4",
    }
    old = project.root / "old"
    assert (old / "images/logo-2.png").read_bytes() == media("images/logo.png")
    assert (old / "videos/产品-“介绍”.mp4").read_bytes() == media("video/intro.mp4")
    record = lock(project)["materials"]["videos/产品-“介绍”.mp4"]
    assert (record["media_id"], record["title"], record["introduction"]) == (library["video"], "产品: “介绍”", "a\nb")


def test_uploads_of_ours_are_known_again(project: Project) -> None:
    project.images("a.png", "b.png")
    project.sample("covers/intro.jpg", "cover.jpg")
    text = (project.root / "materials.yaml").read_text(encoding="utf-8").removeprefix("version: 1\n")
    project.manifest(text + "  - {path: cover.jpg, type: thumb}\n")
    project.apply()

    pulled(project)

    materials = lock(project)["materials"]
    assert {(path, one["type"]) for path, one in materials.items()} == {
        ("images/a.png", "image"),
        ("images/b.png", "image"),
        ("thumbs/cover.jpg", "thumb"),
    }
    assert {one["origin"] for one in materials.values()} == {"uploaded"}
    assert within(project, "plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("there", ["file.txt", ".hidden", "materials.yaml"])
def test_nothing_is_overwritten(project: Project, server: Server, library: dict[str, str], there: str) -> None:
    project.add(f"old/{there}", b"mine")
    calls = server.calls()

    done = pulled(project)

    assert done.code == 4
    assert files(project) == {there}
    assert server.calls() == calls


def test_a_file_in_the_place_of_the_folder_is_refused(project: Project, server: Server) -> None:
    project.add("old", b"")

    assert pulled(project).code in (4, 64)
    assert server.calls() == {}


def test_a_finished_pull_is_not_done_twice(project: Project, server: Server, library: dict[str, str]) -> None:
    pulled(project)
    before, calls = files(project), server.calls()

    assert pulled(project).code == 4
    assert (files(project), server.calls()) == (before, calls)


def test_a_pull_that_the_quota_stopped_goes_on_and_downloads_nothing_twice(
    project: Project, server: Server, library: dict[str, str]
) -> None:
    server.fault("get_material:errcode=45009@3")
    first = pulled(project)
    server.forget_faults()

    second = pulled(project)

    assert first.code == 7
    assert "the next pull goes on" in first.err
    assert second.code == 0, second.err
    assert server.calls()["get_material"] == 3 + 3, "two were there, and one had been refused"
    assert server.calls()["batchget_material"] == 3, "what was listed to its end is not listed again"
    assert {one["media_id"] for one in lock(project)["materials"].values()} == server.ids()


def test_a_listing_that_was_cut_off_goes_on_where_it_was(project: Project, server: Server) -> None:
    ids = {server.upload("image", f"{number}.png", png(str(number))) for number in range(45)}
    server.fault("batchget_material:errcode=45009@3")
    first = pulled(project, "--quiet")
    server.forget_faults()

    second = pulled(project, "--quiet")

    assert (first.code, second.code) == (7, 0)
    assert {one["media_id"] for one in lock(project)["materials"].values()} == ids
    assert server.calls()["get_material"] == len(ids)


def test_a_torn_line_costs_no_more_than_itself(project: Project, server: Server, library: dict[str, str]) -> None:
    server.fault("get_material:errcode=45009@3")
    pulled(project)
    server.forget_faults()
    state = project.root / "old/.wxsync/pull.jsonl"
    state.write_bytes(state.read_bytes()[:-20])

    assert pulled(project).code == 0
    assert len(lock(project)["materials"]) == 5


def test_a_damaged_state_is_said(project: Project, server: Server, library: dict[str, str]) -> None:
    server.fault("get_material:errcode=45009")
    pulled(project)
    state = project.root / "old/.wxsync/pull.jsonl"
    state.write_bytes(b"{}\n" + state.read_bytes())

    done = pulled(project)

    assert done.code == 4
    assert "pull anew" in done.err


def test_a_pull_of_another_account_is_not_taken_up(project: Project, server: Server, library: dict[str, str]) -> None:
    server.fault("get_material:errcode=45009")
    pulled(project)
    calls = server.calls()
    other = Project(project.root, project.environ | {"WXSYNC_APPID": APPID})

    assert pulled(other).code == 6
    assert server.calls() == calls


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals of this kind")
@pytest.mark.parametrize("number", [2, 9], ids=["SIGINT", "SIGKILL"])
def test_a_pull_that_was_ended_from_outside_goes_on(
    project: Project, server: Server, library: dict[str, str], number: int
) -> None:
    server.fault("get_material:latency=3000@4")
    # Whoever runs the tests in the background of a shell hands down that SIGINT is ignored.
    listening = "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    started = f"{listening}; runpy.run_module('wxsync', run_name='__main__')"
    command = [sys.executable, "-c", started, "pull", str(project.root / "old")]
    environ = os.environ | project.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)}
    with subprocess.Popen(command, env=environ, cwd=project.root, stderr=subprocess.PIPE, text=True) as process:
        until(lambda: server.calls().get("get_material", 0) >= 3)
        process.send_signal(number)
        _out, err = process.communicate(timeout=30)
    server.forget_faults()

    done = pulled(project)

    assert process.returncode == (130 if number == signal.SIGINT else -number)
    assert number != signal.SIGINT or "run the same command again" in err
    assert done.code == 0, done.err
    assert {one["media_id"] for one in lock(project)["materials"].values()} == server.ids()


def test_what_was_deleted_meanwhile_is_left_out_and_told(
    project: Project, server: Server, library: dict[str, str]
) -> None:
    server.fault("get_material:errcode=40007*1")

    done = pulled(project)

    assert done.code == 3
    assert "40007" in done.out
    assert "Left out, and neither in the manifest nor in the lock: 1." in done.out
    assert len(lock(project)["materials"]) == 4
    assert within(project, "plan", "--detailed-exitcode").code == 0


PAGE = ok(total_count=1, item_count=1, item=[{"media_id": "film", "name": "介绍", "update_time": 1_700_000_000}])
NOTHING = ok(total_count=0, item_count=0, item=[])
COUNTS = ok(voice_count=0, video_count=1, image_count=0, news_count=0)


@pytest.mark.parametrize(
    ("details", "page"),
    [
        (
            {"title": "介绍", "description": "", "down_url": "{base}/film"},
            raw(b"<!DOCTYPE html><html>play here</html>"),
        ),
        ({"title": "介绍", "description": "", "down_url": "{base}/film"}, raw(b"gone", status="404 Not Found")),
        ({"title": "介绍", "description": "", "down_url": "{base}/film"}, raw(b"", headers="Location: ftp://x\r\n")),
        ({"title": "介绍", "description": "", "down_url": ""}, raw(b"")),
        ({"title": " ", "description": "", "down_url": "{base}/film"}, raw(b"")),
    ],
)
def test_a_video_that_cannot_be_had_is_left_out(offline: Project, details: dict[str, str], page: bytes) -> None:
    with FakeWeChat(
        stable_token=[token()],
        get_materialcount=[COUNTS],
        batchget_material=[NOTHING, NOTHING, PAGE],
        film=[page],
    ) as fake:
        fake.scripts["get_material"] = [ok(**{key: value.format(base=fake.base) for key, value in details.items()})]
        environ = {"WXSYNC_APPID": APPID, "WXSYNC_SECRET": SECRET, "WXSYNC_API_BASE": fake.base}

        done = pulled(Project(offline.root, environ))

    assert done.code == 0, done.err
    assert "film" in done.out
    assert "介绍" in done.out
    assert files(offline) == {"materials.yaml", "materials.lock.json"}
    assert lock(offline)["materials"] == {}
    assert within(offline, "validate").code == 0


def test_an_account_of_the_manifest_comes_along(project: Project, server: Server, library: dict[str, str]) -> None:
    project.manifest(f"accounts:\n  prod: {{appid: {server.sandbox.appid}}}\nmaterials: []\n")
    prod = {key.replace("WXSYNC_", "WXSYNC_PROD_"): value for key, value in project.environ.items()}
    project = Project(project.root, prod)

    done = pulled(project, "-a", "prod")

    assert done.code == 0, done.err
    assert len(lock(project, "old/materials.prod.lock.json")["materials"]) == 5
    [account] = within(project, "accounts", "--format", "json").json
    assert account == {"name": "prod", "appid": server.sandbox.appid, "lock": "materials.prod.lock.json"}
    assert within(project, "plan", "--detailed-exitcode").code == 0


def test_without_credentials_no_folder_is_made(offline: Project) -> None:
    assert pulled(offline).code == 5
    assert not (offline.root / "old").exists()


def test_no_address_of_a_video_is_kept_or_shown(project: Project, library: dict[str, str]) -> None:
    done = pulled(project, "--verbose")

    written = b"".join(file.read_bytes() for file in (project.root / "old").rglob("*") if file.is_file())
    assert b"/_sandbox/materials/" not in written + done.out.encode() + done.err.encode()


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(st.lists(st.tuples(texts.filter(str.strip), texts), min_size=1, max_size=4))
def test_whatever_a_title_holds_it_reads_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, words: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("pulled")
    (folder / "x.mp4").write_bytes(media("video/intro.mp4"))
    entries = [
        {"path": "x.mp4", "name": f"n{number}", "type": "video", "title": title, "introduction": introduction}
        for number, (title, introduction) in enumerate(words)
    ]
    file = folder / "materials.yaml"
    file.write_bytes(render_manifest(entries, account=Account("prod", APPID)).encode())

    manifest, problems = read_manifest(file)

    assert not problems
    assert manifest.accounts == (Account("prod", APPID),)
    assert [(one.title, one.introduction) for one in manifest.assets] == words


@given(st.lists(st.text(max_size=20) | st.sampled_from(["a.png", "A.PNG", "con", "..", "x" * 300, "ä", "a\u0308"])))
def test_every_name_is_one_that_every_system_can_hold_and_no_two_are_alike(said: list[str]) -> None:
    taken: set[str] = set()
    for one in said:
        name = file_name(one, "png", taken)
        assert casefolded(name) not in taken
        taken.add(casefolded(name))
        assert name.endswith(".png")
        assert not name.startswith(".")
        assert len(name.encode()) <= 200
        assert not set(name) & set('<>:"/\\|?*\0\n')
        assert name.split(".")[0].lower() not in ("con", "nul", "prn", "aux", "com1", "lpt1")
