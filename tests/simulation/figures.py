"""Prints what many histories came to as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

_ROWS = (
    ("histories", "histories"),
    ("runs of apply", "runs"),
    ("steps at which a run could end", "steps"),
    ("crashes by kill", "crashes: kill"),
    ("crashes by loss of power", "crashes: power loss"),
    ("faults of the network and of WeChat", "fault: "),
    ("locks and journals lost", "losses: "),
    ("runs on a disk that was full or failing", "bad disks"),
    ("two machines at once", "two machines at once"),
    ("clocks set wrong, some of them during a run", "clocks set"),
    ("journals that prove nothing: of another clone, of a stranger, or the key is lost", "foreign journals: "),
    ("prunes", "prunes"),
    ("strangers' materials put among the retired before one", "strangers among the retired"),
    ("uploads stored by WeChat", "stored"),
    ("answers lost whose upload was found again and adopted", "adopted"),
    (
        "copies that may arise (on demand, two machines at once, thumbs where nobody lists them)",
        "admitted copies",
    ),
    ("copies that may not", "copies"),
    ("ids lost", "lost ids"),
    ("promises broken", "broken"),
)


def table(figures: Mapping[str, int]) -> str:
    """Writes the figures as a Markdown table, fit for the README."""
    lines = ["| | |", "|---|---:|"]
    lines += [f"| {words} | {number:,} |" for words, number in _counted(figures)]
    return "\n".join(lines)


def faults(figures: Mapping[str, int]) -> str:
    """Writes how often each fault struck, the most frequent first."""
    struck = {name.removeprefix("fault: "): number for name, number in figures.items() if name.startswith("fault: ")}
    lines = ["| fault | times |", "|---|---:|"]
    lines += [f"| {name} | {number:,} |" for name, number in Counter(struck).most_common()]
    return "\n".join(lines)


def total(figures: Iterable[Mapping[str, int]]) -> Counter[str]:
    """Adds up the figures of many histories."""
    added = Counter[str]()
    for one in figures:
        added.update(one)
    return added


def _counted(figures: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    for words, key in _ROWS:
        if key.endswith(" "):
            yield words, sum(number for name, number in figures.items() if name.startswith(key))
        else:
            yield words, figures.get(key, 0)
