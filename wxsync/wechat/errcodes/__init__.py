"""Knows WeChat's error codes: `explain` looks one up, `TABLE` holds them all."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from wxsync.wechat.errcodes.access import ACCESS
from wxsync.wechat.errcodes.entry import ErrCode, Kind
from wxsync.wechat.errcodes.material import MATERIAL
from wxsync.wechat.errcodes.unrelated import UNRELATED

__all__ = ["TABLE", "ErrCode", "Kind", "explain"]

TABLE: Mapping[int, ErrCode] = MappingProxyType(
    {line.code: line for line in sorted((*ACCESS, *MATERIAL, *UNRELATED), key=lambda line: line.code)}
)


def explain(code: int) -> ErrCode | None:
    """Looks an errcode up; None when no official page or report that we know of names it."""
    return TABLE.get(code)
