"""Access tokens: how long they live, and what a new one does to the old one."""

from __future__ import annotations

import re
import secrets
import sqlite3
from collections.abc import Callable
from enum import StrEnum

from msgspec import Struct

from wxsync.sandbox.errors import ApiError
from wxsync.sandbox.quotas import beijing_day
from wxsync.sandbox.store import Store

LIFETIME = 7200.0
OVERLAP = 300.0
FORCE_FLOOR = 30.0
FORCES_A_DAY = 20


class Kind(StrEnum):
    """Names the door that a token came from; each door's tokens live apart from the others'."""

    STABLE = "stable"
    PLAIN = "plain"
    AUTHORIZER = "authorizer"


class Issued(Struct, frozen=True):
    """Holds a token as it is given out; `expires_in` is in seconds."""

    token: str
    expires_in: int


class Tokens:
    """Issues and checks the tokens of one account; rules of getAccessToken and getStableAccessToken."""

    def __init__(self, store: Store, *, clock: Callable[[], float], impossible: int) -> None:
        self._store = store
        self._clock = clock
        self._impossible = impossible

    def plain(self) -> Issued:
        """Issues a new token; the one before it stays valid for five minutes."""
        now = self._clock()
        with self._store.transaction() as db:
            db.execute("UPDATE tokens SET replaced = min(replaced, ?) WHERE kind = ?", (now + OVERLAP, Kind.PLAIN))
            return _issue(db, Kind.PLAIN, now)

    def lasting(self, kind: Kind) -> Issued:
        """Gives the token that is there with what remains of its life, and a new one in its last five minutes."""
        now = self._clock()
        with self._store.transaction() as db:
            return _current(db, kind, now) or _issue(db, kind, now)

    def forced(self) -> Issued:
        """Replaces the stable token at once: 20 times a day, 30 seconds apart, otherwise as if it was not asked."""
        now = self._clock()
        day = beijing_day(now)
        with self._store.transaction() as db:
            row = db.execute("SELECT period, used FROM counters WHERE span = 'last-force'").fetchone()
            too_soon = row is not None and now - row[0] / 1000 < FORCE_FLOOR
            used = db.execute("SELECT used FROM counters WHERE span = 'forces' AND period = ?", (day,)).fetchone()
            if too_soon or (used and used[0] >= FORCES_A_DAY):
                return _current(db, Kind.STABLE, now) or _issue(db, Kind.STABLE, now)
            _remember_force(db, now, day, (used[0] if used else 0) + 1)
            db.execute("UPDATE tokens SET replaced = ? WHERE kind = ? AND replaced > ?", (now, Kind.STABLE, now))
            return _issue(db, Kind.STABLE, now)

    def check(self, token: str) -> Kind:
        """Tells which door a valid token came from; raises 42001 for an expired one and 40001 for any other."""
        if not re.fullmatch(r"[A-Za-z0-9_-]+", token):
            raise ApiError(self._impossible)
        row = self._store.row("SELECT kind, expires, replaced FROM tokens WHERE token = ?", (token,))
        now = self._clock()
        if row and now >= row[1]:
            raise ApiError(42001)
        if not row or now >= row[2]:
            raise ApiError(40001)
        return Kind(row[0])

    def expire(self) -> None:
        """Ends the life of every token, as if their two hours were over."""
        with self._store.transaction() as db:
            db.execute("UPDATE tokens SET expires = min(expires, ?)", (self._clock(),))

    def replace(self) -> None:
        """Makes every token worthless at once, as another process does that forces a new one."""
        with self._store.transaction() as db:
            db.execute("UPDATE tokens SET replaced = min(replaced, ?)", (self._clock(),))


def _current(db: sqlite3.Connection, kind: Kind, now: float) -> Issued | None:
    row = db.execute(
        "SELECT token, expires FROM tokens WHERE kind = ? AND expires > ? AND replaced > ? ORDER BY expires DESC",
        (kind, now + OVERLAP, now),
    ).fetchone()
    return Issued(row[0], int(row[1] - now)) if row else None


def _issue(db: sqlite3.Connection, kind: Kind, now: float) -> Issued:
    token = f"{60 + secrets.randbelow(40)}_{secrets.token_urlsafe(102)}"
    db.execute("DELETE FROM tokens WHERE expires < ?", (now - 86_400,))
    db.execute("INSERT INTO tokens VALUES (?, ?, ?, ?)", (token, kind, now + LIFETIME, now + LIFETIME))
    return Issued(token, int(LIFETIME))


def _remember_force(db: sqlite3.Connection, now: float, day: int, used: int) -> None:
    db.execute("DELETE FROM counters WHERE span IN ('forces', 'last-force')")
    db.execute("INSERT INTO counters VALUES ('', 'forces', ?, ?)", (day, used))
    db.execute("INSERT INTO counters VALUES ('', 'last-force', ?, 1)", (int(now * 1000),))
