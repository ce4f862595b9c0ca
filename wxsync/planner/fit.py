"""Judges plans: whether one changes more than anybody could want, and whether a saved one still fits."""

from __future__ import annotations

from wxsync.model import Action, Change, Fingerprint, Lock, Plan
from wxsync.words import Text, text

# Both numbers are octoDNS's: a plan that changes more than this is more often a mistake than a wish.
RAIL_PERCENT = 30
RAIL_FLOOR = 10


def exceeds_safety_rail(plan: Plan, lock: Lock | None) -> bool:
    """Tell whether a plan replaces or retires more than 30 % of at least 10 materials."""
    held = len(lock.records) if lock else 0
    hit = sum(change.action in (Action.REPLACE, Action.RETIRE) for change in plan.pending)
    return held >= RAIL_FLOOR and hit * 100 > held * RAIL_PERCENT


def stale_reasons(saved: Plan, fresh: Plan) -> list[str]:
    """List where a saved plan no longer fits what stands now; an empty list means that it may be applied.

    A change still fits while its name, sha256 and `before` agree, or its `after` already stands; a create may have
    become an adoption.
    """
    if saved.account and saved.account != fresh.account:
        return [
            text("the plan is for account {planned}, this run is for {now}", planned=saved.account, now=fresh.account)
        ]
    now = {change.name: change for change in fresh.changes}
    reasons = ((change.name, _misfit(change, now.get(change.name))) for change in saved.pending)
    return [text("{name}: {reason}", name=name, reason=reason) for name, reason in reasons if reason]


def _misfit(planned: Change, now: Change | None) -> str | None:
    if now is None:
        return None if planned.after is None else text("it is no longer in the manifest")
    if _stands_already(planned, now):
        return None
    same_step = now.action is planned.action or (planned.action, now.action) == (Action.CREATE, Action.ADOPT)
    checks = (
        (now.sha256 == planned.sha256, text("the file is no longer the one that was planned")),
        (now.before == planned.before, text("the lock has changed since")),
        (same_step, _another_step(planned, now)),
        (_fingerprint(now) == _fingerprint(planned), text("its type, title or introduction has changed since")),
    )
    return next((reason for fits, reason in checks if not fits), None)


def _another_step(planned: Change, now: Change) -> Text:
    return text("it was planned as {planned} and is {now} now", planned=planned.action.verb, now=now.action.verb)


def _stands_already(planned: Change, now: Change) -> bool:
    held, after = now.before, planned.after
    if held == planned.before:
        return False  # it is still to be done, also where it is an upload of the same content anew
    return bool(held and after and held.fingerprint == after.fingerprint and held.path == after.path)


def _fingerprint(change: Change) -> Fingerprint | None:
    return change.after.fingerprint if change.after else None
