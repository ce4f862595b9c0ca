"""A plan with what it was made from, so that it can be made again as more becomes known."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from msgspec import Struct, field
from msgspec.structs import replace

from wxsync.model import Capacity, Desired, Lock, Material, Plan, Problem
from wxsync.planner.fit import exceeds_safety_rail
from wxsync.planner.plan import drift_of, make_plan
from wxsync.project.fitting import Converts
from wxsync.project.folder import Project
from wxsync.project.names import is_meant, unknown_name_problem
from wxsync.project.survey import all_problems, refuse_errors, sent_beyond, survey
from wxsync.reconcile.inventory import Inventory
from wxsync.words import text


class PlanOptions(Struct, frozen=True):
    """What narrows or widens a plan; `targets` are names or globs, `replace` names to upload anew."""

    targets: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    use_cache: bool = True
    refresh: bool = False


class Planned(Struct, frozen=True):
    """A plan with what it was made from, so that it can be made again; `names` narrows it to those."""

    project: Project
    lock: Lock | None
    desired: tuple[Desired, ...]
    options: PlanOptions
    warnings: tuple[Problem, ...]
    plan: Plan
    names: Collection[str] | None = None
    inventory: Inventory = field(default_factory=Inventory)

    @property
    def exceeds_safety_rail(self) -> bool:
        """Whether the plan replaces or retires more than anybody is likely to want."""
        return exceeds_safety_rail(self.plan, self.lock)

    def replanned(self, observed: Iterable[Material]) -> Planned:
        """Plan once more with what WeChat lists, which is not gone, whatever was found before."""
        observed = tuple(observed)
        gone = self.inventory.gone - {one.media_id for one in observed}
        seen = replace(self, inventory=replace(self.inventory, gone=gone))
        return replace(seen, plan=_decide(seen, observed))

    def narrowed_to(self, names: Collection[str]) -> Planned:
        """Narrow the plan to some names."""
        return replace(self, names=names).replanned(self.inventory.observed)

    def with_capacity(self, capacity: Capacity) -> Planned:
        """Add what WeChat told of its room."""
        inventory = replace(self.inventory, capacity=capacity)
        return replace(self, inventory=inventory, plan=replace(self.plan, capacity=capacity))

    def unnarrowed(self) -> Planned:
        """Take back every narrowing to names."""
        return replace(self, names=None)

    def minus(self, names: Collection[str]) -> Planned:
        """Take some names out of the plan as it stands."""
        changes = tuple(change for change in self.plan.changes if change.name not in names)
        return replace(self, plan=replace(self.plan, changes=changes))


def plan_with(
    project: Project,
    lock: Lock | None,
    options: PlanOptions,
    inventory: Inventory | None = None,
    *,
    converts: Converts = lambda _conversion: None,
) -> Planned:
    """Plan against a lock that is already read; its account is taken where nothing else names one."""
    inventory = inventory or Inventory()
    project = replace(project, appid=project.appid or (lock.account if lock else None))
    known = sent_beyond(lock, forced=options.replace, gone=inventory.gone)
    found = survey(project, known, use_cache=options.use_cache, converts=converts)
    problems = all_problems(project, found)
    problems += tuple(_unknown_names(options, found.desired, lock))
    refuse_errors(problems)
    empty = Planned(project, lock, found.desired, options, problems, Plan(project.appid, ()), inventory=inventory)
    return empty.replanned(inventory.observed)


def _decide(planned: Planned, observed: Iterable[Material]) -> Plan:
    plan = make_plan(
        planned.desired,
        planned.lock,
        account=planned.project.appid,
        observed=observed,
        targets=_matcher(planned.options.targets),
        forced=planned.options.replace,
        gone=planned.inventory.gone,
    )
    if planned.options.refresh:
        plan = drift_of(plan, planned.lock, observed=observed, gone=planned.inventory.gone)
    names = planned.names
    changes = plan.changes if names is None else tuple(one for one in plan.changes if one.name in names)
    return replace(plan, changes=changes, capacity=planned.inventory.capacity)


def _matcher(targets: tuple[str, ...]) -> Callable[[str], bool]:
    if not targets:
        return lambda _name: True
    return lambda name: is_meant(name, targets)


def _unknown_names(options: PlanOptions, desired: Iterable[Desired], lock: Lock | None) -> Iterable[Problem]:
    if not (options.targets or options.replace):
        return
    names = {one.asset.name for one in desired}
    known = names | (lock.records.keys() if lock else set())
    for target in options.targets:
        matches = _matcher((target,))
        if not any(map(matches, known)):
            yield _unknown("--target", target, known)
    for name in options.replace:
        if name not in names:
            yield _unknown("--replace", name, names)


def _unknown(option: str, name: str, known: Iterable[str]) -> Problem:
    return unknown_name_problem(text("no material matches {option} {name}", option=option, name=name), name, known)
