"""Decides: what the manifest wants, what the lock remembers and what WeChat shows become a Plan; results become a Lock.

Everything here is pure. The new lock is the old lock plus what is done, never rebuilt from a walk.
"""

from wxsync.planner.dispose import forget, reasons_to_keep, without_retired
from wxsync.planner.filing import file_name
from wxsync.planner.fit import exceeds_safety_rail, stale_reasons
from wxsync.planner.fold import fold, fold_journal
from wxsync.planner.merge import merge
from wxsync.planner.naming import filename_for, tag_in, utc
from wxsync.planner.plan import drift_of, make_plan
from wxsync.planner.recovered import doubts_from, recovered_changes, with_recovered
from wxsync.planner.take import Matches, lacking, match, take
from wxsync.planner.uses import (
    draft_mentions,
    leaving,
    library_materials,
    materials_of,
    menu_mentions,
    stand_in_bodies,
    staying,
    text_mentions,
    with_uses,
)

__all__ = [
    "Matches",
    "doubts_from",
    "draft_mentions",
    "drift_of",
    "exceeds_safety_rail",
    "file_name",
    "filename_for",
    "fold",
    "fold_journal",
    "forget",
    "lacking",
    "leaving",
    "library_materials",
    "make_plan",
    "match",
    "materials_of",
    "menu_mentions",
    "merge",
    "reasons_to_keep",
    "recovered_changes",
    "stale_reasons",
    "stand_in_bodies",
    "staying",
    "tag_in",
    "take",
    "text_mentions",
    "utc",
    "with_recovered",
    "with_uses",
    "without_retired",
]
