"""The main job as a user does it: a manifest goes in, files go up, a lock comes out, the next run has nothing to do."""

from __future__ import annotations

import hashlib
import re

import pytest

from tests.project import Project, Server, png
from wxsync.schemas import violations

EVERY_TYPE = """
materials:
  - {path: logo.png, type: image, name: logo}
  - {path: welcome.mp3, type: voice}
  - {path: intro.mp4, type: video, title: 产品介绍, introduction: 三分钟了解我们}
  - {path: cover.jpg, type: thumb}
  - {path: "articles/*.png", type: article_image}
"""


@pytest.fixture
def every_type(project: Project) -> Project:
    project.sample("images/logo.png", "logo.png")
    project.sample("audio/welcome.mp3", "welcome.mp3")
    project.sample("video/intro.mp4", "intro.mp4")
    project.sample("covers/intro.jpg", "cover.jpg")
    project.sample("articles/step-1.png", "articles/step-1.png")
    project.sample("articles/step-2.png", "articles/step-2.png")
    project.manifest(EVERY_TYPE)
    return project


def test_all_five_types_go_up_and_the_lock_knows_their_ids(every_type: Project, server: Server) -> None:
    applied = every_type.apply()

    assert applied.code == 0, applied.err
    materials, state = every_type.materials(), server.state()
    assert {one["media_id"] for one in materials.values() if one["media_id"]} == server.ids()
    assert {one["url"] for one in materials.values() if one["type"] == "article_image"} == {
        one["url"] for one in state["article_images"]
    }
    assert materials["intro.mp4"]["title"] == "产品介绍"
    assert materials["articles/step-1.png"]["media_id"] is None
    assert violations("lock", every_type.lock()) == []


def test_a_second_apply_has_nothing_to_do_and_asks_nobody(every_type: Project, server: Server) -> None:
    every_type.apply()
    before, calls = every_type.lock_bytes(), server.calls()

    again = every_type.run("apply")

    assert again.code == 0
    assert "Nothing to do" in again.out
    assert every_type.lock_bytes() == before
    assert server.calls() == calls


def test_the_server_sees_the_bytes_of_the_file_under_a_name_that_tells(every_type: Project, server: Server) -> None:
    every_type.apply()

    record = every_type.materials()["logo"]
    content = (every_type.root / "logo.png").read_bytes()
    said = "\0".join(["wxsync/1", server.sandbox.appid, "image", hashlib.sha256(content).hexdigest(), "", ""])
    tag = "wx" + _base32(hashlib.sha256(said.encode()).digest())[:16]
    assert record["uploaded_as"] == f"logo.{tag}.png"
    assert record["sha256"] == hashlib.sha256(content).hexdigest()
    assert record["uploaded_as"] in server.names()


def test_uploads_have_a_length_and_are_neither_chunked_nor_compressed(every_type: Project, server: Server) -> None:
    every_type.apply()

    uploads = server.requests("add_material")
    assert len(uploads) == 4
    for upload in uploads:
        headers = {name.lower(): value for name, value in upload["headers"]}
        assert int(headers["content-length"]) == upload["size"]
        assert "transfer-encoding" not in headers
        assert "content-encoding" not in headers
        assert upload["query"]["access_token"] == "***"


def test_only_what_changed_goes_up_and_the_old_id_is_retired(project: Project, server: Server) -> None:
    project.images("a.png", "b.png", "c.png")
    project.apply()
    old = project.materials()["b.png"]["media_id"]
    project.add("b.png", png("another"))

    applied = project.apply("--format", "json")

    assert applied.code == 0
    [result] = applied.json["results"]
    assert (result["name"], result["action"], result["old_media_id"]) == ("b.png", "replace", old)
    assert result["media_id"] == project.materials()["b.png"]["media_id"] != old
    [retired] = project.lock()["retired"]
    assert (retired["media_id"], retired["replaced_by"]) == (old, result["media_id"])
    assert len(server.ids()) == 4, "nothing is deleted at WeChat by apply"


