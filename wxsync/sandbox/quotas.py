"""How often each path may be called: by the day of Beijing, and by the minute."""

from __future__ import annotations

import datetime as dt
import math
import sqlite3
from collections.abc import Callable, Mapping

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
        periods = {"daily": beijing_day(now), "minute": int(now // 60)}
        with self._store.transaction() as db:
            used, most = _used(db, path, periods), self._limits(db, path)
            for span, errcode in (("daily", 45009), ("minute", 45011)):
                if used[span] >= most.get(span, math.inf):
                    raise ApiError(errcode)
            _add(db, path, periods, used)

    def usage(self, path: str) -> Usage:
        """Tells how much of today's quota is used; raises 76003 for what is no path and 76021 for an unknown one."""
        if not path.startswith("/"):
            raise ApiError(76003)
        with self._store.transaction() as db:
            most = self._limits(db, path)
            if "daily" not in most:
                raise ApiError(76021)
            used = _used(db, path, {"daily": beijing_day(self._clock())})
            return Usage(daily=most["daily"], used=used["daily"], minute=most.get("minute"))

    def capacity(self, db: sqlite3.Connection, shelf: str) -> int:
        """Tells how many materials of a kind the library can hold."""
        return self._limits(db, shelf).get("capacity", 0)

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
        periods = {"month": now.year * 12 + now.month}
        with self._store.transaction() as db:
            used = _used(db, "clear_quota", periods)
            if used["month"] >= CLEARS_A_MONTH:
                raise ApiError(48006)
            db.execute("DELETE FROM counters WHERE span IN ('daily', 'minute')")
            _add(db, "clear_quota", periods, used)

    def _limits(self, db: sqlite3.Connection, name: str) -> dict[str, int]:
        """Give the limits of a path or of a shelf by their spans."""
        usual = {span: limits[name] for span, limits in self._defaults.items() if name in limits}
        return usual | dict(db.execute("SELECT span, most FROM limits WHERE name = ?", (name,)).fetchall())


def _used(db: sqlite3.Connection, name: str, periods: Mapping[str, int]) -> dict[str, int]:
    """Tell how often something was done in the running period of each span."""
    rows = db.execute("SELECT span, period, used FROM counters WHERE name = ?", (name,)).fetchall()
    return dict.fromkeys(periods, 0) | {span: used for span, period, used in rows if periods.get(span) == period}


def _add(db: sqlite3.Connection, name: str, periods: Mapping[str, int], used: Mapping[str, int]) -> None:
    """Count once more in each span, after so many; the rows of earlier periods make room."""
    db.execute("DELETE FROM counters WHERE name = ?", (name,))
    rows = [(name, span, period, used[span] + 1) for span, period in periods.items()]
    db.executemany("INSERT INTO counters VALUES (?, ?, ?, ?)", rows)
