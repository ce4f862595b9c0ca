"""How answers look on the wire: 200 whatever happened, the truth in the JSON, and headers like the real ones."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping

from werkzeug.wrappers import Response

from wxsync.sandbox.account import Download
from wxsync.sandbox.errors import ApiError

IMAGE_TYPES = {"jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif", "bmp": "image/bmp"}
UNAVAILABLE = "<html><head><title>503 Service Temporarily Unavailable</title></head></html>"


def json_reply(answer: Mapping[str, object], *, escaped: bool = False) -> Response:
    """Writes an answer as the service does; `escaped` writes `/` as `\\/`, as its listings do."""
    text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
    errcode = answer.get("errcode", 0)
    reply = Response(text.replace("/", "\\/") if escaped else text)
    reply.headers["Content-Type"] = "application/json; encoding=utf-8"
    reply.headers["RetKey"] = "11" if errcode else "14"
    reply.headers["LogicRet"] = str(errcode)
    return reply


def refusal(error: ApiError, *, now: float, hinted: bool) -> Response:
    """Writes a refusal: the code, its text, a hint where the call was an upload, and the rid that support asks for."""
    hint = f" hint: [{secrets.token_urlsafe(9).replace('-', 'x').replace('_', 'y')}-0]" if hinted else ""
    return json_reply({"errcode": error.errcode, "errmsg": f"{error.errmsg}{hint} rid: {_rid(now)}"})


def file_reply(download: Download) -> Response:
    """Writes a material's bytes with the name it was uploaded under, raw UTF-8 as it came."""
    name = download.filename.encode().decode("latin-1")
    reply = Response(download.content, content_type=IMAGE_TYPES.get(download.format, "application/octet-stream"))
    reply.headers["Content-disposition"] = f'attachment; filename="{name}"'
    return reply


def bare(status: int, html: str = "") -> Response:
    """Writes an answer of the machines in front of the service: no JSON."""
    return Response(html, status=status, content_type="text/html")


def _rid(now: float) -> str:
    return f"{int(now):08x}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"
