"""Builds the body of an upload by hand, in the one shape that WeChat's parser is known to read."""

from __future__ import annotations

import json

from wxsync.model import Upload
from wxsync.upload_names import is_kept

_LONGEST_NAME = 128

_CONTENT_TYPES = {
    "bmp": "image/bmp",
    "gif": "image/gif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "png": "image/png",
    "amr": "audio/amr",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "wma": "audio/x-ms-wma",
    "mp4": "video/mp4",
}


def encode(upload: Upload, *, boundary: str) -> tuple[bytes, str]:
    """Builds the body and its Content-Type from a file, and for a video its title and introduction.

    What users found out about WeChat's parser: the boundary must stand without quotes and the names with them; a name
    beyond ASCII is raw UTF-8, for `filename*=` or no name gives 41005, and one without an extension 40113; a
    `\\uXXXX` in the description is stored as it stands. Raises ValueError for a file name that would have to be quoted.
    """
    if not (0 < len(upload.filename) <= _LONGEST_NAME and all(map(_is_plain, upload.filename))):
        raise ValueError("the name of an upload is made of letters, digits, '.', '_' and '-'")
    content_type = _CONTENT_TYPES.get(upload.filename.rpartition(".")[2].lower(), "application/octet-stream")
    disposition = f'name="media"; filename="{upload.filename}"\r\nContent-Type: {content_type}'
    parts = [_part(boundary, disposition, upload.content)]
    if upload.type.has_description:
        parts.append(_part(boundary, 'name="description"', description(upload.title, upload.introduction)))
    body = b"".join((*parts, f"--{boundary}--\r\n".encode()))
    return body, f"multipart/form-data; boundary={boundary}"


def _is_plain(char: str) -> bool:
    return char in "._-" or is_kept(char)


def description(title: str, introduction: str) -> bytes:
    """Builds a video's description: a JSON object in raw UTF-8."""
    return json.dumps({"title": title, "introduction": introduction}, ensure_ascii=False).encode()


def _part(boundary: str, disposition: str, content: bytes) -> bytes:
    head = f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n"
    return b"".join((head.encode(), content, b"\r\n"))
