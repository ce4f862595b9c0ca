"""Gives every story a folder and a WeChat of its own."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests import machine
from tests.project import Project, Server, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# The gate draws the same examples on every day; `--hypothesis-profile=random` draws others and prints how to see a
# failure again.
settings.register_profile("gate", deadline=None, derandomize=True)
settings.register_profile("random", deadline=None, derandomize=False, print_blob=True)
settings.load_profile("gate")

NO_BROWSER = "no Chromium, Chrome or Edge was found on this machine"

# What is decided in memory, without a server and without another process: some 50 seconds of one processor in all.
QUICK = {
    "digest",
    "links",
    "lockfile",
    "look",
    "manifest",
    "media",
    "model",
    "names",
    "outcome",
    "planner",
    "plan_cache",
    "render",
    "results",
    "shell",
    "wechat_errcodes",
    "wechat_multipart",
    "wechat_outcome",
    "words",
}
# In memory too, but with documents so large that growth shows, or with any document at all.
SLOW = {"links_growth", "manifest_anything"}


def pytest_configure() -> None:
    machine.enter()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave what is not quick unread where nothing else is asked for: reading it takes longer than many tests."""
    is_test = collection_path.name.startswith("test_")
    return True if config.option.markexpr == "quick" and is_test and not _is_quick(collection_path) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _is_quick(item.path):
            item.add_marker(pytest.mark.quick)


def _is_quick(file: Path) -> bool:
    area = file.stem.removeprefix("test_")
    return area not in SLOW and area.startswith(tuple(QUICK))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--histories", type=int, default=0, help="play so many simulated histories (tests/simulation)")
    parser.addoption("--first-seed", type=int, default=0, help="the seed of the first of them")


@pytest.fixture(scope="session", autouse=True)
def state_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keeps the key that journals are sealed with out of the home of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


@pytest.fixture
def project(tmp_path: Path, server: Server) -> Project:
    root = tmp_path / "project"
    root.mkdir()
    return Project(root, server.environ)


@pytest.fixture
def offline(tmp_path: Path) -> Project:
    """A project whose commands have nobody to talk to."""
    root = tmp_path / "project"
    root.mkdir()
    return Project(root, {})


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real browser without a window; where the machine has none, the test is skipped and the summary says so."""
    from tests.browser import installed, running

    program = installed()
    if program is None:
        pytest.skip(NO_BROWSER)
    with running(program) as opened:
        yield opened


def pytest_collection_finish() -> None:
    """Keep what is loaded by now out of every later search for garbage."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = [one for one in terminalreporter.stats.get("skipped", []) if NO_BROWSER in str(one.longrepr)]
    if skipped:
        terminalreporter.write_sep("!", f"{len(skipped)} BROWSER TESTS DID NOT RUN: {NO_BROWSER}", red=True, bold=True)
