"""What a fault does to one call: waits, another answer instead, a spoiled answer, or a connection that breaks."""

from __future__ import annotations

import json
import random
import re
import socket
import struct
import sys
from collections.abc import Callable, Iterator

from msgspec import Struct
from werkzeug.wrappers import Request, Response

from wxsync.sandbox.account import Account
from wxsync.sandbox.errors import ApiError
from wxsync.sandbox.faults import Fault
from wxsync.sandbox.replies import bare, json_reply, refusal

LINGER = struct.Struct("hh" if sys.platform == "win32" else "ii")
PIECES = 20
FIREWALL = '<html><body><script>location.href="https://waf.tencent.com/501page.html"</script></body></html>'
BROKEN = "<html><head><title>{status}</title></head><body><center>{status}</center></body></html>"


class Reset(ConnectionError):
    """Leaves a call without an answer; the connection is set so that closing it sends a TCP reset."""


class Scene(Struct, frozen=True):
    """Holds what a fault may touch; `pause` waits for seconds, or less when the sandbox closes."""

    request: Request
    account: Account
    pause: Callable[[float], object]


def strike(fault: Fault, scene: Scene, reply: Response | None) -> Response | None:
    """Does what a fault asks for: before the call `reply` is None, and None as the outcome lets the call go on.

    Raises Reset where the connection is to break.
    """
    if fault.kind in ("latency", "token-expired", "token-replaced"):
        _delay_or_take_tokens(fault, scene)
        return reply
    if fault.kind in ("reset", "reset-early"):
        _reset(fault, scene)
    if reply is not None and (spoil := SPOILERS.get(fault.kind)):
        return spoil(reply)
    if reply is not None and fault.kind == "slow-answer":
        return _trickle(reply, fault.value / 1000, scene.pause)
    return _instead(fault, scene)


def will_reset(connection: socket.socket) -> bool:
    """Tells whether a fault asked for a reset of this connection."""
    return bool(LINGER.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER.size))[0])


def _delay_or_take_tokens(fault: Fault, scene: Scene) -> None:
    if fault.kind == "latency":
        scene.pause(fault.value / 1000)
    elif fault.kind == "token-expired":
        scene.account.tokens.expire()
    else:
        scene.account.tokens.replace()


def _reset(fault: Fault, scene: Scene) -> None:
    if fault.kind == "reset":
        scene.request.get_data()
    connection: socket.socket = scene.request.environ["werkzeug.socket"]
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER.pack(1, 0))
    raise Reset(fault.text)


def _instead(fault: Fault, scene: Scene) -> Response:
    if fault.kind == "status":
        return bare(fault.value, BROKEN.format(status=fault.value))
    if fault.kind in ("busy", "errcode"):
        error = ApiError(fault.value if fault.kind == "errcode" else -1)
        return refusal(error, now=scene.account.clock(), hinted=False)
    if fault.kind == "html":
        return bare(200, FIREWALL)
    if fault.kind == "garbage":
        noise = b"\xff" + random.Random(fault.seed).randbytes(63)  # noqa: S311  # the same noise in every run
        return Response(noise, content_type="application/json; encoding=utf-8")
    return Response(b"", content_type="application/json; encoding=utf-8")


def _cut(reply: Response) -> Response:
    reply.set_data(reply.get_data()[: _half(reply)])
    return reply


def _short(reply: Response) -> Response:
    promised = len(reply.get_data())
    _cut(reply).headers["Content-Length"] = str(promised)
    return reply


def _half(reply: Response) -> int:
    return len(reply.get_data()) // 2


def _without_media_id(reply: Response) -> Response:
    return _rewritten(reply, lambda answer: {key: value for key, value in answer.items() if key != "media_id"})


def _with_text_code(reply: Response) -> Response:
    return _rewritten(reply, lambda answer: {**answer, "errcode": str(answer.get("errcode", 0))})


def _with_control_character(reply: Response) -> Response:
    texts = list(re.finditer(rb'"(?=[,}\]])', reply.get_data()))
    if texts:
        end = texts[-1].start()
        reply.set_data(reply.get_data()[:end] + b"\x02" + reply.get_data()[end:])
    return reply


def _rewritten(reply: Response, change: Callable[[dict[str, object]], dict[str, object]]) -> Response:
    if not reply.content_type.startswith("application/json"):
        return reply
    escaped = b"\\/" in reply.get_data()
    return json_reply(change(json.loads(reply.get_data())), escaped=escaped)


def _trickle(reply: Response, seconds: float, pause: Callable[[float], object]) -> Response:
    content = reply.get_data()
    step = max(1, -(-len(content) // PIECES))

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(content), step):
            pause(seconds * step / max(step, len(content)))
            yield content[start : start + step]

    slow = Response(pieces(), headers=reply.headers)
    slow.headers["Content-Length"] = str(len(content))
    return slow


SPOILERS: dict[str, Callable[[Response], Response]] = {
    "cut": _cut,
    "short": _short,
    "no-media-id": _without_media_id,
    "errcode-as-text": _with_text_code,
    "control-character": _with_control_character,
}
