"""WeChat's limits, one table, each row with the official words that it stands on."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from wxsync.media.formats import Format
from wxsync.model import MaterialType

_PAGES = "https://developers.weixin.qq.com/doc/service/api/material/permanent"
_ADD_MATERIAL = f"上传永久素材 addMaterial, {_PAGES}/api_addmaterial"
_UPLOAD_IMAGE = f"上传图文消息图片 uploadImage, {_PAGES}/api_uploadimage"

# 获取永久素材总数 getMaterialCount: “图片和图文消息素材的总数上限为100000，其他类型为1000”; thumbs are images there.
LIBRARY_LIMITS: Mapping[str, int] = MappingProxyType({"image": 100_000, "voice": 1_000, "video": 1_000})

_KIB = 1024
_MIB = 1024 * _KIB


class Limit(Struct, frozen=True):
    """Holds what WeChat takes of one type: the most bytes and seconds that are still allowed, and who says so."""

    formats: tuple[Format, ...]
    max_bytes: int
    max_seconds: float | None
    source: str


LIMITS: Mapping[MaterialType, Limit] = MappingProxyType(
    {
        MaterialType.IMAGE: Limit(
            (Format.PNG, Format.JPEG, Format.GIF, Format.BMP),
            10 * _MIB,
            None,
            f"{_ADD_MATERIAL}: “图片（image）: 10M，支持bmp/png/jpeg/jpg/gif格式”",
        ),
        MaterialType.VOICE: Limit(
            (Format.MP3, Format.WMA, Format.WAV, Format.AMR),
            2 * _MIB,
            60.0,
            f"{_ADD_MATERIAL}: “语音（voice）：2M，播放长度不超过60s，mp3/wma/wav/amr格式”",
        ),
        MaterialType.VIDEO: Limit(
            (Format.MP4,),
            10 * _MIB,
            None,
            f"{_ADD_MATERIAL}: “视频（video）：10MB，支持MP4格式”",
        ),
        MaterialType.THUMB: Limit(
            (Format.JPEG,),
            64 * _KIB,
            None,
            f"{_ADD_MATERIAL}: “缩略图（thumb）：64KB，支持JPG格式”",
        ),
        MaterialType.ARTICLE_IMAGE: Limit(
            (Format.JPEG, Format.PNG),
            _MIB - 1,
            None,
            f"{_UPLOAD_IMAGE}: “图片仅支持jpg/png格式，大小必须在1MB以下”",
        ),
    }
)
