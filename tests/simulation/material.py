"""The media of a history, and the edits that people make between two runs."""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random

from msgspec import Struct
from msgspec.structs import replace

from tests.project import MEDIA, png
from wxsync.files import Disk
from wxsync.model import Asset, Fingerprint, Location, Manifest, MaterialType
from wxsync.project.folder import Project

VARIANTS = 3
_TITLES = ("产品介绍", "another film")
_KINDS = (MaterialType.IMAGE, MaterialType.VOICE, MaterialType.VIDEO, MaterialType.THUMB, MaterialType.ARTICLE_IMAGE)
_EXTENSIONS = {MaterialType.VOICE: "mp3", MaterialType.VIDEO: "mp4", MaterialType.THUMB: "jpg"}
_PLACE = Location("materials.yaml", 1, 1)
_FAR = 4_000_000_000  # as a file's time it keeps the digest cache, which lies on the real disk, out of it


@cache
def content_of(kind: MaterialType, variant: int) -> bytes:
    """Gives the bytes of a small real file, each variant another one."""
    mark = f"variant {variant}".encode()
    match kind:
        case MaterialType.VOICE:
            return (MEDIA / "audio/welcome.mp3").read_bytes() + b"TAG" + mark.ljust(125, b"\0")
        case MaterialType.VIDEO:
            return (MEDIA / "video/intro.mp4").read_bytes() + struct.pack(">I4s", 8 + len(mark), b"free") + mark
        case MaterialType.THUMB:
            photo = (MEDIA / "covers/intro.jpg").read_bytes()
            return photo[:2] + b"\xff\xfe" + struct.pack(">H", 2 + len(mark)) + mark + photo[2:]
        case _:
            return png(f"{kind} {variant}")


class Wanted(Struct, frozen=True):
    """Is one material that the manifest asks for."""

    name: str
    path: str
    type: MaterialType
    variant: int
    title: str = ""
    introduction: str = ""

    def tag(self, account: str) -> str:
        """Gives the mark of its upload."""
        return Fingerprint(self.type, self.sha256, self.title, self.introduction).tag(account)

    @property
    def sha256(self) -> str:
        """Give the digest of its bytes."""
        return hashlib.sha256(content_of(self.type, self.variant)).hexdigest()

    @property
    def asset(self) -> Asset:
        return Asset(self.name, self.path, self.type, _PLACE, self.title, self.introduction)


@dataclass(slots=True)
class Workshop:
    """Holds what the manifest asks for, and a folder with the files; `edit` changes it as people do."""

    root: Path
    rng: Random
    wanted: list[Wanted] = field(default_factory=list)
    gone: list[Wanted] = field(default_factory=list)
    made: int = 0

    def begin(self, count: int) -> None:
        """Draws the first materials."""
        for _ in range(count):
            self._add()

    def project(self, disk: Disk, appid: str) -> Project:
        """Writes the files and gives the project, its lock and its journal on a disk."""
        for one in self.wanted:
            _write(self.root / one.path, content_of(one.type, one.variant))
        assets = tuple(sorted((one.asset for one in self.wanted), key=lambda asset: asset.name))
        return Project(
            Manifest(self.root / "materials.yaml", (), assets), (), None, False, "materials", "", appid, disk
        )

    def edit(self) -> str:
        """Changes one thing and says which."""
        edits: list[Callable[[], str]] = [self._add]
        if self.wanted:
            edits += [self._change, self._change, self._rename, self._move, self._remove, self._double]
        if self.gone:
            edits += [self._bring_back, self._bring_back]
        return self.rng.choice(edits)()

    def _add(self) -> str:
        kind = self.rng.choices(_KINDS, (5, 3, 3, 1, 1))[0]
        return f"adds {self._put(kind, self.rng.randrange(VARIANTS))}"

    def _double(self) -> str:
        one = self.rng.choice(self.wanted)
        return f"adds {self._put(one.type, one.variant, one.title, one.introduction)}, a double of {one.name}"

    def _change(self) -> str:
        one = self._take()
        changed = replace(one, variant=(one.variant + self.rng.randrange(1, VARIANTS)) % VARIANTS)
        if one.type is MaterialType.VIDEO and self.rng.random() < 0.5:
            changed = replace(one, title=self.rng.choice([title for title in _TITLES if title != one.title]))
        self.wanted.append(changed)
        return f"changes {one.name}: variant {changed.variant} {changed.title}"

    def _rename(self) -> str:
        one = self._take()
        self.made += 1
        self.wanted.append(replace(one, name=f"name-{self.made}"))
        return f"renames {one.name} to name-{self.made}"

    def _move(self) -> str:
        one = self._take()
        self.made += 1
        self.wanted.append(replace(one, path=f"moved-{self.made}.{_extension(one.type)}"))
        return f"moves {one.name}"

    def _remove(self) -> str:
        one = self._take()
        self.gone.append(one)
        return f"removes {one.name}"

    def _bring_back(self) -> str:
        one = self.gone.pop(self.rng.randrange(len(self.gone)))
        self.wanted.append(one)
        return f"brings back {one.name}"

    def _take(self) -> Wanted:
        return self.wanted.pop(self.rng.randrange(len(self.wanted)))

    def _put(self, kind: MaterialType, variant: int, title: str = "", introduction: str = "") -> str:
        self.made += 1
        if kind is MaterialType.VIDEO and not title:
            title, introduction = self.rng.choice((*_TITLES, _TITLES[0])), self.rng.choice(("about", "about", "else"))
        path = f"file-{self.made}.{_extension(kind)}"
        one = Wanted(f"name-{self.made}", path, kind, variant, title, introduction)
        self.wanted.append(one)
        return f"{one.name} ({kind}, variant {variant} {title} {introduction})"


def _extension(kind: MaterialType) -> str:
    return _EXTENSIONS.get(kind, "png")


def _write(file: Path, content: bytes) -> None:
    if _written.get(file) != content:
        file.write_bytes(content)
        os.utime(file, (_FAR, _FAR))
        _written[file] = content


_written: dict[Path, bytes] = {}
