"""The nouns of wxsync as frozen values; this room imports nothing of ours and does nothing."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

_PICTURE = re.compile(r"https?://mmbiz\.(?:qpic|qlogo)\.cn/(?:[a-z]+_)?mmbiz(?:_[a-z]+)?/([A-Za-z0-9_-]+)/")


def picture_token(url: str | None) -> str | None:
    """Give the part of a picture's address that stays the same however WeChat writes it; None for any other address.

    One picture was seen under http and https, at two hosts, and in several sizes; of all that, only this tells it.
    """
    found = _PICTURE.match(url or "")
    return found[1] if found else None


class MaterialType(StrEnum):
    """What a material is: the four types of add_material, and the image that uploadimg takes."""

    IMAGE = "image"
    VOICE = "voice"
    VIDEO = "video"
    THUMB = "thumb"
    ARTICLE_IMAGE = "article_image"

    @property
    def shelf(self) -> MaterialType | None:
        """The list of WeChat's library in which it is shown and counted; None where it is in none."""
        return _FACTS[self].shelf

    @property
    def has_media_id(self) -> bool:
        """Whether WeChat gives it a media_id, and not only a url."""
        return self.shelf is not None

    @property
    def is_picture(self) -> bool:
        """Whether it can be shown as a picture."""
        return _FACTS[self].is_picture

    @property
    def has_description(self) -> bool:
        """Whether it is uploaded with a title and an introduction; only by its title is it listed then."""
        return _FACTS[self].has_description

    @property
    def folder(self) -> str:
        """The folder of a pulled library that holds it."""
        return _FACTS[self].folder

    @classmethod
    def shelves(cls) -> tuple[MaterialType, ...]:
        """The lists that a library has, beside that of articles."""
        return tuple(kind for kind in cls if kind.shelf is kind)


class _Facts(NamedTuple):
    """What is true of a material type; a new type without a row here fails the tests of this module."""

    shelf: MaterialType | None
    folder: str
    is_picture: bool = False
    has_description: bool = False


# A thumb is counted and listed among the images (a listing of 2016). An article image takes no place and is listed
# nowhere: after a lost answer it is simply sent again.
_FACTS = {
    MaterialType.IMAGE: _Facts(MaterialType.IMAGE, "images", is_picture=True),
    MaterialType.VOICE: _Facts(MaterialType.VOICE, "voices"),
    MaterialType.VIDEO: _Facts(MaterialType.VIDEO, "videos", has_description=True),
    MaterialType.THUMB: _Facts(MaterialType.IMAGE, "thumbs", is_picture=True),
    MaterialType.ARTICLE_IMAGE: _Facts(None, "articles", is_picture=True),
}


class Severity(StrEnum):
    """Says whether a problem stops the run."""

    ERROR = "error"
    WARNING = "warning"


class Location(NamedTuple):
    """Says where something was written; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """Holds one thing to put right; problems are collected and shown together, never raised one by one.

    `code` is a stable word for programs (`unknown-key`), `hint` says what to do next, and `excerpt` is the offending
    line as it was written, for the caret under it.
    """

    code: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR
    location: Location | None = None
    excerpt: str = ""
    name: str | None = None
    path: str | None = None

    @property
    def is_error(self) -> bool:
        """Tells whether this problem stops the run."""
        return self.severity is Severity.ERROR


@dataclass(frozen=True, slots=True)
class Account:
    """Names one Official Account of a manifest."""

    name: str
    appid: str


@dataclass(frozen=True, slots=True)
class Asset:
    """Holds one material that the manifest asks for, its globs already expanded.

    `path` is relative to the manifest's folder and has forward slashes; `name` is the path where none was given.
    """

    name: str
    path: str
    type: MaterialType
    location: Location
    title: str = ""
    introduction: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the user wrote: accounts in the order written, assets sorted by name."""

    file: Path
    accounts: tuple[Account, ...]
    assets: tuple[Asset, ...]

    @property
    def root(self) -> Path:
        """Gives the folder outside which nothing is read."""
        return self.file.parent


