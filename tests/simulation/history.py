"""One history from a seed: edits, runs, crashes, faults and losses, then peace, then the judgement."""

from __future__ import annotations

import hashlib
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import greenlet
from msgspec.structs import replace

from tests.simulation.clock import Clock
from tests.simulation.disk import SimulatedDisk, Troubles
from tests.simulation.judge import (
    Broken,
    Excuses,
    admitted_copies,
    after_crash,
    after_run,
    at_the_end,
    only_persons_are_awaited,
)
from tests.simulation.machine import Ended, Machine, Run
from tests.simulation.material import Wanted, Workshop
from tests.simulation.server import Item, Server
from tests.simulation.wire import APPID
from wxsync.journal import Journal
from wxsync.lockfile import parse_lock, render_lock
from wxsync.model import Fingerprint, Record, Retired, Unconfirmed
from wxsync.planner.merge import merge
from wxsync.planner.naming import utc

_APPLY, _PRUNE = "apply", "prune"


@dataclass(slots=True)
class Told:
    """Holds what a history left: its figures, what it broke, and its trace where one was asked for."""

    seed: int
    figures: Counter[str] = field(default_factory=Counter)
    broken: list[Broken] = field(default_factory=list)
    trace: list[str] | None = None

    def tell(self, line: str) -> None:
        if self.trace is not None:
            self.trace.append(line)


def play(seed: int, root: Path, *, with_trace: bool = False) -> Told:
    """Plays the history of a seed in a folder, which holds the media only."""
    told = Told(seed, trace=[] if with_trace else None)
    story = _Story(seed, root, told)
    try:
        story.play()
    except Exception as error:  # a defect of wxsync, or of the simulation: either way it is to be looked at
        told.tell(traceback.format_exc())
        told.broken.append(Broken("defects", f"{type(error).__name__}: {error}"))
    told.figures["histories"] += 1
    told.figures["broken"] += len(told.broken)
    told.figures.update(one.kind for one in told.broken)
    return told


