"""Makes a plan: the code that apply runs, up to the point where something would be done."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from fnmatch import fnmatchcase

from wxsync.model import Desired, Lock, Material, Plan, Problem
from wxsync.planner import make_plan, past_rail
from wxsync.workflow.options import PlanOptions
from wxsync.workflow.project import Choice, Project, open_project
from wxsync.workflow.recall import recall
from wxsync.workflow.survey import all_problems, refuse_errors, sent_beyond, survey


@dataclass(frozen=True, slots=True)
class Planned:
    """Holds a plan with what it was made from, so that it can be made again; `names` narrows it to those."""

    project: Project
    lock: Lock | None
    desired: tuple[Desired, ...]
    options: PlanOptions
    warnings: tuple[Problem, ...]
    plan: Plan
    names: Collection[str] | None = None

    @property
    def is_past_rail(self) -> bool:
        """Tells whether the plan replaces or retires more than anybody is likely to want."""
        return past_rail(self.plan, self.lock)

    def again(self, observed: Iterable[Material]) -> Planned:
        """Plans once more with what WeChat lists."""
        return replace(self, plan=_decide(self, observed))

    def only(self, names: Collection[str]) -> Planned:
        """Narrows the plan to some names."""
        return replace(self, names=names).again(())

    def without(self, names: Collection[str]) -> Planned:
        """Takes some names out of the plan as it stands."""
        changes = tuple(change for change in self.plan.changes if change.name not in names)
        return replace(self, plan=replace(self.plan, changes=changes))


def plan(choice: Choice, options: PlanOptions, *, now: str) -> Planned:
    """Shows what apply would do, without writing anything that matters; raises InvalidInput with every problem."""
    project = open_project(choice)
    lock = recall(project, now=now).lock
    return plan_with(project, lock, options)


def plan_with(project: Project, lock: Lock | None, options: PlanOptions) -> Planned:
    """Plans against a lock that is already read; its account is taken where nothing else names one."""
    project = replace(project, appid=project.appid or (lock.account if lock else None))
    found = survey(project, sent_beyond(lock, renew=options.renew), use_cache=options.use_cache)
    problems = all_problems(project, found)
    problems += tuple(_unknown_names(options, found.desired, lock))
    refuse_errors(problems)
    empty = Planned(project, lock, found.desired, options, problems, Plan(project.appid, ()))
    return empty.again(())


def _decide(planned: Planned, observed: Iterable[Material]) -> Plan:
    plan = make_plan(
        planned.desired,
        planned.lock,
        account=planned.project.appid,
        observed=observed,
        targets=_matcher(planned.options.targets),
        renew=planned.options.renew,
    )
    names = planned.names
    return plan if names is None else replace(plan, changes=tuple(one for one in plan.changes if one.name in names))


def _matcher(targets: tuple[str, ...]) -> Callable[[str], bool]:
    if not targets:
        return lambda _name: True
    return lambda name: any(name == target or fnmatchcase(name, target) for target in targets)


def _unknown_names(options: PlanOptions, desired: Iterable[Desired], lock: Lock | None) -> Iterable[Problem]:
    names = {one.asset.name for one in desired}
    known = names | (lock.records.keys() if lock else set())
    for target in options.targets:
        matches = _matcher((target,))
        if not any(map(matches, known)):
            yield _unknown("--target", target, known)
    for name in options.renew:
        if name not in names:
            yield _unknown("--replace", name, names)


def _unknown(option: str, name: str, known: Iterable[str]) -> Problem:
    near = get_close_matches(name, sorted(known), n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "names are those of the manifest"
    return Problem("unknown-name", f"{option} {name} fits no material", hint, name=name)
