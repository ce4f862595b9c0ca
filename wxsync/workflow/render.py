"""Rewrites documents: what points at a picture of the manifest gets the picture's url at WeChat."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from wxsync.errors import PersonNeeded
from wxsync.files import write_together
from wxsync.links import Lines, Link, NotADocument, find_links, is_absolute, local_path, read_text, replace_links
from wxsync.model import Asset, MaterialType, Problem, Severity
from wxsync.near import did_you_mean, near_names
from wxsync.project.catalog import Catalog, not_uploaded, read_catalog
from wxsync.project.folder import Choice
from wxsync.project.survey import refuse_errors
from wxsync.results import Document, Rendered
from wxsync.words import text

# Article bodies accept no url but that of an article image, so it goes first.
_PICTURES = (MaterialType.ARTICLE_IMAGE, MaterialType.IMAGE)


def render_documents(choice: Choice, files: Iterable[Path]) -> Rendered:
    """Rewrites documents and writes nothing; raises InvalidInput with every link that cannot be rewritten."""
    pictures = _Pictures(read_catalog(choice))
    problems, documents = list[Problem](), list[Document]()
    for file in files:
        try:
            rewritten, found = _rewrite(file, read_text(file.name, file.read_bytes()), pictures)
        except (NotADocument, OSError) as error:
            problems.append(_unreadable(file, error))
            continue
        documents.append(Document(file, rewritten))
        problems += found
    refuse_errors(problems)
    return Rendered(pictures.root, tuple(documents), tuple(problems))


def write_documents(rendered: Rendered, folder: Path) -> list[Path]:
    """Writes all documents below a folder, or none, and gives their paths.

    A document keeps the path by which it was named; one named by an absolute path, or by one that leads upwards, has
    its path below the manifest's folder there, or else only its own name. Raises InvalidInput where two would have one
    name, a source would be overwritten, or a link leads out of the folder; PersonNeeded where the disk refuses.
    """
    targets = {document: folder / _name_below(document.file, rendered.root) for document in rendered.documents}
    refuse_errors([*_twins(targets), *_harmful(targets, folder)])
    try:
        for target in targets.values():
            target.parent.mkdir(parents=True, exist_ok=True)
        write_together({target: document.text.encode() for document, target in targets.items()})
    except OSError as error:
        raise PersonNeeded(f"{error.filename or folder} cannot be written: {error.strerror}") from None
    return list(targets.values())


class _Pictures:
    """Knows the manifest's pictures by their paths."""

    def __init__(self, catalog: Catalog) -> None:
        self.root = catalog.project.manifest.root
        self._real_root = Path(os.path.realpath(self.root))
        self._records = catalog.records
        self._by_path: dict[str, list[Asset]] = {}
        for asset in catalog.assets:
            self._by_path.setdefault(asset.path, []).append(asset)

    def url(self, link: Link, folder: Path) -> str | Problem | None:
        """Gives what a link in a folder's document is to say, what stands against it, or None where it stays."""
        path = local_path(link.target)
        if path is None:
            return _absolute(link.target) if link.is_image and is_absolute(link.target) else None
        below = self._below_root(folder, path)
        assets = self._by_path.get(below or "", [])
        pictures = [asset for kind in _PICTURES for asset in assets if asset.type is kind]
        if pictures:
            return self._url([asset for asset in pictures if asset.type is pictures[0].type])
        if not link.is_image:
            return None
        return _outside(link.target) if below is None else self._no_picture(below, link.target, assets)

    def _below_root(self, folder: Path, path: str) -> str | None:
        named = Path(os.path.normpath(os.path.join(os.path.realpath(folder), path)))  # noqa: PTH118 - not yet a path
        return named.relative_to(self._real_root).as_posix() if named.is_relative_to(self._real_root) else None

    def _url(self, assets: Sequence[Asset]) -> str | Problem:
        held = [record for asset in assets if (record := self._records.get(asset.name))]
        if not held:
            return not_uploaded(assets[0])
        name = assets[0].name
        return held[0].url or Problem("no-url", f"{name} has no url in the lock", "run apply --replace", name=name)

    def _no_picture(self, path: str, written: str, assets: Sequence[Asset]) -> Problem:
        if assets:
            message = f"{path} is in the manifest only as {' and '.join(sorted(asset.type for asset in assets))}"
            return Problem("not-a-picture", message, "add it as article_image or image too, with a name, and run apply")
        if "\\" in path:
            return Problem("unknown-image", f"{written} is not in the manifest", "write forward slashes", path=path)
        known = (one for one, named in self._by_path.items() if any(asset.type in _PICTURES for asset in named))
        near = near_names(path, known)
        hint = did_you_mean(near) if near else text("add it to the manifest as article_image or image and run apply")
        return Problem("unknown-image", text("{path} is not in the manifest", path=written), hint, path=path)


def _rewrite(file: Path, text: str, pictures: _Pictures) -> tuple[str, list[Problem]]:
    urls, problems, lines = dict[Link, str](), list[Problem](), Lines(text)
    for link in find_links(file.name, text):
        found = pictures.url(link, file.parent)
        if isinstance(found, Problem):
            place, line = lines.location_of(link, shown_as=str(file))
            problems.append(replace(found, location=place, excerpt=line))
        elif found:
            urls[link] = found
    return replace_links(text, urls), problems


def _outside(target: str) -> Problem:
    message = f"{target} lies outside the manifest's folder"
    return Problem("outside", message, "keep pictures below the manifest, and name them there")


def _absolute(target: str) -> Problem:
    message = f"{target} is left as it is: only paths relative to the document are rewritten"
    return Problem("absolute-path", message, "write the path from the document's folder", Severity.WARNING)


def _unreadable(file: Path, error: Exception) -> Problem:
    if isinstance(error, OSError):
        message = f"{file} cannot be read: {error.strerror}"
        return Problem("unreadable", message, "name a Markdown or HTML document", path=str(file))
    return Problem("not-a-document", f"{file} {error}", "name a Markdown or HTML document in UTF-8", path=str(file))


def _name_below(file: Path, root: Path) -> PurePosixPath:
    plain = Path(os.path.normpath(file))
    if not plain.is_absolute() and ".." not in plain.parts:
        return PurePosixPath(plain.as_posix())
    real, below = Path(os.path.realpath(file.parent)) / file.name, Path(os.path.realpath(root))
    return PurePosixPath(real.relative_to(below).as_posix() if real.is_relative_to(below) else file.name)


def _twins(targets: Mapping[Document, Path]) -> Iterable[Problem]:
    seen: dict[str, Document] = {}
    for document, target in targets.items():
        first = seen.setdefault(os.path.normcase(target), document)
        if first is not document:
            message = f"{first.file} and {document.file} would both be written to {target}"
            yield Problem("same-name", message, "render them one after the other into two folders", path=str(target))


def _harmful(targets: Mapping[Document, Path], folder: Path) -> Iterable[Problem]:
    sources = {os.path.realpath(document.file) for document in targets}
    for target in targets.values():
        if os.path.realpath(target) in sources:
            message = f"{target} is a source, and would be overwritten"
            yield Problem("overwrites-source", message, "choose another folder with -o", path=str(target))
        elif target.is_dir():
            yield Problem("is-a-folder", f"{target} is a folder", "choose another folder with -o", path=str(target))
        elif not Path(os.path.realpath(target.parent)).is_relative_to(os.path.realpath(folder)):
            message = f"{target} leads out of {folder}"
            yield Problem("outside", message, "take the link away, or choose another folder with -o", path=str(target))
