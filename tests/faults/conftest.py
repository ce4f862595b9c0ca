"""Keeps one launcher of processes for all tests of faults; Windows has neither fork nor signals of this kind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.faults.launcher import Launcher

collect_ignore_glob = ["test_*.py"] if os.name == "nt" else []


@pytest.fixture(scope="session")
def launcher() -> Iterator[Launcher]:
    from tests.faults.launcher import Launcher

    with Launcher() as running:
        yield running
