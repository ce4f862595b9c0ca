"""Runs git so that nothing inside the repository chooses what is run, and talks to its remote with the job's token."""

from __future__ import annotations

import base64
import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

_ROBOT = ("github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com")
_ABSENT = 2  # the exit code of `git ls-remote --exit-code` where nothing matches
_MOVED = ("[rejected]", "cannot lock ref", "failed to update ref", "fetch first", "stale info")


class GitFailed(Exception):
    """Says that a git command failed, with what git said."""


class Pushed(StrEnum):
    """Says what became of a push: taken, too late because the branch moved, or not wanted by the remote."""

    DONE = "done"
    MOVED = "moved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Repository:
    """Holds a clone whose remote is called origin; commits are made without a working tree, filters or hooks."""

    folder: Path
    environ: Mapping[str, str]

    def fetch(self, branch: str) -> str | None:
        """Fetches a branch of the remote and gives its commit, or None where there is no such branch."""
        ref = f"refs/heads/{branch}"
        if self._run("ls-remote", "--exit-code", "origin", ref, allowed=(0, _ABSENT)).returncode == _ABSENT:
            return None
        self._run("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "origin", f"+{ref}:{_here(branch)}")
        return self.commit_of(_here(branch))

    def commit_of(self, name: str) -> str:
        """Gives the full hash of a commit."""
        return self._text("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")

    def merge_base(self, one: str, other: str) -> str | None:
        """Gives where two commits parted, or None where their histories never meet or are not here."""
        return self._run("merge-base", one, other, allowed=(0, 1)).stdout.decode().strip() or None

    def content(self, commit: str, path: str) -> bytes | None:
        """Reads a file of a commit, or gives None where it has none; a link or a folder there is an error."""
        entry = self._run("ls-tree", "-z", "--full-tree", commit, "--", path).stdout
        if not entry:
            return None
        if not entry.startswith((b"100644 blob ", b"100755 blob ")):
            raise GitFailed(f"{path} is no ordinary file in {commit}")
        return self._run("cat-file", "blob", entry.split(b"\t")[0].split()[2].decode()).stdout

    def changed(self, before: str, after: str) -> set[str]:
        """Names the files in which two commits differ."""
        names = self._run("diff-tree", "-r", "-z", "--name-only", "--no-renames", before, after).stdout
        return {os.fsdecode(name) for name in names.split(b"\0") if name}

    def commit(self, parent: str, contents: Mapping[str, bytes], message: str) -> str:
        """Makes a commit that changes these files and nothing else."""
        with tempfile.TemporaryDirectory() as scratch:
            index = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
            self._run("read-tree", parent, environ=index)
            for path, content in contents.items():
                blob = self._run("hash-object", "-w", "--stdin", given=content).stdout.decode().strip()
                self._run("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", environ=index)
            tree = self._run("write-tree", environ=index).stdout.decode().strip()
        commit = self._text("commit-tree", "--no-gpg-sign", "-p", parent, "-m", message, tree)
        if self.changed(parent, commit) != contents.keys():
            raise GitFailed("the commit changes more or less than the locks")
        return commit

    def is_same_step(self, one: str, other: str) -> bool:
        """Tells whether two commits hold the same files and have the same parent."""
        said = [self._text("rev-parse", f"{commit}^{{tree}}", f"{commit}^@") for commit in (one, other)]
        return said[0] == said[1]

    def push(self, commit: str, branch: str) -> Pushed:
        """Moves a branch forward, never over what others pushed."""
        return self._push(f"{commit}:refs/heads/{branch}")

    def put(self, commit: str, branch: str, *, instead_of: str | None) -> Pushed:
        """Sets a branch to a commit while it still is where it was seen; an empty commit deletes it."""
        ref = f"refs/heads/{branch}"
        return self._push(f"--force-with-lease={ref}:{instead_of or ''}", f"{commit}:{ref}")

    def _push(self, *words: str) -> Pushed:
        lease, refs = words[:-1], words[-1]
        ended = self._run("push", "--porcelain", "--no-verify", *lease, "origin", refs, allowed=(0, 1))
        if ended.returncode == 0:
            return Pushed.DONE
        said = ended.stdout.decode(errors="replace")
        return Pushed.MOVED if any(word in said for word in _MOVED) else Pushed.REFUSED

    def _text(self, *words: str) -> str:
        return self._run(*words).stdout.decode().strip()

    def _run(
        self,
        *words: str,
        given: bytes = b"",
        allowed: tuple[int, ...] = (0,),
        environ: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[bytes]:
        ended = subprocess.run(
            ["git", "-c", f"core.hooksPath={os.devnull}", *words],
            cwd=self.folder,
            env={**self.environ, **(environ or {})},
            input=given,
            capture_output=True,
            check=False,
        )
        if ended.returncode not in allowed:
            said = ended.stderr.decode(errors="replace").strip()
            raise GitFailed(f"git {words[0]} ended with {ended.returncode}: {said}")
        return ended


def open_repository(folder: Path, environ: Mapping[str, str]) -> Repository:
    """Opens the clone around a folder; the token stays out of every command line."""
    own = {"GIT_TERMINAL_PROMPT": "0", "GIT_LFS_SKIP_SMUDGE": "1", "LC_ALL": "C"}
    name, email = _ROBOT
    own |= {f"GIT_{who}_NAME": name for who in ("AUTHOR", "COMMITTER")}
    own |= {f"GIT_{who}_EMAIL": email for who in ("AUTHOR", "COMMITTER")}
    opened = Repository(folder, {**environ, **own, **credentials(environ)})
    return Repository(Path(opened._text("rev-parse", "--show-toplevel")), opened.environ)  # noqa: SLF001 - its own room


def credentials(environ: Mapping[str, str]) -> dict[str, str]:
    """Gives the variables by which git, and Git LFS with it, shows the job's token to GitHub and to nobody else."""
    token = environ.get("GITHUB_TOKEN")
    if not token:
        return {}
    server = environ.get("GITHUB_SERVER_URL", "https://github.com")
    basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{server}/.extraheader",
        "GIT_CONFIG_VALUE_0": f"AUTHORIZATION: basic {basic}",
    }


def _here(branch: str) -> str:
    return f"refs/remotes/origin/{branch}"
