"""Which files a manifest means: named ones, globs, hidden ones, links, and what another system would confuse."""

import contextlib
import os
import socket
import sys
import tempfile
from pathlib import Path

import pytest

from wxsync.manifest import read_manifest
from wxsync.model import Asset, Problem

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
needs_odd_names = pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps every name as it is")


def plant(folder: Path, *files: str) -> Path:
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(b"content of " + file.encode())
    return folder


def read(folder: Path, *entries: str) -> tuple[tuple[Asset, ...], tuple[Problem, ...]]:
    file = folder / "materials.yaml"
    lines = "".join(f"  - {{type: image, {entry}}}\n" for entry in entries)
    file.write_text(f"version: 1\nmaterials:\n{lines}", encoding="utf-8")
    manifest, problems = read_manifest(file, shown_as="materials.yaml")
    return manifest.assets, problems


def paths(folder: Path, *entries: str) -> list[str]:
    assets, problems = read(folder, *entries)
    assert problems == ()
    return [asset.path for asset in assets]


def codes(folder: Path, *entries: str) -> list[str]:
    return [problem.code for problem in read(folder, *entries)[1]]


TREE = ("a.png", "b.jpg", "x/a.png", "x/b.png", "x/y/a.png", "x/y/z/a.png", ".h/a.png", "x/.h/b.png", "x/.i.png")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.png", ["a.png"]),
        ("?.*", ["a.png", "b.jpg"]),
        ("[ab].jpg", ["b.jpg"]),
        ("[!a].jpg", ["b.jpg"]),
        ("x/*", ["x/a.png", "x/b.png"]),
        ("*/*.png", ["x/a.png", "x/b.png"]),
        ("x/**", ["x/a.png", "x/b.png", "x/y/a.png", "x/y/z/a.png"]),
        ("x/**/*", ["x/a.png", "x/b.png", "x/y/a.png", "x/y/z/a.png"]),
        ("x/**/**/a.*", ["x/a.png", "x/y/a.png", "x/y/z/a.png"]),
        ("**/a.png", ["a.png", "x/a.png", "x/y/a.png", "x/y/z/a.png"]),
        ("**/y/**/a.png", ["x/y/a.png", "x/y/z/a.png"]),
        ("x/**/z/*", ["x/y/z/a.png"]),
        (".h/*", [".h/a.png"]),
        (".*/a.png", [".h/a.png"]),
        ("**/.h/*.png", [".h/a.png", "x/.h/b.png"]),
        ("x/.*", ["x/.i.png"]),
        ("**/.*.png", ["x/.i.png"]),
    ],
)
def test_a_glob_finds_these_files_and_no_others(tmp_path: Path, pattern: str, expected: list[str]) -> None:
    assert paths(plant(tmp_path, *TREE), f"path: '{pattern}'") == expected


@pytest.mark.parametrize("pattern", ["[.]h/*", "?h/*", "*h/a.png", "**/*.h/*"])
def test_only_a_dot_that_is_written_matches_a_hidden_name(tmp_path: Path, pattern: str) -> None:
    assert codes(plant(tmp_path, *TREE), f"path: '{pattern}'") == ["nothing-matches"]


@pytest.mark.parametrize(
    ("exclude", "expected"),
    [
        ("['**/b.png']", ["x/a.png", "x/y/a.png", "x/y/z/a.png"]),
        ("['x/y/**']", ["x/a.png", "x/b.png"]),
        ("['x/*.png']", ["x/y/a.png", "x/y/z/a.png"]),
        ("['**/y/a.png', x/a.png]", ["x/b.png", "x/y/z/a.png"]),
        ("['*.png', nothing/at/all]", ["x/a.png", "x/b.png", "x/y/a.png", "x/y/z/a.png"]),
        ("['**']", []),
        ("[]", ["x/a.png", "x/b.png", "x/y/a.png", "x/y/z/a.png"]),
    ],
)
def test_exclude_leaves_out_whole_paths(tmp_path: Path, exclude: str, expected: list[str]) -> None:
    assert paths(plant(tmp_path, *TREE), f"path: 'x/**', exclude: {exclude}") == expected


