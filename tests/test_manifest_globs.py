"""Patterns against an oracle, and patterns made to be slow, by the work they count."""

import fnmatch
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wxsync.manifest import read_manifest
from wxsync.manifest.globs import is_glob, matches, parse_pattern, walk
from wxsync.manifest.tree import MAX_STEPS, PathKind, TooMuchWork, Tree

names = st.text("ab.", min_size=1, max_size=3).filter(lambda name: name not in {".", ".."})
file_paths = st.lists(names, min_size=1, max_size=4).map("/".join)
segments = st.one_of(st.just("**"), st.text("ab.*?[]!", min_size=1, max_size=4).filter(lambda text: "**" not in text))
patterns = st.lists(segments, min_size=1, max_size=4).map("/".join)


def oracle(pattern: list[str], path: list[str], *, hidden: bool) -> bool:
    """Says what a pattern means in the plainest way, however slow."""
    if not pattern:
        return not path
    first, rest = pattern[0], pattern[1:]
    if first == "**":
        if not rest:
            rest = ["*"]
        seen = bool(path) and (hidden or not path[0].startswith("."))
        return oracle(rest, path, hidden=hidden) or (seen and oracle(pattern, path[1:], hidden=hidden))
    if not path or not (fnmatch.fnmatchcase(path[0], first) if is_glob(first) else path[0] == first):
        return False
    dotted = path[0].startswith(".") and not first.startswith(".")
    return (hidden or not dotted) and oracle(rest, path[1:], hidden=hidden)


@given(pattern=patterns, path=file_paths, hidden=st.booleans())
def test_a_pattern_matches_what_the_oracle_says(pattern: str, path: str, hidden: bool) -> None:
    expected = oracle(pattern.split("/"), path.split("/"), hidden=hidden)
    assert matches(parse_pattern(pattern, hidden=hidden), path) == expected


@settings(max_examples=150, deadline=None)
@given(files=st.lists(file_paths, max_size=8), wanted=st.lists(patterns, min_size=1, max_size=4))
def test_walking_finds_exactly_the_files_that_match(files: list[str], wanted: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        planted = plant(Path(folder), files)
        tree = Tree(Path(folder))
        for pattern in wanted:
            found = list(walk(parse_pattern(pattern), tree))
            assert len(found) == len(set(found))
            assert {path for path, kind in found if kind is PathKind.FILE} == {
                file for file in planted if oracle(pattern.split("/"), file.split("/"), hidden=False)
            }


def plant(folder: Path, files: list[str]) -> set[str]:
    for file in files:
        path = folder / file
        if not path.exists() and all(not part.is_file() for part in path.parents):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@given(st.text(max_size=60))
def test_any_text_can_be_a_pattern(text: str) -> None:
    assert matches(parse_pattern(text), "images/logo.png") in {True, False}


@given(st.text("[]!-^\\&|~abz*", max_size=12))
def test_odd_character_classes_neither_warn_nor_fail(text: str) -> None:
    fnmatched = re.compile(fnmatch.translate(text)).match("b") is not None if is_glob(text) else text == "b"
    assert matches(parse_pattern(text), "b") == (fnmatched if "/" not in text and text != "**" else True)


@pytest.mark.parametrize("text", ["a", "a]b", "a[", "[", "[]", "[!]", "[!]b", "a.b"])
def test_what_is_no_glob(text: str) -> None:
    assert not is_glob(text)


@pytest.mark.parametrize("text", ["*", "a?", "[a]", "[!a]", "[]a]", "[!]a]", "x[a-z]", "**"])
def test_what_is_a_glob(text: str) -> None:
    assert is_glob(text)


@pytest.mark.parametrize(
    "pattern",
    [
        "/".join(["**"] * 60),
        "**/a/" * 30 + "b",
        "**/*a*/" * 30 + "*b",
        "*/" * 40 + "*",
        "*a" * 120 + "b",
        "*?" * 120 + "b",
        "**/" + "[a-b]" * 50 + "*" * 50 + "b",
    ],
)
def test_a_pattern_made_to_be_slow_visits_each_folder_once(tmp_path: Path, pattern: str) -> None:
    deepest = tmp_path.joinpath(*(["a"] * 60))
    deepest.mkdir(parents=True)
    for number in range(100):
        (deepest / f"{'a' * 200}{number}").touch()
    tree = Tree(tmp_path)
    assert len(list(walk(parse_pattern(pattern), tree))) in {0, 100}
    names_there, states = 160, pattern.count("/") + 2
    assert tree.steps <= names_there * (states + 10)


def test_fifty_globs_list_each_folder_once(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    for number in range(200):
        (tmp_path / "x" / f"{number}.png").touch()
    tree = Tree(tmp_path)
    first = sum(1 for _ in walk(parse_pattern("x/*.png"), tree))
    after_one = tree.steps
    assert first == 200
    for _ in range(49):
        assert sum(1 for _ in walk(parse_pattern("x/*.png"), tree)) == 200
    assert tree.steps - after_one == 49 * (1 + 200)


def test_work_is_counted_and_has_an_end(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.spend(MAX_STEPS)
    with pytest.raises(TooMuchWork):
        tree.spend(1)


def test_too_many_patterns_are_one_problem(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    pattern = "'**/" + "?*" * 500 + "'"
    text = (
        "version: 1\nmaterials:\n"
        + f"  - {{path: a.png, type: image, name: n}}\n  - {{path: {pattern}, type: image}}\n"
    )
    file = tmp_path / "materials.yaml"
    file.write_text(text + f"  - {{path: '*.png', type: image, exclude: [{', '.join([pattern] * 1500)}]}}\n")
    _, problems = read_manifest(file)
    assert [problem.code for problem in problems] == ["too-much-work", "nothing-matches"]
