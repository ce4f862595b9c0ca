"""The words of a page by the keys that its template and its script know them by."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from wxsync.model import Action, MaterialType
from wxsync.render.rows import OUTCOMES
from wxsync.words import Language, Text, say, text

_STATES = {
    "gone": text("gone at WeChat"),
    "unclaimed": text("unclaimed"),
    "retired": text("retired"),
    "in step": text("in step"),
    **{action.value: action.verb for action in Action if action is not Action.KEEP},
    **{outcome.value: said for outcome, said in OUTCOMES.items()},
}
_TYPES = {
    MaterialType.IMAGE: text("image"),
    MaterialType.VOICE: text("voice"),
    MaterialType.VIDEO: text("video"),
    MaterialType.THUMB: text("thumb"),
    MaterialType.ARTICLE_IMAGE: text("article image"),
}
# What the script fills in stands for itself until then.
_HOLES = {name: f"{{{name}}}" for name in ("count", "label", "name", "page", "pages", "shown", "size", "total", "what")}


WORDS: Mapping[str, Text] = MappingProxyType(
    {
        "skip": text("Go to the list"),
        "account": text("Account"),
        "drift": text("Differences at WeChat"),
        "room": text("Places in the library"),
        "search": text("Search names, ids, paths, titles"),
        "state": text("State"),
        "type": text("Type"),
        "folder": text("Folder"),
        "folders": text("All folders"),
        "here": text("(beside the manifest)"),
        "sort": text("Sort by"),
        "view": text("View"),
        "gallery": text("Gallery"),
        "list": text("List"),
        "materials": text("Materials"),
        "by.folder": text("Folder"),
        "by.change": text("Change"),
        "by.name": text("Name"),
        "by.date": text("Newest first"),
        "by.size": text("Largest first"),
        "shown": text("{shown} of {total} shown", shown=_HOLES["shown"], total=_HOLES["total"]),
        "nothing": text("Nothing matches"),
        "everything": text("Show everything"),
        "pages": text("Pages"),
        "page": text("Page {page} of {pages}", page=_HOLES["page"], pages=_HOLES["pages"]),
        "previous": text("Previous"),
        "next": text("Next"),
        "close": text("Close"),
        "open": text("Open {name}", name=_HOLES["name"]),
        "called": text("{name}, {what}", name=_HOLES["name"], what=_HOLES["what"]),
        "scaled": text("in this page {size}", size=_HOLES["size"]),
        "select": text("Select {name}", name=_HOLES["name"]),
        "select.all": text("Select all that are shown"),
        "selected": text("{count} selected", count=_HOLES["count"]),
        "clear": text("Clear"),
        "copy": text("Copy"),
        "copied": text("Copied"),
        "press": text("Press Ctrl+C"),
        "copy.label": text("Copy {label}", label=_HOLES["label"]),
        "copy.of": text("Copy {label} of {name}", label=_HOLES["label"], name=_HOLES["name"]),
        "copied.of": text("Copied {label} of {name}", label=_HOLES["label"], name=_HOLES["name"]),
        "copy.ids": text("Copy media_ids"),
        "copy.urls": text("Copy urls"),
        "no.id": text("No id yet: apply uploads the file and writes it down"),
        "before": text("before"),
        "after": text("after"),
        "file": text("File"),
        "sent": text("Sent as"),
        "uploaded": text("Uploaded"),
        "used": text("Used in:"),
        **{f"mark.{word}": said for word, said in _STATES.items()},
        **{f"type.{word}": said for word, said in _TYPES.items()},
    }
)
"""Each word in English, which knows its Chinese."""


def both_languages() -> dict[str, list[str]]:
    """Give each word in English and in Chinese; a type in Chinese comes with the word of the manifest."""
    words = {key: [str(said), say(said, Language.CHINESE)] for key, said in WORDS.items()}
    for kind in MaterialType:
        english, chinese = words[f"type.{kind}"]
        words[f"type.{kind}"] = [english, chinese if chinese == english else f"{chinese} {kind}"]
    return words
