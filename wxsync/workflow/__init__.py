"""Holds one function for each verb; the only place where the rooms meet."""

from wxsync.workflow.apply import ApplyOptions, NotAgreed, Watcher, WouldUpload, apply
from wxsync.workflow.init import init
from wxsync.workflow.look import Look
from wxsync.workflow.merge import merge_locks
from wxsync.workflow.plan import Planned, PlanOptions, plan
from wxsync.workflow.project import Choice
from wxsync.workflow.validate import validate

__all__ = [
    "ApplyOptions",
    "Choice",
    "Look",
    "NotAgreed",
    "PlanOptions",
    "Planned",
    "Watcher",
    "WouldUpload",
    "apply",
    "init",
    "merge_locks",
    "plan",
    "validate",
]
