"""The gate says the same in a CI, in a Chinese shell and behind a proxy: the environment decides no test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.machine import machine_of

ROOT = Path(__file__).parent.parent
# One test for each kind of thing that wxsync would take from it: a CI, the language, git's variables, an account.
TOUCHY = [
    "tests/test_lock_resolve.py::test_a_clone_that_does_not_merge_locks_says_so_once",
    "tests/test_stories_apply.py::test_all_five_types_go_up_and_the_lock_knows_their_ids",
]
ELSEWHERE = {
    "CI": "true",
    "GITHUB_ACTIONS": "true",
    "GITLAB_CI": "true",
    "JENKINS_URL": "https://jenkins.invalid",
    "LANG": "zh_CN.UTF-8",
    "LC_ALL": "zh_CN.UTF-8",
    "WXSYNC_LANG": "zh",
    "WXSYNC_APPID": "wxfedcba9876543210",
    "WXSYNC_SECRET": "of-somebody",
    "GIT_DIR": "/nonexistent",
    "COLUMNS": "41",
    "NO_COLOR": "1",
    "FORCE_COLOR": "1",
    "TZ": "Asia/Shanghai",
    "HTTP_PROXY": "http://127.0.0.1:1",
}


def test_what_a_ci_a_shell_or_a_person_set_decides_no_test() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TOUCHY],
        cwd=ROOT,
        env=os.environ | ELSEWHERE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_machine_itself_stays_known() -> None:
    seen = machine_of({"PATH": "/bin", "HTTPS_PROXY": "http://proxy", "no_proxy": "x.example", **ELSEWHERE})
    assert seen == {
        "PATH": "/bin",
        "HTTPS_PROXY": "http://proxy",
        "HTTP_PROXY": "http://127.0.0.1:1",
        "NO_PROXY": "x.example,127.0.0.1,localhost,::1",
        "no_proxy": "x.example,127.0.0.1,localhost,::1",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
    }
