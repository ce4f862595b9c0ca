"""The peers that are measured beside wxsync, where they are installed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.benchmarks.world import Command, Spent, python, sandbox

_LOOP = """
import hashlib, sys
from pathlib import Path
for folder in sorted(Path("images").iterdir()):
    for file in sorted(folder.iterdir()):
        with open(file, "rb") as stream:
            hashlib.sha256(stream.read()).hexdigest()
"""

_POOL = """
import os, requests
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
base = os.environ["WXSYNC_API_BASE"]
about = {"appid": os.environ["WXSYNC_APPID"], "secret": os.environ["WXSYNC_SECRET"], "grant_type": "client_credential"}
token = requests.get(f"{base}/cgi-bin/token", params=about).json()["access_token"]
def post(file):
    with file.open("rb") as stream:
        asked = {"access_token": token, "type": "image"}
        answer = requests.post(f"{base}/cgi-bin/material/add_material", params=asked, files={"media": stream})
    assert answer.json()["media_id"]
with ThreadPoolExecutor(16) as pool:
    list(pool.map(post, sorted(Path("images").rglob("*.png"))))
"""

_WECHATPY = """
import os
from pathlib import Path
from wechatpy import WeChatClient
client = WeChatClient(os.environ["WXSYNC_APPID"], os.environ["WXSYNC_SECRET"])
client.API_BASE_URL = client.material.API_BASE_URL = os.environ["WXSYNC_API_BASE"] + "/cgi-bin/"
client.session.trust_env = False
client.fetch_access_token = lambda: client._fetch_access_token(
    client.API_BASE_URL + "token", {"grant_type": "client_credential", "appid": client.appid, "secret": client.secret}
)
for file in sorted(Path("images").rglob("*.png")):
    with file.open("rb") as stream:
        assert client.material.add("image", stream)["media_id"]
"""


_PICTURES = """
import io
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from PIL import Image
def small(file):
    with Image.open(file) as picture:
        picture.draft("RGB", (448, 448))
        picture.thumbnail((224, 224))
        content = io.BytesIO()
        picture.save(content, "WEBP", quality=62, method=1)
        return content.getvalue()
if __name__ == "__main__":
    with ProcessPoolExecutor(2) as processes:
        for content in processes.map(small, sorted(Path("images").rglob("*.png")), chunksize=20):
            assert content
"""


def git(root: Path) -> Callable[[], Spent]:
    """Asks git whether anything changed."""
    return Command(["git", "status"], root).run


def loop(root: Path) -> Callable[[], Spent]:
    """Reads and hashes every file in one loop."""
    return python(root, _LOOP).run


def small_pictures(root: Path) -> Callable[[], Spent]:
    """Makes a small picture of every file, and no page."""
    return python(root, _PICTURES).run


def openssl(root: Path) -> Iterator[tuple[str, Callable[[], Spent]]]:
    """Hashes every file in two processes."""
    if shutil.which("openssl"):
        words = "find images -name '*.png' | xargs -P 2 -n 25 openssl dgst -sha256"
        yield "`openssl dgst`, two processes", Command(["sh", "-c", words], root).run
    else:
        print("openssl is not installed: skipped", flush=True)


def of_a_tree(root: Path) -> Iterator[tuple[str, Callable[[], Spent]]]:
    """Compares a tree with its copy or its record."""
    if shutil.which("rclone"):
        copy = root.with_name(f"{root.name}-copy")
        shutil.copytree(root / "images", copy / "images")
        yield "rclone, by size and time", Command(["rclone", "sync", "--dry-run", "images", f"{copy}/images"], root).run
    else:
        print("rclone is not installed: skipped", flush=True)
    if shutil.which("dvc"):
        Command(["sh", "-c", "dvc init -q --subdir && dvc add -q images"], root).run()
        yield "`dvc status`", Command(["dvc", "status"], root).run
    else:
        print("dvc is not installed: skipped", flush=True)


def requests_pool(root: Path, *faults: str) -> Callable[[], Spent]:
    """Posts every file by requests in 16 threads, and notes nothing down."""
    return lambda: _served(python(root, _POOL), *faults)


def wechatpy(root: Path, *faults: str) -> Callable[[], Spent]:
    """Uploads every file by wechatpy, one after the other."""
    return lambda: _served(python(root, _WECHATPY), *faults)


def _served(command: Command, *faults: str) -> Spent:
    with sandbox(*faults) as environ:
        return Command(command.words, command.folder, environ).run()
