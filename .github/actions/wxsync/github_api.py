"""Asks GitHub's REST API for the few things that CI needs of it; the token leaves this module in one header only."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_PAGE = 100


class ApiRefused(Exception):
    """Says that GitHub said no, with its status and its words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"GitHub answered {status}: {message}")
        self.status = status


@dataclass(frozen=True, slots=True)
class GitHub:
    """Holds one repository at GitHub, or at an Enterprise Server."""

    url: str
    repository: str
    token: str = field(repr=False)

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Calls an endpoint below the repository; raises ApiRefused, or OSError where nobody answers."""
        request = urllib.request.Request(  # noqa: S310 - the runner names the address, and it is https
            f"{self.url}/repos/{self.repository}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                "User-Agent": "wxsync",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise ApiRefused(error.code, _message(error.read())) from None

    def each(self, path: str, **query: str) -> Iterator[Any]:
        """Lists what an endpoint gives, page after page."""
        for number in range(1, 1_000):
            asked = urllib.parse.urlencode(query | {"per_page": str(_PAGE), "page": str(number)})
            page = self.call("GET", f"{path}?{asked}")
            yield from page
            if len(page) < _PAGE:
                return


def github_from(environ: Mapping[str, str]) -> GitHub:
    """Reads from the runner's environment which repository it is, and who asks."""
    url = environ.get("GITHUB_API_URL", "https://api.github.com")
    return GitHub(url, environ["GITHUB_REPOSITORY"], environ["GITHUB_TOKEN"])


def _message(content: bytes) -> str:
    try:
        return str(json.loads(content)["message"])
    except (ValueError, KeyError, TypeError):
        return content.decode(errors="replace")[:200]
