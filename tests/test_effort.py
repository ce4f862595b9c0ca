"""What a command costs, counted in work and not in seconds: stats, opens, folders, syncs, connections, imports."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import FrameType, MappingProxyType
from typing import Any, NamedTuple

import pytest

from tests.benchmarks.distance import distant
from tests.nouns import want
from tests.project import MEDIA, Project, Server, png
from tests.test_stories_report import padded
from wxsync.cli.options import Settings
from wxsync.cli.progress import Progress
from wxsync.executor import Finished
from wxsync.model import Outcome
from wxsync.planner.plan import make_plan
from wxsync.results import Result

ROOT = Path(__file__).parent.parent
FOLDERS = 8  # the project, images, and six with fifty images each
BESIDES = 70  # stats of the manifest, the lock, the folders and so on, however many files there are
LOCKS = 30  # syncs of the lock, the journal's name and so on, however many uploads there are
HANDFUL = 8
THREADS = 12  # of the uploads, of the digests and so on, however many uploads there are
PICTURES = 60  # of how many uploads an apply keeps a small picture

# What a plan of one picture that has changed does without. Modules take most of its time: whatever only a mistake, a
# sound, a journal, a document or another command needs is imported by what needs it.
NOT_FOR_A_CHANGE = {
    *("yaml", "jsonschema", "requests", "werkzeug", "concurrent.futures", "logging", "rich", "jinja2", "markdown_it"),
    *("PIL", "filelock", "subprocess", "tempfile", "shutil", "shlex", "zlib", "socket", "difflib", "random"),
    "dataclasses",
    *("wxsync.git", "wxsync.journal", "wxsync.lockfile", "wxsync.records", "wxsync.results", "wxsync.executor"),
    *("wxsync.fit", "wxsync.links.find", "wxsync.manifest.document", "wxsync.manifest.parse", "wxsync.project.ledger"),
    "wxsync.shell",
    *(f"wxsync.media.{name}" for name in ("amr", "asf", "boxes", "films", "hints", "mp3", "mp4", "wav")),
    *(f"wxsync.planner.{name}" for name in ("dispose", "filing", "merge", "recovered", "take", "uses")),
    *(f"wxsync.render.{name}" for name in ("documents", "html", "markdown", "problems")),
    *("wxsync.wechat.answers", "wxsync.wechat.client", "wxsync.wechat.transport"),
}
# What a plan that is remembered, or a line of help, does without beside that.
NOT_FOR_A_START = {"fnmatch", "hashlib", "msgspec", "pathlib", "urllib.parse", "wxsync.model"}

# Counts from inside a process of its own, for an audit hook can never be taken away again.
_PROBE = """
import json, sys, threading
from collections import Counter

COUNTED = ("stat", "lstat", "fstat", "fsync", "start_new_thread", "load_verify_locations")
calls, opened = Counter(), []

def is_import(frame):
    return "importlib" in frame.f_code.co_filename

def called(frame, event, argument):
    if event == "c_call" and argument.__name__ in COUNTED and not is_import(frame):
        calls[argument.__name__] += 1

def audited(event, arguments):
    if event in ("os.scandir", "os.listdir", "socket.connect") and not is_import(sys._getframe(1)):
        calls[event] += 1
    elif event == "open" and arguments[0] is not None:
        opened.append(str(arguments[0]))

