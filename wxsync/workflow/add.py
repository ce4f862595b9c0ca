"""Appends entries to a manifest, told by the bytes of the files, and refuses what would break it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath

from msgspec import Struct

from wxsync.errors import InvalidInput, PersonNeeded
from wxsync.files import write_atomic
from wxsync.manifest import PathKind, TooMuchWork, Tree, files_of, is_glob, read_manifest
from wxsync.manifest.appending import append_entries
from wxsync.manifest.writing import Draft
from wxsync.model import Manifest, MaterialType, Problem
from wxsync.project.discovery import Sight, drafts_of, files_named, look_around, look_at
from wxsync.project.folder import Choice
from wxsync.project.survey import refuse_errors
from wxsync.results import Added
from wxsync.words import Text, listing, reason_of, text


class AddOptions(Struct, frozen=True):
    """What is said of all that is added; without a type it is told by the bytes."""

    type: MaterialType | None = None
    name: str = ""
    title: str = ""
    introduction: str = ""


def add(choice: Choice, paths: Iterable[Path], options: AddOptions) -> Added:
    """Append an entry for each path, a file, a folder or a glob; raises InvalidInput, and then nothing is written."""
    file = choice.manifest
    try:
        content = file.read_bytes() if file.is_file() and not file.is_symlink() else None
    except OSError as error:
        raise PersonNeeded(text("{file} cannot be read: {why}", file=str(file), why=reason_of(error))) from None
    tree = Tree(file.parent)
    manifest, problems = read_manifest(file, tree=tree, content=content)
    refuse_errors(problems)
    drafts, known = list[Draft](), list[str]()
    for path in paths:
        for draft in _drafts(path, manifest, tree, options):
            is_known = _is_named(draft, manifest, tree) or draft in drafts
            known += [draft.path] if is_known else []
            drafts += [] if is_known else [draft]
    if drafts and content is not None:
        _write(file, append_entries(content, drafts))
    return Added(str(file), tuple((one.path, one.type, one.fit) for one in drafts), tuple(known))


def _write(file: Path, content: bytes) -> None:
    _, problems = read_manifest(file, content=content)
    refuse_errors(problems)
    try:
        write_atomic(file, content)
    except OSError as error:
        raise PersonNeeded(text("{file} cannot be written: {why}", file=str(file), why=reason_of(error))) from None


def _drafts(given: Path, manifest: Manifest, tree: Tree, options: AddOptions) -> list[Draft]:
    path = _below(given, manifest.root)
    kind = tree.kind(path) if path else PathKind.FOLDER
    if kind is PathKind.FOLDER:
        return _folder(path, manifest, tree, options)
    if kind is not PathKind.FILE and is_glob(path):
        return [_glob(path, _met(path, manifest, tree), options)]
    return [_one(path, _seen(path, manifest), options)]


def _folder(path: str, manifest: Manifest, tree: Tree, options: AddOptions) -> list[Draft]:
    """Draft entries for the media of a folder; those that do not fit the type that was asked for are left out."""
    sights = look_around(tree, manifest.root, below=path).sights
    _refuse_names(path, options)

    def type_of(sight: Sight) -> MaterialType | None:
        if options.type:
            return options.type if sight.fits(options.type) else None
        return _told(sight.path, sight)

    drafts = [*drafts_of(sights, tree, type_of=type_of)]
    if not drafts:
        raise _refused("no-media", text("{path} holds no media that fit", path=path or "."), text("name a file"), path)
    film = next((draft for draft in drafts if draft.type.has_description), None)
    if film:
        raise _untitled(film.path)
    return drafts


def _met(path: str, manifest: Manifest, tree: Tree) -> list[Sight]:
    try:
        met = sorted(found for found, kind in files_of(path, tree).items() if kind is PathKind.FILE)
    except TooMuchWork:
        met = []
    if not met:
        raise _refused(
            "nothing-matches", text("`{path}` matches no file", path=path), text("look at the spelling"), path
        )
    return [_seen(found, manifest) for found in met]


def _glob(path: str, sights: Sequence[Sight], options: AddOptions) -> Draft:
    """Draft one entry for the files of a glob, which must all be of one type."""
    if options.name:
        _refuse_names(path, options)
    drafts = [_one(sight.path, sight, options) for sight in sights]
    kinds = {draft.type for draft in drafts}
    if len(kinds) > 1:
        raise _ambiguous(path, sorted(kinds, key=[*MaterialType].index))
    fit = any(draft.fit for draft in drafts)
    return Draft(path, kinds.pop(), title=options.title, introduction=options.introduction, fit=fit)


def _refuse_names(path: str, options: AddOptions) -> None:
    for option, value in (("--name", options.name), ("--title", options.title)):
        if value:
            message = text("{path} is more than one file, and {option} is for one", path=path or ".", option=option)
            raise _refused("one-file-only", message, text("add the file alone"), path)


def _seen(path: str, manifest: Manifest) -> Sight:
    try:
        sight = look_at(manifest.root, path)
    except OSError as error:
        message = text("{path} cannot be read: {why}", path=path, why=reason_of(error))
        hint = text("name a file in the manifest's folder, which is {folder}", folder=str(manifest.root))
        raise _refused("unreadable", message, hint, path) from None
    if sight is None:
        message = text("{path} is no picture, sound or film that WeChat knows", path=path)
        raise _refused("not-media", message, text("name a picture, a voice or a video"), path)
    return sight


def _one(path: str, sight: Sight, options: AddOptions) -> Draft:
    kind = options.type or _told(path, sight)
    if not sight.fits(kind):
        message = text("{path}: {message}", path=path, message=sight.refused[kind])
        others = [other for other in MaterialType if sight.fits(other)]
        hint = text("WeChat would refuse it; convert it first")
        if others:
            hint = text("it can be {types}", types=listing([other.value for other in others], last="or"))
        raise _refused("refused", message, hint, path)
    if kind.has_description and not options.title:
        raise _untitled(path)
    if options.title and not kind.has_description:
        message = text("{path} is of type {type}, which has no title", path=path, type=kind.value)
        raise _refused("title-without-video", message, text("leave --title out"), path)
    return Draft(path, kind, options.name, options.title, options.introduction, fit=kind in sight.fitted)


def _told(path: str, sight: Sight) -> MaterialType:
    """Tell the type by the bytes, where only one takes them."""
    kinds = [kind for kind in MaterialType if kind in (sight.taken or sight.fitted)]
    if len(kinds) == 1:
        return kinds[0]
    if kinds:
        raise _ambiguous(path, kinds)
    return sight.usual or MaterialType.IMAGE


def _untitled(path: str) -> InvalidInput:
    message = text("{path} is a video, which needs a title", path=path)
    return _refused("missing-title", message, text("add the file with --title TITLE"), path)


def _ambiguous(path: str, kinds: Sequence[MaterialType]) -> InvalidInput:
    names = listing([kind.value for kind in kinds], last="or")
    message = text("{path} can be {types}", path=path or ".", types=names)
    return _refused("which-type", message, text("choose with --type {type}", type=kinds[0].value), path)


def _is_named(draft: Draft, manifest: Manifest, tree: Tree) -> bool:
    """Tell whether the manifest names these files with this type already, and nothing else is wanted of them."""
    if draft.name:
        return False
    named = {asset.path for asset in manifest.assets if asset.type is draft.type}
    return files_named(draft, tree) <= named


def _below(given: Path, root: Path) -> str:
    """Give a path, as it was written where the command was run, as the manifest writes it."""
    real = Path(os.path.realpath(root))
    path = PurePath(os.path.normpath(Path(os.path.realpath(given.parent)) / given.name))
    if given.name in {"", "..", "."}:
        path = Path(os.path.realpath(given))
    if not path.is_relative_to(real):
        message = text("{path} lies outside the manifest's folder {folder}", path=str(given), folder=str(root))
        hint = text("nothing outside it is read: move the file there")
        raise _refused("path-outside", message, hint, str(given))
    below = path.relative_to(real).as_posix()
    return "" if below == "." else below


def _refused(code: str, message: Text, hint: Text, path: str) -> InvalidInput:
    return InvalidInput([Problem(code, message, hint, path=path)])
