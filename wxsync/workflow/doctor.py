"""Looks whether apply would work here, asking WeChat as little as possible and changing nothing."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from msgspec.structs import replace

from wxsync import STATE_FOLDER
from wxsync.errors import CallFailed, Conflict, InvalidInput, PersonNeeded, WxsyncError
from wxsync.journal import read_journal
from wxsync.model import MaterialType, Problem
from wxsync.project.folder import Choice, Project, lock_of, open_project
from wxsync.reconcile.remote import open_remote
from wxsync.reconcile.watcher import Watcher
from wxsync.results import Check, Diagnosis, failed, passed, skipped, warned
from wxsync.wechat.answers import Quota
from wxsync.wechat.client import WeChat
from wxsync.wechat.credentials import Cloud, Credentials, ForeignToken, OwnSecret, Platform, read_credentials
from wxsync.wechat.errcodes import Kind
from wxsync.wechat.interface import ABOUT_THE_PATH
from wxsync.words import plural, reason_of, text
from wxsync.workflow.diagnosis import (
    QUOTA_PATHS,
    Answers,
    AuthMethod,
    check_appid,
    check_proxy,
    diagnose,
    not_asked,
)

T = TypeVar("T")

_SANDBOX = AuthMethod(text("the embedded sandbox (--sandbox)"), text("the sandbox gives a token"))


def doctor(choice: Choice, watcher: Watcher) -> Diagnosis:
    """Check credentials, token, permissions, library and today's quota, and the folder where a manifest is there.

    Every failure becomes a check but those that leave nothing to check: raises UsageProblem, InvalidInput and Conflict
    where it is not clear which account is meant or how to call it.
    """
    project = open_project(choice)
    calls = _Calls(watcher)
    host, account = _account_checks(choice, project, calls)
    return Diagnosis(project.appid, host, (*account, *_folder_checks(choice, project)), calls.made, calls.retries)


@dataclass(slots=True)
class _Calls:
    """Asks one thing after the other, counts, and stops where no further answer can be had."""

    watcher: Watcher
    made: Counter[str] = field(default_factory=Counter)
    retries: int = 0
    stopped: bool = False

    def ask(self, name: str, question: Callable[[], T]) -> T | CallFailed | None:
        if self.stopped:
            return None
        if name:
            self.made[name] += 1
        try:
            return question()
        except CallFailed as error:
            self.stopped = error.errcode is None or error.code in _LAST_WORDS
            return error

    def says(self, message: str) -> None:
        self.retries += 1
        self.watcher.says(message)


# After these every other call would get, after as long a wait, the same answer.
_LAST_WORDS = frozenset({Kind.TOKEN, Kind.BUSY, Kind.TOO_FAST, Kind.ROUTE, Kind.ALLOWLIST})


def _account_checks(choice: Choice, project: Project, calls: _Calls) -> tuple[str | None, tuple[Check, ...]]:
    try:
        way = _SANDBOX if project.sandbox else _way(choice, project)
    except PersonNeeded as error:
        return None, (failed("credentials", error), *not_asked(text("not asked: there are no credentials")))
    watcher = replace(calls.watcher, says=calls.says)
    with _library_kept(project) as kept, open_remote(choice, kept, jobs=1, watcher=watcher) as remote:
        host = urlsplit(remote.base).netloc
        checks = (
            check_appid(project.appid or "", source=_source(project), host=host, way=way),
            check_proxy(choice.environ, remote.base),
            *diagnose(_hear(remote, way, calls), way, now=watcher.clock()),
        )
        return host, checks


def _source(project: Project) -> str:
    if project.account:
        return text("of the manifest")
    return text("of the sandbox") if project.sandbox else text("of WXSYNC_APPID")


def _way(choice: Choice, project: Project) -> AuthMethod:
    name, appid = (project.account.name, project.account.appid) if project.account else (None, None)
    credentials = read_credentials(choice.environ, account=name, appid=appid)
    return _described(credentials, f"WXSYNC_{name.replace('-', '_').upper()}_" if name else "WXSYNC_")


def _described(credentials: Credentials, prefix: str) -> AuthMethod:
    match credentials.access:
        case OwnSecret(classic=classic):
            token = text("WeChat gives one to this address: the secret and the IP allowlist are right")
            means = text("its own secret ({variable})", variable=f"{prefix}SECRET")
            if classic:
                means = text(
                    "{means}, the older way ({variable}): each run ends the token that others hold",
                    means=means,
                    variable=f"{prefix}AUTH=token",
                )
            return AuthMethod(means, token)
        case ForeignToken():
            variable = f"{prefix}ACCESS_TOKEN"
            token = text("{variable} is taken as it is; WeChat did not reject it", variable=variable)
            means = text("a token from elsewhere ({variable})", variable=variable)
            return AuthMethod(means, token, fetches=False)
        case Cloud(from_appid=other):
            variable = f"{prefix}AUTH=cloud"
            means = text("云调用 ({variable})", variable=variable)
            if other:
                means = text("云调用 ({variable}, through {appid})", variable=variable, appid=other)
            return AuthMethod(
                means, text("云调用 needs no token from here"), fetches=False, tells_quota=False, sees_drafts=False
            )
        case Platform():
            means = text("a third-party platform, 第三方平台 ({variables})", variables=f"{prefix}COMPONENT_…")
            return AuthMethod(means, text("WeChat gives it to the platform"))


@contextmanager
def _library_kept(project: Project) -> Iterator[Project]:
    """Let the sandbox use its library where it has one; where it has none, a doctor makes none."""
    state = project.manifest.root / STATE_FOLDER
    if not project.sandbox or (os.access(state, os.R_OK | os.W_OK | os.X_OK) and state.is_dir()):
        yield project
        return
    with tempfile.TemporaryDirectory() as folder:
        yield replace(project, manifest=replace(project.manifest, file=Path(folder) / project.manifest.file.name))


def _hear(remote: WeChat, way: AuthMethod, calls: _Calls) -> Answers:
    no_token = calls.ask("token" if way.fetches else "", remote.sign_in)
    if no_token:
        return Answers(no_token)
    counts = calls.ask("get_materialcount", remote.count)
    page = calls.ask("batchget_material", lambda: remote.list_page(MaterialType.IMAGE, 0, 1))
    quotas = _quotas(remote, calls) if way.tells_quota else {}
    drafts = calls.ask("draft/count", remote.count_drafts) if way.sees_drafts else None
    return Answers(None, counts, page, quotas, drafts, calls.ask("menu/get", lambda: remote.menu() is not None))


def _quotas(remote: WeChat, calls: _Calls) -> Mapping[str, Quota | CallFailed]:
    heard: dict[str, Quota | CallFailed] = {}
    for path in QUOTA_PATHS:
        answer = calls.ask("quota/get", lambda path=path: remote.quota(path))  # type: ignore[misc]
        if answer is not None:
            heard[path] = answer
        if isinstance(answer, CallFailed) and answer.errcode not in ABOUT_THE_PATH:
            break
    return heard


def _folder_checks(choice: Choice, project: Project) -> Iterable[Check]:
    if not os.path.lexists(choice.manifest):
        missing = text("there is no {file}: the lock and the folder are not checked", file=str(choice.manifest))
        yield skipped("manifest", missing)
        return
    yield _attempt("manifest", lambda: _manifest(project))
    yield _attempt("lock", lambda: _lock(project))
    yield _attempt("journal", lambda: _journal(project))
    yield _attempt("folder", lambda: _folder(project))
    yield _git(project)


def _attempt(name: str, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except WxsyncError as error:
        return failed(name, error)


def _manifest(project: Project) -> Check:
    file = str(project.manifest.file)
    errors = sum(problem.is_error for problem in project.problems)
    if errors:
        message = plural("{file} has {count:,} error", "{file} has {count:,} errors", errors, file=file)
        raise InvalidInput([Problem("manifest", message, text("`wxsync validate` shows them all"))])
    count = len(project.manifest.assets)
    return passed("manifest", plural("{count:,} material in {file}", "{count:,} materials in {file}", count, file=file))


def _lock(project: Project) -> Check:
    lock = lock_of(project)
    name = project.lock_file.name
    if lock is None:
        return passed("lock", text("there is no {file} yet: the first apply writes it", file=name))
    found = plural(
        "{file} of {account}: {count:,} material, {retired:,} retired",
        "{file} of {account}: {count:,} materials, {retired:,} retired",
        len(lock.records),
        file=name,
        account=lock.account,
        retired=len(lock.retired),
    )
    if lock.unconfirmed:
        doubts = plural(
            "{lock}, {count:,} unconfirmed upload",
            "{lock}, {count:,} unconfirmed uploads",
            len(lock.unconfirmed),
            lock=found,
        )
        return warned("lock", doubts, text("The next apply looks for them before it sends anything."))
    return passed("lock", found)


def _journal(project: Project) -> Check:
    journal = read_journal(project.journal_file)
    if not journal.done and not journal.unconfirmed:
        return passed("journal", text("no run was cut off"))
    if journal.account and project.appid and journal.account != project.appid:
        raise Conflict(
            text("a run for account {other} was cut off, and this is {own}", other=journal.account, own=project.appid),
            hint=text("run apply for that account first, so that its ids reach its lock"),
        )
    found = text(
        "a run was cut off or is at work: {done:,} done, {unconfirmed:,} unconfirmed",
        done=len(journal.done),
        unconfirmed=len(journal.unconfirmed),
    )
    return warned("journal", found, text("Nothing is lost: the next apply brings it into the lock."))


def _folder(project: Project) -> Check:
    root = project.manifest.root
    for folder in (root, root / STATE_FOLDER):
        try:
            if folder.exists():
                with tempfile.TemporaryFile(dir=folder) as file:
                    file.write(b"\0")
        except OSError as error:
            message = text("{folder} cannot be written: {why}", folder=str(folder), why=reason_of(error))
            raise PersonNeeded(message, hint=text("apply keeps its lock and its journal there")) from None
    found = text("{folder} and {state} in it can be written", folder=str(root), state=STATE_FOLDER)
    return passed("folder", found)


def _git(project: Project) -> Check:
    root = project.manifest.root
    if _git_says(root, "rev-parse", "--is-inside-work-tree") != "true":
        return skipped("git", text("not in a git repository"))
    driver = _git_says(root, "config", "--get", "merge.wxsync.driver")
    attribute = _git_says(root, "check-attr", "merge", "--", project.lock_file.name)
    if driver and attribute.endswith(": wxsync"):
        return passed("git", text("lock files of two branches merge by themselves"))
    missing = (
        text("git's configuration does not name the merge driver of lock files")
        if attribute.endswith(": wxsync")
        else text(".gitattributes does not name the merge driver of lock files")
    )
    return warned("git", missing, text("Run `wxsync init` in this clone."))


def _git_says(root: Path, *words: str) -> str:
    try:
        command = ["git", *words]
        done = subprocess.run(command, cwd=root, capture_output=True, check=False)  # noqa: S603 - our own words
    except OSError:
        return ""
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else ""
