"""Safety stays cheap: few calls besides the uploads, and limits stop a run cleanly."""

from __future__ import annotations

import pytest

from tests.faults.launcher import Launcher
from tests.faults.world import ALL_BUT_VIDEO, judge, recover, world
from tests.project import Project, Server, png

HANDFUL = 8
ADD, LIST = "/cgi-bin/material/add_material", "/cgi-bin/material/batchget_material"


def test_a_thousand_uploads_need_a_handful_of_other_calls(project: Project, server: Server) -> None:
    fill_with_images(project, 1000)

    assert project.apply("--jobs", "16").code == 0

    calls = server.calls()
    assert calls.pop("add_material") == 1000
    assert sum(calls.values()) <= HANDFUL, calls
    assert len(project.materials()) == 1000


def test_one_more_after_many_needs_a_handful_of_listings(project: Project, server: Server) -> None:
    fill_with_images(project, 100)
    assert project.apply("--jobs", "8").code == 0
    before = server.calls()
    project.add("images/one-more.png", png("one more"))

    assert project.apply().code == 0

    after = server.calls()
    assert after["add_material"] - before["add_material"] == 1
    assert sum(after.values()) - sum(before.values()) <= 1 + HANDFUL


def test_a_run_with_nothing_to_do_calls_nobody(launcher: Launcher) -> None:
    with world(launcher, ALL_BUT_VIDEO) as here:
        assert here.apply().code == 0
        calls = here.server.calls()

        assert [here.apply(*more).code for more in ((), ("--look", "all"), ("--jobs", "16"))] == [0, 0, 0]

        assert here.server.calls() == calls


def test_a_lost_lock_of_many_is_read_page_by_page_once(project: Project, server: Server) -> None:
    fill_with_images(project, 90)
    assert project.apply("--jobs", "8").code == 0
    (project.root / "materials.lock.json").unlink()
    before = server.calls()["batchget_material"]

    assert project.apply().code == 0

    assert server.calls()["add_material"] == 90
    assert server.calls()["batchget_material"] - before == 5


@pytest.mark.parametrize("most", [0, 1, 4])
def test_runs_that_may_send_only_so_much_come_to_the_end_together(launcher: Launcher, most: int) -> None:
    with world(launcher, ALL_BUT_VIDEO) as here:
        codes = [here.apply("--max-uploads", str(most)).code for _ in range(6 // most if most else 2)]

        assert set(codes[:-1]) == {7} if len(codes) > 1 else codes == [7]
        assert here.server.calls().get("add_material", 0) + here.server.calls().get("uploadimg", 0) <= 6
        found = recover(here)
        assert (found.wrong, found.answered) == ((), 6)


@pytest.mark.parametrize("jobs", ["1", "4"])
@pytest.mark.parametrize("left", [0, 1, 3])
def test_a_quota_that_ends_stops_the_run_and_the_next_day_goes_on(launcher: Launcher, left: int, jobs: str) -> None:
    with world(launcher, ALL_BUT_VIDEO) as here:
        here.server.limit(daily={ADD: left})

        ended = here.apply("--jobs", jobs)

        assert ended.code == 7, ended.said
        assert len(here.server.ids()) == left
        assert len([one for one in here.project.materials().values() if one["media_id"]]) == left
        here.server.advance(24 * 3600)
        here.server.limit(daily={ADD: 1000})
        assert recover(here).wrong == ()


def test_where_listing_is_over_for_today_nothing_is_sent(launcher: Launcher) -> None:
    with world(launcher, ALL_BUT_VIDEO) as here:
        here.server.limit(daily={LIST: 0})

        ended = here.apply()

        assert ended.code == 7, ended.said
        assert "add_material" not in here.server.calls()
        assert "uploadimg" not in here.server.calls()


@pytest.mark.parametrize(("kind", "places"), [("image", 0), ("image", 2), ("voice", 0)])
def test_a_library_that_is_full_stops_the_run_and_keeps_what_was_done(
    launcher: Launcher, kind: str, places: int
) -> None:
    with world(launcher, ALL_BUT_VIDEO) as here:
        here.server.limit(capacity={kind: places})

        ended = here.apply("--jobs", "1")

        assert ended.code == 5, ended.said
        assert {one["media_id"] for one in here.project.materials().values()} - {None} == here.server.ids()
        here.server.limit(capacity={kind: 1000})
        found = recover(here)
        assert (found.wrong, found.answered) == ((), 6)
        assert judge(here.project, here.server).lost == 0


def fill_with_images(project: Project, many: int) -> None:
    for number in range(many):
        project.add(f"images/{number:04}.png", png(f"{number}"))
    project.manifest("materials:\n  - {path: 'images/*.png', type: image}\n")
