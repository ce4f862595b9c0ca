"""A machine: a disk with a lock and a journal, on which apply is run, is cut off, and is judged afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import greenlet
from msgspec.structs import replace

from tests.simulation.clock import Clock
from tests.simulation.disk import SimulatedDisk, Troubles
from tests.simulation.faults import Weather
from tests.simulation.material import Workshop
from tests.simulation.process import Crash, Process
from tests.simulation.server import Server
from tests.simulation.wire import APPID, SimulatedTransport, connected
from wxsync.errors import Conflict, WxsyncError
from wxsync.executor import Event, Finished, Limits
from wxsync.lockfile import parse_lock
from wxsync.model import Action, Lock, Outcome
from wxsync.planner.naming import tag_in, utc
from wxsync.project.folder import Project
from wxsync.project.recovery import read_state
from wxsync.reconcile.inventory import Inventory
from wxsync.reconcile.planned import PlanOptions, plan_with
from wxsync.reconcile.refresh import refresh as take_inventory
from wxsync.reconcile.send import ApplyOptions
from wxsync.reconcile.watcher import Watcher
from wxsync.results import Report
from wxsync.workflow.apply import apply_to
from wxsync.workflow.prune import PruneOptions, prune_in

ANOTHER_APPID = "wxfedcba9876543210"
_CLOCKS_APART = (300, 4_000, 90_000, 10_000_000)


@dataclass(frozen=True, slots=True)
class Run:
    """Says how one run is to go."""

    jobs: int = 2
    settle: float = 90.0
    crash_at: int | None = None
    interrupt_at: int | None = None
    power: bool = False
    uploads: float = 0.0
    others: float = 0.0
    troubles: Troubles = field(default_factory=Troubles)
    most: int | None = None
    refresh: bool = False
    forced: tuple[str, ...] = ()
    prune: bool = False
    jumps_at: int | None = None

    @property
    def options(self) -> ApplyOptions:
        plan = PlanOptions(replace=self.forced, use_cache=False, refresh=self.refresh)
        return ApplyOptions(plan, limits=Limits(self.jobs, self.most), settle=self.settle)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run went: with a report (an empty one for a prune), with an error of ours, or with a crash (neither)."""

    report: Report | None
    error: WxsyncError | None
    steps: int

    @property
    def crashed(self) -> bool:
        return self.report is None and self.error is None

    @property
    def open_names(self) -> frozenset[str]:
        """Return the names that were not done."""
        results = self.report.results if self.report else ()
        return frozenset(one.change.name for one in results if one.outcome is not Outcome.DONE)


