"""One SQLite file that holds everything the sandbox must not forget."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from wxsync.sandbox.errors import StateProblem

VERSION = 2

SCHEMA = """
CREATE TABLE account (appid TEXT NOT NULL);
CREATE TABLE materials (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, media_id TEXT NOT NULL UNIQUE, shelf TEXT NOT NULL, type TEXT NOT NULL,
    name TEXT NOT NULL, title TEXT NOT NULL, introduction TEXT NOT NULL, format TEXT NOT NULL, size INTEGER NOT NULL,
    sha256 TEXT NOT NULL, url TEXT NOT NULL, created REAL NOT NULL, in_use INTEGER NOT NULL DEFAULT 0,
    content BLOB NOT NULL, other_id TEXT NOT NULL DEFAULT '');
CREATE INDEX by_shelf ON materials (shelf, seq);
CREATE TABLE article_images (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, url TEXT NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL,
    sha256 TEXT NOT NULL, created REAL NOT NULL, content BLOB NOT NULL);
CREATE TABLE tokens (token TEXT PRIMARY KEY, kind TEXT NOT NULL, expires REAL NOT NULL, replaced REAL NOT NULL);
CREATE TABLE counters (
    name TEXT NOT NULL, span TEXT NOT NULL, period INTEGER NOT NULL, used INTEGER NOT NULL,
    PRIMARY KEY (name, span, period));
CREATE TABLE limits (name TEXT NOT NULL, span TEXT NOT NULL, most INTEGER NOT NULL, PRIMARY KEY (name, span));
"""

# What version 2 has more than version 1.
ADDITIONS = """
CREATE INDEX by_other_id ON materials (other_id);
CREATE TABLE remains (url TEXT PRIMARY KEY, format TEXT NOT NULL, content BLOB NOT NULL);
CREATE TABLE drafts (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, media_id TEXT NOT NULL UNIQUE, articles TEXT NOT NULL,
    created REAL NOT NULL);
CREATE TABLE menus (maker TEXT PRIMARY KEY, buttons TEXT NOT NULL);
"""


class Store:
    """Gives transactions on the state file, one at a time; without a path the state is temporary.

    A temporary state is a file too (SQLite's unnamed database, which deletes itself), so that the uploaded bytes never
    pile up in memory.
    """

    def __init__(self, path: Path | None, *, appid: str) -> None:
        self._lock = threading.RLock()
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path or "", isolation_level=None, check_same_thread=False, timeout=30)
        try:
            self._open(appid)
        except sqlite3.DatabaseError as error:
            self._db.close()
            raise StateProblem(f"{path} is not the state of a sandbox: {error}") from error
        except StateProblem:
            self._db.close()
            raise

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Gives the database for a step that happens as a whole or not at all."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def row(self, query: str, values: tuple[object, ...]) -> Any:
        """Gives the first row that one query finds, or None; what one statement reads is of one moment by itself."""
        with self._lock:
            return self._db.execute(query, values).fetchone()

    def close(self) -> None:
        """Closes the file; what was written before stays."""
        with self._lock:
            self._db.close()

    def _open(self, appid: str) -> None:
        # A write-ahead log survives a killed process at any setting; NORMAL syncs it at checkpoints only (about every
        # 4 MB), so an upload costs no fsync, and even a power cut takes the last uploads without tearing the file.
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        with self.transaction() as db:
            if (version := db.execute("PRAGMA user_version").fetchone()[0]) > VERSION:
                raise StateProblem(f"the state has version {version}, this sandbox writes version {VERSION}")
            if version == 0:
                _run(db, SCHEMA)
                db.execute("INSERT INTO account VALUES (?)", (appid,))
            if version == 1:
                db.execute("ALTER TABLE materials ADD COLUMN other_id TEXT NOT NULL DEFAULT ''")
            if version < VERSION:
                _run(db, ADDITIONS)
                db.execute(f"PRAGMA user_version = {VERSION}")
            owner = db.execute("SELECT appid FROM account").fetchone()[0]
        if owner != appid:
            raise StateProblem(f"the state belongs to the account {owner}, not to {appid}: take another state file")


def _run(db: sqlite3.Connection, statements: str) -> None:
    # Not executescript, which would end the transaction that this is a part of.
    for statement in statements.split(";")[:-1]:
        db.execute(statement)
