"""The words for a key or a value that a manifest cannot hold."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from wxsync.manifest.document import Items, Table, Text, Value
from wxsync.manifest.lookalikes import first_wide, half_width
from wxsync.manifest.source import Source, brief, unseen_in
from wxsync.model import MaterialType, Problem
from wxsync.near import near_names
from wxsync.words import Text as Words
from wxsync.words import listing, text

_SECRET = re.compile(r"secret|secert|token|passw|credential|(api|private|access|aes)[_-]?key", re.IGNORECASE)
_SERVER = re.compile(r"url|uri|host|server|endpoint|proxy|domain|^api$|(^|[_-])base($|[_-])", re.IGNORECASE)

_ONE_OF = listing(MaterialType)
_WANTED = {"object": text("a mapping"), "array": text("a list"), "string": text("text")}

# What Chinese and other tools call these types.
_BY_OTHER_WORDS = {
    word: kind
    for kind, words in {
        MaterialType.IMAGE: "图片 图像 照片 相片 图 picture pictures photo pic img images png jpg jpeg gif",
        MaterialType.VOICE: "语音 音频 声音 录音 音乐 audio sound music mp3 voices",
        MaterialType.VIDEO: "视频 短视频 影片 movie film clip mp4 videos",
        MaterialType.THUMB: "缩略图 封面 封面图 thumbnail thumbnails cover poster",
        MaterialType.ARTICLE_IMAGE: "图文图片 图文消息图片 图文消息内的图片 文章图片 正文图片 article-image article "
        "articleimage uploadimg news_image",
    }.items()
    for word in words.split()
}

_ACCOUNT = text("write `prod: {appid: wx0123456789abcdef}` below it, or take the key out")
_EXAMPLES = {
    (): text("begin with `version: 1`, then `materials:` and its list"),
    ("accounts",): _ACCOUNT,
    ("materials",): text("write a list of entries; an empty one is `[]`"),
    ("materials", "*"): text("write `- path: images/logo.png` and below it `type: image`"),
    ("materials", "*", "exclude"): text('write a list: ["**/draft-*"]'),
}

_MISSING = {
    "appid": text("write `appid: wx…`, the AppID of the account; it is not a secret"),
    "materials": text("write `materials:` and below it a list of entries; an empty one is `[]`"),
    "path": text("write `path: images/logo.png`, relative to the manifest's folder"),
    "title": text("write `title: …`, what readers see as the video's title"),
    "type": text("write `type: …`, one of {types}", types=_ONE_OF),
    "version": text("begin the manifest with `version: 1`"),
}


def unknown_key(key: Text, known: Iterable[str], path: tuple[str, ...], source: Source) -> Problem:
    """Says that there is no such key; a secret or a server address is told where it belongs."""
    if _SECRET.search(key):
        return _secret(key, path, source)
    if _SERVER.search(key):
        return _server(key, path, source)
    near = _near(key, known)
    hint = text("did you mean `{near}`?", near=near) if near else text("known here: {known}", known=listing(known))
    return source.problem(key.spot, "unknown-key", text("there is no key `{key}`", key=brief(key)), hint)


def missing_key(key: str, table: Table, source: Source) -> Problem:
    """Says that a required key is not there; a title is required only of a video."""
    message = text("a video needs a `title`") if key == "title" else text("`{key}` is missing", key=key)
    return source.problem(table.spot, "missing-key", message, _MISSING[key])


def wrong_type(value: Value, wanted: str | list[str], path: tuple[str, ...], source: Source) -> Problem:
    """Says that a list stands where text should, and so on."""
    what = _WANTED["string" if isinstance(wanted, list) else wanted]
    found = text("left empty") if value == "" else _found(value)
    message = text("{path} must be {what} and is {found}", path=_what(path), what=what, found=found)
    general = (*path[:1], "*", *path[2:]) if len(path) > 1 else path
    if path == ("materials",) and isinstance(value, Table):
        hint = text(
            "write a list: begin each entry with `- `, as in `- path: images/logo.png` and below it `type: image`"
        )
        return source.problem(value.spot, "wrong-type", message, hint)
    hint = _EXAMPLES.get(general) or text("write text; one that begins with `{` or `[` needs quotes")
    if general == ("accounts", "*"):
        hint = text("write `{name}: {{appid: wx0123456789abcdef}}`", name=brief(path[1]))
    return source.problem(value.spot, "wrong-type", message, hint)


def wrong_version(value: Value, source: Source) -> Problem:
    """Says that the version is no number, or another than 1."""
    message = text("`version` must be the whole number 1, without quotes")
    if isinstance(value, Text) and (wide := first_wide(value)):
        message = text("`{wide}` is a full-width character, and `version` must be the whole number 1", wide=wide)
    return source.problem(value.spot, "wrong-version", message, text("write `version: 1`"))


def unknown_type(value: Value, source: Source) -> Problem:
    """Says that there is no such type of material."""
    if not isinstance(value, Text):
        return wrong_type(value, "string", ("materials", "*", "type"), source)
    if not value.strip():
        return source.problem(value.spot, "blank", text("`type` is blank"), text("write one of {types}", types=_ONE_OF))
    near = _BY_OTHER_WORDS.get(_plain(value)) or _near(value, list(MaterialType))
    hint = text("did you mean `{near}`?", near=near) if near else text("write one of {types}", types=_ONE_OF)
    return source.problem(value.spot, "unknown-type", text("there is no type `{value}`", value=brief(value)), hint)


def wrong_fit(value: Value, source: Source) -> Problem:
    """Says that `fit` is neither true nor false."""
    if not isinstance(value, Text):
        return wrong_type(value, "string", ("materials", "*", "fit"), source)
    hint = text("write `fit: true` to have converted what WeChat would refuse for its format or size, or take it out")
    return source.problem(
        value.spot, "wrong-fit", text("`fit` is true or false, not `{value}`", value=brief(value)), hint
    )


def wrong_key(key: Text, path: tuple[str, ...], source: Source) -> Problem:
    """Says that a key cannot stand here: an account's name, or what only a video has."""
    if path == ("accounts",):
        return _wrong_account(key, source)
    hint = text("take it out, or write `type: video`")
    return source.problem(key.spot, "only-for-videos", text("only a video can have `{key}`", key=key), hint)


