"""Other people's clients of WeChat under one small face, and a way that leads them to a sandbox and nowhere else."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter
from wechatpy import WeChatClient, WeChatClientException, WeChatComponent  # type: ignore[import-untyped]
from wechatpy.client import WeChatComponentClient  # type: ignore[import-untyped]

from wxsync.sandbox import AUTHORIZER_REFRESH_TOKEN, COMPONENT_ACCESS_TOKEN, COMPONENT_APPID, Sandbox

WECHAT = "https://api.weixin.qq.com/"
LOOPBACK = ("127.0.0.1", "localhost", "::1")

_fenced: ContextVar[bool] = ContextVar("fenced", default=False)


@contextmanager
def fence() -> Iterator[None]:
    """Fails, inside, whatever looks up a name or connects to an address that is not this machine's."""
    token = _fenced.set(True)
    try:
        yield
    finally:
        _fenced.reset(token)


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.getaddrinfo", "socket.connect") and _fenced.get():
        host = arguments[0] if event == "socket.getaddrinfo" else arguments[1][0]
        if host not in LOOPBACK:
            raise AssertionError(f"a call to {host} would have left the machine")


# An SDK may open sockets where our session does not see them. Python's own audit sees every one; such a hook stays for
# the life of the process and does nothing outside the fence.
sys.addaudithook(_watch)


class Refused(Exception):
    """Says that the client understood WeChat's no."""

    def __init__(self, errcode: int) -> None:
        self.errcode = errcode
        super().__init__(f"errcode {errcode}")


class ToSandbox(HTTPAdapter):
    """Carries what is meant for WeChat to a sandbox and fails for any other address; `sent` counts the calls."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self.base = f"{sandbox.url}/"
        self.sent = 0

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        url = request.url or ""
        if not url.startswith(WECHAT):
            raise AssertionError(f"a call to {url} would have left the machine")
        request.url = self.base + url.removeprefix(WECHAT)
        self.sent += 1
        return super().send(request, *args, **kwargs)


class Way(requests.Session):
    """Is a session of requests that knows no proxy, no .netrc and no server but the sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self.sandbox = sandbox
        self.trust_env = False
        self.only = ToSandbox(sandbox)
        self.mount("https://", self.only)
        self.mount("http://", self.only)

    @property
    def sent(self) -> int:
        return self.only.sent


class Client(Protocol):
    """Calls what a client of WeChat can; `get` gives bytes or a video's words, a no is Refused."""

    def add(self, kind: str, file: Path) -> Any: ...
    def add_video(self, file: Path, *, title: str, introduction: str) -> Any: ...
    def article_image(self, file: Path) -> str: ...
    def get(self, media_id: str) -> Any: ...
    def delete(self, media_id: str) -> Any: ...
    def page(self, kind: str, *, offset: int, count: int) -> Any: ...
    def count(self) -> Any: ...
    def listed_as(self, file: Path) -> str: ...


