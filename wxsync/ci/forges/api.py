"""Asks a forge's REST API; a token leaves this module in one header only, and follows no redirect."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any

from wxsync.errors import PersonNeeded
from wxsync.words import text, visible

_PAGE = 100
_MOST_PAGES = 1_000
_MOST_BYTES = 16 * 1024 * 1024
_SECONDS = 30
_SHOWN = 200


class ForgeRefused(PersonNeeded):
    """A forge said no, or said nothing that can be read; `status` is that of HTTP, 0 where nobody answered."""

    def __init__(self, status: int, said: str) -> None:
        message = text("the forge answered {status}: {said}", status=status, said=said)
        super().__init__(message if status else text("the forge did not answer: {said}", said=said))
        self.status = status


@dataclass(frozen=True, slots=True)
class Api:
    """An API whose addresses begin with `url`, with the headers that show who asks."""

    url: str
    headers: Mapping[str, str] = field(repr=False)

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Call an endpoint; raises ForgeRefused."""
        return self.call_at(f"{self.url}/{path}", method, body)

    def call_at(self, address: str, method: str, body: Mapping[str, Any] | None = None) -> Any:
        """Call an address of this API; raises ForgeRefused."""
        request = urllib.request.Request(  # noqa: S310 - the CI names the address
            address,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "User-Agent": "wxsync", **self.headers},
        )
        try:
            with _OPENER.open(request, timeout=_SECONDS) as answer:
                return json.loads(answer.read(_MOST_BYTES) or b"null")
        except urllib.error.HTTPError as error:
            with error:
                raise ForgeRefused(error.code, _message(error)) from None
        except (OSError, HTTPException, ValueError, RecursionError) as error:
            raise ForgeRefused(0, visible(str(error))[:_SHOWN]) from None

    def each(self, path: str, **query: str) -> Iterator[Any]:
        """List what an endpoint gives, page after page; raises ForgeRefused."""
        for number in range(1, _MOST_PAGES):
            asked = urllib.parse.urlencode(query | {"per_page": str(_PAGE), "page": str(number)})
            page = self.call("GET", f"{path}?{asked}")
            if not isinstance(page, list):
                raise ForgeRefused(200, text("no list"))
            yield from page
            if len(page) < _PAGE:
                return


def said_at(answer: Any, *keys: str) -> str:
    """Give a text or a number within an answer, as text; raises ForgeRefused where the answer has another shape."""
    found = answer
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    if not isinstance(found, (str, int)):
        raise ForgeRefused(200, text("no {name}", name=".".join(keys)))
    return str(found)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Leaves a redirect an error: a token must not travel to where an answer points."""

    def redirect_request(self, *_words: object, **_named: object) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirects)


def _message(error: urllib.error.HTTPError) -> str:
    try:
        content = error.read(_MOST_BYTES)
        said = json.loads(content)
        words = said["message"] if "message" in said else said["error"]
    except (OSError, HTTPException, ValueError, KeyError, TypeError, RecursionError):
        words = error.reason
    return visible(str(words))[:_SHOWN]
