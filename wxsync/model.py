"""The nouns of wxsync as frozen values; this module imports nothing of ours and does nothing.

What there are many thousands of is `gc=False`: made of texts and numbers alone, it can be in no circle. What is kept of
files that were read is `array_like`: without the names of its fields.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from enum import StrEnum
from operator import attrgetter
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from msgspec import Struct

from wxsync.words import Text, text

_PICTURE = r"https?://mmbiz\.(?:qpic|qlogo)\.cn/(?:[a-z]+_)?mmbiz(?:_[a-z]+)?/([A-Za-z0-9_-]+)/"
# Within a text an address may lack its scheme (`//mmbiz…`), and a script writes its slashes as `\/`.
_WITHIN = r"(?i:\\?/\\?/mmbiz\.(?:qpic|qlogo)\.cn)\\?/(?:[a-z]+_)?mmbiz(?:_[a-z]+)?\\?/(?P<token>[A-Za-z0-9_-]+)"


def picture_token(url: str | None) -> str | None:
    """Give the part of a picture's address that stays the same however WeChat writes it; None for any other address.

    One picture was seen under http and https, at two hosts, and in several sizes; of all that, only this tells it.
    """
    found = re.match(_PICTURE, url or "")
    return found[1] if found else None


def picture_tokens(text: str) -> Iterator[tuple[int, str]]:
    """Find the pictures of WeChat's that a text names by their addresses: where each stands, and its token."""
    return ((found.start(), found["token"]) for found in re.finditer(_WITHIN, text))


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


class _Facts(Struct, frozen=True):
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
    """Whether a problem stops the run."""

    ERROR = "error"
    WARNING = "warning"


class Location(NamedTuple):
    """Where something was written."""

    file: str
    """The path as the user gave it."""
    line: int
    """Counted from 1."""
    column: int
    """In characters, counted from 1."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Problem(Struct, frozen=True):
    """One thing to put right; problems are collected and shown together, never raised one by one."""

    code: str
    """A stable word for programs, such as `unknown-key`."""
    message: str
    """What is wrong: a sentence without a full stop."""
    hint: str = ""
    """What to do next."""
    severity: Severity = Severity.ERROR
    location: Location | None = None
    excerpt: str = ""
    """The offending line as it was written, for the caret under it."""
    name: str | None = None
    """The material that it is about."""
    path: str | None = None
    """The file that it is about, as a manifest writes it."""
    source: str = ""
    """The official words that a limit stands on."""

    @property
    def is_error(self) -> bool:
        """Whether it stops the run."""
        return self.severity is Severity.ERROR


class Account(Struct, frozen=True, array_like=True, gc=False):
    """One Official Account (公众号) of a manifest."""

    name: str
    """The manifest's own word for it, such as `prod`."""
    appid: str
    """`wx` and 16 hexadecimal digits."""


class Asset(Struct, frozen=True, gc=False):
    """Holds one material that the manifest asks for, its globs already expanded.

    `path` is relative to the manifest's folder and has forward slashes; `name` is the path where none was given.
    """

    name: str
    """What the user calls it; its path where no name is given. Unique in a manifest."""
    path: str
    """Relative to the manifest's folder, with forward slashes."""
    type: MaterialType
    location: Location
    title: str = ""
    introduction: str = ""
    fit: bool = False
    """Whether it is converted where WeChat would refuse it for its format or size."""


class Manifest(Struct, frozen=True):
    """What the user wrote: accounts in the order written, assets sorted by name."""

    file: Path
    accounts: tuple[Account, ...]
    assets: tuple[Asset, ...]

    @property
    def root(self) -> Path:
        """The folder outside which nothing is read."""
        return self.file.parent


class Fingerprint(NamedTuple):
    """The identity of a material within an account: whatever changes here needs a new upload."""

    type: MaterialType
    sha256: str
    """Of the content, in 64 lower-case hexadecimal digits."""
    title: str = ""
    introduction: str = ""

    def tag(self, account: str) -> str:
        """Compute the mark that every upload's file name carries, the same on every machine and in every version."""
        import base64  # most plans have no tag to compute
        import hashlib

        said = "\0".join(("wxsync/1", account, self.type, self.sha256, self.title, self.introduction))
        return "wx" + base64.b32encode(hashlib.sha256(said.encode()).digest()).decode().lower()[:16]


