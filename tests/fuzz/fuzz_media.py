"""Fuzzes the header readers with atheris: pip install atheris && python tests/fuzz/fuzz_media.py CORPUS tests/media/*.

A folder of new inputs comes first, folders of samples follow; libFuzzer's options (-max_total_time=240) work as usual.
Every input must be probed and judged within a second, without an error, and the same way twice.
"""

import sys
import time
from pathlib import Path

import atheris  # type: ignore[import-not-found,import-untyped,unused-ignore]

sys.path.insert(0, str(Path(__file__).parents[2]))

with atheris.instrument_imports(include=["wxsync.media"]):
    from wxsync.media import check, probe
    from wxsync.model import MaterialType

slowest = 0.0


def judge(content: bytes) -> None:
    global slowest  # noqa: PLW0603  (libFuzzer calls a bare function and ends the process without returning)
    started = time.perf_counter()
    media = probe(content)
    seconds = time.perf_counter() - started
    if seconds > slowest:
        slowest = seconds
        print(f"slowest so far: {seconds:.4f} s for {len(content)} bytes, {media.format}", flush=True)
    assert seconds < 1, f"{seconds:.1f} s for {len(content)} bytes"
    assert media == probe(content)
    for material_type in MaterialType:
        check(media, material_type, filename="folder/file.bin")


if __name__ == "__main__":
    atheris.Setup(sys.argv, judge)
    atheris.Fuzz()
