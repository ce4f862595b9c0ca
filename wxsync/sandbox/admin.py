"""The door for people and tests, under /_sandbox/: look inside, script faults, play the console and the clock."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from msgspec import Struct
from msgspec.structs import asdict
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from wxsync.sandbox.account import JSON, Account
from wxsync.sandbox.errors import ApiError
from wxsync.sandbox.faults import FaultSyntax, Script
from wxsync.sandbox.replies import file_reply
from wxsync.sandbox.traffic import Traffic

HELP = """\
GET    /_sandbox/                        this text
GET    /_sandbox/state                   materials, article images, drafts, menu, counts, calls, faults, switches
GET    /_sandbox/requests?last=N         the last calls as they were seen: headers, multipart headers, sizes, outcome
GET    /_sandbox/materials/ID            the bytes of a material
DELETE /_sandbox/materials/ID            somebody deletes it in the console, whatever uses it
POST   /_sandbox/materials/ID/use        {"used": true}: an automatic answer uses it, deleting it answers 48005
POST   /_sandbox/drafts                  {"articles": [{"title": T, "thumb_url": URL}]}: somebody writes a draft in the
                                         console, where a cover need not have an id; gives the draft's media_id
POST   /_sandbox/menu                    {"button": [{"name": N, "type": "img"}]}: somebody makes a menu in the console
GET    /_sandbox/faults                  the faults that are to come, and how often each struck
POST   /_sandbox/faults                  {"faults": ["add_material:reset-after*1@3"]} adds; the grammar: sandbox --help
DELETE /_sandbox/faults                  forgets them all
POST   /_sandbox/limits                  {"daily": {PATH: N}, "minute": {PATH: N}, "capacity": {"voice": N}}
POST   /_sandbox/tokens                  {"do": "expire"}: all are too old; {"do": "replace"}: another process took over
POST   /_sandbox/clock                   {"advance": SECONDS}
"""


@dataclass(slots=True)
class Clock:
    """Tells the time, and can be put forward; `ahead` is in seconds."""

    source: Callable[[], float]
    ahead: float = 0.0

    def __call__(self) -> float:
        """Gives Unix seconds."""
        return self.source() + self.ahead


class AdminApi(Struct, frozen=True):
    """Answers under /_sandbox/; what it does not understand gets 400 and a sentence."""

    account: Account
    script: Script
    traffic: Traffic
    clock: Clock

    def answer(self, request: Request) -> Response:
        """Answers one request of a person or a test."""
        try:
            endpoint, values = ROUTES.bind("sandbox").match(request.path, request.method)
            reply: Response = endpoint(self, request, **values)
        except MethodNotAllowed as error:
            return _json({"error": f"only {', '.join(error.valid_methods or ())} is understood here"}, 405)
        except HTTPException:
            return _json({"error": "there is no such door; GET /_sandbox/ lists them"}, 404)
        except ApiError as error:
            return _json({"error": error.errmsg}, 404 if error.errcode == 40007 else 400)
        except (ValueError, KeyError, TypeError, AttributeError, FaultSyntax) as error:
            return _json({"error": str(error.args[0]) if error.args else "this is not understood"}, 400)
        return reply


def _help(_: AdminApi, __: Request) -> Response:
    return Response(HELP, content_type="text/plain; charset=utf-8")


def _state(door: AdminApi, _: Request) -> Response:
    materials, images = door.account.library.everything()
    switches = asdict(door.account.switches)
    return _json(
        {
            "appid": door.account.appid,
            "now": door.clock(),
            "counts": door.account.library.counts(),
            "materials": [asdict(stored) for stored in materials],
            "article_images": images,
            "drafts": door.account.drafts.everything(),
            "menu": door.account.menu.everything(),
            "requests": door.traffic.counts(),
            "faults": door.script.describe(),
            "switches": {name: dict(value) if hasattr(value, "items") else value for name, value in switches.items()},
        }
    )


def _requests(door: AdminApi, request: Request) -> Response:
    return _json({"requests": door.traffic.last(int(request.args.get("last", 100)))})


def _download(door: AdminApi, _: Request, media_id: str) -> Response:
    return file_reply(door.account.download(media_id))


def _remove(door: AdminApi, _: Request, media_id: str) -> Response:
    door.account.library.remove(media_id)
    return _json({"ok": True})


def _use(door: AdminApi, request: Request, media_id: str) -> Response:
    door.account.library.mark_in_use(media_id, used=bool(_body(request).get("used", True)))
    return _json({"ok": True})


def _write_draft(door: AdminApi, request: Request) -> Response:
    return _json({"media_id": door.account.drafts.add(_body(request)["articles"], console=True)})


def _make_menu(door: AdminApi, request: Request) -> Response:
    buttons = _body(request)["button"]
    if not isinstance(buttons, list) or not all(isinstance(button, dict) for button in buttons):
        raise TypeError('write {"button": [{"name": …}]}')
    door.account.menu.create_in_console(buttons)
    return _json({"ok": True})


def _list_faults(door: AdminApi, _: Request) -> Response:
    return _json({"faults": door.script.describe()})


def _add_faults(door: AdminApi, request: Request) -> Response:
    texts = _body(request)["faults"]
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise TypeError('write {"faults": ["…"]}')
    door.script.add(texts)
    return _list_faults(door, request)


def _forget_faults(door: AdminApi, request: Request) -> Response:
    door.script.clear()
    return _list_faults(door, request)


def _limits(door: AdminApi, request: Request) -> Response:
    for span, limits in _body(request).items():
        if not isinstance(limits, dict):
            raise TypeError('write {"daily": {PATH: N}}')
        for name, most in limits.items():
            door.account.quotas.limit(span, name, int(most))
    return _json({"ok": True})


def _tokens(door: AdminApi, request: Request) -> Response:
    deed = _body(request)["do"]
    if deed not in ("expire", "replace"):
        raise ValueError('write {"do": "expire"} or {"do": "replace"}')
    (door.account.tokens.expire if deed == "expire" else door.account.tokens.replace)()
    return _json({"ok": True})


def _advance(door: AdminApi, request: Request) -> Response:
    seconds = _body(request)["advance"]
    if not isinstance(seconds, (int, float)) or not 0 <= seconds <= 1e9:
        raise ValueError('write {"advance": SECONDS}; time does not go back')
    door.clock.ahead += seconds
    return _json({"now": door.clock()})


def _body(request: Request) -> JSON:
    body = json.loads(request.get_data())
    if not isinstance(body, dict):
        raise TypeError("write a JSON object")
    return body


def _json(value: JSON, status: int = 200) -> Response:
    return Response(json.dumps(value, ensure_ascii=False, indent=1) + "\n", status, content_type="application/json")


ROUTES = Map(
    [
        Rule("/_sandbox/", methods=["GET"], endpoint=_help),
        Rule("/_sandbox/state", methods=["GET"], endpoint=_state),
        Rule("/_sandbox/requests", methods=["GET"], endpoint=_requests),
        Rule("/_sandbox/materials/<media_id>", methods=["GET"], endpoint=_download),
        Rule("/_sandbox/materials/<media_id>", methods=["DELETE"], endpoint=_remove),
        Rule("/_sandbox/materials/<media_id>/use", methods=["POST"], endpoint=_use),
        Rule("/_sandbox/drafts", methods=["POST"], endpoint=_write_draft),
        Rule("/_sandbox/menu", methods=["POST"], endpoint=_make_menu),
        Rule("/_sandbox/faults", methods=["GET"], endpoint=_list_faults),
        Rule("/_sandbox/faults", methods=["POST"], endpoint=_add_faults),
        Rule("/_sandbox/faults", methods=["DELETE"], endpoint=_forget_faults),
        Rule("/_sandbox/limits", methods=["POST"], endpoint=_limits),
        Rule("/_sandbox/tokens", methods=["POST"], endpoint=_tokens),
        Rule("/_sandbox/clock", methods=["POST"], endpoint=_advance),
    ],
    merge_slashes=False,
)