class Fitted(NamedTuple):
    """A converted file, which is what is sent instead of the one in the repository."""

    format: str
    """In a word: jpeg, png, gif, mp3 or mp4."""
    sha256: str
    """Of its bytes, in 64 lower-case hexadecimal digits."""
    size: int
    """In bytes."""


class Desired(Struct, frozen=True, gc=False):
    """Joins an asset with what its bytes are; `extension` is that of the probed format ("" when it was not probed)."""

    asset: Asset
    sha256: str
    """Of the file's bytes, in 64 lower-case hexadecimal digits."""
    size: int
    """In bytes."""
    extension: str = ""
    fitted: Fitted | None = None
    """What is sent instead of the file, where that is converted."""
    left_out: tuple[str, ...] = ()
    """Metadata of the file that what is sent does not hold."""

    @property
    def fingerprint(self) -> Fingerprint:
        """The identity of the material that should exist."""
        return Fingerprint(self.asset.type, self.sha256, self.asset.title, self.asset.introduction)


class Origin(StrEnum):
    """Who put a material into the library: only what wxsync uploaded may ever be deleted by it."""

    UPLOADED = "uploaded"
    IMPORTED = "imported"


class Record(Struct, frozen=True, array_like=True, gc=False):
    """Holds one material of the lock; `media_id` is None for an article image, or where a plan cannot know it yet."""

    type: MaterialType
    path: str
    """Relative to the manifest's folder, with forward slashes."""
    sha256: str
    """Of the file's bytes, in 64 lower-case hexadecimal digits."""
    size: int
    """In bytes."""
    media_id: str | None
    url: str | None
    """As WeChat gave it, which is plain http."""
    uploaded_as: str | None
    """The file name that WeChat was given, with our tag in it; None where it was imported."""
    uploaded_at: str | None
    """UTC in ISO 8601 to the second: 2026-11-23T10:00:00Z; None where that is not known."""
    origin: Origin = Origin.UPLOADED
    title: str = ""
    introduction: str = ""
    fitted: Fitted | None = None
    """What was sent instead of the file, where that was converted."""

    @property
    def fingerprint(self) -> Fingerprint:
        """The identity of what was uploaded."""
        return Fingerprint(self.type, self.sha256, self.title, self.introduction)

    def has_content_of(self, wanted: Desired) -> bool:
        """Whether the two have one fingerprint; asked of every material by every plan."""
        asset = wanted.asset
        return (
            self.sha256 == wanted.sha256
            and self.type is asset.type
            and self.title == asset.title
            and self.introduction == asset.introduction
        )


class Retired(Struct, frozen=True, array_like=True, gc=False):
    """An upload of ours that no name uses any more; only prune deletes it."""

    name: str
    """The name that used it last."""
    record: Record
    retired_at: str
    """UTC in ISO 8601 to the second."""
    replaced_by: str | None
    """The media_id that its name has now; None where the name was dropped."""


class Unconfirmed(Struct, frozen=True, array_like=True, gc=False):
    """An upload whose outcome is unknown, to be looked for before it is ever sent again."""

    name: str
    type: MaterialType
    sha256: str
    """Of the bytes that were sent, in 64 lower-case hexadecimal digits."""
    uploaded_as: str
    """The file name that WeChat was given, with our tag in it."""
    sent_at: str
    """UTC in ISO 8601 to the second, by this machine's clock."""


class Lock(Struct, frozen=True):
    """What is remembered of one account: its records by name, and what became of uploads that no name uses."""

    account: str
    """The appid."""
    records: Mapping[str, Record] = MappingProxyType({})
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
    """What a change does; in the order in which a plan counts them."""

    CREATE = "create"
    REPLACE = "replace"
    RENAME = "rename"
    SHARE = "share"
    ADOPT = "adopt"
    RETIRE = "retire"
    KEEP = "keep"

    @property
    def uploads(self) -> bool:
        """Whether it sends a file to WeChat."""
        return self in (Action.CREATE, Action.REPLACE)

    @property
    def verb(self) -> Text:
        """Its name for people."""
        return _VERBS[self]


