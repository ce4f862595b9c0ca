"""What the sandbox keeps: over restarts and kills, from many threads at once, and without growing."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.sandbox_world import ABOUT, COVER, MP3, MP4, PNG, OverHttp
from wxsync.sandbox import DEFAULT_APPID, Sandbox, StateProblem, Switches, serve

ROOT = Path(__file__).parent.parent
SERVER = """
import sys
from pathlib import Path
from wxsync.sandbox import serve
sandbox = serve(state=Path(sys.argv[1]))
print(sandbox.url, flush=True)
sys.stdin.read()
"""


def test_everything_is_there_again_after_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "new" / "sandbox.db"
    with serve(state=state) as sandbox:
        before = OverHttp(sandbox)
        uploads = [("image", "a.png", PNG), ("thumb", "b.jpg", COVER), ("voice", "c.mp3", MP3), ("video", "d.mp4", MP4)]
        ids = [before.add(*upload, ABOUT)["media_id"] for upload in uploads]
        before.delete(ids[0])
        before.image("e.png", PNG)
        sandbox.account.library.mark_in_use(str(ids[1]), used=True)
        sandbox.account.quotas.limit("capacity", "voice", 1)
        listed = before.page({"type": "image", "count": 20})
    assert [file.name for file in state.parent.iterdir()] == ["sandbox.db"]
    with serve(state=state) as sandbox:
        after = OverHttp(sandbox)
        assert after.token == before.token
        assert after.count() == {"voice_count": 1, "video_count": 1, "image_count": 1, "news_count": 0}
        assert after.page({"type": "image", "count": 20}) == listed
        assert after.get(ids[1]) == COVER
        assert after.get(ids[2]) == MP3
        assert after.delete(ids[1])["errcode"] == 48005
        assert after.add("voice", "f.mp3", MP3)["errcode"] == 45034
        assert sandbox.account.quotas.usage("/cgi-bin/material/add_material").used == 5
        assert len(sandbox.account.library.everything()[1]) == 1


def test_a_kill_in_the_middle_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("there is no such kill")
    state = tmp_path / "sandbox.db"
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, str(state)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        answered = upload_until_killed(process, process.stdout.readline().decode().strip())
    with sqlite3.connect(state) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()
    with serve(state=state) as sandbox:
        kept = {stored.media_id for stored in sandbox.account.library.everything()[0]}
    assert len(answered) >= 20
    assert answered <= kept


def upload_until_killed(process: subprocess.Popen[bytes], url: str) -> set[str]:
    asked = {"grant_type": "client_credential", "appid": DEFAULT_APPID, "secret": "5a4db0c5" * 4}
    token = requests.post(f"{url}/cgi-bin/stable_token", json=asked, timeout=20).json()["access_token"]
    answered: set[str] = set()
    enough = threading.Event()

    def upload() -> None:
        params = {"access_token": token, "type": "image"}
        for _ in range(500):
            try:
                reply = requests.post(
                    f"{url}/cgi-bin/material/add_material", params=params, files={"media": ("a.png", PNG)}, timeout=20
                )
            except requests.RequestException:
                return
            answered.add(reply.json()["media_id"])
            if len(answered) >= 20:
                enough.set()

    with ThreadPoolExecutor(4) as pool:
        for _ in range(4):
            pool.submit(upload)
        enough.wait(60)
        process.kill()
    return answered


def test_sixteen_threads_get_an_id_each_time(tmp_path: Path) -> None:
    with serve(state=tmp_path / "sandbox.db") as sandbox:
        caller = OverHttp(sandbox)
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda number: caller.add("image", f"{number}.png", PNG), range(320)))
        assert len({answer["media_id"] for answer in answers}) == 320
        assert caller.count()["image_count"] == 320
        assert sandbox.account.quotas.usage("/cgi-bin/material/add_material").used == 320


def test_threads_that_race_for_the_last_places_get_no_more_than_there_are() -> None:
    with serve(switches=Switches(capacity={"image": 10})) as sandbox:
        caller = OverHttp(sandbox)
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda number: caller.add("image", f"{number}.png", PNG), range(24)))
        assert sum("media_id" in answer for answer in answers) == 10
        assert sum(answer.get("errcode") == 45034 for answer in answers) == 14


def test_two_hundred_open_connections_do_not_stop_the_next_call() -> None:
    with serve() as sandbox:
        host, port = sandbox.url.removeprefix("http://").split(":")
        idle = [socket.create_connection((host, int(port)), timeout=20) for _ in range(200)]
        assert "media_id" in OverHttp(sandbox).add("image", "a.png", PNG)
        for connection in idle:
            connection.close()


def test_uploads_do_not_stay_in_memory() -> None:
    with serve() as sandbox:
        upload_megabytes(sandbox, rounds=4)
        before = resident()
        upload_megabytes(sandbox, rounds=40)
        assert resident() - before < 30_000_000


def upload_megabytes(sandbox: Sandbox, *, rounds: int) -> None:
    """Uploads a megabyte as often as asked, straight into the state."""
    picture = PNG + bytes(1_000_000)
    for _ in range(rounds):
        sandbox.account.add_material(type="image", filename="a.png", content=picture)


def resident() -> int:
    """Tells the bytes of memory that this process holds."""
    statm = Path("/proc/self/statm")
    if sys.platform == "win32" or not statm.exists():
        pytest.skip("this system does not tell")
    return int(statm.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_state_belongs_to_one_account(tmp_path: Path) -> None:
    state = tmp_path / "sandbox.db"
    serve(state=state).close()
    with pytest.raises(StateProblem, match=f"belongs to the account {DEFAULT_APPID}, not to wx0000000000000001"):
        serve(state=state, appid="wx0000000000000001")


@pytest.mark.parametrize("content", [b"materials:\n  - path: a.png\n" * 50, b"SQLite format 3\0 and then nothing"])
def test_a_file_that_is_no_state_is_left_alone(tmp_path: Path, content: bytes) -> None:
    state = tmp_path / "materials.yaml"
    state.write_bytes(content)
    with pytest.raises(StateProblem, match=r"materials\.yaml is not the state of a sandbox"):
        serve(state=state)
    assert state.read_bytes() == content


def test_somebody_elses_database_is_left_alone(tmp_path: Path) -> None:
    state = tmp_path / "other.db"
    db = sqlite3.connect(state)
    db.execute("CREATE TABLE account (x)")
    db.commit()
    db.close()
    with pytest.raises(StateProblem):
        serve(state=state)


def test_a_state_of_a_later_version_is_not_touched(tmp_path: Path) -> None:
    state = tmp_path / "sandbox.db"
    serve(state=state).close()
    db = sqlite3.connect(state)
    db.execute("PRAGMA user_version = 3")
    db.commit()
    db.close()
    with pytest.raises(StateProblem, match="has version 3, this sandbox writes version 2"):
        serve(state=state)


def test_a_state_of_version_1_is_taken_over(tmp_path: Path) -> None:
    state = tmp_path / "sandbox.db"
    with serve(state=state) as sandbox:
        media_id = OverHttp(sandbox).add("image", "a.png", PNG)["media_id"]
    db = sqlite3.connect(state)
    db.executescript("""
        DROP INDEX by_other_id; ALTER TABLE materials DROP COLUMN other_id;
        DROP TABLE remains; DROP TABLE drafts; DROP TABLE menus; PRAGMA user_version = 1;""")
    db.close()
    for _ in range(2):
        with serve(state=state, switches=Switches(listing_renames_ids=True)) as sandbox:
            caller = OverHttp(sandbox)
            [item] = list(caller.page({"type": "image", "count": 20})["item"])  # type: ignore[call-overload]
            assert item["media_id"] != media_id
            assert caller.get(item["media_id"]) == caller.get(media_id) == PNG


def test_a_taken_port_is_an_error_and_closing_twice_is_none() -> None:
    sandbox = serve()
    with pytest.raises(OSError, match=r"in use|Only one usage"):
        serve(port=int(sandbox.url.rpartition(":")[2]))
    sandbox.close()
    sandbox.close()


def test_the_sandbox_listens_on_loopback_only() -> None:
    with serve() as sandbox:
        assert sandbox.url.startswith("http://127.0.0.1:")
