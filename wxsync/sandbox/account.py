"""One Official Account without HTTP: a method for each endpoint, giving the answer's JSON or raising ApiError."""

from __future__ import annotations

import hmac
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from wxsync.sandbox.errors import ApiError
from wxsync.sandbox.judge import ARTICLE_IMAGE, judge_file, read_description, settle_type
from wxsync.sandbox.library import Incoming, Library, Stored
from wxsync.sandbox.quotas import Quotas
from wxsync.sandbox.store import Store
from wxsync.sandbox.switches import Switches
from wxsync.sandbox.tokens import Issued, Kind, Tokens

COMPONENT_APPID = "wx5a4db0c5c0de0001"
COMPONENT_ACCESS_TOKEN = "77_sandbox-component-access-token"  # noqa: S105  # opens nothing but a sandbox
AUTHORIZER_REFRESH_TOKEN = "refreshtoken@@@sandbox-authorizer-refresh-token"  # noqa: S105  # opens nothing but a sandbox

JSON = dict[str, object]


@dataclass(frozen=True, slots=True)
class Download:
    """Holds a material's bytes as get_material sends them."""

    filename: str
    format: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Account:
    """Answers as the service does once a call is admitted; every refusal is an ApiError."""

    appid: str
    secret: str
    switches: Switches
    clock: Callable[[], float]
    tokens: Tokens
    quotas: Quotas
    library: Library

    def token(self, *, appid: str, secret: str, grant_type: str, ip: str) -> JSON:
        """Issues a token as GET /cgi-bin/token does: each call ends the one before, five minutes later."""
        self._check_credentials(appid=appid, secret=secret, grant_type=grant_type, ip=ip)
        self.quotas.count("/cgi-bin/token")
        return _token_answer(self.tokens.plain())

    def stable_token(self, *, appid: str, secret: str, grant_type: str, ip: str, force: bool = False) -> JSON:
        """Gives the stable token as POST /cgi-bin/stable_token does: the same one until its last five minutes."""
        self._check_credentials(appid=appid, secret=secret, grant_type=grant_type, ip=ip)
        self.quotas.count("/cgi-bin/stable_token")
        return _token_answer(self.tokens.forced() if force else self.tokens.lasting(Kind.STABLE))

    def authorizer_token(self, *, component_token: str, component: str, authorizer: str, refresh_token: str) -> JSON:
        """Gives a third-party platform the token of this account, as api_authorizer_token does."""
        if not component_token:
            raise ApiError(41001)
        if not _same(component_token, COMPONENT_ACCESS_TOKEN):
            raise ApiError(40001)
        if component != COMPONENT_APPID:
            raise ApiError(40013)
        if authorizer != self.appid:
            raise ApiError(61003)
        if not _same(refresh_token, AUTHORIZER_REFRESH_TOKEN):
            raise ApiError(61023)
        self.quotas.count("/cgi-bin/component/api_authorizer_token")
        issued = self.tokens.lasting(Kind.AUTHORIZER)
        return {
            "authorizer_access_token": issued.token,
            "expires_in": issued.expires_in,
            "authorizer_refresh_token": AUTHORIZER_REFRESH_TOKEN,
        }

    def authenticate(self, token: str, *, cloud: bool = False, from_appid: str = "") -> Kind | None:
        """Tells whose token it is, None for a 云调用 without one; raises 41001, 40001, 42001, or 48001."""
        if token:
            return self.tokens.check(token)
        if not (cloud and self.switches.cloud):
            raise ApiError(41001)
        if from_appid not in ("", self.appid):
            raise ApiError(48001)
        return None

    def admit(self, path: str, kind: Kind | None) -> None:
        """Checks permission (48001, 61007) and counts the call (45009, 45011), whatever becomes of it."""
        if self.switches.unauthorized and path.startswith(("/cgi-bin/material/", "/cgi-bin/media/")):
            raise ApiError(61007 if kind is Kind.AUTHORIZER else 48001)
        self.quotas.count(path)

    def add_material(
        self,
        *,
        type: str,  # noqa: A002  # the API's own word
        filename: str,
        content: bytes,
        description: str | None = None,
        type_in_form: str = "",
    ) -> JSON:
        """Stores a permanent material (addMaterial); every upload is a new one, also of the same bytes."""
        material_type = settle_type(type, in_form=type_in_form, content=content, switches=self.switches)
        word = judge_file(material_type, filename=filename, content=content, switches=self.switches)
        title = introduction = ""
        if material_type == "video":
            title, introduction = read_description(description, self.switches)
        stored = self.library.add(Incoming(material_type, filename, word, content, title, introduction))
        if stored.url or not self.switches.omit_empty_url:
            return {"media_id": stored.media_id, "url": self._upload_url(stored.url)}
        return {"media_id": stored.media_id}

    def uploadimg(self, *, filename: str, content: bytes) -> JSON:
        """Stores the image of an article (uploadImage): a url, and nothing in the library."""
        word = judge_file(ARTICLE_IMAGE, filename=filename, content=content, switches=self.switches)
        url = self._upload_url(self.library.add_article_image(Incoming(ARTICLE_IMAGE, filename, word, content)))
        return {"url": url} if self.switches.bare_uploadimg else {"url": url, "errcode": 0, "errmsg": "ok"}

    def get_material(self, media_id: object, *, base: str = "") -> JSON | Download:
        """Gives a material (getMaterial): the words of a video, the bytes of anything else; 40007 for a strange id.

        `base` is where the video's `down_url` points to; at WeChat that is a link which expires.
        """
        stored = self.library.find(_text(media_id))
        if stored.type != "video":
            return Download(stored.name, stored.format, self.library.content(stored.media_id))
        return {
            "title": stored.title,
            "description": "" if self.switches.test_account else stored.introduction,
            "down_url": f"{base}/_sandbox/materials/{stored.media_id}",
        }

    def del_material(self, media_id: object) -> JSON:
        """Deletes a material (delMaterial); 40007 for a strange id, 48005 for one that a menu uses."""
        try:
            self.library.remove(_text(media_id))
        except ApiError as error:
            if error.errcode != 40007 or not self.switches.delete_unknown_is_ok:
                raise
        return {"errcode": 0, "errmsg": "ok"}

    def batchget_material(self, body: Mapping[str, object]) -> JSON:
        """Lists a shelf newest first (batchGetMaterial); 40004 for any type but image, video, voice and news."""
        shelf = body.get("type")
        if shelf not in ("image", "video", "voice", "news"):
            raise ApiError(40004)
        offset, count = self._page(body)
        total, page = self.library.page(
            str(shelf),
            offset=offset,
            count=count,
            thumbs=not self.switches.hide_thumbs,
            before=self.clock() - delay if (delay := self.switches.listing_delay) else math.inf,
        )
        return {"item": [_listed(stored) for stored in page], "total_count": total, "item_count": len(page)}

    def get_materialcount(self) -> JSON:
        """Counts the library (getMaterialCount); thumbs are images here."""
        counts = self.library.counts()
        return {f"{shelf}_count": counts.get(shelf, 0) for shelf in ("voice", "video", "image", "news")}

    def quota(self, cgi_path: object) -> JSON:
        """Tells today's quota of a path (openapi/quota/get); 76003 for what is no path, 76021 for an unknown one."""
        usage = self.quotas.usage(_text(cgi_path))
        remain = max(0, usage.daily - usage.used)
        answer: JSON = {"errcode": 0, "errmsg": "ok"}
        answer["quota"] = {"daily_limit": usage.daily, "used": usage.used, "remain": remain}
        if usage.minute is not None:
            answer["rate_limit"] = {"call_count": usage.minute, "refresh_second": 60}
        return answer

    def clear_quota(self, appid: object) -> JSON:
        """Sets all counters to zero (clear_quota), ten times a month; 48006 after that."""
        if appid != self.appid:
            raise ApiError(40013 if appid else 41002)
        self.quotas.clear()
        return {"errcode": 0, "errmsg": "ok"}

    def clear_quota_by_secret(self, *, appid: str, secret: str) -> JSON:
        """Sets all counters to zero without a token (clear_quota/v2), from the same ten times a month."""
        if appid == self.appid and not _same(secret, self.secret):
            raise ApiError(40125 if secret else 41004)
        return self.clear_quota(appid)

    def _check_credentials(self, *, appid: str, secret: str, grant_type: str, ip: str) -> None:
        # Seen live: the appid is judged before grant_type.
        if not appid:
            raise ApiError(41002)
        if appid != self.appid:
            raise ApiError(40013)
        if grant_type != "client_credential":
            raise ApiError(40002)
        if not secret:
            raise ApiError(41004)
        if not _same(secret, self.secret):
            raise ApiError(40125)
        if self.switches.allowed_ips is not None and ip not in self.switches.allowed_ips:
            raise ApiError(40164, f"invalid ip {ip} ipv6 ::ffff:{ip}, not in whitelist")

    def _page(self, body: Mapping[str, object]) -> tuple[int, int]:
        offset, count = body.get("offset", 0), body.get("count", 0)
        if not isinstance(offset, int) or not isinstance(count, int):
            raise ApiError(47001)
        refusal = self.switches.count_out_of_range
        if refusal is not None and (not 1 <= count <= 20 or offset < 0):
            raise ApiError(refusal)
        return min(max(0, offset), 2**31), min(20, max(1, count))

    def _upload_url(self, url: str) -> str:
        return url.replace("http://", "https://", 1) if self.switches.https_uploads else url


def open_account(store: Store, *, appid: str, secret: str, switches: Switches, clock: Callable[[], float]) -> Account:
    """Puts an account together on a state file."""
    quotas = Quotas(store, switches=switches, clock=clock)
    return Account(
        appid=appid,
        secret=secret,
        switches=switches,
        clock=clock,
        tokens=Tokens(store, clock=clock, impossible=switches.impossible_token),
        quotas=quotas,
        library=Library(store, appid=appid, quotas=quotas, clock=clock),
    )


def _token_answer(issued: Issued) -> JSON:
    return {"access_token": issued.token, "expires_in": issued.expires_in}


def _listed(stored: Stored) -> JSON:
    item: JSON = {"media_id": stored.media_id, "name": stored.name, "update_time": int(stored.created)}
    if stored.shelf == "image":
        item["url"] = stored.url.replace("http://", "https://", 1)
    if stored.shelf == "video":
        item |= {"name": stored.title, "description": ""}
    return item | {"tags": []}


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def _text(value: object) -> str:
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""
