"""Looks through the whole library for what the manifest names and the lock lacks."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import Struct

from wxsync.errors import InvalidInput, NotAgreed
from wxsync.model import Change, Desired, Lock, Material, MaterialType, Outcome, Record
from wxsync.planner.fold import fold
from wxsync.planner.naming import utc
from wxsync.planner.take import Matches, lacking, match, take
from wxsync.project.folder import Choice, open_project
from wxsync.project.ledger import save_lock
from wxsync.project.recovery import recover
from wxsync.project.survey import refuse_errors, sent_beyond, survey
from wxsync.project.turn import exclusive_run
from wxsync.reconcile.capacity import count, say_what_today_has_not
from wxsync.reconcile.giving import Giving, NotGiven
from wxsync.reconcile.look import MANY_CALLS, Look, look
from wxsync.reconcile.refresh import announce_listing
from wxsync.reconcile.remote import open_remote
from wxsync.reconcile.renamed import without_renamed
from wxsync.reconcile.watcher import Watcher
from wxsync.results import Gathered, Match, Result
from wxsync.wechat.client import WeChat
from wxsync.words import text
from wxsync.workflow.import_one import UNWRITTEN, check, record_of


class _Alike(Struct, frozen=True):
    """One that fits by its name: the record that the lock gains, and how it is shown."""

    wanted: Desired
    record: Record
    shown: Match


def import_all(choice: Choice, watcher: Watcher, *, agrees: Callable[[Gathered], bool]) -> Gathered:
    """Take every material of the library that is, by our tag or by its name, one that the lock lacks.

    `agrees` is asked once, before the lock is written. Gives all that was found; raises NotAgreed.
    """
    project = open_project(choice)
    refuse_errors(project.problems)
    with exclusive_run(project, "import"):
        lock = recover(project, now=utc(watcher.clock())).lock
        before = lock or Lock(project.appid or "")
        desired = survey(project, sent_beyond(lock)).desired
        if not lacking(desired, before):
            return Gathered(before.account)
        with open_remote(choice, project, jobs=1, watcher=watcher) as remote:
            found = match(desired, before, _library(remote, before, watcher.says))
            alike, refused = _checked(remote, before.account, found, watcher.says)
        gathered = _gathered(before, desired, found, alike, refused)
        if gathered.matches and not agrees(gathered):
            raise NotAgreed
        after = _taken(before, found.ours, alike, at=utc(watcher.clock()))
        save_lock(project.lock_file, after, before=lock, hint=UNWRITTEN, disk=project.disk)
        return gathered


def _library(remote: WeChat, lock: Lock, says: Callable[[str], None]) -> tuple[Material, ...]:
    announce_listing("import --all", count(remote, says) or {}, says)
    return without_renamed(remote, look(remote, lock, MaterialType.shelves(), Look.ALL), lock)


def _checked(
    remote: WeChat, account: str, found: Matches, says: Callable[[str], None]
) -> tuple[list[_Alike], dict[str, str]]:
    """Compare what fits by its name with the files, and return too why some do not fit after all."""
    if len(found.alike) > MANY_CALLS:
        says(
            text(
                "{count:,} materials fit by their names: each is compared with its file, a call of its own",
                count=len(found.alike),
            )
        )
        say_what_today_has_not(remote, len(found.alike), says)
    giving = Giving(remote)
    alike, refused = list[_Alike](), dict[str, str]()
    for wanted, material in found.alike:
        asset = wanted.asset
        try:
            checked = check(giving, account, wanted, material.media_id)
        except InvalidInput as error:
            refused[asset.name] = error.problems[0].message
            continue
        except NotGiven as never:
            refused[asset.name] = never.error.message
            continue
        record = record_of(wanted, material.media_id, account, checked=checked, listed=material)
        why = (
            text("the same title: {name}", name=material.name)
            if asset.title
            else text("the same name: {name}", name=material.name)
        )
        alike.append(_Alike(wanted, record, Match(asset.name, asset.type, material.media_id, why, checked.notes)))
    return alike, refused


def _gathered(
    lock: Lock, desired: Iterable[Desired], found: Matches, alike: Iterable[_Alike], refused: dict[str, str]
) -> Gathered:
    matches = [
        Match(change.name, change.type, change.after.media_id or "", text("an upload of ours by its tag"))
        for change in found.ours
        if change.after
    ]
    matches += [one.shown for one in alike]
    unsure = dict(found.unsure) | refused
    missing = lacking(desired, lock).keys() - {one.name for one in matches} - unsure.keys()
    return Gathered(
        lock.account,
        tuple(sorted(matches, key=lambda one: one.name)),
        tuple(sorted(unsure.items())),
        tuple(sorted(missing)),
        found.rest,
    )


def _taken(lock: Lock, ours: Iterable[Change], alike: Iterable[_Alike], *, at: str) -> Lock:
    lock = fold(lock, [Result(change, Outcome.DONE, change.after) for change in ours], at=at)
    for one in alike:
        lock = take(lock, one.wanted, one.record, at=at)
    return lock
