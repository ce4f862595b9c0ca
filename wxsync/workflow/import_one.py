"""Takes materials that already are at WeChat into the lock, without an upload."""

from __future__ import annotations

import hashlib
import re

from msgspec import Struct
from msgspec.structs import replace

from wxsync.errors import CallFailed, InvalidInput, Refused
from wxsync.files import read_inside
from wxsync.media import LIMITS, probe
from wxsync.model import Asset, Desired, Lock, Material, MaterialType, Origin, Problem, Record
from wxsync.planner.naming import tag_in, utc
from wxsync.planner.take import take
from wxsync.project.folder import Choice, Project, open_project
from wxsync.project.ledger import save_lock
from wxsync.project.names import unknown_name
from wxsync.project.reading import digest_of
from wxsync.project.recovery import recover
from wxsync.project.survey import refuse_errors
from wxsync.project.turn import exclusive_run
from wxsync.reconcile.look import NEWEST_PAGES
from wxsync.reconcile.remote import open_remote
from wxsync.reconcile.videos import Source
from wxsync.reconcile.watcher import Watcher
from wxsync.results import Imported
from wxsync.wechat.answers import Article, FileContent, VideoDetails
from wxsync.wechat.client import WeChat
from wxsync.wechat.interface import NO_SUCH_ID
from wxsync.words import reason_of, text

UNWRITTEN = text("nothing was taken: make the folder writable or free some space, then run import again")

_MEDIA_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


class Checked(Struct, frozen=True):
    """A material as WeChat gave it: the name it was sent under, and what is odd about it."""

    sent_as: str | None
    notes: tuple[str, ...] = ()


def import_one(choice: Choice, name: str, media_id: str, watcher: Watcher) -> Imported:
    """Give a name of the manifest a material that is at WeChat; what the name had is retired, or leaves the lock.

    Raises InvalidInput where the name or the id is not known, or where the id is surely of something else.
    """
    project = open_project(choice)
    refuse_errors(project.problems)
    asset = _asset(project, name)
    if not _MEDIA_ID.fullmatch(media_id):
        raise refusal(
            name,
            text("{media_id} cannot be a media_id", media_id=media_id),
            text("a media_id has letters, digits, `-` and `_`"),
        )
    with exclusive_run(project, "import"):
        lock = recover(project, now=utc(watcher.clock())).lock
        wanted = _wanted(project, asset)
        with open_remote(choice, project, jobs=1, watcher=watcher) as remote:
            before = lock or Lock(project.appid or "")
            found, notes = _record(remote, before, wanted, media_id)
        after = take(before, wanted, found, at=utc(watcher.clock()))
        save_lock(project.lock_file, after, before=lock, hint=UNWRITTEN, disk=project.disk)
    held = before.records.get(name)
    return Imported(name, found, held if held != found else None, (*notes, *_of_what_was_there(held, found, after)))


def check(remote: Source, account: str, wanted: Desired, media_id: str) -> Checked:
    """Compare a material at WeChat with the file that shall stand for it.

    Raises InvalidInput where it is not there or of another kind, CallFailed where WeChat does not tell.
    """
    asset = wanted.asset
    try:
        found = remote.get(media_id)
    except Refused as error:
        if error.errcode != NO_SUCH_ID:
            raise
        hint = text("look in the material library on mp.weixin.qq.com; an id is worth nothing in another account")
        raise refusal(
            asset.name,
            text("the account has no material {media_id} ({errcode})", media_id=media_id, errcode=NO_SUCH_ID),
            hint,
        ) from None
    if isinstance(found, FileContent) and asset.type is not MaterialType.VIDEO:
        return _checked_file(found, account, wanted, media_id)
    if isinstance(found, VideoDetails) and asset.type is MaterialType.VIDEO:
        return _checked_video(found, wanted, media_id)
    raise _another_kind(asset, media_id, _kind_of(found))


def record_of(wanted: Desired, media_id: str, account: str, *, checked: Checked, listed: Material | None) -> Record:
    """Build the record of a material that was found; it is an upload of ours only where our tag says so."""
    asset = wanted.asset
    name = checked.sent_as or (listed.name if listed and listed.type is not MaterialType.VIDEO else None)
    tag = tag_in(name or "")
    is_ours = tag == wanted.fingerprint.tag(account)
    return Record(
        type=asset.type,
        path=asset.path,
        sha256=wanted.sha256,
        size=wanted.size,
        media_id=media_id,
        url=listed.url if listed else None,
        # The tag of another content would tell the next run that it has that one.
        uploaded_as=name if is_ours or not tag else None,
        uploaded_at=utc(listed.updated_at) if listed else None,
        origin=Origin.UPLOADED if is_ours else Origin.IMPORTED,
        title=asset.title,
        introduction=asset.introduction,
    )


def refusal(name: str, message: str, hint: str) -> InvalidInput:
    """Build the error for a material that cannot be taken."""
    return InvalidInput(
        [Problem("not-imported", text("{name}: {message}", name=name, message=message), hint, name=name)]
    )


def _asset(project: Project, name: str) -> Asset:
    assets = {asset.name: asset for asset in project.manifest.assets}
    asset = assets.get(name)
    if asset is None:
        raise unknown_name(text("the manifest has no material called {name}", name=name), name, assets)
    if not asset.type.has_media_id:
        raise refusal(
            name, text("an article image has no media_id"), text("run apply: it takes no place in the library")
        )
    return asset


