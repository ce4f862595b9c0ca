"""Plants bugs in copies of the package and tells how many histories the simulation takes to catch each."""

from __future__ import annotations

import ast
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


def has_its_place(mutant: Mutant) -> bool:
    """Tell whether what a bug changes stands in its function once, and the module is valid Python afterwards."""
    source = _source(_ROOT, mutant).read_text(encoding="utf-8")
    try:
        ast.parse(planted(source, mutant.place.partition(":")[2], mutant.old, mutant.new))
    except LookupError:
        return False
    return True


def planted(source: str, name: str, old: str, new: str) -> str:
    """Change a piece of the function or constant of that qualified name; raises LookupError where it is not there once.

    The lines of a piece after its first are as deep as they stand under it.
    """
    lines = source.splitlines(keepends=True)
    node = _find(ast.parse(source), name)
    first, last = node.lineno - 1, node.end_lineno
    text = "".join(lines[first:last])
    found = [
        place for place in _places(text, old.partition("\n")[0]) if text.startswith(_deep(text, place, old), place)
    ]
    if len(found) != 1:
        raise LookupError(f"{name} has {old!r} {len(found)} times")
    [place] = found
    end = place + len(_deep(text, place, old))
    return "".join([*lines[:first], text[:place], _deep(text, place, new), text[end:], *lines[last:]])


def _find(tree: ast.Module, name: str) -> ast.stmt:
    body, found = tree.body, None
    for part in name.split("."):
        found = next((one for one in body if part in _names(one)), None)
        if found is None:
            raise LookupError(f"{name} is not there")
        body = found.body if isinstance(found, ast.ClassDef) else []
    assert found
    return found


def _names(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
    return []


def _places(text: str, piece: str) -> list[int]:
    return [found.start() for found in re.finditer(re.escape(piece), text)]


def _deep(text: str, place: int, piece: str) -> str:
    line = text[text.rfind("\n", 0, place) + 1 :]
    return piece.replace("\n", "\n" + line[: len(line) - len(line.lstrip(" "))])


def _took(mutant: Mutant, caught: Caught | None) -> str:
    if caught is None:
        return f"not in {mutant.within:,}"
    return "" if caught.histories is None else f"{caught.histories:,}"


def _plant(mutant: Mutant, folder: Path) -> None:
    shutil.copytree(_ROOT / "wxsync", folder / "wxsync", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(_ROOT / "schemas", folder / "schemas")
    file = _source(folder, mutant)
    text = file.read_text(encoding="utf-8")
    file.write_text(planted(text, mutant.place.partition(":")[2], mutant.old, mutant.new), encoding="utf-8")


def _source(root: Path, mutant: Mutant) -> Path:
    module = mutant.place.partition(":")[0]
    return root.joinpath("wxsync", *module.split(".")).with_suffix(".py")


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
