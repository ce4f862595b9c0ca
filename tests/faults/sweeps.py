"""Sweeps: the same short story again and again, each time with a fault at another place, and a judgement of each.

Every story begins with an empty library and ends with an apply that nothing disturbs.
"""

from __future__ import annotations

import itertools
import random
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec.structs import replace

from tests.faults.launcher import Ended, Fault, Launcher
from tests.faults.world import APPLY, Found, World, fill, recover, rest, world
from tests.project import Project
from wxsync.sandbox.faults import KINDS

# The server did it, and its answer is a plain no. Only a tag in a listing can tell; of a video a listing shows none, so
# that is for a person.
LIES = ("errcode-after=4", "status-after=413")
STATE, LOCK = ".wxsync", "materials.lock.json"
MEMORIES: Sequence[tuple[str, ...]] = ((LOCK,), (STATE,), (LOCK, STATE))
_VALUES = {
    "latency": [50],
    "slow-answer": [200],
    "status": [502, 404, 302, 413],
    "errcode": [99887, 45009, 40009],
}


@dataclass(frozen=True, slots=True)
class Story:
    """Holds what befell a folder, how the disturbed runs ended, how much they sent, and what was found in the end."""

    label: str
    ended: tuple[Ended, ...]
    sent: int
    found: Found
    faults: int = 1

    @property
    def wrong(self) -> str:
        return "".join(f"{self.label}: {sentence}\n" for sentence in self.found.wrong)


@dataclass(frozen=True, slots=True)
class Answer:
    """Names an answer that goes wrong: the fault, the type of the upload, its position of three, and the jobs."""

    fault: str
    kind: str
    position: int
    jobs: int

    @property
    def script(self) -> str:
        endpoint = "uploadimg" if self.kind == "article_image" else "add_material"
        return f"{endpoint}:{self.fault}*1@{self.position}"


def killed(launcher: Launcher, materials: Mapping[str, int], *, jobs: int, steps: Iterable[int]) -> Iterator[Story]:
    """Kills a run at one step after the other, until a run ends before it comes to its step."""
    for step in steps:
        with world(launcher, materials) as here:
            ended = here.apply("--jobs", str(jobs), faults=(Fault("SIGKILL", step),))
            yield _story(here, f"killed at step {step}", ended)
            if not ended.was_killed:
                return


def killed_twice(launcher: Launcher, materials: Mapping[str, int], *, seed: int, times: int) -> Iterator[Story]:
    """Kills a run, and then the run that recovers, each at a step by chance."""
    chance = random.Random(seed)
    for _ in range(times):
        steps = chance.randint(1, 120), chance.randint(1, 120)
        with world(launcher, materials) as here:
            ended = [here.apply("--jobs", "1", faults=(Fault("SIGKILL", step),)) for step in steps]
            yield _story(here, f"killed at steps {steps}, seed {seed}", *ended, faults=2)


def forgetful(launcher: Launcher, materials: Mapping[str, int], *, steps: Iterable[int]) -> Iterator[Story]:
    """Kills a run, and takes the lock, the state or both away; a step that is never reached is a whole run."""
    for step, gone in itertools.product(steps, MEMORIES):
        with world(launcher, materials) as here:
            ended = here.apply("--jobs", "1", faults=(Fault("SIGKILL", step),))
            forget(here.project.root, gone)
            yield _story(here, f"killed at step {step}, then {' and '.join(gone)} lost", ended)


def interrupted(
    launcher: Launcher, materials: Mapping[str, int], signals: Sequence[str], *, steps: Iterable[int]
) -> Iterator[Story]:
    """Sends signals to a run, three steps apart."""
    for step in steps:
        faults = tuple(Fault(name, step + 3 * number) for number, name in enumerate(signals))
        with world(launcher, materials) as here:
            ended = here.apply("--jobs", "1" if step % 2 else "3", faults=faults)
            yield _story(here, f"{' and '.join(signals)} at step {step}", ended)


def full(
    launcher: Launcher, materials: Mapping[str, int], *, steps: Iterable[int], sizes: Sequence[int]
) -> Iterator[Story]:
    """Lets no file grow beyond a size from some step on: RLIMIT_FSIZE cuts writes short and then refuses them."""
    for step, size in itertools.product(steps, sizes):
        with world(launcher, materials) as here:
            ended = here.apply("--jobs", "1", faults=(Fault("full", step, size),))
            yield _story(here, f"no file beyond {size} bytes from step {step} on", ended)


def unsynced(launcher: Launcher, materials: Mapping[str, int], *, steps: Iterable[int]) -> Iterator[Story]:
    """Lets every fsync fail from some step on, as a dying disk does."""
    for step in steps:
        with world(launcher, materials) as here:
            ended = here.apply("--jobs", "1", faults=(Fault("no-sync", step),))
            yield _story(here, f"fsync fails from step {step} on", ended)