def _wanted(project: Project, asset: Asset) -> Desired:
    try:
        content, _status = read_inside(project.manifest.root, asset.path)
    except OSError as error:
        raise refusal(
            asset.name,
            text("{file} cannot be read: {why}", file=asset.path, why=reason_of(error)),
            text("check that the file exists and is readable"),
        ) from None
    digest = digest_of(content)
    return Desired(asset, digest.sha256, digest.size)


def _record(remote: WeChat, lock: Lock, wanted: Desired, media_id: str) -> tuple[Record, tuple[str, ...]]:
    checked = check(remote, lock.account, wanted, media_id)
    known = _known(lock, wanted, media_id)
    if known:
        return replace(known, path=wanted.asset.path), ()
    if wanted.asset.type.shelf is not MaterialType.IMAGE:
        return record_of(wanted, media_id, lock.account, checked=checked, listed=None), checked.notes
    listed, why = _listed(remote, media_id)
    notes = () if listed and listed.url else (text("its url stays unknown: {why}", why=why),)
    return record_of(wanted, media_id, lock.account, checked=checked, listed=listed), (*checked.notes, *notes)


def _known(lock: Lock, wanted: Desired, media_id: str) -> Record | None:
    """Return the record that a lock has of an id, where it is of this content; raises InvalidInput where of another."""
    name = wanted.asset.name
    holders = [(other, record) for other, record in lock.records.items() if record.media_id == media_id]
    holders += [(one.name, one.record) for one in lock.retired if one.record.media_id == media_id]
    same = next((record for _other, record in holders if record.fingerprint == wanted.fingerprint), None)
    # Of what was imported under this very name nobody ever knew the bytes: it may be said anew what they are.
    foreign = [other for other, record in holders if other != name or record.origin is Origin.UPLOADED]
    if same is None and foreign:
        message = text("{media_id} is another content: the lock has it as {name}", media_id=media_id, name=foreign[0])
        raise refusal(name, message, text("WeChat cannot change a material: run apply to upload this one"))
    return same


def _listed(remote: WeChat, media_id: str) -> tuple[Material | None, str]:
    offset = 0
    try:
        for _page in range(NEWEST_PAGES):
            page = remote.list_page(MaterialType.IMAGE, offset)
            offset += page.length
            found = next((one for one in page.items if one.media_id == media_id), None)
            if found or not page.length or offset >= page.total:
                return found, text("the listing of images does not show it")
    except CallFailed as error:
        return None, error.message
    return None, text("it is not among the newest {count:,} images of the listing", count=offset)


def _checked_file(found: FileContent, account: str, wanted: Desired, media_id: str) -> Checked:
    asset, media = wanted.asset, probe(found.content)
    kind = next((kind for kind in MaterialType.shelves() if media.format in LIMITS[kind].formats), None)
    if kind not in (None, asset.type.shelf):
        raise _another_kind(asset, media_id, text("{type} ({format})", type=kind, format=media.format.upper()))
    if hashlib.sha256(found.content).hexdigest() == wanted.sha256:
        return Checked(found.filename)
    if tag_in(found.filename or "") not in (None, wanted.fingerprint.tag(account)):
        message = text(
            "{media_id} is an upload of another content, by its name {name}", media_id=media_id, name=found.filename
        )
        raise refusal(asset.name, message, text("WeChat cannot change a material: run apply to upload this one"))
    note = text(
        "WeChat has other bytes ({there:,}) than {path} ({here:,}): it may have compressed them, or it is another "
        "file. The lock holds the bytes of {path}, so plan calls it in step; if it is another file: "
        "wxsync apply --replace {name}",
        there=len(found.content),
        path=asset.path,
        here=wanted.size,
        name=repr(asset.name),
    )
    return Checked(found.filename, (note,))


def _checked_video(found: VideoDetails, wanted: Desired, media_id: str) -> Checked:
    asset = wanted.asset
    if found.title != asset.title:
        message = text(
            "the title of {media_id} is {there}, and the manifest says {here}",
            media_id=media_id,
            there=repr(found.title),
            here=repr(asset.title),
        )
        raise refusal(asset.name, message, text("write that title into the manifest if it is this video"))
    if found.introduction in {"", asset.introduction}:
        return Checked(None)  # WeChat may give an introduction back empty (reported)
    return Checked(
        None, (text("WeChat has another introduction: {introduction}", introduction=repr(found.introduction)),)
    )


def _another_kind(asset: Asset, media_id: str, kind: str) -> InvalidInput:
    hint = text("name a material of the type {type}, or another type in the manifest", type=asset.type)
    return refusal(
        asset.name,
        text("{media_id} is of another type: {found}, not {wanted}", media_id=media_id, found=kind, wanted=asset.type),
        hint,
    )


def _kind_of(found: FileContent | VideoDetails | Article) -> str:
    if isinstance(found, FileContent):
        return text("a file ({format})", format=probe(found.content).format.upper())
    return text("video") if isinstance(found, VideoDetails) else text("article")


def _of_what_was_there(held: Record | None, found: Record, after: Lock) -> tuple[str, ...]:
    if held is None or held.media_id == found.media_id:
        return ()
    if any(one.record.media_id == held.media_id for one in after.retired):
        return (
            text("its former material {media_id} is retired now: `wxsync prune` deletes it", media_id=held.media_id),
        )
    if any(record.media_id == held.media_id for record in after.records.values()):
        return (text("its former material {media_id} is still that of another name", media_id=held.media_id),)
    return (
        text(
            "its former material {media_id} was imported: it only left the lock and stays at WeChat",
            media_id=held.media_id,
        ),
    )
