"""The end of a material's life: what prune deletes and what it leaves, and what forget drops."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.project import Project, Run, Server, png, until

ROOT = Path(__file__).parent.parent


@pytest.fixture
def retired(project: Project) -> Project:
    """A project with one material in use and three retired, of which one was replaced."""
    project.images("a.png", "b.png", "c.png", "d.png")
    project.apply()
    project.add("a.png", png("changed"))
    project.manifest("materials:\n  - {path: a.png, type: image}\n")
    assert project.apply().code == 0
    return project


def prune(project: Project, *arguments: str) -> Run:
    return project.run("prune", "--yes", *arguments)


def retired_ids(project: Project, lock: str = "materials.lock.json") -> set[str]:
    return {one["media_id"] for one in project.lock(lock)["retired"]}


def used_ids(project: Project, lock: str = "materials.lock.json") -> set[str]:
    return {one["media_id"] for one in project.lock(lock)["materials"].values()}


def outcomes(pruned: Run) -> dict[str, str]:
    return {one["name"]: one["outcome"] for one in pruned.json["results"]}


def test_what_is_retired_is_deleted_and_what_is_used_stays(retired: Project, server: Server) -> None:
    pruned = prune(retired)

    assert pruned.code == 0, pruned.err
    assert server.ids() == used_ids(retired)
    assert retired.lock()["retired"] == []
    assert "Pruned: 4 deleted." in pruned.out


def test_it_is_shown_before_with_a_word_on_who_may_still_use_it(retired: Project) -> None:
    replaced = retired.materials()["a.png"]["media_id"]

    shown = prune(retired).err

    assert all(media_id in shown for media_id in retired_ids(retired))
    assert f"replaced by {replaced}" in shown
    assert "articles, drafts, menus and replies" in shown


def test_programs_learn_what_became_of_each(retired: Project) -> None:
    ids = retired_ids(retired)

    pruned = prune(retired, "--format", "json", "--quiet")

    assert pruned.err == ""
    assert pruned.json["summary"] == {"deleted": 4, "gone": 0, "dropped": 0, "refused": 0, "left": 0, "kept": 0}
    assert {one["media_id"] for one in pruned.json["results"]} == ids


def test_where_nobody_can_be_asked_it_is_shown_and_yes_is_needed(retired: Project, server: Server) -> None:
    kept = server.ids()

    pruned = retired.run("prune")

    assert pruned.code == 64
    assert "to delete" in pruned.err
    assert "--yes" in pruned.err
    assert server.ids() == kept


def test_with_nothing_to_do_nobody_is_asked_or_called(project: Project, server: Server) -> None:
    project.manifest("materials: []\n")
    without_a_lock = project.run("prune")
    project.images("a.png")
    project.apply()
    calls = server.calls()

    pruned = project.run("prune", "--format", "json")

    assert (without_a_lock.code, pruned.code) == (0, 0)
    assert pruned.json["results"] == []
    assert server.calls() == calls


def test_in_the_sandbox_nobody_is_asked(offline: Project) -> None:
    offline.images("a.png")
    offline.run("--sandbox", "apply")
    offline.manifest("materials: []\n")
    offline.run("--sandbox", "apply")

    pruned = offline.run("--sandbox", "prune")

    assert pruned.code == 0, pruned.err
    assert offline.lock("materials.sandbox.lock.json")["retired"] == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no terminals of this kind")
@pytest.mark.parametrize(("answer", "code", "left"), [("y\n", 0, 1), ("n\n", 130, 5), ("\x03", 130, 5)])
def test_on_a_terminal_the_answer_decides(retired: Project, server: Server, answer: str, code: int, left: int) -> None:
    ended, shown = typed(retired, answer, "prune")

    assert ended == code, shown
    assert "Delete these?" in shown
    assert len(server.ids()) == left


def test_what_was_retired_lately_can_be_left(retired: Project, server: Server) -> None:
    lock = retired.lock()
    for one in lock["retired"][:2]:
        one["retired_at"] = "2001-01-01T00:00:00Z"
    old = {one["media_id"] for one in lock["retired"][:2]}
    write(retired, lock)

    pruned = prune(retired, "--keep-days", "30", "--format", "json")

    assert pruned.code == 0
    assert pruned.json["summary"] | {"deleted": 2, "kept": 2} == pruned.json["summary"]
    assert old.isdisjoint(server.ids())
    assert len(retired_ids(retired)) == 2
    assert retired_ids(retired) < server.ids()


def test_a_bounded_prune_says_that_more_is_left(retired: Project, server: Server) -> None:
    first = prune(retired, "--max-delete", "3")
    second = prune(retired, "--max-delete", "3")

    assert (first.code, second.code) == (7, 0)
    assert "--max-delete is reached" in first.out
    assert server.calls()["del_material"] == 4
    assert server.ids() == used_ids(retired)


def test_what_is_gone_already_counts_as_done(retired: Project, server: Server) -> None:
    server.remove(min(retired_ids(retired)))

    pruned = prune(retired, "--format", "json")

    assert pruned.code == 0
    assert pruned.json["summary"]["gone"] == 1
    assert retired.lock()["retired"] == []


def test_a_lost_answer_leaves_nothing_open(retired: Project, server: Server) -> None:
    server.fault("del_material:reset-after*1")

    pruned = prune(retired, "--format", "json")

    assert pruned.code == 0
    assert pruned.json["summary"]["gone"] == 1
    assert server.ids() == used_ids(retired)


def test_what_a_menu_uses_is_refused_kept_and_reported(retired: Project, server: Server) -> None:
    used = max(retired_ids(retired))
    server.use(used)

    pruned = prune(retired)
    again = prune(retired)
    server.use(used, used=False)

    assert (pruned.code, again.code) == (3, 3)
    assert "48005" in pruned.out
    assert "A menu or an automatic reply uses it." in pruned.out
    assert retired_ids(retired) == {used}
    assert prune(retired).code == 0
    assert server.ids() == used_ids(retired)


@pytest.mark.parametrize("errcode", [45060, 48010, 88888])
def test_whatever_else_wechat_refuses_stays_retired_too(retired: Project, server: Server, errcode: int) -> None:
    server.fault(f"del_material:errcode={errcode}*1")

    pruned = prune(retired, "--format", "json")

    assert pruned.code == 3
    assert pruned.json["summary"] | {"deleted": 3, "refused": 1} == pruned.json["summary"]
    [refused] = [one for one in pruned.json["results"] if one["outcome"] == "refused"]
    assert refused["error"]["errcode"] == errcode
    assert retired_ids(retired) == {refused["media_id"]}


@pytest.mark.parametrize(("errcode", "code"), [(45009, 7), (48001, 5)])
def test_what_would_stop_all_stops_the_run_and_keeps_what_was_done(
    retired: Project, server: Server, errcode: int, code: int
) -> None:
    server.fault(f"del_material:errcode={errcode}@3")

    pruned = prune(retired, "--format", "json")

    assert pruned.code == code
    assert pruned.json["summary"] | {"deleted": 2, "left": 2} == pruned.json["summary"]
    assert server.calls()["del_material"] == 3, "what would be refused too is not tried"
    assert retired_ids(retired) == server.ids() - used_ids(retired)
    server.forget_faults()
    assert prune(retired).code == 0


def test_what_another_lock_of_the_folder_uses_stays(retired: Project, server: Server) -> None:
    kept = max(retired_ids(retired))
    elsewhere = retired.lock()
    [record] = [one for one in elsewhere["retired"] if one["media_id"] == kept]
    elsewhere |= {"materials": {"theirs": record}, "retired": []}
    write(retired, elsewhere, "posters.lock.json")

    pruned = prune(retired, "--format", "json")

    assert pruned.code == 0
    [left] = [one for one in pruned.json["results"] if one["outcome"] == "kept"]
    assert (left["media_id"], left["reason"]) == (kept, "used by theirs in posters.lock.json")
    assert kept in server.ids()
    assert retired_ids(retired) == {kept}


@pytest.mark.parametrize("content", ["", "{}", "<<<<<<< ours\n", '{"lock_version": 99}'])
def test_a_lock_that_cannot_be_read_stops_everything(retired: Project, server: Server, content: str) -> None:
    retired.add("posters.lock.json", content.encode())
    calls = server.calls()

    pruned = prune(retired)

    assert pruned.code == 4
    assert "posters.lock.json" in pruned.err
    assert server.calls() == calls


def test_a_retired_material_that_was_not_ours_stays(retired: Project, server: Server) -> None:
    lock = retired.lock()
    lock["retired"][0]["origin"] = "imported"
    write(retired, lock)

    pruned = prune(retired, "--format", "json")

    assert pruned.json["summary"] | {"deleted": 3, "kept": 1} == pruned.json["summary"]
    assert lock["retired"][0]["media_id"] in server.ids()


def test_the_lock_of_another_account_is_refused_before_anything_is_sent(retired: Project, server: Server) -> None:
    write(retired, retired.lock() | {"account": "wx0123456789abcdef"})
    calls = server.calls()

    pruned = prune(retired)

    assert pruned.code == 6
    assert "wx0123456789abcdef" in pruned.err
    assert server.calls() == calls


def test_without_credentials_nothing_is_deleted(retired: Project) -> None:
    pruned = prune(Project(retired.root, {}))

    assert pruned.code == 5
    assert len(retired_ids(retired)) == 4


def test_retired_article_images_leave_without_a_call(project: Project, server: Server) -> None:
    project.sample("articles/step-1.png", "step.png")
    project.manifest("materials:\n  - {path: step.png, type: article_image}\n")
    project.apply()
    project.manifest("materials: []\n")
    project.apply()
    calls = server.calls()

    pruned = prune(project, "--format", "json")

    assert outcomes(pruned) == {"step.png": "dropped"}
    assert project.lock()["retired"] == []
    assert server.calls() == calls


def test_what_a_killed_run_uploaded_reaches_the_lock_before_anything_is_deleted(
    retired: Project, server: Server
) -> None:
    state = retired.root / ".wxsync"
    retired.images("x.png", "y.png")
    server.fault("add_material:latency=1500@2")
    with running(retired, "apply", "--yes", "--jobs", "1") as process:
        until(lambda: b"y.png" in b"".join(file.read_bytes() for file in state.glob("*.journal")))
        process.kill()
        process.communicate(timeout=30)

    pruned = prune(retired)

    assert pruned.code == 0, pruned.err
    assert "x.png" in retired.materials()
    assert retired.materials()["x.png"]["media_id"] in server.ids()
    assert [one["name"] for one in retired.lock()["unconfirmed"]] == ["y.png"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals of this kind")
def test_a_signal_ends_it_in_good_order(retired: Project, server: Server) -> None:
    server.fault("del_material:latency=300")
    with running(retired, "prune", "--yes", "--format", "json") as process:
        until(lambda: server.calls().get("del_material", 0) >= 2)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)

    assert process.returncode == 130, err
    assert json.loads(out)["summary"]["left"] >= 1
    assert retired_ids(retired) == server.ids() - used_ids(retired)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals of this kind")
def test_a_killed_prune_leaves_a_lock_that_knows_at_least_what_is_there(retired: Project, server: Server) -> None:
    server.fault("del_material:latency=200")
    with running(retired, "prune", "--yes") as process:
        until(lambda: server.calls().get("del_material", 0) >= 3)
        process.kill()
        process.communicate(timeout=30)
    server.forget_faults()

    assert server.ids() <= used_ids(retired) | retired_ids(retired)
    assert prune(retired).code == 0
    assert server.ids() == used_ids(retired)


def test_forget_drops_a_record_says_its_id_and_calls_nobody(retired: Project, server: Server) -> None:
    media_id, calls = retired.materials()["a.png"]["media_id"], server.calls()

    forgotten = Project(retired.root, {}).run("forget", "a.png")

    assert forgotten.code == 0, forgotten.err
    assert media_id in forgotten.out
    assert "the next apply looks for it" in forgotten.err
    assert retired.materials() == {}
    assert len(retired.lock()["retired"]) == 4
    assert server.calls() == calls


def test_what_was_forgotten_is_found_again_by_the_next_apply(retired: Project, server: Server) -> None:
    before, ids = retired.materials(), server.ids()
    retired.run("forget", "a.png")

    assert retired.apply().code == 0
    assert retired.materials()["a.png"]["media_id"] == before["a.png"]["media_id"]
    assert server.ids() == ids


def test_what_is_retired_can_be_forgotten_too_and_is_never_deleted_then(retired: Project, server: Server) -> None:
    [gone] = [one["media_id"] for one in retired.lock()["retired"] if one["name"] == "d.png"]

    forgotten = retired.run("forget", "d.png")
    prune(retired)

    assert gone in forgotten.out
    assert server.ids() == used_ids(retired) | {gone}


def test_a_name_that_is_not_there_is_answered_with_the_nearest(retired: Project) -> None:
    before = retired.lock_bytes()

    forgotten = retired.run("forget", "a.pnq")

    assert forgotten.code == 4
    assert "did you mean a.png" in forgotten.err
    assert retired.lock_bytes() == before


def test_one_of_two_names_of_a_material_can_be_forgotten(project: Project) -> None:
    project.add("a.png", png("same"))
    project.add("b.png", png("same"))
    project.manifest("materials:\n  - {path: '*.png', type: image}\n")
    project.apply()

    forgotten = project.run("forget", "a.png")

    assert "Still in use by: b.png" in forgotten.err
    assert set(project.materials()) == {"b.png"}


def write(project: Project, lock: Any, name: str = "materials.lock.json") -> None:
    (project.root / name).write_text(json.dumps(lock), encoding="utf-8")


def command(project: Project, *words: str) -> list[str]:
    return [sys.executable, "-m", "wxsync", "-f", str(project.root / "materials.yaml"), *words]


def running(project: Project, *words: str) -> subprocess.Popen[str]:
    environ = os.environ | project.environ | {"PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command(project, *words), env=environ, stdout=pipe, stderr=pipe, text=True, encoding="utf-8"
    )


def typed(project: Project, answer: str, *words: str) -> tuple[int, str]:
    """Runs a command on a terminal of its own, answers its question, and gives how it ended and what it showed."""
    if sys.platform == "win32":
        pytest.skip("Windows has no terminals of this kind")
    import pty

    ours, theirs = pty.openpty()
    # Opened by the leader of a new session it becomes its terminal, so that Ctrl-C is a signal there.
    shell = ["sh", "-c", 'exec <"$0" >"$0" 2>&1; exec "$@"', os.ttyname(theirs), *command(project, *words)]
    environ = os.environ | project.environ | {"PYTHONPATH": str(ROOT), "TERM": "dumb"}
    with subprocess.Popen(shell, env=environ, start_new_session=True) as process:
        shown = _until(ours, b"[y/N]:")
        os.close(theirs)
        os.write(ours, answer.encode())
        # A Ctrl-C that comes before the program has begun to read is seen at the next one only.
        while (part := _heard(ours, 3.0 if answer == "\x03" else _PATIENCE_SECONDS)) != b"":
            if part is None:
                os.write(ours, answer.encode())
            shown += part or b""
    os.close(ours)
    return process.returncode, shown.decode()


_PATIENCE_SECONDS = 60.0


def _until(terminal: int, question: bytes) -> bytes:
    shown = b""
    while not shown.rstrip().endswith(question):
        part = _heard(terminal, _PATIENCE_SECONDS)
        assert part, f"never asked: {shown.decode(errors='replace')}"
        shown += part
    return shown


def _heard(terminal: int, seconds: float) -> bytes | None:
    """Reads what a terminal shows: nothing where everybody has left it, None where it was silent for so long."""
    return _read(terminal) if select.select([terminal], [], [], seconds)[0] else None


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux says so where nobody has the other end any more
        return b""
