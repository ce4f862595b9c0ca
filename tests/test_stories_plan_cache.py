"""A plan that found nothing to do is remembered exactly as long as nothing changed, and by nobody else."""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.project import Project, Run, png
from wxsync import plan_cache

LATER = 10_000_000_000


@pytest.fixture
def known(project: Project) -> Project:
    """A project in step whose plan is remembered; beside the images lies a file that no glob takes."""
    project.add("images/a.png", png("a"))
    project.add("images/deep/b.png", png("b"))
    project.add("images/notes.txt", b"not of interest")
    project.manifest('materials:\n  - {path: "images/**/*.png", type: image}\n')
    assert project.apply().code == 0
    plan_later(project)
    assert answers(project)
    return project


def plan_later(project: Project, *arguments: str) -> Run:
    """Plans as if everything was older than it is, so that it is remembered without a wait."""
    return project.run("plan", *arguments, clock_ns=lambda: time.time_ns() + LATER)


def cache(project: Project) -> Path:
    return project.root / ".wxsync" / "materials.yaml.plan"


def answers(project: Project, *arguments: str) -> bool:
    """Tells whether a plan is taken from memory, by putting another answer there."""
    kept = cache(project).read_bytes()
    *states, _found, asked = kept.split(b"\0")
    cache(project).write_bytes(b"\0".join((*states, b"4321 ", asked)))
    try:
        return re.search("4,?321", project.run("plan", *arguments).out) is not None
    finally:
        cache(project).write_bytes(kept)


def replace_file(file: Path, content: bytes) -> None:
    """Gives a file another content of the same length and the times that it had."""
    times = file.stat()
    file.write_bytes(content)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


CHANGES: dict[str, Callable[[Project], object]] = {
    "another content": lambda project: project.add("images/a.png", png("c")),
    "another content under the same size and time": lambda project: replace_file(
        project.root / "images/a.png", png("z")
    ),
    "a new file": lambda project: project.add("images/deep/new.png", png("new")),
    "a new folder with a file": lambda project: project.add("images/more/new.png", png("new")),
    "a file that is gone": lambda project: (project.root / "images/a.png").unlink(),
    "a link in the place of a file": lambda project: link(project.root / "images/a.png"),
    "a file of no interest that becomes one": lambda project: (project.root / "images/notes.txt").rename(
        project.root / "images/notes.png"
    ),
    "another manifest": lambda project: project.manifest('materials:\n  - {path: "images/*.png", type: image}\n'),
    "another lock": lambda project: (project.root / "materials.lock.json").write_bytes(project.lock_bytes() + b"\n"),
    "no lock": lambda project: (project.root / "materials.lock.json").unlink(),
    "a journal": lambda project: project.add(".wxsync/materials.journal", b""),
    "another account": lambda project: project.environ.update(WXSYNC_APPID="wx00000000000000ff"),
}


def link(file: Path) -> None:
    moved = file.rename(file.parent.parent / "moved.png")
    file.symlink_to(moved)


@pytest.mark.parametrize("form", ["text", "json", "markdown", "html"])
@pytest.mark.parametrize("color", ["always", "never"])
def test_one_memory_serves_every_format_and_says_what_a_plan_says(known: Project, form: str, color: str) -> None:
    printed = ("--format", form, "--color", color, "--target", "images/a.png")
    planned = known.run("plan", "--no-cache", *printed)
    plan_later(known, "--target", "images/a.png")

    assert answers(known, *printed)
    assert known.run("plan", *printed) == planned


def test_a_plan_remembers_by_itself_when_all_is_old_enough(project: Project) -> None:
    project.images("a.png")
    assert project.apply().code == 0
    said = project.run("plan")
    assert not cache(project).exists(), "what was touched a moment ago was remembered"

    time.sleep(2.1)

    assert project.run("plan") == said == Run(0, "Nothing to do: 1 material in step.\n", "")
    assert answers(project)
    assert project.run("plan") == said


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_changes_is_looked_at_anew(known: Project, change: Callable[[Project], object]) -> None:
    change(known)

    assert not answers(known)
    assert known.run("plan") == known.run("plan", "--no-cache"), "what was remembered of the rest is as it is"


def test_a_plan_of_some_names_says_nothing_of_the_others(project: Project) -> None:
    project.manifest("materials:\n  - {path: '*.png', type: image}\n")
    for name, what in {"a": "one", "b": "two", "c": "two"}.items():
        project.add(f"{name}.png", png(what))
    assert project.apply().code == 0
    project.add("b.png", png("three"))
    plan_later(project, "--target", "a.png")
    assert answers(project, "--target", "a.png")

    project.add("a.png", png("two"))

    said = project.run("plan", "--target", "a.png")
    assert "c.png" in said.out, "b.png is about to have another content"
    assert said == project.run("plan", "--target", "a.png", "--no-cache")


def test_documents_in_folders_that_were_seen_and_in_others_are_found(known: Project) -> None:
    shown = f"![]({known.lock()['materials']['images/deep/b.png']['url']})".encode()
    known.add("images/deep/about.md", shown)
    known.add("posts/a.md", shown)
    (known.root / "images/deep/linked.md").symlink_to(known.root / "posts/a.md")
    plan_later(known)
    assert answers(known)

    known.add("images/deep/b.png", png("another"))

    said = known.run("plan")
    assert "images/deep/about.md:1" in said.out
    assert "posts/a.md:1" in said.out
    assert "linked.md" not in said.out
    assert said == known.run("plan", "--no-cache")


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_to_the_files_what_was_seen_decides_nothing_else(project: Project, seed: int) -> None:
    chance = random.Random(seed)
    project.manifest("materials:\n  - {path: 'images/**/*.png', type: image}\n")
    for number in range(12):
        project.add(f"images/{number % 3}/{number}.png", png(str(number % 9)))
    assert project.apply().code == 0

    for _ in range(6):
        plan_later(project)
        for _ in range(chance.randint(1, 3)):
            chance.choice(DISTURBANCES)(project, chance)
        assert project.run("plan") == project.run("plan", "--no-cache")
        if chance.random() < 0.3:
            assert project.apply("--force").code == 0


