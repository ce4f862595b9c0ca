"""What a path in a manifest may be: said of the text alone, and of what was found there."""

from __future__ import annotations

import re

from msgspec import Struct

from wxsync.manifest.globs import is_glob, parse_pattern, walk
from wxsync.manifest.source import brief, is_blank, unseen_in
from wxsync.manifest.tree import KEPT_BACK, PathKind, TooMuchWork, Tree
from wxsync.words import Text, casefolded, listing, text

MAX_NAME = 200
MAX_LENGTH = 1024
MAX_SEGMENTS = 100

_CONTROL = "[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]"
# What most paths are: words with dots and hyphens within, so that nothing asked below can be true of them.
_USUAL = re.compile(r"[\w-][\w.-]*(?:/[\w-][\w.-]*)*")
_ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:[/\\]|~(/|$)")


_NO_FILE = {
    PathKind.FOLDER: (
        "path-is-a-folder",
        text("a folder"),
        text("write a glob for the files in it"),
    ),
    PathKind.OUTSIDE: (
        "link-outside",
        text("a link that leads out of the manifest's folder"),
        text("put the file itself there; nothing outside the manifest's folder is read"),
    ),
    PathKind.BROKEN: (
        "link-broken",
        text("a link that leads nowhere"),
        text("mend the link, or put the file in its place"),
    ),
    PathKind.UNREADABLE: (
        "folder-unreadable",
        text("in a folder, or itself a folder, that cannot be listed"),
        text("look at the permissions of the folders on the way"),
    ),
    PathKind.OTHER: (
        "not-a-file",
        text("a device, a FIFO or a socket"),
        text("only ordinary files can be uploaded"),
    ),
}


class Fault(Struct, frozen=True):
    """Holds what is wrong with a path, before it is known where it was written."""

    code: str
    message: str
    hint: str = ""


def fault_in_path(path: str) -> Fault | None:
    """Finds what makes a path or a pattern impossible, whatever files there are."""
    if _USUAL.fullmatch(path) and not _is_long(path):
        return None
    if _has_control(path):
        return Fault("wrong-path", text("a path cannot hold control characters"), text("rename the file"))
    return _fault_in_reach(path) or _fault_in_form(path)


def fault_in_pattern(pattern: str) -> Fault | None:
    """Finds what a glob cannot hold beyond what no path can."""
    if any("**" in part and part != "**" for part in pattern.split("/")):
        hint = text("write `{what}`", what=re.sub(r"[*]{2,}", "**/*", pattern))
        return Fault("wrong-glob", text("`**` stands for folders and must stand alone between slashes"), hint)
    return fault_in_path(pattern)


def fault_in_kind(path: str, kind: PathKind, tree: Tree) -> Fault | None:
    """Says why what was found at a path cannot be taken; None for a file."""
    if kind is PathKind.FILE:
        return None
    if kind is PathKind.MISSING:
        return _missing(path, tree)
    code, what, hint = _NO_FILE[kind]
    if kind is PathKind.FOLDER:
        hint = text("write `{path}/**` for all files in it", path=brief(path))
    return Fault(code, text("`{path}` is {what}", path=brief(path), what=what), hint)


def is_plain(characters: str) -> bool:
    """Tells whether nothing can be wrong with what names hold, as with most; asked of many names in one text."""
    return characters.isascii() and characters.isprintable()


def fault_in_file_name(path: str) -> Fault | None:
    """Finds what keeps the path of a file that a glob met from being its name."""
    if is_plain(path):
        return None
    hint = text("rename the file, or leave it out with `exclude`")
    if _has_control(path):
        return Fault(
            "odd-file-name",
            text("the name {path} holds control characters or is not UTF-8", path=repr(brief(path))),
            hint,
        )
    if unseen := unseen_in(path):
        return Fault(
            "odd-file-name", text("the name `{path}` holds {unseen}", path=brief(path), unseen=_told(unseen)), hint
        )
    return None


