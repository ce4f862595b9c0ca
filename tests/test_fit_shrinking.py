"""A picture is scaled no further than it must be, whatever its bytes do as it shrinks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxsync.fit.shrinking import Size, largest, scaled

pytestmark = pytest.mark.quick


@given(
    size=st.tuples(st.integers(400, 12_000), st.integers(400, 12_000)),
    limit=st.integers(20_000, 10_000_000),
    over=st.floats(1.0001, 400),
    power=st.floats(0.6, 1.5),
    head=st.integers(0, 2_000),
)
def test_what_comes_out_fits_and_uses_at_least_half(
    size: Size, limit: int, over: float, power: float, head: int
) -> None:
    whole = limit * over

    def encode(tried: Size) -> bytes:
        share = tried[0] * tried[1] / (size[0] * size[1])
        return bytes(head + int((whole - head) * share**power))

    made = largest(size, taken=int(whole) + 1, limit=limit, floor=0.01, encode=encode)

    if len(encode(scaled(size, 0.01))) > limit:
        assert made is None
    else:
        assert made is not None
        assert limit / 2 <= len(made) <= limit


@given(limit=st.integers(1_000, 100_000), floor=st.floats(0.1, 0.9), over=st.floats(1.01, 500))
def test_nothing_is_scaled_below_the_floor(limit: int, floor: float, over: float) -> None:
    asked = list[Size]()

    def encode(tried: Size) -> bytes:
        asked.append(tried)
        return bytes(int(limit * over * tried[0] * tried[1] / 10**8))

    made = largest((10_000, 10_000), taken=int(limit * over) + 1, limit=limit, floor=floor, encode=encode)

    assert all(scaled((10_000, 10_000), floor) <= tried < (10_000, 10_000) for tried in asked)
    assert (made is None) == (int(limit * over * (round(10_000 * floor) / 10_000) ** 2) > limit)


def test_a_picture_that_grows_as_it_shrinks_ends_the_search() -> None:
    asked = list[Size]()

    def encode(tried: Size) -> bytes:
        asked.append(tried)
        return bytes(5_000)

    assert largest((4_000, 3_000), taken=4_500, limit=4_000, floor=0.2, encode=encode) is None
    assert len(asked) <= 12
