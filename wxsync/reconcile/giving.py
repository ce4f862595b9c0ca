"""Tells the one material that WeChat never gives from a WeChat that gives none at the moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wxsync.errors import CallFailed, HaltedForNow, Refused
from wxsync.wechat.errcodes import Kind

if TYPE_CHECKING:
    from wxsync.wechat.answers import Article, FileContent, VideoDetails
    from wxsync.wechat.client import WeChat

_SEVERAL = 3
_MANY = 5


class NotGiven(Exception):
    """WeChat is busy for ever about this one material, and why that is thought so."""

    def __init__(self, error: CallFailed) -> None:
        super().__init__(error.message)
        self.error = error


@dataclass(slots=True)
class Giving:
    """Asks for one material after the other; `known` is one that WeChat gives, or None where none is known yet."""

    remote: WeChat
    known: str | None = None
    in_a_row: int = 0

    def get(self, media_id: str) -> FileContent | VideoDetails | Article:
        """Get a material, or raise NotGiven where only this one is not to be had.

        Busy answers to several in a row may be WeChat's own trouble: then one that it gave before is asked for, and
        where it is not given either, or none is known, the error is for all. Raises CallFailed.
        """
        try:
            found = self.remote.get(media_id)
        except HaltedForNow as error:
            if error.code != Kind.BUSY:
                raise
            self.in_a_row += 1
            if not self._is_for_this_one():
                raise
            raise NotGiven(error) from None
        except Refused:
            self.in_a_row = 0  # a no is an answer
            raise
        self.known, self.in_a_row = media_id, 0
        return found

    def _is_for_this_one(self) -> bool:
        if self.in_a_row < (_SEVERAL if self.known else _MANY):
            return True
        if self.known is None:
            return False
        try:
            self.remote.get(self.known)
        except HaltedForNow:
            return False
        except Refused:
            pass
        self.in_a_row = 0
        return True
