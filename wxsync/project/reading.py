"""Reads files and judges their bytes: what each is, whether WeChat would take it, and what it is converted to."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from contextlib import nullcontext

from msgspec import Struct, field
from msgspec.structs import replace

from wxsync.digest import Digest, Remembered, remember
from wxsync.files import Inside
from wxsync.media import (
    MOST_SOURCE_BYTES,
    Finding,
    Format,
    Media,
    check,
    check_description,
    check_size,
    extension_of,
    fit_helps,
    lfs_pointer,
    probe,
)
from wxsync.model import Asset, Desired, Severity
from wxsync.project.fitting import Fitting
from wxsync.words import text

# A file that is too large is still read up to here, to tell all that is wrong with it.
_MOST_READ_BYTES = 16 << 20
# Of files beyond this, only one at a time is in memory.
_HUGE_BYTES = 64 << 20

Verdict = tuple[Desired | None, tuple[Finding, ...]]
"""What was learnt of one file, and what is wrong with it; None where nothing can be said of its content."""

IsSent = Callable[[Desired, int], bool]
"""Tells whether a material's content is needed, by what it is and by how many bytes lie here."""


class Files(Struct):
    """Reads each file at most once, and remembers what was learnt of it; for any number of threads."""

    inside: Inside
    is_sent: IsSent
    fitting: Fitting
    learnt: dict[str, Remembered] = field(default_factory=dict)
    huge: threading.Lock = field(default_factory=threading.Lock)

    def read(self, asset: Asset, size: int) -> Verdict:
        """Read a file of so many bytes, and say what was learnt of it."""
        with self.huge if size > _HUGE_BYTES else nullcontext():
            try:
                content, status = self.inside.read(asset.path)
            except OSError as error:
                return None, (unreadable(error),)
            return self._judged(asset, content, status)

    def _judged(self, asset: Asset, content: bytes, status: os.stat_result) -> Verdict:
        digest = digest_of(content)
        entry = remember(status, digest)
        if entry:
            self.learnt[asset.path] = entry
        wanted = Desired(asset, digest.sha256, digest.size)
        if not self.is_sent(wanted, len(content)):
            return wanted, ()
        media, findings = judge(content, asset)
        if asset.fit and fit_helps(media.format, media.size, asset.type):
            return self._fitted(wanted, content, media)
        if entry and not findings:
            self.learnt[asset.path] = replace(entry, fine_as=asset.type, extension=media.extension)
        return replace(wanted, extension=media.extension), findings

    def _fitted(self, wanted: Desired, content: bytes, media: Media) -> Verdict:
        """Say what a file becomes that WeChat would refuse for its format or size."""
        asset = wanted.asset
        kept = self.fitting.fit(asset, content, media.format, wanted.sha256)
        about = check_description(asset.title, asset.introduction) if asset.type.has_description else ()
        if isinstance(kept, Finding):
            return wanted, (kept, *about)
        findings = (*(note.finding for note in kept.notes), *about)
        extension = extension_of(Format(kept.fitted.format))
        return replace(wanted, extension=extension, fitted=kept.fitted, left_out=kept.left_out), findings


def judge(content: bytes, asset: Asset) -> tuple[Media, tuple[Finding, ...]]:
    """Judge a file's bytes as WeChat would."""
    media = probe(content)
    findings = check(media, asset.type, filename=asset.path)
    if asset.type.has_description:
        findings += check_description(asset.title, asset.introduction)
    return media, findings


def digest_of(content: bytes) -> Digest:
    """Return the identity of a content; that of a Git LFS pointer is the identity of what it points to."""
    pointer = lfs_pointer(content)
    if pointer:
        return Digest(pointer.sha256, pointer.size)
    return Digest(hashlib.sha256(content).hexdigest(), len(content))


def too_large_to_read(asset: Asset, size: int) -> tuple[Finding, ...]:
    """Say what is wrong with a file that is so large that it need not be read to be refused."""
    most = MOST_SOURCE_BYTES[asset.type] if asset.fit else _MOST_READ_BYTES
    found = check_size(size, asset.type) if size > most else ()
    return (_beyond_fit(size, most),) if found and asset.fit else found


def _beyond_fit(size: int, most: int) -> Finding:
    message = text("the file has {size:,} bytes; {most:,} are converted at most", size=size, most=most)
    return Finding("size", Severity.ERROR, message, text("save it with fewer pixels or a lower bit rate"))


def unreadable(error: OSError) -> Finding:
    """Say why a file cannot be read."""
    if isinstance(error, FileNotFoundError):
        return Finding(
            "missing", Severity.ERROR, text("the file does not exist any more"), text("run the command again")
        )
    reason = error.strerror or str(error)
    denied = isinstance(error, PermissionError)
    hint = text("check its permissions") if denied else text("run the command again")
    return Finding("unreadable", Severity.ERROR, text("the file cannot be read: {reason}", reason=reason), hint)