class Fingerprint(NamedTuple):
    """Identifies a material within an account: whatever changes here needs a new upload."""

    type: MaterialType
    sha256: str
    title: str = ""
    introduction: str = ""

    def tag(self, account: str) -> str:
        """Computes the mark that every upload's file name carries, the same on every machine and in every version."""
        said = "\0".join(("wxsync/1", account, self.type, self.sha256, self.title, self.introduction))
        return "wx" + base64.b32encode(hashlib.sha256(said.encode()).digest()).decode().lower()[:16]


class Fitted(NamedTuple):
    """Describes a converted file, which is what is sent; `format` is the word for it (`jpeg`), `size` in bytes."""

    format: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Desired:
    """Joins an asset with what its bytes are; `extension` is that of the probed format ("" when it was not probed)."""

    asset: Asset
    sha256: str
    size: int
    extension: str = ""

    @property
    def fingerprint(self) -> Fingerprint:
        """Gives the identity of the material that should exist."""
        return Fingerprint(self.asset.type, self.sha256, self.asset.title, self.asset.introduction)


class Origin(StrEnum):
    """Says who put a material into the library: only what wxsync uploaded may ever be deleted by it."""

    UPLOADED = "uploaded"
    IMPORTED = "imported"


@dataclass(frozen=True, slots=True)
class Record:
    """Holds one material of the lock; `media_id` is None for an article image, or where a plan cannot know it yet."""

    type: MaterialType
    path: str
    sha256: str
    size: int
    media_id: str | None
    url: str | None
    uploaded_as: str | None
    uploaded_at: str | None
    origin: Origin = Origin.UPLOADED
    title: str = ""
    introduction: str = ""

    @property
    def fingerprint(self) -> Fingerprint:
        """Gives the identity of what was uploaded."""
        return Fingerprint(self.type, self.sha256, self.title, self.introduction)


@dataclass(frozen=True, slots=True)
class Retired:
    """Holds an upload of ours that no name uses any more; only prune deletes it."""

    name: str
    record: Record
    retired_at: str
    replaced_by: str | None


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """Holds an upload whose outcome is unknown, to be looked for before it is ever sent again."""

    name: str
    type: MaterialType
    sha256: str
    uploaded_as: str
    sent_at: str


@dataclass(frozen=True, slots=True)
class Lock:
    """Remembers one account: records by name, and what became of uploads that no name uses."""

    account: str
    records: Mapping[str, Record] = field(default_factory=lambda: MappingProxyType({}))
    retired: tuple[Retired, ...] = ()
    unconfirmed: tuple[Unconfirmed, ...] = ()

    @property
    def every_record(self) -> tuple[Record, ...]:
        """All records, in use or retired."""
        return (*self.records.values(), *(one.record for one in self.retired))

    @property
    def media_ids(self) -> frozenset[str]:
        """Every id that is known, in use or retired."""
        return frozenset(record.media_id for record in self.every_record if record.media_id)


class Action(StrEnum):
    """Names what a change does; in the order in which a plan counts them."""

    CREATE = "create"
    REPLACE = "replace"
    RENAME = "rename"
    SHARE = "share"
    ADOPT = "adopt"
    RETIRE = "retire"
    KEEP = "keep"

    @property
    def uploads(self) -> bool:
        """Tells whether this change sends a file to WeChat."""
        return self in (Action.CREATE, Action.REPLACE)


@dataclass(frozen=True, slots=True)
class Change:
    """Holds one line of a plan.

    `reason` is for the reader only and never decides anything. `before` is what the lock holds (under the old name, for
    a rename), `after` what it will hold; what only WeChat can tell is None there. `duplicates` are other uploads of
    ours with the same tag, to be retired when this one is adopted.
    """

    name: str
    action: Action
    reason: str
    type: MaterialType
    path: str
    sha256: str
    size: int
    before: Record | None
    after: Record | None
    renamed_from: str | None = None
    duplicates: tuple[Record, ...] = ()


