"""GitHub, or an Enterprise Server, by its REST API; its GraphQL makes the commits that must be signed."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from msgspec import Struct

from wxsync.ci.forges.api import Api, ForgeRefused, said_at
from wxsync.ci.forges.forge import Comment, Request
from wxsync.git import Credentials

_COMMIT = """\
mutation ($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid } } }
"""


class GitHub(Struct, frozen=True):
    """One repository at GitHub; `repository` is OWNER/NAME."""

    api: Api
    graphql: str
    server: str
    repository: str
    token: str

    most_characters = 65_000  # of 65,536
    author = ("github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com")

    def __repr__(self) -> str:
        """Show the repository only."""
        return f"GitHub({self.repository!r})"

    def credentials(self) -> Credentials | None:
        """Give what git shows to GitHub."""
        return Credentials(self.server, "x-access-token", self.token)

    def push_options(self, _request: Request) -> tuple[str, ...]:
        """Give none: GitHub has no push options."""
        return ()

    def open_request(self, request: Request) -> str:
        """Find a pull request that is open, or open it, and give its address."""
        owner = self.repository.split("/")[0]
        query = {"state": "open", "head": f"{owner}:{request.branch}", "base": request.into}
        for one in self.api.each("pulls", **query):
            return said_at(one, "html_url")
        asked = {"title": request.title, "head": request.branch, "base": request.into, "body": request.body}
        return said_at(self.api.call("POST", "pulls", asked), "html_url")

    def commit(self, branch: str, parent: str, contents: Mapping[str, bytes], message: str, *, is_reset: bool) -> None:
        """Add a commit that GitHub makes and signs to a branch while it still is where it was seen."""
        if is_reset:
            self._reset(branch, parent)
        added = [{"path": path, "contents": base64.b64encode(content).decode()} for path, content in contents.items()]
        wanted = {
            "branch": {"repositoryNameWithOwner": self.repository, "branchName": branch},
            "message": {"headline": message},
            "expectedHeadOid": parent,
            "fileChanges": {"additions": added},
        }
        said = self.api.call_at(self.graphql, "POST", {"query": _COMMIT, "variables": {"input": wanted}})
        said_at(said, "data", "createCommitOnBranch", "commit", "oid")

    def _reset(self, branch: str, commit: str) -> None:
        try:
            self.api.call("PATCH", f"git/refs/heads/{quote(branch)}", {"sha": commit, "force": True})
        except ForgeRefused as error:
            if error.status not in (404, 422):
                raise
            self.api.call("POST", "git/refs", {"ref": f"refs/heads/{branch}", "sha": commit})

    def comments(self, number: int) -> Iterator[Comment]:
        """List the comments on a pull request; those of bots may be ours."""
        for one in self.api.each(f"issues/{number}/comments"):
            yield Comment(said_at(one, "id"), said_at(one, "body"), said_at(one, "user", "type") == "Bot")

    def add_comment(self, number: int, body: str) -> None:
        """Write a comment."""
        self.api.call("POST", f"issues/{number}/comments", {"body": body})

    def change_comment(self, number: int, comment: Comment, body: str) -> None:  # noqa: ARG002 - its id is enough here
        """Write a comment anew."""
        self.api.call("PATCH", f"issues/comments/{comment.id}", {"body": body})

    def report(self, title: str, marker: str, body: str) -> str:
        """Open an issue, or write anew the open one that begins with the marker, and give its address."""
        for one in self.api.each("issues", state="open"):
            # Whoever quotes the marker must not have an issue of theirs overwritten.
            is_ours = "pull_request" not in one and said_at(one, "user", "type") == "Bot"
            if is_ours and str(one.get("body")).startswith(marker):
                self.api.call("PATCH", f"issues/{said_at(one, 'number')}", {"body": body})
                return said_at(one, "html_url")
        return said_at(self.api.call("POST", "issues", {"title": title, "body": body}), "html_url")


def github_from(environ: Mapping[str, str]) -> GitHub | None:
    """Read from a job's environment which repository it is and who asks; None where there is no token."""
    repository, token = environ.get("GITHUB_REPOSITORY"), environ.get("GITHUB_TOKEN")
    if not repository or not token:
        return None
    url = environ.get("GITHUB_API_URL") or "https://api.github.com"
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {token}",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    server = environ.get("GITHUB_SERVER_URL") or "https://github.com"
    graphql = environ.get("GITHUB_GRAPHQL_URL") or f"{url}/graphql"
    return GitHub(Api(f"{url}/repos/{repository}", headers), graphql, server, repository, token)
