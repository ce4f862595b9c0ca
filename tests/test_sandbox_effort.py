"""What an upload costs the sandbox, in work that can be counted."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from tests.sandbox_world import PNG, OverHttp
from wxsync.sandbox import serve
from wxsync.sandbox.account import open_account
from wxsync.sandbox.store import Store
from wxsync.sandbox.switches import Switches

APPID = "wx5a4db0c500000000"
ADD = "/cgi-bin/material/add_material"


@contextmanager
def compiled() -> Iterator[list[str]]:
    """Gives the expressions that new threads compile; those of a connection are new ones."""
    expressions: list[str] = []

    def seen(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code.co_name == "compile" and frame.f_globals["__name__"] == "re._compiler":
            expressions.append(repr(frame.f_locals["p"]))

    threading.setprofile(seen)
    try:
        yield expressions
    finally:
        threading.setprofile(None)


def test_an_upload_after_the_first_compiles_no_expression_for_its_boundary() -> None:
    with serve() as sandbox:
        caller = OverHttp(sandbox)
        with compiled() as first:
            caller.add("image", "a.png", PNG)
        with compiled() as second:
            assert caller.add("image", "a.png", PNG)["media_id"]
        assert caller.count()["image_count"] == 2
    assert second == [], first


def test_an_upload_asks_the_state_a_dozen_things() -> None:
    statements: list[str] = []
    store = Store(None, appid=APPID)
    account = open_account(store, appid=APPID, secret="s", switches=Switches(), clock=lambda: 1.7e9)
    token = account.token(appid=APPID, secret="s", grant_type="client_credential", ip="127.0.0.1")["access_token"]
    with store.transaction() as db:
        watched: sqlite3.Connection = db
    watched.set_trace_callback(statements.append)
    kind = account.authenticate(str(token))
    account.admit(ADD, kind, ip="127.0.0.1")
    account.add_material(type="image", filename="a.png", content=PNG)
    store.close()
    assert 5 < len(statements) <= 13, statements
