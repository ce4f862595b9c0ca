"""Prepares a folder: a commented manifest, and git's ways with the lock."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

from wxsync.errors import InvalidInput, PersonNeeded
from wxsync.files import write_atomic
from wxsync.git import GitFailed, open_repository
from wxsync.manifest import manifest_stem
from wxsync.model import Problem
from wxsync.words import reason_of, text

_ATTRIBUTES = "{pattern} merge=wxsync text eol=lf"
_MANIFEST = """\
# What this WeChat Official Account (公众号) should hold as permanent materials (永久素材).
# One account belongs to one manifest. `wxsync plan` shows what is missing there, `wxsync apply` uploads it,
# and the lock file beside this one, which you commit, remembers every media_id and url.
# For completion in editors: `wxsync schema manifest > manifest.schema.json`, and as the first line of this file
# yaml-language-server: $schema=manifest.schema.json
version: 1

# Several accounts? Name them here and choose with -a NAME; secrets come from the environment, never from here.
# accounts:
#   prod:    {appid: wx0123456789abcdef}
#   staging: {appid: wxfedcba9876543210}

# materials:
#   - path: images/logo.png            # relative to this file, with forward slashes
#     type: image                      # image | voice | video | thumb | article_image
#     name: logo                       # optional; by default a material is called by its path
#   - path: images/posts/**/*.jpg      # a glob makes one material of each file
#     exclude: ["**/draft-*"]
#     type: image
#   - path: audio/welcome.mp3          # at most 60 s
#     type: voice
#   - path: video/intro.mp4
#     type: video
#     title: 产品介绍                   # video only; required there
#     introduction: 三分钟了解我们
#   - path: covers/intro.jpg           # a JPG of at most 64 KiB
#     type: thumb
#   - path: "articles/**/*.png"        # 图文消息图片: a url for article bodies, no media_id
#     type: article_image
materials: []
"""


def init(manifest: Path) -> list[str]:
    """Write what is missing and overwrite nothing; return a line for each thing done or left alone."""
    stem = manifest_stem(manifest)
    if stem is None:
        message = text("{manifest} cannot be a manifest", manifest=manifest)
        raise InvalidInput(
            [
                Problem(
                    "manifest-name",
                    message,
                    text("call it NAME.yaml, NAME.yml or NAME.yaml.example, NAME without a dot"),
                )
            ]
        )
    try:
        manifest.parent.mkdir(parents=True, exist_ok=True)
        said = [_write_manifest(manifest), _write_attributes(manifest.with_name(".gitattributes"), stem)]
    except OSError as error:
        raise PersonNeeded(
            text("{parent} cannot be written: {why}", parent=manifest.parent, why=reason_of(error))
        ) from None
    return [*said, _configure_git(manifest.parent)]


def _write_manifest(manifest: Path) -> str:
    if manifest.exists():
        return f"kept {manifest}, which was there"
    write_atomic(manifest, _MANIFEST.encode())
    return f"wrote {manifest}"


def _write_attributes(file: Path, stem: str) -> str:
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    wanted = [_ATTRIBUTES.format(pattern=pattern) for pattern in (f"{stem}.lock.json", f"{stem}.*.lock.json")]
    missing = [line for line in wanted if line not in before.splitlines()]
    if not missing:
        return f"kept {file}, which names the merge driver"
    gap = "" if not before or before.endswith("\n") else "\n"
    write_atomic(file, (before + gap + "\n".join(missing) + "\n").encode())
    return f"added the merge driver of lock files to {file}" if before else f"wrote {file}"


def merge_driver() -> dict[str, str]:
    """Give git's configuration of the merge driver: this very program, wherever git is started from."""
    program = Path(sys.executable).with_name("wxsync.exe" if os.name == "nt" else "wxsync")
    words = [str(program)] if program.is_file() else [sys.executable, "-m", "wxsync"]
    # git hands it to a POSIX shell, also on Windows, where that shell takes forward slashes.
    command = " ".join(shlex.quote(Path(word).as_posix() if os.name == "nt" else word) for word in words)
    return {
        "merge.wxsync.name": "wxsync lock files: both sides' uploads are kept",
        "merge.wxsync.driver": f"{command} lock merge %O %A %B",
    }


def _configure_git(folder: Path) -> str:
    repository = open_repository(folder, os.environ)
    try:
        if repository:
            repository.configure(merge_driver())
            return text("told git how to merge lock files (in this clone's configuration)")
    except GitFailed as error:
        return error.message
    return text("not in a git repository: run `wxsync init` again after `git init`, to merge lock files by themselves")
