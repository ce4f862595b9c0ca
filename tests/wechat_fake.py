"""A tiny server of raw sockets for the tests of the client: it records what it is sent and plays a script."""

from __future__ import annotations

import json
import socket
import socketserver
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from wxsync.model import MaterialType, Upload
from wxsync.wechat.client import WeChat, connect
from wxsync.wechat.credentials import Credentials, ForeignToken, OwnSecret, Secret

APPID = "wx0123456789abcdef"
SECRET = "5ec4e7c0ffee5ec4e7c0ffee5ec4e7c0"
TOKEN = "88_CanaryToken-" + "abcdefghijklmnopqrstuvwxyz0123456789" * 4
MEDIA_ID = "zUUtT8ZYeXzZ4slFbtnAkh7Yd-f45DbFoF9ERzVC6s4"
RID = "6aac005a-1b2c3d4e-5f607182"

RESET = b"<reset>"
HANG_UP = b"<hang up>"
SILENCE = b"<silence>"
RESET_BEFORE_BODY = b"<reset before body>"
DRIP = b"<drip>"
DRIP_HEAD = b"<drip of the head>"


@dataclass(frozen=True)
class Seen:
    """One request as it came over the wire."""

    head: bytes
    body: bytes
    peer: int = 0

    @property
    def method(self) -> str:
        return self.head.split(b" ")[0].decode()

    @property
    def path(self) -> str:
        return urlsplit(self.head.split(b" ")[1].decode()).path

    @property
    def query(self) -> dict[str, str]:
        return {key: values[0] for key, values in parse_qs(urlsplit(self.head.split(b" ")[1].decode()).query).items()}

    @property
    def headers(self) -> dict[str, str]:
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}

    @property
    def json(self) -> dict[str, object]:
        value = json.loads(self.body)
        assert isinstance(value, dict)
        return value


def raw(body: bytes, *, status: str = "200 OK", headers: str = "", length: int | None = None) -> bytes:
    """An answer by the byte; a length that is not the body's makes it a cut one."""
    size = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\n{headers}\r\n".encode() + body


def ok(**reply: object) -> bytes:
    """An answer as WeChat's JSON."""
    return raw(json.dumps(reply).encode(), headers="Content-Type: text/plain\r\n")


def no(errcode: int, errmsg: str = "nope") -> bytes:
    """A refusal as WeChat's JSON."""
    return ok(errcode=errcode, errmsg=f"{errmsg} rid: {RID}")


def token(value: str = TOKEN, expires_in: int = 7200) -> bytes:
    """An answer of stable_token."""
    return ok(access_token=value, expires_in=expires_in)


STORED = ok(media_id=MEDIA_ID, url="http://mmbiz.qpic.cn/mmbiz_png/x/0?wx_fmt=png")
EMPTY_PAGE = ok(total_count=0, item_count=0, item=[])


class _Connection(socketserver.BaseRequestHandler):
    server: FakeWeChat

    def handle(self) -> None:
        try:
            while head := self._until_blank_line():
                if not self._answer(head):
                    return
        except OSError:
            return

    def _until_blank_line(self) -> bytes:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte: bytes = self.request.recv(1)
            if not byte:
                return b""
            if head + byte == b"\x16":
                # The first byte of TLS, which this server does not speak.
                self.request.sendall(raw(b"", status="400 Bad Request"))
                return b""
            head += byte
        return head

    def _answer(self, head: bytes) -> bool:
        if self.server.next_is(Seen(head, b"").path, RESET_BEFORE_BODY):
            self.server.play(Seen(head, b""))
            return self._reset()
        body = b""
        size = int(Seen(head, b"").headers.get("content-length", "0"))
        while len(body) < size and (piece := self.request.recv(65536)):
            body += piece
        reply = self.server.play(Seen(head, body, self.client_address[1]))
        if reply == RESET:
            return self._reset()
        if reply == SILENCE:
            self.server.ending.wait(10)
        if reply == DRIP:
            return self._drip()
        if reply == DRIP_HEAD:
            return self._drip_head()
        if reply in (HANG_UP, SILENCE):
            return False
        self.request.sendall(reply)
        return b"Connection: close" not in head and b"Connection: close" not in reply

    def _drip(self) -> bool:
        self.request.sendall(raw(b"{", length=500))
        while not self.server.ending.wait(0.05):
            self.request.sendall(b" ")
        return False

    def _drip_head(self) -> bool:
        self.request.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        while not self.server.ending.wait(0.05):
            self.request.sendall(b"x")
        return False

    def _reset(self) -> bool:
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.request.close()
        return False


class FakeWeChat(socketserver.ThreadingTCPServer):
    """Answers each path by its script; the last answer of a script stands for ever."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, **scripts: list[bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        usual = {
            "stable_token": [token()],
            "token": [token()],
            "draft/count": [ok(total_count=0)],
            "menu/get": [no(46003)],
        }
        self.scripts = usual | scripts
        self.seen: list[Seen] = []
        self.ending = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.ending.set()
        self.shutdown()
        self._thread.join()
        self.server_close()

    def next_is(self, path: str, action: bytes) -> bool:
        with self._lock:
            return self._script(path)[0] == action

    def play(self, seen: Seen) -> bytes:
        with self._lock:
            self.seen.append(seen)
            script = self._script(seen.path)
            return script.pop(0) if len(script) > 1 else script[0]

    def calls(self, name: str) -> list[Seen]:
        return [seen for seen in self.seen if seen.path.endswith(name)]

    def _script(self, path: str) -> list[bytes]:
        *_, group, name = path.split("/")
        script = self.scripts.get(f"{group}/{name}") or self.scripts.get(name)
        return script or [raw(b"", status="404 Not Found")]


@dataclass
class Time:
    """A clock that only waiting moves."""

    now: float = 1000.0
    waits: list[float] = field(default_factory=list)
    interrupt_at: int = -1

    def clock(self) -> float:
        return self.now

    def pause(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.now += seconds
        return len(self.waits) - 1 == self.interrupt_at


def own_secret(base: str) -> Credentials:
    return Credentials(APPID, base, OwnSecret(Secret(SECRET)))


def older_way(base: str) -> Credentials:
    return Credentials(APPID, base, OwnSecret(Secret(SECRET), classic=True))


def foreign_token(base: str) -> Credentials:
    return Credentials(APPID, base, ForeignToken(Secret(TOKEN)))


def client(
    server: FakeWeChat,
    time: Time | None = None,
    *,
    credentials: Callable[[str], Credentials] = own_secret,
    jobs: int = 4,
    told: list[str] | None = None,
) -> WeChat:
    time = time or Time()
    tell = [] if told is None else told
    return connect(credentials(server.base), jobs=jobs, pause=time.pause, clock=time.clock, on_retry=tell.append)


def picture(content: bytes = b"\x89PNG\r\n\x1a\n...") -> Upload:
    return Upload(MaterialType.IMAGE, content, "logo.wxk3v7q2m5n4p6r2ab.png")