def a_file(project: Project, chance: random.Random) -> Path:
    return chance.choice(sorted((project.root / "images").rglob("*.png")))


def some_file(chance: random.Random) -> str:
    return f"images/{chance.randint(0, 4)}/{chance.randint(0, 20)}.png"


def move(project: Project, chance: random.Random) -> None:
    target = project.root / some_file(chance)
    target.parent.mkdir(exist_ok=True)
    a_file(project, chance).rename(target)


def remove(project: Project, chance: random.Random) -> None:
    if len([*(project.root / "images").rglob("*.png")]) > 3:
        a_file(project, chance).unlink()


DISTURBANCES: tuple[Callable[[Project, random.Random], object], ...] = (
    lambda project, chance: project.add(some_file(chance), png(str(chance.randint(0, 14)))),
    lambda project, chance: replace_file(a_file(project, chance), png(str(chance.randint(0, 9)))),
    lambda project, chance: os.utime(a_file(project, chance)),
    lambda project, chance: project.add(f"images/{chance.randint(0, 4)}/notes.txt", b"not of interest"),
    remove,
    move,
)


def test_a_file_that_no_glob_takes_may_change(known: Project) -> None:
    known.add("images/notes.txt", b"written over")

    assert answers(known)


def test_another_question_gets_an_answer_of_its_own(known: Project, tmp_path: Path) -> None:
    saved = ("--out", str(tmp_path / "plan.json"))
    for arguments in (("--no-cache",), ("--verbose",), ("--target", "images/a.png"), saved):
        assert not answers(known, *arguments)


def test_names_that_no_text_can_hold_and_folders_without_a_file_are_remembered(known: Project) -> None:
    (known.root / "images/empty").mkdir()
    with suppress(OSError):  # some systems have no such names
        (known.root / "images" / os.fsdecode(b"caf\xe9.txt")).write_bytes(b"latin")
    plan_later(known)

    assert answers(known)


def test_what_is_pending_is_never_remembered(known: Project) -> None:
    known.add("images/new.png", png("new"))
    before = cache(known).read_bytes()

    assert "1 to create" in plan_later(known).out
    assert cache(known).read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"\0", b"\0002 ", b"\0002 \0", b"\xff", b"\0" * 100_000])
def test_a_broken_memory_is_none(known: Project, content: bytes) -> None:
    asked, _, _states = cache(known).read_bytes().partition(b"\0")
    cache(known).write_bytes(asked + content)

    assert known.run("plan").out == "Nothing to do: 2 materials in step.\n"


def test_a_memory_that_is_cut_off_or_in_part_zeros_is_none(known: Project) -> None:
    whole = cache(known).read_bytes()
    asked = whole.split(b"\0")[0].decode()
    for place in range(0, len(whole), 7):
        for damaged in (whole[:place], whole[:place] + bytes(len(whole) - place), bytes(place) + whole[place:]):
            cache(known).write_bytes(damaged)
            assert plan_cache.lookup(str(cache(known)), asked, root=str(known.root))[0] is None or damaged == whole


def test_a_memory_that_came_with_a_checkout_says_nothing(known: Project) -> None:
    asked, _, _states = cache(known).read_text().partition("\0")
    elsewhere = re.sub(r"\d+ \d+ \d+ \d+", "44 1764000000000000000 1764000000000000000 12", asked)
    assert elsewhere != asked
    cache(known).write_text(f"{elsewhere}\0004321 \0{elsewhere}")

    assert known.run("plan").out == "Nothing to do: 2 materials in step.\n"


def test_where_a_link_decides_nothing_is_remembered(known: Project) -> None:
    (known.root / "images/c.png").symlink_to(known.root / "images/a.png")
    assert known.apply().code == 0
    cache(known).unlink()

    assert "3 materials in step" in plan_later(known).out
    assert not cache(known).exists()


def test_what_manifest_and_lock_said_is_recalled_until_somebody_changes_them(project: Project) -> None:
    project.add("a.png", png("a"))
    project.add("b.png", png("b"))
    project.manifest("materials:\n  - {path: a.png, type: image}\n")
    assert project.apply().code == 0
    time.sleep(2.1)  # what was touched a moment ago is not remembered
    assert "1 material in step" in project.run("plan", "--verbose").out
    assert {"materials.yaml.read", "materials.lock.json.read"} <= {
        one.name for one in (project.root / ".wxsync").iterdir()
    }
    assert "1 material in step" in project.run("plan", "--verbose").out

    manifest, lock = project.root / "materials.yaml", project.root / "materials.lock.json"
    replace_file(manifest, manifest.read_bytes().replace(b"a.png", b"b.png"))
    moved = project.run("plan")
    assert "+ b.png" in moved.out
    assert "- a.png" in moved.out

    replace_file(manifest, manifest.read_bytes().replace(b"b.png", b"a.png"))
    replace_file(lock, lock.read_bytes().replace(b'"origin": "uploaded"', b'"origin": "uplosded"'))
    assert project.run("plan").code == 4, "a lock that cannot be is told, whatever it said before"
