"""Whatever the bytes are, probing ends soon and without an error."""

from __future__ import annotations

import math
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from wxsync.media import Media, check, probe
from wxsync.model import MaterialType

SAMPLES = [path.read_bytes() for path in sorted((Path(__file__).parent / "media").rglob("*.*")) if path.suffix != ".sh"]
BEGINNINGS = [b"", *sorted({content[:16] for content in SAMPLES if content}), b"ID3\3\0\0\0\0\0\0", b"\xff\xfb\x90\0"]


def stands(content: bytes) -> Media:
    media = probe(content)
    assert media == probe(content)
    assert media.size == len(content)
    assert media.seconds is None or (math.isfinite(media.seconds) and media.seconds >= 0)
    for material_type in MaterialType:
        for finding in check(media, material_type, filename="a.b"):
            assert finding.code
            assert finding.message
            assert finding.hint
    return media


@given(st.sampled_from(BEGINNINGS), st.binary(max_size=2000))
def test_any_bytes_behind_any_beginning_are_probed(beginning: bytes, rest: bytes) -> None:
    stands(beginning + rest)


@settings(max_examples=300)
@given(
    st.sampled_from(SAMPLES),
    st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=8)), max_size=6),
    st.floats(0, 1),
)
def test_a_mutated_real_file_is_probed(content: bytes, changes: list[tuple[float, bytes]], kept: float) -> None:
    changed = bytearray(content)
    for place, patch in changes:
        # Headers stand at the beginning, so most changes fall there.
        at = int(place**4 * len(changed))
        changed[at : at + len(patch)] = patch
    stands(bytes(changed[: math.ceil(kept * len(changed))]))


@given(st.sampled_from(SAMPLES), st.sampled_from(SAMPLES), st.floats(0, 1))
def test_two_files_in_one_are_probed(first: bytes, second: bytes, cut: float) -> None:
    stands(first[: int(cut * len(first))] + second)
