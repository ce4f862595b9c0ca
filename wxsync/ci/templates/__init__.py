"""Writes the pipeline of a repository: a few words around the commands for CI, and no logic of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from msgspec import Struct

from wxsync import __version__
from wxsync.ci.forges import forge_named
from wxsync.ci.forges.gitee import repository_of
from wxsync.files import write_atomic
from wxsync.git import Repository
from wxsync.words import text

NAMES = ("github", "gitlab", "gitee", "jenkins")
_FILES = {
    "github": ("github.yml", ".github/workflows/wxsync.yml"),
    "gitlab": ("gitlab.yml", ".gitlab-ci.yml"),
    "gitee": ("gitee.yml", ".workflow/wxsync.yml"),
    "jenkins": ("Jenkinsfile", "Jenkinsfile"),
}


class Pipeline(Struct, frozen=True):
    """What a template is filled with; `manifest` is relative to the repository."""

    manifest: str
    branch: str
    accounts: tuple[str, ...] = ()
    repository: str = "OWNER/REPOSITORY"


def write_pipeline(
    ci: str, manifest: Path, accounts: Sequence[str], repository: Repository | None, environ: Mapping[str, str]
) -> str:
    """Write the pipeline into the repository around a manifest and tell so; never over one that is there.

    `ci` is auto or one of the NAMES. Without a repository the manifest's folder counts as one. Raises OSError.
    """
    folder = manifest.parent.resolve()
    root = repository.folder if repository else folder
    name = _chosen(ci, repository, environ)
    file = root / _FILES[name][1]
    if file.exists() or file.is_symlink():
        return text("kept {path}, which was there", path=str(file))
    # What origin calls its main branch stands in a clone; a repository that was never pushed does not know yet.
    branch = (repository.main_branch() if repository else None) or "main"
    path = (folder / manifest.name).relative_to(root).as_posix()
    remote = repository_of(repository.remote_url()) if repository else None
    filled = Pipeline(path, branch, tuple(accounts), remote or "OWNER/REPOSITORY")
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(file, pipeline(name, filled).encode())
    return text("wrote {path}: its first lines say what it needs", path=str(file))


def pipeline(name: str, filled: Pipeline) -> str:
    """Fill in a template."""
    template = (Path(__file__).parent / _FILES[name][0]).read_text(encoding="utf-8")
    scalar = _scalar if name != "jenkins" else _quoted_in_groovy
    folder = PurePosixPath(filled.manifest).parent.as_posix()
    paths = "" if folder == "." else f"paths: [{_scalar(folder + '/**')}, {_FILES['github'][1]}]"
    values = {
        "{PATHS}": f"{{{paths}}}" if paths else "",
        "AND_PATHS": f", {paths}" if paths else "",
        "MANIFEST": scalar(filled.manifest),
        "BRANCH": scalar(filled.branch),
        "VERSION": __version__,
        "OWNER/REPOSITORY": filled.repository if re.fullmatch(r"[\w./-]+", filled.repository) else "OWNER/REPOSITORY",
        "ENVIRONMENT": "wechat-$WXSYNC_ACCOUNT" if filled.accounts else "wechat",
        "RESOURCE": "wxsync-$WXSYNC_ACCOUNT" if filled.accounts else "wxsync",
        "\n  MATRIX": _matrix(filled.accounts),
    }
    # The template's own words in one pass: what is filled in may hold such words itself.
    pattern = re.compile("|".join(map(_whole, values)))
    written = pattern.sub(lambda found: values[found[0]], template)
    return re.sub(r" +$", "", written, flags=re.MULTILINE)


def _whole(word: str) -> str:
    before, after = (r"(?<!\w)" if word[0].isalpha() else "", r"(?!\w)" if word[-1].isalpha() else "")
    return before + re.escape(word) + after


def _chosen(ci: str, repository: Repository | None, environ: Mapping[str, str]) -> str:
    if ci != "auto":
        return ci
    named = forge_named(repository.remote_url() if repository else "", environ)
    return named if named in NAMES else "github"


def _matrix(accounts: Sequence[str]) -> str:
    if not accounts:
        return ""
    return f"\n  parallel: {{matrix: [{{WXSYNC_ACCOUNT: [{', '.join(map(_scalar, accounts))}]}}]}}"


def _scalar(word: str) -> str:
    return word if re.fullmatch(r"[A-Za-z_][\w./-]*", word, re.ASCII) else json.dumps(word)


def _quoted_in_groovy(word: str) -> str:
    return word.replace("\\", "\\\\").replace("'", "\\'")
