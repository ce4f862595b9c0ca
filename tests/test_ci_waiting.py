"""What waits on a branch that anybody may push: it saves uploads, and can neither take nor slip anything in."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.github import TOKEN, Github, Hub, commit, git, hub, wxsync
from tests.nouns import ACCOUNT, held, lock_of
from tests.project import Server, png
from wxsync.ci.proof import Addition
from wxsync.ci.waiting import Waiting
from wxsync.lockfile import parse_lock
from wxsync.planner.naming import tag_in
from wxsync.reconcile.look import unix_seconds

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the clones of these stories are made by a POSIX git")

LOCK = "materials.lock.json"
WAITING = "wxsync/main-materials"
Jobs = Callable[..., "Ran"]
Ran = subprocess.CompletedProcess[str]


@pytest.fixture
def api() -> Iterator[Hub]:
    with hub() as known:
        yield known


@pytest.fixture
def github(tmp_path: Path, api: Hub) -> Github:
    made = Github(tmp_path, api)
    made.create()
    team = made.clone("team")
    write(team, "a.png")
    commit(team, "the first picture")
    git(team, "push", "-q", "origin", "main")
    return made


def write(folder: Path, *pictures: str) -> None:
    for path in pictures:
        if not (folder / path).exists():
            (folder / path).write_bytes(png(path))
    rows = "".join(f"  - {{path: {path}, type: image}}\n" for path in pictures)
    (folder / "materials.yaml").write_text(f"version: 1\nmaterials:\n{rows}")


def publish(github: Github, *pictures: str) -> None:
    team = github.folder / "team"
    git(team, "pull", "-q", "--rebase", "origin", "main")
    write(team, *pictures)
    commit(team, f"{len(pictures)} pictures")
    git(team, "push", "-q", "origin", "main")


def run(github: Github, server: Server, *, deliver: str = "request", refresh: bool = False) -> list[Ran]:
    """Plays the jobs of a push: plan, apply where something is pending, and the way back."""
    github.runs += 1
    environ = github.environ(github.folder / f"temp-{github.runs}") | {"GITHUB_TOKEN": TOKEN, "GITHUB_REF_NAME": "main"}
    kept = github.folder / f"kept-{github.runs}"
    words = ["--refresh"] if refresh else []
    ran = [wxsync("ci", "plan", *words, folder=github.checkout(), environ=environ)]
    if json.loads(ran[0].stdout):
        clone = github.checkout()
        asked = wxsync("ci", "apply", "--keep", str(kept), *words, folder=clone, environ=environ | server.environ)
        ran.append(asked)
    return [*ran, back(github, kept, deliver)]


def back(github: Github, kept: Path, deliver: str) -> Ran:
    github.runs += 1
    environ = github.environ(github.folder / f"temp-{github.runs}") | {"GITHUB_TOKEN": TOKEN, "GITHUB_REF_NAME": "main"}
    words = ("lock", "commit", "--deliver", deliver, "--from", str(kept))
    return wxsync(*words, folder=github.checkout(), environ=environ)


def codes(ran: list[Ran]) -> list[int]:
    return [int(one.returncode) for one in ran]


def said(ran: list[Ran]) -> str:
    return "".join(one.stdout + one.stderr for one in ran)


def ids(lock: Any) -> set[str]:
    return {one["media_id"] for one in (*lock["materials"].values(), *lock["retired"])}


def forge(github: Github, change: Callable[[Any], object], *, start: str = WAITING) -> None:
    """Pushes a lock of one's own making to the branch on which locks wait, as anybody with write access can."""
    branch = start if start in github.branches() else "main"
    clone = github.checkout(branch)
    lock = json.loads((clone / LOCK).read_bytes()) if (clone / LOCK).exists() else EMPTY
    change(lock)
    (clone / LOCK).write_text(json.dumps(lock))
    commit(clone, "forged")
    git(clone, "push", "-q", "-f", "origin", f"HEAD:refs/heads/{WAITING}")


EMPTY: Any = {"account": "", "lock_version": 1, "materials": {}, "retired": [], "unconfirmed": []}


