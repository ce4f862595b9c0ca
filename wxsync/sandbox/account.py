"""One Official Account without HTTP: a method for each endpoint, giving the answer's JSON or raising ApiError."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import math
from collections.abc import Callable, Mapping

from msgspec import Struct

from wxsync.sandbox.drafts import Drafts
from wxsync.sandbox.errors import ApiError
from wxsync.sandbox.ids import Ids
from wxsync.sandbox.judge import ARTICLE_IMAGE, judge_file, read_description, settle_type, too_big
from wxsync.sandbox.library import Incoming, Library, Stored
from wxsync.sandbox.menus import Menu
from wxsync.sandbox.paths import PATHS
from wxsync.sandbox.quotas import Quotas
from wxsync.sandbox.store import Store
from wxsync.sandbox.switches import Switches
from wxsync.sandbox.tokens import Issued, Kind, Tokens

COMPONENT_APPID = "wx5a4db0c5c0de0001"
COMPONENT_ACCESS_TOKEN = "77_sandbox-component-access-token"  # noqa: S105  # opens nothing but a sandbox
AUTHORIZER_REFRESH_TOKEN = "refreshtoken@@@sandbox-authorizer-refresh-token"  # noqa: S105  # opens nothing but a sandbox

JSON = dict[str, object]
OK: JSON = {"errcode": 0, "errmsg": "ok"}


class Download(Struct, frozen=True):
    """Holds a material's bytes as get_material sends them."""

    filename: str
    format: str
    content: bytes


