"""What a journal brings into the lock is shown; one that anybody can have written is believed in nothing."""

from __future__ import annotations

import json
import shutil
import zlib
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.project import Project, Server, png
from wxsync.journal import Journal
from wxsync.lockfile import read_lock, write_lock
from wxsync.model import Lock, Record

JOURNAL = ".wxsync/materials.journal"


def forge(project: Project, *said: dict[str, Any], seal: str | None = None) -> None:
    """Writes a journal as anybody can, who knows how."""
    account = {"account": project.environ["WXSYNC_APPID"]} | ({"seal": seal} if seal is not None else {})
    lines = [json.dumps(one).encode() for one in (account, *said)]
    project.add(JOURNAL, b"".join(b"%08x %s\n" % (zlib.crc32(line), line) for line in lines))


def lock_of(project: Project) -> Lock:
    lock = read_lock(project.root / "materials.lock.json")
    assert lock
    return lock


def held_ids(project: Project) -> dict[str, str]:
    return {name: one["media_id"] for name, one in project.materials().items()}


def cut_off(project: Project, *names: str) -> dict[str, Record]:
    """Takes records out of the lock into a journal, as a run that was killed leaves them."""
    lock = lock_of(project)
    left = {name: record for name, record in lock.records.items() if name in names}
    write_lock(
        project.root / "materials.lock.json",
        replace(lock, records={name: record for name, record in lock.records.items() if name not in names}),
    )
    with Journal(project.root / JOURNAL, account=lock.account) as journal:
        for name, record in left.items():
            journal.done(name, record)
    return left


def test_what_a_run_that_was_cut_off_left_is_a_line_of_the_plan_and_of_the_result(
    project: Project, server: Server
) -> None:
    project.images("a.png", "b.png")
    project.apply()
    whole = project.lock_bytes()
    [record] = cut_off(project, "a.png").values()

    planned = project.run("plan", "--format", "json", "--detailed-exitcode")
    applied = project.apply("--format", "json")

    assert planned.code == 2
    [change] = json.loads(planned.out)["changes"]
    assert (change["name"], change["action"], change["before"]) == ("a.png", "adopt", None)
    assert change["after"]["media_id"] == record.media_id
    assert "cut off" in project.run("show", "--help").out or change["reason"].startswith("uploaded by a run")
    [result] = json.loads(applied.out)["results"]
    assert (result["name"], result["action"], result["media_id"]) == ("a.png", "adopt", record.media_id)
    assert project.lock_bytes() == whole
    assert len(server.requests("add_material")) == 2


@pytest.mark.parametrize("seal", [None, "", "0" * 64, "copied"])
def test_a_forged_journal_gives_no_name_another_id(project: Project, server: Server, seal: str | None) -> None:
    project.images("a.png", "b.png")
    project.apply()
    whole = project.materials()
    record = whole["a.png"] | {"media_id": "FORGED-BY-PULL-REQUEST"}
    if seal == "copied":
        # A true seal, but of another folder.
        other = project.root.parent / "other"
        (other / ".wxsync").mkdir(parents=True)
        with Journal(other / JOURNAL, account=project.environ["WXSYNC_APPID"]):
            pass
        first = (other / JOURNAL).read_bytes().split(b"\n")[0].partition(b" ")[2]
        seal = json.loads(first)["seal"]
    forge(project, {"done": record, "name": "a.png"}, seal=seal)

    planned = project.run("plan")
    got = project.run("get", "a.png")
    applied = project.apply()

    assert "journal-not-ours" in planned.err + planned.out
    assert got.out.strip() == whole["a.png"]["media_id"]
    assert applied.code == 0
    assert project.materials() == whole
    assert project.lock()["retired"] == []
    project.run("prune", "--yes")
    assert {one["media_id"] for one in whole.values()} == server.ids()


def test_an_upload_that_only_a_foreign_journal_knows_is_found_at_wechat(project: Project, server: Server) -> None:
    project.images("a.png", "b.png")
    project.apply()
    ids, held = server.ids(), held_ids(project)
    cut_off(project, "a.png")
    shutil.copytree(project.root, project.root.parent / "copy")
    copy = Project(project.root.parent / "copy", project.environ)

    applied = copy.apply()

    assert applied.code == 0
    assert held_ids(copy) == held
    assert server.ids() == ids, "it was found by its tag and not sent again"


def test_a_foreign_journal_s_id_that_wechat_does_not_list_is_never_used(project: Project, server: Server) -> None:
    project.images("a.png")
    project.apply()
    record = project.materials()["a.png"] | {"media_id": "NOT-THERE"}
    (project.root / "materials.lock.json").unlink()
    for media_id in server.ids():
        server.delete(media_id)
    forge(project, {"done": record, "name": "a.png"})

    assert project.run("get", "a.png").code == 4
    applied = project.apply()

    assert applied.code == 0
    [media_id] = server.ids()
    assert project.materials()["a.png"]["media_id"] == media_id
    assert project.lock()["unconfirmed"] == []


def test_a_foreign_journal_with_other_tags_leaves_nothing(project: Project) -> None:
    project.images("a.png")
    project.apply()
    whole = project.lock_bytes()
    record = project.materials()["a.png"] | {"uploaded_as": "x.wxaaaaaaaaaaaaaaaa.png", "media_id": "X"}
    intent = {
        "name": "z",
        "type": "image",
        "sha256": "0" * 64,
        "uploaded_as": "none",
        "sent_at": "2099-01-01T00:00:00Z",
    }
    forge(project, {"done": record, "name": "new.png"}, {"intent": intent})

    assert project.apply().code == 0
    assert project.lock_bytes() == whole


def test_a_key_that_lies_in_a_repository_seals_nothing(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkout in the home of a runner could bring a key that its author knows."""
    (tmp_path / ".git").mkdir()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / ".local" / "state"))
    project.images("a.png", "b.png")
    project.apply()
    held = held_ids(project)
    cut_off(project, "a.png")

    assert "journal-not-ours" in project.run("plan").err
    assert not (tmp_path / ".local").exists()
    assert project.apply().code == 0
    assert held_ids(project) == held, "found at WeChat"


def test_a_journal_is_of_its_folder_also_where_the_folder_moved(project: Project) -> None:
    project.add("a.png", png("a"))
    project.images("a.png", "b.png")
    project.apply()
    whole = project.lock_bytes()
    cut_off(project, "a.png")
    moved = Project(project.root.rename(project.root.parent / "moved"), {})

    assert json.loads(moved.run("export", "--format", "json").out).keys() == {"a.png", "b.png"}
    assert moved.run("get", "a.png").code == 0
    assert whole != moved.lock_bytes()
