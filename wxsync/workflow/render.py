"""Rewrites documents: what points at a picture of the manifest gets the picture's url at WeChat."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path, PurePosixPath

from msgspec.structs import replace

from wxsync.errors import PersonNeeded
from wxsync.files import write_together
from wxsync.links.find import Lines, NotADocument, find_links, read_text
from wxsync.links.front_matter import front_matter_value
from wxsync.links.kinds import kind_of
from wxsync.links.link import Form, Link
from wxsync.links.write import replace_links
from wxsync.model import MaterialType, Problem, Severity
from wxsync.project.catalog import read_catalog
from wxsync.project.folder import Choice
from wxsync.project.pictures import Folder, Pictures
from wxsync.project.survey import refuse_errors
from wxsync.results import Document, Rendered
from wxsync.words import plural, text

_MOST_PROBLEMS = 1_000
_MOST_BYTES = 32 * 1024 * 1024


def render_documents(choice: Choice, files: Iterable[Path], *, keys: Collection[str] = ()) -> Rendered:
    """Rewrite documents and write nothing; raises InvalidInput with every link that cannot be rewritten.

    `keys` are those of front matter that name a picture.
    """
    pictures = Pictures(read_catalog(choice))
    problems, documents = list[Problem](), list[Document]()
    for file in files:
        try:
            rewritten, found = _rewrite(file, read_text(str(file), _read(file)), pictures, keys)
        except (NotADocument, OSError) as error:
            problems.append(_unreadable(file, error))
            continue
        documents.append(Document(file, rewritten))
        problems += found
    refuse_errors(problems)
    return Rendered(pictures.catalog.project.manifest.root, tuple(documents), tuple(problems))


def write_documents(rendered: Rendered, out: Path) -> list[Path]:
    """Write all documents below a folder, or none, and return their paths; a single one may go to a file of its kind.

    A document keeps the path by which it was named; one named by an absolute path, or by one that leads upwards, has
    its path below the manifest's folder there, or else only its own name. Raises InvalidInput where two would have one
    name, a source would be overwritten, or a link leads out of the folder; PersonNeeded where the disk refuses.
    """
    if len(rendered.documents) == 1 and _is_file_for(rendered.documents[0], out):
        targets, folder = {rendered.documents[0]: out}, out.parent
    else:
        targets = {document: out / _name_below(document.file, rendered.root) for document in rendered.documents}
        folder = out
    refuse_errors([*_twins(targets), *_harmful(targets, folder)])
    try:
        for target in targets.values():
            target.parent.mkdir(parents=True, exist_ok=True)
        write_together({target: document.text.encode() for document, target in targets.items()})
    except OSError as error:
        file = error.filename or str(folder)
        raise PersonNeeded(text("{file} cannot be written: {reason}", file=file, reason=error.strerror)) from None
    return list(targets.values())


def _is_file_for(document: Document, out: Path) -> bool:
    return kind_of(out.name) is not None and kind_of(out.name) == kind_of(document.file.name) and not out.is_dir()


def _read(file: Path) -> bytes:
    # Neither a device nor a pipe without end is a document.
    if file.exists() and not file.is_file():
        raise NotADocument(text("{file} is not a file", file=str(file)))
    with file.open("rb") as opened:
        content = opened.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise NotADocument(text("{file} is larger than {size} MiB", file=str(file), size=_MOST_BYTES // 1024**2))
    return content


def _rewrite(file: Path, written: str, pictures: Pictures, keys: Collection[str]) -> tuple[str, list[Problem]]:
    urls, problems, images, left_out = dict[Link, str](), list[Problem](), list[Link](), 0
    lines = Lines(written)
    folder = Folder(file.parent, front_matter_value(written, "typora-root-url"))
    for link in find_links(str(file), written, dialects=True, keys=keys):
        found = pictures.find(link, folder)
        if found.url:
            urls[link] = found.url
            if found.type is MaterialType.IMAGE and link.form is not Form.SCALAR:
                images.append(link)
        if found.problem and len(problems) < _MOST_PROBLEMS:
            problems.append(_placed(found.problem, link, file, lines))
        elif found.problem:
            left_out += 1
    if images:
        problems.append(_placed(_urls_of_images(len(images)), images[0], file, lines))
    if left_out:
        problems.append(_more(file, left_out))
    return replace_links(written, urls), problems


def _placed(problem: Problem, link: Link, file: Path, lines: Lines) -> Problem:
    location, line = lines.location_of(link, shown_as=str(file))
    return replace(problem, location=location, excerpt=line)


def _urls_of_images(count: int) -> Problem:
    message = plural(
        "{count:,} picture is at WeChat as image only, whose url is not meant for an article's body",
        "{count:,} pictures are at WeChat as image only, whose urls are not meant for an article's body",
        count,
    )
    hint = text("add what goes into articles as article_image, and run apply")
    return Problem("image-url", message, hint, Severity.WARNING)


def _more(file: Path, count: int) -> Problem:
    message = plural("{file} has {count:,} more problem", "{file} has {count:,} more problems", count, file=str(file))
    return Problem("more-problems", message, text("mend those above first"), path=str(file))


def _unreadable(file: Path, error: Exception) -> Problem:
    if isinstance(error, OSError):
        message = text("{file} cannot be read: {reason}", file=str(file), reason=error.strerror)
        return Problem("unreadable", message, text("name a Markdown or HTML document"), path=str(file))
    return Problem("not-a-document", error.args[0], text("name a Markdown or HTML document in UTF-8"), path=str(file))


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
            message = text(
                "{first} and {second} would both be written to {target}",
                first=str(first.file),
                second=str(document.file),
                target=str(target),
            )
            hint = text("render them one after the other into two folders")
            yield Problem("same-name", message, hint, path=str(target))


def _harmful(targets: Mapping[Document, Path], folder: Path) -> Iterable[Problem]:
    sources = {os.path.realpath(document.file) for document in targets}
    elsewhere = text("choose another place with -o")
    for target in targets.values():
        shown = str(target)
        if os.path.realpath(target) in sources:
            message = text("{target} is a source, and would be overwritten", target=shown)
            yield Problem("overwrites-source", message, elsewhere, path=shown)
        elif target.is_dir():
            yield Problem("is-a-folder", text("{target} is a folder", target=shown), elsewhere, path=shown)
        elif not Path(os.path.realpath(target.parent)).is_relative_to(os.path.realpath(folder)):
            message = text("{target} leads out of {folder}", target=shown, folder=str(folder))
            yield Problem("outside", message, text("take the link away, or choose another place with -o"), path=shown)
