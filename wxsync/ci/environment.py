"""What a CI tells a job by its environment, and the names by which a job's own variables reach one account."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

PLAIN_NAMES = (
    "APPID",
    "SECRET",
    "ACCESS_TOKEN",
    "COMPONENT_APPID",
    "COMPONENT_ACCESS_TOKEN",
    "AUTHORIZER_REFRESH_TOKEN",
    "AUTH",
    "FROM_APPID",
    "API_BASE",
)
_MOST_BYTES = 64 * 1024 * 1024


class Job(Struct, frozen=True):
    """What is known of the job that runs: `branch` is the target, `request` the number of a pull or merge request.

    `outputs` and `summary` are files that the CI reads. Where no CI runs, nothing is known.
    """

    ci: str = ""
    branch: str | None = None
    request: int | None = None
    is_scheduled: bool = False
    outputs: Path | None = None
    summary: Path | None = None

    @property
    def shows_annotations(self) -> bool:
        """Tell whether lines of the log become annotations."""
        return self.ci == "github"


def job_from(environ: Mapping[str, str]) -> Job:
    """Read what the CI says of this job."""
    if environ.get("GITHUB_ACTIONS") or environ.get("GITHUB_REPOSITORY"):
        return _github(environ)
    if environ.get("GITLAB_CI"):
        branch = environ.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME") or environ.get("CI_COMMIT_BRANCH")
        is_scheduled = environ.get("CI_PIPELINE_SOURCE") == "schedule"
        return Job("gitlab", branch or None, _number(environ.get("CI_MERGE_REQUEST_IID")), is_scheduled)
    if environ.get("GITEE_PIPELINE_NAME"):
        return Job("gitee", environ.get("GITEE_BRANCH") or None, _number(environ.get("GITEE_PULL_ID")))
    if environ.get("JENKINS_URL"):
        branch = environ.get("CHANGE_TARGET") or environ.get("BRANCH_NAME") or environ.get("GIT_BRANCH", "")
        return Job("jenkins", branch.removeprefix("origin/") or None, _number(environ.get("CHANGE_ID")))
    return Job()


def for_account(environ: Mapping[str, str], account: str | None) -> dict[str, str]:
    """Give the plain variables the names of an account, so that its own environment needs no other names.

    WXSYNC_PROXY stands for HTTPS_PROXY where it is set; empty, it leaves the machine's own proxy alone.
    """
    given = {name: value for name, value in environ.items() if value or not name.startswith("WXSYNC_")}
    proxy = given.pop("WXSYNC_PROXY", "")
    if proxy:
        given |= {"HTTPS_PROXY": proxy, "https_proxy": proxy}
    if account:
        for word in PLAIN_NAMES:
            value = given.pop(f"WXSYNC_{word}", "")
            if value:
                given.setdefault(f"WXSYNC_{account.replace('-', '_').upper()}_{word}", value)
    return given


def _github(environ: Mapping[str, str]) -> Job:
    outputs, summary = (environ.get(f"GITHUB_{name}") for name in ("OUTPUT", "STEP_SUMMARY"))
    event = _event(environ.get("GITHUB_EVENT_PATH"))
    queued = str(_within(event, "merge_group", "base_ref") or "").removeprefix("refs/heads/")
    number = _within(event, "pull_request", "number")
    return Job(
        "github",
        queued or environ.get("GITHUB_BASE_REF") or environ.get("GITHUB_REF_NAME") or None,
        number if isinstance(number, int) else None,
        environ.get("GITHUB_EVENT_NAME") == "schedule",
        Path(outputs) if outputs else None,
        Path(summary) if summary else None,
    )


def _event(file: str | None) -> object:
    if not file:
        return None
    try:
        with Path(file).open("rb") as stream:
            return json.loads(stream.read(_MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return None


def _within(event: object, *keys: str) -> object:
    for key in keys:
        event = event.get(key) if isinstance(event, dict) else None
    return event


def _number(word: str | None) -> int | None:
    return int(word) if word and word.isascii() and word.isdecimal() and len(word) < 12 else None
