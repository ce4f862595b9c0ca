"""From the wire to the account and back: a function for each endpoint, and the order in which calls are judged."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from msgspec import Struct
from werkzeug.wrappers import Request, Response

from wxsync.sandbox.account import JSON, Account, Download
from wxsync.sandbox.errors import ApiError
from wxsync.sandbox.multipart import Part, find_media, find_text, read_parts
from wxsync.sandbox.paths import PATHS
from wxsync.sandbox.replies import bare, file_reply, json_reply, refusal

VIDEO_PAGE = '<!DOCTYPE html><html><head><title>视频</title></head><body><div id="js_mpvedio"></div></body></html>'


@dataclass(slots=True)
class Call:
    """Holds one request on its way: `named` stands in its path, `parts` are the parts of its form once it was read."""

    request: Request
    account: Account
    named: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()

    @property
    def ip(self) -> str:
        """Tells where the call comes from."""
        return self.request.remote_addr or "0.0.0.0"  # noqa: S104  # nothing listens there

    def media_id(self) -> str:
        """Gives the id that the call is about, "" where it names none."""
        if "media_id" in self.named:
            return self.named["media_id"]
        try:
            return _text(self.json(), "media_id")
        except ApiError:
            return ""

    def query(self, name: str) -> str:
        """Gives a parameter of the query, "" where it is not there."""
        return self.request.args.get(name, "")

    def body(self) -> bytes:
        """Gives the body; raises 40221 for a compressed one and 44002 for none."""
        if self.request.headers.get("Content-Encoding", "identity") != "identity":
            raise ApiError(40221)
        body = self.request.get_data()
        if not body:
            raise ApiError(44002)
        return body

    def json(self) -> JSON:
        """Reads the body as a JSON object, whatever its content type says; raises 47001 where it is none."""
        try:
            value = json.loads(self.body().decode(), strict=False)
        except (ValueError, RecursionError):
            raise ApiError(47001) from None
        if not isinstance(value, dict):
            raise ApiError(47001)
        return value

    def read_form(self) -> None:
        """Reads the body as a form."""
        self.parts = read_parts(self.request.headers.get("Content-Type", ""), self.body())


class Endpoint(Struct, frozen=True):
    """Says how one path is called: `post` must be POST, `free` needs no token, `cloud` is open to 云调用.

    `hinted`: its refusals carry a hint beside the rid, as they were seen to. `web`: it lies at another of WeChat's
    hosts, which knows no tokens and no codes: what it does not have is 404.
    """

    name: str
    handle: Callable[[Call], Response]
    post: bool = True
    free: bool = False
    cloud: bool = False
    hinted: bool = False
    web: bool = False

    @property
    def path(self) -> str:
        """Tells where it is, as a rule of the router writes it."""
        return PATHS[self.name]


def answer(call: Call, endpoint: Endpoint) -> Response:
    """Judges and answers a call in the service's order: token, method, permission, quota, and then what was sent."""
    if endpoint.web:
        return _answer_of_the_web(call, endpoint)
    hinted = False
    try:
        seqid = _admit(call, endpoint)
        hinted = endpoint.hinted
        reply = endpoint.handle(call)
    except ApiError as error:
        return refusal(error, now=call.account.clock(), hinted=hinted)
    if seqid:
        reply.headers["x-openapi-seqid"] = seqid
    return reply


def _answer_of_the_web(call: Call, endpoint: Endpoint) -> Response:
    try:
        return endpoint.handle(call) if call.request.method in ("GET", "HEAD") else bare(405)
    except ApiError:
        return bare(404)


def _admit(call: Call, endpoint: Endpoint) -> str:
    if endpoint.free or call.account.switches.method_before_token:
        _check_method(call, endpoint)
    if endpoint.free:
        return ""
    token = call.query("access_token")
    kind = call.account.authenticate(token, cloud=endpoint.cloud, from_appid=call.query("from_appid"))
    _check_method(call, endpoint)
    call.account.admit(endpoint.path, kind, ip=call.ip)
    return "" if kind else secrets.token_hex(16)


def _check_method(call: Call, endpoint: Endpoint) -> None:
    if endpoint.post and call.request.method != "POST":
        raise ApiError(43002)
    # getMaterialCount and getAccessToken are GET, but a POST is answered too (ArtisanCloud/PowerWeChat sends one).
    if call.request.method not in ("GET", "POST"):
        raise ApiError(43001)


def _token(call: Call) -> Response:
    answered = call.account.token(
        appid=call.query("appid"),
        secret=call.query("secret"),
        grant_type=call.query("grant_type"),
        ip=call.ip,
    )
    return json_reply(answered)


def _stable_token(call: Call) -> Response:
    body = call.json()
    answered = call.account.stable_token(
        appid=_text(body, "appid"),
        secret=_text(body, "secret"),
        grant_type=_text(body, "grant_type"),
        ip=call.ip,
        force=body.get("force_refresh") is True,
    )
    return json_reply(answered)


def _authorizer_token(call: Call) -> Response:
    body = call.json()
    answered = call.account.authorizer_token(
        component_token=call.query("component_access_token") or call.query("access_token"),
        component=_text(body, "component_appid"),
        authorizer=_text(body, "authorizer_appid"),
        refresh_token=_text(body, "authorizer_refresh_token"),
    )
    return json_reply(answered)


