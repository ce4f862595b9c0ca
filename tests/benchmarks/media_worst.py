"""Measures the media that are hardest to judge: python -m tests.benchmarks.media_worst, in the project's folder.

Each input is as large as the largest type lets a file be (10 MiB), because what a file is shows only after reading it.
"""

from __future__ import annotations

import random
import struct
import time
import tracemalloc
from collections.abc import Iterator

from wxsync.media import Media, probe
from wxsync.media.sniff import ASF_HEADER

MIB = 1024 * 1024
MOST = 10 * MIB

# The smallest frames there are, 24 bytes each: MPEG-2 layer III, 8 kbit/s, 24 kHz, in stereo and with another rate.
FRAME = b"\xff\xf3\x14\x00".ljust(24, b"\0")
OTHER = b"\xff\xf3\x18\x00".ljust(36, b"\0")
FREE = b"\xff\xfb\x00\x00".ljust(24, b"\0")
ENDLESS = b"\xff\xfb\x90\x64"


def filled(head: bytes, part: bytes, size: int = MOST) -> bytes:
    """Repeats a part behind a head, as often as the size lets."""
    return (head + part * ((size - len(head)) // len(part) + 1))[:size]


def box(kind: bytes, size: int) -> bytes:
    return struct.pack(">I4s", size, kind)


def tag(size: int) -> bytes:
    """Begins an ID3v2 tag of so many bytes."""
    return b"ID3\x04\0\0" + bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))


def worst() -> Iterator[tuple[str, bytes]]:
    ftyp = box(b"ftyp", 16) + b"isom\0\0\0\0"
    yield "MP4 of empty boxes", filled(ftyp, box(b"free", 8))
    yield "MP4 of empty tracks", filled(ftyp + box(b"moov", MOST - 16), box(b"trak", 8))
    yield "MP4 of nested boxes", filled(ftyp + box(b"moov", MOST - 16), box(b"trak", 64) + box(b"mdia", 56) * 7)
    yield "MP3 of 24 byte frames", filled(b"", FRAME)
    yield "MP3 with a new stream every four frames", filled(b"", FRAME * 4 + OTHER * 4)
    yield "MP3 torn: headers that nothing follows", filled(FRAME * 8, ENDLESS)
    yield "MP3 torn: the same in 2 MiB", filled(FRAME * 8, ENDLESS, 2 * MIB)
    yield "MP3 torn: frames, then every byte 0xFF", filled(FRAME * 8, b"\xff")
    yield "MP3 of a free bit rate, 24 byte frames", filled(b"", FREE)
    yield "MP3 of a free bit rate, garbage", filled(b"\xff\xfb\x00\x00", b"\xff\xfb\x00")
    yield "MP3 of empty tags between frames", filled(FRAME * 4, tag(0) + FRAME * 3)
    # Read in the usual way a size leads to a frame that takes long to be doubted, read plainly to the next tag.
    doubted = (tag(0)[:6] + b"\0\0\1\0" + bytes(128) + b"\xff\xfb\0\0" + b"\xff\xfb\x90" * 41)[:266]
    yield "MP3 of tags whose size can be read twice", filled(FRAME * 4, doubted * 64 + FRAME * 3)
    yield "APE tags in front of free frames", filled(FRAME * 4, b"APETAGEX\xd0\7\0\0" + bytes(20) + FREE * 3)
    yield "GIF of stray bytes", filled(b"GIF89a\x08\0\x08\0\0\0\0", b"\1")
    yield "JPEG of stray bytes", filled(b"\xff\xd8\xff\xe0\0\2", b"\1\xff\0")
    yield "JPEG of markers that stand alone", filled(b"\xff\xd8", b"\xff\xd8")
    yield "ID3 tag of 10 MiB and no sound", filled(tag(MOST - 10), b"\xff\xfb")
    yield "ID3 tags of nothing", filled(b"", tag(0))
    yield "AMR of frames without data", filled(b"#!AMR\n", b"\x7c")
    yield "AMR-WB of frames without data", filled(b"#!AMR-WB\n", b"\x7c")
    yield "WAV of empty chunks", filled(b"RIFF\xff\xff\xff\xffWAVE", b"junk\0\0\0\0")
    yield (
        "WMA of empty objects",
        filled(ASF_HEADER + struct.pack("<QIBB", MOST, 9, 1, 2), bytes(16) + b"\x18" + bytes(7)),
    )
    yield (
        "PNG of empty chunks",
        filled(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x08\0\0\0\x08\x08\x02" + bytes(7), b"\0\0\0\0IDAT" + bytes(4)),
    )
    yield "JPEG of empty segments", filled(b"\xff\xd8", b"\xff\xe0\0\x02")
    yield "JPEG of fill bytes", filled(b"\xff\xd8", b"\xff")
    yield "GIF of one byte blocks", filled(b"GIF89a\x08\0\x08\0\0\0\0\x2c" + bytes(9) + b"\x08", b"\x01\x01")
    yield "GIF of empty images", filled(b"GIF89a\x08\0\x08\0\0\0\0", b"\x2c" + bytes(9) + b"\x08\0")
    yield (
        "BMP of the largest measures",
        filled(b"BM" + bytes(12) + struct.pack("<I", 40) + b"\xff\xff\xff\x7f" * 2, b"\1"),
    )
    yield "text of brackets", filled(b"", b"<[{")
    yield "noise", random.Random(3).randbytes(MOST)


def measured(content: bytes) -> tuple[float, int, Media]:
    """Gives the milliseconds of the quickest of three runs, and the bytes held at the most beside the content."""
    times = []
    for _ in range(3):
        started = time.perf_counter()
        media = probe(content)
        times.append(time.perf_counter() - started)
    tracemalloc.start()
    probe(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return min(times) * 1000, peak, media


def main() -> None:
    print(f"{'input':44}{'MiB':>5}{'ms':>9}{'extra KiB':>11}  found")
    for name, content in worst():
        milliseconds, peak, media = measured(content)
        found = f"{media.format}, {media.defect.code if media.defect else 'whole'}"
        print(f"{name:44}{len(content) / MIB:5.0f}{milliseconds:9.1f}{peak / 1024:11.0f}  {found}")


if __name__ == "__main__":
    main()
