"""Asks a WeChat what no page tells, with a few uploads that are deleted again; meant for a test account (测试号)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from wxsync.errors import CallFailed, NotAgreed, OutcomeUnknown, Refused
from wxsync.media import Format, probe
from wxsync.model import Material, MaterialType, Upload, Uploaded, picture_token
from wxsync.project.folder import Choice, open_project
from wxsync.reconcile.remote import open_remote
from wxsync.reconcile.watcher import Watcher
from wxsync.results import Finding, Probed
from wxsync.samples import sample
from wxsync.sandbox.limits import DAILY, TEST_ACCOUNT
from wxsync.wechat.answers import VideoDetails
from wxsync.wechat.client import WeChat
from wxsync.wechat.interface import ADD_MATERIAL, NO_SUCH_ID
from wxsync.words import text

UPLOADS = 8
"""How many uploads a probe makes; a test account has ten a day."""

_TITLE = "wxsync 试验"
_LISTED_LATE = (3.0, 6.0)
_LONG, _SHORT = 64, 43
_NOT_AN_IMAGE = 40137
_TEST_ACCOUNT_CALLS = 10
_SAID = {True: text("yes"), False: text("no"), None: text("nobody answered")}


def probe_wechat(choice: Choice, watcher: Watcher, *, agrees: Callable[[str, str], bool]) -> Probed:
    """Finds out how this WeChat answers where the record is silent or divided, and deletes what it uploaded.

    `agrees` is asked first, with the appid and the host. Raises NotAgreed, and CallFailed where not even a token is to
    be had; whatever breaks off later is told beside what was found until then.
    """
    project = open_project(choice)
    with open_remote(choice, project, jobs=1, watcher=watcher) as remote:
        if not agrees(project.appid or "", urlsplit(remote.base).netloc):
            raise NotAgreed
        remote.sign_in()
        asking = _Asking(remote, watcher)
        findings: list[Finding] = []
        halted = None
        try:
            for finding in asking.everything():
                findings.append(finding)  # noqa: PERF402 - what was found before it broke off stays
        except CallFailed as error:
            halted = error
        finally:
            left = asking.clean_up(is_one_lost=isinstance(halted, OutcomeUnknown))
        return Probed(tuple(findings), asking.quotas, asking.uploads, left, halted)


@dataclass(slots=True)
class _Asking:
    """Asks one question after the other; `made` are the ids of what it uploaded and has not deleted again."""

    remote: WeChat
    watcher: Watcher
    tag: str = field(default_factory=lambda: secrets.token_hex(4))
    made: list[str] = field(default_factory=list)
    quotas: dict[str, int] = field(default_factory=dict)
    thumb: Uploaded = field(default_factory=lambda: Uploaded(None, None))
    uploads: int = 0

    def everything(self) -> Iterator[Finding]:
        """Asks all, the quotas first: they tell a test account, and cost no upload.

        A no to one question leaves the others; anything else breaks off.
        """
        yield from self._quotas()
        picture = self._uploaded(MaterialType.IMAGE, "picture.png")
        yield from self._ids(picture)
        steps: tuple[tuple[str, Callable[[], Iterator[Finding]]], ...] = (
            ("same_bytes", lambda: self._same_bytes(picture)),
            ("ascii_names", self._names),
            ("thumbs", lambda: self._thumbs(picture)),
            ("voice_name", self._voices),
            ("video_name", self._videos),
            ("article_url", self._article_images),
            ("count", self._counts),
            ("url_after_deletion", self._deletions),
        )
        for name, step in steps:
            try:
                yield from step()
            except Refused as error:
                answer = text("refused with {errcode}", errcode=error.errcode)
                yield Finding(name, text("The rest of this question"), answer)

    def clean_up(self, *, is_one_lost: bool) -> tuple[str, ...]:
        """Deletes what was uploaded, and gives what could not be; an upload whose answer was lost is looked for."""
        if is_one_lost:
            with suppress(CallFailed):
                self._find_again()
        left = []
        for media_id in self.made:
            try:
                self.remote.delete(media_id)
            except CallFailed as error:
                if error.errcode != NO_SUCH_ID:
                    left.append(media_id)
        return tuple(left)

    def _find_again(self) -> None:
        for kind in MaterialType.shelves():
            known = [one.media_id for one in self._listed(kind, self._is_named)]
            self.made += [media_id for media_id in known if media_id not in self.made]

    def _quotas(self) -> Iterator[Finding]:
        for path in DAILY:
            with suppress(Refused):
                quota = self.remote.quota(path)
                if quota.daily_limit > 0:
                    self.quotas[path] = quota.daily_limit
        told = self.quotas.get(ADD_MATERIAL)
        is_test = told is not None and told <= _TEST_ACCOUNT_CALLS
        switch = "test_account" if is_test else ""
        yield Finding("test_account", text("Is it a test account?"), _SAID[is_test if told else None], switch)
        usual = {**DAILY, **TEST_ACCOUNT} if is_test else DAILY
        for path, most in self.quotas.items():
            if most != usual[path]:
                asked = text("How many calls of {path} are there a day?", path=path)
                yield Finding("quota", asked, f"{most:,}", f"daily.{path}={most}")

    def _ids(self, picture: Uploaded) -> Iterator[Finding]:
        length = len(picture.media_id or "")
        switch = "short_ids" if length == _SHORT else ""
        yield Finding("id_length", text("How long is an id?"), f"{length}", switch)
        scheme = urlsplit(picture.url or "").scheme
        switch = "https_uploads" if scheme == "https" else ""
        yield Finding("upload_scheme", text("How does the url of an upload begin?"), scheme, switch)

    def _same_bytes(self, picture: Uploaded) -> Iterator[Finding]:
        again = self._uploaded(MaterialType.IMAGE, "picture.png")
        same = again.url == picture.url
        asked = text("Do the same bytes get the same url again?")
        yield Finding("same_bytes", asked, _SAID[same], "same_bytes_same_url" if same else "")

    def _names(self) -> Iterator[Finding]:
        asked = text("May a file name hold more than ASCII?")
        try:
            self._uploaded(MaterialType.IMAGE, "picture.png", name=f"素材试验-{self.tag}.png")
        except Refused as error:
            yield Finding("ascii_names", asked, f"{error.errcode}", f"ascii_names={error.errcode}")
        else:
            yield Finding("ascii_names", asked, _SAID[True])

    def _thumbs(self, picture: Uploaded) -> Iterator[Finding]:
        self.thumb = thumb = self._uploaded(MaterialType.THUMB, "thumb.jpg")
        listed = self._listed(MaterialType.IMAGE, lambda one: _is(one, thumb) or _is(one, picture))
        shown = any(_is(one, thumb) for one in listed)
        asked = text("Are thumbs listed among the images?")
        yield Finding("thumbs", asked, _SAID[shown], "" if shown else "hide_thumbs")
        ids = [one.media_id for one in listed if _is(one, picture)]
        renamed = picture.media_id not in ids if ids else None
        asked = text("Does the list show another id than the upload answered?")
        yield Finding("listed_id", asked, _SAID[renamed], "listing_renames_ids" if renamed else "")

    def _voices(self) -> Iterator[Finding]:
        self._uploaded(MaterialType.VOICE, "voice.mp3")
        listed = self._listed(MaterialType.VOICE, self._is_named)
        whole = any(one.name.endswith(".mp3") for one in listed) if listed else None
        asked = text("Does the name of a voice in the list keep its extension?")
        yield Finding("voice_name", asked, _SAID[whole], "voice_extensions" if whole else "")

    def _videos(self) -> Iterator[Finding]:
        title = f"{_TITLE} {self.tag}"
        video = self._uploaded(MaterialType.VIDEO, "video.mp4", title=title)
        listed = self._listed(MaterialType.VIDEO, self._is_named)
        by_title = any(one.name == title for one in listed) if listed else None
        asked = text("Is a video listed by its title?")
        yield Finding("video_name", asked, _SAID[by_title], "video_file_names" if by_title is False else "")
        found = self.remote.get(video.media_id or "")
        if isinstance(found, VideoDetails):
            asked = text("Does a video keep its introduction?")
            yield Finding("introduction", asked, _SAID[bool(found.introduction)])
            yield self._down_url(found)

    def _down_url(self, details: VideoDetails) -> Finding:
        content = self.remote.download(details.down_url) if details.down_url else None
        is_page = probe(content).format is Format.HTML if content else None
        answers = {True: text("a web page"), False: text("a file"), None: text("nothing")}
        asked = text("What lies at the address of a video?")
        return Finding("down_url", asked, answers[is_page], "video_page" if is_page else "")

    def _article_images(self) -> Iterator[Finding]:
        image = self._uploaded(MaterialType.ARTICLE_IMAGE, "picture.png")
        told = "wx_fmt=" in (image.url or "")
        asked = text("Does the url of an article image tell its format?")
        yield Finding("article_url", asked, _SAID[told], "uploadimg_format" if told else "")
        asked = text("Which code does uploadimg give to what is no image?")
        try:
            self._upload(Upload(MaterialType.ARTICLE_IMAGE, b"wxsync", f"wxsync-probe-{self.tag}.png"))
        except Refused as error:
            switch = f"uploadimg_content={error.errcode}" if error.errcode != _NOT_AN_IMAGE else ""
            yield Finding("not_an_image", asked, f"{error.errcode}", switch)
        else:
            yield Finding("not_an_image", asked, text("it was taken"))

    def _counts(self) -> Iterator[Finding]:
        asked = text("Which code does a list give to a count of 21?")
        try:
            self.remote.list_page(MaterialType.IMAGE, 0, 21)
        except Refused as error:
            yield Finding("count", asked, f"{error.errcode}", f"count_out_of_range={error.errcode}")
        else:
            yield Finding("count", asked, text("it was taken"))

    def _deletions(self) -> Iterator[Finding]:
        # Of the thumb, because there is no second one of its bytes, which might keep its url alive.
        media_id, url = self.thumb.media_id, self._reachable(self.thumb.url or "")
        if not media_id:
            return
        before = self.remote.is_there(url)
        self.remote.delete(media_id)
        self.made.remove(media_id)
        after = self.remote.is_there(url) if before else None
        asked = text("Does the url of a picture outlive its deletion?")
        yield Finding("url_after_deletion", asked, _SAID[after], "urls_die" if after is False else "")
        asked = text("Which code does deleting a strange id give?")
        try:
            self.remote.delete(media_id)
        except Refused as error:
            yield Finding("delete_unknown", asked, f"{error.errcode}")
        else:
            yield Finding("delete_unknown", asked, "0", "delete_unknown_is_ok")

    def _uploaded(self, kind: MaterialType, file: str, *, name: str = "", title: str = "") -> Uploaded:
        extension = file.rpartition(".")[2]
        filename = name or f"wxsync-probe-{self.tag}-{self.uploads}.{extension}"
        return self._upload(Upload(kind, sample(file), filename, title, title))

    def _upload(self, upload: Upload) -> Uploaded:
        self.watcher.says(
            text("[{number}/{all}] {filename}", number=self.uploads + 1, all=UPLOADS, filename=upload.filename)
        )
        self.uploads += 1
        uploaded = self.remote.upload(upload)
        if uploaded.media_id:
            self.made.append(uploaded.media_id)
        return uploaded

    def _listed(self, kind: MaterialType, wanted: Callable[[Material], bool]) -> list[Material]:
        """Gives what is wanted of the newest page, which may show an upload some seconds late."""
        for wait in (*_LISTED_LATE, None):
            found = [one for one in self.remote.list_page(kind, 0).items if wanted(one)]
            if found or wait is None or self.watcher.waits(wait):
                break
        return found

    def _is_named(self, material: Material) -> bool:
        return self.tag in material.name

    def _reachable(self, url: str) -> str:
        """Gives where a picture can be fetched: a sandbox, which stands on loopback, has pictures at its own host."""
        parts = urlsplit(url)
        base = urlsplit(self.remote.base)
        return parts._replace(scheme=base.scheme, netloc=base.netloc).geturl() if base.scheme == "http" else url


def _is(material: Material, uploaded: Uploaded) -> bool:
    token = picture_token(uploaded.url)
    return material.media_id == uploaded.media_id or (token is not None and picture_token(material.url) == token)
