"""What a pull request is told: the manifest's problems, the plan of every account, and which of them apply runs for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.github import Github, Hub, commit, git, wxsync
from tests.project import png
from tests.test_stories_lfs import pointer
from wxsync.ci.overview import COMMENT, NO_NEWS, SUMMARY, Overview, Planned, counted_bytes, page
from wxsync.results import AccountLine


@dataclass(frozen=True, slots=True)
class Told:
    """Holds what planning printed, and its outputs."""

    code: int
    log: str
    markdown: str
    summary: str
    outputs: dict[str, Any]


def plan(folder: Path, *words: str, event: str = "pull_request") -> Told:
    github = Github(folder, Hub(), runs=len(list(folder.glob("temp-*"))))
    temporary = folder / f"temp-{github.runs}"
    environ = github.environ(temporary) | {"GITHUB_EVENT_NAME": event}
    ended = wxsync("ci", "plan", "-o", str(folder / "plan.md"), *words, folder=folder, environ=environ)
    lines = (temporary / "output").read_text().splitlines()
    outputs = dict(line.split("=", 1) for line in lines)
    read = {name: text if name == "key" else json.loads(text) for name, text in outputs.items()}
    markdown = (folder / "plan.md").read_text(encoding="utf-8")
    return Told(ended.returncode, ended.stdout + ended.stderr, markdown, (temporary / "summary").read_text(), read)


def manifest(folder: Path, *pictures: str, accounts: int = 0) -> None:
    for path in pictures:
        (folder / path).write_bytes(png(path))
    names = "".join(f"  shop-{number}: {{appid: wx{number:016}}}\n" for number in range(accounts))
    rows = "".join(f"  - {{path: {json.dumps(path)}, type: image}}\n" for path in pictures)
    head = f"accounts:\n{names}" if accounts else ""
    (folder / "materials.yaml").write_text(f"version: 1\n{head}materials:\n{rows}", encoding="utf-8")


def test_a_manifest_without_accounts_has_one_job(tmp_path: Path) -> None:
    manifest(tmp_path, "a.png")

    told = plan(tmp_path)

    assert (told.code, told.outputs["news"]) == (0, True)
    assert "`a.png`" in told.markdown == told.summary
    assert "a.png" in told.log
    job = {"name": "", "appid": None, "lock": str(tmp_path / "materials.lock.json"), "environment": "wechat"}
    assert told.outputs["pending"] == told.outputs["accounts"] == [job]


def test_each_account_has_a_heading_and_an_environment_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    manifest(tmp_path / "shop", "a.png", accounts=3)

    git(tmp_path, "init", "-q")
    git(tmp_path, "checkout", "-q", "-b", "main")
    commit(tmp_path)

    told = plan(tmp_path, "--manifest", str(tmp_path / "shop/materials.yaml"), "--environment", "live")

    assert [line for line in told.markdown.splitlines() if line.startswith("## ")] == [
        f"## shop-{number}" for number in range(3)
    ]
    assert told.outputs["pending"][1] == {
        "name": "shop-1",
        "appid": "wx0000000000000001",
        "lock": "shop/materials.shop-1.lock.json",
        "environment": "live-shop-1",
    }


def test_a_shard_takes_every_nth_account(tmp_path: Path) -> None:
    manifest(tmp_path, "a.png", accounts=5)

    first, second = plan(tmp_path, "--shard", "1/2"), plan(tmp_path, "--shard", "2/2")

    assert [one["name"] for one in first.outputs["accounts"]] == ["shop-0", "shop-2", "shop-4"]
    assert [one["name"] for one in second.outputs["accounts"]] == ["shop-1", "shop-3"]
    assert first.outputs["key"] != second.outputs["key"]


def test_a_broken_manifest_is_told_in_full_and_plans_nothing(tmp_path: Path) -> None:
    (tmp_path / "materials.yaml").write_text("version: 1\nmaterials:\n  - {path: '```</details>@all', type: image}\n")

    told = plan(tmp_path)

    assert told.code == 4
    assert told.outputs["pending"] == []
    assert told.outputs["news"] is True
    assert "````text\n" in told.markdown, "the fence is longer than any in the text"
    assert told.markdown.index("````text") < told.markdown.index("@all") < told.markdown.rindex("````")


def test_a_lock_of_another_account_is_told_too(tmp_path: Path) -> None:
    manifest(tmp_path, "a.png", accounts=1)
    lock = '{"account": "wx9", "lock_version": 1, "materials": {}, "retired": [], "unconfirmed": []}'
    (tmp_path / "materials.shop-0.lock.json").write_text(lock)

    told = plan(tmp_path)

    assert told.code == 6
    assert "wxsync plan failed with exit code 6" in told.markdown
    assert "wx9" in told.markdown


def test_accounts_that_have_nothing_to_do_share_a_line(tmp_path: Path) -> None:
    manifest(tmp_path, accounts=2)
    (tmp_path / "materials.yaml").write_text(
        (tmp_path / "materials.yaml").read_text().replace("materials:\n", "materials: []\n")
    )

    told = plan(tmp_path)

    assert told.summary == "Nothing to do for shop-0, shop-1.\n"
    assert told.markdown == NO_NEWS + told.summary
    assert told.outputs == told.outputs | {"pending": [], "news": False}


@pytest.mark.parametrize("count", [3, 40])
def test_many_plans_stay_below_the_limit_of_a_comment(count: int) -> None:
    overview = planned_for(count, "x" * 20_000)

    shown = page(overview, limit=COMMENT)

    assert len(shown) <= 64_000
    assert shown.count("## shop-") == 3 if count == 3 else shown.count("## shop-") >= 2
    assert ("more accounts; see the log" in shown) == (count == 40)


def test_a_summary_of_chinese_stays_below_the_limit_that_counts_bytes() -> None:
    shown = page(planned_for(200, "素材" * 2_000), limit=SUMMARY, measure=counted_bytes)

    assert 800_000 < len(shown.encode()) < 1024 * 1024


def planned_for(count: int, said: str) -> Overview:
    lines = [AccountLine(f"shop-{number}", None, "lock") for number in range(count)]
    planned = tuple(Planned(line, None, said, 5) for line in lines)
    return Overview("materials.yaml", "1/1", tuple(lines), "problems " * 100, planned)


FAKE_LFS = """\
import hashlib, pathlib, re, sys
store = pathlib.Path({store!r})
[include] = [word.removeprefix("--include=") for word in sys.argv if word.startswith("--include=")]
with (store / "asked").open("a") as asked:
    asked.write(include + "\\n")
