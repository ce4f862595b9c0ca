"""Makes a folder with a material of every type, and judges a library by what its lock says of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from tests.faults.launcher import Ended, Fault, Launch, Launcher
from tests.project import MEDIA, Project, Server, png, serving
from wxsync.planner.naming import tag_in
from wxsync.sandbox import Switches

APPLY = ("apply", "--yes", "--settle", "0")
_SAMPLES = {"voice": "audio/welcome.mp3", "video": "video/intro.mp4", "thumb": "covers/intro.jpg"}
_EXTENSIONS = {"image": "png", "voice": "mp3", "video": "mp4", "thumb": "jpg", "article_image": "png"}

# A listing shows no more of a video than its title, so it goes by rules of its own.
ALL_BUT_VIDEO: Mapping[str, int] = {"image": 3, "voice": 1, "thumb": 1, "article_image": 1}
VIDEO: Mapping[str, int] = {"video": 1}
EVERYTHING: Mapping[str, int] = {**ALL_BUT_VIDEO, **VIDEO}


class Found(Struct, frozen=True):
    """Holds what was wrong in the end, in sentences; `answered` counts the uploads that the server did.

    `duplicates` are at the server beyond one of each material, `retired` those that the lock has retired, and `lost`
    are ids there that no lock knows.
    """

    answered: int
    duplicates: int
    retired: int
    lost: int
    wrong: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class World:
    """Joins a folder, a server whose state outlives every client, and a launcher of clients."""

    project: Project
    server: Server
    launcher: Launcher

    def launch(self, *arguments: str, faults: tuple[Fault, ...] = (), read_seconds: float | None = None) -> Launch:
        manifest = str(self.project.root / "materials.yaml")
        return Launch(("-f", manifest, *arguments), self.project.environ, faults, read_seconds)

    def apply(self, *arguments: str, faults: tuple[Fault, ...] = (), read_seconds: float | None = None) -> Ended:
        """Applies in a process of its own, and waits until the server has done with it."""
        [ended] = self.launcher.run(self.launch(*APPLY, *arguments, faults=faults, read_seconds=read_seconds))
        rest(self.server)
        return ended


@contextmanager
def world(
    launcher: Launcher, materials: Mapping[str, int] = EVERYTHING, *, switches: Switches | None = None
) -> Iterator[World]:
    """Serves an empty library, and makes a folder with so many materials of each type."""
    with TemporaryDirectory() as folder, serving(switches=switches) as server:
        project = Project(Path(folder), server.environ)
        fill(project, materials)
        yield World(project, server, launcher)


def fill(project: Project, materials: Mapping[str, int]) -> None:
    """Writes so many materials of each type, each a file of its own, and their manifest."""
    lines = ["materials:"]
    for kind, many in materials.items():
        for number in range(many):
            path = f"{kind}-{number}.{_EXTENSIONS[kind]}"
            project.add(path, _content(kind, number))
            about = f", title: Film {number}, introduction: About" if kind == "video" else ""
            lines.append(f"  - {{path: {path}, type: {kind}{about}}}")
    project.manifest("\n".join(lines) + "\n")


def rest(server: Server) -> None:
    """Waits until the server has dealt with whatever clients sent before they died."""
    server.state()  # served after all connections that were made before this one
    app = server.sandbox._app
    with app.idle:
        assert app.idle.wait_for(lambda: app.running == 0, 30)


def recover(world: World) -> Found:
    """Applies without a fault, and judges: one live material for each asset, none that the lock does not know.

    Then applies once more, which must ask the server nothing at all.
    """
    recovered = world.project.run(*APPLY)
    found = judge(world.project, world.server)
    calls = world.server.calls()
    again = world.project.run(*APPLY)
    wrong = [f"the recovery ended with {recovered.code}: {recovered.err}"] * bool(recovered.code)
    wrong += [f"one more apply ended with {again.code}: {again.err}"] * bool(again.code)
    wrong += ["one more apply called the server"] * (world.server.calls() != calls)
    return replace(found, wrong=(*wrong, *found.wrong))


def judge(project: Project, server: Server) -> Found:
    """Compares what the lock says with what the server holds."""
    state, lock = server.state(), project.lock()
    records = lock["materials"]
    retired = {one["media_id"] for one in lock["retired"]} - {None}
    known = retired | {one["media_id"] for one in records.values()} - {None}
    there = {one["media_id"] for one in state["materials"]}
    everything = Counter(_mark(one) for one in state["materials"])
    live = Counter(_mark(one) for one in state["materials"] if one["media_id"] not in retired)
    urls = {one["url"] for one in state["article_images"]}
    wanted = {_mark_of(one) for one in records.values() if one["media_id"]}
    lost = there - known
    wrong = [f"{many} of {mark} are live" for mark, many in live.items() if many > 1]
    wrong += [f"{media_id} is at the server, and no lock knows it" for media_id in lost]
    wrong += [f"{media_id} is in the lock, and not at the server" for media_id in known - there]
    wrong += [f"{mark} is in the lock, and nothing like it is live" for mark in wanted - live.keys()]
    wrong += [f"{name} has no id" for name in names_of(project) - records.keys()]
    wrong += [f"the url of {name} is not the server's" for name, one in records.items() if _is_astray(one, urls)]
    wrong += [f"{one['name']} is still in doubt" for one in lock["unconfirmed"]]
    answered = sum(one["errcode"] in ("", "0") for one in _uploads(server))
    return Found(answered, sum(everything.values()) - len(everything), len(retired), len(lost), tuple(wrong))


def remembered(project: Project) -> set[str]:
    """Gives the ids that stand in a folder's lock or journal, so that nobody need be asked for them."""
    files = [*project.root.glob("*.lock.json"), *project.root.glob(".wxsync/*.journal")]
    return {
        found for file in files for found in re.findall(r'"media_id": ?"([^"]+)"', file.read_text(encoding="utf-8"))
    }


def names_of(project: Project) -> set[str]:
    """Gives the names in a manifest that `fill` wrote."""
    lines = (project.root / "materials.yaml").read_text(encoding="utf-8").splitlines()[2:]
    return {line.split("path: ")[1].split(",")[0] for line in lines}


def _content(kind: str, number: int) -> bytes:
    if kind not in _SAMPLES:
        return png(f"{kind} {number}")
    # What follows the end of the sound, the film or the picture makes it another file.
    return (MEDIA / _SAMPLES[kind]).read_bytes() + bytes(number)


def _mark(stored: Mapping[str, Any]) -> tuple[str, str]:
    """Tells what an upload is of: a listing names a video by its title, and all else by the name of its file."""
    return stored["type"], stored["title"] if stored["type"] == "video" else _tag(stored["name"])


def _mark_of(record: Mapping[str, Any]) -> tuple[str, str]:
    return record["type"], record["title"] if record["type"] == "video" else _tag(record["uploaded_as"])


def _tag(name: str) -> str:
    """Tells by its tag what was sent: a voice is listed without the extension that it was sent with."""
    return tag_in(name) or name


def _is_astray(record: Mapping[str, Any], urls: set[str]) -> bool:
    return record["type"] == "article_image" and record["url"] not in urls


def _uploads(server: Server) -> list[Any]:
    return [*server.requests("add_material"), *server.requests("uploadimg")]
