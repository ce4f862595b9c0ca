"""What an upload costs the sandbox, in work that can be counted."""

from __future__ import annotations

import gc
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from werkzeug.wrappers import Request

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


def requests_held() -> int:
    return sum(type(one) is Request for one in gc.get_objects())


def test_what_was_sent_is_let_go_of_with_its_answer_and_not_only_by_the_next_collection() -> None:
    with serve() as sandbox:
        caller = OverHttp(sandbox)
        gc.collect()
        gc.disable()
        before = requests_held()
        try:
            for _ in range(3):
                assert caller.add("image", "a.png", PNG)["media_id"]
            patience = time.monotonic() + 20
            while requests_held() > before and time.monotonic() < patience:
                time.sleep(0.01)  # a thread ends a little after its answer
            assert requests_held() <= before
        finally:
            gc.enable()