def test_a_changed_video_title_is_a_new_upload_and_the_plan_says_why(every_type: Project) -> None:
    every_type.apply()
    every_type.manifest(EVERY_TYPE.replace("产品介绍", "新的介绍"))

    planned = every_type.run("plan")
    applied = every_type.apply()

    assert "replace: title changed" in planned.out
    assert applied.code == 0
    assert every_type.materials()["intro.mp4"]["title"] == "新的介绍"


def test_a_moved_file_and_a_new_name_are_no_upload(project: Project, server: Server) -> None:
    project.images("a.png", "b.png")
    project.apply()
    ids = server.ids()
    (project.root / "moved").mkdir()
    (project.root / "a.png").rename(project.root / "moved/a.png")
    project.manifest(
        "materials:\n  - {path: moved/a.png, type: image}\n  - {path: b.png, type: image, name: better name}\n"
    )

    applied = project.apply("--format", "json")

    assert [one["action"] for one in applied.json["results"]] == ["rename", "rename"]
    assert set(project.materials()) == {"moved/a.png", "better name"}
    assert project.lock()["retired"] == []
    assert server.ids() == ids


def test_the_same_bytes_under_two_names_go_up_once(project: Project, server: Server) -> None:
    project.add("a.png", png("same"))
    project.add("b.png", png("same"))
    project.manifest("materials:\n  - {path: '*.png', type: image}\n")

    applied = project.apply("--format", "json")

    assert sorted(one["action"] for one in applied.json["results"]) == ["create", "share"]
    assert len(server.ids()) == 1
    assert {one["media_id"] for one in project.materials().values()} == server.ids()


def test_two_files_that_swap_their_content_are_no_upload(project: Project, server: Server) -> None:
    project.images("a.png", "b.png")
    project.apply()
    before = project.materials()
    project.add("a.png", png("b.png"))
    project.add("b.png", png("a.png"))

    applied = project.apply()

    assert applied.code == 0
    assert project.materials()["a.png"]["media_id"] == before["b.png"]["media_id"]
    assert project.materials()["b.png"]["media_id"] == before["a.png"]["media_id"]
    assert len(server.ids()) == 2
    assert project.lock()["retired"] == []


def test_bytes_that_come_back_are_taken_back_from_retired(project: Project, server: Server) -> None:
    project.images("a.png")
    project.apply()
    first = project.materials()["a.png"]["media_id"]
    project.add("a.png", png("B"))
    project.apply()
    project.add("a.png", png("a.png"))

    project.apply()

    assert project.materials()["a.png"]["media_id"] == first
    assert [one["media_id"] for one in project.lock()["retired"]] != [first]
    assert len(server.ids()) == 2


def test_bytes_that_come_back_after_a_prune_are_uploaded_anew(project: Project, server: Server) -> None:
    project.images("a.png")
    project.apply()
    first = project.materials()["a.png"]["media_id"]
    project.add("a.png", png("B"))
    project.apply()
    assert project.run("prune", "--yes").code == 0
    project.add("a.png", png("a.png"))

    assert project.apply().code == 0
    assert first not in server.ids()
    assert project.materials()["a.png"]["media_id"] in server.ids()


def test_people_are_told_which_id_took_the_place_of_which(every_type: Project) -> None:
    every_type.apply()
    old = every_type.materials()
    every_type.add("logo.png", png("a new logo"))
    every_type.manifest(EVERY_TYPE.replace("产品介绍", "新的介绍"))

    applied = every_type.apply()

    new = every_type.materials()
    for name in ("logo", "intro.mp4"):
        assert f"media_id {old[name]['media_id']} → {new[name]['media_id']}" in applied.out
    assert "Put each new media_id into the drafts, menus and replies that hold the old one" in applied.out


