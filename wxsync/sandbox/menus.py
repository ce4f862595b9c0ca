"""The custom menu: one made by API, which menu/get shows, and one made in the console, which it does not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from wxsync.sandbox.errors import ApiError
from wxsync.sandbox.ids import Ids
from wxsync.sandbox.library import Library, Stored
from wxsync.sandbox.store import Store

MOST_BUTTONS = 3
MOST_SUB_BUTTONS = 5
# What each type of button needs; what names a material is a permanent id.
NEEDS = {
    "click": ("key",),
    "view": ("url",),
    "scancode_push": ("key",),
    "scancode_waitmsg": ("key",),
    "pic_sysphoto": ("key",),
    "pic_photo_or_album": ("key",),
    "pic_weixin": ("key",),
    "location_select": ("key",),
    "miniprogram": ("url", "appid", "pagepath"),
    "media_id": ("media_id",),
    "view_limited": ("media_id",),
    "article_id": ("article_id",),
    "article_view_limited": ("article_id",),
}
OF_MATERIALS = ("media_id", "view_limited")
IN_CONSOLE = ("img", "photo", "voice", "video")

JSON = dict[str, object]
Button = Mapping[str, object]


class Menu:
    """Keeps the one menu of an account; making one by API or in the console replaces the other."""

    def __init__(self, store: Store, *, ids: Ids, library: Library) -> None:
        self._store = store
        self._ids = ids
        self._library = library

    def create(self, buttons: object) -> None:
        """Replaces the menu, as menu/create does."""
        read = self._read_all(buttons, most=MOST_BUTTONS, errcode=40016)
        self._keep("api", read)

    def create_in_console(self, buttons: list[JSON]) -> None:
        """Replaces the menu by one of the console, where an image, a voice or a video has no lasting id."""
        self._keep("console", buttons)

    def get(self) -> JSON:
        """Shows the menu as menu/get does; raises 46003 where none was made by API."""
        maker, buttons = self._kept()
        if maker != "api":
            raise ApiError(46003)
        return {"menu": {"button": buttons}}

    def current(self) -> JSON:
        """Shows any menu as get_current_selfmenu_info does."""
        maker, buttons = self._kept()
        if not maker:
            return {"is_menu_open": 0, "selfmenu_info": {"button": []}}
        shown = [self._as_current(button, console=maker == "console") for button in buttons]
        return {"is_menu_open": 1, "selfmenu_info": {"button": shown}}

    def remove(self) -> None:
        """Deletes the menu, as menu/delete does."""
        with self._store.transaction() as db:
            db.execute("DELETE FROM menus")

    def everything(self) -> JSON:
        """Gives the menu as it is kept, and who made it: `api`, `console`, or nobody."""
        maker, buttons = self._kept()
        return {"maker": maker, "button": buttons}

    def uses(self, stored: Stored) -> bool:
        """Tells whether a button sends this material."""
        _, buttons = self._kept()
        return any(button.get("media_id") in (stored.media_id, stored.other_id) for button in _every(buttons))

    def _keep(self, maker: str, buttons: list[JSON]) -> None:
        with self._store.transaction() as db:
            db.execute("DELETE FROM menus")
            db.execute("INSERT INTO menus VALUES (?, ?)", (maker, json.dumps(buttons, ensure_ascii=False)))

    def _kept(self) -> tuple[str, list[JSON]]:
        with self._store.transaction() as db:
            row = db.execute("SELECT maker, buttons FROM menus").fetchone()
        return (row[0], json.loads(row[1])) if row else ("", [])

    def _read_all(self, buttons: object, *, most: int, errcode: int) -> list[JSON]:
        if not isinstance(buttons, list) or not 1 <= len(buttons) <= most:
            raise ApiError(errcode)
        return [self._read(button, sub=most == MOST_SUB_BUTTONS) for button in buttons]

    def _read(self, button: object, *, sub: bool) -> JSON:
        if not isinstance(button, Mapping) or not isinstance(name := button.get("name"), str) or not name.strip():
            raise ApiError(40018)
        if (below := button.get("sub_button")) and not sub:
            return {"name": name, "sub_button": self._read_all(below, most=MOST_SUB_BUTTONS, errcode=40023)}
        kind = button.get("type")
        needs = NEEDS.get(kind) if isinstance(kind, str) else None
        if needs is None or not all(isinstance(button.get(need), str) for need in needs):
            raise ApiError(40017)
        if kind in OF_MATERIALS:
            self._library.find(str(button["media_id"]))
        return {"type": kind, "name": name, **{need: button[need] for need in needs}, "sub_button": []}

    def _as_current(self, button: JSON, *, console: bool) -> JSON:
        shown = {key: value for key, value in button.items() if key != "sub_button"}
        if console and shown.get("type") in IN_CONSOLE:
            shown["value"] = self._ids.new()
        if isinstance(below := button.get("sub_button"), list) and below:
            shown["sub_button"] = {"list": [self._as_current(one, console=console) for one in below]}
        return shown


def _every(buttons: list[JSON]) -> Iterator[JSON]:
    for button in buttons:
        yield button
        if isinstance(below := button.get("sub_button"), list):
            yield from _every(below)
