"""Builds what is measured: folders, a sandbox in a process of its own, and commands with what they take."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from pathlib import Path

from tests.project import png
from wxsync.lockfile import write_lock
from wxsync.manifest import read_manifest
from wxsync.model import Fingerprint, Lock, Record

APPID = "wx0123456789abcdef"
WXSYNC = str(Path(sys.executable).with_name("wxsync"))
BY_GLOB = 'version: 1\nmaterials:\n  - {path: "images/**/*.png", type: image}\n'
FILES_IN_A_FOLDER = 500

# What is younger than two seconds is remembered by nobody, neither by git.
_GRAIN_SECONDS = 2.5


@dataclass(frozen=True, slots=True)
class Command:
    """Holds a command as it is run: in which folder, with which variables, and what is done before, unmeasured."""

    words: Sequence[str]
    folder: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    before: Callable[[], object] = lambda: None

    def run(self) -> Spent:
        """Runs it once; raises where it fails."""
        if sys.platform == "win32":
            raise NotImplementedError
        self.before()
        asked = json.dumps([list(self.words), str(self.folder), os.environ | dict(self.environ)])
        measured = subprocess.run(
            [sys.executable, "-S", "-c", _MEASURE], input=asked, stdout=subprocess.PIPE, text=True, check=True
        )
        code, seconds, kibibytes = json.loads(measured.stdout)
        if code:
            raise RuntimeError(f"{' '.join(self.words)} in {self.folder} ended with {code}")
        return Spent(seconds, kibibytes / 1024)


# What a command is said to need at the most begins at what the process has that starts it: so that one is as small as a
# Python can be.
_MEASURE = """
import json, os, sys, time
words, folder, environ = json.load(sys.stdin)
os.chdir(folder)
null = os.open(os.devnull, os.O_RDWR)
silent = [(os.POSIX_SPAWN_DUP2, null, 1), (os.POSIX_SPAWN_DUP2, null, 2)]
begun = time.perf_counter()
_, status, used = os.wait4(os.posix_spawnp(words[0], words, environ, file_actions=silent), 0)
print(json.dumps([os.waitstatus_to_exitcode(status), time.perf_counter() - begun, used.ru_maxrss]))
"""


@dataclass(frozen=True, slots=True)
class Spent:
    """Holds what one run took: seconds of the clock, and MiB at the most."""

    seconds: float
    mebibytes: float


def wxsync(
    folder: Path, *words: str, environ: Mapping[str, str] | None = None, before: Callable[[], object] = lambda: None
) -> Command:
    """Gives a wxsync command."""
    return Command([WXSYNC, *words], folder, environ or {}, before)


def python(folder: Path, code: str) -> Command:
    """Gives a few lines of Python as a command."""
    return Command([sys.executable, "-c", code], folder)


def library(
    place: Path, files: int, *, listed: bool = False, locked: bool = True, size: int = 0, photographs: bool = False
) -> Path:
    """Makes a folder of pictures in step with its lock, committed to git; small ones, or larger by `size` bytes.

    With `photographs` they are JPEGs of 1200 x 900 pixels under the same names, which only their content tells.
    """
    # In a process of its own: what a command is said to need at the most begins at what the process that starts it has.
    with ProcessPoolExecutor(1) as process:
        content = _photograph if photographs else partial(_picture, size=size)
        return process.submit(_library, place, files, content, listed=listed, locked=locked).result()


def _picture(number: int, *, size: int) -> bytes:
    return png(str(number), padding=size)


def _photograph(number: int) -> bytes:
    """Makes soft blots of colour, which take as long to decode as a photograph does."""
    # Only in the process that makes them: what a command needs at the most begins at what this one has.
    from PIL import Image

    colours = random.Random(number).randbytes(40 * 30 * 3)
    picture = Image.frombytes("RGB", (40, 30), colours).resize((1200, 900), Image.Resampling.BICUBIC)
    content = BytesIO()
    picture.save(content, "JPEG", quality=85)
    return content.getvalue()


def _library(place: Path, files: int, content: Callable[[int], bytes], *, listed: bool, locked: bool) -> Path:
    for number in range(files):
        file = place / f"images/{number // FILES_IN_A_FOLDER:03}/picture-{number:06}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content(number))
    entries = (f"  - path: {file}\n    type: image\n" for file in sorted(_pictures(place)))
    text = "version: 1\nmaterials:\n" + "".join(entries) if listed else BY_GLOB
    (place / "materials.yaml").write_text(text)
    if locked:
        write_lock(place / "materials.lock.json", _lock(place))
        (place / ".wxsync").mkdir()
        (place / ".gitignore").write_text(".wxsync\n")
        for words in ("init -q", "add -A", "-c user.name=x -c user.email=x@example.com commit -qm x"):
            subprocess.run(["git", *words.split()], cwd=place, check=True)
        time.sleep(_GRAIN_SECONDS)
    return place


@contextmanager
def sandbox(*arguments: str) -> Iterator[dict[str, str]]:
    """Serves an offline WeChat in a process of its own, and gives the variables that lead to it."""
    # As an account like any other: its own appid would give it the lock of the sandbox.
    command = [WXSYNC, "sandbox", "--appid", "wx5a4db0c511111111", "-q", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        said = [process.stdout.readline().removeprefix("export ").strip() for _ in range(3)]
        yield dict(line.split("=", 1) for line in said)
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def _pictures(place: Path) -> Iterator[str]:
    return (str(file.relative_to(place)) for file in (place / "images").rglob("*.png"))


def _lock(place: Path) -> Lock:
    manifest, problems = read_manifest(place / "materials.yaml")
    assert not problems
    records = {}
    for asset in manifest.assets:
        content = (place / asset.path).read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        name = f"{Path(asset.path).stem}.{Fingerprint(asset.type, sha256).tag(APPID)}.png"
        media_id = hashlib.sha256(asset.path.encode()).hexdigest()[:43]
        url = f"http://mmbiz.qpic.cn/mmbiz_png/{sha256}{media_id}/0?wx_fmt=png"
        record = Record(asset.type, asset.path, sha256, len(content), media_id, url, name, "2026-01-01T00:00:00Z")
        records[asset.name] = record
    return Lock(APPID, records)
