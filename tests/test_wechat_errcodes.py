"""The table of errcodes is complete, and everything in it can be read by a person in two languages."""

from __future__ import annotations

import re

import pytest

from wxsync.wechat.errcodes import TABLE, ErrCode, Kind, explain
from wxsync.words import Language, say

OFFICIAL = """
-1 0 40001 40002 40003 40004 40005 40006 40007 40008 40009 40010 40011 40012 40013 40014 40033 40035 40062 40066 40097
40113 40114 40118 40121 40125 40128 40137 40164 40221 40229 40243 41001 41002 41004 41005 41006 42001 42002 42007 43001
43002 43003 43004 44001 44002 44003 44006 45001 45002 45003 45004 45005 45006 45007 45008 45009 45011 45015 45020 45028
45034 45035 45047 45060 45068 45074 45101 45102 45103 45106 45166 46001 46003 46007 47001 47002 47003 48001 48003 48004
48005 48006 48010 48013 48014 50001 50002 50004 50005 50007 53401 53404 53405 53406 53500 53501 53502 53600 61003 61004
61005 61006 61007 61014 61016 61023 76001 76002 76003 76004 76021 76022 85105 85107 85112 85113 87009 87014 88000 89005
89006 89501 89502 89503 89504 89505 89506 89507
"""

LINES = [pytest.param(line, id=str(line.code)) for line in TABLE.values()]


def test_every_code_of_the_official_pages_and_reports_is_explained_and_no_other() -> None:
    assert sorted(TABLE) == sorted(map(int, OFFICIAL.split()))


def test_a_code_of_no_list_is_not_explained() -> None:
    assert explain(99999) is None


@pytest.mark.parametrize("line", LINES)
def test_each_line_speaks_english_and_chinese_and_says_what_to_do(line: ErrCode) -> None:
    assert explain(line.code) is line
    for words in (line.meaning, line.action):
        assert re.fullmatch(r".*[A-Za-z].*\.", say(words, Language.ENGLISH)), words
        assert re.fullmatch(r".*[\u4e00-\u9fff].*。", say(words, Language.CHINESE)), words


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (-1, Kind.BUSY),
        (40001, Kind.TOKEN),
        (40014, Kind.TOKEN),
        (42001, Kind.TOKEN),
        (45011, Kind.TOO_FAST),
        (45009, Kind.QUOTA),
        (45034, Kind.LIBRARY_FULL),
        (45074, Kind.LIBRARY_FULL),
        (40125, Kind.CREDENTIALS),
        (40164, Kind.ALLOWLIST),
        (61004, Kind.ALLOWLIST),
        (89503, Kind.CONFIRMATION),
        (48001, Kind.PERMISSION),
        (41001, Kind.ROUTE),
        (40113, Kind.FILE),
        (40007, Kind.GONE),
        (48005, Kind.IN_USE),
        (41005, Kind.REQUEST),
    ],
)
def test_a_code_is_sorted_by_what_must_happen_next(code: int, kind: Kind) -> None:
    assert TABLE[code].kind is kind


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        TABLE[1] = TABLE[0]  # type: ignore[index]


@pytest.mark.parametrize("way_out", ["fixed address", "WXSYNC_API_BASE", "HTTPS_PROXY", "云调用"])
def test_an_address_that_is_not_allowed_comes_with_the_ways_out_for_ci(way_out: str) -> None:
    assert way_out in TABLE[40164].action
