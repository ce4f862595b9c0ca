"""The first minutes: init, schemas for editors, and git that merges locks by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project import MEDIA, Project, Run, Server, fifo, png
from wxsync.cli import run
from wxsync.manifest import read_manifest


def test_init_writes_a_manifest_that_validates_and_tells_git_about_the_lock(offline: Project) -> None:
    git(offline.root, "init", "-q")

    started = offline.run("init")

    assert started.code == 0
    assert offline.run("validate").code == 0
    assert "materials.lock.json merge=wxsync" in (offline.root / ".gitattributes").read_text()
    program, arguments = git(offline.root, "config", "merge.wxsync.driver").strip().split(" lock ")
    assert Path(program).is_absolute(), "git may be started where nothing is on the PATH"
    assert Path(program).is_file()
    assert arguments == "merge %O %A %B"


def test_the_manifest_that_init_writes_is_sound_with_its_comments_taken_away(offline: Project) -> None:
    offline.run("init")
    file = offline.root / "materials.yaml"
    lines = file.read_text(encoding="utf-8").replace("materials: []\n", "").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("# accounts:"))
    text = "\n".join([*lines[:start], *[line.removeprefix("# ") for line in lines[start:]]])
    file.write_text(text + "\n", encoding="utf-8")
    for source, path in (("images/logo.png", "images/logo.png"), ("audio/welcome.mp3", "audio/welcome.mp3")):
        offline.sample(source, path)
    for source, path in (("video/intro.mp4", "video/intro.mp4"), ("covers/intro.jpg", "covers/intro.jpg")):
        offline.sample(source, path)
    offline.sample("images/posts/spring.jpg", "images/posts/spring.jpg")
    offline.sample("articles/step-1.png", "articles/step-1.png")

    assert offline.run("validate").out == f"{file}: 6 materials, all in order.\n"


def test_init_names_the_media_that_lie_there_by_folder_and_type(offline: Project) -> None:
    for path in ("文章/春季/图1.png", "文章/春季/图2.png", "a[1]/b.png", "a[1]/c.png", "2024/yes.png", ".hidden/x.png"):
        offline.add(path, png(path))
    offline.sample("audio/welcome.mp3", "文章/声音.mp3")
    offline.sample("images/posts/spring.jpg", "文章/春季/called.png")
    offline.add("文章/春季/notes.md", b"# words\n")
    offline.add("node_modules/lib/logo.png", png("lib"))
    (offline.root / "link.png").symlink_to(offline.root / "2024" / "yes.png")

    started = offline.run("init")

    listed = offline.run("validate")
    assert started.code == 0
    assert (listed.code, listed.out.splitlines()[-1]) == (0, "0 errors, 1 warning")
    manifest = (offline.root / "materials.yaml").read_text(encoding="utf-8")
    entries = [line.strip() for line in manifest.splitlines() if line.startswith("  - path")]
    assert entries == [
        "- path: 2024/yes.png",
        '- path: "a[[]1]/*.png"',
        "- path: 文章/春季/*.png",
        "- path: 文章/声音.mp3",
    ]
    assert "7 files" in started.out


def test_what_a_document_shows_is_proposed_as_a_picture_of_an_article(offline: Project) -> None:
    for path in ("文章/图/一.png", "文章/图/二.png", "文章/图/封面 1.png", "图片/logo.png"):
        offline.add(path, png(path))
    offline.add("文章/春.md", "![](图/一.png)\n<img src='./图/二.png'>\n![](https://a.test/图/封面.png)\n".encode())
    offline.add("文章/bad.md", b"\xff\xfe![](../\x00)")

    offline.run("init")

    manifest, problems = read_manifest(offline.root / "materials.yaml")
    assert problems == ()
    assert {asset.path: asset.type.value for asset in manifest.assets} == {
        "文章/图/一.png": "article_image",
        "文章/图/二.png": "article_image",
        "文章/图/封面 1.png": "image",
        "图片/logo.png": "image",
    }


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_whatever_the_files_are_called_what_init_writes_validates_and_nothing_else_is_opened(offline: Project) -> None:
    for name in (
        "*.png",
        "b.png",
        "- a: b #c.png",
        "::error::x.png",
        "yes",
        "2024",
        "a, b].png",
        "\"'.png",
        "x[y]/1.png",
    ):
        offline.add(name, png(name))
    offline.add("odd\u202e.png", png("odd"))
    fifo(offline.root / "pipe.png")
    (offline.root / "round").symlink_to(offline.root)
    (offline.root / "outside.png").symlink_to("/etc/hostname")
    offline.add("empty.png", b"")

    started = offline.run("init")

    manifest, problems = read_manifest(offline.root / "materials.yaml")
    assert "9 files" in started.out
    assert problems == ()
    assert {asset.path for asset in manifest.assets} == {
        "*.png", "b.png", "- a: b #c.png", "::error::x.png", "yes", "2024", "a, b].png", "\"'.png", "x[y]/1.png"
    }  # fmt: skip
    assert offline.run("validate").code == 0


def test_what_init_cannot_tell_it_writes_as_comments_that_are_entries_without_their_mark(offline: Project) -> None:
    offline.sample("video/intro.mp4", "films/intro.mp4")
    offline.sample("refused/pointer.jpg", "big/pointer.jpg")
    offline.add("a.png", png("a"))

    offline.run("init")

    file = offline.root / "materials.yaml"
    manifest = file.read_text(encoding="utf-8")
    assert "TODO" in manifest
    assert "big/pointer.jpg: the file is a Git LFS pointer" in manifest
    assert offline.run("validate").out == f"{file}: 1 material, all in order.\n"
    lines = [line.replace("  # - ", "  - ").replace("  #   ", "    ") for line in manifest.splitlines()]
    file.write_text("\n".join(lines), encoding="utf-8")
    assert offline.run("validate").out == f"{file}: 2 materials, all in order.\n"


def test_init_asks_to_fit_what_wechat_would_refuse_and_leaves_out_what_is_of_no_use(offline: Project) -> None:
    offline.sample("refused/picture.webp", "pictures/one.webp")
    offline.add("pictures/one.ico", (MEDIA / "refused/picture.ico").read_bytes())
    for number in range(6):
        offline.add(f"posts/{number}/cover.png", png(f"cover {number}"))

    offline.run("init")

    manifest = (offline.root / "materials.yaml").read_text(encoding="utf-8")
    assert "  - path: pictures/one.webp\n    type: image\n    fit: true\n" in manifest
    assert "  - path: posts/**/*.png\n    type: image\n" in manifest
    assert "# pictures/one.ico: the content is ICO" in manifest
    assert offline.run("validate").code == 0


def test_what_editors_look_for_is_where_the_manifest_says_it_is(offline: Project) -> None:
    offline.run("init")

    first = (offline.root / "materials.yaml").read_text(encoding="utf-8").splitlines()[0]
    schema = offline.root / first.removeprefix("# yaml-language-server: $schema=")
    assert json.loads(schema.read_text(encoding="utf-8"))["title"] == "wxsync manifest"
    assert (offline.root / ".gitignore").read_text() == "materials.sandbox.lock.json\n"


def test_init_overwrites_nothing(offline: Project) -> None:
    offline.add("materials.yaml", b"mine\n")
    offline.add(".gitattributes", b"*.png binary")

    started = offline.run("init")
    again = offline.run("init")

    assert (started.code, again.code) == (0, 0)
    assert (offline.root / "materials.yaml").read_bytes() == b"mine\n"
    attributes = (offline.root / ".gitattributes").read_text().splitlines()
    assert attributes[0] == "*.png binary"
    assert len(attributes) == len(set(attributes)) == 3


def test_two_branches_that_both_uploaded_merge_by_themselves(project: Project, server: Server) -> None:
    git(project.root, "init", "-q", "-b", "main")
    project.run("init")
    # The installed command may be older than this checkout, or missing: git is told to run the very code under test.
    git(project.root, "config", "merge.wxsync.driver", f'"{sys.executable}" -m wxsync lock merge %O %A %B')
    project.images("a.png")
    project.apply()
    commit(project.root, "base")
    git(project.root, "checkout", "-q", "-b", "other")
    project.add("images/b.png", png("b"))
    upload(project, "images/b.png")
    commit(project.root, "other")
    git(project.root, "checkout", "-q", "main")
    project.add("images/c.png", png("c"))
    upload(project, "images/c.png")
    commit(project.root, "main")

    git(project.root, "merge", "-q", "-X", "ours", "-m", "merge", "other")

    assert set(project.materials()) == {"a.png", "images/b.png", "images/c.png"}
    assert {one["media_id"] for one in project.materials().values()} == server.ids()


def test_one_name_with_two_ids_keeps_one_and_retires_the_other(project: Project, server: Server) -> None:
    project.images("a.png")
    sides = []
    for side in ("ours", "theirs"):
        (project.root / "materials.lock.json").unlink(missing_ok=True)
        project.run("apply", "--yes", "--look", "none")
        sides.append(project.add(f"{side}.json", project.lock_bytes()))
    project.add("base.json", b"")

    merged = project.run("lock", "merge", str(project.root / "base.json"), *map(str, sides))

    assert merged.code == 0, merged.err
    lock = json.loads(sides[0].read_bytes())
    held = {one["media_id"] for one in (*lock["materials"].values(), *lock["retired"])}
    assert held == server.ids()
    assert len(lock["retired"]) == 1


@pytest.mark.parametrize(
    "theirs",
    [b'{"lock_version": 99}', b"not json", b'{"account": "wx1111111111111111", "lock_version": 1, "materials": {}, '
     b'"retired": [], "unconfirmed": []}'],
    ids=["newer", "unreadable", "another account"],
)  # fmt: skip
def test_a_real_conflict_leaves_git_its_markers(project: Project, theirs: bytes) -> None:
    project.images("a.png")
    project.apply()
    ours = project.add("ours.json", project.lock_bytes())
    others = project.add("theirs.json", theirs)

    merged = project.run("lock", "merge", str(project.add("base.json", b"")), str(ours), str(others))

    assert merged.code == 1
    assert "error" in merged.err
    assert b"<<<<<<<" in ours.read_bytes()


def test_the_global_options_work_before_and_after_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "materials.yaml"
    file.write_text("version: 1\nmaterials: []\n")

    codes = [run(["-f", str(file), "validate"], {}), run(["validate", "-f", str(file)], {})]
    codes += [run(["--version"], {}), run(["plan", "--version"], {})]

    assert codes == [0, 0, 0, 0]
    said = capsys.readouterr().out.splitlines()
    assert said[0] == said[1]
    assert said[2] == said[3]


def test_a_manifest_that_is_not_there_is_named(offline: Project) -> None:
    planned: Run = offline.run("plan")

    assert planned.code == 4
    assert "materials.yaml" in planned.err
    assert "Traceback" not in planned.err


def upload(project: Project, path: str) -> None:
    names = [one["path"] for one in project.materials().values()] + [path]
    project.manifest("materials:\n" + "".join(f"  - {{path: {name}, type: image}}\n" for name in names))
    assert project.apply().code == 0


def commit(root: Path, message: str) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", message)


def git(root: Path, *words: str) -> str:
    identity = {f"GIT_{who}_{what}": "tester" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    isolated = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    source = {"PYTHONPATH": str(Path(__file__).parent.parent)}
    done = subprocess.run(
        ["git", *words],
        cwd=root,
        env=os.environ | identity | isolated | source,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
