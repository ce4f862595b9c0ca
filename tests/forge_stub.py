"""Stands for the REST APIs of GitLab and Gitee on loopback, as far as locks and comments need them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

ME = 7


@dataclass(slots=True)
class Stub:
    """Holds what a forge knows; `answers` maps "METHOD path" to a status and what is said instead."""

    url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    location: str = ""

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        self.calls.append(f"{method} {path}")
        if f"{method} {path}" in self.answers:
            return self.answers[f"{method} {path}"]
        if path.endswith("/user"):
            return 200, {"id": ME}
        if path.endswith(("/merge_requests", "/pulls")):
            return self._requests(method, query, body)
        return self._comments(method, path, query, body)

    def _requests(self, method: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        if method == "POST":
            number = len(self.requests) + 1
            made = {"web_url": f"https://forge.example/{number}", "html_url": f"https://forge.example/{number}"}
            head = {"head": {"ref": body.get("head")}, "base": {"ref": body.get("base")}}
            self.requests.append({**body, **made, **(head if "head" in body else {})})
            return 201, self.requests[-1]
        if "source_branch" in query:
            return 200, [one for one in self.requests if one.get("source_branch") == query["source_branch"][0]]
        return 200, self.requests

    def _comments(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        if method == "GET":
            size, page = int(query["per_page"][0]), int(query["page"][0])
            return 200, self.comments[(page - 1) * size : page * size]
        if method == "POST":
            self.comments.append({"id": len(self.comments) + 1, "author": {"id": ME}, "user": {"id": ME}, **body})
            return 201, self.comments[-1]
        found = next(one for one in self.comments if str(one["id"]) == path.rsplit("/", maxsplit=1)[-1])
        found.update(body)
        return 200, found


@contextmanager
def forge_stub() -> Iterator[Stub]:
    known = Stub()

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            size = int(self.headers.get("content-length", 0))
            body = json.loads(self.rfile.read(size)) if size else None
            shown = self.headers.get("authorization", "").removeprefix("Bearer ")
            known.tokens.add(self.headers.get("private-token", shown))
            status, said = known.answer(self.command, asked.path, parse_qs(asked.query), body)
            content = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            if known.location:
                self.send_header("location", known.location)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PUT = do_PATCH = do_GET  # noqa: N815 - the names that http.server calls

        def log_message(self, *words: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    known.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield known
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
