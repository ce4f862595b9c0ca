"""What WeChat thinks of a file and its description: the checks of an upload, in the order of the service."""

from __future__ import annotations

import json
import re

from wxsync.media import LIMITS, Format, probe
from wxsync.sandbox.errors import ApiError
from wxsync.sandbox.switches import Switches

TYPES = ("image", "voice", "video", "thumb")
ARTICLE_IMAGE = "article_image"
ALLOWED = {str(kind): limit for kind, limit in LIMITS.items()}

EXTENSIONS = {
    "image": ("bmp", "png", "jpeg", "jpg", "gif"),
    "voice": ("mp3", "wma", "wav", "amr"),
    "video": ("mp4",),
}
ALL_EXTENSIONS = frozenset(extension for some in EXTENSIONS.values() for extension in some)

# 45001 was seen for an image (2016), and a video above the limit was taken then (`lenient_video`); for a voice it is a
# guess. The code for uploadimg is documented, and the one for thumbs was seen when a message used a cover too big.
TOO_BIG = {"image": 45001, "voice": 45001, "video": 45001, "thumb": 40012, ARTICLE_IMAGE: 40009}
TOO_BIG_BY_TYPE = {**TOO_BIG, "image": 40009, "voice": 40010, "video": 40011}
LENIENT_ARTICLE_BYTES = 8 * 1024 * 1024


def settle_type(asked: str, *, in_form: str, content: bytes, switches: Switches) -> str:
    """Decides the type of an upload; raises 40004 where `type` is absent or unknown and nothing else may tell it."""
    if asked in TYPES:
        return asked
    if not switches.infer_type:
        raise ApiError(40004)
    if in_form in TYPES:
        return in_form
    found = probe(content).format
    for guess in ("image", "voice", "video"):
        if found in ALLOWED[guess].formats:
            return guess
    raise ApiError(40004)


def judge_file(material_type: str, *, filename: str, content: bytes, switches: Switches) -> str:
    """Checks an uploaded file and gives the word of its format.

    Order and codes: nothing in it 44001; no extension, an unknown one, or content that WeChat takes nowhere 40113;
    content of another type 40005; too big (the tables above); a voice that lasts too long 45007. uploadimg has its own
    code for content that is taken nowhere.
    """
    if switches.ascii_names is not None and not filename.isascii():
        raise ApiError(switches.ascii_names)
    if not content:
        raise ApiError(44001)
    extension = _extension(filename)
    media = probe(content)
    _judge_format(material_type, extension, media.format, switches)
    if media.size > _most_bytes(material_type, switches):
        raise ApiError((TOO_BIG_BY_TYPE if switches.specific_size_codes else TOO_BIG)[material_type])
    most_seconds = ALLOWED[material_type].max_seconds
    if most_seconds is not None and media.seconds is not None and media.seconds > most_seconds:
        raise ApiError(45007)
    return str(media.format)


def too_big(material_type: str, size: int) -> bool:
    """Tells whether so many bytes are more than the official page allows."""
    return size > ALLOWED[material_type].max_bytes


def read_description(text: str | None, switches: Switches) -> tuple[str, str]:
    """Reads a video's title and introduction; absent is 41005, not an object or without a title 40062.

    The original service does not decode `\\uXXXX`: what PHP's json_encode makes of Chinese is stored as it stands.
    """
    if text is None:
        raise ApiError(41005)
    if not text.strip():
        raise ApiError(switches.empty_description)
    try:
        description = json.loads(text if switches.decode_escapes else _keep_escapes(text), strict=False)
    except (ValueError, RecursionError):
        raise ApiError(40062) from None
    if not isinstance(description, dict):
        raise ApiError(40062)
    title, introduction = description.get("title"), description.get("introduction", "")
    if not isinstance(title, str) or not title.strip() or not isinstance(introduction, str):
        raise ApiError(40062)
    return _sound(title), _sound(introduction)


def _extension(filename: str) -> str:
    name = re.split(r"[/\\]", filename)[-1]
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    if extension not in ALL_EXTENSIONS:
        raise ApiError(40113)
    return extension


def _judge_format(material_type: str, extension: str, found: Format, switches: Switches) -> None:
    if not any(found in limit.formats for limit in ALLOWED.values()):
        raise ApiError(switches.uploadimg_content if material_type == ARTICLE_IMAGE else 40113)
    family = "image" if material_type in ("thumb", ARTICLE_IMAGE) else material_type
    if extension not in EXTENSIONS[family] or found not in ALLOWED[family].formats:
        raise ApiError(40005)
    lenient = switches.lenient_thumb if material_type == "thumb" else switches.lenient_uploadimg
    if found not in ALLOWED[material_type].formats and not lenient:
        raise ApiError(40005)


def _most_bytes(material_type: str, switches: Switches) -> int:
    if material_type == "thumb" and switches.lenient_thumb:
        return ALLOWED["image"].max_bytes
    if material_type == ARTICLE_IMAGE and switches.lenient_uploadimg:
        return LENIENT_ARTICLE_BYTES
    if material_type == "video" and switches.lenient_video:
        return switches.largest_body
    return ALLOWED[material_type].max_bytes


def _keep_escapes(text: str) -> str:
    return re.sub(r"\\(u[0-9a-fA-F]{4}|.)", lambda found: _literal(found.group(0)), text, flags=re.DOTALL)


def _literal(escape: str) -> str:
    return "\\" + escape if escape.startswith("\\u") else escape


def _sound(text: str) -> str:
    return text.encode(errors="replace").decode()