class _Story:
    def __init__(self, seed: int, root: Path, told: Told) -> None:
        self.rng = Random(seed)
        self.told = told
        self.clock = Clock()
        self.workshop = Workshop(root, self.rng)
        self.server = Server(
            self.clock,
            self.rng,
            lists_thumbs=self.rng.random() < 0.8,
            keeps_introductions=self.rng.random() < 0.8,
            renames=self.rng.random() < 0.2,
        )
        self.excuses = Excuses(blind=not self.server.lists_thumbs)
        names = ("first", "second")[: 1 + (self.rng.random() < 0.3)]
        self.machines = [self._machine(name) for name in names]
        # A page that the lock knows ends the looking, so that nothing of another machine or of a lock that was lost is
        # found behind it: a page of a few materials would make that common.
        self.forgets = len(names) == 2 or self.rng.random() < 0.5
        if not self.forgets:
            self.server.page = self.rng.choice((1, 2, 3, 20))
        self.shared: bytes | None = None
        self.sharing = self.rng.choice((0.0, 0.5, 1.0))
        self.mood = self.rng.choice((0.0, 0.1, 0.3, 0.6))

    def play(self) -> None:
        self.workshop.begin(self.rng.choice((1, 1, 2, 2, 3, 4)))
        if self.rng.random() < 0.2:
            self.server.fill(self.rng.randrange(5, 50), apart=3600)
        for wanted in self.workshop.wanted:
            self.told.tell(f"the manifest asks for {wanted}")
        for number in range(self.rng.choice((1, 2, 2, 3, 3, 4, 5, 7))):
            self._between(first=number == 0)
            self._runs()
        ends = [self._peace(machine) for machine in self.machines]
        self.told.figures["admitted copies"] += admitted_copies(self.machines, self.server, self.excuses)
        self.told.figures["stored"] += sum(item.tag is not None for item in self.server.items)
        self.told.broken += at_the_end(self.machines, ends, self.server, self.excuses)

    def _machine(self, name: str) -> Machine:
        def tell(line: str) -> None:
            self.told.tell(f"{name}: {line}")

        disk = SimulatedDisk(self.rng, tell, key=name)
        machine = Machine(name, disk, self.workshop, self.server, self.clock, self.rng, self.told.figures, tell)
        if self.rng.random() < 0.5:
            machine.set_clock()
        return machine

    def _between(self, *, first: bool) -> None:
        waited = self.rng.choice((1, 5, 30, 300, 4000, 90_000, 900_000))
        self.clock.advance(waited)
        while not first and self.rng.random() < 0.45:
            self.told.tell(f"somebody {self.workshop.edit()}")
        if not first and self.rng.random() < 0.06:
            self.server.fill(self.rng.randrange(5, 60), apart=0)
        for machine in self.machines:
            if self.forgets and not first and self.rng.random() < 0.15:
                self._lose(machine)
            if self.rng.random() < 0.1:
                machine.set_clock()
            if not first and self.rng.random() < (0.3 if machine.journal() else 0.04):
                self._distrust(machine)
            if self.rng.random() < 0.3:
                machine.disk.settle()

    def _lose(self, machine: Machine) -> None:
        lock, journal = self.rng.choice(((True, False), (False, True), (True, True)))
        self.told.tell(f"{machine.name} loses {'the lock ' * lock}{'the journal' * journal}")
        self.told.figures["losses: " + " and ".join(["lock"] * lock + ["journal"] * journal)] += 1
        self.excuses.forgot = True
        machine.lose(lock=lock, journal=journal)

    def _distrust(self, machine: Machine) -> None:
        """Have a journal be there that its seal does not prove: its own, another machine's, or a stranger's."""
        others = [one.journal() for one in self.machines if one is not machine]
        foreign = next((one for one in others if one), None)
        own = machine.journal()
        if own and self.rng.random() < 0.5:
            whose = "its own, without its key"
            machine.lose_key()
        elif foreign and self.rng.random() < 0.5:
            whose = "that of another machine"
            machine.take_journal(foreign)
        elif self.workshop.wanted:
            whose = "that of a stranger"
            machine.take_journal(self._forged())
        else:
            return
        self.told.tell(f"{machine.name} has a journal that proves nothing: {whose}")
        self.told.figures[f"foreign journals: {whose}"] += 1
        # What such lines tell of contents that the lock has already, nobody looks for.
        self.excuses.forgot = True

    def _forged(self) -> bytes:
        """Write a journal that gives what the manifest wants the ids of something else."""
        disk, file = SimulatedDisk(self.rng, self.told.tell, key="a stranger"), Path("journal")
        names = self.rng.sample(self.workshop.wanted, self.rng.randrange(1, len(self.workshop.wanted) + 1))
        with Journal(file, account=APPID, disk=disk) as journal:
            for one in names:
                intent = Unconfirmed(one.name, one.type, one.sha256, f"forged.{one.tag(APPID)}.x", utc(self.clock.now))
                journal.intend(intent)
                if one.type.has_media_id and self.rng.random() < 0.7:
                    journal.done(one.name, self._false_record(one, intent))
        content = disk.peek(file)
        assert content
        return content

    def _false_record(self, wanted: Wanted, intent: Unconfirmed) -> Record:
        there = [item.listed_id for item in self.server.items if item.tag != wanted.tag(APPID)]
        media_id = self.rng.choice([*there, "of-nothing"])
        return Record(
            wanted.type,
            wanted.path,
            wanted.sha256,
            1,
            media_id,
            None,
            intent.uploaded_as,
            intent.sent_at,
            title=wanted.title,
            introduction=wanted.introduction,
        )

    def _runs(self) -> None:
        if len(self.machines) == 2 and self.rng.random() < 0.2:
            self.excuses.at_once = True
            self.told.figures["two machines at once"] += 1
            self._at_once()
            return
        machine = self.rng.choice(self.machines)
        if self.rng.random() < self.sharing:
            self._pull(machine)
        run = self._draw_run()
        if run.prune and self.rng.random() < 0.3:
            self._plant_strangers(machine)
        self.told.tell(f"--- {machine.name} runs {_PRUNE if run.prune else _APPLY} at {self.clock.now:.0f}")
        self._do(machine, run)
        if run.crash_at and self.rng.random() < 0.2:
            self.told.tell(f"--- {machine.name} runs apply again at once, and the power fails")
            self._do(machine, Run(crash_at=self.rng.randrange(1, 20), power=True))
        if self.rng.random() < self.sharing:
            self._push(machine)

    def _plant_strangers(self, machine: Machine) -> None:
        """Have a pull request call what somebody else uploaded retired, so that a prune would delete it."""
        lock = machine.lock()
        if lock is None:
            return
        self.server.fill(2, apart=1)
        self.told.tell(f"{machine.name}: strangers' materials are put among the retired")
        self.told.figures["strangers among the retired"] += 1
        strangers = [self.server.items[-1], *(item for item in self.server.items if item.tag is None)][:2]
        planted = tuple(Retired(item.name, _as_ours(item), utc(self.clock.now), None) for item in strangers)
        machine.disk.set(machine.lock_file, render_lock(replace(lock, retired=(*lock.retired, *planted))))

    def _at_once(self) -> None:
        hub = greenlet.getcurrent()
        ends: list[tuple[Machine, Ended]] = []

        def work(machine: Machine, run: Run) -> None:
            ends.append((machine, machine.do(run, hub)))

        self.told.tell(f"--- both machines run apply at {self.clock.now:.0f}")
        runs = [(greenlet.greenlet(work), machine, self._draw_run(prunes=False)) for machine in self.machines]
        while alive := [one for one in runs if not one[0].dead]:
            running, machine, run = self.rng.choice(alive)
            running.switch(machine, run) if not running else running.switch()
        for machine, ended in ends:
            self._judged(machine, ended)

    def _do(self, machine: Machine, run: Run) -> None:
        self.told.figures["prunes"] += run.prune
        self.told.figures["refreshes"] += run.refresh
        before = machine.recalled()
        ended = machine.do(run)
        self._judged(machine, ended)
        self.told.broken += after_run(machine, run, ended, before)
        after = machine.recalled()
        deleted = self.server.every_id(self.server.deleted)
        self.excuses.left_behind |= (after.media_ids if after else frozenset()) & deleted

    def _judged(self, machine: Machine, ended: Ended) -> None:
        if ended.crashed:
            self.told.broken += after_crash(machine, self.excuses)

    def _draw_run(self, *, prunes: bool = True) -> Run:
        troubles = Troubles()
        if self.rng.random() < 0.15:
            self.told.figures["bad disks"] += 1
            troubles = Troubles(
                short=self.rng.choice((0.0, 0.3)),
                failing=self.rng.choice((0.0, 0.0, 0.2)),
                room=self.rng.choice((None, 0, 600, 3000, 1_050_000)),
            )
        return Run(
            jobs=self.rng.randrange(1, 5),
            crash_at=self.rng.choice((self.rng.randrange(1, 25), self.rng.randrange(1, 90)))
            if self.rng.random() < 0.6
            else None,
            interrupt_at=self.rng.randrange(1, 60) if self.rng.random() < 0.05 else None,
            power=self.rng.random() < 0.6,
            uploads=self.mood,
            others=self.mood / 3,
            troubles=troubles,
            most=1 if self.rng.random() < 0.05 else None,
            refresh=self.rng.random() < 0.15,
            prune=self.rng.random() < 0.08 and prunes,
            forced=self._draw_renewal(),
            jumps_at=self.rng.randrange(1, 60) if self.rng.random() < 0.1 else None,
        )

    def _draw_renewal(self) -> tuple[str, ...]:
        if not self.workshop.wanted or self.rng.random() > 0.04:
            return ()
        one = self.rng.choice(self.workshop.wanted)
        self.told.tell(f"{one.name} is to be uploaded anew")
        self.excuses.renewed.add(one.tag(APPID))
        return (one.name,)

    def _pull(self, machine: Machine) -> None:
        ours = machine.lock_bytes()
        if self.shared is None or self.shared == ours:
            return
        joined = self.shared
        if ours is not None and ours != machine.pulled:
            sides = [parse_lock(side, shown_as="lock") for side in (ours, self.shared)]
            base = parse_lock(machine.pulled, shown_as="base") if machine.pulled else None
            joined = render_lock(merge(base, *sides))
        self.told.tell(f"{machine.name} pulls the lock")
        machine.disk.set(machine.lock_file, joined)
        machine.pulled = self.shared

    def _push(self, machine: Machine) -> None:
        self._pull(machine)
        ours = machine.lock_bytes()
        if ours is not None:
            self.told.tell(f"{machine.name} pushes the lock")
            self.shared = machine.pulled = ours

    def _peace(self, machine: Machine) -> Ended:
        """Run once without faults; after it there is nothing to do, whether or not WeChat is asked for its listing."""
        self.clock.advance(100)
        refresh = self.rng.random() < 0.5
        self.told.tell(f"--- peace: {machine.name} runs apply at {self.clock.now:.0f}{', with --refresh' * refresh}")
        ended = machine.do(Run(jobs=self.rng.randrange(1, 5), refresh=refresh))
        if ended.error:
            self._break("restless", f"{machine.name}: a run without faults ended with: {ended.error}")
        elif not only_persons_are_awaited(ended):
            self._break("restless", f"{machine.name}: a run without faults left {', '.join(sorted(ended.open_names))}")
        elif left := machine.pending(refresh=refresh) - ended.open_names:
            self._break(
                "restless", f"{machine.name}: after a run without faults there is work: {', '.join(sorted(left))}"
            )
        elif not ended.open_names:
            asked = len(self.server.asked)
            machine.do(Run())
            if len(self.server.asked) != asked:
                self._break("calls", f"{machine.name}: a run with nothing to do asked WeChat something")
        self.told.figures["videos that await a person"] += len(ended.open_names)
        return ended

    def _break(self, kind: str, what: str) -> None:
        self.told.broken.append(Broken(kind, what))


def _as_ours(item: Item) -> Record:
    """Say of what somebody else uploaded that it is ours, under a tag that is right for a content that nobody has."""
    sha256 = hashlib.sha256(item.media_id.encode()).hexdigest()
    sent_as = f"ours.{Fingerprint(item.type, sha256).tag(APPID)}.x"
    return Record(item.type, "ours.x", sha256, 1, item.listed_id, None, sent_as, utc(item.at))
