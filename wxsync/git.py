"""The only way to git: the git program, run so that nothing inside the repository chooses what is run.

Commits are made without a work tree, filters or hooks. A token travels in the environment, never in a command line, and
only to the server that it is for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from wxsync.errors import PersonNeeded
from wxsync.words import text

if TYPE_CHECKING:
    import subprocess

REMOTE = "origin"

# A full library's lock has 60 MB.
_MOST_BYTES = 256 * 1024 * 1024
_ABSENT = 2  # the exit code of `git ls-remote --exit-code` where nothing matches
_MOVED = ("[rejected]", "cannot lock ref", "failed to update ref", "fetch first", "stale info")
_WITHOUT_GIT = 127
# A file before and after a commit, in git-diff's raw output format.
_RAW = re.compile(rb":[0-7]{6} [0-7]{6} ([0-9a-f]{40,64}) ([0-9a-f]{40,64}) [A-Z]")


class GitFailed(PersonNeeded):
    """A git command failed; the message holds what git said."""


class Pushed(StrEnum):
    """What became of a push: taken, too late for the branch moved, not wanted, or not wanted without a signature."""

    DONE = "done"
    MOVED = "moved"
    REFUSED = "refused"
    UNSIGNED = "unsigned"


class Credentials(Struct, frozen=True):
    """Who pushes to which server: `server` is the beginning of its addresses (https://gitlab.example)."""

    server: str
    user: str
    token: str

    def __repr__(self) -> str:
        """Show the server only."""
        return f"Credentials({self.server!r})"


class Repository(Struct, frozen=True):
    """A clone, its remote called origin; `folder` is the top of its work tree, `environ` what git runs with."""

    folder: Path
    environ: Mapping[str, str]

    def inside(self, file: Path) -> str:
        """Give the path of a file as git writes it, relative to the work tree."""
        folder = file.parent.resolve()
        if not folder.is_relative_to(self.folder):
            raise GitFailed(
                text("{path} is not in the git repository {folder}", path=str(file), folder=str(self.folder))
            )
        return (folder / file.name).relative_to(self.folder).as_posix()

    def fetch(self, branch: str) -> str | None:
        """Fetch a branch of the remote and give its commit, or None where there is no such branch."""
        ref = f"refs/heads/{branch}"
        if self._run("ls-remote", "--exit-code", REMOTE, ref, allowed=(0, _ABSENT)).returncode == _ABSENT:
            return None
        self._run("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", REMOTE, f"+{ref}:{_here(branch)}")
        return self.commit_of(_here(branch))

    def commit_of(self, name: str) -> str:
        """Give the full hash of a commit."""
        return self._text("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")

    def find_commit(self, name: str) -> str | None:
        """Give the full hash of a commit, or None where the name is unknown."""
        words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        return self._run(*words, allowed=(0, 1, 128)).stdout.decode().strip() or None

    def followed(self) -> str | None:
        """Give the commit of the branch that this one follows, as it was last fetched; None where it follows none."""
        branch = self.current_branch() or self.main_branch()
        return self.find_commit("@{upstream}") or (self.find_commit(_here(branch)) if branch else None)

    def parents(self, commit: str) -> tuple[str, ...]:
        """Give the parents of a commit that are here."""
        return tuple(self._text("rev-parse", f"{commit}^@").split())

    def commits_of(self, path: str, *, most: int) -> tuple[str, ...]:
        """Give the latest commits that touched a file, newest first."""
        return tuple(self._text("rev-list", f"--max-count={most}", "--full-history", "HEAD", "--", path).split())

    def merge_base(self, one: str, other: str) -> str | None:
        """Give where two commits parted, or None where their histories never meet or are not here."""
        return self._run("merge-base", one, other, allowed=(0, 1)).stdout.decode().strip() or None

    def content(self, commit: str, path: str) -> bytes | None:
        """Read a file of a commit, or give None where it has none; raises GitFailed for a link or a folder there."""
        entry = self._run("ls-tree", "-z", "--full-tree", commit, "--", path).stdout
        if not entry:
            return None
        if not entry.startswith((b"100644 blob ", b"100755 blob ")):
            raise GitFailed(text("{path} is not a regular file in {commit}", path=path, commit=commit))
        return self._blob(entry.split(b"\t")[0].split()[2].decode(), path)

    def earlier_contents(self, path: str, *, size: int, most: int) -> Iterator[bytes]:
        """Read what a file held in the latest commits that touched it, where that were so many bytes."""
        words = ("log", f"--max-count={most}", "--format=", "--raw", "-z", "--no-abbrev", "--no-renames", "HEAD")
        said = self._run(*words, "--", f":(literal,top){path}", allowed=(0, 128)).stdout
        blobs = dict.fromkeys(blob for pair in _RAW.findall(said) for blob in pair if blob.strip(b"0"))
        asked = b"".join(blob + b"\n" for blob in blobs)
        told = self._run("cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)", given=asked).stdout
        for line in told.splitlines():
            blob, *what = line.split()
            if what == [b"blob", str(size).encode()]:
                yield self._run("cat-file", "blob", blob.decode()).stdout

    def files_of(self, commit: str) -> set[str]:
        """Name the files of a commit."""
        return _names(self._run("ls-tree", "-r", "-z", "--full-tree", "--name-only", commit).stdout)

    def changed(self, before: str, after: str) -> set[str]:
        """Name the files in which two commits differ."""
        return _names(self._run("diff-tree", "-r", "-z", "--name-only", "--no-renames", before, after).stdout)

    def stages(self, path: str) -> dict[int, bytes]:
        """Give the sides of a file in conflict: 1 is the base, 2 ours, 3 theirs; none where there is no conflict."""
        sides: dict[int, bytes] = {}
        for entry in self._run("ls-files", "--unmerged", "-z", "--", f":(literal,top){path}").stdout.split(b"\0"):
            if entry:
                mode, blob, stage = entry.split(b"\t")[0].split()
                if not mode.startswith(b"100"):
                    raise GitFailed(text("{path} is not a regular file on one side of the conflict", path=path))
                sides[int(stage)] = self._blob(blob.decode(), path)
        return sides

    def unmerged(self) -> set[str]:
        """Name the files in conflict."""
        entries = self._run("ls-files", "--unmerged", "-z", ":(top)", "--full-name").stdout.split(b"\0")
        return {os.fsdecode(entry.split(b"\t", 1)[1]) for entry in entries if entry}

    def stage(self, path: str) -> None:
        """Add a file of the work tree to the index, which ends its conflict."""
        self._run("add", "--", f":(literal,top){path}")

    def tracked(self, path: str) -> bool:
        """Tell whether git holds a file, or anything below a folder, whatever the case of its name."""
        return bool(self._run("ls-files", "-z", "--", f":(literal,icase,top){path}").stdout)

    def attribute(self, name: str, path: str) -> str | None:
        """Give what .gitattributes says of a file."""
        said = self._run("check-attr", "-z", name, "--", path).stdout.split(b"\0")
        return said[2].decode(errors="replace") if len(said) > 2 and said[2] != b"unspecified" else None

    def configured(self, key: str) -> str | None:
        """Give a value of git's configuration."""
        return self._run("config", "--get", key, allowed=(0, 1)).stdout.decode(errors="replace").strip() or None

    def configure(self, values: Mapping[str, str]) -> None:
        """Set values in this clone's configuration."""
        for key, value in values.items():
            self._run("config", key, value)

    def remote_url(self) -> str:
        """Give the address of the remote, or "" where there is none."""
        return self.configured(f"remote.{REMOTE}.url") or ""

    def current_branch(self) -> str | None:
        """Name the branch that is checked out."""
        return self._run("symbolic-ref", "--quiet", "--short", "HEAD", allowed=(0, 1)).stdout.decode().strip() or None

    def main_branch(self) -> str | None:
        """Name what the remote called its main branch when it was cloned."""
        words = ("symbolic-ref", "--quiet", "--short", f"refs/remotes/{REMOTE}/HEAD")
        said = self._run(*words, allowed=(0, 1, 128)).stdout.decode().strip()
        return said.removeprefix(f"{REMOTE}/") or None

    def commit(self, parent: str, contents: Mapping[str, bytes], message: str) -> str:
        """Make a commit that changes these files and nothing else; signed where git is set up to sign."""
        import tempfile

        with tempfile.TemporaryDirectory() as scratch:
            index = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
            self._run("read-tree", parent, environ=index)
            for path, content in contents.items():
                blob = self._run("hash-object", "-w", "--stdin", given=content).stdout.decode().strip()
                self._run("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", environ=index)
            tree = self._run("write-tree", environ=index).stdout.decode().strip()
        commit = self._text("commit-tree", self._signing(), "-p", parent, "-m", message, tree)
        if self.changed(parent, commit) != contents.keys():
            raise GitFailed(text("the commit changes more or less than the locks"))
        return commit

    def is_same_step(self, one: str, other: str) -> bool:
        """Tell whether two commits hold the same files and have the same parent."""
        said = [self._text("rev-parse", f"{commit}^{{tree}}", f"{commit}^@") for commit in (one, other)]
        return said[0] == said[1]

    def push(self, commit: str, branch: str) -> Pushed:
        """Move a branch forward, never over what others pushed."""
        return self._push(f"{commit}:refs/heads/{branch}")

    def put(self, commit: str, branch: str, *, instead_of: str | None, options: Iterable[str] = ()) -> Pushed:
        """Set a branch to a commit while it still is where it was seen; an empty commit deletes it."""
        ref = f"refs/heads/{branch}"
        asked = [f"--push-option={option}" for option in options]
        return self._push(f"--force-with-lease={ref}:{instead_of or ''}", *asked, f"{commit}:{ref}")

    def pull_from_lfs(self, patterns: Iterable[str]) -> None:
        """Fetch from Git LFS the content of what fits the patterns, and put it in place of the pointers."""
        self._run("lfs", "pull", f"--include={','.join(patterns)}", "--exclude=")

    def _signing(self) -> str:
        wanted = self._run("config", "--type=bool", "--get", "commit.gpgsign", allowed=(0, 1)).stdout
        return "--gpg-sign" if wanted.strip() == b"true" else "--no-gpg-sign"

    def _blob(self, blob: str, path: str) -> bytes:
        if int(self._text("cat-file", "-s", blob)) > _MOST_BYTES:
            raise GitFailed(text("{path} is far larger than a lock can be", path=path))
        return self._run("cat-file", "blob", blob).stdout

    def _push(self, *words: str) -> Pushed:
        options, refs = words[:-1], words[-1]
        ended = self._run("push", "--porcelain", "--no-verify", *options, REMOTE, refs, allowed=(0, 1))
        if ended.returncode == 0:
            return Pushed.DONE
        said = (ended.stdout + ended.stderr).decode(errors="replace")
        if any(word in said for word in _MOVED):
            return Pushed.MOVED
        return Pushed.UNSIGNED if "GH013" in said and "signature" in said else Pushed.REFUSED

    def _text(self, *words: str) -> str:
        return self._run(*words).stdout.decode().strip()

    def _run(
        self,
        *words: str,
        given: bytes = b"",
        allowed: tuple[int, ...] = (0,),
        environ: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[bytes]:
        ended = _git(words, self.folder, {**self.environ, **(environ or {})}, given)
        if ended.returncode not in allowed:
            said = ended.stderr.decode(errors="replace").strip()
            message = text(
                "git {command} ended with {code}: {said}", command=words[0], code=ended.returncode, said=said
            )
            raise GitFailed(message, hint=_hint(said))
        return ended


def open_repository(
    folder: Path, environ: Mapping[str, str], *, author: tuple[str, str] | None = None, by: Credentials | None = None
) -> Repository | None:
    """Open the clone around a folder, or give None where there is none, or no git.

    `author` signs the commits where neither the environment nor git's configuration names anybody.
    """
    own = {"GIT_TERMINAL_PROMPT": "0", "GIT_LFS_SKIP_SMUDGE": "1", "LC_ALL": "C"}
    opened = {**environ, **own, **_shown(by, environ)}
    found = _git(("rev-parse", "--show-toplevel"), folder, opened, b"")
    if found.returncode:
        return None
    repository = Repository(Path(os.fsdecode(found.stdout.rstrip(b"\n"))).resolve(), opened)
    return repository if author is None else _signed_by(repository, *author)


def _signed_by(repository: Repository, name: str, email: str) -> Repository:
    environ = dict(repository.environ)
    for who in ("AUTHOR", "COMMITTER"):
        if not (environ.get(f"GIT_{who}_EMAIL") or repository.configured("user.email")):
            environ |= {f"GIT_{who}_NAME": name, f"GIT_{who}_EMAIL": email}
    return Repository(repository.folder, environ)


def _shown(by: Credentials | None, environ: Mapping[str, str]) -> dict[str, str]:
    """Give the variables by which git, and Git LFS with it, shows a token to one server and to nobody else."""
    if by is None:
        return {}
    import base64

    basic = base64.b64encode(f"{by.user}:{by.token}".encode()).decode()
    count = environ.get("GIT_CONFIG_COUNT", "0")
    number = int(count) if count.isdecimal() else 0
    return {
        "GIT_CONFIG_COUNT": str(number + 1),
        f"GIT_CONFIG_KEY_{number}": f"http.{by.server.rstrip('/')}/.extraheader",
        f"GIT_CONFIG_VALUE_{number}": f"AUTHORIZATION: basic {basic}",
    }


def _git(
    words: tuple[str, ...], folder: Path, environ: Mapping[str, str], given: bytes
) -> subprocess.CompletedProcess[bytes]:
    import subprocess  # most commands need no git, and this takes longer to import than they take

    command = ["git", "-c", f"core.hooksPath={os.devnull}", *words]
    try:
        return subprocess.run(command, cwd=folder, env=dict(environ), input=given, capture_output=True, check=False)  # noqa: S603 - our own words
    except OSError as error:
        return subprocess.CompletedProcess(command, _WITHOUT_GIT, b"", f"{error.strerror}: git".encode())


def _hint(said: str) -> str:
    if "dubious ownership" in said:
        return text("tell git that this folder is yours: `git config --global --add safe.directory` and its path")
    if "is not a git command" in said:
        return text("install Git LFS: https://git-lfs.com")
    return ""


def _names(listed: bytes) -> set[str]:
    return {os.fsdecode(name) for name in listed.split(b"\0") if name}


def _here(branch: str) -> str:
    return f"refs/remotes/{REMOTE}/{branch}"
