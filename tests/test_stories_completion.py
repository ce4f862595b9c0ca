"""The shells complete commands, names, accounts and errcodes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project import Project

ROOT = Path(__file__).parent.parent
MANIFEST = """\
accounts:
  prod: {appid: wx0123456789abcdef}
  staging: {appid: wxfedcba9876543210}
materials:
  - {path: 图片/logo.png, type: image}
  - {path: a b.png, type: image}
"""


@pytest.fixture
def folder(offline: Project) -> Path:
    offline.images("图片/logo.png", "a b.png")
    offline.manifest(MANIFEST)
    program = offline.add("bin/wxsync", f'#!/bin/sh\nexec "{sys.executable}" -m wxsync "$@"\n'.encode())
    program.chmod(0o755)
    return offline.root


def asked(folder: Path, words: list[str], shell: str = "zsh") -> list[str]:
    """Asks as a shell does for what may follow some words; the last of them is not whole."""
    environ = os.environ | {"PYTHONPATH": str(ROOT), "WXSYNC_LANG": "en", "_WXSYNC_COMPLETE": f"{shell}_complete"}
    joined = "\n".join(words) if shell == "powershell" else " ".join(word.replace(" ", "\\ ") for word in words)
    environ |= {"COMP_WORDS": joined, "COMP_CWORD": words[-1] if shell == "powershell" else str(len(words) - 1)}
    done = subprocess.run(
        [sys.executable, "-m", "wxsync"], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["wxsync", "exp"], ["explain", "export"]),
        (["wxsync", "get", "图"], ["图片/logo.png"]),
        (["wxsync", "plan", "--target", "a"], ["a b.png"]),
        (["wxsync", "-a", "s"], ["staging"]),
        (["wxsync", "explain", "4016"], ["40163", "40164", "40165"]),
        (["wxsync", "completion", "f"], ["fish"]),
        (["wxsync", "forget", "图"], []),
        (["wxsync", "-f", "gone.yaml", "get", "图"], []),
    ],
)
def test_what_may_follow_is_offered(folder: Path, words: list[str], offered: list[str]) -> None:
    values = asked(folder, words)[1::3]
    told = [line.partition("\t")[0] for line in asked(folder, words, "powershell") if line]

    known = [value for value in offered if not value.isdigit()]
    if known or not offered:
        assert values == told == offered
    else:
        assert values == told
        assert set(values) & set(offered)


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_completes_a_name_with_what_the_command_printed(folder: Path) -> None:
    script = (
        'eval "$(wxsync completion bash)"; COMP_WORDS=(wxsync get 图); COMP_CWORD=2; _wxsync_completion wxsync; '
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    environ = os.environ | {"PYTHONPATH": str(ROOT), "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}

    done = subprocess.run(["bash", "-c", script], cwd=folder, env=environ, capture_output=True, text=True, check=False)

    assert done.stdout == "图片/logo.png\n", done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_the_script_of_each_shell_asks_this_program(offline: Project, shell: str) -> None:
    printed = offline.run("completion", shell)

    assert printed.code == 0
    assert "_WXSYNC_COMPLETE" in printed.out
    assert f"{shell}_complete" in printed.out
    assert "%(" not in printed.out


def test_an_unknown_shell_is_named(offline: Project) -> None:
    assert offline.run("completion", "tcsh").code == 64
