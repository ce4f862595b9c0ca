"""An apply keeps something of what it uploads while other files are on their way, and nothing where it fails."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.nouns import ACCOUNT, record_of, want
from tests.project import png
from wxsync.executor import Finished, Started
from wxsync.model import Change, MaterialType, Outcome
from wxsync.planner.plan import make_plan
from wxsync.project.small_pictures import SmallPictures
from wxsync.results import Report, Result
from wxsync.thumbnails import EDGE
from wxsync.workflow import keeping
from wxsync.workflow.keeping import Keeping


def uploaded(root: Path, name: str, kind: MaterialType = MaterialType.IMAGE) -> Result:
    content = png(name)
    (root / name).write_bytes(content)
    wanted = replace(want(name, kind=kind), sha256=hashlib.sha256(content).hexdigest(), size=len(content))
    change: Change = make_plan([wanted], None, account=ACCOUNT).changes[0]
    return Result(change, Outcome.DONE, record_of(wanted, f"id-{name}"))


def kept(root: Path, results: Iterable[Result]) -> list[str]:
    pictures = SmallPictures(root)
    return [one.change.name for one in results if pictures.get(one.change.sha256, EDGE)]


def report(*results: Result) -> Report:
    return Report(ACCOUNT, results)


def test_pictures_of_all_uploads_are_kept_also_of_those_that_were_found_later(tmp_path: Path) -> None:
    seen, found = uploaded(tmp_path, "seen.png"), uploaded(tmp_path, "found.png")
    failed = replace(uploaded(tmp_path, "failed.png"), outcome=Outcome.FAILED)

    with keeping.keeping(tmp_path) as keeper:
        for event in (Started(seen.change), Finished(seen), Finished(seen), Finished(failed)):
            keeper.sees(event)
        keeper.save(report(seen, found, failed))

    assert kept(tmp_path, (seen, found, failed)) == ["seen.png", "found.png"]


def test_where_an_apply_fails_nothing_is_kept_and_no_thread_is_left(tmp_path: Path) -> None:
    before = threading.active_count()
    results = [uploaded(tmp_path, f"{number}.png") for number in range(9)]

    def fail(keeper: Keeping) -> None:
        for one in results:
            keeper.sees(Finished(one))
        raise OSError("it fails")

    with pytest.raises(OSError, match="it fails"), keeping.keeping(tmp_path) as keeper:
        fail(keeper)

    assert kept(tmp_path, results) == []
    assert threading.active_count() == before


def test_only_of_some_pictures_anything_is_kept(tmp_path: Path) -> None:
    results = [uploaded(tmp_path, f"{number:03}.png") for number in range(keeping._MOST_KEPT + 3)]

    with keeping.keeping(tmp_path) as keeper:
        for one in reversed(results):
            keeper.sees(Finished(one))
        keeper.save(report(*results))

    assert kept(tmp_path, results) == [one.change.name for one in results[3:]]


class Starved(Keeping):
    def _pool(self) -> ThreadPoolExecutor:
        raise RuntimeError("can't start new thread")


def test_where_no_picture_can_be_begun_with_the_uploads_go_on(tmp_path: Path) -> None:
    one = uploaded(tmp_path, "a.png")

    with ExitStack() as stack:
        keeper = Starved(tmp_path, stack)
        keeper.sees(Finished(one))
        keeper.save(report(one))

    assert kept(tmp_path, [one]) == []


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_state_folder_that_is_not_ours_costs_no_more_than_the_pictures(tmp_path: Path) -> None:
    (tmp_path / ".wxsync").symlink_to(tmp_path)
    one = uploaded(tmp_path, "a.png")

    with keeping.keeping(tmp_path) as keeper:
        keeper.sees(Finished(one))
        keeper.save(report(one))

    assert not (tmp_path / "pictures").exists()
