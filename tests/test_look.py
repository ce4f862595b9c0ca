"""Looking at a listing that changes meanwhile, and waiting for what it does not show yet."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.nouns import doubt_of, listed, lock_of, moment, record_of, retire, want
from wxsync.model import ListingPage, Material, MaterialType
from wxsync.reconcile.look import Look, look, settle, unix_seconds
from wxsync.wechat.interface import PAGE_SIZE


class Shelf:
    """Lists as WeChat does, newest first; something may happen after a page, by the number of that page."""

    def __init__(self, size: int, after_page: dict[int, Callable[[list[Material]], None]]) -> None:
        self.materials = [material(f"id-{number}", at=1000 - number) for number in range(size)]
        self.after_page = after_page
        self.pages = 0

    def list_page(self, material_type: MaterialType, offset: int, count: int = PAGE_SIZE) -> ListingPage:
        page = ListingPage(len(self.materials), tuple(self.materials[offset : offset + count]))
        self.pages += 1
        if self.pages in self.after_page:
            self.after_page[self.pages](self.materials)
        return page


def material(media_id: str, *, at: int) -> Material:
    return Material(media_id, MaterialType.IMAGE, f"{media_id}.png", None, at)


def seen(shelf: Shelf) -> set[str]:
    return {one.media_id for one in look(shelf, None, [MaterialType.IMAGE], Look.ALL)}


def there(shelf: Shelf) -> set[str]:
    return {one.media_id for one in shelf.materials}


def test_a_quiet_library_is_listed_once() -> None:
    shelf = Shelf(45, {})

    assert seen(shelf) == there(shelf)
    assert shelf.pages == 3


def test_what_moves_to_an_earlier_page_while_it_is_listed_is_not_missed() -> None:
    shelf = Shelf(45, {1: lambda materials: materials.remove(materials[0])})

    assert seen(shelf) == there(shelf), "what was deleted meanwhile is not seen either"
    assert shelf.pages == 6


def test_what_is_stored_meanwhile_is_seen() -> None:
    shelf = Shelf(45, {2: lambda materials: materials.insert(0, material("new", at=2000))})

    assert "new" in seen(shelf)


def test_a_library_that_never_rests_is_listed_a_few_times_and_nothing_that_stayed_is_missed() -> None:
    shelf = Shelf(60, {number: lambda materials: materials.remove(materials[0]) for number in range(1, 100)})

    found = seen(shelf)

    assert there(shelf) <= found
    assert shelf.pages <= 9


def test_a_look_counts_from_its_beginning_however_long_it_takes() -> None:
    clock, pauses = [0.0], list[float]()

    def again() -> str:
        clock[0] += 50
        return "seen"

    def pause(seconds: float) -> bool:
        clock[0] += seconds
        pauses.append(seconds)
        return False

    settle(again, lambda _seen: [10.0], seconds=30, clock=lambda: clock[0], pause=pause, monotonic=lambda: clock[0])

    assert pauses == [2.0], "an upload of second 10 may show at second 40, and the first look began at 0"
    assert clock[0] == 102


@given(
    st.lists(st.floats(0, 60), min_size=1, max_size=3),
    st.lists(st.tuples(st.floats(0, 100), st.none() | st.floats(0, 1)), min_size=1, max_size=3),
    st.floats(1, 90),
)
@example([1.0, 60.0], [(100.0, 1.0)], 30.0)
@example([1.0], [(50.0, None), (100.0, 1.0)], 30.0)
def test_what_shows_within_the_settling_time_is_found_however_long_looks_take(
    lasting: list[float], sent: list[tuple[float, float | None]], seconds: float
) -> None:
    """A doubt is a time of sending, and the part of the settling time after which its upload shows (None: never)."""
    clock, number = [100.0], 0

    def again() -> list[tuple[float, float | None]]:
        nonlocal number
        absent = [(at, part) for at, part in sent if part is None or at + part * seconds > clock[0]]
        clock[0] += lasting[number % len(lasting)]
        number += 1
        return absent

    def pause(waited: float) -> bool:
        assert waited > 0
        clock[0] += waited
        return False

    absent = settle(
        again,
        lambda seen: [at for at, _part in seen],
        seconds=seconds,
        clock=lambda: clock[0],
        pause=pause,
        monotonic=lambda: clock[0],
    )

    assert [one for one in absent if one[1] is not None] == []
    assert clock[0] <= 200 + seconds + 2 * sum(lasting) + 60, "nor does it look for ever"


def test_every_doubt_is_looked_for_back_to_its_own_time() -> None:
    shelf = Shelf(0, {})
    old, new = want("old", "a"), want("new", "b")
    filled = [record_of(want(f"{number}", "c"), f"known-{number}") for number in range(2 * PAGE_SIZE)]
    shelf.materials = [
        listed(new, "lost-new", at=_second(3000)),
        *(material(str(record.media_id), at=_second(60)) for record in filled),
        listed(old, "lost-old", at=_second(1)),
    ]
    doubts = [doubt_of(old, at=moment(0)), doubt_of(new, at=moment(3000))]
    lock = lock_of({}, [retire("filled", record) for record in filled], doubts)

    found = {one.media_id for one in look(shelf, lock, [MaterialType.IMAGE], Look.AUTO)}

    assert {"lost-old", "lost-new"} <= found


def test_a_stranger_library_is_read_back_to_a_week_before_the_newest_upload() -> None:
    newest, oldest = (
        record_of(want("new"), "new", at=moment(0)),
        record_of(want("old", "b"), "old", at="2026-01-01T00:00:00Z"),
    )
    shelf = Shelf(0, {})
    shelf.materials = [material(f"stranger-{number}", at=_second(-3600 * number)) for number in range(20 * PAGE_SIZE)]

    look(shelf, lock_of({"new": newest, "old": oldest}), [MaterialType.IMAGE], Look.AUTO)

    assert shelf.pages == 10, "7 days are 168 of these, and one page more tells that they are over"


def test_a_lost_lock_is_looked_for_to_the_end_past_any_number_of_strangers() -> None:
    first, last = want("first", "a"), want("last", "b")
    shelf = Shelf(0, {})
    shelf.materials = [
        listed(first, "lost-first", at=_second(0)),
        *(material(f"stranger-{number}", at=_second(-number)) for number in range(1, 60 * PAGE_SIZE)),
        listed(last, "lost-last", at=_second(-100_000)),
    ]

    found = {one.media_id for one in look(shelf, None, [MaterialType.IMAGE], Look.AUTO)}

    assert {"lost-first", "lost-last"} <= found


@pytest.mark.parametrize(("pages_between", "is_found"), [(1, True), (30, True), (49, True), (51, False)])
@pytest.mark.parametrize("age", [1, 30 * 24 * 3600], ids=["young", "old"])
def test_behind_an_upload_that_the_lock_lost_its_known_pages_end_no_looking(
    age: int, pages_between: int, is_found: bool
) -> None:
    lost, other = want("lost", "a"), want("other", "b")
    kept = [record_of(want(f"{number}", "c"), f"kept-{number}") for number in range(PAGE_SIZE * pages_between)]
    shelf = Shelf(0, {})
    shelf.materials = [
        listed(lost, "lost", at=_second(10)),
        *(material(f"stranger-{number}", at=_second(9)) for number in range(PAGE_SIZE - 1)),
        *(material(str(record.media_id), at=_second(-age)) for record in kept),
        listed(other, "other", at=_second(-age - 1)),
    ]
    newest = record_of(want("newest", "d"), "newest", at=moment(0))
    lock = lock_of({"newest": newest}, [retire("kept", record) for record in kept])

    found = {one.media_id for one in look(shelf, lock, [MaterialType.IMAGE], Look.AUTO)}

    assert "lost" in found
    assert ("other" in found) is is_found, "what is lost in part is looked for a good number of pages further"


def test_a_run_looks_past_the_pages_that_it_filled_itself() -> None:
    mine = [record_of(want(f"{number}", f"{number}"), f"mine-{number}", at=moment(60)) for number in range(PAGE_SIZE)]
    other = want("other", "other")
    kept = record_of(want("kept", "kept"), "kept", at=moment(0))
    shelf = Shelf(0, {})
    shelf.materials = [
        *(listed(want(f"{number}", f"{number}"), f"mine-{number}", at=_second(60)) for number in range(PAGE_SIZE)),
        listed(other, "other", at=_second(30)),
    ]
    lock = lock_of({"kept": kept} | {f"{number}": record for number, record in enumerate(mine)})

    def ids(new: set[str]) -> set[str]:
        return {one.media_id for one in look(shelf, lock, [MaterialType.IMAGE], Look.AUTO, new=new)}

    assert "other" not in ids(set())
    assert "other" in ids({f"mine-{number}" for number in range(PAGE_SIZE)})


def _second(number: int) -> int:
    """Tell the second that `moment` writes."""
    return int(unix_seconds(moment(0))) + number