class Wechatpy:
    """Is wechatpy as it comes, with our session in the place of its own."""

    def __init__(self, way: Way, *, appid: str = "", secret: str = "") -> None:
        self.sdk = WeChatClient(appid or way.sandbox.appid, secret or way.sandbox.secret)
        self.sdk._http = way

    def add(self, kind: str, file: Path) -> Any:
        with file.open("rb") as opened:
            return self._ask(lambda: self.sdk.material.add(kind, opened))

    def add_video(self, file: Path, *, title: str, introduction: str) -> Any:
        with file.open("rb") as opened:
            return self._ask(lambda: self.sdk.material.add("video", opened, title, introduction))

    def article_image(self, file: Path) -> str:
        with file.open("rb") as opened:
            return str(self._ask(lambda: self.sdk.media.upload_image(opened)))

    def get(self, media_id: str) -> Any:
        found = self._ask(lambda: self.sdk.material.get(media_id))
        return found.content if isinstance(found, requests.Response) else found

    def delete(self, media_id: str) -> Any:
        return self._ask(lambda: self.sdk.material.delete(media_id))

    def page(self, kind: str, *, offset: int, count: int) -> Any:
        return self._ask(lambda: self.sdk.material.batchget(kind, offset, count))

    def count(self) -> Any:
        return self._ask(self.sdk.material.get_count)

    def listed_as(self, file: Path) -> str:
        return file.name

    def _ask(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except WeChatClientException as no:
            raise Refused(no.errcode) from no


class WechatpyPlatform(Wechatpy):
    """Is wechatpy in the hands of a third-party platform (第三方平台), which gets its tokens another way."""

    def __init__(self, way: Way) -> None:
        component = WeChatComponent(COMPONENT_APPID, "no secret", "no token", "A" * 43)
        component._http = way
        component.session.set("component_access_token", COMPONENT_ACCESS_TOKEN)
        appid = way.sandbox.appid
        self.sdk = WeChatComponentClient(
            appid, component, refresh_token=AUTHORIZER_REFRESH_TOKEN, session=component.session
        )
        self.sdk._http = way


class WeRoBot:
    """Is the client of WeRoBot: a copy of its module of our own, whose `requests` is our session."""

    def __init__(self, way: Way, *, appid: str = "", secret: str = "") -> None:
        spec = importlib.util.find_spec("werobot.client")
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        vars(module)["requests"] = way
        self.module: Any = module
        config = {"APP_ID": appid or way.sandbox.appid, "APP_SECRET": secret or way.sandbox.secret}
        self.sdk = self.module.Client(config)

    def add(self, kind: str, file: Path) -> Any:
        with file.open("rb") as opened:
            return self._ask(lambda: self.sdk.upload_permanent_media(kind, opened))

    def add_video(self, file: Path, *, title: str, introduction: str) -> Any:
        with file.open("rb") as opened:
            return self._ask(lambda: self._checked(self.sdk.upload_permanent_video(title, introduction, opened)))

    def article_image(self, file: Path) -> str:
        with file.open("rb") as opened:
            return str(self._ask(lambda: self.sdk.upload_news_picture(opened))["url"])

    def get(self, media_id: str) -> Any:
        return self._ask(lambda: self._checked(self.sdk.download_permanent_media(media_id)))

    def delete(self, media_id: str) -> Any:
        return self._ask(lambda: self.sdk.delete_permanent_media(media_id))

    def page(self, kind: str, *, offset: int, count: int) -> Any:
        return self._ask(lambda: self.sdk.get_media_list(kind, offset, count))

    def count(self) -> Any:
        return self._ask(self.sdk.get_media_count)

    def listed_as(self, file: Path) -> str:
        return quote(str(file))

    def _checked(self, reply: requests.Response) -> Any:
        if "Content-disposition" in reply.headers:
            return reply.content
        return self.module.check_error(json.loads(reply.content))

    def _ask(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except self.module.ClientException as no:
            raise Refused(int(str(no).split(":")[0])) from no


class Curl:
    """Is curl with the options that the official pages show, and with a stable token."""

    def __init__(self, way: Way, *, appid: str = "", secret: str = "") -> None:
        self.way = way
        self.asked = {
            "grant_type": "client_credential",
            "appid": appid or way.sandbox.appid,
            "secret": secret or way.sandbox.secret,
        }

    def add(self, kind: str, file: Path) -> Any:
        return self._call("material/add_material", "-F", f"media=@{file}", type=kind)

    def add_video(self, file: Path, *, title: str, introduction: str) -> Any:
        words = json.dumps({"title": title, "introduction": introduction}, ensure_ascii=False)
        media = ("-F", f"media=@{file}", "-F", f"description={words}")
        return self._call("material/add_material", *media, type="video")

    def article_image(self, file: Path) -> str:
        return str(self._call("media/uploadimg", "-F", f"media=@{file}")["url"])

    def get(self, media_id: str) -> Any:
        return self._call("material/get_material", "-d", json.dumps({"media_id": media_id}))

    def delete(self, media_id: str) -> Any:
        return self._call("material/del_material", "-d", json.dumps({"media_id": media_id}))

    def page(self, kind: str, *, offset: int, count: int) -> Any:
        body = json.dumps({"type": kind, "offset": offset, "count": count})
        return self._call("material/batchget_material", "-d", body)

    def count(self) -> Any:
        return self._call("material/get_materialcount")

    def listed_as(self, file: Path) -> str:
        return file.name

    def _call(self, path: str, *options: str, **query: str) -> Any:
        token = _understood(self._run(f"{WECHAT}cgi-bin/stable_token", "-d", json.dumps(self.asked)))["access_token"]
        words = "".join(f"&{name}={value}" for name, value in query.items())
        return _understood(self._run(f"{WECHAT}cgi-bin/{path}?access_token={token}{words}", *options))

    def _run(self, url: str, *options: str) -> bytes:
        return run_curl(self.way, url, *options)


def run_curl(way: Way, *arguments: str) -> bytes:
    """Runs curl with its arguments as they are, but for WeChat's address; it knows no proxy and no settings."""
    words = [word.replace(WECHAT, way.only.base) for word in arguments]
    assert sum(word.startswith(way.only.base) for word in words) == 1
    way.only.sent += 1
    command = ["curl", "--disable", "--silent", "--show-error", "--noproxy", "*", "--max-time", "20", *words]
    return subprocess.run(command, capture_output=True, check=True).stdout


def _understood(body: bytes) -> Any:
    if not body.startswith(b"{"):
        return body
    answer = json.loads(body)
    if answer.get("errcode"):
        raise Refused(answer["errcode"])
    return answer
