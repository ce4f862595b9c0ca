"""Holds what whoever starts a command can ask of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from wxsync.executor import Event, Limits, Pool, in_threads
from wxsync.model import Plan

if TYPE_CHECKING:
    from wxsync.workflow.plan import Planned


class Look(StrEnum):
    """Says how far to look for earlier uploads of ours: until all is known, to the end, or not at all."""

    AUTO = "auto"
    ALL = "all"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """Holds what narrows or widens a plan."""

    targets: tuple[str, ...] = ()
    renew: tuple[str, ...] = ()
    use_cache: bool = True
    refresh: bool = False


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """Holds how an apply is to be done; `saved` is a plan that was reviewed, `settle` counts seconds."""

    plan: PlanOptions = PlanOptions()
    saved: Plan | None = None
    limits: Limits = Limits()
    look: Look = Look.AUTO
    settle: float = 90.0
    locked: bool = False
    force: bool = False


@dataclass(frozen=True, slots=True)
class Watcher:
    """Holds how an apply talks to whoever started it; `agrees` is asked once, before anything is sent.

    `admits` is shown the plan before WeChat is called at all, and may raise what stands against it.
    `pause` waits some seconds and says whether the run is being interrupted; by default it waits for `stop`.
    `pool` runs the uploads side by side.
    """

    agrees: Callable[[Planned], bool] = lambda _planned: True
    admits: Callable[[Planned], None] = lambda _planned: None
    sees: Callable[[Event], None] = lambda _event: None
    says: Callable[[str], None] = lambda _message: None
    stop: threading.Event = field(default_factory=threading.Event)
    clock: Callable[[], float] = time.time
    pause: Callable[[float], bool] | None = None
    pool: Pool = in_threads

    def waits(self, seconds: float) -> bool:
        """Waits, and says whether the run is being interrupted."""
        return (self.pause or self.stop.wait)(seconds)


class NotAgreed(Exception):
    """Says that whoever was asked did not want the plan to be done."""


class WouldUpload(Exception):
    """Says that a locked apply found something to upload."""

    def __init__(self, planned: Planned) -> None:
        super().__init__("something would be uploaded")
        self.planned = planned
