"""The other end of a worker: a process that converts one picture after the other, and has nothing else to do.

Each message is a line of JSON, which says how many bytes follow it. What comes back from a process that has read
hostile bytes is data and can be nothing else, which a pickle could.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from typing import Any, BinaryIO

from wxsync.fit.made import Made, Note, Unfit, unfit
from wxsync.media import Format
from wxsync.model import MaterialType
from wxsync.words import Text, text

MOST_MEMORY = 4 << 30
"""Bytes of address space of one process, where the system can bound it."""

ODD = text("open it in the program that made it, and save it anew")

_MOST_HEAD = 64 * 1024


def write_message(stream: BinaryIO, head: dict[str, Any], content: bytes) -> None:
    """Writes a message; raises OSError where nobody listens any more."""
    stream.write(json.dumps(head | {"bytes": len(content)}).encode() + b"\n")
    stream.write(content)
    stream.flush()


def read_message(stream: BinaryIO) -> tuple[dict[str, Any], bytes]:
    """Reads a message; raises EOFError where there is none, ValueError, KeyError or TypeError where it is another."""
    line = stream.readline(_MOST_HEAD)
    if not line.endswith(b"\n"):
        raise EOFError
    head = json.loads(line)
    content = stream.read(head["bytes"])
    if len(content) != head["bytes"]:
        raise EOFError
    return head, content


def answer_from(head: dict[str, Any], content: bytes) -> Made | Unfit:
    """Reads what a worker says; raises as read_message does."""
    if "format" in head:
        notes = tuple(Note(str(code), int(frames)) for code, frames in head["notes"])
        return Made(Format(head["format"]), content, tuple(map(str, head["left_out"])), notes)
    return unfit(str(head["code"]), _text_from(head["message"]), _text_from(head["hint"]))


def serve() -> None:
    """Converts what comes in until there is no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _bound_memory()
    asks, says = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no part of an answer
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # the bound of open_picture stands in its place
    with suppress(EOFError, OSError):
        while True:
            head, content = read_message(asks)
            made = _convert(content, Format(head["found"]), MaterialType(head["type"]))
            write_message(says, *_answer(made))


def _answer(made: Made | Unfit) -> tuple[dict[str, Any], bytes]:
    if isinstance(made, Made):
        return {"format": made.format, "left_out": made.left_out, "notes": made.notes}, made.content
    finding = made.finding
    return {"code": finding.code, "message": _parts(finding.message), "hint": _parts(finding.hint)}, b""


def _convert(content: bytes, found: Format, material_type: MaterialType) -> Made | Unfit:
    from wxsync.fit.picturing import fit_picture

    try:
        return fit_picture(content, found, material_type)
    except Unfit as error:
        return error
    except MemoryError:
        return unfit("fit-failed", text("the conversion needs too much memory"), text("save it with fewer pixels"))
    except Exception as error:  # noqa: BLE001 - a decoder fails in many ways on bytes from anywhere
        reason = " ".join(str(error).split())[:200]
        return unfit("fit-failed", text("the picture cannot be decoded: {reason}", reason=reason), ODD)


def _parts(said: str) -> list[Any]:
    return [said.template, dict(said.facts)] if isinstance(said, Text) else ["{said}", {"said": said}]


def _text_from(parts: list[Any]) -> Text:
    template, facts = parts
    return Text(str(template), **facts)


def _bound_memory() -> None:
    if sys.platform != "win32":
        import resource

        with suppress(ValueError, OSError):
            _soft, hard = resource.getrlimit(resource.RLIMIT_AS)
            most = MOST_MEMORY if hard == resource.RLIM_INFINITY else min(MOST_MEMORY, hard)
            resource.setrlimit(resource.RLIMIT_AS, (most, hard))
