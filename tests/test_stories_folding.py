"""Long plans and results are folded, and every line keeps within its terminal."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from tests.project import Project, Server, png
from wxsync.model import Action, MaterialType
from wxsync.render.folding import MOST_ROWS, folded
from wxsync.render.rows import Page, Row
from wxsync.render.terminal import terminal
from wxsync.words import share, width

MANY = "materials:\n  - {path: 文章/**/*.png, type: article_image}\n  - {path: 图/*.png, type: image}\n"


def many(project: Project, count: int = 40) -> None:
    for number in range(count):
        project.add(f"文章/春季/{number:02}.png", png(f"spring {number}"))
        project.add(f"图/{number:02}.png", png(f"picture {number}"))
    project.manifest(MANY)


def test_a_long_plan_is_folded_by_folder_type_and_action(offline: Project) -> None:
    many(offline)

    planned, whole = offline.run("plan").out, offline.run("plan", "-v").out

    assert re.search(r"\+ 图/\* \(40\) +image +[0-9.]+ KiB +create", planned)
    assert re.search(r"\+ 文章/春季/\* \(40\) +article_image +[0-9.]+ KiB +create", planned)
    assert "80 rows are folded" in planned
    assert len(planned.splitlines()) < 12
    assert whole.count(".png") == 80


def test_what_failed_and_what_was_replaced_is_never_folded_and_skipped_files_have_one_reason(
    project: Project, server: Server
) -> None:
    many(project)
    project.apply()
    for number in range(40):
        project.add(f"画/{number:02}.png", png(f"new {number}"))
    project.add("图/07.png", png("another"))
    project.manifest(MANY + "  - {path: 画/*.png, type: image}\n")

    applied = project.apply("--max-uploads", "3", "--jobs", "1")

    assert applied.code == 7
    assert applied.out.count("--max-uploads is reached") == 1
    assert "38 materials" in applied.out
    assert applied.err.count("--max-uploads is reached") == 0
    assert re.search(r"✓ 图/07\.png .* replaced", applied.out)


def test_a_few_skipped_files_of_one_reason_are_one_row_on_a_short_page_too(project: Project) -> None:
    project.images(*(f"{number}.png" for number in range(8)))

    applied = project.apply("--max-uploads", "2", "--jobs", "1")

    assert applied.out.count("--max-uploads is reached") == 1
    assert applied.out.count(".png") == 2
    assert "6 materials" in applied.out
    assert project.run("apply", "--yes", "--max-uploads", "0", "-v").out.count("--max-uploads is reached") == 6


def test_an_apply_of_many_files_is_told_in_few_lines_and_ends_with_its_lock(project: Project) -> None:
    many(project)

    applied = project.apply()

    lines = applied.err.splitlines()
    assert len([line for line in lines if re.match(r"\d+/80 · ", line)]) == 10
    assert any(line.startswith("80/80 · ") for line in lines)
    assert lines[-1] == f"wrote {project.root / 'materials.lock.json'}: commit it"


def test_a_new_title_is_shown_with_the_old_one(project: Project) -> None:
    project.sample("video/intro.mp4", "intro.mp4")
    project.manifest("materials:\n  - {path: intro.mp4, type: video, title: 产品介绍, introduction: 三分钟}\n")
    project.apply()
    project.manifest("materials:\n  - {path: intro.mp4, type: video, title: 产品介绍 2026}\n")

    planned = project.run("plan").out

    assert "title: 产品介绍 → 产品介绍 2026" in planned
    assert "introduction: 三分钟 → —" in planned


@pytest.mark.parametrize("columns", [40, 60, 80, 140])
def test_no_line_is_longer_than_the_terminal_and_no_word_is_broken(columns: int) -> None:
    long = "产品图/这是一个非常非常长的文件夹名字/图片编号.png"
    words = "replace: file changed, because somebody wrote another picture into it and called it the same"
    notes = ("文档仍然指向它：这里是一段很长的中文说明，用来检查换行是否按列计算，而不是按字符计算。", words)
    rows = (
        Row("±", long, "replace", MaterialType.ARTICLE_IMAGE, "12.3 KiB", words, notes),
        Row("+", "a", "x", "image", "", ""),
    )
    page = Page("Plan", "wx", rows, (words,))

    shown = terminal(page, color=False, columns=columns)

    told = " ".join(shown.split())
    name = 4 + width(long)
    assert all(width(line) <= max(columns, name) for line in shown.splitlines())
    assert set(words.split()) <= set(told.split())


def test_the_folders_are_joined_where_they_are_too_many_themselves() -> None:
    rows = tuple(
        Row("+", f"posts/{number}/a/{file}.png", Action.CREATE.verb, "image", "1 B", "new", amount=1)
        for number in range(50)
        for file in range(2)
    )
    failed = replace(rows[0], mark="✗")

    short = folded(Page("Plan", "wx", (failed, *rows), ("Plan.",)))

    assert short.rows[0] is failed
    assert len(short.rows) <= MOST_ROWS + 1
    assert (short.rows[1].name, short.rows[1].size) == ("posts/* (100)", "100 B")
    few = Page("Plan", "wx", rows[:MOST_ROWS], ())
    assert folded(few) is few


def test_a_part_of_a_size_is_told_in_the_unit_of_the_whole() -> None:
    assert (share(0, 1_258_291), share(629_146, 1_258_291), share(3, 10)) == ("0.0/1.2 MiB", "0.6/1.2 MiB", "3/10 B")
