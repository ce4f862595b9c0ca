"""An offline WeChat: a real HTTP server on loopback that answers as the material API of an Official Account does."""

from wxsync.sandbox.account import AUTHORIZER_REFRESH_TOKEN, COMPONENT_ACCESS_TOKEN, COMPONENT_APPID
from wxsync.sandbox.errors import ApiError, StateProblem
from wxsync.sandbox.faults import FaultSyntax
from wxsync.sandbox.server import DEFAULT_APPID, DEFAULT_SECRET, Sandbox, serve
from wxsync.sandbox.switches import Switches

__all__ = [
    "AUTHORIZER_REFRESH_TOKEN",
    "COMPONENT_ACCESS_TOKEN",
    "COMPONENT_APPID",
    "DEFAULT_APPID",
    "DEFAULT_SECRET",
    "ApiError",
    "FaultSyntax",
    "Sandbox",
    "StateProblem",
    "Switches",
    "serve",
]