for pattern in include.split(","):
    for file in pathlib.Path.cwd().glob(pattern):
        oid = re.search("sha256:([0-9a-f]+)", file.read_text())[1]
        file.write_bytes((store / oid).read_bytes())
"""


@pytest.fixture
def lfs(tmp_path: Path) -> dict[str, str]:
    """Stands for Git LFS: a command of that name that knows every picture by its digest."""
    store = tmp_path / "store"
    store.mkdir()
    command = tmp_path / "bin/git-lfs"
    command.parent.mkdir()
    command.write_text(f"#!{sys.executable}\n" + FAKE_LFS.format(store=str(store)))
    command.chmod(0o755)
    path = os.pathsep.join([str(command.parent), str(Path(sys.executable).parent), os.environ["PATH"]])
    return {"PATH": path, "STORE": str(store)}


@pytest.mark.skipif(os.name == "nt", reason="the command that stands for Git LFS is a script with a shebang")
def test_only_what_must_be_uploaded_is_fetched(tmp_path: Path, lfs: dict[str, str]) -> None:
    import hashlib

    folder = tmp_path / "repository"
    folder.mkdir()
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    names = ["known.png", "new, [odd] name!.png", "plain.png"]
    manifest(folder, *names)
    environ = lfs | {"WXSYNC_APPID": "wx0123456789abcdef"}
    applied = script_of(folder, "--sandbox", "apply", "--target", "known.png")
    assert applied.returncode == 0, applied.stderr
    text = (folder / "materials.sandbox.lock.json").read_text()
    account = environ["WXSYNC_APPID"]
    (folder / "materials.lock.json").write_text(text.replace(json.loads(text)["account"], account))
    for name in names:
        content = (folder / name).read_bytes()
        (Path(lfs["STORE"]) / hashlib.sha256(content).hexdigest()).write_bytes(content)
        (folder / name).write_bytes(pointer(content))

    commit(folder)
    fetched = wxsync("ci", "plan", folder=folder, environ=environ | {"WXSYNC_APPID": account})
    again = wxsync("ci", "plan", folder=folder, environ=environ | {"WXSYNC_APPID": account})

    assert fetched.returncode == again.returncode == 0, fetched.stderr
    assert (Path(lfs["STORE"]) / "asked").read_text() == "new? ?odd? name?.png,plain.png\n"
    assert (folder / "known.png").read_bytes().startswith(b"version https://git-lfs")
    assert (folder / names[1]).read_bytes().startswith(b"\x89PNG")


def test_without_anything_to_fetch_git_lfs_need_not_be_there(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    manifest(tmp_path, "a.png")
    commit(tmp_path)

    assert wxsync("ci", "plan", folder=tmp_path, environ={}).returncode == 0


def test_without_git_everything_is_planned_all_the_same(tmp_path: Path) -> None:
    manifest(tmp_path, "a.png", accounts=2)

    told = wxsync("ci", "plan", folder=tmp_path, environ={"PATH": str(tmp_path)})

    assert told.returncode == 0, told.stderr
    assert [one["name"] for one in json.loads(told.stdout)] == ["shop-0", "shop-1"]


def script_of(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    from tests.github import isolated

    command = ["wxsync", *words]
    return subprocess.run(command, cwd=folder, env=isolated(), capture_output=True, text=True, check=False)
