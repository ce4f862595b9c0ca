"""How much room there is: told with the plan, and refused before the first upload where it is not enough."""

from __future__ import annotations

from tests.project import Project, Server
from tests.wechat_fake import APPID, EMPTY_PAGE, SECRET, STORED, FakeWeChat, no, ok

ADD_MATERIAL = "/cgi-bin/material/add_material"


def test_an_apply_tells_how_full_the_library_is(project: Project) -> None:
    project.images("a.png")

    said = project.apply().err

    assert "Library: 0 of 100,000 images, 0 of 1,000 voices, 0 of 1,000 videos; today" in said


def test_what_cannot_fit_into_the_library_is_refused_before_anything_is_sent(offline: Project) -> None:
    offline.images("a.png", "b.png", "c.png")
    counts = ok(voice_count=0, video_count=0, image_count=90_000, news_count=9_998)
    scripts = {"get_materialcount": [counts], "batchget_material": [EMPTY_PAGE], "get": [no(48001)]}
    with FakeWeChat(**scripts, add_material=[STORED]) as wechat:
        offline.environ = {"WXSYNC_API_BASE": wechat.base, "WXSYNC_APPID": APPID, "WXSYNC_SECRET": SECRET}

        applied = offline.apply()

        assert applied.code == 5
        assert "3 images are to be uploaded, and 2 of 100,000 places are free" in applied.err
        assert wechat.calls("add_material") == []
        assert offline.apply("--max-uploads", "1").code == 7
        assert len(wechat.calls("add_material")) == 1


def test_a_day_that_is_used_up_is_told_before_anything_is_sent(project: Project, server: Server) -> None:
    project.images("a.png", "b.png", "c.png")
    server.limit(daily={ADD_MATERIAL: 2})

    first = project.apply()
    assert first.code == 7
    assert "only 2 of the 3 uploads fit into today's quota" in first.err
    assert len(project.materials()) == 2

    second = project.apply()
    assert second.code == 7
    assert "uploads of today are used" in second.err
    server.advance(24 * 3600)
    assert project.apply().code == 0
    assert len(server.ids()) == 3


def test_a_library_that_is_not_counted_is_no_reason_to_stop(project: Project, server: Server) -> None:
    project.images("a.png")
    server.fault("get_materialcount:errcode=48001")

    applied = project.apply()

    assert applied.code == 0
    assert "nobody knows how full it is" in applied.err
