"""Reads the boxes of MP4 and its kin (ISO/IEC 14496-12): which brand, which tracks, how long, and is the film there."""

from __future__ import annotations

from wxsync.media.boxes import Box, Boxes
from wxsync.media.films import film_seconds
from wxsync.media.formats import Defect, Format, Reading, broken, truncated
from wxsync.words import text

# A film in fragments has a few boxes for each; more than this is made to keep a reader busy.
_MOST_BOXES = 50_000
_MOST_BRANDS = 64

_BRANDS = {
    b"qt  ": Format.MOV,
    b"M4A ": Format.M4A,
    b"M4B ": Format.M4A,
    b"M4P ": Format.M4A,
    b"avif": Format.AVIF,
    b"avis": Format.AVIF,
    b"heic": Format.HEIC,
    b"heix": Format.HEIC,
    b"heim": Format.HEIC,
    b"heis": Format.HEIC,
    b"hevc": Format.HEIC,
    b"hevx": Format.HEIC,
    b"mif1": Format.HEIC,
    b"msf1": Format.HEIC,
    b"jxl ": Format.JPEG_XL,
}
# What may stand in front of the brand, and says nothing; more of it is made to keep a reader busy.
_FILLING = frozenset({b"free", b"skip", b"wide", b"uuid", b"pdin"})
_MOST_FILLING = 16
# What a film plays from; whatever else is cut, or stands behind the last box and is none, takes nothing from it.
_PLAYED = frozenset({b"mdat", b"moof"})
_QUICKTIME_FIRST = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")


def is_iso(content: bytes) -> bool:
    """Tells whether a file names its brand as an MP4 and its kin do, in its first box or behind empty ones."""
    top = Boxes(content, iter(range(_MOST_FILLING))).within(0, len(content))
    return next((box.kind for box in top if box.kind not in _FILLING), b"") == b"ftyp"


def is_old_quicktime(content: bytes) -> bool:
    """Tells whether a file begins as QuickTime did before files named their brand."""
    return content[4:8] in _QUICKTIME_FIRST


def read_iso(content: bytes) -> Reading:
    """Reads a file that names its brand (ftyp box); an MP4 is what has no other brand, and a video track."""
    file = _walker(content)
    top = tuple(file.within(0, len(content)))
    brand = next((box for box in top if box.kind == b"ftyp"), None)
    named = _brand(content, brand) if brand else None
    if named:
        is_animated = named is Format.AVIF and any(box.kind == b"moov" for box in top)
        return Reading(named, is_animated=is_animated)
    moov = next((box for box in top if box.kind == b"moov"), None)
    if moov is None:
        return Reading(Format.MP4, defect=broken(text("the MP4 has no index (moov box), as a copy that stopped early")))
    if moov.missing:
        lacking = text("the MP4's index (moov box) lacks {missing} bytes", missing=moov.missing)
        return Reading(Format.MP4, defect=broken(lacking))
    tracks = tuple((box, _handler(file, box)) for box in file.every(moov, b"trak"))
    films = tuple(track for track, handler in tracks if handler == b"vide")
    if films:
        # With a supply of its own, for what is found wrong with a film may not depend on how its length is told.
        seconds = film_seconds(_walker(content), moov, (box for box in top if box.kind == b"moof"))
        return Reading(Format.MP4, seconds, _film_defect(file, top, films))
    if any(handler == b"soun" for _, handler in tracks):
        return Reading(Format.M4A)
    return Reading(Format.MP4, defect=broken(text("the MP4 has neither a video nor a sound track")))


def _walker(content: bytes) -> Boxes:
    return Boxes(content, iter(range(_MOST_BOXES)))


def _handler(file: Boxes, track: Box) -> bytes:
    box = file.inside(track, b"mdia", b"hdlr")
    return file.content[box.start + 8 : box.start + 12] if box else b""


def _has_pictures(file: Boxes, film: Box) -> bool:
    table = file.inside(film, b"mdia", b"minf", b"stbl")
    sizes = file.inside(table, b"stsz") or file.inside(table, b"stz2")
    return sizes is not None and any(file.content[sizes.start + 8 : sizes.start + 12])


def _brand(content: bytes, ftyp: Box) -> Format | None:
    major = content[ftyp.start : ftyp.start + 4]
    if major.startswith((b"3gp", b"3g2", b"3ge", b"3gg", b"3gs")):
        return Format.THREE_GP
    listed = content[ftyp.start + 8 : min(ftyp.end, ftyp.start + 8 + 4 * _MOST_BRANDS)]
    if major in (b"mif1", b"msf1") and (b"avif" in listed or b"avis" in listed):
        return Format.AVIF
    return _BRANDS.get(major)


def _film_defect(file: Boxes, top: tuple[Box, ...], films: tuple[Box, ...]) -> Defect | None:
    has_fragments = any(box.kind == b"moof" for box in top)
    if not has_fragments and not any(_has_pictures(file, film) for film in films):
        return broken(text("the MP4's video track holds no picture"))
    data = tuple(box for box in top if box.kind == b"mdat" and box.end > box.start)
    if not data:
        return broken(text("the MP4 holds no picture data (mdat box)"))
    missing = sum(box.missing for box in top if box.kind in _PLAYED)
    return truncated(text("the MP4 is cut short: {missing} bytes are missing", missing=missing)) if missing else None