class DriftKind(StrEnum):
    """How WeChat's library differs from the lock."""

    GONE = "gone"
    """The lock has an id that WeChat does not have any more."""
    UNCLAIMED = "unclaimed"
    """WeChat has an upload of ours that the lock does not know."""


@dataclass(frozen=True, slots=True)
class Drift:
    """One thing at WeChat that the lock does not explain; `name` is ours, or the name in WeChat's listing."""

    name: str
    media_id: str
    kind: DriftKind


@dataclass(frozen=True, slots=True)
class Usage:
    """Holds how many places of one kind are taken, and how many there are."""

    used: int
    limit: int

    @property
    def left(self) -> int:
        """Counts what is free."""
        return max(0, self.limit - self.used)


@dataclass(frozen=True, slots=True)
class Capacity:
    """Holds what WeChat told of its room: the library by kind (image, voice, video), and today's uploads."""

    library: Mapping[str, Usage]
    today: Usage | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Holds the whole decision, changes sorted by name; `account` is None where nothing names one yet.

    `kept_beside` counts what is kept beyond the changes listed here: a saved plan lists only what is pending.
    `capacity` is known only where WeChat was asked.
    """

    account: str | None
    changes: tuple[Change, ...]
    drift: tuple[Drift, ...] = ()
    kept_beside: int = 0
    capacity: Capacity | None = None

    @property
    def gone(self) -> frozenset[str]:
        """Gives the ids that WeChat does not have any more."""
        return frozenset(one.media_id for one in self.drift if one.kind is DriftKind.GONE)

    @property
    def counts(self) -> Mapping[Action, int]:
        """Counts the changes by what they do, in the order in which a plan counts them."""
        counts = Counter(change.action for change in self.changes)
        counts[Action.KEEP] += self.kept_beside
        return {action: counts[action] for action in Action}

    @property
    def pending(self) -> tuple[Change, ...]:
        """Gives the changes that apply would make."""
        return tuple(change for change in self.changes if change.action is not Action.KEEP)

    @property
    def uploads(self) -> tuple[Change, ...]:
        """Gives the changes that send a file."""
        return tuple(change for change in self.changes if change.action.uploads)


class Outcome(StrEnum):
    """Says what became of a change."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"


class Remedy(StrEnum):
    """Says who can mend a failure: the file's author, a person with access to the account, time, or the next run."""

    FILE = "file"
    PERSON = "person"
    TIME = "time"
    LOOK = "look"


@dataclass(frozen=True, slots=True)
class Failure:
    """Holds why a change was not done; errcode and rid are WeChat's own, where it told them."""

    code: str
    message: str
    hint: str
    remedy: Remedy
    errcode: int | None = None
    rid: str | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """Holds one file as it is sent: the very bytes that were hashed and checked, under an ASCII name."""

    type: MaterialType
    content: bytes = field(repr=False)
    filename: str
    title: str = ""
    introduction: str = ""


@dataclass(frozen=True, slots=True)
class Uploaded:
    """Holds WeChat's answer to an upload; `attempts` counts the requests that it took."""

    media_id: str | None
    url: str | None
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class Material:
    """Holds one item of WeChat's listing; `updated_at` is in Unix seconds."""

    media_id: str
    type: MaterialType
    name: str
    url: str | None
    updated_at: int


@dataclass(frozen=True, slots=True)
class ListingPage:
    """Holds one page of WeChat's listing, newest first; `total` counts the whole library of that type.

    `unusable` counts the items beside them whose ids nothing could be done with.
    """

    total: int
    items: tuple[Material, ...]
    unusable: int = 0

    @property
    def length(self) -> int:
        """Gives how far the next page begins behind this one."""
        return len(self.items) + self.unusable
