"""Judges the manifest and plans for every account, without credentials, and says which accounts apply must run for.

    python plan.py --manifest materials.yaml --out plan.md

Writes Markdown to --out and to the step summary. Its outputs: `key` tells this manifest and shard from others in the
names of artifacts, `news` says whether there is anything to tell, `pending` and `accounts` are JSON lists for a matrix.
Exits with 0, also when changes are pending, or with the code of the command that failed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

COMMENT = 64_000  # GitHub takes 65,536 characters for a comment, and 1 MiB for a step summary
SUMMARY = 900_000
MATRIX = 256  # the most jobs that GitHub makes of one matrix
_PENDING = 2
_NAMED = 20


@dataclass(frozen=True, slots=True)
class Account:
    """Holds one account of the manifest; `lock` is relative to the repository."""

    name: str | None
    appid: str | None
    lock: str

    def job(self, environment: str) -> dict[str, str | None]:
        """Gives what a job of the matrix needs to know; each named account has an environment of its own."""
        scope = f"{environment}-{self.name}" if self.name else environment
        return {"name": self.name or "", "appid": self.appid, "lock": self.lock, "environment": scope}


@dataclass(frozen=True, slots=True)
class Planned:
    """Holds what planning for one account said."""

    account: Account
    code: int
    markdown: str

    @property
    def failed(self) -> bool:
        """Tells whether there is no plan."""
        return self.code not in (0, _PENDING)


def validate(manifest: str) -> tuple[int, str]:
    """Judges the manifest and its files; gives the exit code and, where something is wrong, Markdown."""
    ended = _wxsync(manifest, "validate")
    sys.stdout.write(ended.stdout + ended.stderr)
    if ended.returncode == 0 and ended.stdout.endswith("all in order.\n"):
        return 0, ""
    return ended.returncode, f"### wxsync validate\n\n{_fenced(ended.stdout + ended.stderr)}"


def accounts(manifest: str, *, shard: str) -> list[Account]:
    """Lists the manifest's accounts, or every Nth of them; none where the manifest is invalid."""
    ended = _wxsync(manifest, "accounts", "--format", "json")
    number, of = (int(word) for word in shard.split("/"))
    listed = json.loads(ended.stdout) if ended.returncode == 0 else []
    folder = PurePosixPath(manifest)
    found = [Account(one["name"], one["appid"], str(folder.with_name(one["lock"]))) for one in listed]
    return found[number - 1 :: of]


def plan(manifest: str, account: Account) -> Planned:
    """Plans for one account, in words for the log and, where something is pending, in Markdown."""
    chosen = ("--account", account.name) if account.name else ()
    with tempfile.TemporaryDirectory() as scratch:
        saved = str(Path(scratch) / "plan.json")
        ended = _wxsync(manifest, *chosen, "plan", "--detailed-exitcode", "--out", saved)
        sys.stdout.write(ended.stdout + ended.stderr)
        shown = _wxsync(manifest, "show", saved, "--format", "markdown").stdout if ended.returncode == _PENDING else ""
    heading = f"## {account.name}\n\n" if account.name else ""
    if ended.returncode in (0, _PENDING):
        return Planned(account, ended.returncode, heading + (shown or ended.stdout))
    said = f"### wxsync plan failed with exit code {ended.returncode}\n\n{_fenced(ended.stderr)}"
    return Planned(account, ended.returncode, heading + said)


def page(problems: str, plans: list[Planned], *, limit: int) -> str:
    """Joins what was found in at most `limit` characters; accounts that have nothing to do share a line."""
    told = [one for one in plans if one.failed or one.code == _PENDING]
    silent = [one for one in plans if one not in told]
    if len(plans) == 1 and not problems:
        told, silent = plans, []
    end = f"Nothing to do for {_names(silent)}.\n" if silent else ""
    parts, left = [], limit - len(end) - 200
    for number, part in enumerate(filter(None, [problems, *(one.markdown for one in told)])):
        left -= len(part) + 1
        if left < 0:
            hidden = told[number - bool(problems) :]
            parts.append(f"… and changes for {_names(hidden)}; see the log.\n")
            break
        parts.append(part)
    return "\n".join([*parts, end] if end else parts)


def main() -> int:
    """Plans for everybody and writes what CI needs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--manifest", default="materials.yaml")
    parser.add_argument("--environment", default="wechat")
    parser.add_argument("--shard", default="1/1", help="K/N: only every Nth account, beginning with the Kth")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    code, problems = validate(options.manifest)
    listed = [] if code else accounts(options.manifest, shard=options.shard)
    plans = [plan(options.manifest, one) for one in listed]
    options.out.write_text(page(problems, plans, limit=COMMENT), encoding="utf-8")
    _append("GITHUB_STEP_SUMMARY", page(problems, plans, limit=SUMMARY))
    jobs = {
        "pending": [one.account.job(options.environment) for one in plans if one.code == _PENDING],
        "accounts": [one.job(options.environment) for one in listed],
    }
    is_news = bool(jobs["pending"] or problems or any(one.failed for one in plans))
    key = hashlib.sha256(f"{options.manifest} {options.shard}".encode()).hexdigest()[:8]
    outputs = {"key": key, "news": json.dumps(is_news), **{name: json.dumps(each) for name, each in jobs.items()}}
    _append("GITHUB_OUTPUT", "".join(f"{name}={value}\n" for name, value in outputs.items()))
    return code or next((one.code for one in plans if one.failed), 0) or _refuse_too_many(jobs)


def _refuse_too_many(jobs: Mapping[str, Sequence[object]]) -> int:
    event = os.environ.get("GITHUB_EVENT_NAME")
    wanted = len(jobs["accounts" if event == "schedule" else "pending"])
    if wanted <= MATRIX or event == "pull_request":
        return 0
    print(f"error: {wanted:,} accounts are more jobs than the {MATRIX} of a matrix", file=sys.stderr)
    print("    hint: call the workflow several times, with the inputs shard: 1/4, 2/4 and so on", file=sys.stderr)
    return 1


def _wxsync(manifest: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = ["wxsync", "--manifest", manifest, "--color", "never", *words]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def _fenced(text: str) -> str:
    """Puts a text where Markdown changes nothing in it, cut to a part of a comment."""
    cut = text if len(text) <= COMMENT // 2 else text[: COMMENT // 2].rsplit("\n", 1)[0] + "\n… and more; see the log."
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", cut)), default=0))
    return f"{fence}text\n{cut.rstrip()}\n{fence}\n"


def _names(plans: list[Planned]) -> str:
    named = ", ".join(one.account.name or "the account" for one in plans[:_NAMED])
    return named if len(plans) <= _NAMED else f"{named} and {len(plans) - _NAMED:,} more accounts"


def _append(variable: str, text: str) -> None:
    file = os.environ.get(variable)
    if file:
        with Path(file).open("a", encoding="utf-8") as stream:
            stream.write(text)


if __name__ == "__main__":
    sys.exit(main())
