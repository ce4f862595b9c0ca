"""Looking at a listing that changes meanwhile, and waiting for what it does not show yet."""

from __future__ import annotations

from collections.abc import Callable

from wxsync.model import ListingPage, Material, MaterialType
from wxsync.reconcile.look import PAGE, Look, look, settle


class Shelf:
    """Lists as WeChat does, newest first; something may happen after a page, by the number of that page."""

    def __init__(self, size: int, after_page: dict[int, Callable[[list[Material]], None]]) -> None:
        self.materials = [material(f"id-{number}", at=1000 - number) for number in range(size)]
        self.after_page = after_page
        self.pages = 0

    def list_page(self, material_type: MaterialType, offset: int, count: int = PAGE) -> ListingPage:
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

    settle(again, lambda _seen: [10.0], seconds=30, clock=lambda: clock[0], pause=pause)

    assert pauses == [2.0], "an upload of second 10 may show at second 40, and the first look began at 0"
    assert clock[0] == 102
