"""Decides which materials of the library are those that a manifest asks for, and takes them into the lock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from wxsync.model import Action, Change, Desired, Lock, Material, MaterialType, Outcome, Record
from wxsync.planner.fold import fold
from wxsync.planner.naming import listed_name, tag_in
from wxsync.planner.plan import make_plan
from wxsync.results import Result
from wxsync.upload_names import slug, untagged
from wxsync.words import listing, text

T = TypeVar("T")


class Matches(Struct, frozen=True):
    """What of the library belongs to which name.

    `ours` are uploads of ours by their tag, `alike` materials of equal base name and type (a video: of equal title),
    `unsure` says why a name got none though there are candidates, `rest` is what nothing in the lock or here names.
    """

    ours: tuple[Change, ...]
    alike: tuple[tuple[Desired, Material], ...]
    unsure: Mapping[str, str]
    rest: tuple[Material, ...]


def lacking(desired: Iterable[Desired], lock: Lock) -> Mapping[str, Desired]:
    """Gives, by name, what a library may hold for a lock that lacks it.

    Left out are article images, which no library lists, and what the lock has under another name or retired: apply
    needs no upload for those.
    """
    held = {record.fingerprint for record in lock.every_record}
    return {
        one.asset.name: one
        for one in desired
        if one.asset.type.has_media_id
        if one.asset.name not in lock.records and one.fingerprint not in held
    }


def match(desired: Iterable[Desired], lock: Lock, listed: Iterable[Material]) -> Matches:
    """Find the materials of those names that a lock lacks: by our tag, else by a name that is unique on both sides."""
    wanted = tuple(desired)
    distinct = {material.media_id: material for material in listed}
    lacks = lacking(wanted, lock)
    ours = _ours(wanted, lock, distinct.values(), lacks)
    taken = {record.media_id for change in ours for record in (change.after, *change.duplicates) if record}
    free = [one for key, one in distinct.items() if key not in lock.media_ids and key not in taken]
    left = [one for name, one in lacks.items() if name not in {change.name for change in ours}]
    alike, unsure = _alike(left, free)
    used = {material.media_id for _wanted, material in alike}
    return Matches(ours, alike, unsure, tuple(one for one in free if one.media_id not in used))


def take(lock: Lock, wanted: Desired, record: Record, *, at: str) -> Lock:
    """Give a name a record that was found at WeChat; what the name had is retired, or leaves where it was imported.

    A doubt about an upload of that content is settled by it.
    """
    asset = wanted.asset
    change = Change(
        asset.name,
        Action.ADOPT,
        text("imported"),
        asset.type,
        asset.path,
        wanted.sha256,
        wanted.size,
        lock.records.get(asset.name),
        record,
    )
    taken = fold(lock, [Result(change, Outcome.DONE, record)], at=at)
    tag = wanted.fingerprint.tag(lock.account)
    return replace(taken, unconfirmed=tuple(one for one in taken.unconfirmed if tag_in(one.uploaded_as) != tag))


def _ours(
    wanted: Iterable[Desired], lock: Lock, listed: Iterable[Material], lacking: Collection[str]
) -> tuple[Change, ...]:
    plan = make_plan(wanted, lock, account=lock.account, observed=listed, targets=lambda name: name in lacking)
    return tuple(change for change in plan.pending if change.after and change.after.media_id)


def _alike(
    wanted: Iterable[Desired], free: Iterable[Material]
) -> tuple[tuple[tuple[Desired, Material], ...], Mapping[str, str]]:
    materials = _grouped(free, lambda one: (one.type, untagged(listed_name(one.type, one.name))))
    askers = _grouped(wanted, lambda one: _key(one, materials))
    alike: list[tuple[Desired, Material]] = []
    unsure: dict[str, str] = {}
    for key, names in askers.items():
        found = materials.get(key, [])
        if len(found) == 1 and len(names) == 1:
            alike.append((names[0], found[0]))
        elif found:
            reason = text(
                "the manifest has {here:,} and the library {there:,} called {name} ({media_ids})",
                here=len(names),
                there=len(found),
                name=key[1],
                media_ids=listing(sorted(one.media_id for one in found)),
            )
            unsure |= {one.asset.name: reason for one in names}
    return tuple(alike), MappingProxyType(unsure)


def _grouped(
    values: Iterable[T], key: Callable[[T], tuple[MaterialType, str]]
) -> dict[tuple[MaterialType, str], list[T]]:
    groups: dict[tuple[MaterialType, str], list[T]] = defaultdict(list)
    for value in values:
        groups[key(value)].append(value)
    return groups


def _key(wanted: Desired, materials: Collection[tuple[MaterialType, str]]) -> tuple[MaterialType, str]:
    """Give what a material is called in the library: as its file is, or as an upload of ours would call it."""
    shelf, called = _shelf(wanted), _called(wanted)
    stem, dot, extension = called.rpartition(".")
    of_ours = slug(called) if wanted.asset.type is MaterialType.VOICE or not dot else f"{slug(stem)}.{extension}"
    return (shelf, of_ours) if (shelf, called) not in materials and (shelf, of_ours) in materials else (shelf, called)


def _shelf(wanted: Desired) -> MaterialType:
    return wanted.asset.type.shelf or wanted.asset.type


def _called(wanted: Desired) -> str:
    asset = wanted.asset
    return asset.title if asset.type.has_description else listed_name(asset.type, PurePosixPath(asset.path).name)
