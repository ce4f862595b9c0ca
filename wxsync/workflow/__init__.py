"""Holds one function for each verb; the only place where the rooms meet."""

from wxsync.workflow.apply import apply
from wxsync.workflow.doctor import Diagnosis, doctor
from wxsync.workflow.init import init
from wxsync.workflow.merge import merge_locks
from wxsync.workflow.options import ApplyOptions, Look, NotAgreed, PlanOptions, Watcher, WouldUpload
from wxsync.workflow.plan import Planned, plan
from wxsync.workflow.project import Choice
from wxsync.workflow.validate import validate

__all__ = [
    "ApplyOptions",
    "Choice",
    "Diagnosis",
    "Look",
    "NotAgreed",
    "PlanOptions",
    "Planned",
    "Watcher",
    "WouldUpload",
    "apply",
    "doctor",
    "init",
    "merge_locks",
    "plan",
    "validate",
]
