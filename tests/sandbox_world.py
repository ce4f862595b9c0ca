"""What the sandbox's tests share: small media, and two ways to call an account, directly and over HTTP."""

from __future__ import annotations

import io
import json
import wave
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import requests

from wxsync.sandbox import ApiError, Sandbox
from wxsync.sandbox.account import Download

MEDIA = Path(__file__).parent / "media"
PNG = (MEDIA / "images/logo.png").read_bytes()
GIF = (MEDIA / "images/banner.gif").read_bytes()
BMP = (MEDIA / "images/icon.bmp").read_bytes()
JPEG = (MEDIA / "images/posts/spring.jpg").read_bytes()
COVER = (MEDIA / "covers/intro.jpg").read_bytes()
MP3 = (MEDIA / "audio/welcome.mp3").read_bytes()
MP4 = (MEDIA / "video/intro.mp4").read_bytes()
SVG = (MEDIA / "refused/picture.svg").read_bytes()
WEBP = (MEDIA / "refused/picture.webp").read_bytes()
HEIC = (MEDIA / "refused/picture.heic").read_bytes()
ABOUT = '{"title": "产品介绍", "introduction": "三分钟了解我们"}'

Answer = Mapping[str, object]


class Caller(Protocol):
    """Calls the endpoints on materials, one way or another."""

    def add(self, kind: str, filename: str, content: bytes, description: str | None = None) -> Answer: ...
    def image(self, filename: str, content: bytes) -> Answer: ...
    def get(self, media_id: object) -> Answer | bytes: ...
    def delete(self, media_id: object) -> Answer: ...
    def page(self, body: Answer) -> Answer: ...
    def count(self) -> Answer: ...


class Directly:
    """Calls the account itself, as a contract without a wire."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.account = sandbox.account

    def add(self, kind: str, filename: str, content: bytes, description: str | None = None) -> Answer:
        try:
            return self.account.add_material(type=kind, filename=filename, content=content, description=description)
        except ApiError as error:
            return {"errcode": error.errcode}

    def image(self, filename: str, content: bytes) -> Answer:
        try:
            return self.account.uploadimg(filename=filename, content=content)
        except ApiError as error:
            return {"errcode": error.errcode}

    def get(self, media_id: object) -> Answer | bytes:
        try:
            found = self.account.get_material(media_id)
        except ApiError as error:
            return {"errcode": error.errcode}
        return found.content if isinstance(found, Download) else found

    def delete(self, media_id: object) -> Answer:
        try:
            return self.account.del_material(media_id)
        except ApiError as error:
            return {"errcode": error.errcode}

    def page(self, body: Answer) -> Answer:
        try:
            return self.account.batchget_material(body)
        except ApiError as error:
            return {"errcode": error.errcode}

    def count(self) -> Answer:
        return self.account.get_materialcount()


class OverHttp:
    """Calls a running sandbox as any SDK does."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.token = stable_token(sandbox)["access_token"]

    def add(self, kind: str, filename: str, content: bytes, description: str | None = None) -> Answer:
        data = {} if description is None else {"description": description}
        files = {"media": (filename, content)}
        return answer_of(self.post("material/add_material", files=files, data=data, type=kind))

    def image(self, filename: str, content: bytes) -> Answer:
        return answer_of(self.post("media/uploadimg", files={"media": (filename, content)}))

    def get(self, media_id: object) -> Answer | bytes:
        reply = self.post("material/get_material", body={"media_id": media_id})
        return reply.content if "Content-disposition" in reply.headers else answer_of(reply)

    def delete(self, media_id: object) -> Answer:
        return answer_of(self.post("material/del_material", body={"media_id": media_id}))

    def page(self, body: Answer) -> Answer:
        return answer_of(self.post("material/batchget_material", body=body))

    def count(self) -> Answer:
        return answer_of(self.post("material/get_materialcount", body={}))

    def post(
        self,
        path: str,
        *,
        body: object = None,
        files: Mapping[str, tuple[str, bytes]] | None = None,
        data: Mapping[str, str] | None = None,
        **query: str,
    ) -> requests.Response:
        """Posts JSON, or a form where there are files."""
        url = f"{self.sandbox.url}/cgi-bin/{path}"
        params = {"access_token": self.token, **query}
        sent = data if files else json.dumps(body).encode()
        return requests.post(url, params=params, files=files, data=sent, timeout=20)


def answer_of(reply: requests.Response) -> Answer:
    """Reads the JSON of an answer."""
    answer: Answer = json.loads(reply.content.decode())
    return answer


def stable_token(sandbox: Sandbox, **more: object) -> dict[str, Any]:
    """Fetches the stable token; answers as they come, refusals too."""
    asked = {"grant_type": "client_credential", "appid": sandbox.appid, "secret": sandbox.secret, **more}
    reply = requests.post(f"{sandbox.url}/cgi-bin/stable_token", json=asked, timeout=20)
    answer: dict[str, Any] = json.loads(reply.content.decode())
    return answer


def speech(seconds: int) -> bytes:
    """Makes a WAV file of silence that lasts so long."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(b"\x80" * 8000 * seconds)
    return file.getvalue()


def padded(content: bytes, size: int) -> bytes:
    """Makes a picture as big as asked by what follows its end."""
    return content + b"\0" * (size - len(content))
