"""Sends uploads under readable names, as long as WeChat takes them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace

from wxsync.errors import Refused, UsageProblem
from wxsync.model import Upload, Uploaded
from wxsync.upload_names import in_ascii
from wxsync.words import text

# What a name that cannot be read was seen to give; the file itself can be the reason too. Nothing was done, they say.
_REFUSED_NAMES = frozenset({41005, 40113})

_VARIABLE = "WXSYNC_NAMES"
_ASCII = "ascii"


@dataclass(slots=True)
class Names:
    """How uploads are called in one run: as people read it, or in ASCII; told by any number of threads."""

    is_ascii: bool = False
    is_tried: bool = False
    _trying: threading.Lock = field(default_factory=threading.Lock)

    def upload(self, upload: Upload, send: Callable[[Upload], Uploaded]) -> Uploaded:
        """Send a file, and the first whose name beyond ASCII may be why it is refused once more under another one.

        If that goes well, those after it go under ASCII names at once. Raises what `send` raises.
        """
        if self.is_ascii or upload.filename.isascii():
            return _under_ascii(upload, send)
        try:
            return send(upload)
        except Refused as error:
            if error.errcode not in _REFUSED_NAMES:
                raise
            refused = error
        with self._trying:
            if self.is_tried and not self.is_ascii:
                raise refused  # another name was refused in ASCII too: names are not the reason
            self.is_tried = True
            uploaded = _under_ascii(upload, send)
            self.is_ascii = True
        return replace(uploaded, attempts=refused.attempts + uploaded.attempts)


def names_from(environ: Mapping[str, str]) -> Names:
    """Read which names are wanted; raises UsageProblem."""
    wanted = environ.get(_VARIABLE, "").strip()
    if wanted in ("", _ASCII):
        return Names(is_ascii=wanted == _ASCII)
    message = text("{variable} is {value}, which no names are called", variable=_VARIABLE, value=wanted)
    raise UsageProblem(message, hint=text("set it to {value}, or not at all", value=_ASCII))


def _under_ascii(upload: Upload, send: Callable[[Upload], Uploaded]) -> Uploaded:
    name = in_ascii(upload.filename)
    uploaded = send(replace(upload, filename=name))
    return uploaded if name == upload.filename else replace(uploaded, uploaded_as=name)