@dataclass(slots=True)
class Machine:
    """Holds one clone; `told` are the ids that answers told it, `confirmed` those that it counted as done.

    `is_whole` says whether the lock was the old or the new one after the last crash; `ahead` is by how many seconds its
    clock is ahead of WeChat's.
    """

    name: str
    disk: SimulatedDisk
    workshop: Workshop
    server: Server
    clock: Clock
    rng: Random
    figures: Counter[str]
    tell: Callable[[str], None]
    told: set[str] = field(default_factory=set)
    confirmed: set[str] = field(default_factory=set)
    pulled: bytes | None = None
    is_whole: bool = True
    ahead: float = 0.0

    def now(self) -> float:
        """Tell Unix seconds as this machine's clock does."""
        return self.clock.now + self.ahead

    def set_clock(self) -> None:
        """Set the clock wrong, by seconds or by months, as it may be before a machine has asked for the time."""
        most = self.rng.choice(_CLOCKS_APART)
        self.ahead = self.rng.uniform(-most, most)
        self.figures["clocks set"] += 1
        self.tell(f"its clock is {self.ahead:.0f} s ahead of WeChat's")

    def do(self, run: Run, hub: greenlet.greenlet | None = None) -> Ended:
        """Run apply or prune as it would be run on the command line."""
        process = Process(
            self.rng, self.tell, run.crash_at, run.interrupt_at, hub, jumps_at=run.jumps_at, jump=self.set_clock
        )
        self.disk.process, self.disk.troubles = process, run.troubles
        weather = Weather(self.rng, self.figures, run.uploads, run.others)
        transport = SimulatedTransport(self.name, self.server, weather, process, self.rng)
        report, error = None, None
        sound = not run.troubles.failing  # a disk that is full must still take what was counted as done
        try:
            watcher = self._watcher(process, sound=sound)
            if run.prune:
                prune_in(self.project(), PruneOptions(looks=False), watcher, lambda: connected(transport, process))
                report = Report(APPID, ())
            else:
                report = apply_to(self.project(), run.options, watcher, lambda: connected(transport, process))
        except Crash:
            pass
        except WxsyncError as caught:
            error = caught
        self.told.update(transport.told)
        self.disk.process, self.disk.troubles = None, Troubles()
        ended = Ended(report, error, process.steps)
        self._count(ended, run)
        return ended

    def pending(self, *, refresh: bool) -> frozenset[str]:
        """Return the names of which a plan without faults says that there is something to do."""
        project, process = self.project(), Process(self.rng, lambda _step: None)
        lock, inventory = self.recalled(), Inventory()
        if refresh:
            quiet = SimulatedTransport(self.name, self.server, Weather(self.rng, self.figures), process, self.rng)
            with connected(quiet, process) as remote:
                inventory = take_inventory(remote, lock, self._watcher(process, sound=True))
        planned = plan_with(project, lock, PlanOptions(use_cache=False, refresh=refresh), inventory)
        return frozenset(change.name for change in planned.plan.pending)

    def project(self) -> Project:
        return self.workshop.project(self.disk, APPID)

    @property
    def lock_file(self) -> Path:
        return self.workshop.root / "materials.lock.json"

    def lock(self) -> Lock | None:
        """Reads the lock as it lies on the disk; raises InvalidInput where it is not whole."""
        content = self.lock_bytes()
        return None if content is None else parse_lock(content, shown_as="the lock")

    def lock_bytes(self) -> bytes | None:
        return self.disk.peek(self.lock_file)

    def journal(self) -> bytes | None:
        """Read what the last run left open."""
        return self.disk.peek(self.project().journal_file)

    def recalled(self) -> Lock | None:
        """Gives what the next run would know, the journal included."""
        return read_state(self.project(), now=utc(self.now())).lock

    def is_deaf_to_others(self) -> bool:
        """Tell whether a run for another account learns nothing from what this one left."""
        try:
            state = read_state(replace(self.project(), appid=ANOTHER_APPID), now=utc(self.now()))
        except Conflict:
            return True
        return state.lock is None

    def lose(self, *, lock: bool, journal: bool) -> None:
        """Takes the lock or the journal away, and with it what only it knew."""
        project = self.project()
        if lock:
            self.disk.set(self.lock_file, None)
            self.pulled = None
        if journal:
            self.disk.set(project.journal_file, None)
        self._forget_what_is_not_known()

    def lose_key(self) -> None:
        """Take away the key that its journal is sealed with, as a new home or another user does."""
        self.disk.key += " anew"
        self._forget_what_is_not_known()

    def take_journal(self, content: bytes) -> None:
        """Put a journal there that this machine did not write, as a pull request does."""
        self.disk.set(self.project().journal_file, content)
        self._forget_what_is_not_known()

    def _forget_what_is_not_known(self) -> None:
        left = self.recalled()
        known = self.server.every_id(left.media_ids if left else ())
        doubted = {tag_in(doubt.uploaded_as) for doubt in left.unconfirmed} if left else set[str | None]()
        self.told = {one for one in self.told if one in known or self._tag(one) in doubted}
        self.confirmed &= known

    def _tag(self, media_id: str) -> str | None:
        item = self.server.find(media_id)
        return item.tag if item else None

    def _watcher(self, process: Process, *, sound: bool) -> Watcher:
        def sees(event: Event) -> None:
            if not isinstance(event, Finished) or event.result.outcome is not Outcome.DONE:
                return
            record, change = event.result.record, event.result.change
            if sound and event.result.attempts and record and record.media_id:
                self.confirmed.add(record.media_id)
            if change.action is Action.ADOPT and "earlier upload" in change.reason:
                self.figures["adopted"] += 1

        def pause(seconds: float) -> bool:
            process.tell(f"  settles for {seconds:g} s")
            process.step("wait")
            self.clock.advance(seconds)
            return process.stop.is_set()

        return Watcher(
            sees=sees,
            says=lambda said: process.tell(f"  says: {said}"),
            stop=process.stop,
            clock=self.now,
            pause=pause,
            pool=process.pool,
        )

    def _count(self, ended: Ended, run: Run) -> None:
        self.figures["runs"] += 1
        self.figures["steps"] += ended.steps
        if ended.crashed:
            self.figures["crashes: power loss" if run.power else "crashes: kill"] += 1
            self._end(power=run.power)
        if ended.error:
            self.figures["runs that ended with an error of ours"] += 1
            self.tell(f"{type(ended.error).__name__}: {ended.error}")

    def _end(self, *, power: bool) -> None:
        file = self.lock_file
        possible = self.disk.states(file)
        if power:
            self.tell("the power fails")
            self.disk.fail_power()
        self.disk.restart()
        self.is_whole = self.disk.peek(file) in possible