def test_what_leaves_the_manifest_is_retired_and_stays_at_wechat(project: Project, server: Server) -> None:
    project.images("a.png", "b.png")
    project.apply()
    project.manifest("materials:\n  - {path: a.png, type: image}\n")

    applied = project.apply()

    assert applied.code == 0
    assert set(project.materials()) == {"a.png"}
    assert [one["name"] for one in project.lock()["retired"]] == ["b.png"]
    assert len(server.ids()) == 2


def test_one_refused_file_does_not_stop_the_others(project: Project, server: Server) -> None:
    project.images("a.png", "b.png", "c.png")
    server.fault("add_material:errcode=40009*1")

    applied = project.apply("--jobs", "1", "--format", "json")

    assert applied.code == 3
    assert [one["outcome"] for one in applied.json["results"]] == ["failed", "done", "done"]
    error = applied.json["results"][0]["error"]
    assert error["errcode"] == 40009
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}", error["rid"])
    assert set(project.materials()) == {"b.png", "c.png"}
    assert project.apply().code == 0


def test_the_days_quota_stops_the_run_and_the_next_day_goes_on(project: Project, server: Server) -> None:
    project.images(*(f"{letter}.png" for letter in "abcdef"))
    server.limit(daily={"/cgi-bin/material/add_material": 2})

    applied = project.apply("--jobs", "1", "--format", "json")

    assert applied.code == 7
    assert applied.json["summary"] == {"done": 2, "failed": 1, "skipped": 3, "unknown": 0}
    assert server.calls()["add_material"] == 3
    server.advance(24 * 3600)
    server.limit(daily={"/cgi-bin/material/add_material": 100})
    assert project.apply().code == 0
    assert len(server.ids()) == 6


def test_a_full_library_needs_a_person(project: Project, server: Server) -> None:
    project.images("a.png", "b.png")
    server.limit(capacity={"image": 1})

    applied = project.apply("--jobs", "1")

    assert applied.code == 5
    assert "45034" in applied.out
    assert len(project.materials()) == 1


def test_a_bounded_run_does_its_share_and_says_that_more_is_left(project: Project, server: Server) -> None:
    project.images("a.png", "b.png", "c.png")

    first = project.apply("--max-uploads", "2")
    second = project.apply("--max-uploads", "2")

    assert (first.code, second.code) == (7, 0)
    assert len(server.ids()) == 3


def test_many_uploads_run_side_by_side(project: Project, server: Server) -> None:
    project.images(*(f"{number:02}.png" for number in range(12)))
    server.fault("add_material:latency=150")

    applied = project.apply("--jobs", "12", "--format", "json")

    assert applied.code == 0
    assert len(server.ids()) == 12
    ends = sorted(one["at"] for one in server.requests("add_material"))
    assert ends[-1] - ends[0] < 12 * 0.15, "one after the other would take at least this long"


def test_the_lock_is_canonical_whatever_the_order_of_the_answers(project: Project, server: Server) -> None:
    project.images("b.png", "a.png", "中文.png")
    project.apply("--jobs", "3")

    text = project.lock_bytes().decode()
    assert text.endswith("}\n")
    assert list(project.lock()) == ["account", "lock_version", "materials", "retired", "unconfirmed"]
    assert list(project.materials()) == ["a.png", "b.png", "中文.png"]
    assert all(list(one) == sorted(one) for one in project.materials().values())
    assert "\\u" not in text
    assert server.sandbox.appid in text


def test_no_secret_reaches_a_file_or_the_output(project: Project, server: Server) -> None:
    project.images("a.png", "b.png")
    server.fault("add_material:status=502*1")

    applied = project.apply("--verbose")

    written = b"".join(file.read_bytes() for file in project.root.rglob("*") if file.is_file())
    for text in (applied.out.encode(), applied.err.encode(), written):
        assert server.sandbox.secret.encode() not in text
        assert b"access_token" not in text


def _base32(digest: bytes) -> str:
    import base64

    return base64.b32encode(digest).decode().lower()