def test_exclude_matches_hidden_names_that_the_glob_has_found(tmp_path: Path) -> None:
    assert paths(plant(tmp_path, ".h/draft-a.png", ".h/b.png"), "path: .h/*, exclude: ['**/draft-*']") == [".h/b.png"]


def test_an_explicit_entry_takes_its_file_out_of_all_globs(tmp_path: Path) -> None:
    plant(tmp_path, "a.png", "b.png")
    assets, problems = read(tmp_path, "path: a.png, name: logo", "path: '*.png'", "path: '[a].*'")
    assert problems == ()
    assert [(asset.name, asset.path) for asset in assets] == [("b.png", "b.png"), ("logo", "a.png")]


def test_a_broken_explicit_entry_still_takes_its_file_out_of_globs(tmp_path: Path) -> None:
    plant(tmp_path, "a.png", "b.png")
    assets, problems = read(tmp_path, "path: a.png, nmae: logo", "path: '*.png'")
    assert [asset.path for asset in assets] == ["b.png"]
    assert [problem.code for problem in problems] == ["unknown-key"]


def test_one_file_can_have_two_types_under_two_names(tmp_path: Path) -> None:
    plant(tmp_path, "a.png")
    file = tmp_path / "materials.yaml"
    file.write_text(
        "version: 1\nmaterials:\n  - {path: a.png, type: image}\n  - {path: a.png, type: thumb, name: cover}\n"
    )
    manifest, problems = read_manifest(file)
    assert problems == ()
    assert [(asset.name, asset.path, asset.type) for asset in manifest.assets] == [
        ("a.png", "a.png", "image"),
        ("cover", "a.png", "thumb"),
    ]


def test_many_files_that_two_globs_share_are_one_problem(tmp_path: Path) -> None:
    plant(tmp_path, *(f"x/{number}.png" for number in range(30)))
    assets, (problem,) = read(tmp_path, "path: x/*.png", "path: 'x/[12]*'")
    assert problem.code == "globs-overlap"
    assert problem.message == "`x/[12]*` and `x/*.png` (line 3) both match 22 files, the first is `x/1.png`"
    assert len(assets) == 30


@needs_odd_names
@pytest.mark.parametrize(
    "name", ["a*.png", "a[1].png", "what?.png", "**", "a\\b.png", "C:a.png", " a.png", "-", "a'b", "[!a]"]
)
def test_a_path_that_names_a_file_is_that_file_whatever_characters_it_holds(tmp_path: Path, name: str) -> None:
    plant(tmp_path, "x/a1.png", "x/" + name)
    quoted = name.replace("'", "''")
    assert paths(tmp_path, f"path: 'x/{quoted}'") == ["x/" + name]


@needs_odd_names
def test_an_exclude_that_names_a_file_is_that_file(tmp_path: Path) -> None:
    plant(tmp_path, "a[1].png", "a1.png")
    assert paths(tmp_path, "path: '*.png', exclude: ['a[1].png']") == ["a1.png"]


@needs_odd_names
@pytest.mark.parametrize(
    ("first", "second"), [("Logo.png", "logo.png"), ("caf\u00e9.png", "cafe\u0301.png"), ("ß.png", "SS.png")]
)
def test_two_paths_that_are_one_file_elsewhere_are_told(tmp_path: Path, first: str, second: str) -> None:
    plant(tmp_path, first, second)
    for entries in ((f"path: {first}", f"path: {second}"), ("path: '*.png'",)):
        _, (problem,) = read(tmp_path, *entries)
        assert problem.code == "path-twins"
        assert first in problem.message
        assert second in problem.message


@needs_odd_names
def test_a_path_in_another_unicode_form_is_another_path(tmp_path: Path) -> None:
    plant(tmp_path, "cafe\u0301.png")
    _, (problem,) = read(tmp_path, "path: caf\u00e9.png")
    assert problem.code == "file-missing"
    assert "Unicode form" in problem.hint


