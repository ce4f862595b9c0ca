"""Whoever opens a pull request writes the repository's files: what they put where wxsync keeps its own."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.project import Project, Server, fifo
from wxsync.files import only_run, state_folder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links and FIFOs need a privilege, or are not there")

COMMANDS = [
    ["plan"],
    ["apply", "--yes"],
    ["prune", "--yes"],
    ["forget", "a.png"],
    ["import", "a.png", "some-id"],
    ["get", "a.png"],
    ["export", "--format", "json"],
    ["doctor"],
]
STATE = [
    "run.json",
    "run.lock",
    "materials.journal",
    "digests.json",
    "materials.yaml.plan",
    "materials.yaml.read",
    "materials.lock.json.read",
    "sandbox.db",
    ".gitignore",
]


def link(at: Path, to: Path) -> None:
    at.parent.mkdir(exist_ok=True)
    at.symlink_to(to)


def pipe(at: Path, _to: Path) -> None:
    at.parent.mkdir(exist_ok=True)
    fifo(at)


def socket_file(at: Path, _to: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("Windows has no sockets in folders")
    at.parent.mkdir(exist_ok=True)
    before = Path.cwd()
    os.chdir(at.parent)  # the path of a socket is at most a hundred bytes long
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(at.name)
    finally:
        os.chdir(before)


def device(at: Path, _to: Path) -> None:
    link(at, Path("/dev/zero"))


def folder_of(at: Path) -> dict[str, bytes]:
    return {str(one.relative_to(at)): one.read_bytes() for one in sorted(at.rglob("*")) if one.is_file()}


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder of the user's, with a file that must neither be changed nor shown."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.json").write_text('{"OUTSIDE": "hunter2"}')
    return folder


@pytest.mark.parametrize("put", [link, pipe, device, socket_file])
@pytest.mark.parametrize("name", STATE)
def test_no_file_of_the_state_is_followed_or_waited_for(
    project: Project, server: Server, outside: Path, name: str, put: Callable[[Path, Path], None]
) -> None:
    project.images("a.png")
    put(project.root / ".wxsync" / name, outside / "secret.json")
    before = folder_of(outside)

    for command in COMMANDS:
        ran = project.run(*command)
        assert ran.code == 6, command
        assert f".wxsync/{name} is " in ran.err
        assert "hunter2" not in ran.err + ran.out
    assert folder_of(outside) == before
    assert server.calls() == {}


@pytest.mark.parametrize("target", ["outside", "nowhere", "../outside", "/"])
def test_a_state_folder_that_is_a_link_is_not_entered(project: Project, outside: Path, target: str) -> None:
    project.images("a.png")
    (project.root / ".wxsync").symlink_to(outside if target == "outside" else target)
    before = folder_of(outside)

    for command in [*COMMANDS, ["--sandbox", "apply"], ["--sandbox", "plan"]]:
        assert project.run(*command).code == 6, command
    assert folder_of(outside) == before


def test_a_state_folder_that_is_a_file_is_told(project: Project) -> None:
    project.images("a.png")
    project.add(".wxsync", b"x")

    assert project.run("plan").code == 5
    assert project.apply().code == 5


@pytest.mark.parametrize("put", [link, pipe, device])
@pytest.mark.parametrize("name", ["materials.lock.json", "other.lock.json"])
def test_no_lock_is_followed_or_waited_for(
    project: Project, server: Server, outside: Path, name: str, put: Callable[[Path, Path], None]
) -> None:
    project.images("a.png")
    put(project.root / name, outside / "secret.json")

    for command in COMMANDS if name.startswith("materials") else []:
        ran = project.run(*command)
        assert ran.code == 6 or command == ["doctor"], command
        assert "hunter2" not in ran.err + ran.out
        assert "OUTSIDE" not in ran.err + ran.out
    if name == "materials.lock.json":
        assert server.ids() == set()
    else:
        project.apply()
        project.images("b.png")
        project.apply()
        ran = project.run("prune", "--yes")
        assert ran.code == 6
        assert len(server.ids()) == 2
    assert folder_of(outside) == {"secret.json": b'{"OUTSIDE": "hunter2"}'}


@pytest.mark.parametrize("put", [link, pipe, device])
def test_no_manifest_is_followed_or_waited_for(
    project: Project, outside: Path, put: Callable[[Path, Path], None]
) -> None:
    put(project.root / "materials.yaml", outside / "secret.json")

    for command in (["validate"], ["plan"], ["apply", "--yes"], ["export", "--format", "json"]):
        ran = project.run(*command)
        assert ran.code == 4, command
        assert "[manifest-not-a-file]" in ran.err + ran.out
        assert "hunter2" not in ran.err + ran.out


@pytest.mark.parametrize("name", ["materials.lock.json", ".wxsync/digests.json", ".wxsync/materials.journal"])
def test_a_file_of_four_gigabytes_is_not_read(project: Project, server: Server, name: str) -> None:
    project.images("a.png")
    with project.add(name, b"").open("r+b") as file:
        file.truncate(4 << 30)

    ran = project.apply()

    assert ran.code in ({0} if "digests" in name else {4, 5})
    assert "a defect of wxsync" not in ran.err
    assert len(server.ids()) == (1 if "digests" in name else 0)


@pytest.fixture
def clone(project: Project) -> Project:
    for words in (["init", "-q"], ["config", "user.email", "a@example.com"], ["config", "user.name", "a"]):
        subprocess.run(["git", *words], cwd=project.root, check=True)
    return project


def git(project: Project, *words: str) -> None:
    subprocess.run(["git", *words], cwd=project.root, check=True, capture_output=True)


@pytest.mark.parametrize("name", ["run.json", "materials.journal", "anything", "fitted/a.png"])
@pytest.mark.parametrize("version", ["2", "4"])
def test_state_that_git_tracks_is_refused(clone: Project, server: Server, name: str, version: str) -> None:
    clone.images("a.png")
    clone.add(f".wxsync/{name}", b"from a pull request")
    git(clone, "config", "index.version", version)
    git(clone, "add", "-f", ".")
    git(clone, "commit", "-qm", "hostile")

    for command in COMMANDS:
        ran = clone.run(*command)
        assert ran.code == 6, command
        assert "git tracks files in" in ran.err
    assert server.calls() == {}

    git(clone, "rm", "-rq", "--cached", ".wxsync")
    assert clone.apply().code in {0, 4}, "4 where the journal cannot be read"


def test_state_that_git_ignores_is_nobody_s_business(clone: Project) -> None:
    clone.images("a.png")
    clone.add("docs/.wxsync.md", b"x")
    git(clone, "add", "-f", ".")
    git(clone, "commit", "-qm", "sound")

    assert clone.apply().code == 0
    assert clone.run("plan").code == 0
    git(clone, "add", ".")
    assert clone.run("plan").code == 0, "its .gitignore keeps it out"


def test_a_sandbox_s_state_is_not_written_through_a_link(offline: Project, outside: Path) -> None:
    offline.images("a.png")
    link(offline.root / ".wxsync" / "sandbox.db", outside / "secret.json")

    assert offline.run("--sandbox", "apply").code == 6
    assert folder_of(outside) == {"secret.json": b'{"OUTSIDE": "hunter2"}'}


def test_a_state_folder_that_is_gone_lets_no_second_run_in(project: Project, server: Server) -> None:
    project.images("a.png", "b.png")
    seen: list[int] = []
    with only_run(state_folder(project.root), "wxsync apply"):
        shutil.rmtree(project.root / ".wxsync")
        seen.append(project.apply().code)

    assert seen == [6]
    assert server.ids() == set()
    assert project.apply().code == 0


def test_pull_trusts_nothing_that_lay_in_its_folder(project: Project, outside: Path) -> None:
    project.images("a.png")
    project.apply()
    [record] = project.materials().values()
    said = [
        {"account": project.environ["WXSYNC_APPID"], "seal": "0" * 64},
        {"kept": record | {"path": "images/../../outside/x.png"}},
    ]
    file = project.add("old/.wxsync/pull.jsonl", b"".join(json.dumps(one).encode() + b"\n" for one in said))
    before = folder_of(outside)

    pulled = project.run("pull", str(project.root / "old"))

    assert pulled.code == 6
    assert folder_of(outside) == before
    assert [one.name for one in (project.root / "old").iterdir()] == [".wxsync"]

    file.unlink()
    (project.root / "old" / "images").symlink_to(outside)
    assert project.run("pull", str(project.root / "old")).code in {4, 6}
    assert folder_of(outside) == before


def test_a_file_that_was_rewritten_under_its_old_time_is_seen(project: Project) -> None:
    project.images("a.png")
    file = project.root / "a.png"
    old = time.time_ns() - 10**11
    os.utime(file, ns=(old, old))
    project.apply()
    assert b"a.png" in (project.root / ".wxsync" / "digests.json").read_bytes()
    before = file.stat()
    content = bytearray(file.read_bytes())
    content[-20] ^= 1
    with file.open("r+b") as written:
        written.write(content)
    os.utime(file, ns=(old, old))
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)

    assert json.loads(project.run("plan", "--format", "json").out)["summary"]["replace"] == 1