def fault_in_name(name: str) -> Fault | None:
    """Finds what a name for consumers cannot be."""
    if _has_control(name):
        return Fault("wrong-name", text("a name cannot hold control characters"), text("write it on one line"))
    if name != name.strip():
        return Fault("wrong-name", text("a name cannot begin or end with a blank"), text("take the blanks out"))
    if unseen := unseen_in(name):
        hint = text("delete it and type the name anew; it came along from a web page or a chat")
        return Fault("wrong-name", text("a name cannot hold {unseen}", unseen=_told(unseen)), hint)
    if len(name) > MAX_NAME:
        return Fault(
            "wrong-name",
            text("a name has at most {most_name} characters", most_name=MAX_NAME),
            text("write a shorter one"),
        )
    return None


def fault_in_title(title: str) -> Fault | None:
    """Finds what the title of a video cannot be."""
    if is_blank(title):
        return Fault(
            "blank", text("nothing of the `title` can be seen"), text("write what readers see as the video's title")
        )
    if unseen := unseen_in(title):
        hint = text("delete it and type the title anew; it came along from a web page or a chat")
        return Fault("wrong-title", text("a title cannot hold {unseen}", unseen=_told(unseen)), hint)
    return None


def fault_in_default_name(path: str) -> Fault | None:
    """Finds what keeps a path from being the name of its material too."""
    if unseen := unseen_in(path):
        message = text("the path holds {unseen}, and it is the material's name too", unseen=_told(unseen))
        return Fault("odd-file-name", message, text("rename the file, or give it a `name`"))
    return None


def in_shortest_form(path: str) -> str:
    """Takes away what many programs write before a path that begins here."""
    while path.startswith("./") and len(path) > len("./"):
        path = path[2:].lstrip("/")
    return path


def nothing_matches(pattern: str, tree: Tree) -> Fault:
    """Says that a glob matches no file, and what may be the reason."""
    message = text("`{pattern}` matches no file", pattern=brief(pattern))
    if "\\" in pattern:
        return Fault(
            "nothing-matches", message, text("write it with forward slashes: `{pattern}`", pattern=_forward(pattern))
        )
    if re.search(r"\{[^}]*,[^}]*\}", pattern):
        return Fault("nothing-matches", message, text("braces have no meaning here: write one entry for each ending"))
    if narrow := _in_half_width(pattern, tree):
        return Fault("nothing-matches", message, narrow)
    return Fault("nothing-matches", message, _why_nothing(pattern, tree))


def _has_control(text: str) -> bool:
    return not text.isprintable() and re.search(_CONTROL, text) is not None


def _fault_in_reach(path: str) -> Fault | None:
    if "://" in path:
        hint = text("only local files can be uploaded: put the file into the manifest's folder")
        return Fault("path-outside", text("`{path}` is a web address", path=brief(path)), hint)
    if _ABSOLUTE.match(path):
        hint = text("write the path relative to the manifest's folder; nothing outside that folder is read")
        return Fault("path-outside", text("`{path}` is an absolute path", path=brief(path)), hint)
    if ".." in path and ".." in re.split(r"[/\\]", path):
        hint = text("nothing outside the manifest's folder is read: move the file, or the manifest")
        return Fault("path-outside", text("`{path}` leads upwards with `..`", path=brief(path)), hint)
    if not KEPT_BACK.isdisjoint(path.lower().split("/")):
        hint = text("move the file out of that folder")
        return Fault(
            "path-kept-back",
            text("`{path}` lies in a folder that git or wxsync keeps for itself", path=brief(path)),
            hint,
        )
    return None


