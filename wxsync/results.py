"""What verbs give back, as frozen values; printers and the command line read them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from wxsync.errors import CallFailed, InvalidInput, WxsyncError
from wxsync.model import (
    Change,
    Failure,
    Holder,
    Material,
    MaterialType,
    Outcome,
    Problem,
    Record,
    Retired,
    Unconfirmed,
    Use,
)
from wxsync.words import Text


class Result(Struct, frozen=True):
    """What became of one change; `record` is what the lock gains, `attempts` counts requests."""

    change: Change
    outcome: Outcome
    record: Record | None = None
    attempts: int = 0
    seconds: float = 0.0
    error: Failure | None = None
    unconfirmed: Unconfirmed | None = None

    @property
    def replaced_id(self) -> str | None:
        """The id that drafts and menus may still hold, where this result made a new one."""
        before, record = self.change.before, self.record
        if not before or self.outcome is not Outcome.DONE or (record and record.media_id == before.media_id):
            return None
        return before.media_id


class Standing(StrEnum):
    """Whether a name has a material, none has it any more, or no lock knows it."""

    IN_USE = "in use"
    RETIRED = "retired"
    LIBRARY = "library"


class UsedMaterial(Struct, frozen=True):
    """A material, and where it is used; `paths` are those by which a document may name it."""

    name: str
    type: MaterialType
    media_id: str | None
    url: str | None
    state: Standing
    paths: tuple[str, ...] = ()
    replaced_by: str | None = None
    replaced_url: str | None = None
    uses: tuple[Use, ...] = ()


class Obstacle(Struct, frozen=True):
    """Why WeChat's drafts or its menu could not be looked at, or not wholly.

    `is_harmless`: WeChat itself keeps from being deleted what could have been seen there.
    """

    holder: Holder
    failure: Failure
    is_harmless: bool = False


class Sightings(Struct, frozen=True):
    """How far uses were looked for: how many documents, drafts and buttons; None where WeChat's were not seen.

    `unseen` says what cannot be seen at all, or could not be this time.
    """

    documents: int = 0
    drafts: int | None = None
    menu: int | None = None
    unseen: tuple[str, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()


class Uses(Struct, frozen=True):
    """Materials with their uses, and how far these were looked for."""

    account: str
    sightings: Sightings
    materials: tuple[UsedMaterial, ...]


class Report(Struct, frozen=True):
    """What a whole apply did, results sorted by name; `uses` of what is retired, where they were asked for.

    `lock_file` is what remembers it; None where that holds nothing new, or the report was saved.
    """

    account: str
    results: tuple[Result, ...]
    uses: Uses | None = None
    lock_file: Path | None = None


class Fate(StrEnum):
    """What became of a retired material."""

    DELETED = "deleted"
    GONE = "gone"
    DROPPED = "dropped"
    REFUSED = "refused"
    LEFT = "left"
    KEPT = "kept"
    DUE = "due"


class Disposal(Struct, frozen=True):
    """One retired material and its fate; `reason` says why it was kept, `error` why it was refused or left.

    `is_ours`: nothing speaks against its being an upload of wxsync.
    """

    retired: Retired
    fate: Fate
    reason: str = ""
    error: Failure | None = None
    is_ours: bool = True


class Disposals(Struct, frozen=True):
    """All that a prune looked at; `sightings` say how far it looked for uses, where it did."""

    account: str
    disposals: tuple[Disposal, ...]
    sightings: Sightings | None = None


class Disposable(Struct, frozen=True):
    """What a prune would do: delete at WeChat, drop without a call, and keep for a reason.

    `sightings` say how far uses were looked for, where they were.
    """

    account: str
    delete: tuple[Retired, ...]
    drop: tuple[Retired, ...]
    kept: tuple[Disposal, ...]
    sightings: Sightings | None = None

    @property
    def obstacles(self) -> tuple[Obstacle, ...]:
        """Why uses may be there that could not be seen, and that WeChat does not guard."""
        found = self.sightings.obstacles if self.sightings else ()
        return tuple(one for one in found if not one.is_harmless)


class Match(Struct, frozen=True):
    """A material of the library that fits a name, and why it does; `notes` say what is odd about it."""

    name: str
    type: MaterialType
    media_id: str
    why: str
    notes: tuple[str, ...] = ()


class Gathered(Struct, frozen=True):
    """What a library has for the names that the lock lacks.

    `unsure` says why a name got nothing though there are candidates, `missing` are the names that nothing fits, `rest`
    the materials that no name and no lock knows.
    """

    account: str
    matches: tuple[Match, ...] = ()
    unsure: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()
    rest: tuple[Material, ...] = ()


class LeftOut(Struct, frozen=True):
    """A material that could not be brought, and why."""

    media_id: str
    type: MaterialType
    name: str
    why: str
    refused: bool = False


class Pulled(Struct, frozen=True):
    """What a pull brought: how many files of each type, their bytes, and what was left out."""

    account: str
    manifest: str
    counts: Counter[MaterialType]
    size: int
    left_out: tuple[LeftOut, ...]
    unseen: int = 0


class AccountLine(Struct, frozen=True):
    """One account; a manifest without accounts has one without a name. `lock` begins at the manifest's folder."""

    name: str | None
    appid: str | None
    lock: str


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"
    SKIPPED = "skipped"


