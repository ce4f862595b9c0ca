"""Builds a project in a temporary folder, runs the command line on it, and looks at what the server saw."""

from __future__ import annotations

import io
import json
import os
import struct
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from wxsync.cli import run
from wxsync.sandbox import Sandbox, Switches, serve

# The sandbox plays an account like any other: its own appid would give it the lock of the sandbox.
APPID = "wx5a4db0c511111111"
MEDIA = Path(__file__).parent / "media"


@dataclass(frozen=True, slots=True)
class Run:
    """Holds what a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Server:
    """Holds a sandbox and asks it, through its own door, what it saw."""

    sandbox: Sandbox

    @property
    def environ(self) -> dict[str, str]:
        return {
            "WXSYNC_API_BASE": self.sandbox.url,
            "WXSYNC_APPID": self.sandbox.appid,
            "WXSYNC_SECRET": self.sandbox.secret,
        }

    def state(self) -> Any:
        return requests.get(f"{self.sandbox.url}/_sandbox/state", timeout=10).json()

    def requests(self, endpoint: str) -> list[Any]:
        seen = requests.get(f"{self.sandbox.url}/_sandbox/requests?last=500", timeout=10).json()
        return [one for one in _listed(seen) if one["endpoint"] == endpoint]

    def calls(self) -> dict[str, int]:
        return dict(self.state()["requests"])

    def fault(self, *faults: str) -> None:
        self._post("faults", {"faults": list(faults)})

    def limit(self, **limits: dict[str, int]) -> None:
        self._post("limits", limits)

    def advance(self, seconds: float) -> None:
        self._post("clock", {"advance": seconds})

    def forget_faults(self) -> None:
        requests.delete(f"{self.sandbox.url}/_sandbox/faults", timeout=10).raise_for_status()

    def delete(self, media_id: str) -> None:
        """Plays somebody who deletes a material in the console."""
        requests.delete(f"{self.sandbox.url}/_sandbox/materials/{media_id}", timeout=10).raise_for_status()

    def ids(self) -> set[str]:
        return {one["media_id"] for one in self.state()["materials"]}

    def names(self) -> list[str]:
        return sorted(one["name"] for one in self.state()["materials"])

    def upload(self, material_type: str, name: str, content: bytes, **description: str) -> str:
        """Lets somebody else upload a material, and gives its media_id."""
        asked = {"grant_type": "client_credential", "appid": self.sandbox.appid, "secret": self.sandbox.secret}
        token = requests.post(f"{self.sandbox.url}/cgi-bin/stable_token", json=asked, timeout=10).json()["access_token"]
        answer = requests.post(
            f"{self.sandbox.url}/cgi-bin/material/add_material",
            params={"access_token": token, "type": material_type},
            files={"media": (name, content)},
            data={"description": json.dumps(description, ensure_ascii=False)} if description else None,
            timeout=10,
        )
        return str(answer.json()["media_id"])

    def remove(self, media_id: str) -> None:
        """Lets somebody delete a material in the console."""
        requests.delete(f"{self.sandbox.url}/_sandbox/materials/{media_id}", timeout=10).raise_for_status()

    def use(self, media_id: str, *, used: bool = True) -> None:
        """Lets a menu use a material."""
        self._post(f"materials/{media_id}/use", {"used": used})

    def _post(self, door: str, body: object) -> None:
        requests.post(f"{self.sandbox.url}/_sandbox/{door}", json=body, timeout=10).raise_for_status()


@contextmanager
def serving(
    *,
    state: Path | None = None,
    faults: Sequence[str] = (),
    switches: Switches | None = None,
    appid: str = APPID,
) -> Iterator[Server]:
    with serve(state=state, faults=faults, switches=switches or Switches(), appid=appid) as sandbox:
        yield Server(sandbox)


@dataclass(slots=True)
class Project:
    """Holds a folder with a manifest and its media; commands run in this process, with an environment of their own."""

    root: Path
    environ: dict[str, str]
    pause: Callable[[float], bool] | None = None
    """How its commands wait, by default for real."""

    def manifest(self, text: str, name: str = "materials.yaml") -> Path:
        file = self.root / name
        file.write_text("version: 1\n" + text, encoding="utf-8")
        return file

    def images(self, *paths: str) -> None:
        """Writes a manifest of images, each a picture of its own."""
        for path in paths:
            self.add(path, png(path))
        self.manifest("materials:\n" + "".join(f"  - {{path: {path}, type: image}}\n" for path in paths))

    def add(self, path: str, content: bytes) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return file

    def sample(self, source: str, path: str) -> Path:
        """Copies one of the real media that lie beside the tests."""
        return self.add(path, (MEDIA / source).read_bytes())

    def run(self, *arguments: str, manifest: str = "materials.yaml", clock_ns: Callable[[], int] = time.time_ns) -> Run:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            whole = ["--manifest", str(self.root / manifest), *arguments]
            code = run(whole, self.environ, clock_ns=clock_ns, pause=self.pause)
        return Run(code, out.getvalue(), err.getvalue())

    def apply(self, *arguments: str) -> Run:
        return self.run("apply", "--yes", "--settle", "0", *arguments)

    def lock_bytes(self, name: str = "materials.lock.json") -> bytes:
        return (self.root / name).read_bytes()

    def lock(self, name: str = "materials.lock.json") -> Any:
        return json.loads(self.lock_bytes(name))

    def materials(self) -> dict[str, Any]:
        return dict(self.lock()["materials"])


def fifo(at: Path) -> None:
    """Makes a FIFO, where the system has such things."""
    if sys.platform == "win32":
        pytest.skip("Windows has no FIFOs")
    os.mkfifo(at)


def at_once(_seconds: float) -> bool:
    """Waits for nothing."""
    return False


def until(condition: Callable[[], bool]) -> None:
    """Waits for something that another process does."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.01)


def png(seed: str, *, padding: int = 0) -> bytes:
    """Draws a small picture in the colour of its seed; `padding` makes it that many bytes larger."""
    colour = zlib.crc32(seed.encode()).to_bytes(4, "big")[:3]
    rows = b"".join(b"\0" + colour * 8 for _ in range(8))
    chunks = [_chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)), _chunk(b"tEXt", b"seed\0" + seed.encode())]
    if padding:
        chunks.append(_chunk(b"prVt", bytes(padding - 12)))
    return b"\x89PNG\r\n\x1a\n" + b"".join([*chunks, _chunk(b"IDAT", zlib.compress(rows)), _chunk(b"IEND", b"")])


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _listed(seen: Any) -> list[Any]:
    return list(seen["requests"] if isinstance(seen, dict) else seen)
