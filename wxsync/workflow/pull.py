"""Downloads an existing library into a new folder, with a manifest and a lock."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from msgspec import Struct

from wxsync import STATE_FOLDER
from wxsync.errors import Halted, InvalidInput, PersonNeeded, Refused
from wxsync.files import only_run, own_folder, state_folder, write_atomic
from wxsync.lockfile import write_lock
from wxsync.manifest.source import is_blank, without_unseen
from wxsync.manifest.writing import render_manifest
from wxsync.media import Format, Media, probe
from wxsync.model import Asset, Desired, Fingerprint, Location, Lock, Material, MaterialType, Problem, Record
from wxsync.planner.filing import file_name
from wxsync.planner.naming import tag_in
from wxsync.project.folder import Choice, Project, lock_name, open_project
from wxsync.project.survey import refuse_errors
from wxsync.reconcile.capacity import count, refuse_what_today_has_not
from wxsync.reconcile.giving import Giving, NotGiven
from wxsync.reconcile.look import pages_of
from wxsync.reconcile.refresh import announce_listing
from wxsync.reconcile.remote import open_remote
from wxsync.reconcile.watcher import Watcher
from wxsync.results import LeftOut, Pulled
from wxsync.wechat.answers import FileContent, VideoDetails
from wxsync.wechat.client import WeChat
from wxsync.wechat.interface import PAGE_SIZE
from wxsync.words import Text, casefolded, human_size, reason_of, text
from wxsync.workflow.import_one import Checked, record_of
from wxsync.workflow.pull_state import PullState

_STEM = "materials"
_VID = re.compile(r"[?&]vid=([A-Za-z0-9_]{1,40})(?:[&#]|$)")
_NO_MEDIA = frozenset({Format.EMPTY, Format.TEXT, Format.HTML, Format.JSON, Format.XML, Format.LFS_POINTER,
                       Format.PDF, Format.ZIP, Format.GZIP, Format.UNKNOWN})  # fmt: skip


def pull(choice: Choice, folder: Path, watcher: Watcher) -> Pulled:
    """Download what can be had of a library; a pull that was cut off is taken up where it was.

    Needs no manifest but where an account of one is chosen. Raises InvalidInput where the folder holds anything else,
    CallFailed where WeChat stops, and then all that was downloaded is kept.
    """
    project = open_project(choice)
    if os.path.lexists(choice.manifest):
        refuse_errors(project.problems)
    with (
        open_remote(choice, project, jobs=1, watcher=watcher) as remote,
        _destination(folder, account=project.appid or "") as progress,
    ):
        _list(remote, progress, watcher)
        left_out = _download(remote, progress, folder, watcher)
        _finish(folder, project, progress)
    return _pulled(folder, progress, left_out)


class _Body(Struct, frozen=True):
    """What WeChat gave of a material."""

    content: bytes
    media: Media
    title: str = ""
    introduction: str = ""


class _Undownloadable(Exception):
    """Why a material cannot be brought, and whether that was WeChat's no."""

    def __init__(self, why: str, *, refused: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.refused = refused


@contextmanager
def _destination(folder: Path, *, account: str) -> Iterator[PullState]:
    state = folder / STATE_FOLDER / "pull.jsonl"
    try:
        if folder.exists() and not state.exists() and (not folder.is_dir() or _others(folder)):
            hint = text("name a folder that is new or empty, or that of a pull that was cut off")
            message = text("{folder} exists already and holds something else", folder=str(folder))
            raise InvalidInput([Problem("not-empty", message, hint)])
        folder.mkdir(parents=True, exist_ok=True)
        with only_run(state_folder(folder), "wxsync pull"):
            progress = PullState.resume(state, account=account)
            yield progress
            state.unlink()
    except OSError as error:
        message = text("{path} cannot be written: {why}", path=str(error.filename or folder), why=reason_of(error))
        raise PersonNeeded(message, hint=text("what was downloaded is kept: mend it, then run pull again")) from None


def _others(folder: Path) -> bool:
    return any(entry.name != STATE_FOLDER for entry in folder.iterdir())


def _list(remote: WeChat, progress: PullState, watcher: Watcher) -> None:
    if not progress.listed:
        announce_listing("pull", count(remote, watcher.says) or {}, watcher.says)
    for kind in MaterialType.shelves():
        # A page again: since the last run some may have been deleted, and all behind them moved up.
        offset = max(0, len(progress.listed.get(kind, ())) - PAGE_SIZE)
        for page in pages_of(remote, kind, start=offset) if kind not in progress.complete else ():
            progress.page(kind, page)
        progress.ended(kind)


def _download(remote: WeChat, progress: PullState, folder: Path, watcher: Watcher) -> list[LeftOut]:
    materials = [one for kind in MaterialType.shelves() for one in progress.listed.get(kind, {}).values()]
    taken = _taken(progress.kept.values())
    left_out: list[LeftOut] = []
    giving = Giving(remote, next(iter(progress.kept), None))
    there = sum((folder / record.path).exists() for record in progress.kept.values())
    refuse_what_today_has_not(remote, len(materials) - there, watcher.says)
    for number, material in enumerate(materials, start=1):
        record = progress.kept.get(material.media_id)
        if record and (folder / record.path).exists():
            continue
        try:
            body = _body(giving, material)
        except _Undownloadable as error:
            left_out.append(LeftOut(material.media_id, material.type, material.name, error.why, error.refused))
            continue
        except Halted:
            watcher.says(
                text(
                    "{done:,} of {count:,} are looked through; the next pull goes on from here",
                    done=number - 1,
                    count=len(materials),
                )
            )
            raise
        record = _record(material, body, progress.account or "", taken, path=record.path if record else None)
        progress.keep(record)
        file = folder / record.path
        if not own_folder(file.parent):
            file.parent.mkdir(exist_ok=True)
        write_atomic(file, body.content)
        watcher.says(f"[{number:,}/{len(materials):,}] {record.path} ({human_size(record.size)})")
    return left_out


def _body(giving: Giving, material: Material) -> _Body:
    try:
        found = giving.get(material.media_id)
    except Refused as error:
        raise _Undownloadable(error.message, refused=True) from None
    except NotGiven as never:
        raise _Undownloadable(never.error.message, refused=True) from None
    is_video = material.type is MaterialType.VIDEO
    if isinstance(found, FileContent) and not is_video:
        return _Body(found.content, _sound(found.content))
    if isinstance(found, VideoDetails) and is_video:
        return _video(giving.remote, found)
    raise _Undownloadable(text("WeChat lists it as {type} and gives something else", type=material.type.value))


def _video(remote: WeChat, details: VideoDetails) -> _Body:
    if is_blank(details.title):
        raise _Undownloadable(text("it has no title, and a manifest needs one"))
    content = remote.download(details.down_url) if details.down_url else None
    if not content:
        why = text("its address gives nothing that can be downloaded: save it from mp.weixin.qq.com")
        raise _Undownloadable(why)
    media = probe(content)
    if media.format is Format.HTML:
        raise _Undownloadable(_is_a_page(details.down_url or ""))
    title, introduction = without_unseen(_text(details.title)), _text(details.introduction)
    return _Body(content, _sound(content), title, introduction)


def _is_a_page(url: str) -> Text:
    vid = _VID.search(url)
    if vid is None:
        return text("its address is a web page and not a file: save it from mp.weixin.qq.com")
    return text("its address is a web page ({vid}) and not a file: save it from mp.weixin.qq.com", vid=vid[1])


def _sound(content: bytes) -> Media:
    media = probe(content)
    if media.format in _NO_MEDIA:
        raise _Undownloadable(text("what was downloaded is not media but {format}", format=media.format.upper()))
    return media


def _text(said: str) -> str:
    return said.encode(errors="replace").decode()  # JSON can hold half of a surrogate pair


def _record(
    material: Material, body: _Body, account: str, taken: Mapping[str, set[str]], *, path: str | None
) -> Record:
    sha256 = hashlib.sha256(body.content).hexdigest()
    kind = _kind(material, sha256, account)
    path = path or _path(kind.folder, body.title or without_unseen(_text(material.name)), body.media.extension, taken)
    asset = Asset(path, path, kind, Location("", 0, 0), body.title, body.introduction)
    checked = Checked(_text(material.name) if kind is not MaterialType.VIDEO else None)
    wanted = Desired(asset, sha256, body.media.size)
    return record_of(wanted, material.media_id, account, checked=checked, listed=material)


def _kind(material: Material, sha256: str, account: str) -> MaterialType:
    """Tell a thumb from an image, which only our own tag can."""
    is_thumb = tag_in(material.name) == Fingerprint(MaterialType.THUMB, sha256).tag(account)
    return MaterialType.THUMB if is_thumb else material.type


def _taken(records: Iterable[Record]) -> dict[str, set[str]]:
    taken: dict[str, set[str]] = {kind.folder: set() for kind in MaterialType}
    for record in records:
        folder, _, name = record.path.partition("/")
        taken[folder].add(casefolded(name))
    return taken


def _path(folder: str, said: str, extension: str, taken: Mapping[str, set[str]]) -> str:
    name = file_name(said, extension, taken[folder])
    taken[folder].add(casefolded(name))
    return f"{folder}/{name}"


def _finish(folder: Path, project: Project, progress: PullState) -> None:
    records = {record.path: record for record in progress.kept.values()}
    account = project.account
    write_atomic(folder / f"{_STEM}.yaml", render_manifest(_entries(records), account=account).encode())
    lock = Lock(progress.account or "", MappingProxyType(dict(sorted(records.items()))))
    write_lock(folder / lock_name(_STEM, project.label), lock)


def _entries(records: Mapping[str, Record]) -> Iterable[dict[str, str]]:
    """Return a glob for each folder of files, and an entry for each video, which has words of its own."""
    kinds = {record.type for record in records.values()}
    for kind in (MaterialType.IMAGE, MaterialType.THUMB, MaterialType.VOICE):
        if kind in kinds:
            yield {"path": f"{kind.folder}/*", "type": kind.value}
    for path, record in sorted(records.items()):
        if record.type is MaterialType.VIDEO:
            words = {"introduction": record.introduction} if record.introduction else {}
            yield {"path": path, "type": record.type.value, "title": record.title, **words}


def _pulled(folder: Path, progress: PullState, left_out: list[LeftOut]) -> Pulled:
    counts = Counter(record.type for record in progress.kept.values())
    size = sum(record.size for record in progress.kept.values())
    listed = sum(len(materials) for materials in progress.listed.values())
    unseen = max(0, sum(progress.totals.values()) - listed)
    return Pulled(progress.account or "", str(folder / f"{_STEM}.yaml"), counts, size, tuple(left_out), unseen)