def test_what_waits_is_not_sent_again_and_is_there_when_it_is_merged(github: Github, server: Server, api: Hub) -> None:
    assert codes(run(github, server)) == [0, 0, 0]
    first = server.ids()
    publish(github, "a.png", "b.png")

    second, third = run(github, server), run(github, server)

    assert codes(second) == codes(third) == [0, 0, 0], said(second + third)
    assert first < server.ids()
    assert len(server.ids()) == 2
    assert len(api.pulls) == 1
    assert ids(github.lock(branch=WAITING)) == server.ids()


def test_a_person_can_ask_what_main_will_say(github: Github, server: Server) -> None:
    run(github, server)
    clone = github.checkout()
    assert wxsync("get", "a.png", folder=clone, environ={}).returncode == 4

    taken = wxsync("lock", "take", folder=clone, environ={})

    assert taken.returncode == 0, taken.stderr
    assert f"1 upload taken from {WAITING}" in taken.stderr
    assert wxsync("get", "a.png", folder=clone, environ={}).stdout.strip() in server.ids()


def test_a_branch_that_stands_still_is_not_written_again(github: Github, server: Server) -> None:
    run(github, server)
    before = github.head(WAITING)

    run(github, server)

    assert github.head(WAITING) == before


def test_a_replacement_that_waits_is_taken_back_without_an_upload(github: Github, server: Server) -> None:
    run(github, server, deliver="push")
    team = github.folder / "team"
    git(team, "pull", "-q", "--rebase", "origin", "main")
    (team / "a.png").write_bytes(png("another"))
    commit(team)
    git(team, "push", "-q", "origin", "main")
    run(github, server)
    sent = server.ids()

    again = run(github, server)

    assert codes(again) == [0, 0, 0], said(again)
    assert server.ids() == sent
    assert len(sent) == 2
    waiting = github.lock(branch=WAITING)
    assert ids(waiting) == sent
    assert waiting["materials"]["a.png"]["media_id"] != github.lock()["materials"]["a.png"]["media_id"]


@pytest.mark.parametrize("deliver", ["push", "request"])
def test_a_forged_id_for_what_was_never_uploaded_is_refused(github: Github, server: Server, deliver: str) -> None:
    run(github, server, deliver="push")
    publish(github, "a.png", "b.png")
    forge(github, lambda lock: lock["materials"].update({"b.png": forged(github, lock, "b.png")}))

    ran = run(github, server, deliver=deliver)

    assert codes(ran) == [0, 0, 0], said(ran)
    assert "an id that WeChat does not list" in said(ran)
    branch = "main" if deliver == "push" else WAITING
    assert ids(github.lock(branch=branch)) == server.ids()
    assert "FORGED" not in "".join(github.content(LOCK, one) for one in github.branches())


@pytest.mark.parametrize("deliver", ["push", "request"])
def test_no_branch_gives_a_name_of_the_target_another_id(github: Github, server: Server, deliver: str) -> None:
    run(github, server, deliver="push")
    true = github.lock()["materials"]["a.png"]["media_id"]

    def steal(lock: Any) -> None:
        lock["retired"] = [lock["materials"]["a.png"] | {"name": "a.png", "replaced_by": None, "retired_at": NOW}]
        lock["materials"]["a.png"] = lock["materials"]["a.png"] | {"media_id": "FORGED"}

    forge(github, steal)

    ran = run(github, server, deliver=deliver)

    assert codes(ran)[0] == codes(ran)[-1] == 0, said(ran)
    assert all("FORGED" not in github.content(LOCK, branch) for branch in github.branches())
    assert github.lock()["materials"]["a.png"]["media_id"] == true
    assert github.lock()["retired"] == []


@pytest.mark.quick
@pytest.mark.parametrize(("seconds", "looked_for"), [(60, 1), (3_500, 1), (3_700, 0)])
def test_what_is_too_young_to_be_listed_is_looked_for_before_it_is_sent(seconds: int, looked_for: int) -> None:
    record = held("new", "b")
    waiting = Waiting(LOCK, ACCOUNT, lock_of({"a": held("a")}), (Addition("new", record, is_retired=False),))

    lock = waiting.proven_by((), now=unix_seconds(record.uploaded_at or "") + seconds)

    assert set(lock.records) == {"a"}
    assert [one.uploaded_as for one in lock.unconfirmed] == [record.uploaded_as] * looked_for


