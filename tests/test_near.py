"""A name that nobody knows is answered with those that come near it."""

import unicodedata

import pytest

from wxsync.near import did_you_mean, near_names

pytestmark = pytest.mark.quick

KNOWN = ("logo", "banner/summer.png", "banner/winter.png", "Größe", "封面图")


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("lgoo", ("logo",)),
        ("LOGO", ("logo",)),
        ("ｌｏｇｏ", ("logo",)),
        ("banner/sumer.png", ("banner/summer.png", "banner/winter.png")),
        (unicodedata.normalize("NFD", "größe"), ("Größe",)),
        ("封面", ("封面图",)),
        ("nothing of the kind", ()),
        ("", ()),
        ("l" * 1_000_000, ()),
    ],
)
def test_a_slip_is_answered_with_what_was_meant(name: str, near: tuple[str, ...]) -> None:
    assert near_names(name, KNOWN) == near


def test_another_case_comes_before_another_spelling_and_the_order_is_always_the_same() -> None:
    known = ["logs", "LOGO", "logo2", "Logo"]

    assert near_names("logo", known) == near_names("logo", reversed(known)) == ("LOGO", "Logo", "logo2")
    assert near_names("logo", known, most=1) == ("LOGO",)


def test_a_path_is_meant_by_its_last_part_with_or_without_a_suffix() -> None:
    known = ["图片/logo.png", "logistics", "posts/Logo.jpg", "other/logo.png"]

    assert near_names("logo", known) == ("other/logo.png", "posts/Logo.jpg", "图片/logo.png")
    assert near_names("LOGO.PNG", known, most=2) == ("other/logo.png", "图片/logo.png")


def test_the_question_joins_what_may_have_been_meant() -> None:
    assert did_you_mean(["a"]) == "did you mean a?"
    assert did_you_mean(["a", "b", "c"]) == "did you mean a, b or c?"
