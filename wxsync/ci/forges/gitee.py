"""Gitee by its REST API, version 5; its token is one of a person or a robot, given as GITEE_TOKEN."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from wxsync.ci.forges.api import Api, said_at
from wxsync.ci.forges.forge import Comment, Request
from wxsync.git import Credentials

_ADDRESS = re.compile(r"(?:https?://(?:[^@/]*@)?|(?:ssh://)?git@)([^/:]+)(?::\d+)?[/:]([^/]+/[^/]+?)(?:\.git)?/?")


class Gitee(Struct, frozen=True):
    """One repository at Gitee; `repository` is OWNER/NAME."""

    api: Api
    server: str
    repository: str
    token: str

    most_characters = 60_000  # documented nowhere; what GitHub takes, with room to spare
    author = ("wxsync", "wxsync@noreply.invalid")

    def __repr__(self) -> str:
        """Show the repository only."""
        return f"Gitee({self.repository!r})"

    def credentials(self) -> Credentials | None:
        """Give what git shows to Gitee."""
        return Credentials(self.server, "oauth2", self.token)

    def push_options(self, _request: Request) -> tuple[str, ...]:
        """Give none: the API opens the request."""
        return ()

    def open_request(self, request: Request) -> str:
        """Find a pull request that is open, or open it, and give its address."""
        owner = self.repository.split("/")[0]
        query = {"state": "open", "head": f"{owner}:{request.branch}", "base": request.into}
        for one in self.api.each("pulls", **query):
            # Older answers are known not to look at the query.
            if (said_at(one, "head", "ref"), said_at(one, "base", "ref")) == (request.branch, request.into):
                return said_at(one, "html_url")
        asked = {
            "title": request.title,
            "head": request.branch,
            "base": request.into,
            "body": request.body,
            "prune_source_branch": True,
        }
        return said_at(self.api.call("POST", "pulls", asked), "html_url")

    def comments(self, number: int) -> Iterator[Comment]:
        """List the comments on a pull request."""
        own = said_at(self.api.call_at(f"{self.api.url.split('/repos/')[0]}/user", "GET"), "id")
        for one in self.api.each(f"pulls/{number}/comments"):
            yield Comment(said_at(one, "id"), said_at(one, "body"), said_at(one, "user", "id") == own)

    def add_comment(self, number: int, body: str) -> None:
        """Write a comment."""
        self.api.call("POST", f"pulls/{number}/comments", {"body": body})

    def change_comment(self, number: int, comment: Comment, body: str) -> None:  # noqa: ARG002 - its id is enough here
        """Write a comment anew."""
        self.api.call("PATCH", f"pulls/comments/{comment.id}", {"body": body})


def repository_of(remote: str) -> str | None:
    """Give OWNER/NAME of a remote's address."""
    address = _ADDRESS.fullmatch(remote)
    return address[2] if address else None


def gitee_from(environ: Mapping[str, str], remote: str) -> Gitee | None:
    """Read from the environment and the remote's address which repository it is; None where there is no token."""
    address, token = _ADDRESS.fullmatch(remote), environ.get("GITEE_TOKEN")
    if not address or not token:
        return None
    server = f"https://{address[1]}"
    api = environ.get("GITEE_API_URL") or f"{server}/api/v5"
    return Gitee(Api(f"{api}/repos/{address[2]}", {"Authorization": f"Bearer {token}"}), server, address[2], token)
