"""What the way back and the comment need of a forge, whichever it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol, runtime_checkable

from msgspec import Struct

from wxsync.git import Credentials


class Comment(Struct, frozen=True):
    """A comment on a pull or merge request; `is_ours` where the asking account wrote it."""

    id: str
    body: str
    is_ours: bool


class Request(Struct, frozen=True):
    """A pull or merge request as it should be: what one branch would bring into another."""

    branch: str
    into: str
    title: str
    body: str


class Forge(Protocol):
    """A repository at a forge; every method may raise ForgeRefused."""

    @property
    def most_characters(self) -> int:
        """Tell how long a comment may be."""

    @property
    def author(self) -> tuple[str, str]:
        """Name whoever commits here where nobody else is named."""

    def credentials(self) -> Credentials | None:
        """Give what git shows to the forge's server."""

    def push_options(self, request: Request) -> tuple[str, ...]:
        """Give the push options that open a request, where the forge knows such."""

    def open_request(self, request: Request) -> str:
        """Find a request that is open, or open it, and give its address."""

    def comments(self, number: int) -> Iterator[Comment]:
        """List the comments on a request."""

    def add_comment(self, number: int, body: str) -> None:
        """Write a comment."""

    def change_comment(self, number: int, comment: Comment, body: str) -> None:
        """Write a comment anew."""


@runtime_checkable
class Signs(Forge, Protocol):
    """A forge that makes and signs commits itself."""

    def commit(self, branch: str, parent: str, contents: Mapping[str, bytes], message: str, *, is_reset: bool) -> None:
        """Add a commit to a branch, after setting it to `parent` where asked; raises ForgeRefused."""


@runtime_checkable
class Reports(Forge, Protocol):
    """A forge at which what the night found stands in an issue."""

    def report(self, title: str, marker: str, body: str) -> str:
        """Open an issue, or write the open one anew, and give its address; raises ForgeRefused."""
