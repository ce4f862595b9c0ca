"""Documents that are made to take long are read in time: the work grows with the text, not with its square."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from wxsync.links.find import NotADocument, find_links

# What parsers of documents were seen to take minutes or hours for, and what looks like it.
MARKDOWN = [
    *("[", "![", "[[a]", "[\n", "](", "[a](", "![](a ", "![](<a", '![](a "', "![a][", "![a](b(", "[]", "![[a.png|"),
    *(
        "<!--",
        "<!-- --->",
        "x <!-- --->",
        "<a ",
        '<a x="',
        "</a ",
        "<?",
        "<![CDATA[",
        "<!a",
        "<a:",
        "<a@",
        "<script>\n",
    ),
    *(
        "a\n=\n",
        "<div>\n\n",
        "> <div>\n",
        "- <!--\n",
        "> ",
        "- ",
        "* * ",
        ">a\n",
        "- a\n",
        "1. a\n\n",
        "# a\n",
        "---\n",
    ),
    *("[a]: b\n", '[a]: b "\n', "[a\n", "[a]:\n", "|a|b|\n|-|-|\n", "\u2028\n", "\n", "```\n", "    a\n", "\0", "\\"),
    *(
        "*a_",
        "**",
        "`",
        "` `` ",
        "&",
        "&#1",
        "![（",
        "！【",
        "{% a ",
        "{{<",
        "![](a.png)",
        "<img src=a.png>",
        "<div>![",
    ),
]
HTML = [
    *(
        "<x y z ",
        "<a ",
        "<img/",
        '<a x="',
        "<a x='",
        "<!--",
        "</",
        "<?",
        "<!",
        "<",
        "<![CDATA[",
        "<!---",
        "<plaintext>",
    ),
    *("<script>", "<title></", "<style></styl", "<img src=a.png>", "<img src='a.png", "<img x", "<p =", "&", "&#9"),
    f"<img{' ' * 99}= src=a>",
]
SHAPES = {
    "a.md": [
        "![" * 10_000 + "](a" * 10_000,
        "[" * 25_000 + "]" * 25_000 + "\n\n[x]: y",
        "".join("`" * number + " " for number in range(300)),
        "".join(f"[{number}]: {number}.png\n" for number in range(2_000))
        + "\n"
        + "".join(f"![{number}]" for number in range(2_000)),
        f"[a]: {'b' * 25_000}\n\n" + "![a] " * 5_000,
        f"[{'a' * 25_000}]: b\n\n" + "![a] " * 5_000,
        "|a" * 5_000 + "|\n" + "|-" * 5_000 + "|\n" + "|\n" * 10_000,
        "- " * 45 + "a\n" + "b\n" * 25_000,
        "a " + "<a x=\"' y='\" " * 4_000,
        "![](" + "(" * 50_000,
    ],
    "a.html": [f"<img{' ' * 50_000}= src=a>", f"<img src='{'&#9' * 20_000}'>", f"<img src='&#{'9' * 50_000};'>"],
}
ALL = [
    *(("a.md", unit * (50_000 // len(unit))) for unit in MARKDOWN),
    *(("a.html", unit * (50_000 // len(unit))) for unit in HTML),
    *((name, text) for name, texts in SHAPES.items() for text in texts),
]


def read_all() -> None:
    for name, text in ALL:
        try:
            links = find_links(name, text, dialects=True)
        except NotADocument:
            continue
        assert all(text[link.start : link.end] for link in links)


@pytest.mark.skipif(sys.platform == "win32", reason="no bound on a process's time there")
def test_no_document_takes_long_for_its_size() -> None:
    # Half a minute of this processor is plenty; parsers that start anew at every bracket need hours.
    program = (
        "import resource; resource.setrlimit(resource.RLIMIT_CPU, (150, 150));"
        "from tests.test_links_growth import read_all; read_all()"
    )

    subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[1], check=True)


def test_quotations_too_deep_to_be_read_in_time_are_told() -> None:
    with pytest.raises(NotADocument, match="deeper than can be read in time"):
        find_links("a.md", "> " * 90 + "a\n" + "b\n" * 5_000)


def test_lists_and_quotations_as_people_write_them_are_not_too_deep() -> None:
    outline = "".join("  " * (number % 40) + "- an item\n" for number in range(2_000))
    answers = ">" * 8 + " said\n" + "and went on ![](a.png)\n" * 500

    assert find_links("a.md", outline) == []
    assert len(find_links("a.md", answers)) == 500
