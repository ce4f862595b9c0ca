"""Gives every story a folder and a WeChat of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project import Project, Server, serving


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--histories", type=int, default=0, help="play so many simulated histories (tests/simulation)")
    parser.addoption("--first-seed", type=int, default=0, help="the seed of the first of them")


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
