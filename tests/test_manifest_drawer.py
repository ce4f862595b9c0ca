"""A drawer of bad manifests: each is answered with exactly the problems that stand beside it."""

from pathlib import Path

import pytest

from wxsync.manifest import read_manifest
from wxsync.model import Problem

DRAWER = Path(__file__).parent / "manifests"

FILES = (
    "images/logo.png",
    "images/a.png",
    "images/b.png",
    "images/posts/one.jpg",
    "images/posts/draft-two.jpg",
    "hidden/.logo.png",
    "video/intro.mp4",
    "sub/other.png",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for file in FILES:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    return tmp_path


def say(problem: Problem) -> str:
    """Writes a problem as the drawer holds it: its place, then the hint below, indented."""
    return f"{problem.location}: {problem.severity} {problem.code}: {problem.message}\n    {problem.hint}\n"


@pytest.mark.parametrize("case", sorted(DRAWER.glob("*.yaml")), ids=lambda case: case.stem)
def test_a_bad_manifest_is_answered_like_a_good_compiler_answers(case: Path, folder: Path) -> None:
    copy = folder / case.name
    copy.write_bytes(case.read_bytes())
    _, problems = read_manifest(copy, shown_as=case.name)
    assert "".join(map(say, problems)) == case.with_suffix(".expected").read_text(encoding="utf-8")


def test_every_answer_in_the_drawer_has_its_manifest_and_says_something() -> None:
    answers = {answer.stem for answer in DRAWER.glob("*.expected")}
    assert answers == {case.stem for case in DRAWER.glob("*.yaml")}
    assert all((DRAWER / f"{answer}.expected").stat().st_size for answer in answers)


def test_every_problem_shows_its_line_and_what_to_do(folder: Path) -> None:
    for case in DRAWER.glob("*.yaml"):
        copy = folder / case.name
        copy.write_bytes(case.read_bytes())
        lines = case.read_text(encoding="utf-8").splitlines() or [""]
        for problem in read_manifest(copy, shown_as=case.name)[1]:
            assert problem.hint, problem
            assert problem.location is not None
            assert 1 <= problem.location.column <= len(lines[problem.location.line - 1]) + 1
            shown = problem.excerpt.removesuffix("…")
            assert lines[problem.location.line - 1].startswith(shown)