class Check(Struct, frozen=True):
    """What was found at one place and what to do; where `state` is an error, `error` is that error."""

    name: str
    state: State
    found: str
    todo: str = ""
    error: WxsyncError | None = None

    @property
    def errcode(self) -> int | None:
        """WeChat's errcode, where it told one."""
        return self.error.errcode if isinstance(self.error, CallFailed) else None

    @property
    def rid(self) -> str | None:
        """WeChat's id of the request, where it told one."""
        return self.error.rid if isinstance(self.error, CallFailed) else None


def passed(name: str, found: str) -> Check:
    """Build a check where all is well."""
    return Check(name, State.OK, found)


def warned(name: str, found: str, todo: str, error: WxsyncError | None = None) -> Check:
    """Build a check with something to know, which keeps nothing from working."""
    return Check(name, State.WARNING, found, todo, error)


def failed(name: str, error: WxsyncError) -> Check:
    """Build a check that found why something cannot work."""
    hint = error.hint
    if isinstance(error, InvalidInput) and not hint:
        hint = next((problem.hint for problem in error.problems if problem.hint), "")
    return Check(name, State.ERROR, error.message, hint, error)


def skipped(name: str, found: str) -> Check:
    """Build a check that was not made, and why."""
    return Check(name, State.SKIPPED, found)


class Imported(Struct, frozen=True):
    """What a name has now and had before; `notes` say what is worth knowing of it."""

    name: str
    record: Record
    before: Record | None
    notes: tuple[str, ...]


class Forgotten(Struct, frozen=True):
    """What left the lock; `shared_by` still use the same material, `is_missed`: the manifest names it.

    `unreadable` are the texts of records that nothing else could be done with.
    """

    records: tuple[Record, ...]
    unreadable: tuple[str, ...]
    shared_by: tuple[str, ...]
    is_missed: bool


class Diagnosis(Struct, frozen=True):
    """All checks, and the calls that they took; `account` is an appid."""

    account: str | None
    host: str | None
    checks: tuple[Check, ...]
    calls: Mapping[str, int]
    retries: int


class Finding(Struct, frozen=True):
    """Holds what one open question was answered; `switch` makes the sandbox answer so, which "" does by itself."""

    question: str
    asked: str
    answer: str
    switch: str = ""


class Probed(Struct, frozen=True):
    """Holds what a probe found about a WeChat; nothing in it tells whose account it was.

    `quotas` are today's calls by path; `left` are ids that could not be deleted again, `halted` why it broke off.
    """

    findings: tuple[Finding, ...]
    quotas: Mapping[str, int]
    uploads: int
    left: tuple[str, ...] = ()
    halted: CallFailed | None = None

    @property
    def switches(self) -> tuple[str, ...]:
        """The switches with which the sandbox is as this WeChat is."""
        return tuple(one.switch for one in self.findings if one.switch)


class Document(Struct, frozen=True):
    """A document as it is to be written; `file` is its source."""

    file: Path
    text: str


class Rendered(Struct, frozen=True):
    """The documents in the order in which they were named, and what to say of links that stay."""

    root: Path
    documents: tuple[Document, ...]
    warnings: tuple[Problem, ...]


class Added(Struct, frozen=True):
    """The entries that a manifest gained: path or glob, type, whether it asks to fit; `known` were there already."""

    manifest: str
    entries: tuple[tuple[str, MaterialType, bool], ...]
    known: tuple[str, ...]


class Listed(Struct, frozen=True):
    """A material of the manifest or the lock, and how the one stands to the other."""

    name: str
    type: MaterialType
    state: Text
    media_id: str | None
    url: str | None
    path: str
