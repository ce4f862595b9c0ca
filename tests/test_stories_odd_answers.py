"""What a server answers that is no WeChat: every command ends, in words, with nothing impossible in a lock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.project import Project, png
from tests.wechat_fake import APPID, EMPTY_PAGE, SECRET, FakeWeChat, ok, raw
from wxsync.lockfile import read_lock

COUNTS = ok(image_count=1, voice_count=0, video_count=0, news_count=0)
COMMANDS = [["apply", "--yes", "--settle", "0"], ["import", "--all", "--yes"], ["plan", "--refresh"]]


def page(*items: dict[str, Any], total: int | None = None) -> bytes:
    return ok(total_count=len(items) if total is None else total, item_count=len(items), item=list(items))


def item(**changes: Any) -> dict[str, Any]:
    return {
        "media_id": "m-1",
        "name": "a.png",
        "update_time": 1_700_000_000,
        "url": "http://mmbiz.qpic.cn/x/0",
    } | changes


@pytest.fixture
def odd(tmp_path: Path) -> Iterator[tuple[Project, FakeWeChat]]:
    """A project whose WeChat says what a test lets it say."""
    scripts = {"get_materialcount": [COUNTS], "batchget_material": [EMPTY_PAGE], "get_material": [raw(png("a"))]}
    scripts |= {"get": [ok(errcode=0, quota={"daily_limit": 1000, "used": 1, "remain": 999})]}
    scripts |= {"add_material": [ok(media_id="new-1", url="http://mmbiz.qpic.cn/n/0")]}
    with FakeWeChat(**scripts) as server:
        environ = {"WXSYNC_API_BASE": server.base, "WXSYNC_APPID": APPID, "WXSYNC_SECRET": SECRET}
        project = Project(tmp_path / "project", environ)
        project.root.mkdir()
        project.images("a.png")
        yield project, server


def all_end(project: Project) -> None:
    for command in [*COMMANDS, ["pull", str(project.root / "old")]]:
        ran = project.run(*command)
        assert ran.code != 1, (command, ran.err)
        assert SECRET not in ran.out + ran.err
        assert "\x1b" not in ran.out + ran.err
        assert not any(line.lstrip().startswith("::") for line in (ran.out + ran.err).splitlines())
    for lock in project.root.rglob("*.lock.json"):
        assert read_lock(lock), "what cannot be read again was never written"


@pytest.mark.parametrize(
    "changes",
    [
        {"update_time": 10**30},
        {"update_time": -(10**30)},
        {"update_time": 10**15},
        {"update_time": "1e400"},
        {"update_time": None},
        {"update_time": [1]},
        {"media_id": "\ud800"},
        {"media_id": "\x1b[2J"},
        {"media_id": "two words"},
        {"media_id": "\n::error::x"},
        {"media_id": "x" * 500},
        {"media_id": ""},
        {"name": "\udfff.png"},
        {"name": "\u202egnp.exe"},
        {"name": "::stop-commands::x"},
        {"name": {"a": 1}},
        {"url": "javascript:alert(1)"},
        {"url": "http://x/\r\nSet-Cookie: a"},
        {"url": ["http://x"]},
    ],
    ids=lambda changes: str(changes)[:40],
)
def test_an_item_that_cannot_be_ends_no_command(odd: tuple[Project, FakeWeChat], changes: dict[str, Any]) -> None:
    project, server = odd
    server.scripts["batchget_material"] = [page(item(**changes), item(media_id="m-2", name="b.png"))]

    all_end(project)


@pytest.mark.parametrize("total", [10**9, 10**30 // 10**15])
def test_a_listing_without_an_end_is_left(odd: tuple[Project, FakeWeChat], total: int) -> None:
    project, server = odd
    server.scripts["batchget_material"] = [page(*(item(media_id=f"m-{number}") for number in range(20)), total=total)]

    for command in (["plan", "--refresh"], ["import", "--all", "--yes"], ["pull", str(project.root / "old")]):
        before = len(server.seen)
        ran = project.run(*command)
        assert ran.code == 7, (command, ran.err)
        assert "does not end" in ran.err
        assert len(server.seen) - before < 200