_VERBS = {
    Action.CREATE: text("create"),
    Action.REPLACE: text("replace"),
    Action.RENAME: text("rename"),
    Action.SHARE: text("share"),
    Action.ADOPT: text("adopt"),
    Action.RETIRE: text("retire"),
    Action.KEEP: text("keep"),
}


class Change(Struct, frozen=True, gc=False):
    """One line of a plan."""

    name: str
    action: Action
    reason: str
    """For the reader only; it never decides anything."""
    type: MaterialType
    path: str
    sha256: str
    """Of the file, in 64 lower-case hexadecimal digits."""
    size: int
    """Of the file, in bytes."""
    before: Record | None
    """What the lock holds; for a rename under the old name."""
    after: Record | None
    """What the lock will hold; what only WeChat can tell is None in it."""
    renamed_from: str | None = None
    """The old name, where the action is a rename."""
    duplicates: tuple[Record, ...] = ()
    """Other uploads of ours with the same tag, to be retired when this one is adopted."""
    left_out: tuple[str, ...] = ()
    """Metadata of the file that what is sent does not hold, such as GPS."""

    @property
    def fitted(self) -> Fitted | None:
        """What is sent instead of the file, where that is converted."""
        return self.after.fitted if self.after else None

    @property
    def sent_bytes(self) -> int:
        """Count the bytes that an upload of it sends."""
        return self.fitted.size if self.fitted else self.size


class DriftKind(StrEnum):
    """How WeChat's library differs from the lock."""

    GONE = "gone"
    """The lock has an id that WeChat does not have any more."""
    UNCLAIMED = "unclaimed"
    """WeChat has an upload of ours that the lock does not know."""


class Drift(Struct, frozen=True):
    """One thing at WeChat that the lock does not explain; `name` is ours, or the name in WeChat's listing."""

    name: str
    media_id: str
    kind: DriftKind


class Usage(Struct, frozen=True):
    """How many places of one kind are taken, and how many there are."""

    used: int
    limit: int

    @property
    def left(self) -> int:
        """How many are free."""
        return max(0, self.limit - self.used)


class Capacity(Struct, frozen=True):
    """What WeChat told of its room."""

    library: Mapping[str, Usage]
    """By shelf: image, voice, video."""
    today: Usage | None = None
    """Today's uploads, until midnight in Beijing; None where WeChat does not tell."""


class Plan(Struct, frozen=True):
    """The whole decision."""

    account: str | None
    """The appid; None where nothing names an account yet."""
    changes: tuple[Change, ...]
    """Sorted by name."""
    drift: tuple[Drift, ...] = ()
    kept_beside: int = 0
    """How many are kept beyond the changes listed here: a saved plan lists only what is pending."""
    capacity: Capacity | None = None
    """Known only where WeChat was asked."""
    documents: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    """Where documents of the repository point at what is retired or replaced, by its name: path and line of each."""

    @property
    def gone(self) -> frozenset[str]:
        """The ids that WeChat does not have any more."""
        return frozenset(one.media_id for one in self.drift if one.kind is DriftKind.GONE)

    @property
    def counts(self) -> Mapping[Action, int]:
        """How many changes there are by what they do, in the order in which a plan counts them."""
        counts = Counter(map(attrgetter("action"), self.changes))
        counts[Action.KEEP] += self.kept_beside
        return {action: counts[action] for action in Action}

    @property
    def pending(self) -> tuple[Change, ...]:
        """The changes that apply would make."""
        keep = Action.KEEP
        return tuple([change for change in self.changes if change.action is not keep])

    @property
    def leaving(self) -> tuple[Change, ...]:
        """The changes after which a name has no longer the material that it had."""
        return tuple(one for one in self.pending if one.before and one.action in (Action.REPLACE, Action.RETIRE))

    @property
    def uploads(self) -> tuple[Change, ...]:
        """The changes that send a file."""
        return tuple(change for change in self.pending if change.action.uploads)


