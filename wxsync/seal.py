"""Proves that a journal was written by this user in this folder: by a key that lies outside of every repository.

Anybody can write the lines of a journal into a pull request. Its first line therefore bears a seal, which only who has
the key can make; the key is random, lies in the user's state directory, and never goes anywhere. The seal names the
inode of the folder, so that a journal which was copied somewhere else proves nothing there.
"""

from __future__ import annotations

import hmac
import os
import secrets
import sys
from contextlib import suppress
from pathlib import Path

_KEY_BYTES = 32


def seal_of(folder: Path) -> str:
    """Gives the seal of a folder; where no key can be kept, one that nobody can ever give again."""
    try:
        key, inode = _key(), folder.lstat().st_ino
    except (OSError, RuntimeError):
        return secrets.token_hex(_KEY_BYTES)
    return hmac.new(key, f"wxsync journal in {inode}".encode(), "sha256").hexdigest()


def _key() -> bytes:
    folder = _folder()
    file = folder / "key"
    if any((above / ".git").exists() for above in folder.parents):
        raise OSError(f"{folder} lies in a repository, where a pull request could put a key")
    with suppress(FileNotFoundError):
        return _read(file)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _make(file)
    return _read(file)


def _read(file: Path) -> bytes:
    key = file.read_bytes()
    if len(key) != _KEY_BYTES:
        raise OSError(f"{file} is not a key")
    return key


def _make(file: Path) -> None:
    """Makes a key whole or not at all; of several processes that do so at once, one wins."""
    staged = file.with_name(f".{file.name}.{secrets.token_hex(4)}.new")
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        os.write(descriptor, secrets.token_bytes(_KEY_BYTES))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        with suppress(FileExistsError):
            os.link(staged, file)
    finally:
        staged.unlink()


def _folder() -> Path:
    """Gives where the system keeps what a program remembers of its user."""
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "wxsync"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "wxsync"
    state = os.environ.get("XDG_STATE_HOME", "")
    return (Path(state) if state.startswith("/") else Path.home() / ".local" / "state") / "wxsync"
