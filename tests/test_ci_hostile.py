"""No text of a repository begins a line as a command of a CI does, in whatever it stands and whoever prints it."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

from tests.project import Project, Run, png
from wxsync.model import Location, Problem
from wxsync.render.annotations import codequality, github_annotations, sarif
from wxsync.words import without_commands

COMMANDS = ["::stop-commands::x", "::error file=a.py,line=1::all fine", " \t::add-mask::x", "\u3000::set-env name=X::y"]
PRINTING = [["plan"], ["validate"], ["apply", "--yes"], ["ci", "plan"], ["export", "--format", "csv"]]
PROPERTIES = {"file", "line", "col", "title"}
LOCK = {"account": "wx0123456789abcdef", "lock_version": 1, "materials": {}, "retired": [], "unconfirmed": []}


def commands_in(ran: Run) -> list[str]:
    return [line for line in re.split(r"[\r\n]+", ran.out + ran.err) if line.strip().startswith("::")]


@pytest.mark.parametrize("text", COMMANDS)
def test_a_lock_a_manifest_and_a_name_command_nothing(offline: Project, text: str) -> None:
    offline.add("a.png", png("a"))
    offline.manifest(
        "accounts:\n  prod: {appid: wxfedcba9876543210}\n"
        f"materials:\n  - {{path: a.png, type: image, name: {json.dumps(text)}}}\n"
        f"  - {{path: {json.dumps(text)}, type: image}}\n"
    )
    for account in (f"wxa\n{text}", text, f"x\r{text}"):
        (offline.root / "materials.prod.lock.json").write_text(json.dumps({**LOCK, "account": account}))
        for words in (
            ["plan"],
            ["validate"],
            ["apply", "--yes"],
            ["ci", "plan"],
            ["export", "--format", "csv"],
            ["get", text],
        ):
            ran = offline.run(*words)
            assert ran.code
            assert commands_in(ran) == [], words


def test_a_name_in_a_table_for_programs_is_quoted_and_not_changed(offline: Project) -> None:
    offline.add("a.png", png("a"))
    offline.manifest("materials:\n  - {path: a.png, type: image, name: '::error::x'}\n")
    assert offline.run("--sandbox", "apply").code == 0

    ran = offline.run("--sandbox", "export", "--format", "csv")

    assert commands_in(ran) == []
    assert [row["name"] for row in csv.DictReader(io.StringIO(ran.out))] == ["::error::x"]


def test_a_manifest_whose_own_name_is_a_command(tmp_path: Path) -> None:
    project = Project(tmp_path, {})
    project.manifest("materials:\n  - {path: nothing.png, type: image}\n", name="::error::x.yaml")

    for words in (["validate"], ["plan"], ["accounts"]):
        assert commands_in(project.run(*words, manifest="::error::x.yaml")) == []


@pytest.mark.quick
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error::x", "\\x3a:error::x"),
        ("a\n \t::x\r::y", "a\n \t\\x3a:x\r\\x3a:y"),
        ("a ::b:: c", "a ::b:: c"),
        ("C++ std::string", "C++ std::string"),
    ],
)
def test_only_the_beginning_of_a_line_is_a_command(text: str, shown: str) -> None:
    assert without_commands(text) == shown


@pytest.mark.quick
def test_an_annotation_holds_one_command_whatever_the_problem_says() -> None:
    nasty = "100 %\n::error::x,line=3:%0A"
    problem = Problem("bad-thing", nasty, nasty, location=Location(f"a,b:{nasty}.yaml", 3, 7))

    said = github_annotations([problem, Problem("other", "no place")])

    assert len(said.splitlines()) == 2
    first = said.splitlines()[0]
    assert first.startswith("::error file=a%2Cb%3A100 %25")
    given = first.split("::")[1].removeprefix("error ").split(",")
    assert {one.partition("=")[0] for one in given} == PROPERTIES
    assert ",line=3,col=7,title=wxsync%3A bad-thing::" in first


@pytest.mark.quick
def test_reports_hold_the_place_and_a_fingerprint_that_stays() -> None:
    here = Problem("bad-thing", "it is bad", "mend it", location=Location("shop/a b.yaml", 3, 7), name="a")
    moved = Problem("bad-thing", "it is bad", "mend it", location=Location("shop/a b.yaml", 9, 7), name="a")

    [first], [second] = (json.loads(codequality([one])) for one in (here, moved))
    [run] = json.loads(sarif([here]))["runs"]

    assert first["fingerprint"] == second["fingerprint"], "a line that moves is no new problem"
    assert first["location"] == {"path": "shop/a b.yaml", "lines": {"begin": 3}}
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "shop/a%20b.yaml"}, "region": {"startLine": 3, "startColumn": 7}}


def test_validate_shows_annotations_where_it_is_asked_to(offline: Project) -> None:
    offline.manifest("materials:\n  - {path: nothing.png, type: image}\n")

    ran = offline.run("validate", "--format", "github")

    assert ran.code == 4
    assert ran.out.startswith("::error file=")
    assert json.loads(offline.run("validate", "--format", "sarif").out)["version"] == "2.1.0"
    assert json.loads(offline.run("validate", "--format", "codequality").out)[0]["check_name"]
