"""The rules of the house that no other tool holds: what is written, what is documented, what is imported when."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import click
import jsonschema
import pytest
import yaml

import wxsync
from wxsync.cli import cli, run
from wxsync.cli.exits import Exit
from wxsync.schemas import NAMES, schema_text

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHINESE = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")
HEAVY = {
    "PIL",
    "jinja2",
    "requests",
    "yaml",
    "jsonschema",
    "rich",
    "werkzeug",
    "filelock",
    "dataclasses",
    "msgspec",
    "pathlib",
    "wxsync.model",
    "wxsync.workflow",
    "wxsync.media",
}


def test_help_and_version_import_nothing_heavy() -> None:
    for option in ("--help", "--version"):
        probe = f"import sys; from wxsync.cli import run; run([{option!r}]); print(*sys.modules, file=sys.stderr)"
        ended = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True, cwd=ROOT)
        assert HEAVY.isdisjoint(ended.stderr.split())


@pytest.mark.parametrize("text", [README, CHINESE], ids=["english", "chinese"])
def test_every_command_and_every_exit_code_is_in_the_readme(text: str) -> None:
    for name in cli.commands:
        assert f"`wxsync {name}" in text or f"wxsync {name} " in text, name
    for code in Exit:
        assert f"| {code.value} |" in text, code


def test_every_command_says_what_it_does_and_takes_the_global_options() -> None:
    context = click.Context(cli)
    for name, listed in cli.commands.items():
        _, command, _ = cli.resolve_command(context, [name])
        assert command
        assert command.help, name
        assert command.name == listed.name == name
        leaves = command.commands.values() if isinstance(command, click.Group) else [command]
        for leaf in leaves:
            assert {"manifest", "account", "sandbox", "color", "verbose", "quiet", "version"} <= {
                parameter.name for parameter in leaf.params
            }


def test_the_two_readmes_show_the_same_commands() -> None:
    assert _blocks(README) == _blocks(CHINESE)


def test_the_changelog_knows_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{wxsync.__version__}]" in changelog


@pytest.mark.parametrize("name", NAMES)
def test_every_schema_is_a_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(yaml.safe_load(schema_text(name)))


def test_an_unknown_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["frobnicate"]) == Exit.USAGE
    assert "Usage" in capsys.readouterr().err


def test_workflows_pin_their_actions_by_hash() -> None:
    for file in (ROOT / ".github").rglob("*.yml"):
        for used in re.findall(r"uses: (\S+)", file.read_text(encoding="utf-8")):
            assert used.startswith("$/") or re.search(r"@[0-9a-f]{40}$", used), f"{file}: {used}"


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a clone")
def test_the_top_level_stays_small() -> None:
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    top = {name.partition("/")[0] for name in names.split("\0") if name and not name.startswith(".")}
    pages = {"README.md", "README.zh-CN.md", "LICENSE", "CHANGELOG.md"}
    assert top == {"pyproject.toml", "materials.yaml.example", "wxsync", "schemas", "tests"} | pages


def _blocks(text: str) -> list[str]:
    """The commands of a page; the comments beside them are in its language."""
    return [re.sub(r" +# .*", "", block) for block in re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)]
