"""Prepares a folder: a manifest of the media that lie there, and git's ways with the lock."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from wxsync.errors import InvalidInput, PersonNeeded
from wxsync.files import write_atomic
from wxsync.git import GitFailed, open_repository
from wxsync.manifest import Tree, manifest_stem
from wxsync.manifest.writing import Draft, block
from wxsync.model import MaterialType, Problem
from wxsync.project.discovery import (
    Sight,
    Surroundings,
    drafts_of,
    embedded_pictures,
    files_named,
    look_around,
    usual_type,
)
from wxsync.schemas import schema_text
from wxsync.words import Text, plural, reason_of, say, text, visible, wrapped

_ATTRIBUTES = "{pattern} merge=wxsync text eol=lf"
_SCHEMA = "manifest.schema.json"
_MOST_TOLD = 50
_INTRODUCTION = text(
    "What this WeChat Official Account (公众号) should hold as permanent materials (永久素材). One account belongs to "
    "one manifest. `wxsync plan` shows what is missing there, `wxsync apply` uploads it, and the lock file beside this "
    "one, which you commit, remembers every media_id and url."
)
_SEVERAL = text("Several accounts? Name them here and choose with -a NAME; secrets come from the environment.")
_ABOUT = text(
    "Told by their bytes, and by the documents that lie here: a picture that one of them shows is `article_image` (a "
    "url for the bodies of articles, and no place in the library). A JPG of at most 64 KiB that is a cover may be "
    "`thumb`: change the type where that is meant."
)
_COLUMNS = 110
_ACCOUNTS = """\
# accounts:
#   prod:    {appid: wx0123456789abcdef}
#   staging: {appid: wxfedcba9876543210}
"""
_EXAMPLE = """\
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


def init(manifest: Path) -> list[Text]:
    """Write what is missing and overwrite nothing; return a line for each thing done or left alone."""
    stem = manifest_stem(manifest)
    if stem is None:
        message = text("{manifest} cannot be a manifest", manifest=str(manifest))
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
        said = [
            *_write_manifest(manifest),
            _add_lines(manifest.with_name(".gitattributes"), _attributes(stem), text("the merge driver of lock files")),
            _add_lines(manifest.with_name(".gitignore"), [f"{stem}.sandbox.lock.json"], text("the sandbox's lock")),
        ]
    except OSError as error:
        raise PersonNeeded(
            text("{parent} cannot be written: {why}", parent=str(manifest.parent), why=reason_of(error))
        ) from None
    return [*said, _configure_git(manifest.parent)]


def _write_manifest(manifest: Path) -> list[Text]:
    if manifest.exists():
        return [text("kept {file}, which was there", file=str(manifest))]
    tree = Tree(manifest.parent)
    around = look_around(tree, manifest.parent)
    embedded = embedded_pictures(tree, manifest.parent)

    def type_of(sight: Sight) -> MaterialType | None:
        is_embedded = sight.path in embedded and sight.fits(MaterialType.ARTICLE_IMAGE)
        return MaterialType.ARTICLE_IMAGE if is_embedded else usual_type(sight)

    drafts = [*drafts_of(around.sights, tree, type_of=type_of)]
    schema = manifest.with_name(_SCHEMA)
    said = []
    # An editor reports a schema that is not there as an error of the manifest.
    if not schema.exists():
        write_atomic(schema, schema_text("manifest").encode())
        said.append(text("wrote {file}, which editors complete the manifest from", file=str(schema)))
    write_atomic(manifest, _manifest(around, drafts).encode())
    count = len({path for draft in drafts for path in files_named(draft, tree)})
    wrote = plural(
        "wrote {file}: {count:,} file of media that lies there is named in it",
        "wrote {file}: {count:,} files of media that lie there are named in it",
        count,
        file=str(manifest),
    )
    return [wrote if count else text("wrote {file}", file=str(manifest)), *said]


def _manifest(around: Surroundings, drafts: Sequence[Draft]) -> str:
    lines = [f"# yaml-language-server: $schema={_SCHEMA}", *_comments([_INTRODUCTION]), "version: 1", ""]
    lines += [*_comments([_SEVERAL]), *_ACCOUNTS.splitlines(), ""]
    left = _left(around)
    if drafts:
        lines += [*_comments([_ABOUT]), "materials:", *block(drafts), *left]
    else:
        lines += [*left, *([""] if left else []), *_EXAMPLE.splitlines()]
    return "\n".join(lines) + "\n"


def _left(around: Surroundings) -> list[str]:
    """Write as comments what only a person can complete, and what WeChat would refuse."""
    films = [sight for sight in around.sights if sight.usual is MaterialType.VIDEO and sight.fits(MaterialType.VIDEO)]
    others = [sight for sight in around.sights if sight.usual is None or not sight.fits(sight.usual)]
    lines: list[str] = []
    if films:
        lines += _comments([text("TODO: a video needs a title: write it, and take the `# ` away.")], indent="  ")
        drafts = (_film(sight) for sight in films[:_MOST_TOLD])
        lines += block(drafts, indent="  ", mark="# ")
    if others:
        lines += _comments([text("Left out:")], indent="  ")
        lines += _comments((_why(sight) for sight in others[:_MOST_TOLD]), indent="  ")
    more = max(0, len(films) - _MOST_TOLD) + max(0, len(others) - _MOST_TOLD)
    if more or not around.is_whole:
        said = text("{count:,} more", count=more) if around.is_whole else text("not all that lies here was looked at")
        lines += _comments([said], indent="  ")
    return lines


def _film(sight: Sight) -> Draft:
    title = PurePosixPath(sight.path).stem
    return Draft(sight.path, MaterialType.VIDEO, title=title, fit=MaterialType.VIDEO in sight.fitted)


def _why(sight: Sight) -> Text:
    kind = sight.usual or MaterialType.IMAGE
    return text("{path}: {message}", path=sight.path, message=sight.refused.get(kind, ""))


def _comments(said: Iterable[str], *, indent: str = "") -> list[str]:
    return [f"{indent}# {line}" for each in said for line in wrapped(visible(say(each)), _COLUMNS)]


def _attributes(stem: str) -> list[str]:
    return [_ATTRIBUTES.format(pattern=pattern) for pattern in (f"{stem}.lock.json", f"{stem}.*.lock.json")]


def _add_lines(file: Path, wanted: Iterable[str], what: str) -> Text:
    """Add lines to a file of git's, which may be there, unless it holds them."""
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    missing = [line for line in wanted if line not in before.splitlines()]
    if not missing:
        return text("kept {file}, which names {what}", file=str(file), what=what)
    gap = "" if not before or before.endswith("\n") else "\n"
    write_atomic(file, (before + gap + "\n".join(missing) + "\n").encode())
    if before:
        return text("added {what} to {file}", what=what, file=str(file))
    return text("wrote {file}, which names {what}", file=str(file), what=what)


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


def _configure_git(folder: Path) -> Text:
    repository = open_repository(folder, os.environ)
    try:
        if repository:
            repository.configure(merge_driver())
            return text("told git how to merge lock files (in this clone's configuration)")
    except GitFailed as error:
        return text("{message}", message=error.message)
    return text("not in a git repository: run `wxsync init` again after `git init`, to merge lock files by themselves")
