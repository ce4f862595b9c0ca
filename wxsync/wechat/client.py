"""One method for each thing that the rest of wxsync asks of WeChat."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from msgspec.structs import replace

from wxsync.errors import Refused
from wxsync.model import Button, DraftPage, ListingPage, MaterialType, Upload, Uploaded
from wxsync.wechat import endpoints
from wxsync.wechat.answers import Article, FileContent, Quota, VideoDetails
from wxsync.wechat.credentials import CLOUD_SIDECAR, WECHAT, Cloud, Credentials
from wxsync.wechat.endpoints import Call
from wxsync.wechat.interface import NO_MENU, PAGE_SIZE
from wxsync.wechat.naming import Names
from wxsync.wechat.pace import Pace, Pause
from wxsync.wechat.retry import Caller
from wxsync.wechat.tokens import Tokens, tokens_for, uses_token_file
from wxsync.wechat.transport import MEBIBYTE, Transport

T = TypeVar("T")

# add_material takes 10 MiB, mp.weixin.qq.com more.
_LARGEST_VIDEO = 200 * MEBIBYTE
_DOWNLOAD_WAITS = (2.0, 5.0, 10.0)
_LATE = frozenset({404, 408, 425, 429})


class WeChat:
    """Calls WeChat for one account, from any number of threads.

    Every method may raise Refused, HaltedForPerson or HaltedForNow; only `upload` raises OutcomeUnknown.
    """

    def __init__(
        self,
        transport: Transport,
        caller: Caller,
        tokens: Tokens,
        names: Names | None = None,
        *,
        sees_drafts: bool = True,
    ) -> None:
        self._names = names or Names()
        self._transport = transport
        self._caller = caller
        self._tokens = tokens
        self._sees_drafts = sees_drafts

    def __enter__(self) -> WeChat:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def base(self) -> str:
        """Gives the address that is called."""
        return self._transport.base

    @property
    def sees_drafts(self) -> bool:
        """Tells whether drafts can be asked for: 云调用 has no way to them."""
        return self._sees_drafts

    def close(self) -> None:
        """Closes the connections that were kept."""
        self._transport.close()

    def sign_in(self) -> None:
        """Gets the token if there is none yet: the first thing to go wrong with a secret or an allowlist."""
        self._tokens.current()

    def upload(self, upload: Upload) -> Uploaded:
        """Uploads a permanent material, or an article image, which has a url and no media_id.

        What certainly was not done is sent again here, within bounds. OutcomeUnknown says that WeChat may have it; the
        code `unlisted-errcode` (UNLISTED) that it said no by a code of no list, so that it hardly has.
        """
        return self._names.upload(upload, self._upload)

    def _upload(self, upload: Upload) -> Uploaded:
        uploaded, attempts = self._caller.run(endpoints.upload_material(upload), self._tokens)
        return replace(uploaded, attempts=attempts)

    def list_page(self, material_type: MaterialType, offset: int, count: int = PAGE_SIZE) -> ListingPage:
        """Lists materials of a type (image, voice, video), newest first, at most 20; pages may repeat or skip items."""
        return self._ask(endpoints.list_materials(material_type, offset, count))

    def count(self) -> Mapping[str, int]:
        """Counts the library: `voice`, `video`, `image` (thumbs too) and `news`."""
        return self._ask(endpoints.count_materials())

    def get(self, media_id: str) -> FileContent | VideoDetails | Article:
        """Gets a material: the bytes of a file or the details of a video; Refused with errcode 40007 where none is."""
        return self._ask(endpoints.get_material(media_id))

    def download(self, url: str) -> bytes | None:
        """Gets the bytes behind a video's `down_url`, without a token; None where nothing can be had there.

        What may only be late is asked for again, a few times: a new address was seen to answer 404 for some seconds.
        """
        for wait in (*_DOWNLOAD_WAITS, None):
            answer = self._transport.fetch(url, limit=_LARGEST_VIDEO)
            if answer.status == 200 and answer.body is not None:
                return answer.body
            if wait is None or not (answer.status in _LATE or (answer.status or 500) >= 500):
                break
            self._caller.sit_out(wait, "down_url")
        return None

    def is_there(self, url: str) -> bool | None:
        """Tells whether something lies at a foreign address; None where nobody answers there."""
        answer = self._transport.fetch(url, limit=_LARGEST_VIDEO)
        return None if answer.status is None else answer.status == 200

    def now(self) -> float | None:
        """Tells WeChat's time, in Unix seconds, by its last answer; None where it has not answered yet."""
        return self._transport.now()

    def delete(self, media_id: str) -> None:
        """Deletes a material; Refused with errcode 40007 where there is none (any more)."""
        self._ask(endpoints.delete_material(media_id))

    def count_drafts(self) -> int:
        """Counts the drafts (草稿箱)."""
        return self._ask(endpoints.count_drafts())

    def list_drafts(self, offset: int, count: int = PAGE_SIZE, *, contents: bool) -> DraftPage:
        """Lists drafts, newest first, at most 20, and with `contents` the texts of their articles too."""
        return self._ask(endpoints.list_drafts(offset, count, contents=contents))

    def menu(self) -> tuple[Button, ...] | None:
        """Gets the menu that was made by API, or None where there is none; one of the console is not seen."""
        try:
            return self._ask(endpoints.get_menu())
        except Refused as error:
            if error.errcode != NO_MENU:
                raise
        return None

    def quota(self, path: str) -> Quota:
        """Gets today's quota of a path such as /cgi-bin/material/add_material."""
        return self._ask(endpoints.get_quota(path))

    def _ask(self, call: Call[T]) -> T:
        value, _ = self._caller.run(call, self._tokens)
        return value


def connect(
    credentials: Credentials,
    *,
    jobs: int = 4,
    pause: Pause,
    clock: Callable[[], float] = time.monotonic,
    on_retry: Callable[[str], None] | None = None,
    on_call: Callable[[str], None] = lambda _said: None,
    names: Names | None = None,
) -> WeChat:
    """Builds a client; nothing is sent yet.

    At most `jobs` requests are under way at once. `pause` is called for every wait, `on_retry` with a sentence before
    each, `on_call` with one for each request; none is ever told a secret.
    """
    transport = Transport(_base(credentials), connections=jobs)
    caller = Caller(transport, Pace(jobs, pause=pause, clock=clock), tell=on_retry or (lambda _: None), trace=on_call)
    tokens = tokens_for(credentials, lambda call: caller.run(call)[0], clock=clock)
    return WeChat(transport, caller, tokens, names, sees_drafts=not isinstance(credentials.access, Cloud))


def _base(credentials: Credentials) -> str:
    access = credentials.access
    if isinstance(access, Cloud) and credentials.base == CLOUD_SIDECAR and uses_token_file(access):
        return WECHAT
    return credentials.base
