"""The one door to ffmpeg: it reads one copy under a name of ours, no network, and only as long as it may."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from wxsync.fit.made import unfit
from wxsync.media import Format
from wxsync.words import text

MOST_SECONDS = 900.0
"""What one run of ffmpeg may take."""
MOST_MEMORY = 6 << 30
"""Bytes of address space of ffmpeg, where the system can bound it."""
MOST_PIXELS = 40_000_000
"""Of one picture of a film; 8K has 33 million."""

# More of them need more memory and hardly less time.
_THREADS = "4"

# A format that was told by its content is read as that one: none of these can refer to other files or addresses.
_DEMUXERS = {
    Format.MP3: "mp3",
    Format.WMA: "asf",
    Format.WAV: "wav",
    Format.AMR: "amr",
    Format.MP4: "mov",
    Format.MOV: "mov",
    Format.M4A: "mov",
    Format.THREE_GP: "mov",
    Format.WEBM: "matroska",
    Format.MATROSKA: "matroska",
    Format.ASF: "asf",
    Format.AVI: "avi",
    Format.FLV: "flv",
    Format.MPEG: "mpeg",
    Format.OGG: "ogg",
    Format.AAC: "aac",
    Format.FLAC: "flac",
    Format.AIFF: "aiff",
}
_PASSED = re.compile(r"^out_time_us=(\d+)", re.MULTILINE)
_VIDEO = re.compile(r"Stream #0:\d+.*?: Video: (\w+)[^\n]*?, (\w+)[^\n]*?, (\d{1,5})x(\d{1,5})")
_RATE = re.compile(r"Video:[^\n]*?, (\d+(?:\.\d+)?) fps")
_AUDIO = re.compile(r"Stream #0:\d+.*?: Audio: (\w+)")
_PLACE = re.compile(r"^\s+(?:com\.apple\.quicktime\.)?location\b", re.MULTILINE | re.IGNORECASE)
_GLANCE = 0.2
_MOST_SAID = 64 * 1024


class Source(NamedTuple):
    """Represents a file to convert: a copy in a folder of its own, what its bytes are, and the ffmpeg that reads it.

    Once `stop` is set, a conversion ends at once.
    """

    program: str
    file: Path
    found: Format
    stop: threading.Event


class Said(NamedTuple):
    """Represents what ffmpeg told of a run: the seconds that it wrote, and its words."""

    seconds: float
    words: str


class Tracks(NamedTuple):
    """Represents what a film is made of; `sound` is None where it has none."""

    video: str
    pixels: str
    width: int
    height: int
    rate: float
    sound: str | None
    has_place: bool


def find_ffmpeg() -> str:
    """Finds ffmpeg on the PATH, or that of the extra `wxsync[ffmpeg]`; raises Unfit."""
    found = shutil.which("ffmpeg")
    if found:
        return found
    with suppress(ImportError, RuntimeError):
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    raise unfit(
        "converter-missing",
        text("voices and videos need ffmpeg"),
        text("install ffmpeg so that it is on the PATH, or pip install 'wxsync[ffmpeg]'"),
    )


def run(source: Source, *options: str, made: Path | None = None, seconds: float = MOST_SECONDS) -> Said:
    """Runs ffmpeg on a source; what it writes goes to `made`, or nowhere. Raises Unfit."""
    target = ["-f", "null", "-"] if made is None else ["-y", f"file:{made.name}"]
    command = [
        source.program, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "info", "-progress", "pipe:1",
        "-protocol_whitelist", "file", "-max_pixels", str(MOST_PIXELS), "-threads", _THREADS,
        "-f", _DEMUXERS[source.found], "-i", f"file:{source.file.name}", *options, "-threads", _THREADS, *target,
    ]  # fmt: skip
    with subprocess.Popen(  # noqa: S603 - the program was found, and no argument is of anybody else's making
        command,
        cwd=source.file.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        _bound_memory(process.pid)
        try:
            progress, words = _wait(process, source.stop, seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            if source.stop.is_set():
                raise unfit(
                    "fit-failed", text("the conversion was interrupted"), text("run the command again")
                ) from None
            raise unfit(
                "fit-failed",
                text("the conversion took more than {seconds:g} s", seconds=seconds),
                text("make it shorter or smaller"),
            ) from None
        except BaseException:
            process.kill()
            raise
    said = words[-_MOST_SAID:].decode(errors="replace")
    if process.returncode != 0:
        message = text("ffmpeg cannot convert it: {reason}", reason=_last(said))
        raise unfit("fit-failed", message, text("play it to the end, and save it anew"))
    passed = _PASSED.findall(progress.decode(errors="replace"))
    return Said(int(passed[-1]) / 1_000_000 if passed else 0.0, said)


def _wait(process: subprocess.Popen[bytes], stop: threading.Event, seconds: float) -> tuple[bytes, bytes]:
    """Collects what a process says; raises TimeoutExpired where it takes too long or is to stop."""
    end = time.monotonic() + seconds
    while True:
        try:
            return process.communicate(timeout=min(_GLANCE, seconds))
        except subprocess.TimeoutExpired:
            if stop.is_set() or time.monotonic() >= end:
                raise


def tracks_of(said: Said) -> Tracks | None:
    """Reads what ffmpeg said of the first film in a file, or None where there is none."""
    head = said.words.partition("Output #0")[0]
    video = _VIDEO.search(head)
    if not video:
        return None
    rate, sound = _RATE.search(head), _AUDIO.search(head)
    width, height = int(video[3]), int(video[4])
    return Tracks(
        video[1],
        video[2],
        width,
        height,
        float(rate[1]) if rate else 25.0,
        sound[1] if sound else None,
        has_place(said),
    )


def has_place(said: Said) -> bool:
    """Tells whether a file says where it was recorded."""
    return bool(_PLACE.search(said.words.partition("Output #0")[0]))


def _last(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "it gave no reason"


def _bound_memory(pid: int) -> None:
    if sys.platform == "linux":
        import resource

        with suppress(OSError, ValueError):
            resource.prlimit(pid, resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
