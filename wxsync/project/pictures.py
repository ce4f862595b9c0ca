"""Says for each place where a document points at a picture which url belongs there, or what stands against it."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from msgspec import Struct

from wxsync.links.link import Dialect, Form, Link
from wxsync.links.target import (
    as_target,
    is_absolute,
    is_of_one_machine,
    local_paths,
    looks_like_a_picture,
    machine_path,
)
from wxsync.model import Asset, MaterialType, Problem, Severity
from wxsync.near import did_you_mean, near_names
from wxsync.project.catalog import Catalog, not_uploaded
from wxsync.words import Text, listing, text

# Article bodies accept no url but that of an article image, so it goes first.
_PICTURES = (MaterialType.ARTICLE_IMAGE, MaterialType.IMAGE)
_COVERS = (*_PICTURES, MaterialType.THUMB)
_PLAYED = (MaterialType.VOICE, MaterialType.VIDEO)
_PLAYED_SUFFIXES = (".mp4", ".mov", ".m4v", ".webm", ".avi", ".mkv", ".mp3", ".wav", ".m4a", ".amr", ".wma", ".ogg")

_LONGEST_SHOWN = 200
# Each near name is compared with all pictures; whoever has so many slips has one cause for them.
_MOST_NEAR = 100


class Found(Struct, frozen=True):
    """The url that belongs in the place of a link, the type that has it, and what is to be said of the link."""

    url: str | None = None
    type: MaterialType | None = None
    problem: Problem | None = None


class Folder(Struct, frozen=True):
    """Represents the folder of a document; `absolute_root` is where an editor begins paths that begin with `/`."""

    path: Path
    absolute_root: str | None = None


@dataclass(slots=True)
class Pictures:
    """Knows the materials of a manifest by their paths, as far as documents may point at them."""

    catalog: Catalog
    root: Path = field(init=False)
    _by_path: dict[str, list[Asset]] = field(init=False, default_factory=dict)
    _near: dict[str, tuple[str, ...]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.root = Path(os.path.realpath(self.catalog.project.manifest.root))
        for asset in self.catalog.assets:
            self._by_path.setdefault(asset.path, []).append(asset)

    def find(self, link: Link, folder: Folder) -> Found:
        """Look up what a link of a document in some folder points at."""
        if link.dialect is Dialect.EMBED:
            return self._embedded(link, folder)
        if is_of_one_machine(link.target) or self._is_below_root(link.target):
            wanted = link.is_image or looks_like_a_picture(link.target)
            return Found(problem=self._of_one_machine(link.target, folder)) if wanted else Found()
        if link.dialect and not link.dialect.is_certain:
            return self._misspelled(link, folder)
        if is_absolute(link.target):
            return self._absolute(link.target, folder) if link.is_image else Found()
        return self._beside(link, folder)

    def _beside(self, link: Link, folder: Folder) -> Found:
        below = [self._below_root(folder, path) for path in local_paths(link.target)]
        for path in below:
            found = self._at(path, link, folder) if path else None
            if found:
                return found
        if not below or not link.is_image:
            return Found()
        return Found(problem=self._no_picture(below[0], link.target, folder) if below[0] else _outside(link.target))

    def _at(self, path: str, link: Link, folder: Folder) -> Found | None:
        """Give what is said of a path of the manifest, or None where no picture has it."""
        assets = self._by_path.get(path, [])
        kinds = _COVERS if link.form is Form.SCALAR else _PICTURES
        kind = next((kind for kind in kinds if any(asset.type is kind for asset in assets)), None)
        if not kind:
            return None
        named = [asset for asset in assets if asset.type is kind]
        held = [record for asset in named if (record := self.catalog.records.get(asset.name))]
        if not held:
            return Found(problem=not_uploaded(self.catalog, named[0]))
        if not held[0].url:
            return Found(problem=_without_url(named[0]))
        return Found(held[0].url, kind, self._spelling(link, path, folder) if link.dialect else None)

    def _embedded(self, link: Link, folder: Folder) -> Found:
        """Look up a name as Obsidian does: beside the document, from the top, else wherever there is but one."""
        target = link.target.replace("\\", "/").removeprefix("./")
        beside = self._below_root(folder, target)
        ends = [path for path in self._paths() if path == target or path.endswith(f"/{target}")]
        several = [beside] if beside in ends else [target] if target in ends else ends
        if len(several) > 1:
            written = [as_target(self._from(folder, path)) for path in several[:3]]
            message = text("{target} may be each of several pictures", target=_shown(target))
            return Found(problem=Problem("ambiguous-embed", message, did_you_mean(written)))
        path = several[0] if several else beside
        if path is None:
            return Found(problem=_outside(target))
        return self._at(path, link, folder) or Found(problem=self._no_picture(path, target, folder))

    def _misspelled(self, link: Link, folder: Folder) -> Found:
        paths = [self._below_root(folder, path) for path in local_paths(link.target)]
        if not paths and not is_absolute(link.target):
            return Found()
        known = next((path for path in paths if path in self._by_path), None)
        same = [] if known else self._same_name(link.target)
        return Found(problem=self._spelling(link, same[0] if len(same) == 1 else known, folder))

    def _spelling(self, link: Link, path: str | None, folder: Folder) -> Problem | None:
        if not link.dialect:
            return None
        target = as_target(self._from(folder, path)) if path else as_target(link.target)
        message, hint = _spelled(link.dialect, _shown(link.target), _shown(target))
        return Problem("not-a-standard", message, hint, Severity.WARNING, path=path)

    def _absolute(self, target: str, folder: Folder) -> Found:
        """Warn of a path from a server's root, which may be one of Typora's from its own."""
        below = target.lstrip("/")
        roots = [Folder(folder.path / folder.absolute_root)] if folder.absolute_root else []
        paths = [self._below_root(one, path) for one in (*roots, Folder(self.root)) for path in local_paths(below)]
        known = next((path for path in paths if path in self._by_path), None)
        hint = text("write the path from the document's folder")
        if known:
            hint = text("write {target}", target=as_target(self._from(folder, known)))
        message = text(
            "{target} is left as it is: only paths relative to the document are rewritten", target=_shown(target)
        )
        return Found(problem=Problem("absolute-path", message, hint, Severity.WARNING))

    def _of_one_machine(self, target: str, folder: Folder) -> Problem:
        path = machine_path(target)
        message = text("{target} is a picture of one machine only, which is not in the lock", target=_shown(target))
        if own := self._relative(path):
            target = as_target(self._from(folder, own))
            hint = text("write {target}, which means the same file on every machine", target=target)
            if own not in self._by_path:
                hint = text("add {path} to the manifest and write {target}", path=own, target=target)
            return Problem("one-machine", message, hint, path=own)
        same = [known for known in self._paths() if f"/{path}".endswith(f"/{known}")] or self._same_name(path)
        hint = text("copy it below the manifest, add it there, and write its path from the document")
        return Problem("one-machine", message, self._meant(same, folder) if same else hint)

    def _no_picture(self, path: str, written: str, folder: Folder) -> Problem:
        shown = _shown(written)
        assets = self._by_path.get(path, [])
        if assets:
            types = listing(sorted(asset.type for asset in assets), last="and")
            message = text("{path} is in the manifest only as {types}", path=shown, types=types)
            played = all(asset.type in _PLAYED for asset in assets)
            return Problem("not-a-picture", message, _PLAYED_HINT if played else _OTHER_TYPE_HINT, path=path)
        message = text("{path} is not in the manifest", path=shown)
        if path.lower().endswith(_PLAYED_SUFFIXES):
            return Problem("not-a-picture", message, _PLAYED_HINT, path=path)
        if "\\" in path:
            return Problem("unknown-image", message, text("write forward slashes"), path=path)
        near = self._near_paths(path)
        form = unicodedata.normalize("NFC", path)
        if near and unicodedata.normalize("NFC", near[0]) == form:
            target = as_target(self._from(folder, near[0]))
            hint = text("the file's name has another Unicode form (NFC or NFD): write {target}", target=target)
            return Problem("unknown-image", message, hint, path=path)
        hint = text("add it to the manifest as article_image or image and run apply")
        return Problem("unknown-image", message, self._meant(near, folder) if near else hint, path=path)

    def _meant(self, paths: Sequence[str], folder: Folder) -> Text:
        return did_you_mean(as_target(self._from(folder, path)) for path in paths[:3])

    def _near_paths(self, path: str) -> tuple[str, ...]:
        if path not in self._near:
            if len(self._near) >= _MOST_NEAR:
                return ()
            same = [*near_names(path, self._paths(), alike=1), *self._same_name(path)]
            self._near[path] = tuple(dict.fromkeys(same or near_names(path, self._paths())))[:3]
        return self._near[path]

    def _same_name(self, path: str) -> list[str]:
        name = PurePosixPath(path).name
        return [known for known in self._paths() if PurePosixPath(known).name == name]

    def _paths(self) -> Iterable[str]:
        return (path for path, named in self._by_path.items() if any(asset.type in _PICTURES for asset in named))

    def _from(self, folder: Folder, path: str) -> str:
        """Give a path of the manifest as a document in a folder would write it."""
        return Path(os.path.relpath(self.root / path, os.path.realpath(folder.path))).as_posix()

    def _below_root(self, folder: Folder, path: str) -> str | None:
        return self._relative(os.path.join(os.path.realpath(folder.path), path))  # noqa: PTH118 - not yet a path

    def _relative(self, path: str) -> str | None:
        if "\0" in path:
            return None
        named = Path(os.path.normpath(path))
        return named.relative_to(self.root).as_posix() if named.is_relative_to(self.root) else None

    def _is_below_root(self, target: str) -> bool:
        return is_absolute(target) and self._relative(target) is not None


def _spelled(dialect: Dialect, written: str, target: str) -> tuple[Text, Text]:
    """Say why the standards see no picture there, and how it is to be written."""
    return {
        Dialect.EMBED: (
            text("only Obsidian takes {written} for a picture; it is rendered all the same", written=written),
            text("write ![]({target}) for every other program", target=target),
        ),
        Dialect.SIZE: (
            text("a size behind {written} makes it text in Markdown; it is rendered all the same", written=written),
            text('write <img src="{target}" width="…"> for every other program', target=target),
        ),
        Dialect.SPACES: (
            text("spaces in {written} make it text in Markdown; it is rendered all the same", written=written),
            text("write ![]({target}), or put the path in angle brackets", target=target),
        ),
        Dialect.FULL_WIDTH: (
            text("full-width signs around {written} make it text in Markdown", written=written),
            text("write ![]({target}) with half-width signs", target=target),
        ),
        Dialect.LAZY: (
            text("{written} stands where only a script looks for it, so it is left as it is", written=written),
            text('write src="{target}"', target=target),
        ),
        Dialect.TAG: (
            text("{written} stands in a tag of a site generator, so it is left as it is", written=written),
            text("write ![]({target})", target=target),
        ),
        Dialect.IN_HTML: (
            text("{written} stands in a block of HTML, where Markdown is text", written=written),
            text('put an empty line before and after it, or write <img src="{target}">', target=target),
        ),
    }[dialect]


_PLAYED_HINT = text("an article shows voices and videos by their media_id, never by a url in a picture's place")
_OTHER_TYPE_HINT = text("add it as article_image too, with a name, and run apply")


def _outside(target: str) -> Problem:
    message = text("{target} lies outside the manifest's folder", target=_shown(target))
    return Problem("outside", message, text("keep pictures below the manifest, and name them there"))


def _without_url(asset: Asset) -> Problem:
    message = text("{name} has no url in the lock", name=asset.name)
    return Problem("no-url", message, text("run apply --replace"), name=asset.name)


def _shown(target: str) -> str:
    return target if len(target) <= _LONGEST_SHOWN else f"{target[: _LONGEST_SHOWN // 2]}…{target[-40:]}"
