"""Entries are appended to a manifest as text, and what it and the lock hold is listed."""

from __future__ import annotations

import csv
import io

import pytest

from tests.project import Project, png
from wxsync.manifest import read_manifest

MANIFESTS = {
    "a list": "version: 1\nmaterials:\n- path: a.png   # the first\n  type: image\n\n# the end\n",
    "no line feed at the end": "version: 1\nmaterials:\n  - path: a.png\n    type: image",
    "windows": "version: 1\r\nmaterials:\r\n    - type: image\r\n      path: a.png\r\n# end\r\n",
    "keys behind it": "version: 1\nmaterials:\n  - {path: a.png, type: image} # one\n\n"
    "accounts:\n  prod: {appid: wx0123456789abcdef}\n",
    "a text of many lines": "version: 1\nmaterials:\n  - path: a.png\n    type: image\n    name: |-\n"
    "      logo\n\n# end\n",
    "an empty list": "version: 1\nmaterials: []   # nothing yet\n# end\n",
    "brackets": "version: 1\nmaterials: [{path: a.png, type: image},\n  ]\n",
    "json": '{"version": 1, "materials": [{"path": "a.png", "type": "image"}]}',
    "json, empty": '{"version": 1, "materials": []}\n',
    "an escaped emoji": '\ufeffversion: 1\nmaterials: [{path: a.png, type: image, name: "\\ud83d\\ude00"}]\n',
}


@pytest.mark.parametrize("kind", MANIFESTS)
def test_an_entry_is_appended_and_every_other_byte_stays(offline: Project, kind: str) -> None:
    offline.add("a.png", png("a"))
    offline.sample("audio/welcome.mp3", "声音/你好 欢迎.mp3")
    before = MANIFESTS[kind].encode()
    file = offline.add("materials.yaml", before)
    held = {(asset.name, asset.path) for asset in read_manifest(file)[0].assets}

    added = offline.run("add", str(offline.root / "声音" / "你好 欢迎.mp3"), "--name", "welcome")

    after = file.read_bytes()
    manifest, problems = read_manifest(file)
    assert (added.code, problems) == (0, ())
    assert {(asset.name, asset.path) for asset in manifest.assets} == held | {("welcome", "声音/你好 欢迎.mp3")}
    taken = b"[]" if kind == "an empty list" else b""
    assert is_within(before.replace(taken, b"") if taken else before, after)
    assert (b"\r\n" in before) == (b"\r\n" in after)
    assert after.count(b"\n") - after.count(b"\r\n") == (0 if kind == "windows" else after.count(b"\n"))


def test_the_type_is_told_by_the_bytes_where_only_one_takes_them(offline: Project) -> None:
    offline.manifest("materials: []\n")
    offline.add("a.png", png("a"))
    offline.sample("images/banner.gif", "b.gif")
    offline.sample("audio/welcome.mp3", "c.mp3")

    unclear = offline.run("add", str(offline.root / "a.png"))
    sound = offline.run("add", *(str(offline.root / name) for name in ("b.gif", "c.mp3")))
    chosen = offline.run("add", str(offline.root / "a.png"), "--type", "article_image")
    again = offline.run("add", str(offline.root / "a.png"), "--type", "article_image")

    assert unclear.code == 4
    assert "image or article_image" in unclear.err
    assert "--type image" in unclear.err
    assert sound.out == "added b.gif as image\nadded c.mp3 as voice\n"
    assert chosen.out == "added a.png as article_image\n"
    assert "a.png is in" in again.out
    assert offline.run("validate").code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("films/intro.mp4",), "needs a title"),
        (("notes.md",), "is no picture"),
        (("gone.png",), "cannot be read"),
        (("../outside.png",), "outside the manifest's folder"),
        (("pictures/*.png",), "matches no file"),
        (("films",), "needs a title"),
        (("films/intro.mp4", "--type", "voice"), "it can be video"),
        (("a.png", "--type", "image", "--title", "T"), "has no title"),
        (("a.png", "--type", "image", "--name", "taken"), "already that of line"),
    ],
)
def test_what_would_break_the_manifest_is_not_written(offline: Project, words: tuple[str, ...], said: str) -> None:
    offline.sample("video/intro.mp4", "films/intro.mp4")
    offline.add("notes.md", b"# words\n")
    for path in ("a.png", "b.png"):
        offline.add(path, png(path))
    offline.add("../outside.png", png("out"))
    file = offline.manifest("materials:\n  - {path: b.png, type: image, name: taken}\n")
    before = file.read_bytes()

    refused = offline.run("add", str(offline.root / words[0]), *words[1:])

    assert refused.code == 4
    assert said in refused.err
    assert "hint: " in refused.err
    assert file.read_bytes() == before


def test_a_folder_and_a_glob_become_globs_and_a_film_has_its_title(offline: Project) -> None:
    for path in ("posts/1.png", "posts/2.png", "covers/a.png", "covers/b.png"):
        offline.add(path, png(path))
    offline.sample("video/intro.mp4", "film.mp4")
    offline.sample("refused/picture.webp", "wide.webp")
    file = offline.manifest("materials: []\n")

    folder = offline.run("add", str(offline.root / "posts"), "--type", "article_image")
    glob = offline.run("add", str(offline.root / "covers" / "*.png"), "--type", "image")
    film = offline.run("add", str(offline.root / "film.mp4"), "--title", "产品: 介绍")
    fitted = offline.run("add", str(offline.root / "wide.webp"), "--type", "image")

    assert (folder.out, glob.out) == ("added posts/*.png as article_image\n", "added covers/*.png as image\n")
    assert film.out == "added film.mp4 as video\n"
    assert "fit: true" in fitted.out
    assert offline.run("validate").out == f"{file}: 6 materials, all in order.\n"


def test_what_the_manifest_and_the_lock_hold_is_listed_with_its_state(project: Project) -> None:
    project.images("图/甲.png", "b.png", "c.png")
    project.apply()
    ids = {name: one["media_id"] for name, one in project.materials().items()}
    project.add("b.png", png("another"))
    project.images("图/甲.png", "b.png", "new.png")
    project.add("b.png", png("another"))

    listed = project.run("list", "--format", "json").json

    assert [(one["name"], one["state"]) for one in listed] == [
        ("b.png", "changed"),
        ("c.png", "not in the manifest"),
        ("new.png", "new"),
        ("图/甲.png", "in step"),
    ]
    assert [one["media_id"] for one in listed] == [ids["b.png"], ids["c.png"], None, ids["图/甲.png"]]
    rows = list(csv.DictReader(io.StringIO(project.run("list", "图/*", "--format", "csv").out)))
    assert [(row["name"], row["url"][:8]) for row in rows] == [("图/甲.png", "https://")]
    assert ids["b.png"] in project.run("list", "b.png").out
    unknown = project.run("list", "图/乙.png")
    assert unknown.code == 4
    assert "图/甲.png" in unknown.err


def is_within(part: bytes, whole: bytes) -> bool:
    """Tell whether all bytes of a part stand in the whole, in their order, with one stretch put between them."""
    start = next((place for place, pair in enumerate(zip(part, whole, strict=False)) if pair[0] != pair[1]), len(part))
    return whole.endswith(part[start:]) and whole.startswith(part[:start])
