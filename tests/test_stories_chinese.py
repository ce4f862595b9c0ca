"""What a Chinese reader is told, in every kind of run, holds no English sentence; what programs read never changes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from tests.project import Project, Run, Server, at_once, png
from wxsync.cli import cli
from wxsync.wechat.errcodes import TABLE

CHINESE = re.compile(r"[\u4e00-\u9fff]")
# What stays as it is: code, options, names of variables and files, addresses, codes, quotes of WeChat.
_KEPT = re.compile(
    r"`[^`]*`|\[[a-z0-9-]+\]|--?[a-z][\w-]*|WXSYNC_\w+|https?://\S+|\S*[./]\S*|\bwx[0-9a-f]+\b|\d+ [KMG]iB"
    r"|wxsync( [a-z]+)*( [A-Z_]+)*|git( [a-z-]+)+|invalid [a-z_ ,]+|[A-Z]{2,}|\"[^\"]*\"|'[^']*'"
)
# The headings and metavariables of click, and words of the manifest that are the same in every language.
_ENGLISH = re.compile(r"[A-Za-z]{2,}( [a-z]{2,}){2,}")


# What WeChat itself says is quoted as it is said.
_QUOTES = {line.errmsg for line in TABLE.values() if line.errmsg} | {"error by request of a fault"}


def english_in(text: str) -> list[str]:
    """Finds what reads like an English sentence: three words in a row that are no code."""
    for quoted in sorted(_QUOTES, key=len, reverse=True):
        text = text.replace(quoted, "¤")
    return [found[0] for found in _ENGLISH.finditer(_KEPT.sub("¤", text))]


def test_an_english_sentence_is_noticed() -> None:
    assert english_in("没有文件 `a b c d`: there is no such manifest here") == ["there is no such manifest here"]
    assert english_in("请运行 wxsync lock resolve，或用 --force；见 https://a.b/c d") == []


@pytest.fixture
def reader(project: Project) -> Project:
    project.environ["WXSYNC_LANG"] = "zh"
    project.pause = at_once
    return project


def in_order(project: Project) -> None:
    project.images("a.png", "b.png")


def applied(project: Project) -> None:
    in_order(project)
    assert project.apply().code == 0


def changed(project: Project) -> None:
    applied(project)
    project.add("a.png", png("other"))
    project.manifest("materials:\n  - {path: a.png, type: image}\n  - {path: c.png, type: image}\n")
    project.add("c.png", png("b.png"))


def retired(project: Project) -> None:
    changed(project)
    assert project.apply().code == 0


def broken(project: Project) -> None:
    project.add("a.png", b"not a picture")
    project.add("v.mp4", png("v"))
    project.manifest(
        "materials:\n  - {path: a.png, type: image}\n  - {path: none.png, type: image}\n"
        "  - {path: v.mp4, type: video}\n"
        "  - {path: a.png, tpye: image}\n  - {path: ../x.png, type: image}\n  - {path: '*.gif', type: 图片}\n"
    )


def full_width(project: Project) -> None:
    project.manifest("materials：\n  - path：a.png\n    type: image\n")


def broken_lock(project: Project) -> None:
    applied(project)
    lock = project.lock()
    lock["materials"]["a.png"] |= {"size": "ten", "uploaded_at": "yesterday"}
    project.add("materials.lock.json", json.dumps(lock).encode())


def conflict(project: Project) -> None:
    applied(project)
    project.add("materials.lock.json", b"<<<<<<< ours\n{}\n=======\n{}\n>>>>>>> theirs\n")


def document(project: Project) -> None:
    applied(project)
    project.add("post.md", b"![](a.png)\n![](none.png)\n![](C:\\x\\y.png)\n![[b.png|300]]\n")


RUNS: list[tuple[Callable[[Project], None], tuple[str, ...], int]] = [
    (in_order, ("plan",), 0),
    (in_order, ("validate",), 0),
    (in_order, ("apply", "--yes"), 0),
    (in_order, ("apply",), 64),
    (applied, ("plan",), 0),
    (applied, ("apply", "--yes"), 0),
    (applied, ("plan", "--refresh"), 0),
    (applied, ("doctor",), 0),
    (applied, ("accounts",), 0),
    (applied, ("get", "nothing"), 4),
    (applied, ("get", "a.png", "--field", "nothing"), 64),
    (applied, ("import", "a.png", "no id"), 4),
    (applied, ("forget", "a.png"), 0),
    (changed, ("plan",), 0),
    (changed, ("plan", "--format", "markdown"), 0),
    (changed, ("plan", "--target", "nothing"), 4),
    (changed, ("apply", "--yes", "--format", "markdown"), 0),
    (changed, ("apply", "--yes", "--max-uploads", "0"), 7),
    (retired, ("prune", "--yes"), 0),
    (broken, ("validate",), 4),
    (broken, ("plan",), 4),
    (full_width, ("validate",), 4),
    (broken_lock, ("plan",), 4),
    (conflict, ("apply", "--yes"), 4),
    (document, ("render", "post.md"), 4),
    (in_order, ("plann",), 64),
    (in_order, ("plan", "--no-such-option"), 64),
    (in_order, ("apply", "--jobs", "none"), 64),
    (in_order, ("explain", "31337"), 4),
]


@pytest.mark.parametrize(
    ("situation", "words", "code"), RUNS, ids=[f"{one.__name__}-{'-'.join(words)}" for one, words, _ in RUNS]
)
def test_a_chinese_reader_is_told_in_chinese(
    reader: Project, situation: Callable[[Project], None], words: tuple[str, ...], code: int
) -> None:
    situation(reader)
    if words[0] == "render":
        words = ("render", str(reader.root / words[1]))

    ran = reader.run(*words)

    assert ran.code == code
    assert english_in(ran.out + ran.err) == []
    assert CHINESE.search(ran.out + ran.err) or words == ("accounts",)


FAULTS = [f"errcode={code}" for code in (40164, 48001, 45009, 40125, -1, 40113, 31337)]


@pytest.mark.parametrize("fault", FAULTS)
def test_what_wechat_refuses_is_told_in_chinese(reader: Project, server: Server, fault: str) -> None:
    in_order(reader)
    server.fault(fault)

    ran = reader.run("apply", "--yes", "--settle", "0")

    assert ran.code in {3, 5, 7}
    assert english_in(ran.out + ran.err) == []


def commands() -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    context = click.Context(cli)
    for name in cli.commands:
        _, command, _ = cli.resolve_command(context, [name])
        assert command
        leaves = command.commands if isinstance(command, click.Group) else {}
        found |= {f"{name} {leaf}": each for leaf, each in leaves.items()} or {name: command}
    return found


@pytest.mark.parametrize("name", ["", *commands()])
def test_help_is_in_one_language(offline: Project, name: str) -> None:
    offline.environ["WXSYNC_LANG"] = "en"
    assert "Show this message" in offline.run(*name.split(), "--help").out
    offline.environ["WXSYNC_LANG"] = "zh"

    ran = offline.run(*name.split(), "--help")

    assert ran.code == 0
    said = ran.out.split("开关")[0] if name == "sandbox" else ran.out  # the grammar of the sandbox is for programs
    assert english_in(re.sub(r"^Usage.*|INTEGER RANGE|FLOAT RANGE", "", said)) == []


def test_programs_read_the_same_in_every_language(project: Project, tmp_path: Path) -> None:
    changed(project)
    read: dict[str, list[Run]] = {}
    for language in ("en", "zh"):
        project.environ["WXSYNC_LANG"] = language
        read[language] = [
            project.run(*words)
            for words in (
                ("plan", "--format", "json"),
                ("validate", "--format", "json"),
                ("export", "--format", "json"),
                ("accounts", "--format", "json"),
                ("schema", "plan"),
            )
        ]

    assert [ran.out for ran in read["en"]] == [ran.out for ran in read["zh"]]
    assert all(ran.code == 0 for ran in read["zh"])


def test_the_locale_chooses_and_the_variable_wins(offline: Project) -> None:
    for environ, is_chinese in (
        ({}, False),
        ({"LANG": "zh_CN.UTF-8"}, True),
        ({"LANG": "zh_CN.UTF-8", "CI": "true"}, False),
        ({"LANG": "zh_CN.UTF-8", "WXSYNC_LANG": "en"}, False),
        ({"LC_ALL": "C", "WXSYNC_LANG": "zh"}, True),
    ):
        ran = Project(offline.root, environ).run("validate")

        assert ran.code == 4
        assert bool(CHINESE.search(ran.out)) is is_chinese, environ


def test_a_language_that_is_not_spoken_is_a_usage_error(offline: Project) -> None:
    offline.environ["WXSYNC_LANG"] = "fr"

    ran = offline.run("validate")

    assert ran.code == 64
    assert "WXSYNC_LANG is fr" in ran.err
