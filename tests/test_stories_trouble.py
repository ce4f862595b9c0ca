"""What goes wrong stays small: bad locks, other runs, lost answers, missing credentials."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project import Project, Server, png, serving, until
from wxsync.cli.exits import exit_code_for
from wxsync.errors import HaltedForNow
from wxsync.project.folder import Choice
from wxsync.reconcile.send import ApplyOptions
from wxsync.reconcile.watcher import Watcher
from wxsync.workflow.apply import apply

UNREACHABLE = "https://does-not-exist.invalid"


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (b"", 4, "JSON"),
        (b"{", 4, "JSON"),
        (b"[]", 4, "not valid"),
        (b"\xff\xfe", 4, "JSON"),
        (b'{"lock_version": 1}', 4, "the lock has no account"),
        (b'{"lock_version": 2}', 4, "newer wxsync"),
        (b'{"account": "a", "account": "b"}', 4, "stands twice"),
        (b"<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> other\n", 4, "conflict markers"),
    ],
)
def test_a_lock_that_cannot_be_read_stops_the_run(
    project: Project, server: Server, content: bytes, code: int, said: str
) -> None:
    project.images("a.png")
    project.add("materials.lock.json", content)

    applied = project.apply()

    assert applied.code == code
    assert said in applied.err
    assert project.lock_bytes() == content
    assert server.calls() == {}


def test_a_lock_that_is_a_folder_is_not_taken_for_an_empty_one(project: Project, server: Server) -> None:
    project.images("a.png")
    (project.root / "materials.lock.json").mkdir()

    assert project.apply().code == 4
    assert server.calls() == {}


def test_the_lock_of_another_account_is_refused(project: Project, server: Server) -> None:
    project.images("a.png")
    project.apply()
    calls = server.calls()
    project.environ["WXSYNC_APPID"] = "wx0000000000000000"

    assert project.apply().code == 6
    assert server.calls() == calls


def test_missing_credentials_name_the_variables_to_set(project: Project) -> None:
    project.images("a.png")
    project.environ.clear()

    applied = project.apply()

    assert applied.code == 5
    assert "WXSYNC_SECRET" in applied.err


def test_a_wrong_secret_needs_a_person(project: Project, server: Server) -> None:
    project.images("a.png")
    project.environ["WXSYNC_SECRET"] = "0" * 32

    applied = project.apply()

    assert applied.code == 5
    assert "40125" in applied.err
    assert "0" * 32 not in applied.err
    assert server.ids() == set()


def test_nobody_can_be_asked_so_yes_is_needed(project: Project, server: Server) -> None:
    project.images("a.png")

    assert project.run("apply").code == 64
    assert server.calls() == {}


def test_the_sandbox_needs_no_yes_and_has_a_lock_of_its_own(offline: Project) -> None:
    offline.images("a.png")

    assert offline.run("--sandbox", "apply").code == 0
    assert offline.run("apply", "--sandbox").code == 0
    assert (offline.root / "materials.sandbox.lock.json").exists()
    assert not (offline.root / "materials.lock.json").exists()


def test_a_network_that_is_not_there_is_a_reason_to_try_later(project: Project) -> None:
    project.images("a.png")
    choice = Choice(project.root / "materials.yaml", None, False, {**project.environ, "WXSYNC_API_BASE": UNREACHABLE})
    waited: list[float] = []

    def pause(seconds: float) -> bool:
        waited.append(seconds)
        return False

    watcher = Watcher(pause=pause)

    with pytest.raises(HaltedForNow) as caught:
        apply(choice, ApplyOptions(), watcher)

    assert exit_code_for(caught.value) == 7
    assert waited == sorted(waited)
    assert len(waited) >= 3
    assert project.environ["WXSYNC_SECRET"] not in f"{caught.value!r} {caught.value.__dict__} {caught.value.hint}"


@pytest.mark.parametrize("fault", ["reset-after", "status-after=502", "garbage-after", "cut-after", "no-media-id"])
@pytest.mark.parametrize("kind", ["image", "voice"])
def test_an_upload_whose_answer_was_lost_is_found_and_adopted(
    project: Project, server: Server, fault: str, kind: str
) -> None:
    project.sample("images/logo.png" if kind == "image" else "audio/welcome.mp3", "file")
    project.manifest(f"materials:\n  - {{path: file, type: {kind}}}\n")
    server.fault(f"add_material:{fault}*1")

    applied = project.apply()

    assert applied.code == 0, applied.err
    assert {one["media_id"] for one in project.materials().values()} == server.ids()
    assert len(server.ids()) == 1
    assert project.lock()["unconfirmed"] == []


def test_an_upload_that_was_lost_before_it_arrived_is_sent_once_more(project: Project, server: Server) -> None:
    project.images("a.png")
    server.fault("add_material:reset-before*1")

    assert project.apply().code == 0
    assert len(server.ids()) == 1
    assert server.calls()["add_material"] == 2


def test_an_upload_that_is_lost_twice_is_given_up_until_later(project: Project, server: Server) -> None:
    project.images("a.png")
    server.fault("add_material:reset-before*2")

    assert project.apply().code == 7
    assert project.apply().code == 0
    assert len(server.ids()) == 1


def test_where_looking_is_impossible_the_next_run_looks_before_it_sends(project: Project, server: Server) -> None:
    project.images("a.png")
    server.fault("add_material:reset-after*1", "batchget_material:errcode=45009@2")

    assert project.apply().code == 8
    [doubt] = project.lock()["unconfirmed"]
    assert doubt["name"] == "a.png"
    server.forget_faults()

    assert project.apply().code == 0
    assert {one["media_id"] for one in project.materials().values()} == server.ids()
    assert len(server.ids()) == 1
    assert project.lock()["unconfirmed"] == []


def test_a_lost_lock_is_found_again_at_wechat(project: Project, server: Server) -> None:
    project.images(*(f"{number:02}.png" for number in range(25)))
    project.apply()
    before = project.materials()
    (project.root / "materials.lock.json").unlink()

    applied = project.apply("--format", "json")

    assert {one["action"] for one in applied.json["results"]} == {"adopt"}
    assert {name: one["media_id"] for name, one in project.materials().items()} == {
        name: one["media_id"] for name, one in before.items()
    }
    assert len(server.ids()) == 25


def test_a_code_that_no_list_names_is_looked_for_once_and_then_failed(project: Project, server: Server) -> None:
    project.images("a.png")
    server.fault("add_material:errcode=99887*1")

    applied = project.apply("--format", "json")

    assert applied.code == 3
    assert applied.json["results"][0]["error"]["errcode"] == 99887
    assert server.calls()["add_material"] == 1


def test_a_sharer_waits_for_the_upload_that_it_shares(project: Project, server: Server) -> None:
    project.add("a.png", png("same"))
    project.add("b.png", png("same"))
    project.manifest("materials:\n  - {path: '*.png', type: image}\n")
    server.fault("add_material:errcode=40009*1")

    refused = project.apply("--format", "json")

    assert refused.code == 3
    assert [one["outcome"] for one in refused.json["results"]] == ["failed", "skipped"]
    assert project.apply("--format", "json").json["summary"]["done"] == 2


def test_a_video_whose_title_is_there_already_stops_for_a_person_and_the_rest_goes_on(
    project: Project, server: Server
) -> None:
    project.sample("video/intro.mp4", "intro.mp4")
    project.add("a.png", png("a"))
    project.manifest("materials:\n  - {path: intro.mp4, type: video, title: 介绍}\n  - {path: a.png, type: image}\n")
    project.apply()
    (project.root / "materials.lock.json").unlink()

    applied = project.apply("--format", "json")

    assert applied.code == 5
    assert {one["name"]: one["outcome"] for one in applied.json["results"]} == {"a.png": "done", "intro.mp4": "failed"}
    assert "--replace" in applied.json["results"][1]["error"]["hint"]
    assert project.apply("--replace", "intro.mp4").code == 0
    assert len(server.ids()) == 3


def test_a_file_that_changes_after_it_was_planned_is_not_sent(project: Project, server: Server) -> None:
    project.images("a.png", "b.png")
    project.run("plan")
    saved = str(project.root / "plan.json")
    project.run("plan", "--out", saved)
    project.add("a.png", png("changed"))

    assert project.apply(saved).code == 6
    assert server.ids() == set()


def test_a_run_at_work_keeps_a_second_one_out_and_is_named(project: Project, server: Server) -> None:
    project.images("a.png")
    server.fault("add_material:latency=3000*1")
    command = [sys.executable, "-m", "wxsync", "-f", str(project.root / "materials.yaml"), "apply", "--yes"]
    with subprocess.Popen(
        command, env=project.environ | _path(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as first:
        holder = project.root / ".wxsync/run.json"
        until(lambda: holder.exists() and holder.read_text().endswith("}"))
        second = project.apply()
        assert second.code == 6
        assert f"process {first.pid}" in second.err
        assert first.wait(timeout=30) == 0
    assert len(server.ids()) == 1


def test_two_machines_one_after_the_other_upload_once(tmp_path: Path) -> None:
    with serving() as server:
        clones = []
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            clone = Project(tmp_path / name, server.environ)
            clone.images("a.png", "b.png")
            clones.append(clone)

        assert [clone.apply().code for clone in clones] == [0, 0]

        assert len(server.ids()) == 2
        assert {one["media_id"] for one in clones[0].materials().values()} == {
            one["media_id"] for one in clones[1].materials().values()
        }


def test_a_manifest_with_several_accounts_wants_one_chosen(project: Project, server: Server) -> None:
    project.add("a.png", png("a"))
    project.manifest(
        f"accounts:\n  prod: {{appid: {server.sandbox.appid}}}\n  test: {{appid: wxfedcba9876543210}}\n"
        "materials:\n  - {path: a.png, type: image}\n"
    )
    del project.environ["WXSYNC_APPID"]
    project.environ["WXSYNC_PROD_SECRET"] = project.environ.pop("WXSYNC_SECRET")

    assert project.run("plan").code == 64
    assert project.run("validate").code == 0
    assert project.run("plan", "-a", "prd").code == 4
    assert project.run("plan", "--sandbox", "-a", "prod").code == 64
    assert project.run("-a", "prod", "apply", "--yes").code == 0
    assert json.loads(project.lock_bytes("materials.prod.lock.json"))["account"] == server.sandbox.appid


def _path() -> dict[str, str]:
    import os

    return {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT") if name in os.environ}


def test_what_is_in_doubt_is_looked_for_however_much_went_up_since(project: Project, server: Server) -> None:
    later = [f"later/{number:02}.png" for number in range(25)]
    project.images("a.png", *later)
    server.fault("add_material:reset-after*1", "batchget_material:errcode=45009@2")
    assert project.apply("--target", "a.png").code == 8
    server.forget_faults()
    assert project.apply("--target", "later/*").code == 0

    assert project.apply().code == 0

    assert {one["media_id"] for one in project.materials().values()} == server.ids()
    assert server.calls()["add_material"] == 26


def test_what_a_killed_run_was_writing_is_swept_away(project: Project) -> None:
    project.images("a.png")
    torn = project.add(".materials.lock.json.0123abcd.new", b"{")
    other = project.add(".other.lock.json.0123abcd.new", b"{")

    assert project.apply().code == 0

    assert not torn.exists()
    assert other.exists()
