"""Talks to WeChat: the only room with a socket."""

from wxsync.wechat.answers import Article, FileContent, Quota, VideoDetails
from wxsync.wechat.client import WeChat, connect
from wxsync.wechat.credentials import (
    Cloud,
    Credentials,
    ForeignToken,
    OwnSecret,
    Platform,
    Secret,
    appid_from,
    read_credentials,
)
from wxsync.wechat.errcodes import TABLE, ErrCode, Kind, explain
from wxsync.wechat.failures import INTERRUPTED, UNLISTED, UNREACHABLE
from wxsync.wechat.pace import Pause

__all__ = [
    "INTERRUPTED",
    "TABLE",
    "UNLISTED",
    "UNREACHABLE",
    "Article",
    "Cloud",
    "Credentials",
    "ErrCode",
    "FileContent",
    "ForeignToken",
    "Kind",
    "OwnSecret",
    "Pause",
    "Platform",
    "Quota",
    "Secret",
    "VideoDetails",
    "WeChat",
    "appid_from",
    "connect",
    "explain",
    "read_credentials",
]
