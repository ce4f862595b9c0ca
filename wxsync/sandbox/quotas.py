"""How often each path may be called: by the day of Beijing, and by the minute."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable

from msgspec import Struct

from wxsync.sandbox.errors import ApiError
from wxsync.sandbox.limits import CAPACITY, CLEARS_A_MONTH, DAILY, MINUTE, TEST_ACCOUNT
from wxsync.sandbox.store import Store
from wxsync.sandbox.switches import Switches

BEIJING = dt.timezone(dt.timedelta(hours=8))


class Usage(Struct, frozen=True):
    """Holds what openapi/quota/get tells of one path; `minute` is None where no such limit is set."""

    daily: int
    used: int
    minute: int | None


def beijing_day(now: float) -> int:
    """Counts the days of Beijing; they change at midnight there, when the quotas are reset."""
    return int((now + 8 * 3600) // 86_400)


class Quotas:
    """Counts calls and refuses those beyond a limit; limits come from the tables, the switches, or the door."""

    def __init__(self, store: Store, *, switches: Switches, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._defaults = {
            "daily": {**DAILY, **(TEST_ACCOUNT if switches.test_account else {}), **switches.daily},
            "minute": {**MINUTE, **switches.minute},
            "capacity": {**CAPACITY, **switches.capacity},
        }

    def count(self, path: str) -> None:
        """Counts one call, whatever becomes of it; raises 45009 for the day and 45011 for the minute."""
        now = self._clock()
        spans = (("daily", beijing_day(now), 45009), ("minute", int(now // 60), 45011))
        with self._store.transaction() as db:
            for span, period, errcode in spans:
                most = self._most(db, path, span)
                if most is not None and _used(db, path, span, period) >= most:
                    raise ApiError(errcode)
            for span, period, _ in spans:
                _add(db, path, span, period)

    def usage(self, path: str) -> Usage:
        """Tells how much of today's quota is used; raises 76003 for what is no path and 76021 for an unknown one."""
        if not path.startswith("/"):
            raise ApiError(76003)
        with self._store.transaction() as db:
            most = self._most(db, path, "daily")
            if most is None:
                raise ApiError(76021)
            used = _used(db, path, "daily", beijing_day(self._clock()))
            return Usage(daily=most, used=used, minute=self._most(db, path, "minute"))

    def capacity(self, db: sqlite3.Connection, shelf: str) -> int:
        """Tells how many materials of a kind the library can hold."""
        return self._most(db, shelf, "capacity") or 0

    def limit(self, span: str, name: str, most: int) -> None:
        """Sets a limit that stays: `daily` or `minute` for a path, `capacity` for image, voice or video."""
        known = self._defaults["daily" if span == "minute" else span] if span in self._defaults else {}
        if name not in known:
            raise KeyError(f"there is no {span} limit for {name}; there is one for {', '.join(known) or 'nothing'}")
        with self._store.transaction() as db:
            db.execute("INSERT OR REPLACE INTO limits VALUES (?, ?, ?)", (name, span, most))

    def clear(self) -> None:
        """Sets all counters to zero, ten times a month; raises 48006 after that."""
        now = dt.datetime.fromtimestamp(self._clock(), BEIJING)
        month = now.year * 12 + now.month
        with self._store.transaction() as db:
            if _used(db, "clear_quota", "month", month) >= CLEARS_A_MONTH:
                raise ApiError(48006)
            db.execute("DELETE FROM counters WHERE span IN ('daily', 'minute')")
            _add(db, "clear_quota", "month", month)

    def _most(self, db: sqlite3.Connection, name: str, span: str) -> int | None:
        row = db.execute("SELECT most FROM limits WHERE name = ? AND span = ?", (name, span)).fetchone()
        return row[0] if row else self._defaults[span].get(name)


def _used(db: sqlite3.Connection, name: str, span: str, period: int) -> int:
    query = "SELECT used FROM counters WHERE name = ? AND span = ? AND period = ?"
    row: tuple[int] | None = db.execute(query, (name, span, period)).fetchone()
    return row[0] if row else 0


def _add(db: sqlite3.Connection, name: str, span: str, period: int) -> None:
    used = _used(db, name, span, period)
    # Only the running period matters, so the rows of earlier ones make room for it.
    db.execute("DELETE FROM counters WHERE name = ? AND span = ?", (name, span))
    db.execute("INSERT INTO counters VALUES (?, ?, ?, ?)", (name, span, period, used + 1))
