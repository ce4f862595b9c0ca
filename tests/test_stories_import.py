"""What already is at WeChat comes into the lock without an upload: one material by its id, or all that fit."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.project import MEDIA, Project, Server, png
from wxsync.schemas import violations

FOUR = """
materials:
  - {path: images/logo.png, type: image, name: logo}
  - {path: welcome.mp3, type: voice}
  - {path: intro.mp4, type: video, title: 产品介绍, introduction: 三分钟了解我们}
  - {path: cover.jpg, type: thumb}
  - {path: step.png, type: article_image}
"""


@pytest.fixture
def four(project: Project) -> Project:
    """A project with a material of every type, none of which wxsync ever uploaded."""
    project.sample("images/logo.png", "images/logo.png")
    project.sample("audio/welcome.mp3", "welcome.mp3")
    project.sample("video/intro.mp4", "intro.mp4")
    project.sample("covers/intro.jpg", "cover.jpg")
    project.sample("articles/step-1.png", "step.png")
    project.manifest(FOUR)
    return project


def media(name: str) -> bytes:
    return (MEDIA / name).read_bytes()


def uploads(server: Server) -> int:
    return server.calls().get("add_material", 0)


def planned(project: Project) -> Any:
    return project.run("plan", "--format", "json").json["summary"]


def test_a_name_gets_the_material_that_a_person_names(four: Project, server: Server) -> None:
    media_id = server.upload("image", "logo.png", media("images/logo.png"))

    imported = four.run("import", "logo", media_id)

    assert imported.code == 0, imported.err
    record = four.materials()["logo"]
    assert (record["media_id"], record["origin"], record["uploaded_as"]) == (media_id, "imported", "logo.png")
    assert record["url"].startswith("https://mmbiz.qpic.cn/")
    assert media_id in imported.out
    assert violations("lock", four.lock()) == []
    assert planned(four)["keep"] == 1


@pytest.mark.parametrize(
    ("name", "kind", "file", "words"),
    [
        ("welcome.mp3", "voice", "audio/welcome.mp3", {}),
        ("cover.jpg", "thumb", "covers/intro.jpg", {}),
        ("intro.mp4", "video", "video/intro.mp4", {"title": "产品介绍", "introduction": "三分钟了解我们"}),
    ],
)
def test_every_type_of_the_library_can_be_imported(
    four: Project, server: Server, name: str, kind: str, file: str, words: dict[str, str]
) -> None:
    media_id = server.upload(kind, file.rpartition("/")[2], media(file), **words)

    imported = four.run("import", name, media_id)

    assert imported.code == 0, imported.err
    assert "note" not in imported.err
    assert four.materials()[name]["media_id"] == media_id
    assert planned(four)["keep"] == 1


def test_an_id_may_look_like_an_option(four: Project) -> None:
    for words in (
        ["import", "logo", "-abc_def"],
        ["import", "--yes", "logo", "-abc_def", "-q"],
        ["import", "logo", "--abc_def"],
        ["import", "--", "logo", "-abc_def"],
    ):
        imported = four.run(*words)
        assert imported.code == 4, words
        assert "40007" in imported.err


@pytest.mark.parametrize(
    "words", [[], ["logo"], ["--all", "logo"], ["--all", "logo", "id"], ["logo", "id", "more"], ["logo", "-v"]]
)
def test_half_a_sentence_is_a_usage_error(four: Project, words: list[str]) -> None:
    assert four.run("import", *words).code == 64


def test_other_bytes_are_taken_with_a_word(four: Project, server: Server) -> None:
    media_id = server.upload("image", "logo.png", png("compressed"))

    imported = four.run("import", "logo", media_id)

    assert imported.code == 0
    assert "WeChat has other bytes" in imported.err
    assert four.materials()["logo"]["media_id"] == media_id
    assert planned(four)["keep"] == 1, "the record holds the sha256 of the file"


@pytest.mark.parametrize(
    ("name", "kind", "file", "words", "said"),
    [
        ("logo", "voice", "audio/welcome.mp3", {}, "voice (MP3), not image"),
        ("logo", "video", "video/intro.mp4", {"title": "x"}, "video, not image"),
        ("cover.jpg", "voice", "audio/welcome.mp3", {}, "voice (MP3), not thumb"),
        ("welcome.mp3", "image", "images/logo.png", {}, "image (PNG), not voice"),
        ("intro.mp4", "image", "images/logo.png", {}, "a file (PNG), not video"),
        ("intro.mp4", "video", "video/intro.mp4", {"title": "另一个"}, "'另一个', and the manifest says '产品介绍'"),
    ],
)
def test_what_is_surely_something_else_is_refused(
    four: Project, server: Server, name: str, kind: str, file: str, words: dict[str, str], said: str
) -> None:
    media_id = server.upload(kind, file.rpartition("/")[2], media(file), **words)

    imported = four.run("import", name, media_id)

    assert imported.code == 4
    assert said in imported.err
    assert not (four.root / "materials.lock.json").exists()


@pytest.mark.parametrize(("name", "said"), [("step.png", "no media_id"), ("logos", "did you mean logo")])
def test_a_name_that_cannot_have_an_id_is_refused_before_anybody_is_asked(
    four: Project, server: Server, name: str, said: str
) -> None:
    imported = four.run("import", name, "abc")

    assert imported.code == 4
    assert said in imported.err
    assert server.calls() == {}


def test_an_upload_of_ours_is_told_by_its_tag(four: Project, server: Server) -> None:
    four.apply()
    lock = four.lock()
    (four.root / "materials.lock.json").unlink()

    imported = four.run("import", "logo", lock["materials"]["logo"]["media_id"])
    wrong = four.run("import", "logo", lock["materials"]["cover.jpg"]["media_id"])

    assert imported.code == 0
    assert four.materials()["logo"]["origin"] == "uploaded"
    assert four.materials()["logo"]["uploaded_as"] == lock["materials"]["logo"]["uploaded_as"]
    assert wrong.code == 4
    assert "an upload of another content" in wrong.err


def test_what_the_name_had_is_retired_or_leaves(four: Project, server: Server) -> None:
    four.apply()
    uploaded = four.materials()["logo"]["media_id"]
    first, second = (server.upload("image", "logo.png", media("images/logo.png")) for _ in range(2))

    retiring = four.run("import", "logo", first)
    leaving = four.run("import", "logo", second)

    assert f"{uploaded} is retired now" in retiring.err
    assert f"{first} was imported" in leaving.err
    assert [one["media_id"] for one in four.lock()["retired"]] == [uploaded]
    assert [one["replaced_by"] for one in four.lock()["retired"]] == [first]
    assert four.materials()["logo"]["media_id"] == second


def test_a_retired_material_is_taken_back(project: Project, server: Server) -> None:
    project.images("a.png", "b.png")
    project.apply()
    old = project.materials()["b.png"]
    project.manifest("materials:\n  - {path: a.png, type: image}\n")
    project.apply()
    project.images("a.png", "b.png")

    imported = project.run("import", "b.png", old["media_id"])

    assert imported.code == 0, imported.err
    assert project.materials()["b.png"] == old
    assert project.lock()["retired"] == []


def test_an_id_is_shared_only_by_the_same_bytes(project: Project) -> None:
    project.images("a.png")
    project.apply()
    held = project.materials()["a.png"]["media_id"]
    project.add("same.png", png("a.png"))
    project.add("other.png", png("other"))
    project.manifest("materials:\n  - {path: '*.png', type: image}\n")

    sharing = project.run("import", "same.png", held)
    other = project.run("import", "other.png", held)

    assert sharing.code == 0, sharing.err
    assert project.materials()["same.png"]["media_id"] == held
    assert other.code == 4
    assert "another content" in other.err


def test_an_import_settles_a_doubt(four: Project, server: Server) -> None:
    server.fault("add_material:reset-after*1")
    server.fault("batchget_material:status=502")
    unsure = four.apply("--target", "intro.mp4", "--jobs", "1", "--look", "none")
    server.forget_faults()
    [media_id] = server.ids()
    doubts = len(four.lock()["unconfirmed"])

    imported = four.run("import", "intro.mp4", media_id)

    assert (unsure.code, doubts) == (8, 1), unsure.err
    assert imported.code == 0, imported.err
    assert four.lock()["unconfirmed"] == []
    assert four.apply().code == 0
    assert [one["type"] for one in server.state()["materials"]].count("video") == 1


def test_the_lock_of_another_account_is_refused_before_anything_is_sent(project: Project, server: Server) -> None:
    project.images("a.png")
    project.apply()
    lock = project.lock() | {"account": "wx0123456789abcdef", "materials": {}}
    (project.root / "materials.lock.json").write_text(json.dumps(lock), encoding="utf-8")
    calls = server.calls()

    assert project.run("import", "a.png", "abc").code == 6
    assert project.run("import", "--all", "--yes").code == 6
    assert server.calls() == calls


def test_where_the_listing_does_not_answer_only_the_url_is_missing(four: Project, server: Server) -> None:
    media_id = server.upload("image", "logo.png", media("images/logo.png"))
    server.fault("batchget_material:errcode=45009")

    imported = four.run("import", "logo", media_id)

    assert imported.code == 0
    assert "url stays unknown" in imported.err
    assert four.materials()["logo"]["url"] is None


def test_a_lost_lock_comes_back_whole(four: Project, server: Server) -> None:
    four.apply()
    before, sent = four.lock(), uploads(server)
    (four.root / "materials.lock.json").unlink()

    imported = four.run("import", "--all", "--yes")

    assert imported.code == 0, imported.err
    known = {name: one["media_id"] for name, one in before["materials"].items() if one["media_id"]}
    assert {name: one["media_id"] for name, one in four.materials().items()} == known
    assert uploads(server) == sent


def test_a_library_that_others_filled_is_matched_by_name_and_title(four: Project, server: Server) -> None:
    ids = {
        "logo": server.upload("image", "logo.png", media("images/logo.png")),
        "welcome.mp3": server.upload("voice", "welcome.mp3", media("audio/welcome.mp3")),
        "intro.mp4": server.upload("video", "x.mp4", media("video/intro.mp4"), title="产品介绍", introduction="旧"),
        "cover.jpg": server.upload("image", "cover.jpg", media("covers/intro.jpg")),
    }
    stranger = server.upload("image", "party.png", png("party"))

    imported = four.run("import", "--all", "--yes")

    assert imported.code == 0, imported.err
    assert {name: one["media_id"] for name, one in four.materials().items()} == ids
    assert {one["origin"] for one in four.materials().values()} == {"imported"}
    assert "another introduction: '旧'" in imported.err
    assert "party.png" in imported.out
    assert stranger in imported.out
    assert planned(four) | {"keep": 4, "create": 1} == planned(four)


def test_one_material_that_wechat_never_gives_keeps_no_other_from_being_taken(
    project: Project, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wxsync.wechat.retry.WAITS", (0.001, 0.001, 0.001, 0.001))
    project.images("a.png", "b.png", "c.png")
    ids = {name: server.upload("image", name, png(name)) for name in ("a.png", "b.png", "c.png")}
    server.fault(f"get_material:busy,id={ids['b.png']}")

    imported = project.run("import", "--all", "--yes")

    assert imported.code == 0, imported.err
    assert {name: one["media_id"] for name, one in project.materials().items()} == {
        name: ids[name] for name in ("a.png", "c.png")
    }
    assert "b.png" in imported.out
    assert "-1" in imported.out


def test_what_is_not_unique_is_left_to_a_person(project: Project, server: Server) -> None:
    project.images("one/same.png", "two/same.png", "twice.png", "alone.png")
    server.upload("image", "same.png", png("x"))
    server.upload("image", "twice.png", png("twice.png"))
    server.upload("image", "twice.png", png("twice.png"))

    imported = project.run("import", "--all", "--yes")

    assert imported.code == 0
    assert not (project.root / "materials.lock.json").exists()
    assert "the manifest has 2 and the library 1 called same.png" in imported.out
    assert "the manifest has 1 and the library 2 called twice.png" in imported.out
    assert "nothing found" in imported.out
    assert "wxsync import NAME MEDIA_ID" in imported.out


def test_two_copies_of_an_upload_of_ours_become_one_and_a_retired_one(project: Project, server: Server) -> None:
    project.images("a.png")
    project.apply()
    older = project.materials()["a.png"]["media_id"]
    server.advance(60)
    project.apply("--replace", "a.png")
    newer = project.materials()["a.png"]["media_id"]
    (project.root / "materials.lock.json").unlink()

    project.run("import", "--all", "--yes")

    assert project.materials()["a.png"]["media_id"] == older
    assert [one["media_id"] for one in project.lock()["retired"]] == [newer]


def test_where_nobody_can_be_asked_it_is_shown_and_yes_is_needed(four: Project, server: Server) -> None:
    media_id = server.upload("image", "logo.png", media("images/logo.png"))

    imported = four.run("import", "--all")

    assert imported.code == 64
    assert media_id in imported.err
    assert "--yes" in imported.err
    assert not (four.root / "materials.lock.json").exists()


def test_with_nothing_lacking_nobody_is_asked_or_called(four: Project, server: Server) -> None:
    four.apply()
    calls = server.calls()

    imported = four.run("import", "--all")

    assert imported.code == 0
    assert "Nothing to import" in imported.out
    assert server.calls() == calls


def test_what_would_stop_all_takes_nothing(four: Project, server: Server) -> None:
    server.upload("image", "logo.png", media("images/logo.png"))
    server.fault("get_material:errcode=45009")

    imported = four.run("import", "--all", "--yes")

    assert imported.code == 7
    assert not (four.root / "materials.lock.json").exists()