class Outcome(StrEnum):
    """What became of a change."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"


class Remedy(StrEnum):
    """Who can mend a failure: the file's author, a person with access to the account, time, or the next run."""

    FILE = "file"
    PERSON = "person"
    TIME = "time"
    LOOK = "look"


class Failure(Struct, frozen=True):
    """Why a change was not done."""

    code: str
    """A stable word for programs, such as `quota`."""
    message: str
    hint: str
    remedy: Remedy
    errcode: int | None = None
    """WeChat's own number, where it told one."""
    rid: str | None = None
    """WeChat's id of the request, which its support asks for."""


class Upload(Struct, frozen=True):
    """One file as it is sent: the very bytes that were hashed and checked."""

    type: MaterialType
    content: bytes
    filename: str
    """ASCII only, with our tag in it."""
    title: str = ""
    introduction: str = ""

    def __repr__(self) -> str:
        """Name the file, and leave out its bytes."""
        return f"Upload({self.type!r}, {self.filename!r}, {len(self.content):,} bytes)"


class Uploaded(Struct, frozen=True):
    """WeChat's answer to an upload."""

    media_id: str | None
    url: str | None
    attempts: int = 1
    """How many requests it took."""
    uploaded_as: str | None = None
    """The file name that WeChat took, where it is another than was asked for."""


class Material(Struct, frozen=True):
    """One item of WeChat's listing."""

    media_id: str
    type: MaterialType
    name: str
    """The file name of the upload; a video's title."""
    url: str | None
    updated_at: int
    """In Unix seconds."""


class ListingPage(Struct, frozen=True):
    """One page of WeChat's listing, newest first."""

    total: int
    """How many the whole library has of that type."""
    items: tuple[Material, ...]
    unusable: int = 0
    """How many more the page had, with ids that nothing could be done with."""

    @property
    def length(self) -> int:
        """How far behind this page the next one begins."""
        return len(self.items) + self.unusable


class DraftArticle(Struct, frozen=True):
    """One article of a draft, as a listing shows it: its cover's id need not be the one that was set."""

    title: str
    thumb_media_id: str
    """Empty where the console made it."""
    thumb_url: str
    content: str = ""
    """HTML; empty where it was not asked for."""
    images: tuple[tuple[str, str], ...] = ()
    """The pictures of a picture message (newspic), each by its id and its url."""
    editor_id: str = ""
    """What the console calls the draft in its addresses; empty where WeChat does not tell it."""


class Draft(Struct, frozen=True):
    """One draft (草稿): up to eight articles that are sent together."""

    media_id: str
    articles: tuple[DraftArticle, ...]


class DraftPage(Struct, frozen=True):
    """One page of WeChat's drafts, newest first."""

    total: int
    """How many drafts there are in all."""
    items: tuple[Draft, ...]


class Button(Struct, frozen=True):
    """One button of a menu (自定义菜单) that was made by API."""

    path: tuple[str, ...]
    """Its name, behind that of the button that it stands below."""
    media_id: str = ""
    url: str = ""
    condition: int = 0
    """Which of the menus for some followers only (个性化菜单) it belongs to, from 1; 0 in the menu for all."""


class Holder(StrEnum):
    """What may hold an id, a url or a path of a material."""

    DOCUMENT = "document"
    DRAFT = "draft"
    MENU = "menu"


class Part(StrEnum):
    """Which part of its holder shows a material."""

    COVER = "cover"
    BODY = "body"
    BUTTON = "button"
    LINK = "link"


class Use(Struct, frozen=True):
    """One place where a material is used."""

    kind: Holder
    where: str
    """A document's path and line; a draft's title with the number of the article; a button with the one above it."""
    part: Part
    link: str | None = None
    """Where a person can edit it."""


class Mention(Struct, frozen=True):
    """A place that names some material in one or several ways: the first that is known says which one."""

    use: Use
    media_id: str = ""
    token: str = ""
    """Of the picture's url."""
    path: str = ""
    """Relative to the manifest's folder, with forward slashes."""
    holder: str = ""
    """Tells drafts apart that have one title."""
