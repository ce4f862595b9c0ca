"""Plants bugs in copies of the package and tells how many histories the simulation takes to catch each."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.simulation.mutants import Mutant

_ROOT = Path(__file__).parent.parent.parent
_BROKEN = re.compile(r"^seed \d+: ([^:]+): .*$", flags=re.MULTILINE)
_AFTER = re.compile(r"^broken after (\d+) histories$", flags=re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Caught:
    """Says after how many histories a planted bug was caught and which promise was broken, or which tests failed."""

    histories: int | None
    seen: str


def catch(mutant: Mutant, *, seed: int = 0) -> Caught | None:
    """Plants a bug and plays histories from a seed until a promise breaks, or runs the tests that are named for it.

    Gives None where nothing was seen.
    """
    with tempfile.TemporaryDirectory() as folder:
        _plant(mutant, Path(folder))
        if mutant.by:
            return Caught(None, f"tests/{mutant.by}") if _fails(Path(folder), mutant.by) else None
        said = _play(Path(folder), seed, mutant.within)
    after = _AFTER.search(said)
    broken = _BROKEN.search(said)
    return Caught(int(after[1]), broken[1]) if after and broken else None


def table(mutants: Iterable[Mutant], *, seed: int, jobs: int) -> Iterator[str]:
    """Plants bugs and writes a Markdown table, a line as soon as it is known; what was missed says "not in"."""
    mutants = tuple(mutants)
    yield "| planted bug | histories until it was caught | what broke, or the tests that see it |\n|---|---:|---|"
    with ThreadPoolExecutor(jobs) as side_by_side:
        for mutant, caught in zip(mutants, side_by_side.map(partial(catch, seed=seed), mutants), strict=True):
            yield f"| {mutant.name} | {_took(mutant, caught)} | {caught.seen if caught else ''} |"


def times_found(mutant: Mutant) -> int:
    """Counts how often that which is to be changed stands in its file."""
    return _source(_ROOT, mutant).read_text(encoding="utf-8").count(mutant.old)


def _took(mutant: Mutant, caught: Caught | None) -> str:
    if caught is None:
        return f"not in {mutant.within:,}"
    return "" if caught.histories is None else f"{caught.histories:,}"


def _plant(mutant: Mutant, folder: Path) -> None:
    shutil.copytree(_ROOT / "wxsync", folder / "wxsync", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(_ROOT / "schemas", folder / "schemas")
    file = _source(folder, mutant)
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")


def _source(root: Path, mutant: Mutant) -> Path:
    return root / "wxsync" / mutant.file


def _play(folder: Path, seed: int, histories: int) -> str:
    asked = ["--until-broken", "--seed", str(seed), "--histories", str(histories)]
    ended = _run(folder, "tests.simulation", *asked)
    if ended.returncode not in (0, 1) or "Traceback" in ended.stderr:
        raise RuntimeError(ended.stderr)
    return ended.stdout


def _fails(folder: Path, tests: str) -> bool:
    ended = _run(
        folder, "pytest", "-qx", "-p", "no:cacheprovider", "-o", f"pythonpath={folder}", f"{_ROOT / 'tests' / tests}"
    )
    if ended.returncode not in (0, 1):
        raise RuntimeError(ended.stdout + ended.stderr)
    return ended.returncode == 1


def _run(folder: Path, module: str, *asked: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module, *asked],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(_ROOT)},  # for the tests; the folder itself comes first
        capture_output=True,
        text=True,
        check=False,
    )
