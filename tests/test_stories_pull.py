"""An existing library becomes a folder with media, a manifest and a lock, in which there is nothing left to do."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.project import MEDIA, Project, Run, Server, png, serving, until
from tests.wechat_fake import SECRET, FakeWeChat, no, ok, raw, token
from wxsync.errors import HaltedForNow
from wxsync.manifest import read_manifest
from wxsync.manifest.source import is_blank, without_unseen
from wxsync.manifest.writing import render_manifest
from wxsync.model import Account
from wxsync.planner.filing import file_name
from wxsync.project.folder import Choice
from wxsync.reconcile.watcher import Watcher
from wxsync.results import Pulled
from wxsync.sandbox import Switches
from wxsync.schemas import violations
from wxsync.words import casefolded
from wxsync.workflow.pull import pull

APPID = "wx0123456789abcdef"


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A download that may be late is asked for again at once; how long it waits is told in a story of its own."""
    monkeypatch.setattr("wxsync.wechat.client._DOWNLOAD_WAITS", (0.0, 0.0))


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


def patiently(project: Project, **watching: Any) -> tuple[Pulled, list[float]]:
    """Pulls in this process, and gives how long it waited each time."""
    waited: list[float] = []

    def pause(seconds: float) -> bool:
        waited.append(seconds)
        return False

    choice = Choice(project.root / "materials.yaml", account=None, sandbox=False, environ=project.environ)
    return pull(choice, project.root / "old", Watcher(pause=pause, **watching)), waited


def test_one_material_that_wechat_never_gives_is_left_out_and_slows_nobody(
    project: Project, server: Server, library: dict[str, str]
) -> None:
    server.fault(f"get_material:busy,id={library['voice']}")

    done, waited = patiently(project)

    assert [(one.media_id, one.refused) for one in done.left_out] == [(library["voice"], True)]
    assert "-1" in done.left_out[0].why
    assert sum(waited) <= 10
    assert {one["media_id"] for one in lock(project)["materials"].values()} == server.ids() - {library["voice"]}
    assert within(project, "plan", "--detailed-exitcode").code == 0


def test_many_that_wechat_never_gives_stop_nobody_while_it_gives_others(project: Project, server: Server) -> None:
    good = [server.upload("voice", f"{number}.mp3", media("audio/welcome.mp3")) for number in range(2)]
    bad = [server.upload("image", f"{number}.png", png(f"{number}")) for number in range(7)]
    good += [server.upload("image", "last.png", png("last"))]
    server.fault(*(f"get_material:busy,id={media_id}" for media_id in bad))

    done, _ = patiently(project)

    assert {one.media_id for one in done.left_out} == set(bad)
    assert {one["media_id"] for one in lock(project)["materials"].values()} == set(good)


def test_a_wechat_that_gives_nothing_stops_a_pull_which_goes_on_later(project: Project, server: Server) -> None:
    ids = {server.upload("image", f"{number}.png", png(f"{number}")) for number in range(9)}
    server.fault("get_material:busy@4")

    with pytest.raises(HaltedForNow) as halted:
        patiently(project)
    calls = server.calls()["get_material"]
    server.forget_faults()

    assert halted.value.errcode == -1
    assert calls <= 3 + 4 * 4
    assert patiently(project)[0].left_out == ()
    assert {one["media_id"] for one in lock(project)["materials"].values()} == ids
    assert server.calls()["get_material"] == calls + 6


def test_a_library_for_which_a_day_is_not_enough_is_announced_and_goes_on_the_next_day(
    project: Project, server: Server
) -> None:
    ids = {server.upload("image", f"{number}.png", png(f"{number}")) for number in range(7)}
    server.limit(daily={"/cgi-bin/material/get_material": 3})

    first = pulled(project)
    same_day = pulled(project)
    asked = server.calls()["get_material"]
    server.advance(86_400)
    second = pulled(project)
    server.advance(86_400)
    last = pulled(project)

    assert [run.code for run in (first, same_day, second, last)] == [7, 7, 7, 0]
    assert "3 of the 7 calls fit into today's quota of 3. All of them take 3 days" in first.err
    assert "all 3 calls of get_material of today are used, and 4 materials are to be fetched" in same_day.err
    assert "the rest takes 2 days" in same_day.err
    assert asked == 4, "where nothing is left, nothing is asked for"
    assert "3 of the 4 calls" in second.err
    assert "quota" not in last.err
    assert {one["media_id"] for one in lock(project)["materials"].values()} == ids


def test_a_quota_that_is_not_told_stops_nothing(project: Project, server: Server, library: dict[str, str]) -> None:
    server.fault("quota:errcode=76022")
    assert pulled(project).code == 0


@pytest.mark.parametrize("fault", ["status=404", "status=503", "reset-before"])
def test_an_address_that_is_late_is_asked_for_again(
    project: Project, server: Server, library: dict[str, str], monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr("wxsync.wechat.client._DOWNLOAD_WAITS", (2.0, 5.0, 10.0))
    server.fault(f"down_url:{fault}*2")

    done, waited = patiently(project)

    assert done.left_out == ()
    assert waited == [2.0, 5.0]
    assert server.calls()["down_url"] == 3


@pytest.mark.parametrize("status", [401, 403, 410])
def test_an_address_that_is_closed_is_not_asked_for_again(
    project: Project, server: Server, library: dict[str, str], status: int
) -> None:
    server.fault(f"down_url:status={status}")

    done, _ = patiently(project)

    assert [one.media_id for one in done.left_out] == [library["video"]]
    assert server.calls()["down_url"] == 1


def test_a_web_page_is_told_as_one_with_its_vid(project: Project) -> None:
    with serving(switches=Switches(video_page=True)) as server:
        server.upload("video", "x.mp4", media("video/intro.mp4"), title="产品介绍")
        paged = Project(project.root, server.environ)

        done = pulled(paged)

    assert done.code == 0, done.err
    assert re.search(r"a web page \(wxv_\d{19}\) and not a file", done.out)
    assert "__biz" not in done.out + done.err


def test_a_video_whose_transcoding_failed_is_left_out(project: Project) -> None:
    with serving(switches=Switches(lenient_video=True)) as server:
        server.upload("video", "x.mp4", media("video/intro.mp4") + bytes(11 << 20), title="产品介绍")
        done = pulled(Project(project.root, server.environ))

    assert (done.code, "nothing that can be downloaded" in done.out) == (0, True)


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
        get=[no(76022)],
        film=[page] * 3,
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
    assert b"/down/" not in written + done.out.encode() + done.err.encode()


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(
    st.lists(
        st.tuples(texts.map(without_unseen).filter(lambda title: not is_blank(title)), texts), min_size=1, max_size=4
    )
)
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
