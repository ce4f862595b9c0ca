"""One page about all accounts: what is wrong, what each would do, and which of them apply must run for."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePosixPath
from typing import Any

from msgspec import Struct

from wxsync.model import Action, Plan, Problem
from wxsync.results import AccountLine
from wxsync.words import say, text

COMMENT = 64_000  # characters: GitHub takes 65,536 for a comment
SUMMARY = 900_000  # bytes: GitHub takes 1 MiB for a step's summary
MATRIX = 256  # the most jobs that GitHub makes of one matrix
NO_NEWS = "<!-- wxsync: nothing to do -->\n"
_NAMED = 20
_ROOM = 400


class Planned(Struct, frozen=True):
    """What planning for one account gave: a plan in Markdown, or why there is none; `code` is the exit code then.

    `is_waiting` where a request holds uploads of this account, which apply has to prove.
    """

    account: AccountLine
    plan: Plan | None
    markdown: str
    code: int = 0
    is_waiting: bool = False

    @property
    def is_pending(self) -> bool:
        """Tell whether apply has something to do."""
        return self.plan is not None and bool(self.plan.pending or self.is_waiting)

    @property
    def is_news(self) -> bool:
        """Tell whether there is something to read."""
        return self.plan is None or bool(self.plan.pending)


class Overview(Struct, frozen=True):
    """All that a pull request is told; `problems` is Markdown, "" where all is in order."""

    manifest: str
    shard: str
    accounts: tuple[AccountLine, ...]
    problems: str
    planned: tuple[Planned, ...]

    @property
    def key(self) -> str:
        """Tell this manifest and shard from others in the names of artifacts."""
        return hashlib.sha256(f"{self.manifest} {self.shard}".encode()).hexdigest()[:8]

    @property
    def is_news(self) -> bool:
        """Tell whether there is anything to say."""
        return bool(self.problems) or any(one.is_news for one in self.planned)

    def jobs(self, environment: str, *, pending: bool) -> list[dict[str, str | None]]:
        """Give what a job for each account needs to know; each named account has an environment of its own."""
        chosen = [one.account for one in self.planned if one.is_pending] if pending else self.accounts
        return [_job(one, self.manifest, environment) for one in chosen]

    def summary(self) -> dict[str, int]:
        """Count what apply would do, as GitLab's widget for Terraform shows it."""
        counts = Counter(change.action for one in self.planned if one.plan for change in one.plan.pending)
        made = counts[Action.CREATE] + counts[Action.ADOPT]
        return {
            "create": made,
            "update": counts[Action.REPLACE] + counts[Action.RENAME] + counts[Action.SHARE],
            "delete": counts[Action.RETIRE],
        }


def sharded(accounts: Sequence[AccountLine], shard: str) -> tuple[AccountLine, ...]:
    """Take every Nth account, beginning with the Kth, of `K/N`; raises ValueError."""
    parted = re.fullmatch(r"([1-9]\d{0,3})/([1-9]\d{0,3})", shard, re.ASCII)
    if parted is None or int(parted[1]) > int(parted[2]):
        raise ValueError(shard)
    return tuple(accounts[int(parted[1]) - 1 :: int(parted[2])])


def page(overview: Overview, *, limit: int, measure: Callable[[str], int] = len) -> str:
    """Join what was found in at most `limit`; accounts that have nothing to do share a line."""
    told = [one for one in overview.planned if one.is_news]
    silent = [one for one in overview.planned if not one.is_news]
    if len(overview.planned) == 1 and not overview.problems:
        told, silent = list(overview.planned), []
    end = say(text("Nothing to do for {names}.", names=_names(silent))) + "\n" if silent else ""
    parts, left = [], limit - measure(end) - _ROOM
    for number, part in enumerate(filter(None, [overview.problems, *map(_headed, told)])):
        left -= measure(part) + 1
        if left < 0:
            hidden = told[max(0, number - bool(overview.problems)) :]
            parts.append(say(text("… and changes for {names}; see the log.", names=_names(hidden))) + "\n")
            break
        parts.append(part)
    return "\n".join([*parts, end] if end else parts)


def document(overview: Overview) -> str:
    """Write the page for a comment, marked in its first line where there is nothing to say."""
    return ("" if overview.is_news else NO_NEWS) + page(overview, limit=COMMENT)


def failed(heading: str, said: str) -> str:
    """Write what a command said, where Markdown changes nothing in it, cut to a part of a comment."""
    cut = said if len(said) <= COMMENT // 2 else said[: COMMENT // 2].rsplit("\n", 1)[0] + "\n… and more; see the log."
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", cut)), default=0))
    return f"### {heading}\n\n{fence}text\n{cut.rstrip()}\n{fence}\n"


def counted_bytes(said: str) -> int:
    """Measure a text as GitHub measures a summary."""
    return len(said.encode())


def has_errors(problems: Iterable[Problem]) -> bool:
    """Tell whether anything stands against planning."""
    return any(problem.is_error for problem in problems)


def _headed(one: Planned) -> str:
    return f"## {one.account.name}\n\n{one.markdown}" if one.account.name else one.markdown


def _job(account: AccountLine, manifest: str, environment: str) -> dict[str, Any]:
    scope = f"{environment}-{account.name}" if account.name else environment
    lock = str(PurePosixPath(manifest).with_name(account.lock))
    return {"name": account.name or "", "appid": account.appid, "lock": lock, "environment": scope}


def _names(planned: Sequence[Planned]) -> str:
    named = ", ".join(one.account.name or "the account" for one in planned[:_NAMED])
    return named if len(planned) <= _NAMED else f"{named} and {len(planned) - _NAMED:,} more accounts"
