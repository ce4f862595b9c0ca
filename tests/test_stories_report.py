"""The page as users make it: from a folder, from a plan, from a result; what is shown is what is there."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.project import MEDIA, Project, Server, at_once, png
from tests.test_stories_lfs import pointer
from wxsync.model import Asset, Desired, Location, MaterialType, Record
from wxsync.planner.plan import make_plan
from wxsync.render.documents import plan_text
from wxsync.workflow.previews import previews
from wxsync.workflow.recordings import ALL_PLAYERS_BYTES

MIB = 1024 * 1024
EVERY_TYPE = """
materials:
  - {path: logo.png, type: image, name: logo}
  - {path: welcome.mp3, type: voice}
  - {path: greeting.amr, type: voice}
  - {path: intro.mp4, type: video, title: 产品介绍, introduction: 三分钟了解我们}
  - {path: cover.jpg, type: thumb}
  - {path: step.png, type: article_image}
"""


def fill(project: Project) -> None:
    for source, path in (
        ("images/logo.png", "logo.png"),
        ("audio/welcome.mp3", "welcome.mp3"),
        ("voices/narrow.amr", "greeting.amr"),
        ("video/intro.mp4", "intro.mp4"),
        ("covers/intro.jpg", "cover.jpg"),
        ("articles/step-1.png", "step.png"),
    ):
        project.sample(source, path)
    project.manifest(EVERY_TYPE)


def page(project: Project, *arguments: str) -> str:
    out = project.root / "page.html"
    ended = project.run("report", "-o", str(out), *arguments)
    assert ended.code == 0, ended.err
    assert ended.out == ""
    return out.read_text(encoding="utf-8")


def cards(text: str) -> dict[str, str]:
    return {html.unescape(re.findall("<h3><bdi>(.*?)</bdi></h3>", part)[0]): part for part in _split(text)}


def marks(text: str) -> dict[str, str]:
    return {name: re.findall(r'data-marks="([^"]*)"', card)[0].strip() for name, card in cards(text).items()}


def pictures(card: str) -> list[bytes]:
    return [base64.b64decode(each) for each in re.findall(r'<img src="data:image/[a-z]+;base64,([^"]*)"', card)]


def media(card: str) -> list[str]:
    return re.findall(r'src="data:([a-z/0-9]+);', card)


def test_a_folder_that_was_never_applied_is_shown_offline_and_without_credentials(offline: Project) -> None:
    fill(offline)

    shown = cards(page(offline))

    assert set(marks(page(offline)).values()) == {"create"}
    assert all("No id yet" in card for card in shown.values())
    assert {name: media(card) for name, card in shown.items()} == {
        "logo": ["image/png"],
        "welcome.mp3": ["audio/mpeg"],
        "greeting.amr": [],
        "intro.mp4": ["video/mp4"],
        "cover.jpg": ["image/jpeg"],
        "step.png": ["image/png"],
    }


def test_after_apply_the_page_holds_ids_and_https_urls_and_asks_nobody(project: Project, server: Server) -> None:
    fill(project)
    project.apply()
    calls = server.calls()

    shown = cards(page(project))

    assert set(marks(page(project)).values()) == {"in-step"}
    for name, record in project.materials().items():
        assert record["media_id"] is None or f"<code><bdi>{record['media_id']}</bdi></code>" in shown[name]
        url = (record["url"] or "").replace("http://", "https://")
        assert f"<code><bdi>{html.escape(url)}</bdi></code>" in shown[name] or not url
        assert record["sha256"] in shown[name]
    assert "产品介绍" in shown["intro.mp4"]
    assert "三分钟了解我们" in shown["intro.mp4"]
    assert server.calls() == calls


def test_the_page_is_the_same_bytes_every_time_and_nothing_else_changes(project: Project) -> None:
    fill(project)
    project.apply()
    lock = project.lock_bytes()

    assert page(project) == page(project)
    assert project.lock_bytes() == lock


def test_states_are_those_of_the_plan(project: Project) -> None:
    project.images("same.png", "other.png", "left.png", "moves.png", "old.png")
    project.apply()
    project.add("old.png", png("newer"))
    project.apply()
    project.add("other.png", png("changed"))
    (project.root / "moves.png").rename(project.root / "moved.png")
    project.images("same.png", "other.png", "moved.png", "old.png", "fresh.png")
    for name, seed in (("other.png", "replace"), ("moved.png", "moves.png"), ("old.png", "newer")):
        project.add(name, png(seed))
    lock = project.lock()

    text = page(project)

    states = [
        re.findall(r'<h3><bdi>(.*?)</bdi></h3>.*?class="mark ([a-z-]+)"', card, re.DOTALL)[0] for card in _split(text)
    ]
    assert sorted(states) == [
        ("fresh.png", "create"),
        ("left.png", "retire"),
        ("moved.png", "rename"),
        ("old.png", "in-step"),
        ("old.png", "retired"),
        ("other.png", "replace"),
        ("same.png", "in-step"),
    ]
    assert lock["materials"]["other.png"]["media_id"] in cards(text)["other.png"], "the id in use until apply"
    assert f">replaced by {lock['materials']['old.png']['media_id']}<" in text
    assert "6 materials, " in text
    assert "/ 100,000" not in text, "there is room enough"


def _split(text: str) -> list[str]:
    return re.split(r'(?=<li class="item)', text)[1:]


def test_a_pointer_in_place_of_a_picture_is_shown_with_what_was_kept(project: Project) -> None:
    fill(project)
    project.apply()
    for path in ("logo.png", "intro.mp4"):
        project.add(path, pointer((project.root / path).read_bytes()))

    shown = cards(page(project))

    assert marks(page(project))["logo"] == "in-step"
    assert media(shown["logo"]) == ["image/png"], "it was kept when it was uploaded"
    assert (length(shown["intro.mp4"]), media(shown["intro.mp4"])) == ("0:02", [])
    forget_pictures(project)
    shown = cards(page(project))
    assert media(shown["logo"]) == []
    assert 'class="none image"' in shown["logo"]


def test_what_plan_refuses_report_refuses_in_the_same_words(project: Project) -> None:
    project.sample("refused/picture.webp", "a.png")
    project.manifest("materials:\n  - {path: a.png, type: image}\n")

    ended = project.run("report", "-o", str(project.root / "page.html"))

    assert ended.code == project.run("plan").code == 4
    assert ended.err == project.run("plan").err
    assert not (project.root / "page.html").exists()


def test_a_library_without_materials_says_how_to_begin(offline: Project) -> None:
    offline.manifest("materials: []\n")

    assert "No materials yet" in page(offline)


def test_a_page_that_cannot_be_written_is_a_word_to_a_person(offline: Project) -> None:
    offline.images("a.png")

    ended = offline.run("report", "-o", str(offline.root / "no/such/folder.html"))

    assert ended.code == 5
    assert "cannot be written" in ended.err


def test_report_wants_to_know_where_to_write(offline: Project) -> None:
    offline.images("a.png")

    assert offline.run("report").code == 64


def test_every_voice_and_every_video_has_its_length(offline: Project) -> None:
    fill(offline)
    offline.sample("voices/speech.wma", "speech.wma")
    offline.manifest(EVERY_TYPE + "  - {path: speech.wma, type: voice}\n")

    for _ in range(2):
        shown = cards(page(offline))
        assert {name: length(card) for name, card in shown.items()} == {
            "logo": "",
            "welcome.mp3": "0:02",
            "greeting.amr": "0:01",
            "intro.mp4": "0:02",
            "cover.jpg": "",
            "step.png": "",
            "speech.wma": "0:01",
        }
        silent = {name for name, card in shown.items() if "browsers do not play this format" in card}
        assert silent == {"greeting.amr", "speech.wma"}


def length(card: str) -> str:
    """Gives what the tile of a card says of its length."""
    return "".join(re.findall(r'class="measures">.*?<span>(\d+:[\d:]+)</span>', card)[:1])


def test_as_many_of_the_smallest_play_as_a_page_holds_and_the_others_say_that_they_are_left_out(
    offline: Project,
) -> None:
    sound, film = (MEDIA / "voices/pcm.wav").read_bytes(), (MEDIA / "video/intro.mp4").read_bytes()
    largest = 2 * MIB
    voices = [f"{index:02}.wav" for index in range(ALL_PLAYERS_BYTES // largest + 2)]
    for index, name in enumerate(voices):
        offline.add(name, wave(sound, largest - 2 * index))
    offline.add("a.mp4", padded(film, 10 * MIB))
    offline.manifest('materials:\n  - {path: "*.wav", type: voice}\n  - {path: a.mp4, type: video, title: a}\n')

    shown = cards(page(offline))

    playing = [name for name, card in shown.items() if media(card)]
    assert playing == voices[2:]
    assert [name for name, card in shown.items() if "left out to keep this page small" in card] == [
        *voices[:2],
        "a.mp4",
    ]
    assert length(shown["a.mp4"]) == "0:02"
    assert {length(shown[name]) for name in voices} == {"0:48"}
    assert len(page(offline)) < 60_000_000


def test_what_is_shown_under_several_names_takes_room_for_each(offline: Project) -> None:
    film = padded((MEDIA / "video/intro.mp4").read_bytes(), 9 * MIB)
    for name in ("a.mp4", "b.mp4"):
        offline.add(name, film)
    entries = [f"  - {{path: {name}, type: video, title: one}}\n" for name in ("a.mp4", "b.mp4")]
    offline.manifest("materials:\n" + "".join(entries))

    both = cards(page(offline))
    offline.manifest("materials:\n" + entries[0])

    assert [media(card) for card in both.values()] == [[], []]
    assert [length(card) for card in both.values()] == ["0:02", "0:02"]
    assert [media(card) for card in cards(page(offline)).values()] == [["video/mp4"]]


def padded(film: bytes, size: int) -> bytes:
    """Makes a film that large, with filling behind it."""
    return film + (size - len(film)).to_bytes(4, "big") + b"free" + bytes(size - len(film) - 8)


def test_what_a_recording_was_has_its_length_beside_what_it_is(project: Project) -> None:
    sound = (MEDIA / "voices/pcm.wav").read_bytes()
    project.add("a.wav", wave(sound, 44_100 * 20))
    project.sample("audio/welcome.mp3", "b.mp3")
    project.manifest('materials:\n  - {path: "*.*3", type: voice}\n  - {path: a.wav, type: voice}\n')
    project.apply()
    project.add("a.wav", wave(sound, 44_100 * 30))
    (project.root / "b.mp3").unlink()
    project.manifest("materials:\n  - {path: a.wav, type: voice}\n")

    planned = cards(project.run("plan", "--format", "html").out)
    project.apply()
    shown = _split(page(project))

    assert lengths(planned["a.wav"]) == ["0:20", "0:30"]
    assert lengths(planned["b.mp3"]) == ["0:02"]
    assert media(planned["a.wav"]) == ["audio/wav"]
    assert sorted(map(length, shown)) == ["0:02", "0:20", "0:30"]
    assert [length(card) for card in shown if media(card)] == ["0:30"], "what is nowhere any more does not play"
    assert not [card for card in shown if "left out" in card]


def lengths(card: str) -> list[str]:
    """Gives what the pictures of a card say of its length, before and after."""
    return re.findall(r'class="length">([\d:]+)<', card)


def test_the_length_of_what_was_is_found_in_gits_history_too(project: Project) -> None:
    project.add("a.mp4", padded((MEDIA / "video/intro.mp4").read_bytes(), 2 * MIB))
    project.manifest("materials:\n  - {path: a.mp4, type: video, title: a}\n")
    project.apply()
    git(project, "init", "-q")
    git(project, "add", "-A")
    git(project, "commit", "-qm", "one")
    project.sample("video/index-last.mp4", "a.mp4")
    git(project, "commit", "-qam", "two")
    forget_pictures(project)

    shown = cards(project.run("plan", "--format", "html").out)["a.mp4"]

    assert re.findall(r"<span>(0:\d\d)</span>", shown) == ["0:02", "0:01"] * 2


def test_of_what_is_converted_the_page_tells_and_plays_what_is_sent(offline: Project) -> None:
    offline.sample("refused/speech.ogg", "a.ogg")
    offline.manifest("materials:\n  - {path: a.ogg, type: voice, fit: true}\n")

    shown = cards(page(offline))["a.ogg"]

    assert (length(shown), media(shown)) == ("0:01", ["audio/mpeg"])


def wave(sound: bytes, size: int) -> bytes:
    """Makes a silence that large."""
    head = bytearray(sound[:44])
    head[24:28], head[28:32] = (22_050).to_bytes(4, "little"), (44_100).to_bytes(4, "little")
    head[4:8], head[40:44] = (size - 8).to_bytes(4, "little"), (size - 44).to_bytes(4, "little")
    return bytes(head) + bytes(size - 44)


def test_a_plan_shows_what_will_change_before_and_after(project: Project) -> None:
    project.images("a.png", "b.png")
    project.apply()
    old = project.materials()["b.png"]["media_id"]
    project.add("b.png", png("newer"))

    planned = project.run("plan", "--format", "html")
    everything = project.run("--verbose", "plan", "--format", "html")

    shown = cards(planned.out)
    assert planned.code == 0
    assert marks(planned.out) == {"b.png": "replace"}
    assert marks(everything.out) == {"a.png": "in-step", "b.png": "replace"}
    assert "file changed" in shown["b.png"]
    assert f"<code><bdi>{old}</bdi></code>" in shown["b.png"]
    assert re.findall("<h4 data-t=.*?>(.*?)</h4>", shown["b.png"]) == ["before", "after"]
    assert pictures(shown["b.png"]) == [png("b.png"), png("newer")], "the old one was kept when it was uploaded"


def test_a_result_shows_the_old_id_and_the_new_one(project: Project) -> None:
    project.images("a.png")
    project.apply()
    old = project.materials()["a.png"]["media_id"]
    project.add("a.png", png("newer"))

    applied = project.apply("--format", "html")

    assert applied.code == 0
    assert marks(applied.out) == {"a.png": "done replace"}
    assert re.findall("<span>media_id</span> <code><bdi>(.*?)</bdi>", applied.out) == [
        old,
        project.materials()["a.png"]["media_id"],
    ]
    assert "Put each new media_id" in applied.out


def test_a_refused_material_says_why(project: Project, server: Server) -> None:
    project.images("a.png")
    server.fault("add_material:errcode=40009*1")

    applied = project.apply("--format", "html")

    assert applied.code == 3
    assert marks(applied.out) == {"a.png": "failed create"}
    assert "errcode 40009, rid " in applied.out


def test_nothing_to_do_is_a_page_too(project: Project) -> None:
    project.images("a.png")
    project.apply()

    assert "Nothing to do" in project.run("plan", "--format", "html").out
    assert "Nothing to do" in project.apply("--format", "html").out


def test_what_is_gone_at_wechat_is_marked_in_a_refreshed_plan(project: Project, server: Server) -> None:
    project.images("a.png", "b.png")
    project.apply()
    server.advance(3601)
    server.delete(project.materials()["a.png"]["media_id"])
    project.pause = at_once

    planned = project.run("plan", "--refresh", "--format", "html")

    assert marks(planned.out) == {"a.png": "gone replace"}
    assert "Differences at WeChat" in planned.out


def test_a_saved_plan_shows_pictures_where_they_still_fit(project: Project, tmp_path: Path) -> None:
    project.images("a.png", "b.png")
    saved = str(tmp_path / "plan.json")
    project.run("plan", "-o", saved)
    project.add("b.png", png("changed since"))

    shown = cards(project.run("show", saved, "--format", "html").out)
    elsewhere = cards(project.run("show", saved, "--format", "html", manifest="nowhere/materials.yaml").out)

    assert media(shown["a.png"]) == ["image/png"]
    assert media(shown["b.png"]) == []
    assert [media(card) for card in elsewhere.values()] == [[], []]


@pytest.mark.parametrize("path", ["../secret.png", "{root}/secret.png", "link.png", "a\0b", "x" * 5_000, "."])
def test_a_plan_from_elsewhere_shows_no_file_outside_the_folder(offline: Project, tmp_path: Path, path: str) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(png("secret"))
    (offline.root / "link.png").symlink_to(secret)
    sha256, size = hashlib.sha256(png("secret")).hexdigest(), len(png("secret"))
    asset = Asset("a", path.format(root=tmp_path), MaterialType.IMAGE, Location("materials.yaml", 1, 1))
    saved = tmp_path / "plan.json"
    saved.write_text(plan_text(make_plan([Desired(asset, sha256, size, "png")], None, account=None)), encoding="utf-8")

    shown = offline.run("show", str(saved), "--format", "html")

    assert shown.code == 0, shown.err
    assert marks(shown.out) == {"a": "create"}
    assert media(shown.out) == []


def git(project: Project, *words: str) -> None:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@b.example", *words]
    subprocess.run(command, cwd=project.root, check=True, capture_output=True)


def forget_pictures(project: Project) -> None:
    shutil.rmtree(project.root / ".wxsync/pictures")


def test_what_was_before_is_found_in_gits_history_too(project: Project) -> None:
    project.images("图 a.png", "gone.png")
    project.apply()
    git(project, "init", "-q")
    git(project, "add", "-A")
    git(project, "commit", "-qm", "one")
    project.add("图 a.png", png("newer"))
    (project.root / "gone.png").unlink()
    git(project, "commit", "-qam", "two")
    forget_pictures(project)
    project.manifest("materials:\n  - {path: 图 a.png, type: image}\n")

    shown = cards(project.run("plan", "--format", "html").out)

    assert pictures(shown["图 a.png"]) == [png("图 a.png"), png("newer")]
    assert pictures(shown["gone.png"]) == [png("gone.png")]
    assert list(shown) == ["图 a.png", "gone.png"], "what is replaced stands before what is retired"


def test_without_git_and_without_what_was_kept_a_page_goes_on_without_the_old_picture(project: Project) -> None:
    project.images("a.png")
    project.apply()
    forget_pictures(project)
    project.add("a.png", png("newer"))

    assert pictures(cards(project.run("plan", "--format", "html").out)["a.png"]) == [png("newer")]


def test_a_retired_material_keeps_its_picture(project: Project) -> None:
    project.images("a.png", "b.png")
    project.apply()
    (project.root / "b.png").unlink()
    project.manifest("materials:\n  - {path: a.png, type: image}\n")
    project.apply()

    assert pictures(cards(page(project))["b.png"]) == [png("b.png")]


def test_a_second_page_reads_no_picture_again(project: Project) -> None:
    project.sample("covers/intro.jpg", "cover.jpg")
    project.manifest("materials:\n  - {path: cover.jpg, type: image}\n")
    first = page(project)
    record = Record(MaterialType.IMAGE, "no/such/file", _sha256(project, "cover.jpg"), 1, None, None, None, None)

    again = previews(project.root, [record], project.environ)

    assert base64.b64encode(again[record.sha256].content).decode() in first
    assert (again[record.sha256].width, again[record.sha256].height) == (240, 160)


def _sha256(project: Project, path: str) -> str:
    return hashlib.sha256((project.root / path).read_bytes()).hexdigest()


@pytest.mark.parametrize("content", [b"", b"\n", b"[]\n", b'{"a":1}\n', b"\xff" * 2000, b"[1]\nabc", b"9" * 5_000])
def test_kept_pictures_that_are_not_what_was_kept_are_made_again(project: Project, content: bytes) -> None:
    project.images("a.png")
    project.apply()
    first = page(project)
    for file in (project.root / ".wxsync/pictures").iterdir():
        file.write_bytes(content)

    assert page(project) == first
    assert page(project) == first


@pytest.mark.parametrize("seconds", ["Infinity", "NaN", "1e999", "9" * 400, '"long"', "null", "[]"])
def test_a_kept_length_that_cannot_be_is_found_out_again(project: Project, seconds: str) -> None:
    project.sample("voices/narrow.amr", "a.amr")
    project.manifest("materials:\n  - {path: a.amr, type: voice}\n")
    project.apply()
    [file] = (project.root / ".wxsync/pictures").iterdir()
    file.write_bytes(file.read_bytes().replace(b" 1.12,", f" {seconds},".encode()))

    assert length(cards(page(project))["a.amr"]) == "0:01"
    assert b" 1.12," in file.read_bytes()


@pytest.mark.parametrize("kind", ["text/html", "video/mp4"])
def test_what_was_kept_never_becomes_anything_but_a_picture(project: Project, kind: str) -> None:
    project.images("a.png")
    project.apply()
    page(project)
    for file in (project.root / ".wxsync/pictures").iterdir():
        file.write_bytes(file.read_bytes().replace(b"image/png", kind.encode()))

    assert f"data:{kind}" not in page(project)


def test_a_link_in_place_of_kept_pictures_is_not_followed(project: Project, tmp_path: Path) -> None:
    project.images("a.png")
    project.apply()
    forget_pictures(project)
    (tmp_path / "elsewhere").mkdir()
    (project.root / ".wxsync/pictures").symlink_to(tmp_path / "elsewhere")

    ended = project.run("report", "-o", str(tmp_path / "page.html"))

    assert ended.code == 6
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_where_nothing_can_be_kept_the_page_is_made_all_the_same(project: Project) -> None:
    project.images("a.png")
    project.apply()
    forget_pictures(project)
    (project.root / ".wxsync/pictures").write_bytes(b"a file")

    assert pictures(cards(page(project))["a.png"]) == [png("a.png")]


@pytest.mark.parametrize("path", ["../secret.png", "{root}/secret.png", "below/../../secret.png"])
def test_a_plan_from_elsewhere_shows_no_file_outside_the_folder_out_of_gits_history(
    offline: Project, tmp_path: Path, path: str
) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "secret.png").write_bytes(png("secret"))
    (offline.root / "inside.png").write_bytes(png("inside"))
    git(offline, "add", "-A", str(tmp_path))
    git(offline, "commit", "-qm", "one")
    for file in (tmp_path / "secret.png", offline.root / "inside.png"):
        file.unlink()
    saved = tmp_path / "plan.json"

    def shown(path: str, seed: str) -> list[bytes]:
        asset = Asset("a", path, MaterialType.IMAGE, Location("materials.yaml", 1, 1))
        wanted = Desired(asset, hashlib.sha256(png(seed)).hexdigest(), len(png(seed)), "png")
        saved.write_text(plan_text(make_plan([wanted], None, account=None)), encoding="utf-8")
        return pictures(offline.run("show", str(saved), "--format", "html").out)

    assert shown("inside.png", "inside") == [png("inside")]
    assert shown(path.format(root=tmp_path), "secret") == []