from wxsync.cli import run
sys.addaudithook(audited)
threading.setprofile(called)
sys.setprofile(called)
code = run(sys.argv[1:], dict(__import__("os").environ))
sys.setprofile(None)
print("\\0" + json.dumps([code, calls, opened, sorted(sys.modules)]), file=sys.stderr)
"""


class Effort(NamedTuple):
    """Holds what one command did."""

    code: int
    calls: Counter[str]
    media: int
    others: Counter[str]
    modules: set[str]

    @property
    def stats(self) -> int:
        return sum(self.calls[name] for name in ("stat", "lstat", "fstat"))


# How long a busy machine lets one upload wait for the next must decide nothing.
_PATIENT = "from wxsync.wechat import patience; patience.KEPT_SECONDS = 600.0"


def effort(project: Project, *arguments: str, by: Mapping[str, str] = MappingProxyType({}), first: str = "") -> Effort:
    environ = {key: value for key, value in os.environ.items() if not key.startswith("WXSYNC_")}
    ended = subprocess.run(
        [sys.executable, "-c", first + _PROBE, "--manifest", "materials.yaml", *arguments],
        cwd=project.root,
        env=environ | project.environ | {"PYTHONPATH": str(ROOT)} | dict(by),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    said: list[Any] = json.loads(ended.stderr.rpartition("\0")[2])
    code, calls, opened, modules = said
    names = [Path(one).name for one in opened]
    media = sum(name.endswith((".png", ".amr", ".wav", ".mp4")) for name in names)
    others = Counter(name for name in names if name.startswith("materials."))
    return Effort(code, Counter(calls), media, others, set(modules))


def library(project: Project, many: int, *, besides: int = 0) -> None:
    """Makes so many images in folders of fifty, besides those that are there; none was touched a moment ago."""
    for number in range(besides, besides + many):
        file = project.add(f"images/{number // 50}/{number:04}.png", png(f"{number}"))
        os.utime(file, (time.time() - 60, time.time() - 60))
    project.manifest("materials:\n  - {path: 'images/**/*.png', type: image}\n")


@pytest.fixture
def in_step(project: Project) -> Project:
    library(project, 300)
    assert project.apply("--jobs", "8").code == 0
    return project


def test_a_plan_with_nothing_to_do_costs_a_stat_a_file_and_opens_none(in_step: Project) -> None:
    effort(in_step, "plan")

    done = effort(in_step, "plan")

    assert done.code == 0
    assert done.media == 0
    assert 300 <= done.stats <= 300 + BESIDES
    assert done.calls["os.scandir"] + done.calls["os.listdir"] <= 2 * FOLDERS + 2, (
        "and the state, with its pictures, once"
    )
    assert done.others["materials.yaml"] <= 2
    assert done.others["materials.lock.json"] <= 2
    assert done.calls["socket.connect"] == done.calls["fsync"] == 0


def test_one_file_that_changed_is_the_only_one_that_is_opened(in_step: Project) -> None:
    effort(in_step, "plan")
    in_step.add("images/3/0151.png", png("changed"))

    assert effort(in_step, "plan").media == 1


def test_a_plan_after_a_change_reads_neither_yaml_nor_lock_nor_what_else_did_not_change(in_step: Project) -> None:
    time.sleep(2.1)  # what was touched a moment ago is not remembered
    effort(in_step, "plan")
    in_step.add("images/3/0151.png", png("changed"))

    done = effort(in_step, "plan")

    assert done.code == 0
    assert done.media == 1
    # Each folder is listed once, and shows the state of its files; what else is the state with its pictures.
    assert done.calls["os.scandir"] <= FOLDERS + 3
    assert done.stats <= BESIDES
    assert done.others["materials.yaml"] == done.others["materials.lock.json"] == 0
    assert done.others["materials.yaml.read"] == done.others["materials.lock.json.read"] == 1
    assert not done.modules & NOT_FOR_A_CHANGE


def test_what_was_found_in_order_is_not_read_again(project: Project) -> None:
    library(project, 60)
    assert effort(project, "validate").media == 60

    assert effort(project, "validate").media == 0
    assert effort(project, "plan").media == 0, "nor where all of it is to be sent"


def test_a_plan_opens_each_new_file_once(project: Project) -> None:
    library(project, 60)

    done = effort(project, "plan")

    assert done.media == 60
    assert done.calls["socket.connect"] == 0


def test_a_plan_that_is_remembered_imports_nothing_that_reads_or_sends(in_step: Project) -> None:
    time.sleep(2.1)  # what was touched a moment ago is not remembered
    effort(in_step, "plan")

    done = effort(in_step, "plan")

    assert (done.media, done.stats) <= (0, BESIDES)
    assert done.calls["os.scandir"] == FOLDERS
    assert not done.modules & (NOT_FOR_A_CHANGE | NOT_FOR_A_START)


def test_validate_and_plan_import_nothing_that_sends(project: Project) -> None:
    library(project, 1)

    for command in ("validate", "plan"):
        assert effort(project, command).modules.isdisjoint({"requests", "urllib3", "werkzeug"})


def test_an_upload_costs_three_opens_two_syncs_and_one_connection_at_most(project: Project, server: Server) -> None:
    few, many = 20, 120
    library(project, few)
    first = effort(project, "apply", "--yes", "--jobs", "4")
    library(project, many, besides=few)

    second = effort(project, "apply", "--yes", "--jobs", "4")

    assert server.calls()["add_material"] == few + many
    # To plan it, to send it, and some to keep a small picture, which shows what was there once the file has changed.
    assert (first.media, second.media) == (3 * few, 2 * many + PICTURES)
    # The intent and the answer are synced, side by side in one; the lock is written every few seconds, not each time.
    assert first.calls["fsync"] <= 2 * few + LOCKS
    assert second.calls["fsync"] <= 2 * many + LOCKS
    # Each upload has a connection of its own where the server, as the sandbox, does not say that it keeps them.
    assert second.calls["socket.connect"] <= many + HANDFUL
    # No thread watches over a single upload.
    assert second.calls["start_new_thread"] <= THREADS


def test_a_page_opens_the_recordings_that_it_holds_and_no_others(project: Project) -> None:
    film = (MEDIA / "video/intro.mp4").read_bytes()
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        project.add(name, padded(film + name.encode(), 7 * 1024 * 1024))
    project.sample("voices/narrow.amr", "d.amr")
    project.sample("voices/pcm.wav", "e.wav")
    for file in project.root.iterdir():
        os.utime(file, (time.time() - 60, time.time() - 60))
    films = "".join(f"  - {{path: {name}, type: video, title: t}}\n" for name in ("a.mp4", "b.mp4", "c.mp4"))
    project.manifest(f"materials:\n{films}  - {{path: '*.amr', type: voice}}\n  - {{path: e.wav, type: voice}}\n")
    assert project.apply().code == 0

    kept_by_apply = effort(project, "report", "-o", "one.html")
    shutil.rmtree(project.root / ".wxsync/pictures")
    kept_by_none = effort(project, "report", "-o", "two.html")
    kept_by_report = effort(project, "report", "-o", "three.html")

    # Two of the films and a voice play in the page; the length of the other two is remembered.
    assert [one.media for one in (kept_by_apply, kept_by_none, kept_by_report)] == [3, 5, 3]
    assert len({(project.root / f"{name}.html").read_bytes() for name in ("one", "two", "three")}) == 1


@pytest.mark.parametrize("keeps", [True, False], ids=["keeps", "closes"])
def test_over_tls_trust_is_loaded_once_and_a_kept_connection_carries_many_uploads(
    project: Project, server: Server, tmp_path: Path, keeps: bool
) -> None:
    many = 40
    library(project, many)

    with distant(project.environ, tmp_path / "door", milliseconds=2, keeps=keeps) as environ:
        done = effort(project, "apply", "--yes", "--jobs", "4", by=environ, first=_PATIENT)

    assert server.calls()["add_material"] == many
    assert done.calls["load_verify_locations"] == 1
    if keeps:
        assert done.calls["socket.connect"] <= many / 2
    else:
        assert many <= done.calls["socket.connect"] <= many + HANDFUL


def test_progress_looks_at_each_upload_a_few_times_however_many_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    uploads = make_plan([want(f"{number:04}", f"{number:x}") for number in range(1_000)], None, account="wx1").uploads
    progress = Progress(Settings())
    looks = 0

    def called(frame: FrameType, event: str, _argument: object) -> None:
        nonlocal looks
        looks += event == "call" and frame.f_code.co_name == "sent_bytes"

    sys.setprofile(called)
    progress.start(uploads)
    for change in uploads:
        progress.sees(Finished(Result(change, Outcome.DONE, change.after)))
    sys.setprofile(None)

    assert len(capsys.readouterr().err.splitlines()) == 10
    assert looks <= 3 * len(uploads)
