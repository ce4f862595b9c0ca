"""The ids of one account: opaque, alike in their first 21 characters, and each with a second face."""

from __future__ import annotations

import base64
import hashlib
import secrets

from msgspec import Struct


class Ids(Struct, frozen=True):
    """Makes media_ids: 64 characters as all that were seen since 2022, or 43 as before."""

    appid: str
    short: bool = False

    def new(self) -> str:
        """Makes an id that nothing has yet."""
        return self._written(secrets.token_bytes(16 if self.short else 32))

    def other(self, media_id: str) -> str:
        """Gives the second id of the same thing, under which drafts, and perhaps listings, show it; it works too."""
        return self._written(hashlib.sha256(b"another id\0" + media_id.encode()).digest())

    def _written(self, own: bytes) -> str:
        account = hashlib.sha256(self.appid.encode()).digest()[:16]
        return base64.urlsafe_b64encode(account + own).decode().rstrip("=")
