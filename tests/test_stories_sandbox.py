"""The sandbox's ids never mix with real ones, however it is reached, and it says what to do next."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project import Project, serving
from wxsync import SANDBOX_APPID
from wxsync.shell import assignment, shell_of

REAL = {"WXSYNC_APPID": "wx0123456789abcdef", "WXSYNC_SECRET": "0" * 32}


@pytest.mark.parametrize("way", ["embedded", "by its variables", "as an account of the manifest"])
def test_the_sandbox_always_has_a_lock_of_its_own(offline: Project, way: str) -> None:
    offline.images("a.png")
    with serving(appid=SANDBOX_APPID) as server:
        words = ["--sandbox"] if way == "embedded" else []
        if way == "by its variables":
            offline.environ |= server.environ
        if way.startswith("as an account"):
            offline.manifest(
                f"accounts:\n  test: {{appid: {SANDBOX_APPID}}}\nmaterials: [{{path: a.png, type: image}}]\n"
            )
            offline.environ |= {
                "WXSYNC_TEST_SECRET": server.environ["WXSYNC_SECRET"],
                "WXSYNC_TEST_API_BASE": server.environ["WXSYNC_API_BASE"],
                "WXSYNC_API_BASE": server.environ["WXSYNC_API_BASE"],
            }

        applied = offline.apply(*words)

    assert applied.code == 0, applied.err
    assert [file.name for file in offline.root.glob("*.lock.json")] == ["materials.sandbox.lock.json"]
    assert "materials.sandbox.lock.json" in applied.err
    assert "out of git" in applied.err


def test_a_lock_of_the_sandbox_that_meets_a_real_account_is_told_as_what_it_is(offline: Project) -> None:
    offline.images("a.png")
    offline.run("--sandbox", "apply")
    (offline.root / "materials.sandbox.lock.json").rename(offline.root / "materials.lock.json")
    offline.environ |= REAL

    planned = offline.run("plan")

    assert planned.code == 6
    assert "written against the sandbox" in planned.err
    assert "git rm -f" in planned.err


def test_what_only_the_sandbox_has_is_told_with_the_command_that_helps(offline: Project) -> None:
    offline.images("a.png")
    offline.add("post.md", b"![a](a.png)\n")
    offline.run("--sandbox", "apply")
    media_id = json.loads(offline.lock_bytes("materials.sandbox.lock.json"))["materials"]["a.png"]["media_id"]

    missing = offline.run("get", "a.png")
    rendered = offline.run("render", str(offline.root / "post.md"))
    exported = offline.run("export", "--format", "json")

    assert (missing.code, rendered.code) == (4, 4)
    for ended in (missing, rendered):
        assert "materials.sandbox.lock.json, the sandbox's lock" in ended.err
        assert "--sandbox" in ended.err
    assert "wxsync --sandbox export" in exported.err
    assert offline.run("--sandbox", "get", "a.png").out == f"{media_id}\n"


def test_the_sandbox_says_what_to_do_next_and_that_it_serves(tmp_path: Path) -> None:
    served = subprocess.Popen(
        [sys.executable, "-m", "wxsync", "sandbox", "--shell", "powershell"],
        cwd=tmp_path,
        env=os.environ
        | {"PYTHONPATH": str(Path(__file__).parent.parent), "WXSYNC_LANG": "en", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert served.stdout
    assert served.stderr
    with served:
        lines = [served.stdout.readline() for _ in range(3)]
        said = [served.stderr.readline() for _ in range(2)]
        port = lines[0].rpartition(":")[2].strip("'\n")
        taken = subprocess.run(
            [sys.executable, "-m", "wxsync", "sandbox", "--port", port],
            cwd=Path(__file__).parent.parent,
            env=os.environ | {"WXSYNC_LANG": "en"},
            capture_output=True,
            text=True,
            check=False,
        )
        served.send_signal(signal.SIGINT)
    assert [line.split(" = ")[0] for line in lines] == [
        "$env:WXSYNC_API_BASE",
        "$env:WXSYNC_APPID",
        "$env:WXSYNC_SECRET",
    ]
    assert "until Ctrl-C" in said[0]
    assert "--state" in said[1]
    assert taken.returncode == 5
    assert "the port is taken" in taken.stderr
    assert "--port" in taken.stderr
    assert served.returncode == 0


def test_a_variable_is_written_in_the_words_of_each_shell() -> None:
    assert assignment("A", "it's", shell="posix") == """export A='it'"'"'s'"""
    assert assignment("A", "it's", shell="powershell") == "$env:A = 'it''s'"
    assert assignment("A", "b c", shell="cmd") == 'set "A=b c"'
    shells = [shell_of({}, system="linux"), shell_of({}, system="win32"), shell_of({"PROMPT": "$P$G"}, system="win32")]
    assert shells == ["posix", "powershell", "cmd"]
