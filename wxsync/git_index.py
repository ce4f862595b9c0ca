"""Tells what git tracks: mostly by a look into its index, for to run git takes longer than most commands."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def tracks(folder: Path, name: str, environ: Mapping[str, str]) -> bool:
    """Tell whether git tracks anything below a name in a folder, whatever its case.

    Asked by every command, so the git program is run only where its index mentions that name, or is of a form in which
    it need not.
    """
    if not (folder / name).is_dir() or not _may_mention(folder, name):
        return False
    from wxsync.git import open_repository

    repository = open_repository(folder, environ)
    return repository is not None and repository.tracked(repository.inside(folder / name))


def _may_mention(folder: Path, name: str) -> bool:
    for above in (here := folder.absolute(), *here.parents):
        found = above / ".git"
        try:
            if found.is_file():  # of a worktree or a submodule
                found = above / found.read_bytes()[:4096].decode().removeprefix("gitdir:").strip()
            content = (found / "index").read_bytes()
        except (OSError, ValueError):
            continue
        is_plain = content[4:8] in {b"\0\0\0\2", b"\0\0\0\3"} and not any(found.glob("sharedindex.*"))
        return not is_plain or name.lower().encode() in content.lower()
    return False
