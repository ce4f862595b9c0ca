"""What the commands for CI share: the clone, the branch, the forge, and the locks that wait."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from wxsync.ci.environment import Job, job_from
from wxsync.ci.forges import forge_from, forge_named
from wxsync.ci.waiting import Waiting, waiting_branch, waiting_locks
from wxsync.cli.options import Settings
from wxsync.errors import Conflict, PersonNeeded, UsageProblem
from wxsync.git import open_repository
from wxsync.lockfile import read_lock, write_lock
from wxsync.manifest import manifest_stem, read_manifest
from wxsync.project.folder import lock_name
from wxsync.words import plural, reason_of, text

if TYPE_CHECKING:
    from wxsync.ci.forges import Forge
    from wxsync.ci.kept import Left
    from wxsync.git import Repository
    from wxsync.model import Lock

_ROBOT = ("wxsync", "wxsync@noreply.invalid")


class Here(Struct, frozen=True):
    """A manifest in a clone; `manifest` is its path in the repository, `branch` the one that its locks belong to."""

    repository: Repository
    root: Path
    manifest: str
    branch: str
    forge: Forge | None
    job: Job

    def path_of(self, lock: str) -> str:
        """Give the path of a lock, named as it lies beside the manifest."""
        return self.repository.inside(self.root / lock)

    def locks(self) -> dict[str, Path]:
        """Give the locks of the manifest's accounts by their paths, whether or not they are there."""
        return {self.path_of(name): self.root / name for name in self._names()}

    def appids(self) -> dict[str, str | None]:
        """Give by the path of its lock the account that the manifest says a lock is for."""
        return {self.path_of(name): appid for name, appid in self._names().items()}

    def _names(self) -> dict[str, str | None]:
        file = self.root / Path(self.manifest).name
        manifest, _problems = read_manifest(file)
        stem = manifest_stem(file) or ""
        if not manifest.accounts:
            return {lock_name(stem, ""): None}
        return {lock_name(stem, f".{one.name}"): one.appid for one in manifest.accounts}


class Taken(Struct, frozen=True):
    """What waits for each lock by its path, as it was brought into the work tree."""

    branch: str
    waiting: Mapping[str, Waiting]

    def said(self) -> Iterator[str]:
        """Give a line for each lock that was taken."""
        for path, waiting in self.waiting.items():
            yield plural(
                "{path}: {count} upload taken from {branch}, which waits",
                "{path}: {count} uploads taken from {branch}, which waits",
                len(waiting.added),
                path=path,
                branch=self.branch,
            )


def open_here(settings: Settings, branch: str | None, *, forge: str = "auto") -> Here:
    """Open the clone around the manifest; raises PersonNeeded where there is none, UsageProblem without a branch."""
    manifest = Path(settings.manifest)
    plain = open_repository(manifest.parent, settings.environ)
    if plain is None:
        raise PersonNeeded(text("{path} lies in no git repository", path=str(manifest.parent.resolve())))
    remote = plain.remote_url()
    name = forge_named(remote, settings.environ) if forge == "auto" else forge
    opened = forge_from(name, settings.environ, remote)
    by = opened.credentials() if opened else None
    author = opened.author if opened else _ROBOT
    repository = open_repository(manifest.parent, settings.environ, author=author, by=by) or plain
    job = job_from(settings.environ)
    target = branch or job.branch or repository.current_branch()
    if not target:
        hint = text("name it with --branch")
        raise UsageProblem(text("no branch is checked out, and the CI names none"), hint=hint)
    return Here(repository, manifest.parent, repository.inside(manifest), target, opened, job)


def find_here(settings: Settings, branch: str | None) -> Here | None:
    """Open the clone around the manifest, or give None where it lies in no clone."""
    if open_repository(Path(settings.manifest).parent, settings.environ) is None:
        return None
    return open_here(settings, branch)


def take_waiting(here: Here) -> Taken:
    """Write what waits for the manifest's locks into the work tree; raises GitFailed where it cannot be fetched."""
    taken = find_waiting(here)
    for path, one in taken.waiting.items():
        put_lock(here.repository.folder / path, one.lock)
    return taken


def put_lock(file: Path, lock: Lock) -> None:
    """Write a lock; raises PersonNeeded where the disk refuses."""
    try:
        write_lock(file, lock)
    except OSError as error:
        raise PersonNeeded(text("{file} cannot be written: {why}", file=str(file), why=reason_of(error))) from None


def find_waiting(here: Here) -> Taken:
    """Fetch what waits for the manifest's locks, and write nothing."""
    name = waiting_branch(here.manifest, here.branch)
    waiting = here.repository.fetch(name) if here.repository.remote_url() else None
    if waiting is None:
        return Taken(name, {})
    head = here.repository.commit_of("HEAD")
    found = waiting_locks(here.repository, head, waiting, here.manifest, beside=_locks_in(here))
    known = here.locks()
    return Taken(name, {path: one for path, one in found.items() if path in known})


def left_here(here: Here, source: Path | None) -> Mapping[str, Left]:
    """Read what applies left in a folder, or else what the work tree holds beyond its commit."""
    from wxsync.ci.kept import Left, read_kept
    from wxsync.ci.proof import read_at

    if source:
        refuse_tracked(here, source)
        return read_kept(source, here.manifest)
    head = here.repository.commit_of("HEAD")
    return {path: Left(read_at(here.repository, head, path), lock) for path, lock in _locks_in(here).items()}


def refuse_tracked(here: Here, folder: Path) -> None:
    """Raise Conflict where git holds what a folder for kept locks has: a pull request could have written it."""
    inside = folder.resolve()
    if not inside.is_relative_to(here.repository.folder) or inside == here.repository.folder:
        return
    if here.repository.tracked(inside.relative_to(here.repository.folder).as_posix()):
        raise Conflict(
            text("git holds files in {path}", path=str(folder)), hint=text("name a folder that git does not hold")
        )


def _locks_in(here: Here) -> dict[str, Lock]:
    found = {path: _lock(file) for path, file in here.locks().items()}
    return {path: lock for path, lock in found.items() if lock}


def _lock(file: Path) -> Lock | None:
    if file.is_symlink():
        raise Conflict(text("{path} is a link, where a lock is an ordinary file", path=str(file)))
    return read_lock(file)
