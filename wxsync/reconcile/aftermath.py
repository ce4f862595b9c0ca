"""Looks after a run: where the library grew by more than the run added, another run may have uploaded the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from wxsync.errors import CallFailed
from wxsync.model import Action, Lock, MaterialType, Outcome
from wxsync.reconcile.look import Look, look
from wxsync.reconcile.planned import Planned
from wxsync.reconcile.send import ApplyOptions, NothingToSend, execute
from wxsync.reconcile.watcher import Watcher
from wxsync.results import Result
from wxsync.wechat.client import WeChat
from wxsync.words import plural, text


def reconcile_after(
    planned: Planned,
    results: list[Result],
    remote: WeChat,
    options: ApplyOptions,
    watcher: Watcher,
    *,
    known: Lock | None,
    counts: Mapping[str, int],
) -> list[Result]:
    """Take the oldest of what this run and another one uploaded at once, and retire the others.

    `planned` holds the lock as the run left it, `known` and `counts` are the lock and the library before it. Where
    looking is impossible now the results stand as they are.
    """
    try:
        # The pages since the run's start: those that hold anything that the lock did not know then.
        grown = _grown(counts, remote.count(), results)
        new = _ids(planned.lock) - _ids(known)
        observed = look(remote, planned.lock, grown, Look.AUTO, new=new)
    except CallFailed as error:
        watcher.says(text("looking for what another run uploaded meanwhile is impossible: {why}", why=error.message))
        return results
    if not observed:
        return results
    seen = planned.unnarrowed().replanned(observed)
    adopted_ids = {one.after.media_id for one in seen.plan.changes if one.action is Action.ADOPT and one.after}
    if not adopted_ids:
        return results
    # Names that share the bytes go with the one that adopts, or the copy would stay in use.
    twins = {one.name for one in seen.plan.changes if one.after and one.after.media_id in adopted_ids}
    watcher.says(
        plural(
            "another run uploaded {count:,} material meanwhile: of each two the older stays, the other is retired",
            "another run uploaded {count:,} materials meanwhile: of each two the older stays, the other is retired",
            len(adopted_ids),
        )
    )
    _, adopted = execute(
        seen.minus({change.name for change in seen.plan.changes} - twins), NothingToSend(), options, watcher
    )
    return _joined(results, adopted)


def _ids(lock: Lock | None) -> frozenset[str]:
    return lock.media_ids if lock else frozenset()


def _grown(before: Mapping[str, int], after: Mapping[str, int], results: Iterable[Result]) -> list[MaterialType]:
    """Return the types of which the library gained more than this run sent and was answered."""
    sent = (one.change.type for one in results if one.outcome is Outcome.DONE and one.attempts)
    ours = Counter(kind.shelf for kind in sent)
    listed = sorted({one.change.type.shelf for one in results if one.change.type.shelf})
    return [kind for kind in listed if after.get(kind, 0) - before.get(kind, 0) > ours[kind]]


def _joined(results: list[Result], adopted: Iterable[Result]) -> list[Result]:
    found = {result.change.name: result for result in adopted}
    mine = {result.change.name: result for result in results}
    joined = {name: replace(mine[name], record=one.record) if name in mine else one for name, one in found.items()}
    return list((mine | joined).values())