def test_an_id_of_somebody_elses_picture_bears_no_tag_of_ours(github: Github, server: Server) -> None:
    run(github, server, deliver="push")
    publish(github, "a.png", "b.png")
    others = server.upload("image", "holiday.png", png("holiday"))
    forge(github, lambda lock: lock["materials"].update({"b.png": forged(github, lock, "b.png", media_id=others)}))

    ran = run(github, server, deliver="push")

    assert codes(ran) == [0, 0, 0], said(ran)
    assert others not in ids(github.lock())
    assert github.branches() == {"main"}


TAMPERINGS: dict[str, Callable[[Any], object]] = {
    "another account": lambda lock: lock.update(account="wx1111111111111111"),
    "nothing is left": lambda lock: lock["materials"].clear(),
    "no lock": lambda lock: lock.clear(),
    "a tag of other content": lambda lock: lock["materials"].update(
        {"z": {**lock["materials"]["a.png"], "media_id": "FORGED", "sha256": "0" * 64}}
    ),
    "an import": lambda lock: lock["materials"].update(
        {"z": {**lock["materials"]["a.png"], "media_id": "FORGED", "origin": "imported"}}
    ),
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_what_proves_nothing_is_left_out(github: Github, server: Server, tampering: str) -> None:
    run(github, server, deliver="push")
    before = github.content(LOCK)
    forge(github, TAMPERINGS[tampering])

    ran = run(github, server, deliver="push")

    assert codes(ran) == [0, 0], said(ran)
    assert github.content(LOCK) == before
    assert github.branches() == {"main"}


def test_what_waited_reaches_the_branch_by_its_request_only(github: Github, server: Server, api: Hub) -> None:
    run(github, server)
    waiting = ids(github.lock(branch=WAITING))
    publish(github, "a.png", "b.png")

    ran = run(github, server, deliver="push")

    assert codes(ran) == [0, 0, 0], said(ran)
    assert ids(github.lock()) == server.ids() - waiting
    assert ids(github.lock(branch=WAITING)) == server.ids()
    assert len(api.pulls) == 1
    assert git(github.origin, "merge-base", "main", WAITING).strip() == github.head(), "it can be merged"


def test_drift_is_mended_by_a_run_that_asks_for_it(github: Github, server: Server) -> None:
    run(github, server, deliver="push")
    [lost] = server.ids()
    server.delete(lost)
    server.advance(7_200)
    environ = {"GITHUB_REF_NAME": "main"} | server.environ
    assert wxsync("ci", "drift", folder=github.checkout(), environ=environ).returncode == 2
    assert codes(run(github, server, deliver="push")) == [0, 0], "without asking WeChat nothing is pending"

    ran = run(github, server, deliver="push", refresh=True)

    assert codes(ran) == [0, 0, 0], said(ran)
    assert ids(github.lock()) == server.ids()
    assert lost not in github.content(LOCK)


@pytest.mark.parametrize("is_merged", [True, False])
def test_what_is_gone_does_not_come_back_from_a_branch_that_still_holds_it(
    github: Github, server: Server, is_merged: bool
) -> None:
    run(github, server)
    [lost] = server.ids()
    if is_merged:
        git(github.origin, "update-ref", "refs/heads/main", WAITING)
    server.delete(lost)
    server.advance(7_200)

    ran = run(github, server, refresh=True)

    assert codes(ran) == [0, 0, 0], said(ran)
    assert ids(github.lock(branch=WAITING)) == server.ids()
    assert lost not in server.ids()


def test_what_was_pruned_does_not_come_back_from_a_branch_that_was_merged(github: Github, server: Server) -> None:
    run(github, server)
    git(github.origin, "update-ref", "refs/heads/main", WAITING)
    team = github.folder / "team"
    git(team, "pull", "-q", "--rebase", "origin", "main")
    (team / LOCK).write_text(json.dumps({**json.loads((team / LOCK).read_text()), "materials": {}}))
    (team / "materials.yaml").write_text("version: 1\nmaterials: []\n")
    commit(team, "forgotten and pruned")
    git(team, "push", "-q", "origin", "main")

    ran = run(github, server)

    assert codes(ran) == [0, 0], said(ran)
    assert github.branches() == {"main"}


def test_a_loss_that_nobody_proved_is_refused(github: Github, server: Server) -> None:
    run(github, server, deliver="push")
    server.delete(*server.ids())
    server.advance(7_200)
    before = github.head()
    ran = run(github, server, deliver="push", refresh=True)
    assert codes(ran) == [0, 0, 0]
    git(github.origin, "update-ref", "refs/heads/main", before)
    [told] = [one for one in github.folder.glob(f"kept-*/told/{LOCK}") if json.loads(one.read_bytes())["gone"]]
    kept = told.parents[1]
    told.unlink()

    refused = back(github, kept, "push")

    assert refused.returncode == 6
    assert "would forget" in refused.stderr
    assert github.head() == before


@pytest.mark.parametrize("where", ["lock", "keep", "started"])
def test_no_link_leads_a_lock_out_or_a_file_in(github: Github, server: Server, where: str, tmp_path: Path) -> None:
    clone = github.checkout()
    secret = tmp_path / "secret.json"
    secret.write_text('{"AWS_SECRET": "runner-secret"}')
    keep = tmp_path / "keep"
    link = {"lock": clone / LOCK, "keep": keep, "started": keep / "started"}[where]
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(secret if where == "lock" else tmp_path / "elsewhere")
    (tmp_path / "elsewhere").mkdir()

    ran = wxsync("ci", "apply", "--keep", str(keep), folder=clone, environ=server.environ)

    assert ran.returncode in (4, 6)
    assert "runner-secret" not in ran.stdout + ran.stderr
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert not any("runner-secret" in file.read_text() for file in keep.rglob("*") if file.is_file())
    assert server.ids() == set()


def test_a_folder_that_cannot_be_written_is_told_in_words(github: Github, server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")

    ran = wxsync("ci", "apply", "--keep", str(tmp_path / "file"), folder=github.checkout(), environ=server.environ)

    assert ran.returncode in (5, 64)
    assert "defect" not in ran.stderr
    assert server.ids() == set(), "what cannot hand over its lock sends nothing"


def test_what_git_holds_is_not_taken_for_what_apply_left(github: Github) -> None:
    team = github.folder / "team"
    (team / "kept/ended").mkdir(parents=True)
    (team / "kept/ended" / LOCK).write_text("{}")
    commit(team, "a folder of locks in a pull request")
    git(team, "push", "-q", "origin", "main")
    clone = github.checkout()

    for words in (("lock", "commit", "--from", str(clone / "kept")), ("ci", "apply", "--keep", str(clone / "kept"))):
        ran = wxsync(*words, folder=clone, environ={})
        assert ran.returncode == 6
        assert "git holds files" in ran.stderr


NOW = "2026-11-23T10:00:00Z"  # too long ago for a listing to lag


def forged(github: Github, lock: Any, path: str, *, media_id: str = "FORGED") -> dict[str, Any]:
    """Writes the record that an upload of a picture would have, the tag right to the letter."""
    import hashlib

    from wxsync.model import Fingerprint, MaterialType

    content = (github.folder / "team" / path).read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    tag = Fingerprint(MaterialType.IMAGE, digest).tag(lock["account"])
    known = lock["materials"]["a.png"]
    made = known | {"media_id": media_id, "path": path, "sha256": digest, "size": len(content), "uploaded_at": NOW}
    made["uploaded_as"] = known["uploaded_as"].replace(tag_in(known["uploaded_as"]) or "", tag)
    document = {**EMPTY, "account": lock["account"], "materials": {path: made}}
    assert path in parse_lock(json.dumps(document).encode(), shown_as="forged").records
    return dict(made)