class Account(Struct, frozen=True):
    """Answers as the service does once a call is admitted; every refusal is an ApiError."""

    appid: str
    secret: str
    switches: Switches
    clock: Callable[[], float]
    tokens: Tokens
    quotas: Quotas
    library: Library
    drafts: Drafts
    menu: Menu

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

    def admit(self, path: str, kind: Kind | None, *, ip: str) -> None:
        """Checks address and permission (40164, 48001, 61007) and counts the call (45009, 45011), come what may."""
        if self.switches.allowlist_every_call:
            self._check_address(ip)
        if not self._may(path):
            raise ApiError(61007 if kind is Kind.AUTHORIZER and not self.switches.platform_48001 else 48001)
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
        answer: JSON = {"media_id": stored.media_id}
        if stored.url or self.switches.empty_url:
            answer["url"] = self._upload_url(stored.url)
        return answer if self.switches.without_item else answer | {"item": []}

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
            return self._download(stored)
        return {
            "title": stored.title,
            "description": "" if self.switches.test_account else stored.introduction,
            "down_url": self._down_url(stored, base),
        }

    def download(self, media_id: str) -> Download:
        """Gives the bytes of any material, as a video's `down_url` does; raises 40007 for a strange id."""
        return self._download(self.library.find(media_id))

    def picture(self, token: str) -> Download:
        """Gives what lies under the url of a picture; raises 40007 where nothing does."""
        word, content = self.library.picture(token)
        return Download("picture", word, content)

    def del_material(self, media_id: object) -> JSON:
        """Deletes a material (delMaterial); 40007 for a strange id, 48005 for one that a menu uses."""
        try:
            stored = self.library.find(_text(media_id))
        except ApiError:
            if self.switches.delete_unknown_is_ok:
                return OK
            raise
        if stored.in_use or self.menu.uses(stored):
            raise ApiError(self.switches.used_by_menu)
        self.library.remove(stored.media_id)
        return OK

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
        return {"item": [self._listed(stored) for stored in page], "total_count": total, "item_count": len(page)}

    def get_materialcount(self) -> JSON:
        """Counts the library (getMaterialCount); thumbs are images here."""
        counts = self.library.counts()
        return {f"{shelf}_count": counts.get(shelf, 0) for shelf in ("voice", "video", "image", "news")}

    def draft_add(self, body: Mapping[str, object]) -> JSON:
        """Stores a draft (draft/add); 40007 for a cover that is no image of this library."""
        return {"media_id": self.drafts.add(body.get("articles")), "item": []}

    def draft_get(self, media_id: object) -> JSON:
        """Shows a draft (draft/get), its cover under another id than the one that was set; 40007 for a strange id."""
        return self.drafts.get(_text(media_id))

    def draft_batchget(self, body: Mapping[str, object]) -> JSON:
        """Lists the drafts newest first (draft/batchget), with `no_content` 1 without their texts."""
        offset, count = self._page(body)
        return self.drafts.page(offset=offset, count=count, with_content=body.get("no_content") != 1)

    def draft_count(self) -> JSON:
        """Counts the drafts (draft/count)."""
        return {"total_count": self.drafts.count()}

    def draft_delete(self, media_id: object) -> JSON:
        """Deletes a draft (draft/delete); 40007 for a strange id."""
        self.drafts.remove(_text(media_id))
        return OK

    def menu_create(self, body: Mapping[str, object]) -> JSON:
        """Replaces the menu (menu/create); 40007 for a material that is not there."""
        self.menu.create(body.get("button"))
        return OK

    def menu_get(self) -> JSON:
        """Shows the menu that was made by API (menu/get); 46003 where there is none."""
        return self.menu.get()

    def menu_delete(self) -> JSON:
        """Deletes the menu (menu/delete)."""
        self.menu.remove()
        return OK

    def selfmenu_info(self) -> JSON:
        """Shows the menu, whoever made it (get_current_selfmenu_info)."""
        return self.menu.current()

    def quota(self, cgi_path: object) -> JSON:
        """Tells today's quota of a path (openapi/quota/get).

        76003 for what is no path, 76021 for an unknown one, 76022 for one that the account has no right to.
        """
        usage = self.quotas.usage(_text(cgi_path))
        if not self._may(_text(cgi_path)):
            raise ApiError(76022)
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
        return OK

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
        self._check_address(ip)

    def _check_address(self, ip: str) -> None:
        allowed = self.switches.allowed_ips
        if allowed is not None and not any(ipaddress.ip_address(ip) in ipaddress.ip_network(one) for one in allowed):
            raise ApiError(40164, f"invalid ip {ip} ipv6 ::ffff:{ip}, not in whitelist")

    def _may(self, path: str) -> bool:
        material = path.startswith("/cgi-bin/material/")
        refused = (
            (self.switches.unauthorized and (material or path == PATHS["uploadimg"])),
            (self.switches.no_materials and material),
            (self.switches.no_uploads and path in (PATHS["add_material"], PATHS["uploadimg"])),
            (self.switches.no_drafts and path.startswith("/cgi-bin/draft/")),
            (self.switches.no_menu and path.startswith("/cgi-bin/menu/")),
        )
        return not any(refused)

    def _page(self, body: Mapping[str, object]) -> tuple[int, int]:
        offset, count = _whole(body.get("offset", 0)), _whole(body.get("count", 0))
        refusal, most = self.switches.count_out_of_range, self.switches.largest_count
        if refusal is not None and (not 1 <= count <= most or offset < 0):
            raise ApiError(refusal)
        return min(max(0, offset), 2**31), min(most, max(1, count))

    def _download(self, stored: Stored) -> Download:
        return Download(stored.name, stored.format, self.library.content(stored.media_id))

    def _down_url(self, stored: Stored, base: str) -> str:
        if too_big("video", stored.size):
            return ""  # reported in 2016: it was taken, and its transcoding failed
        if self.switches.video_page:
            return f"{base}{PATHS['video_page']}?__biz=c2FuZGJveA==&mid=100000001&idx=1&vid={vid_of(stored)}"
        return base + PATHS["down_url"].replace("<media_id>", stored.media_id)

    def _listed(self, stored: Stored) -> JSON:
        media_id = stored.other_id if self.switches.listing_renames_ids else stored.media_id
        item: JSON = {"media_id": media_id, "name": stored.name, "update_time": int(stored.created)}
        if stored.shelf == "image":
            item["url"] = stored.url.replace("http://", "https://", 1)
        elif stored.shelf == "video":
            item |= {"name": stored.name if self.switches.video_file_names else stored.title, "description": ""}
        elif not self.switches.voice_extensions:
            item["name"] = stored.name.rpartition(".")[0]
        return item | {"tags": []}

    def _upload_url(self, url: str) -> str:
        return url.replace("http://", "https://", 1) if self.switches.https_uploads else url


def open_account(store: Store, *, appid: str, secret: str, switches: Switches, clock: Callable[[], float]) -> Account:
    """Puts an account together on a state file."""
    quotas = Quotas(store, switches=switches, clock=clock)
    ids = Ids(appid, short=switches.short_ids)
    library = Library(store, ids=ids, quotas=quotas, clock=clock, switches=switches)
    return Account(
        appid=appid,
        secret=secret,
        switches=switches,
        clock=clock,
        tokens=Tokens(store, clock=clock, impossible=switches.impossible_token),
        quotas=quotas,
        library=library,
        drafts=Drafts(store, ids=ids, library=library, clock=clock, switches=switches),
        menu=Menu(store, ids=ids, library=library),
    )


def vid_of(stored: Stored) -> str:
    """Gives a video's other number, by which articles know it and which only its web page tells."""
    return f"wxv_{int(hashlib.sha256(stored.media_id.encode()).hexdigest(), 16) % 10**19:019}"


def _token_answer(issued: Issued) -> JSON:
    return {"access_token": issued.token, "expires_in": issued.expires_in}


def _whole(value: object) -> int:
    # Numbers in quotation marks were seen to be understood (2021).
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 15:
        return int(value)
    if not isinstance(value, int):
        raise ApiError(47001)
    return value


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def _text(value: object) -> str:
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""
