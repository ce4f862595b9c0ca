"""Random histories of a folder and its account: in the end lock and library agree, and nothing went up twice."""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.project import MEDIA, Project, at_once, png, serving

LIBRARY_LIMITS = [f"{folder}{name}" for folder in ("", "posts/") for name in ("a", "b", "c", "d")]
CONTENTS = ["red", "green", "blue", "grey"]
COVER = (MEDIA / "covers/intro.jpg").read_bytes()

places, contents = st.sampled_from(LIBRARY_LIMITS), st.sampled_from(CONTENTS)
kinds = st.sampled_from(["image", "thumb"])


def content_of(kind: str, seed: str) -> bytes:
    return png(seed) if kind == "image" else COVER + seed.encode()


class Life(RuleBasedStateMachine):
    """Does to a folder and to its account what teams do, and applies after each of it."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.root = Path(tempfile.mkdtemp())
        self.stack.callback(shutil.rmtree, self.root)
        self.server = self.stack.enter_context(serving())
        self.project = Project(self.root, self.server.environ, pause=at_once)
        self.wanted: dict[str, tuple[str, str, str]] = {}
        self._apply()

    def teardown(self) -> None:
        """Asks WeChat once more: whatever happened, lock and library agree in the end."""
        try:
            self._grow_old()
            self._apply("--refresh")
            planned = self.project.run("plan", "--refresh", "--format", "json", "--detailed-exitcode")
            assert planned.code == 0, planned.out
            held = self._held()
            unclaimed = {one["media_id"] for one in planned.json["drift"]}
            assert set(held) <= self.server.ids()
            assert self.server.ids() - set(held) - self._retired() == unclaimed
            assert set(self.project.materials() if self.wanted else {}) == set(self.wanted)
        finally:
            self.stack.close()

    @rule(place=places, content=contents, kind=kinds)
    def write(self, place: str, content: str, kind: str) -> None:
        """Adds a file, or edits one."""
        self._put(place, place, content, kind)
        self._apply()

    @precondition(lambda self: self.wanted)
    @rule(data=st.data(), place=places)
    def move(self, data: st.DataObject, place: str) -> None:
        """Moves a file to another place under the same name."""
        name = data.draw(st.sampled_from(sorted(self.wanted)))
        _, content, kind = self.wanted.pop(name)
        self._put(name, place, content, kind)
        self._apply()

    @precondition(lambda self: self.wanted)
    @rule(data=st.data(), new=places)
    def rename(self, data: st.DataObject, new: str) -> None:
        """Gives a material another name."""
        name = data.draw(st.sampled_from(sorted(self.wanted)))
        self.wanted[new] = self.wanted.pop(name)
        self._apply()

    @precondition(lambda self: self.wanted)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        """Takes a material out of the manifest."""
        del self.wanted[data.draw(st.sampled_from(sorted(self.wanted)))]
        self._apply()

    @rule(which=st.integers(0, 30))
    def delete_at_wechat(self, which: int) -> None:
        """Somebody deletes a material in the console, and a refresh finds out."""
        materials = sorted((one["name"], one["media_id"]) for one in self.server.state()["materials"])
        if materials:
            self.server.delete(materials[which % len(materials)][1])
        self._grow_old()
        self._apply("--refresh")

    @rule()
    def prune(self) -> None:
        """Deletes what is retired, and nothing that the lock holds."""
        before, retired = self.server.ids(), self._retired()
        assert self.project.run("prune", "--yes").code == 0
        assert self.server.ids() == before - retired
        assert self._retired() == set()

    @rule()
    def lose_the_lock(self) -> None:
        """Loses the lock, as a careless merge does."""
        (self.root / "materials.lock.json").unlink(missing_ok=True)
        self._apply()

    @rule()
    def lose_the_state(self) -> None:
        """Loses the state folder, as every CI runner does."""
        shutil.rmtree(self.root / ".wxsync", ignore_errors=True)
        self._apply()

    @rule()
    def lose_both(self) -> None:
        """Loses the lock and the state folder."""
        shutil.rmtree(self.root / ".wxsync", ignore_errors=True)
        self.lose_the_lock()

    @invariant()
    def every_content_is_there_once(self) -> None:
        live = [(one["type"], one["sha256"]) for one in self.server.state()["materials"]]
        assert len(live) == len(set(live))

    def _put(self, name: str, place: str, content: str, kind: str) -> None:
        # A file of its own for each name: a place that another name uses is left to it.
        path = f"media/{place}-{name.replace('/', '-')}-{content}.{'png' if kind == 'image' else 'jpg'}"
        self.project.add(path, content_of(kind, content))
        self.wanted[name] = (path, content, kind)

    def _apply(self, *arguments: str) -> None:
        rows = [json.dumps({"path": path, "type": kind, "name": name}) for name, (path, _, kind) in self.wanted.items()]
        self.project.manifest("materials: [" + ", ".join(rows) + "]\n")
        before = {(one["type"], one["sha256"]) for one in self.server.state()["materials"]}
        known = self.server.ids()
        applied = self.project.apply("--force", *arguments)
        assert applied.code == 0, applied.err
        fresh = [one for one in self.server.state()["materials"] if one["media_id"] not in known]
        assert not [one for one in fresh if (one["type"], one["sha256"]) in before]

    def _grow_old(self) -> None:
        """Lets time pass at WeChat: what is younger than an hour is never taken for gone."""
        self.server.advance(3601)

    def _held(self) -> dict[str, str]:
        lock = self.root / "materials.lock.json"
        records = json.loads(lock.read_bytes())["materials"] if lock.exists() else {}
        return {one["media_id"]: name for name, one in records.items()}

    def _retired(self) -> set[str]:
        lock = self.root / "materials.lock.json"
        return {one["media_id"] for one in json.loads(lock.read_bytes())["retired"]} if lock.exists() else set()


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=12, stateful_step_count=14, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
