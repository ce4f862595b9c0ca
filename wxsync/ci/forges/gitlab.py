"""GitLab: push options open a merge request without any API; a token of your own can write notes too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote, urlencode

from msgspec import Struct

from wxsync.ci.forges.api import Api, ForgeRefused, said_at
from wxsync.ci.forges.forge import Comment, Request
from wxsync.git import Credentials
from wxsync.words import text


class GitLab(Struct, frozen=True):
    """One project at a GitLab; `api` is None where there is only the job's token, which may push but write no notes."""

    server: str
    address: str
    user: str
    token: str
    api: Api | None

    most_characters = 900_000  # of 1,000,000
    author = ("wxsync", "wxsync@noreply.invalid")

    def __repr__(self) -> str:
        """Show the project only."""
        return f"GitLab({self.address!r})"

    def credentials(self) -> Credentials | None:
        """Give what git shows to GitLab."""
        return Credentials(self.server, self.user, self.token) if self.token else None

    def push_options(self, request: Request) -> tuple[str, ...]:
        """Give the options by which a push opens a merge request, and starts no pipeline of its own."""
        return (
            "ci.skip",
            "merge_request.create",
            f"merge_request.target={request.into}",
            f"merge_request.title={request.title}",
            f"merge_request.description={' '.join(request.body.split())}",
            "merge_request.remove_source_branch",
        )

    def open_request(self, request: Request) -> str:
        """Find a merge request that is open, or open it, and give its address; without an API the push opened it."""
        if self.api is None:
            return f"{self.address}/-/merge_requests?{urlencode({'source_branch': request.branch})}"
        query = {"state": "opened", "source_branch": request.branch, "target_branch": request.into}
        for one in self.api.each("merge_requests", **query):
            return said_at(one, "web_url")
        asked = {
            "source_branch": request.branch,
            "target_branch": request.into,
            "title": request.title,
            "description": request.body,
            "remove_source_branch": True,
        }
        return said_at(self.api.call("POST", "merge_requests", asked), "web_url")

    def comments(self, number: int) -> Iterator[Comment]:
        """List the notes on a merge request."""
        api = self._notes()
        own = said_at(api.call_at(f"{api.url.split('/projects/')[0]}/user", "GET"), "id")
        for one in api.each(f"merge_requests/{number}/notes"):
            yield Comment(said_at(one, "id"), said_at(one, "body"), said_at(one, "author", "id") == own)

    def add_comment(self, number: int, body: str) -> None:
        """Write a note."""
        self._notes().call("POST", f"merge_requests/{number}/notes", {"body": body})

    def change_comment(self, number: int, comment: Comment, body: str) -> None:
        """Write a note anew."""
        self._notes().call("PUT", f"merge_requests/{number}/notes/{comment.id}", {"body": body})

    def _notes(self) -> Api:
        if self.api is None:
            raise ForgeRefused(403, text("a job's own token may not write notes; set GITLAB_TOKEN"))
        return self.api


def gitlab_from(environ: Mapping[str, str]) -> GitLab | None:
    """Read from a job's environment which project it is and who asks; None where it is no job of GitLab."""
    project, url = environ.get("CI_PROJECT_ID"), environ.get("CI_API_V4_URL")
    if not project or not url:
        return None
    own = environ.get("GITLAB_TOKEN", "")
    api = Api(f"{url}/projects/{quote(project, safe='')}", {"PRIVATE-TOKEN": own}) if own else None
    user, token = ("oauth2", own) if own else ("gitlab-ci-token", environ.get("CI_JOB_TOKEN", ""))
    return GitLab(environ.get("CI_SERVER_URL", ""), environ.get("CI_PROJECT_URL", ""), user, token, api)
