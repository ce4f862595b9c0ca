"""Tells of a plan which documents of the repository still point at what it takes away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from wxsync.project.documents import read_documents
from wxsync.reconcile.planned import Planned

if TYPE_CHECKING:
    from wxsync.model import Mention
    from wxsync.results import UsedMaterial

# What tells uses takes longer to import than most folders to look through, which hold no document or none that points.


def with_documents(planned: Planned) -> Planned:
    """Add to a plan which documents of the repository still point at what it would retire or replace."""
    project = planned.project
    documents = read_documents(project.manifest.root, _sought(planned), seen=project.seen.names)
    return _pointed_at(planned, documents.mentions) if documents.mentions else planned


def _sought(planned: Planned) -> Iterator[UsedMaterial]:
    from wxsync.planner.uses import leaving

    yield from leaving(planned.plan, planned.project.manifest.assets)


def _pointed_at(planned: Planned, mentions: Iterable[Mention]) -> Planned:
    from wxsync.planner.uses import staying, with_uses
    from wxsync.results import Standing

    stay = staying(planned.plan, planned.lock, planned.project.manifest.assets)
    found = with_uses((*stay, *_sought(planned)), mentions)
    places = {one.name: tuple(use.where for use in one.uses) for one in found if one.state is Standing.RETIRED}
    pointing = {name: told for name, told in sorted(places.items()) if told}
    return replace(planned, plan=replace(planned.plan, documents=pointing))
