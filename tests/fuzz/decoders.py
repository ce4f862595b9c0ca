"""Compares what wxsync says of media with what decoders make of them: python -m tests.fuzz.decoders [FOLDER …].

Without folders, damaged pictures are made for so many seconds and compared with Pillow. Files of folders, such as the
test images of other projects, are compared with Pillow, and voices with ffmpeg where it is on this machine. Every
difference is printed; the exit code is 1 where a picture that Pillow shows in full is refused.
"""

from __future__ import annotations

import argparse
import io
import shutil
import subprocess
import sys
import time
import warnings
from collections import Counter
from pathlib import Path

from PIL import Image

from tests.test_media_damage import FORMATS, damaged, is_refused, shown_by_pillow
from wxsync.media import Format, Media, probe

VOICES = (Format.MP3, Format.WMA, Format.WAV, Format.AMR)
MOST_BYTES = 32 << 20
MOST_PIXELS = 60_000_000
# What encoders add to fill their frames, and a decoder's own delay.
PADDING_SECONDS = 0.13
RATE = 16_000

Verdict = tuple[str, str, str]


def told(media: Media) -> str:
    return media.defect.code if media.defect else "in order"


def mutants(seed: int, seconds: float) -> Counter[Verdict]:
    """Damages generated pictures, with another seed for every thousand of them."""
    verdicts, end = Counter[Verdict](), time.monotonic() + seconds
    while time.monotonic() < end:
        for content in damaged(seed, 1_000):
            shown, media = shown_by_pillow(content), probe(content)
            verdicts["refused" if shown and is_refused(media) else "", shown or "not shown", told(media)] += 1
            if shown and (is_refused(media) or media.format is not shown):
                print(f"seed {seed}: {media}")
        seed += 1
    return verdicts


def picture(path: Path, content: bytes, media: Media) -> Verdict:
    shown = "not shown"
    try:
        with Image.open(io.BytesIO(content), formats=tuple(FORMATS)) as opened:
            if opened.width * opened.height <= MOST_PIXELS:
                opened.load()
                shown = FORMATS.get(opened.format or "", Format.JPEG)  # MPO is several JPEGs
    except Exception:
        pass
    refused = shown != "not shown" and (is_refused(media) or media.format != shown)
    if shown != "not shown" and (refused or media.defect):
        print(f"{path}: shown as {shown}, told {media.format}: {media.defect and media.defect.message}")
    return "refused" if refused else "", shown, told(media)


def voice(path: Path, media: Media, ffmpeg: str) -> Verdict:
    words = [ffmpeg, "-v", "error", "-nostdin", "-i", str(path), "-map", "0:a:0", "-t", "3600"]
    ran = subprocess.run([*words, "-f", "s16le", "-ac", "1", "-ar", str(RATE), "-"], capture_output=True, check=False)
    seconds = len(ran.stdout) / 2 / RATE
    agree = abs((media.seconds or 0) - seconds) <= PADDING_SECONDS
    if not agree:
        print(f"{path}: ffmpeg plays {seconds:.3f} s, told {media.seconds} s: {media.defect and media.defect.message}")
    return "" if agree else "another length", media.format, told(media)


def files(folders: list[Path]) -> Counter[Verdict]:
    verdicts, ffmpeg = Counter[Verdict](), shutil.which("ffmpeg")
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.is_file()):
        if not 0 < path.stat().st_size <= MOST_BYTES:
            continue
        content = path.read_bytes()
        media = probe(content)
        if media.format in VOICES:
            if ffmpeg:
                verdicts[voice(path, media, ffmpeg)] += 1
        else:
            verdicts[picture(path, content, media)] += 1
    return verdicts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    verdicts = files(chosen.folders) if chosen.folders else mutants(chosen.seed, chosen.seconds)
    for (difference, shown, said), count in sorted(verdicts.items()):
        print(f"{count:>9,}  {shown:10} {said:10} {difference}")
    sys.exit(any(difference == "refused" for difference, *_ in verdicts))


if __name__ == "__main__":
    main()
