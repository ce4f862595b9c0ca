"""File names in commands that a reader is to run, for the shell of the reader's system."""

from __future__ import annotations

import shlex

import pytest

from wxsync.shell import quoted


@pytest.mark.parametrize(
    ("path", "posix", "windows"),
    [
        ("images/a-1.png", "images/a-1.png", "images/a-1.png"),
        ("图片/封面.png", "'图片/封面.png'", '"图片/封面.png"'),
        ("my photo (1).jpg", "'my photo (1).jpg'", '"my photo (1).jpg"'),
        ("it's.png", "'it'\"'\"'s.png'", '"it\'s.png"'),
        ("a&b;c|d.png", "'a&b;c|d.png'", '"a&b;c|d.png"'),
        ("-o.png", "-o.png", '"-o.png"'),
        ("@list.png", "@list.png", '"@list.png"'),
        ("$(calc).png", "'$(calc).png'", "FILE.png"),
        ("a`b.webp", "'a`b.webp'", "FILE.webp"),
        ("%PATH%.png", "%PATH%.png", "FILE.png"),
        ("curly “quotes”.gif", "'curly “quotes”.gif'", "FILE.gif"),
        ("$x", "'$x'", "FILE"),
    ],
)
def test_a_name_is_quoted_for_the_shells_of_a_system(path: str, posix: str, windows: str) -> None:
    for system in ("linux", "darwin"):
        assert quoted(path, system=system) == posix
        assert shlex.split(quoted(path, system=system)) == [path]
    assert quoted(path, system="win32") == windows