@needs_odd_names
def test_a_file_name_that_is_no_text_is_told_and_can_be_left_out(tmp_path: Path) -> None:
    plant(tmp_path, "x/a.png", "x/tab\there.png")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/x/\xff.png")).touch()
    assets, problems = read(tmp_path, "path: x/*.png")
    assert [asset.path for asset in assets] == ["x/a.png"]
    assert [problem.code for problem in problems] == ["odd-file-name", "odd-file-name"]
    assert str(problems).encode("utf-8")
    assert paths(tmp_path, "path: x/*.png, exclude: ['x/?.png', 'x/tab*']") == []


@needs_odd_names
def test_hints_never_hold_what_cannot_be_printed(tmp_path: Path) -> None:
    for name in (b"\xfflogo.png", b"\xffimages/a.PNG", b".\xff.gif"):
        path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
        path.parent.mkdir(exist_ok=True)
        path.touch()
    _, problems = read(tmp_path, "path: logo.png", "path: images/*.png", "path: '*.gif'", "path: '*/*.png'")
    assert len(problems) == 4
    assert repr(problems).encode("utf-8")


@needs_links
class TestLinks:
    """Links are followed where they stay inside, and told where they do not."""

    def test_a_link_to_a_file_inside_is_a_file(self, tmp_path: Path) -> None:
        plant(tmp_path, "real/a.png")
        (tmp_path / "link.png").symlink_to("real/a.png")
        assert paths(tmp_path, "path: link.png") == ["link.png"]
        assert paths(tmp_path, "path: '*.png'") == ["link.png"]

    def test_a_link_to_a_folder_is_entered_only_by_its_name(self, tmp_path: Path) -> None:
        plant(tmp_path, "real/a.png")
        (tmp_path / "link").symlink_to("real")
        assert paths(tmp_path, "path: link/a.png") == ["link/a.png"]
        assert paths(tmp_path, "path: link/*.png") == ["link/a.png"]
        assert paths(tmp_path, "path: '*/*.png'") == ["real/a.png"]
        assert paths(tmp_path, "path: '**/*.png'") == ["real/a.png"]

    def test_a_circle_of_links_is_not_entered(self, tmp_path: Path) -> None:
        plant(tmp_path, "x/a.png")
        (tmp_path / "x/again").symlink_to("..")
        (tmp_path / "x/self").symlink_to("self")
        assert paths(tmp_path, "path: '**/*.png'") == ["x/a.png"]
        assert codes(tmp_path, "path: 'x/self'") == ["link-broken"]
        assert paths(tmp_path, "path: x/again/x/again/x/a.png") == ["x/again/x/again/x/a.png"]

    @pytest.mark.parametrize(
        "target", ["../outside/a.png", "/etc/passwd", "/proc/self/environ", "/dev/zero", "up/a.png"]
    )
    def test_a_link_that_leads_outside_is_an_error(self, tmp_path: Path, target: str) -> None:
        folder = plant(tmp_path, "outside/a.png", "in/b.png") / "in"
        (folder / "up").symlink_to("../outside")
        (folder / "a.png").symlink_to(target)
        assert codes(folder, "path: a.png") == ["link-outside"]
        assert codes(folder, "path: '*.png'") == ["link-outside"]
        assert codes(folder, "path: up/a.png") == ["link-outside"]
        assert codes(folder, "path: up/*.png") == ["link-outside"]
        assert paths(folder, "path: '*.png', exclude: [a.png, 'a.*']") == ["b.png"]

    def test_a_link_outside_that_leads_back_is_inside(self, tmp_path: Path) -> None:
        folder = plant(tmp_path, "in/b.png") / "in"
        (folder / "a.png").symlink_to(tmp_path / "in" / "b.png")
        assert paths(folder, "path: a.png") == ["a.png"]

    def test_a_folder_whose_name_begins_alike_is_outside(self, tmp_path: Path) -> None:
        folder = plant(tmp_path, "in/b.png", "in-secret/a.png") / "in"
        (folder / "a.png").symlink_to("../in-secret/a.png")
        assert codes(folder, "path: a.png") == ["link-outside"]

    def test_a_link_that_leads_nowhere_is_an_error(self, tmp_path: Path) -> None:
        (tmp_path / "a.png").symlink_to("b.png")
        assert codes(tmp_path, "path: a.png") == ["link-broken"]
        assert codes(tmp_path, "path: '*.png'") == ["link-broken"]

    def test_a_link_into_git_is_outside(self, tmp_path: Path) -> None:
        plant(tmp_path, ".git/config", ".wxsync/journal")
        (tmp_path / "a.png").symlink_to(".git/config")
        (tmp_path / "b").symlink_to(".wxsync")
        assert codes(tmp_path, "path: a.png") == ["link-outside"]
        assert codes(tmp_path, "path: b/journal") == ["link-outside"]

    def test_the_manifests_folder_may_itself_be_a_link(self, tmp_path: Path) -> None:
        plant(tmp_path, "real/a.png", "real/x/b.png")
        (tmp_path / "link").symlink_to("real")
        (tmp_path / "real/l.png").symlink_to("x/b.png")
        assert paths(tmp_path / "link", "path: '**/*.png'") == ["a.png", "l.png", "x/b.png"]