def _fault_in_form(path: str) -> Fault | None:
    parts = path.split("/")
    if set(parts) <= {"", "."}:
        hint = text("write the path of a file, such as `images/logo.png`, or a glob, such as `images/*`")
        return Fault("wrong-path", text("`{path}` is the manifest's own folder", path=brief(path)), hint)
    if parts[-1] in {"", "."}:
        short = "/".join(part for part in parts if part not in {"", "."})
        hint = text("write `{short}/**` for all files in it, or the path of one of them", short=brief(short))
        return Fault("wrong-path", text("`{path}` names a folder", path=brief(path)), hint)
    if "" in parts or "." in parts:
        short = "/".join(part for part in parts if part not in {"", "."})
        return Fault(
            "wrong-path",
            text("`{path}` is not the shortest form of its path", path=brief(path)),
            text("write `{short}`", short=brief(short)),
        )
    if _is_long(path):
        return Fault(
            "wrong-path",
            text(
                "a path has at most {most_length} characters and {most_segments} parts",
                most_length=MAX_LENGTH,
                most_segments=MAX_SEGMENTS,
            ),
            text("shorten it"),
        )
    return None


def _is_long(path: str) -> bool:
    return len(path) > MAX_LENGTH or path.count("/") >= MAX_SEGMENTS


def _why_nothing(pattern: str, tree: Tree) -> str:
    folder = _plain_part(pattern)
    if folder and tree.kind(folder) is not PathKind.FOLDER:
        near = tree.near(folder)
        if near:
            return text(
                "there is no folder `{folder}`; did you mean `{near}`?", folder=brief(folder), near=brief(near[0])
            )
        return text("there is no folder `{folder}`", folder=brief(folder))
    try:
        loose = parse_pattern(pattern, hidden=True, any_case=True)
        met = next((path for path, kind in walk(loose, tree) if kind is PathKind.FILE), None)
    except TooMuchWork:
        met = None
    if met is None and folder:
        return text(
            "`{folder}` is there, but no file in it fits; `**/` before the last part looks into all folders below",
            folder=brief(folder),
        )
    if met is None:
        return text("no file beside the manifest fits; `**/` before the last part looks into all folders below")
    if any(part.startswith(".") for part in met.split("/")):
        return text("`{path}` is hidden: a pattern must write the dot itself", path=brief(met))
    return text("`{path}` differs in case, which counts on every system", path=brief(met))


def _plain_part(pattern: str) -> str:
    parts: list[str] = []
    for part in pattern.split("/")[:-1]:
        if is_glob(part):
            break
        parts.append(part)
    return "/".join(parts)


def _missing(path: str, tree: Tree) -> Fault:
    message = text("there is no file `{path}`", path=brief(path))
    if "\\" in path:
        return Fault("file-missing", message, text("write it with forward slashes: `{path}`", path=_forward(path)))
    if narrow := _in_half_width(path, tree):
        return Fault("file-missing", message, narrow)
    near = tree.near(path)
    if near and casefolded(near[0]) == casefolded(path):
        how = text("case") if near[0].casefold() == path.casefold() else text("its Unicode form (NFC or NFD)")
        return Fault(
            "file-missing",
            message,
            text("`{near}` differs in {how}, which counts on every system", near=brief(near[0]), how=how),
        )
    if near:
        return Fault(
            "file-missing",
            message,
            text(
                "did you mean {paths}?", paths=listing((text("`{path}`", path=brief(path)) for path in near), last="or")
            ),
        )
    return Fault("file-missing", message, text("look at the spelling; a path begins at the manifest's folder"))


def _in_half_width(path: str, tree: Tree) -> str:
    """Asks whether a path with ASCII for what looks like it names anything."""
    from wxsync.manifest.lookalikes import first_wide, half_width

    wide, narrow = first_wide(path), half_width(path)
    if wide is None or fault_in_pattern(narrow):
        return ""
    try:
        found = tree.kind(narrow) is PathKind.FILE or (is_glob(narrow) and any(walk(parse_pattern(narrow), tree)))
    except TooMuchWork:
        return ""
    if not found:
        return ""
    return text("`{wide}` is full-width; did you mean `{narrow}`?", wide=wide, narrow=brief(narrow))


def _told(char: str) -> Text:
    return text("the character U+{code:04X}, which cannot be seen", code=ord(char))


def _forward(path: str) -> str:
    return brief(path.replace("\\", "/"))