def wrong_text(value: Value, path: tuple[str, ...], source: Source) -> Problem:
    """Says what is wrong with a text that is there: it is no AppID, or blank."""
    if path == ("accounts",):
        return source.problem(value.spot, "blank", text("`accounts` is empty"), _ACCOUNT)
    if path[-1] == "appid" and value != "":
        message = text("`{value}` is not an AppID: `wx` and 16 lower-case letters or digits", value=brief(str(value)))
        hint = text("copy it from 微信开发者平台 (developers.weixin.qq.com), 我的业务, 基础信息")
        if str(value).startswith("gh_"):
            hint = text("that is the account's original id (原始ID); {hint}", hint=hint)
        return source.problem(value.spot, "wrong-appid", message, hint)
    return source.problem(
        value.spot, "blank", text("{path} is blank", path=_what(path)), text("write a text, or take it out")
    )


def _near(word: str, known: Iterable[str]) -> str | None:
    return next(iter(near_names(_plain(word), known, most=1)), None) if len(word) < 40 else None


def _plain(word: str) -> str:
    """Writes a word as whoever chose it may have meant it: in half width, small, without what surrounds it."""
    seen = "".join(char for char in half_width(word) if not unseen_in(char))
    return unicodedata.normalize("NFKC", seen).lower().strip(" ,.;\"'`")


def _found(value: Value) -> Words:
    if isinstance(value, Text):
        return text("text")
    if isinstance(value, Items):
        return text("a list")
    return text("a mapping") if isinstance(value, Table) else text("a number")


def _what(path: tuple[str, ...]) -> Words:
    if not path:
        return text("the manifest")
    if path[-1] == "*":
        return text("an entry of `{key}`", key=path[-2])
    if path[0] == "accounts" and len(path) == 2:
        return text("the account `{name}`", name=brief(path[1]))
    return text("`{key}`", key=brief(path[-1]))


def _wrong_account(name: Text, source: Source) -> Problem:
    if name in {"sandbox", "component", "from"}:
        message = text("an account cannot be called `{name}`, which has a meaning of its own", name=name)
        return source.problem(
            name.spot, "reserved-account-name", message, text("call it `{name}-account`, or better", name=name)
        )
    message = text("`{name}` cannot be an account's name", name=brief(name))
    hint = text("begin with a lower-case letter, then lower-case letters, digits and hyphens")
    return source.problem(name.spot, "wrong-account-name", message, hint)


def _secret(key: Text, path: tuple[str, ...], source: Source) -> Problem:
    message = text("no secret can stand in a manifest, and `{key}` looks like one", key=brief(key))
    variable = f"{_prefix(path)}_{'ACCESS_TOKEN' if 'token' in key.lower() else 'SECRET'}"
    hint = text(
        "take it out and set the environment variable {variable}; if it was ever committed, reset it at WeChat",
        variable=variable,
    )
    return source.problem(key.spot, "secret-in-manifest", message, hint)


def _server(key: Text, path: tuple[str, ...], source: Source) -> Problem:
    message = text("no server address can stand in a manifest, and `{key}` looks like one", key=brief(key))
    hint = text("take it out; where it is needed, set the environment variable {path}_API_BASE", path=_prefix(path))
    return source.problem(key.spot, "server-in-manifest", message, hint)


def _prefix(path: tuple[str, ...]) -> str:
    if len(path) > 1 and path[0] == "accounts":
        return f"WXSYNC_{brief(path[1]).upper().replace('-', '_')}"
    return "WXSYNC"