@pytest.mark.parametrize("pattern", ["**", "**/*", ".*/*", ".g*/config", "**/config", "**/[.]git/**"])
def test_no_pattern_reaches_what_git_and_wxsync_keep(tmp_path: Path, pattern: str) -> None:
    plant(tmp_path, ".git/config", ".wxsync/run.json", "sub/.git/config")
    assert not any("git" in asset.path or "wxsync" in asset.path for asset in read(tmp_path, f"path: '{pattern}'")[0])


def test_a_fifo_or_a_socket_is_told_and_never_opened() -> None:
    if sys.platform == "win32":
        pytest.skip("Windows has no FIFOs")
    # A socket's path must be short, so this is not under tmp_path.
    with tempfile.TemporaryDirectory() as short, socket.socket(socket.AF_UNIX) as server:
        os.mkfifo(Path(short) / "a.png")
        server.bind(f"{short}/b.png")
        assert codes(Path(short), "path: a.png", "path: b.png") == ["not-a-file", "not-a-file"]
        assert codes(Path(short), "path: '*.png'") == ["not-a-file", "not-a-file"]


@needs_odd_names
def test_a_folder_that_cannot_be_listed_is_told(tmp_path: Path) -> None:
    plant(tmp_path, "x/closed/a.png", "x/b.png")
    (tmp_path / "x/closed").chmod(0)
    if os.access(tmp_path / "x/closed", os.R_OK):
        pytest.skip("nothing is unreadable for this user")
    try:
        assert paths(tmp_path, "path: 'x/**', exclude: ['x/closed/**']") == ["x/b.png"]
        assert codes(tmp_path, "path: 'x/**'") == ["folder-unreadable"]
        assert codes(tmp_path, "path: x/closed/a.png") == ["folder-unreadable"]
    finally:
        (tmp_path / "x/closed").chmod(0o700)


@needs_odd_names
def test_folders_deeper_than_any_path_are_told_and_not_skipped(tmp_path: Path) -> None:
    with contextlib.chdir(tmp_path):
        for _ in range(25):
            Path("d" * 200).mkdir()
            os.chdir("d" * 200)
    assert "folder-unreadable" in codes(tmp_path, "path: '**/*.png'")


def test_the_place_of_an_asset_is_that_of_its_path(tmp_path: Path) -> None:
    assets, _ = read(plant(tmp_path, "a.png", "x/b.png"), "path: a.png, name: logo", "path: x/*")
    assert [str(asset.location) for asset in assets] == ["materials.yaml:3:25", "materials.yaml:4:25"]


def test_assets_are_sorted_by_name(tmp_path: Path) -> None:
    plant(tmp_path, "b.png", "a.png", "x/c.png")
    assets, _ = read(tmp_path, "path: x/c.png, name: aa", "path: b.png", "path: a.png, name: z")
    assert [asset.name for asset in assets] == ["aa", "b.png", "z"]
