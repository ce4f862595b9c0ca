"""Draws an SVG as pixels; nothing that it refers to outside itself is ever read."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from xml.parsers import expat

from wxsync.fit.made import FONTS, Note, unfit
from wxsync.words import text

LEAST_EDGE, MOST_EDGE = 1080, 4096
"""Pixels of the longer side: a drawing has none of its own, a phone's screen is 1080 wide."""

_LENGTH = re.compile(r"\s*\+?([0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)\s*(px|pt|pc|mm|cm|in|em|ex)?\s*")
_PIXELS = {
    None: 1.0,
    "px": 1.0,
    "pt": 4 / 3,
    "pc": 16.0,
    "mm": 96 / 25.4,
    "cm": 96 / 2.54,
    "in": 96.0,
    "em": 16.0,
    "ex": 8.0,
}
_MOST_SLENDER = 50

_ANEW = text("open it in a browser and save it anew")


@dataclass(slots=True)
class _Document:
    encoding: str | None = None
    root: dict[str, str] | None = None
    outside: str | None = None
    has_text: bool = False


def draw(content: bytes) -> tuple[bytes, tuple[Note, ...]]:
    """Draws an SVG at its own size, its longer side within LEAST_EDGE and MOST_EDGE pixels, and gives a PNG.

    Raises Unfit.
    """
    try:
        import resvg_py
    except ImportError:
        raise unfit("converter-missing", text("SVG needs resvg"), text("pip install 'wxsync[svg]'")) from None
    document = _read(content)
    if document.outside is not None:
        message = text("the SVG refers to something outside itself: {what}", what=document.outside[:80])
        raise unfit("fit-outside", message, text("embed it, as `Embed images` of the program that drew it does"))
    width, height = _size(document.root or {})
    edge = min(max(width, height, LEAST_EDGE), MOST_EDGE)
    try:
        markup = content.decode(document.encoding or "utf-8").removeprefix("\ufeff")
        wide, high = (round(edge), None) if width >= height else (None, round(edge))
        drawn = resvg_py.svg_to_bytes(svg_string=markup, width=wide, height=high)
    except (ValueError, LookupError) as error:
        raise unfit("fit-failed", text("the SVG cannot be drawn: {reason}", reason=str(error)), _ANEW) from None
    return drawn, (Note(FONTS),) if document.has_text else ()


def _read(content: bytes) -> _Document:
    """Reads an SVG as XML: its root, and whether an attribute leads out of it, entities and all."""
    document = _Document()

    def element(name: str, attributes: dict[str, str]) -> None:
        if document.root is None:
            document.root = attributes
        document.has_text = document.has_text or name.rpartition(":")[2] == "text"
        for key, value in attributes.items():
            if key.rpartition(":")[2] == "href" and not _is_link(name) and not _is_inside(value):
                document.outside = document.outside or value

    def declaration(_version: str, encoding: str | None, _standalone: int) -> None:
        document.encoding = encoding

    parser = expat.ParserCreate()
    parser.StartElementHandler = element
    parser.XmlDeclHandler = declaration
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise unfit("fit-failed", text("the SVG is not valid XML: {reason}", reason=str(error)), _ANEW) from None
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        document.encoding = "utf-16"
    return document


def _is_link(element: str) -> bool:
    """Tells whether an element is one that is clicked on, or that says something about others: neither is drawn."""
    return element.rpartition(":")[2] in ("a", "metadata", "Work", "script")


def _is_inside(reference: str) -> bool:
    return reference.strip() == "" or reference.strip().startswith(("#", "data:"))


def _size(root: dict[str, str]) -> tuple[float, float]:
    """Gives width and height in pixels, or the proportion of them where the SVG states no more."""
    box = [float(part) for part in re.findall(r"[-+]?[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?", root.get("viewBox", ""))]
    boxed = (box[2], box[3]) if len(box) == 4 and box[2] > 0 and box[3] > 0 else None
    width, height = _pixels(root.get("width")), _pixels(root.get("height"))
    if boxed and width and not height:
        height = width * boxed[1] / boxed[0]
    elif boxed and height and not width:
        width = height * boxed[0] / boxed[1]
    size = (width, height) if width and height else boxed or (100.0, 100.0)
    if max(size) > _MOST_SLENDER * min(size):
        message = text("the SVG measures {width:g} x {height:g} pixels", width=size[0], height=size[1])
        raise unfit("fit-failed", message, text("draw it less slender"))
    return size


def _pixels(length: str | None) -> float | None:
    found = _LENGTH.fullmatch(length or "")
    return float(found[1]) * _PIXELS[found[2]] or None if found else None
