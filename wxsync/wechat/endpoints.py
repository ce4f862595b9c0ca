"""Describes each of WeChat's endpoints that wxsync calls: what is sent, and how its answer is read."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from functools import partial
from typing import Generic, TypeVar

from msgspec import Struct

from wxsync.model import Button, DraftPage, ListingPage, MaterialType, Upload, Uploaded
from wxsync.wechat import answers
from wxsync.wechat.answers import Article, FileContent, NewToken, Quota, VideoDetails
from wxsync.wechat.credentials import OwnSecret, Platform
from wxsync.wechat.interface import (
    ADD_MATERIAL,
    AUTHORIZER_TOKEN,
    CLASSIC_TOKEN,
    COUNT_DRAFTS,
    COUNT_MATERIALS,
    DELETE_MATERIAL,
    GET_MATERIAL,
    GET_MENU,
    GET_QUOTA,
    LIST_DRAFTS,
    LIST_MATERIALS,
    STABLE_TOKEN,
    UPLOAD_IMAGE,
)
from wxsync.wechat.multipart import encode
from wxsync.wechat.transport import MEBIBYTE, Answer, Request

T = TypeVar("T")


class Call(Struct, Generic[T], frozen=True):
    """Holds a request and how to read its answer; only an `upload` must not be repeated in doubt.

    `odd`: WeChat was seen to answer -1 for ever for one thing that is asked for so, while all others are well.
    """

    name: str
    request: Request
    read: Callable[[Answer], T | None]
    upload: bool = False
    odd: bool = False


def upload_material(upload: Upload) -> Call[Uploaded]:
    """Describes add_material (上传永久素材), or uploadimg (上传图文消息图片) for an article image."""
    body, content_type = encode(upload, boundary=f"wxsync{secrets.token_hex(16)}")
    image = not upload.type.has_media_id
    request = Request(
        method="POST",
        path=UPLOAD_IMAGE if image else ADD_MATERIAL,
        query={} if image else {"type": upload.type},
        body=body,
        content_type=content_type,
        upload=True,
    )
    read = answers.read_article_image if image else answers.read_uploaded
    return Call("uploadimg" if image else "add_material", request, read, upload=True)


def list_materials(material_type: MaterialType, offset: int, count: int) -> Call[ListingPage]:
    """Describes batchget_material (获取永久素材列表); thumbs and article images have no listing of their own."""
    if material_type.shelf is not material_type:
        raise ValueError(f"WeChat has no listing of the type {material_type}")
    request = _post(LIST_MATERIALS, {"type": material_type, "offset": offset, "count": count})
    return Call("batchget_material", request, partial(answers.read_page, material_type=material_type))


def count_materials() -> Call[Mapping[str, int]]:
    """Describes get_materialcount (获取永久素材总数)."""
    return Call("get_materialcount", Request("GET", COUNT_MATERIALS), answers.read_counts)


def get_material(media_id: str) -> Call[FileContent | VideoDetails | Article]:
    """Describes get_material (获取永久素材); the answer is the file itself, so its limit is 32 MiB."""
    request = _post(GET_MATERIAL, {"media_id": media_id}, limit=32 * MEBIBYTE)
    return Call("get_material", request, answers.read_content, odd=True)


def delete_material(media_id: str) -> Call[bool]:
    """Describes del_material (删除永久素材)."""
    return Call("del_material", _post(DELETE_MATERIAL, {"media_id": media_id}), answers.read_deleted)


def count_drafts() -> Call[int]:
    """Describes draft/count (获取草稿的总数)."""
    return Call("draft/count", Request("GET", COUNT_DRAFTS), answers.read_draft_count)


def list_drafts(offset: int, count: int, *, contents: bool) -> Call[DraftPage]:
    """Describes draft/batchget (获取草稿列表); an article's text may be of 1 MB, a draft of eight, a page of twenty."""
    body = {"offset": offset, "count": count, "no_content": int(not contents)}
    request = _post(LIST_DRAFTS, body, limit=(32 if contents else 4) * MEBIBYTE)
    return Call("draft/batchget", request, answers.read_drafts)


def get_menu() -> Call[tuple[Button, ...]]:
    """Describes menu/get (获取自定义菜单配置)."""
    return Call("menu/get", Request("GET", GET_MENU), answers.read_menu)


def get_quota(path: str) -> Call[Quota]:
    """Describes openapi/quota/get (查询API调用额度) for a path such as /cgi-bin/material/add_material."""
    return Call("quota/get", _post(GET_QUOTA, {"cgi_path": path}), answers.read_quota)


def stable_token(appid: str, own: OwnSecret, *, force: bool) -> Call[NewToken]:
    """Describes stable_token (获取稳定版接口调用凭据); `force` ends the life of the token that others may be using."""
    body = {"grant_type": "client_credential", "appid": appid, "secret": own.secret.reveal(), "force_refresh": force}
    return Call("stable_token", _post(STABLE_TOKEN, body), answers.read_token)


def classic_token(appid: str, own: OwnSecret) -> Call[NewToken]:
    """Describes token (获取接口调用凭据), the older way: each call ends the token that others are using."""
    query = {"grant_type": "client_credential", "appid": appid, "secret": own.secret.reveal()}
    return Call("token", Request("GET", CLASSIC_TOKEN, query=query), answers.read_token)


def authorizer_token(appid: str, platform: Platform) -> Call[NewToken]:
    """Describes api_authorizer_token (获取授权账号调用令牌) of a third-party platform."""
    body = {
        "component_appid": platform.component_appid,
        "authorizer_appid": appid,
        "authorizer_refresh_token": platform.refresh_token.reveal(),
    }
    query = {"component_access_token": platform.component_token.reveal()}
    request = _post(AUTHORIZER_TOKEN, body, query=query)
    return Call("api_authorizer_token", request, partial(answers.read_token, prefix="authorizer_"))


def _post(
    path: str, body: Mapping[str, object], *, query: Mapping[str, str] | None = None, limit: int = MEBIBYTE
) -> Request:
    return Request("POST", path, query=query or {}, body=json.dumps(body, ensure_ascii=False).encode(), limit=limit)
