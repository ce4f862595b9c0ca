"""Tells of a plan which documents of the repository still point at what it takes away."""

from __future__ import annotations

from msgspec.structs import replace

from wxsync.planner import leaving, staying, with_uses
from wxsync.project.documents import read_documents
from wxsync.reconcile.planned import Planned
from wxsync.results import Standing


def with_documents(planned: Planned) -> Planned:
    """Add to a plan which documents of the repository still point at what it would retire or replace."""
    manifest, plan = planned.project.manifest, planned.plan
    sought = leaving(plan, manifest.assets)
    documents = read_documents(manifest.root, sought, seen=planned.project.seen.names)
    if not documents.mentions:
        return planned
    found = with_uses((*staying(plan, planned.lock, manifest.assets), *sought), documents.mentions)
    places = {one.name: tuple(use.where for use in one.uses) for one in found if one.state is Standing.RETIRED}
    pointing = {name: told for name, told in sorted(places.items()) if told}
    return replace(planned, plan=replace(plan, documents=pointing))