def _add_material(call: Call) -> Response:
    call.read_form()
    filename, content = find_media(call.parts, "media")
    description = find_text(call.parts, "description")
    if description is None and call.account.switches.description_in_query:
        description = call.request.args.get("description")
    answered = call.account.add_material(
        type=call.query("type"),
        filename=filename,
        content=content,
        description=description,
        type_in_form=find_text(call.parts, "type") or "",
    )
    return json_reply(answered)


def _uploadimg(call: Call) -> Response:
    call.read_form()
    names = ("media", "buffer") if call.account.switches.lenient_uploadimg else ("media",)
    filename, content = find_media(call.parts, *names)
    return json_reply(call.account.uploadimg(filename=filename, content=content))


def _get_material(call: Call) -> Response:
    found = call.account.get_material(_media_id(call), base=call.request.host_url.rstrip("/"))
    return file_reply(found) if isinstance(found, Download) else json_reply(found)


def _del_material(call: Call) -> Response:
    return json_reply(call.account.del_material(_media_id(call)))


def _batchget_material(call: Call) -> Response:
    return json_reply(call.account.batchget_material(call.json()), escaped=True)


def _get_materialcount(call: Call) -> Response:
    return json_reply(call.account.get_materialcount())


def _draft_add(call: Call) -> Response:
    return json_reply(call.account.draft_add(call.json()))


def _draft_get(call: Call) -> Response:
    return json_reply(call.account.draft_get(call.json().get("media_id")), escaped=True)


def _draft_batchget(call: Call) -> Response:
    return json_reply(call.account.draft_batchget(call.json()), escaped=True)


def _draft_count(call: Call) -> Response:
    return json_reply(call.account.draft_count())


def _draft_delete(call: Call) -> Response:
    return json_reply(call.account.draft_delete(call.json().get("media_id")))


def _menu_create(call: Call) -> Response:
    return json_reply(call.account.menu_create(call.json()))


def _menu_get(call: Call) -> Response:
    return json_reply(call.account.menu_get())


def _menu_delete(call: Call) -> Response:
    return json_reply(call.account.menu_delete())


def _selfmenu_info(call: Call) -> Response:
    return json_reply(call.account.selfmenu_info())


def _down_url(call: Call) -> Response:
    return file_reply(call.account.download(call.named["media_id"]))


def _video_page(_: Call) -> Response:
    return bare(200, VIDEO_PAGE)


def _picture(call: Call) -> Response:
    return file_reply(call.account.picture(call.named["token"]))


def _quota(call: Call) -> Response:
    return json_reply(call.account.quota(call.json().get("cgi_path")))


def _clear_quota(call: Call) -> Response:
    return json_reply(call.account.clear_quota(call.json().get("appid")))


def _clear_quota_v2(call: Call) -> Response:
    body: JSON = call.json() if call.request.get_data() else {}
    appid = _text(body, "appid") or call.query("appid")
    appsecret = _text(body, "appsecret") or call.query("appsecret")
    return json_reply(call.account.clear_quota_by_secret(appid=appid, secret=appsecret))


def _media_id(call: Call) -> object:
    try:
        return call.json().get("media_id")
    except ApiError as error:
        # Reported for wechatpy before its pull request 80: a form instead of JSON is an id that is not there.
        if error.errcode == 47001 and "urlencoded" in call.request.headers.get("Content-Type", ""):
            raise ApiError(40007) from None
        raise


def _text(body: JSON, key: str) -> str:
    value = body.get(key)
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""


ENDPOINTS = (
    Endpoint("token", _token, post=False, free=True),
    Endpoint("stable_token", _stable_token, free=True),
    Endpoint("api_authorizer_token", _authorizer_token, free=True),
    Endpoint("add_material", _add_material, cloud=True, hinted=True),
    Endpoint("uploadimg", _uploadimg, cloud=True, hinted=True),
    Endpoint("get_material", _get_material, cloud=True),
    Endpoint("del_material", _del_material, cloud=True),
    Endpoint("batchget_material", _batchget_material, cloud=True, hinted=True),
    Endpoint("get_materialcount", _get_materialcount, post=False, cloud=True),
    Endpoint("draft_add", _draft_add),
    Endpoint("draft_get", _draft_get),
    Endpoint("draft_batchget", _draft_batchget),
    Endpoint("draft_count", _draft_count, post=False),
    Endpoint("draft_delete", _draft_delete),
    Endpoint("menu_create", _menu_create, cloud=True),
    Endpoint("menu_get", _menu_get, post=False, cloud=True),
    Endpoint("menu_delete", _menu_delete, post=False, cloud=True),
    Endpoint("selfmenu_info", _selfmenu_info, post=False, cloud=True),
    Endpoint("quota", _quota),
    Endpoint("clear_quota", _clear_quota),
    Endpoint("clear_quota_v2", _clear_quota_v2, free=True),
    Endpoint("down_url", _down_url, web=True),
    Endpoint("video_page", _video_page, web=True),
    Endpoint("picture", _picture, web=True),
)
