"""Finds what a command is about: the manifest, the account, its lock and its journal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct, field

from wxsync import SANDBOX_APPID, STATE_FOLDER
from wxsync.errors import Conflict, InvalidInput, UsageProblem
from wxsync.files import DISK, Disk, check_own
from wxsync.git_index import tracks
from wxsync.manifest import Tree, manifest_stem, read_manifest
from wxsync.model import Account, Lock, Manifest, Problem
from wxsync.near import did_you_mean, near_names
from wxsync.recall import Memo
from wxsync.states import Seen
from wxsync.wechat.credentials import appid_from
from wxsync.words import listing, text

SANDBOX_LABEL = ".sandbox"
"""The part of the sandbox in the names of its lock and its journal."""


class Choice(Struct, frozen=True):
    """What the command line and the environment choose."""

    manifest: Path
    account: str | None
    sandbox: bool
    environ: Mapping[str, str]


class Project(Struct, frozen=True):
    """One manifest for one account; `label` is the account's part of every file name, "" where it has none.

    `disk` is what its lock and its journal lie on. `folders` are those whose names decided what the manifest holds;
    None where more than names did, such as where a link leads. `seen` is what was seen of its folders.
    """

    manifest: Manifest
    problems: tuple[Problem, ...]
    account: Account | None
    sandbox: bool
    stem: str
    label: str
    appid: str | None
    disk: Disk = DISK
    folders: tuple[str, ...] | None = None
    seen: Seen = field(default_factory=Seen)

    @property
    def lock_file(self) -> Path:
        """The lock of this account."""
        return self.manifest.root / lock_name(self.stem, self.label)

    @property
    def sandbox_lock_file(self) -> Path:
        """The lock of the sandbox, which may be that of this account."""
        return self.manifest.root / lock_name(self.stem, SANDBOX_LABEL)

    @property
    def journal_file(self) -> Path:
        """The journal of this account's runs."""
        return self.manifest.root / STATE_FOLDER / f"{self.stem}{self.label}.journal"

    @property
    def cache_file(self) -> Path:
        """The digests that earlier commands remembered."""
        return self.manifest.root / STATE_FOLDER / "digests.json"


def label_of(appid: str | None, account: str | None) -> str:
    """Give the part of an account in the names of its files; however the sandbox is reached, it has its own."""
    return SANDBOX_LABEL if appid == SANDBOX_APPID else f".{account}" if account else ""


def lock_name(stem: str, label: str) -> str:
    """Name a lock beside its manifest."""
    return f"{stem}{label}.lock.json"


def open_project(choice: Choice, *, seen: Seen | None = None) -> Project:
    """Read the manifest and settle which account is meant; raises UsageProblem, InvalidInput or Conflict.

    Problems of the manifest come along, for the caller to join with those of the media. Folders that were
    `seen` already are not listed again.
    """
    seen = seen or Seen()
    refuse_two_accounts(choice)
    check_state(choice.manifest.parent, choice.environ)
    tree, memo = Tree(choice.manifest.parent, seen.names), Memo(choice.manifest.parent, choice.manifest)
    manifest, problems = read_manifest(choice.manifest, tree=tree, memo=memo)
    stem = manifest_stem(choice.manifest)
    if stem is None:
        raise InvalidInput(problems)
    account = None if choice.sandbox else _account(choice, manifest, problems)
    appid = _appid(choice, account)
    label = label_of(appid, account.name if account else None)
    return Project(manifest, problems, account, choice.sandbox, stem, label, appid, folders=tree.folders, seen=seen)


def check_state(root: Path, environ: Mapping[str, str]) -> None:
    """Raise Conflict where what lies in the state folder of a manifest came with the repository."""
    folder = root / STATE_FOLDER
    check_own(folder)
    if tracks(root, STATE_FOLDER, environ):
        raise Conflict(
            text("git tracks files in {folder}, which only runs on this machine write", folder=str(folder)),
            hint=text("look at them, then take them out of git: git rm -r --cached {folder}", folder=str(folder)),
        )


def refuse_two_accounts(choice: Choice) -> None:
    """Raise UsageProblem where both the sandbox and an account are chosen."""
    if choice.sandbox and choice.account:
        raise UsageProblem(
            text("--sandbox and --account exclude each other"), hint=text("the sandbox is an account of its own")
        )


def recalled_lock(root: Path, file: Path) -> Lock | None:
    """Read a lock as read_lock does, or recall what it said last time where it has not changed since."""
    memo = Memo(root, file)
    lock = memo.recall(Lock)
    if lock is None and (lock := _read_lock(file)):
        memo.keep(lock)
    return lock


def _read_lock(file: Path, *, disk: Disk = DISK) -> Lock | None:
    from wxsync.lockfile import read_lock  # what is recalled needs no reader of JSON

    return read_lock(file, disk=disk)


def lock_of(project: Project, *, recalls: bool = False) -> Lock | None:
    """Read the lock of a project's account; raises as read_lock does, and Conflict where it is another account's.

    `recalls` lets what is remembered of it stand for the file, where it has not changed: for who only looks.
    """
    file = project.lock_file
    lock = recalled_lock(project.manifest.root, file) if recalls else _read_lock(file, disk=project.disk)
    if lock and project.appid and SANDBOX_APPID == lock.account != project.appid:
        raise Conflict(
            text(
                "{lock} was written against the sandbox, and this run is for {wanted}",
                lock=str(project.lock_file),
                wanted=project.appid,
            ),
            hint=text(
                "its ids are worth nothing at WeChat: remove the file, with `git rm -f {lock}` where git tracks it, "
                "and run this again",
                lock=str(project.lock_file),
            ),
        )
    if lock and project.appid and lock.account != project.appid:
        raise Conflict(
            text(
                "{lock} is the lock of account {held}, this run is for {wanted}",
                lock=str(project.lock_file),
                held=lock.account,
                wanted=project.appid,
            ),
            hint=text("ids of one account are worth nothing in another: choose the account that the lock belongs to"),
        )
    return lock


def _account(choice: Choice, manifest: Manifest, problems: tuple[Problem, ...]) -> Account | None:
    names = [account.name for account in manifest.accounts]
    if choice.account:
        found = next((one for one in manifest.accounts if one.name == choice.account), None)
        if found is None:
            raise InvalidInput([*problems, _unknown_account(choice.account, names)])
        return found
    if len(names) > 1:
        raise UsageProblem(
            text("the manifest has several accounts: {names}", names=listing(names)),
            hint=text("choose one with -a NAME"),
        )
    return manifest.accounts[0] if manifest.accounts else None


def _unknown_account(name: str, known: list[str]) -> Problem:
    near = near_names(name, known)
    hint = text("the manifest names no accounts")
    if known:
        hint = did_you_mean(near) if near else text("it has {names}", names=listing(known, last="and"))
    return Problem("unknown-account", text("the manifest has no account called {name}", name=name), hint, name=name)


def _appid(choice: Choice, account: Account | None) -> str | None:
    if choice.sandbox:
        return SANDBOX_APPID
    name, appid = (account.name, account.appid) if account else (None, None)
    return appid_from(choice.environ, account=name, appid=appid)