def answered(launcher: Launcher, answers: Iterable[Answer]) -> Iterator[Story]:
    """Spoils one answer of three uploads."""
    for answer in answers:
        with world(launcher, {answer.kind: 3}) as here:
            here.server.fault(answer.script)
            ended = here.apply("--jobs", str(answer.jobs))
            here.server.forget_faults()
            yield _story(here, f"{answer.script} for {answer.kind} with {answer.jobs} jobs", ended)


def timed_out(launcher: Launcher, answers: Iterable[Answer]) -> Iterator[Story]:
    """Lets the server think longer than the client waits, and do it all the same."""
    for answer in answers:
        with world(launcher, {answer.kind: 3}) as here:
            here.server.fault(answer.script)
            ended = here.apply("--jobs", str(answer.jobs), "--settle", "4", read_seconds=0.5)
            here.server.forget_faults()
            yield _story(here, f"{answer.script} for {answer.kind}", ended)


def together(launcher: Launcher, materials: Mapping[str, int], *, processes: int, rounds: int) -> Iterator[Story]:
    """Starts several runs in one folder at the same moment."""
    for number in range(rounds):
        with world(launcher, materials) as here:
            here.server.fault("add_material:latency=10")
            ended = launcher.run(*[here.launch(*APPLY)] * processes)
            rest(here.server)
            yield _story(here, f"{processes} at once, round {number}", *ended, faults=processes - 1)


def cloned(launcher: Launcher, materials: Mapping[str, int], *, rounds: int) -> Iterator[Story]:
    """Applies in two clones at once, in both once more, and merges their locks as git would."""
    for number in range(rounds):
        with world(launcher, materials) as here, TemporaryDirectory() as folder:
            there = Project(Path(folder), here.project.environ)
            fill(there, materials)
            here.server.fault(f"add_material:latency=20%50,seed={number}")
            other = World(there, here.server, launcher)
            ended = launcher.run(here.launch(*APPLY), other.launch(*APPLY))
            ended += [here.apply(), other.apply()]
            merge_locks(here.project, there)
            yield _story(here, f"two clones at once, round {number}", *ended, may_retire=True)


def merge_locks(ours: Project, theirs: Project) -> str:
    """Merges the locks of two clones that began without one, into the first, and gives what was said."""
    base = ours.add(f"{STATE}/base", b"")
    merged = ours.run("lock", "merge", str(base), str(ours.root / LOCK), str(theirs.root / LOCK))
    assert merged.code == 0, merged.err
    return merged.out + merged.err


def forget(root: Path, names: Iterable[str]) -> None:
    """Takes files and folders away, as a fresh clone or a lost disk does."""
    for name in names:
        if (root / name).is_dir():
            shutil.rmtree(root / name)
        else:
            (root / name).unlink(missing_ok=True)


def all_answers(kinds: Sequence[str]) -> list[Answer]:
    """Lists every fault of the sandbox, for each type, each position and with one job and four; no lies for videos."""
    every = (Answer(*one) for one in itertools.product(every_fault(), kinds, (1, 2, 3), (1, 4)))
    return [one for one in every if one.kind != "video" or not one.fault.startswith(LIES)]


def some_answers(kinds: Sequence[str]) -> list[Answer]:
    """Lists every fault of the sandbox once, with types, positions and jobs in turn."""
    turns = zip(
        every_fault(), itertools.cycle(kinds), itertools.cycle((1, 2, 3)), itertools.cycle((4, 1)), strict=False
    )
    return [Answer(*one) for one in turns]


def late_answers(kinds: Sequence[str]) -> list[Answer]:
    """Lists answers that come too late, before and after the server did what it was asked."""
    faults = [f"latency-{when}=1500" for when in ("before", "after")]
    return [Answer(*one, 1, 4) for one in itertools.product(faults, kinds)]


def every_fault() -> list[str]:
    """Writes every kind of fault that the sandbox knows, striking before and after, with values where it needs them."""
    return [
        f"{name}-{when}" + (f"={value}" if kind.unit else "")
        for name, kind in KINDS.items()
        for when in kind.when
        for value in (_VALUES[name] if kind.unit else [0])
    ]


def _story(here: World, label: str, *ended: Ended, faults: int = 1, may_retire: bool = False) -> Story:
    sent = sum(here.server.calls().get(name, 0) for name in ("add_material", "uploadimg"))
    found = recover(here)
    if found.retired and not may_retire:
        found = replace(found, wrong=(*found.wrong, f"{found.retired} went up twice and were retired"))
    return Story(label, ended, sent, found, faults)
