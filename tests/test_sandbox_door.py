"""The door under /_sandbox/: looking inside, scripting faults, playing the console and the clock."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.sandbox_world import ABOUT, MP4, PNG, OverHttp, stable_token
from wxsync.sandbox import DEFAULT_SECRET, Sandbox, Switches, serve
from wxsync.sandbox.admin import HELP, ROUTES


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with serve() as running:
        yield running


def knock(sandbox: Sandbox, method: str, path: str, body: object = None) -> Any:
    reply = requests.request(method, f"{sandbox.url}/_sandbox/{path}", json=body, timeout=20)
    return {"status": reply.status_code, **reply.json()} if reply.status_code != 200 else reply.json()


def test_the_state_shows_what_was_uploaded(sandbox: Sandbox) -> None:
    caller = OverHttp(sandbox)
    media_id = caller.add("video", "a.mp4", MP4, ABOUT)["media_id"]
    caller.image("b.png", PNG)
    state = knock(sandbox, "GET", "state")
    assert state["counts"] == {"voice": 0, "video": 1, "image": 0}
    material = state["materials"][0]
    assert (material["media_id"], material["title"], material["name"]) == (media_id, "产品介绍", "a.mp4")
    assert material["sha256"] == hashlib.sha256(MP4).hexdigest()
    assert state["article_images"][0]["size"] == len(PNG)
    assert state["requests"] == {"stable_token": 1, "add_material": 1, "uploadimg": 1}


def test_the_state_shows_the_switches() -> None:
    with serve(switches=Switches(cloud=True, daily={"/cgi-bin/token": 5})) as sandbox:
        switches = knock(sandbox, "GET", "state")["switches"]
        assert (switches["cloud"], switches["daily"]) == (True, {"/cgi-bin/token": 5})


def test_requests_are_remembered_as_they_were_seen_without_their_secrets(sandbox: Sandbox) -> None:
    caller = OverHttp(sandbox)
    caller.add("image", "图.png", PNG)
    requests.get(f"{sandbox.url}/cgi-bin/token", params={"secret": DEFAULT_SECRET, "appid": "wx0"}, timeout=20)
    seen = knock(sandbox, "GET", "requests?last=2")["requests"]
    upload, refused = seen
    assert (upload["endpoint"], upload["method"], upload["outcome"], upload["errcode"]) == (
        "add_material",
        "POST",
        "200",
        "0",
    )
    assert upload["query"] == {"access_token": "***", "type": "image"}
    assert upload["parts"] == [
        {"headers": [["Content-Disposition", 'form-data; name="media"; filename="图.png"']], "size": len(PNG)}
    ]
    assert upload["size"] > len(PNG)
    assert ["Accept-Encoding", "gzip, deflate"] in upload["headers"]
    assert refused["errcode"] == "40013"
    everything = json.dumps(knock(sandbox, "GET", "requests"))
    assert caller.token not in everything
    assert DEFAULT_SECRET not in everything


def test_a_reset_is_remembered_too(sandbox: Sandbox) -> None:
    knock(sandbox, "POST", "faults", {"faults": ["stable_token:reset-before*1"]})
    with pytest.raises(requests.ConnectionError):
        stable_token(sandbox)
    assert knock(sandbox, "GET", "requests")["requests"][-1]["outcome"] == "reset"


def test_faults_can_be_added_watched_and_forgotten(sandbox: Sandbox) -> None:
    caller = OverHttp(sandbox)
    assert knock(sandbox, "POST", "faults", {"faults": ["get_materialcount:busy@2"]})["faults"] == [
        {"fault": "get_materialcount:busy@2", "seen": 0, "struck": 0}
    ]
    assert [caller.count().get("errcode") for _ in range(2)] == [None, -1]
    assert knock(sandbox, "GET", "faults")["faults"][0]["struck"] == 1
    assert knock(sandbox, "DELETE", "faults")["faults"] == []
    assert caller.count().get("errcode") is None


def test_one_bad_fault_adds_none(sandbox: Sandbox) -> None:
    answer = knock(sandbox, "POST", "faults", {"faults": ["busy", "sleepy"]})
    assert answer["status"] == 400
    assert "of no known kind" in answer["error"]
    assert knock(sandbox, "GET", "faults")["faults"] == []


def test_somebody_deletes_in_the_console_what_a_menu_uses(sandbox: Sandbox) -> None:
    caller = OverHttp(sandbox)
    media_id = caller.add("image", "a.png", PNG)["media_id"]
    knock(sandbox, "POST", f"materials/{media_id}/use", {"used": True})
    assert caller.delete(media_id)["errcode"] == 48005
    assert requests.get(f"{sandbox.url}/_sandbox/materials/{media_id}", timeout=20).content == PNG
    knock(sandbox, "DELETE", f"materials/{media_id}")
    got = caller.get(media_id)
    assert isinstance(got, dict)
    assert got["errcode"] == 40007


def test_limits_can_be_set(sandbox: Sandbox) -> None:
    caller = OverHttp(sandbox)
    path = "/cgi-bin/material/get_materialcount"
    knock(sandbox, "POST", "limits", {"capacity": {"image": 0}, "daily": {path: 2}, "minute": {path: 1}})
    assert caller.add("image", "a.png", PNG)["errcode"] == 45034
    assert [caller.count().get("errcode") for _ in range(2)] == [None, 45011]


@pytest.mark.parametrize(("deed", "errcode"), [("expire", 42001), ("replace", 40001)])
def test_tokens_can_be_ended(sandbox: Sandbox, deed: str, errcode: int) -> None:
    caller = OverHttp(sandbox)
    knock(sandbox, "POST", "tokens", {"do": deed})
    assert caller.count()["errcode"] == errcode
    assert OverHttp(sandbox).count().get("errcode") is None


def test_the_clock_can_be_put_forward(sandbox: Sandbox) -> None:
    caller = OverHttp(sandbox)
    knock(sandbox, "POST", "clock", {"advance": 7201})
    assert caller.count()["errcode"] == 42001


def test_a_clock_that_was_put_forward_hides_nothing_after_a_restart(tmp_path: Path) -> None:
    with serve(state=tmp_path / "sandbox.db") as sandbox:
        knock(sandbox, "POST", "clock", {"advance": 86_400})
        OverHttp(sandbox).add("image", "a.png", PNG)
    with serve(state=tmp_path / "sandbox.db") as sandbox:
        assert OverHttp(sandbox).page({"type": "image", "count": 20})["item_count"] == 1


BAD: list[tuple[str, str, object, int]] = [
    ("GET", "nothing", None, 404),
    ("GET", "materials/abc", None, 404),
    ("DELETE", "materials/abc", None, 404),
    ("PUT", "state", None, 405),
    ("GET", "requests?last=many", None, 400),
    ("POST", "faults", None, 400),
    ("POST", "faults", [], 400),
    ("POST", "faults", {}, 400),
    ("POST", "faults", {"faults": "busy"}, 400),
    ("POST", "limits", {"daily": 3}, 400),
    ("POST", "limits", {"daily": {"/nothing": 3}}, 400),
    ("POST", "limits", {"yearly": {"x": 3}}, 400),
    ("POST", "limits", {"capacity": {"image": "many"}}, 400),
    ("POST", "tokens", {"do": "juggle"}, 400),
    ("POST", "clock", {"advance": -5}, 400),
    ("POST", "clock", {"advance": "5"}, 400),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), BAD)
def test_what_is_not_understood_gets_a_sentence(
    sandbox: Sandbox, method: str, path: str, body: object, status: int
) -> None:
    answer = knock(sandbox, method, path, body)
    assert answer["status"] == status
    assert len(answer["error"]) > 5


def test_the_help_names_every_door(sandbox: Sandbox) -> None:
    assert requests.get(f"{sandbox.url}/_sandbox/", timeout=20).text == HELP
    for rule in ROUTES.iter_rules():
        assert rule.rule.replace("<media_id>", "ID") in HELP
