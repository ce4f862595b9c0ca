"""Calls go through the proxy of the environment by a tunnel, and neither its password nor a token ever shows."""

from __future__ import annotations

import base64
import os
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
import trustme

from tests.project import Project, Server
from wxsync.cli.doctor import exit_code_of
from wxsync.project.folder import Choice
from wxsync.reconcile.watcher import Watcher
from wxsync.render.checks import checks_page
from wxsync.workflow.doctor import doctor

ROOT = Path(__file__).parent.parent
HOST = "wechat.test"
PASSWORD = "CanaryPr0xyPassword"


class Proxy(socketserver.ThreadingTCPServer):
    """Answers CONNECT; a tunnel ends in TLS, behind which stands the sandbox."""

    daemon_threads = True

    def __init__(self, *, status: str, tls: ssl.SSLContext, behind: str) -> None:
        super().__init__(("127.0.0.1", 0), _Tunnel)
        self.status, self.tls, self.behind = status, tls, behind
        self.heads: list[str] = []
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self) -> str:
        return f"http://robot:{PASSWORD}@127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Tunnel(socketserver.BaseRequestHandler):
    server: Proxy

    def handle(self) -> None:
        with suppress(OSError):
            head = b""
            while not head.endswith(b"\r\n\r\n") and (byte := self.request.recv(1)):
                head += byte
            self.server.heads.append(head.decode())
            self.request.sendall(f"HTTP/1.1 {self.server.status}\r\n\r\n".encode())
            if self.server.status.startswith("200"):
                self._lead_on()

    def _lead_on(self) -> None:
        host, port = self.server.behind.removeprefix("http://").split(":")
        with (
            self.server.tls.wrap_socket(self.request, server_side=True) as inside,
            socket.create_connection((host, int(port))) as outside,
        ):
            back = threading.Thread(target=_copy, args=(outside, inside))
            back.start()
            _copy(inside, outside)
            outside.shutdown(socket.SHUT_WR)
            back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@contextmanager
def proxy(authority: trustme.CA, server: Server, status: str = "200 Connection established") -> Iterator[Proxy]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(tls)
    with Proxy(status=status, tls=tls, behind=server.sandbox.url) as running:
        yield running


def wxsync(project: Project, running: Proxy, certificates: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {"HTTPS_PROXY": running.url, "REQUESTS_CA_BUNDLE": str(certificates)}
    environ |= project.environ | {"WXSYNC_API_BASE": f"https://{HOST}", "PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", "wxsync", "-v", "-f", str(project.root / "materials.yaml"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=environ)


@pytest.fixture
def certificates(authority: trustme.CA, tmp_path: Path) -> Path:
    file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    return file


def test_everything_goes_through_the_tunnel(
    project: Project, server: Server, authority: trustme.CA, certificates: Path
) -> None:
    project.images("logo.png")
    with proxy(authority, server) as running:
        ended = wxsync(project, running, certificates, "apply", "--yes")
    assert ended.returncode == 0, ended.stderr
    assert server.ids() == {project.materials()["logo.png"]["media_id"]}
    assert {head.partition(" HTTP/")[0] for head in running.heads} == {f"CONNECT {HOST}:443"}
    word = base64.b64encode(f"robot:{PASSWORD}".encode()).decode()
    assert all(f"Proxy-Authorization: Basic {word}" in head for head in running.heads)
    assert not [head for head in running.heads if "token" in head or "secret" in head]
    assert PASSWORD not in ended.stdout + ended.stderr


@dataclass(frozen=True, slots=True)
class Failure:
    """How a proxy or a certificate stands in the way, the words that name it, and how often it is tried."""

    status: str
    is_vouched_for: bool
    word: str
    attempts: int


@pytest.mark.parametrize(
    "failure",
    [
        Failure("407 Proxy Authentication Required", True, "wants a name and a password", 1),
        Failure("502 Bad Gateway", True, "proxy", 5),
        Failure("200 Connection established", False, "whose issuer this machine does not know", 1),
    ],
    ids=lambda failure: failure.status,
)
def test_what_stands_in_the_way_is_named_without_a_password(
    project: Project,
    server: Server,
    authority: trustme.CA,
    certificates: Path,
    monkeypatch: pytest.MonkeyPatch,
    failure: Failure,
) -> None:
    if not failure.is_vouched_for:
        trustme.CA().cert_pem.write_to_path(str(certificates))
    with proxy(authority, server, status=failure.status) as running:
        monkeypatch.setenv("HTTPS_PROXY", running.url)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates))
        environ = project.environ | {"WXSYNC_API_BASE": f"https://{HOST}", "HTTPS_PROXY": running.url}
        choice = Choice(project.root / "materials.yaml", None, False, environ)
        told: list[str] = []
        found = doctor(choice, Watcher(says=told.append, pause=lambda _seconds: False))
    page = checks_page(found.checks, account=found.account, host=found.host, color=False)
    assert exit_code_of(found) == 7, page
    assert failure.word in page
    assert len(running.heads) == failure.attempts
    assert PASSWORD not in page + "".join(told)
    assert base64.b64encode(f"robot:{PASSWORD}".encode()).decode() not in page + "".join(told)
    assert server.calls() == {}
